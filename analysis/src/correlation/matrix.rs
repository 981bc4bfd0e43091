//! Covariance and correlation of the spike counts of many units.
//!
//! With the counts `b_i` of unit i in B bins and its spikes `n_i = sum b_i`,
//!
//! `cov_ij = (b_i . b_j - n_i n_j / B) / (B - 1)`, `corr_ij = cov_ij / sqrt(cov_ii cov_jj)`,
//!
//! as `numpy.cov` and `numpy.corrcoef` of the dense counts, and as Elephant's `covariance` and `correlation_coefficient`.
//! Dot products are exact integers, built row by row from the units that share a bin (Gustavson 1978, ACM TOMS 4, 250): the
//! work is the number of coincidences, not of bins.

use crate::{binning::BinnedTrains, pairs::SymmetricMatrix};

/// Bins of a block: with its cells, it should fit the second-level cache.
const BLOCK: u32 = 512;

/// Units that go through the blocks together, for the same reason.
const ROWS: usize = 32;

/// Stored cells by bin: who else is active when a unit is.
struct Columns {
    /// (unit, count) by bin, then unit.
    cells: Vec<(u32, u32)>,
    /// Where each bin starts in `cells`, and the end of the last.
    starts: Vec<usize>,
    /// For each stored cell of the rows, its place in `cells`.
    places: Vec<usize>,
}

impl Columns {
    fn new(binned: &BinnedTrains) -> Self {
        let columns = binned.columns();
        let mut starts = vec![0; binned.bins() as usize + 1];
        for &bin in columns {
            starts[bin as usize + 1] += 1;
        }
        for bin in 1..starts.len() {
            starts[bin] += starts[bin - 1];
        }
        let mut next = starts.clone();
        let mut cells = vec![(0, 0); columns.len()];
        let mut places = Vec::with_capacity(columns.len());
        for unit in 0..binned.len() {
            let train = binned.train(unit);
            for (&bin, &count) in train.columns.iter().zip(train.counts) {
                let place = next[bin as usize];
                cells[place] = (unit as u32, count);
                places.push(place);
                next[bin as usize] += 1;
            }
        }
        Self { cells, starts, places }
    }

    /// Adds to `dots` the dot products of each of the units `first`, `first + 1`, ... with all units from `first` on, one
    /// row of `width` values a unit. The units go through time together, block by block, so that the cells of a block stay
    /// in the cache; values before the diagonal are left 0.
    fn add_dots(&self, binned: &BinnedTrains, first: usize, dots: &mut [u64], width: usize) {
        let rows = dots.len() / width;
        let mut at = binned.offsets()[first..first + rows].to_vec();
        for block_end in (BLOCK..binned.bins().next_multiple_of(BLOCK) + 1).step_by(BLOCK as usize) {
            for (row, dots) in dots.chunks_exact_mut(width).enumerate() {
                let end = binned.offsets()[first + row + 1];
                let (columns, counts) = (&binned.columns()[..end], &binned.counts()[..end]);
                let cell = &mut at[row];
                while *cell < end && columns[*cell] < block_end {
                    let count = u64::from(counts[*cell]);
                    let in_bin = self.places[*cell]..self.starts[columns[*cell] as usize + 1];
                    for &(unit, other) in &self.cells[in_bin] {
                        dots[unit as usize - first] += count * u64::from(other);
                    }
                    *cell += 1;
                }
            }
        }
    }
}

/// `b_i . b_j - n_i n_j / B` of all pairs.
fn centred(binned: &BinnedTrains) -> SymmetricMatrix {
    let columns = Columns::new(binned);
    let units = binned.len();
    let spikes: Vec<f64> = (0..units).map(|unit| binned.train(unit).spikes() as f64).collect();
    let bins = f64::from(binned.bins());
    SymmetricMatrix::from_row_groups(units, ROWS, Vec::new, |dots, first, rows| {
        let width = units - first;
        dots.clear();
        dots.resize(rows.len() * width, 0);
        columns.add_dots(binned, first, dots, width);
        for ((i, row), dots) in rows.iter_mut().zip(dots.chunks_exact(width)) {
            for ((value, &dot), n_j) in row.iter_mut().zip(&dots[*i - first..]).zip(&spikes[*i..]) {
                *value = dot as f64 - spikes[*i] * n_j / bins;
            }
        }
    })
}

/// Covariances of spike counts, in spikes² (definition in the [module](self)). NaN where there are fewer than two bins.
///
/// ```
/// use synfire_analysis::{binning::BinnedTrains, correlation::covariance_matrix};
/// use synfire_datasets::trains::SpikeTrains;
///
/// let trains = SpikeTrains::new(&[[0.1, 1.2], [0.3, 3.9]], 0.0, 4.0)?;
/// let covariance = covariance_matrix(&BinnedTrains::new(&trains, 1.0)?); // counts 1 1 0 0 and 1 0 0 1
/// assert_eq!((covariance.get(0, 0), covariance.get(0, 1)), (1.0 / 3.0, 0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn covariance_matrix(binned: &BinnedTrains) -> SymmetricMatrix {
    let mut matrix = centred(binned);
    let degrees = f64::from(binned.bins()) - 1.0;
    let scale = if degrees > 0.0 { degrees } else { f64::NAN };
    matrix.update_rows(|_, row| row.iter_mut().for_each(|value| *value /= scale));
    matrix
}

/// Pearson correlation of spike counts, -1 to 1 (definition in the [module](self)). NaN for a unit whose count is the same
/// in every bin, as one without spikes.
///
/// ```
/// use synfire_analysis::{binning::BinnedTrains, correlation::correlation_matrix};
/// use synfire_datasets::trains::SpikeTrains;
///
/// let trains = SpikeTrains::new(&[[0.1, 1.2], [0.3, 1.9], [2.5, 3.5]], 0.0, 4.0)?;
/// let correlation = correlation_matrix(&BinnedTrains::new(&trains, 1.0)?);
/// assert_eq!((correlation.get(0, 1), correlation.get(0, 2)), (1.0, -1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn correlation_matrix(binned: &BinnedTrains) -> SymmetricMatrix {
    let mut matrix = centred(binned);
    let deviations: Vec<f64> = (0..binned.len()).map(|i| matrix.get(i, i).sqrt()).collect();
    matrix.update_rows(|i, row| {
        for (value, deviation) in row.iter_mut().zip(&deviations[i..]) {
            // Rounding must not take equal trains beyond 1.
            *value = (*value / (deviations[i] * deviation)).clamp(-1.0, 1.0);
        }
    });
    matrix
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use synfire_datasets::trains::SpikeTrains;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn dot_products_over_blocks_and_groups_are_those_of_dense_counts(
            ticks in prop::collection::vec(prop::collection::vec(0u32..1500, 0..60), 2 * ROWS + 3),
        ) {
            let times = ticks.iter().map(|train| {
                let mut times: Vec<f64> = train.iter().map(|tick| f64::from(*tick) + 0.5).collect();
                times.sort_unstable_by(f64::total_cmp);
                times
            });
            let times: Vec<Vec<f64>> = times.collect();
            let binned = BinnedTrains::new(&SpikeTrains::new(&times, 0.0, 1500.0).unwrap(), 1.0).unwrap();
            let covariance = covariance_matrix(&binned);
            let dense = |unit: usize| {
                let mut counts = vec![0.0; 1500];
                ticks[unit].iter().for_each(|tick| counts[*tick as usize] += 1.0);
                counts
            };
            for (i, j) in [(0, 0), (0, 1), (3, ROWS), (ROWS - 1, 2 * ROWS), (ROWS, 2 * ROWS + 2)] {
                let (x, y) = (dense(i), dense(j));
                let dot: f64 = x.iter().zip(&y).map(|(a, b)| a * b).sum();
                let expected = (dot - x.iter().sum::<f64>() * y.iter().sum::<f64>() / 1500.0) / 1499.0;
                prop_assert!((covariance.get(i, j) - expected).abs() < 1e-14);
            }
        }
    }
}
