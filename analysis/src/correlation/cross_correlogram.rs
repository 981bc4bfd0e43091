//! Cross-correlation histogram: how often unit j spikes l bins after unit i.
//!
//! `C[l] = sum_t b_i[t] b_j[t + l]` with the counts b in B bins: a positive lag means that j comes after i. Sparse trains are
//! walked once with a moving window, so the work is the spikes plus the pairs of spikes within the window.
//!
//! Counts at lag l come from `B - |l|` pairs of bins; [`CrossCorrelogram::border_corrected`] makes up for it, and
//! [`CrossCorrelogram::coefficients`] turns counts into Pearson coefficients. Both are those of Elephant's
//! `cross_correlation_histogram`. Elephant 1.2.1's default method returns too few lags for windows that are not symmetric about
//! 0; the counts here are right for any window (as its `method="memory"`).

use crate::binning::BinnedTrain;
use std::ops::RangeInclusive;

/// Why a window of lags makes no histogram.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LagError {
    /// The two trains have different bins.
    #[error("{bins_i} bins of {bin_i_s} s against {bins_j} bins of {bin_j_s} s; bin both trains alike")]
    Bins {
        /// Bins of unit i.
        bins_i: u32,
        /// Width of its bins.
        bin_i_s: f64,
        /// Bins of unit j.
        bins_j: u32,
        /// Width of its bins.
        bin_j_s: f64,
    },
    /// The window holds no lag, or reaches beyond the span.
    #[error("lags {first} to {last} of {bins} bins; they must ascend and lie within -(bins - 1) to bins - 1")]
    Window {
        /// First lag.
        first: i64,
        /// Last lag.
        last: i64,
        /// Bins of the span.
        bins: u32,
    },
}

/// Counts of spike pairs over lags.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossCorrelogram {
    /// Lag of the first count, in bins.
    pub first_lag: i64,
    /// Pairs of spikes at each lag.
    pub counts: Vec<u64>,
    /// Width of a bin in seconds.
    pub bin_s: f64,
    bins: u32,
    /// `n_i n_j / B`: counts that independent trains have at each lag.
    expected: f64,
    /// `sqrt(sum (b_i - mean)² sum (b_j - mean)²)`.
    scale: f64,
}

/// Sum of squared deviations of the counts of a train from their mean.
fn squared_deviations(train: BinnedTrain<'_>) -> f64 {
    let spikes = train.spikes() as f64;
    train.squares() as f64 - spikes * spikes / f64::from(train.bins)
}

/// The cross-correlation histogram of two trains over a window of lags in bins (definition in the [module](self)).
/// Clip the trains with [`binary`](crate::binning::BinnedTrains::binary) to count bins rather than spikes.
///
/// ```
/// use synfire_analysis::{binning::BinnedTrains, correlation::cross_correlogram};
/// use synfire_datasets::trains::SpikeTrains;
///
/// let trains = SpikeTrains::new(&[[0.010, 0.020], [0.012, 0.022]], 0.0, 0.1)?;
/// let binned = BinnedTrains::new(&trains, 0.001)?;
/// let histogram = cross_correlogram(binned.train(0), binned.train(1), 0..=3)?;
/// assert_eq!(histogram.counts, [0, 0, 2, 0]); // the second unit follows by 2 ms
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`LagError`] where the bins of the trains differ, or the window is empty or reaches beyond the span.
pub fn cross_correlogram(
    i: BinnedTrain<'_>,
    j: BinnedTrain<'_>,
    lags: RangeInclusive<i64>,
) -> Result<CrossCorrelogram, LagError> {
    if (i.bins, i.bin_s) != (j.bins, j.bin_s) {
        return Err(LagError::Bins { bins_i: i.bins, bin_i_s: i.bin_s, bins_j: j.bins, bin_j_s: j.bin_s });
    }
    let (bins, (first, last)) = (i.bins, lags.into_inner());
    let furthest = i64::from(bins) - 1;
    if first > last || first < -furthest || last > furthest {
        return Err(LagError::Window { first, last, bins });
    }
    let mut counts = vec![0; (last - first + 1) as usize];
    let mut from = 0;
    for (&bin, &count) in i.columns.iter().zip(i.counts) {
        let (earliest, latest) = (i64::from(bin) + first, i64::from(bin) + last);
        while j.columns.get(from).is_some_and(|&column| i64::from(column) < earliest) {
            from += 1;
        }
        for (&column, &other) in j.columns[from..].iter().zip(&j.counts[from..]) {
            if i64::from(column) > latest {
                break;
            }
            counts[(i64::from(column) - earliest) as usize] += u64::from(count) * u64::from(other);
        }
    }
    Ok(CrossCorrelogram {
        first_lag: first,
        counts,
        bin_s: i.bin_s,
        bins,
        expected: i.spikes() as f64 * j.spikes() as f64 / f64::from(bins),
        scale: (squared_deviations(i) * squared_deviations(j)).sqrt(),
    })
}

impl CrossCorrelogram {
    /// The lags in bins.
    pub fn lags(&self) -> impl Iterator<Item = i64> + '_ {
        self.first_lag..self.first_lag + self.counts.len() as i64
    }

    /// The counts as real numbers, for [`coefficients`](Self::coefficients) and [`smooth`].
    #[must_use]
    pub fn values(&self) -> Vec<f64> {
        self.counts.iter().map(|&count| count as f64).collect()
    }

    /// Counts times `B / (B - |l|)`: what would be counted if all lags had as many pairs of bins as lag 0.
    #[must_use]
    pub fn border_corrected(&self) -> Vec<f64> {
        let bins = f64::from(self.bins);
        let factors = self.lags().map(|lag| bins / (bins - lag.unsigned_abs() as f64));
        self.counts.iter().zip(factors).map(|(&count, factor)| count as f64 * factor).collect()
    }

    /// Cross-correlation coefficients of counts, corrected or smoothed or not: `(C - n_i n_j / B) / sqrt(v_i v_j)` with v the
    /// sum of squared deviations of a train's counts from their mean. At lag 0 it is Pearson's coefficient. NaN where the
    /// count of a unit is the same in every bin.
    #[must_use]
    pub fn coefficients(&self, values: &[f64]) -> Vec<f64> {
        values.iter().map(|value| (value - self.expected) / self.scale).collect()
    }
}

/// Convolves a histogram with a kernel scaled to sum 1 and centred on its middle value (on the one before, where it has
/// two); beyond its ends the histogram counts as 0. As Elephant's `kernel`, save that a kernel longer than the histogram
/// is allowed. An empty kernel, or one of sum 0, gives NaN.
///
/// ```
/// use synfire_analysis::correlation::cross_correlogram::smooth;
/// assert_eq!(smooth(&[0.0, 4.0, 0.0, 0.0], &[1.0, 2.0, 1.0]), [1.0, 2.0, 1.0, 0.0]);
/// ```
#[must_use]
pub fn smooth(values: &[f64], kernel: &[f64]) -> Vec<f64> {
    let sum: f64 = kernel.iter().sum();
    if sum == 0.0 {
        return vec![f64::NAN; values.len()];
    }
    let centre = (kernel.len() - 1) / 2;
    let at = |n: usize| {
        let terms = kernel.iter().enumerate().filter_map(|(k, weight)| {
            let value = values.get((n + centre).checked_sub(k)?)?;
            Some(value * (weight / sum))
        });
        terms.sum()
    };
    (0..values.len()).map(at).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::binning::BinnedTrains;
    use proptest::prelude::*;
    use synfire_datasets::trains::SpikeTrains;

    fn binned(counts: &[Vec<u8>]) -> BinnedTrains {
        let times: Vec<Vec<f64>> = counts
            .iter()
            .map(|row| {
                let spikes = |(bin, &n): (usize, &u8)| vec![bin as f64 + 0.5; n as usize];
                row.iter().enumerate().flat_map(spikes).collect()
            })
            .collect();
        BinnedTrains::new(&SpikeTrains::new(&times, 0.0, counts[0].len() as f64).unwrap(), 1.0).unwrap()
    }

    proptest! {
        #[test]
        fn any_window_counts_the_pairs_that_a_double_loop_counts(
            counts in prop::collection::vec(prop::collection::vec(0u8..3, 12), 2), first in -11i64..=11, width in 0i64..23,
        ) {
            let last = (first + width).min(11);
            let trains = binned(&counts);
            let histogram = cross_correlogram(trains.train(0), trains.train(1), first..=last).unwrap();
            let brute = |lag: i64| -> u64 {
                let at = |t: i64| usize::try_from(t + lag).ok().and_then(|s| counts[1].get(s)).copied().unwrap_or(0);
                (0i64..).zip(&counts[0]).map(|(t, &b)| u64::from(b) * u64::from(at(t))).sum()
            };
            prop_assert_eq!(&histogram.counts, &(first..=last).map(brute).collect::<Vec<_>>());
            prop_assert_eq!(histogram.lags().collect::<Vec<_>>(), (first..=last).collect::<Vec<_>>());
        }
    }

    #[test]
    fn lags_beyond_the_span_and_unlike_bins_are_refused() {
        let trains = binned(&[vec![1, 0, 1], vec![0, 1, 0]]);
        for (first, last) in [(-3, 0), (0, 3), (1, 0), (i64::MIN, i64::MAX)] {
            let error = cross_correlogram(trains.train(0), trains.train(1), first..=last).unwrap_err();
            assert!(matches!(error, LagError::Window { bins: 3, .. }));
        }
        let longer = binned(&[vec![1; 4]]);
        assert!(matches!(
            cross_correlogram(trains.train(0), longer.train(0), 0..=0),
            Err(LagError::Bins { .. })
        ));
    }
}
