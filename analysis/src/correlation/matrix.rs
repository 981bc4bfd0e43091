//! Covariance and correlation of the spike counts of many units.
//!
//! With the counts `b_i` of unit i in B bins and its spikes `n_i = sum b_i`,
//!
//! `cov_ij = (b_i . b_j - n_i n_j / B) / (B - 1)`, `corr_ij = cov_ij / sqrt(cov_ii cov_jj)`,
//!
//! as `numpy.cov` and `numpy.corrcoef` of the dense counts, and as Elephant's `covariance` and `correlation_coefficient`.
//! Dot products are exact integers.

use super::cells_by_bin::{CellsByBin, ROWS};
use crate::{binning::BinnedTrains, pairs::SymmetricMatrix};

/// `b_i . b_j - n_i n_j / B` of all pairs.
fn centred(binned: &BinnedTrains) -> SymmetricMatrix {
    let cells = CellsByBin::new(binned);
    let units = binned.len();
    let spikes: Vec<f64> = (0..units).map(|unit| binned.train(unit).spikes() as f64).collect();
    let bins = f64::from(binned.bins());
    SymmetricMatrix::from_row_groups(units, ROWS, Vec::new, |dots, first, rows| {
        let width = units - first;
        dots.clear();
        dots.resize(rows.len() * width, 0);
        cells.add_dots(binned, first, dots, width);
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
