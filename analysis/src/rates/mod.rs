//! Firing rates: mean rates, time histograms, kernel estimates of the instantaneous rate, and the widths that suit them.
//!
//! Times are seconds and rates Hz; on another clock times are its ticks and rates spikes per tick.
//! Definitions follow Elephant 1.2.1, with which the tests compare every number.

mod bandwidth;
mod bins;
mod convolve;
mod error;
mod histogram;
mod instantaneous;
mod kernels;

pub use bandwidth::{BinWidth, optimal_bin_width, optimal_kernel_bandwidth_s};
pub use bins::Bins;
pub use error::RateError;
pub use histogram::{TimeHistogram, time_histogram};
pub use instantaneous::{Grid, RateEstimator, RateOptions, Rates, Scratch, instantaneous_rate};
pub use kernels::{Kernel, Shape, UnknownShape};

use synfire_datasets::trains::SpikeTrains;

/// Mean rate in Hz: the spikes within `start_s..=stop_s`, both ends included, by the length of that span.
///
/// An empty train has rate 0; a span of length 0 gives NaN or infinity.
///
/// ```
/// let times_s = [0.1, 0.4, 0.7, 2.0];
/// assert_eq!(synfire_analysis::rates::mean_rate_hz(&times_s, 0.0, 2.0), 2.0);
/// assert_eq!(synfire_analysis::rates::mean_rate_hz(&times_s, 0.0, 1.0), 3.0);
/// ```
#[must_use]
pub fn mean_rate_hz(times_s: &[f64], start_s: f64, stop_s: f64) -> f64 {
    let first = times_s.partition_point(|t| *t < start_s);
    let end = times_s.partition_point(|t| *t <= stop_s);
    end.saturating_sub(first) as f64 / (stop_s - start_s)
}

/// Mean rate of every unit in Hz over the span of the trains.
///
/// ```
/// use synfire_datasets::trains::SpikeTrains;
/// let trains = SpikeTrains::new(&[vec![0.5, 1.5], vec![]], 0.0, 2.0)?;
/// assert_eq!(synfire_analysis::rates::mean_rates_hz(&trains), [1.0, 0.0]);
/// # Ok::<(), synfire_datasets::trains::TrainError>(())
/// ```
#[must_use]
pub fn mean_rates_hz(trains: &SpikeTrains) -> Vec<f64> {
    trains.iter().map(|train| train.len() as f64 / trains.duration_s()).collect()
}

/// Mean rate of a population in Hz: all spikes by units and duration. NaN without units.
///
/// ```
/// use synfire_datasets::trains::SpikeTrains;
/// let trains = SpikeTrains::new(&[vec![0.5, 1.5], vec![]], 0.0, 2.0)?;
/// assert_eq!(synfire_analysis::rates::population_rate_hz(&trains), 0.5);
/// # Ok::<(), synfire_datasets::trains::TrainError>(())
/// ```
#[must_use]
pub fn population_rate_hz(trains: &SpikeTrains) -> f64 {
    trains.spikes() as f64 / (trains.len() as f64 * trains.duration_s())
}
