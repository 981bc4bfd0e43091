//! The Fano factor: variance by mean of spike counts, 1 for a Poisson process.

use crate::rates::{Bins, RateError};

/// Fano factor of counts: variance with divisor N by mean. NaN without counts and where all are 0.
///
/// With the number of spikes of each train, as repetitions of one experiment, this is Elephant's `fanofactor`.
///
/// ```
/// use synfire_analysis::intervals::fano_factor;
/// assert_eq!(fano_factor([1, 3]), 0.5);
/// assert!(fano_factor([0, 0]).is_nan());
/// ```
pub fn fano_factor(counts: impl IntoIterator<Item = u64>) -> f64 {
    let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for count in counts {
        let count = count as f64;
        n += 1.0;
        let from_old = count - mean;
        mean += from_old / n;
        squares += from_old * (count - mean);
    }
    squares / n / mean
}

/// Fano factor of the counts of one train in successive windows of `window_s`; what does not fill a window at the end is
/// left out.
///
/// # Errors
/// As for [`Bins::new`].
///
/// ```
/// use synfire_analysis::intervals::fano_factor_of_windows;
/// assert_eq!(fano_factor_of_windows(&[0.1, 1.1, 1.2, 1.3], 0.0, 2.0, 1.0)?, 0.5);
/// # Ok::<(), synfire_analysis::rates::RateError>(())
/// ```
pub fn fano_factor_of_windows(
    times_s: &[f64],
    start_s: f64,
    stop_s: f64,
    window_s: f64,
) -> Result<f64, RateError> {
    Ok(fano_factor(Bins::new(start_s, stop_s, window_s)?.counts(times_s)))
}
