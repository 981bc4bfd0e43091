//! Order in time: which intervals follow which, and how spikes follow spikes at longer lags.

use super::intervals;
use crate::rates::{Bins, RateError};

/// Pairs of spikes of one train by their distance in bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Autocorrelation {
    /// C\[l\] = sum over bins t of b\[t\] b\[t + l\] for lags l = 0, 1, ... in bins; that of -l is the same. C\[0\] is the sum of
    /// squared counts.
    pub counts: Vec<u64>,
    /// Width of a bin in seconds.
    pub width_s: f64,
    /// Spikes in the bins.
    pub spikes: u64,
}

impl Autocorrelation {
    /// Rate in Hz at each lag after a spike: C\[l\] by spikes and width. Pairs that the end of the span cut off are not made
    /// up for. NaN without spikes.
    #[must_use]
    pub fn rate_hz(&self) -> Vec<f64> {
        let spike_seconds = self.spikes as f64 * self.width_s;
        self.counts.iter().map(|&pairs| pairs as f64 / spike_seconds).collect()
    }
}

/// Autocorrelation histogram for lags of 0 to `most_lags` bins of `width_s`: the cross-correlation histogram of a train with
/// itself, binned by the rule of [`Bins`]. Takes time in the number of spike pairs within reach, not in that of bins.
///
/// # Errors
/// As for [`Bins::new`].
///
/// ```
/// let result = synfire_analysis::intervals::autocorrelation(&[0.0, 0.1, 1.0, 3.0], 0.0, 4.0, 1.0, 3)?;
/// assert_eq!(result.counts, [6, 2, 1, 2]); // counts of the bins: 2, 1, 0, 1
/// # Ok::<(), synfire_analysis::rates::RateError>(())
/// ```
pub fn autocorrelation(
    times_s: &[f64],
    start_s: f64,
    stop_s: f64,
    width_s: f64,
    most_lags: usize,
) -> Result<Autocorrelation, RateError> {
    let bins = Bins::new(start_s, stop_s, width_s)?;
    let most_lags = most_lags.min(bins.len() - 1);
    let mut filled: Vec<(usize, u64)> = Vec::with_capacity(times_s.len());
    for bin in times_s.iter().filter_map(|t| bins.index(*t)) {
        match filled.last_mut() {
            Some((last, count)) if *last == bin => *count += 1,
            _ => filled.push((bin, 1)),
        }
    }
    let mut counts = vec![0; most_lags + 1];
    for (i, (bin, count)) in filled.iter().enumerate() {
        for (later, other) in &filled[i..] {
            match counts.get_mut(later - bin) {
                Some(pairs) => *pairs += count * other,
                None => break,
            }
        }
    }
    let spikes = filled.iter().map(|(_, count)| count).sum();
    Ok(Autocorrelation { counts, width_s, spikes })
}

/// Serial correlation of intervals: Pearson's coefficient of I_i and I_(i + lag), each with the mean and variance of the
/// intervals that take part. NaN for fewer than two pairs, and where the intervals do not vary.
///
/// ```
/// let alternating = [0.0, 1.0, 4.0, 5.0, 8.0, 9.0, 12.0];
/// assert!((synfire_analysis::intervals::serial_correlation(&alternating, 1) + 1.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn serial_correlation(times_s: &[f64], lag: usize) -> f64 {
    let isis = intervals(times_s);
    let later = isis.get(lag..).unwrap_or_default();
    let earlier = &isis[..later.len()];
    let n = later.len() as f64;
    let (mean_a, mean_b) = (earlier.iter().sum::<f64>() / n, later.iter().sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in earlier.iter().zip(later) {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    ab / (aa * bb).sqrt()
}
