//! Inter-spike intervals (ISIs): their histograms, their variability, their order in time, and bursts.
//!
//! Functions take the ascending times of one train, in seconds or in ticks of another clock; the intervals
//! of n spikes are the n - 1 differences I_1, I_2, ... of successive times. Where too few spikes leave a statistic undefined
//! it is NaN, and so are those that divide by an interval of 0 + 0. Definitions follow Elephant 1.2.1.

mod autocorrelation;
mod bursts;
mod fano;
mod histogram;
mod table;
mod variability;

pub use autocorrelation::{Autocorrelation, autocorrelation, serial_correlation};
pub use bursts::{
    Burst, VOID_PARAMETER, burst_threshold_s, bursts, bursts_with_flanks, share_of_spikes_in_bursts,
};
pub use fano::{fano_factor, fano_factor_of_windows};
pub use histogram::{IsiHistogram, isi_histogram, log_isi_histogram};
pub(crate) use table::{Row, rows_table, summary_of};
pub use table::{TableOptions, summary, table};
pub use variability::{Variability, cv, cv2, lv, lvr};

/// The intervals between successive spikes, in the unit of the times; none for fewer than two spikes.
///
/// ```
/// assert_eq!(synfire_analysis::intervals::intervals(&[0.5, 1.0, 3.0]), [0.5, 2.0]);
/// ```
#[must_use]
pub fn intervals(times_s: &[f64]) -> Vec<f64> {
    iter(times_s).collect()
}

/// The intervals one by one.
pub(crate) fn iter(times_s: &[f64]) -> impl ExactSizeIterator<Item = f64> + '_ {
    times_s.windows(2).map(|t| t[1] - t[0])
}
