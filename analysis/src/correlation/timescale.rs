//! Timescale of a spike train: how long its correlations last (Wieland, Bernardi, Schwalger & Lindner 2015, Phys Rev E 92,
//! 040901).
//!
//! `tau = 2 ∫_0^max (c(t) / c(0+))² dt` with c the autocorrelation of the counts less its value for independent bins. The
//! peak at lag 0 is each spike against itself and left out: `c(0+)` is the value at lag 1, and the integral is the trapezoid
//! rule from lag 1 to `max`, as Elephant's `spike_train_timescale` takes it.

use super::cross_correlogram::{LagError, cross_correlogram};
use crate::binning::BinnedTrain;

/// The timescale of a train in seconds, with autocorrelations up to lag `max_lag` in bins, at least 1. NaN with fewer than
/// two spikes, and where the autocorrelation at lag 1 is that of independent bins.
///
/// ```
/// use synfire_analysis::{binning::BinnedTrains, correlation::timescale_s};
/// use synfire_datasets::trains::SpikeTrains;
///
/// // Two bursts of 10 spikes at 1 ms last longer than pairs of spikes.
/// let bursts: Vec<f64> = (0..20).map(|k| 0.1 + 0.5 * f64::from(k / 10) + 0.001 * f64::from(k % 10)).collect();
/// let pairs: Vec<f64> = (0..20).map(|k| 0.1 + 0.08 * f64::from(k / 2) + 0.001 * f64::from(k % 2)).collect();
/// let binned = BinnedTrains::new(&SpikeTrains::new(&[bursts, pairs], 0.0, 1.0)?, 0.001)?;
/// assert!(timescale_s(binned.train(0), 20)? > 2.0 * timescale_s(binned.train(1), 20)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`LagError`] where `max_lag` is 0 or reaches beyond the span.
pub fn timescale_s(train: BinnedTrain<'_>, max_lag: u32) -> Result<f64, LagError> {
    let histogram = cross_correlogram(train, train, 1..=i64::from(max_lag))?;
    if train.spikes() < 2 {
        return Ok(f64::NAN);
    }
    let correlation = histogram.coefficients(&histogram.values());
    let first = correlation[0];
    let squares = correlation.iter().map(|c| (c / first).powi(2));
    let trapezoid = squares.sum::<f64>() - 0.5 * (1.0 + (correlation[correlation.len() - 1] / first).powi(2));
    Ok(2.0 * trapezoid * train.bin_s)
}
