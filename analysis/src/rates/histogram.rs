//! The time histogram of a population (peri-stimulus time histogram, PSTH): spikes of all units in each bin of time.

use super::bins::Bins;
use super::error::RateError;
use rayon::prelude::*;
use synfire_datasets::trains::SpikeTrains;

/// Units that one task counts.
const UNITS_A_TASK: usize = 256;

/// Spikes of all units in each bin.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeHistogram {
    /// The bins.
    pub bins: Bins,
    /// Spikes of all units in each bin.
    pub counts: Vec<u64>,
    /// Number of units.
    pub units: usize,
}

impl TimeHistogram {
    /// Spikes of a unit in each bin in the mean. NaN without units.
    #[must_use]
    pub fn mean(&self) -> Vec<f64> {
        self.counts.iter().map(|&count| count as f64 / self.units as f64).collect()
    }

    /// Rate of a unit in each bin in Hz, in the mean over units. NaN without units.
    #[must_use]
    pub fn rate_hz(&self) -> Vec<f64> {
        let unit_seconds = self.units as f64 * self.bins.width_s();
        self.counts.iter().map(|&count| count as f64 / unit_seconds).collect()
    }
}

/// Counts the spikes of all units in bins of `width_s` over the span of the trains. Elephant's `time_histogram`, with the
/// binning of [`Bins`]: a spike at the end of the span is dropped.
///
/// # Errors
/// As for [`Bins::new`].
///
/// ```
/// use synfire_analysis::rates::time_histogram;
/// use synfire_datasets::trains::SpikeTrains;
/// let trains = SpikeTrains::new(&[vec![0.1, 0.2, 1.0], vec![0.3, 2.0]], 0.0, 2.0)?;
/// let histogram = time_histogram(&trains, 0.5)?;
/// assert_eq!(histogram.counts, [3, 0, 1, 0]);
/// assert_eq!(histogram.rate_hz(), [3.0, 0.0, 1.0, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn time_histogram(trains: &SpikeTrains, width_s: f64) -> Result<TimeHistogram, RateError> {
    let bins = Bins::new(trains.start_s(), trains.stop_s(), width_s)?;
    let units: Vec<&[f64]> = trains.iter().collect();
    let count = |units: &[&[f64]]| {
        let mut counts = vec![0; bins.len()];
        units.iter().for_each(|train| bins.count_into(train, &mut counts));
        counts
    };
    let worth_sharing = trains.spikes() > 16 * bins.len();
    let counts = if worth_sharing && units.len() > UNITS_A_TASK {
        let add = |mut sum: Vec<u64>, counts: Vec<u64>| {
            sum.iter_mut().zip(&counts).for_each(|(sum, count)| *sum += count);
            sum
        };
        units.par_chunks(UNITS_A_TASK).map(count).reduce(|| vec![0; bins.len()], add)
    } else {
        count(&units)
    };
    Ok(TimeHistogram { bins, counts, units: units.len() })
}
