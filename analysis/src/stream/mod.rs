//! Statistics of recordings of any length, spike by spike: what is kept grows with the units, not with the spikes.
//!
//! [`TrainStatistics`] takes batches in order of time, as a scan of Parquet files gives them, and keeps 72 bytes a unit for
//! rates and intervals, two histograms of fixed size, and for the correlation of spike counts 8 bytes a pair of units and a
//! block of some million spikes. The definitions are those of [`crate::intervals`] and [`crate::correlation`].
//!
//! ```
//! use synfire_analysis::stream::{StreamOptions, TrainStatistics};
//!
//! let mut statistics = TrainStatistics::new(StreamOptions { bin_s: Some(1.0), ..StreamOptions::default() })?;
//! statistics.observe(&[0.0, 0.5, 1.0], &[3, 9, 3])?;
//! statistics.observe(&[4.0, 4.2], &[3, 9])?;
//! let result = statistics.finish(Some(5.0))?;
//! assert_eq!((&result.unit_ids[..], &result.spikes[..]), (&[3, 9][..], &[3, 2][..]));
//! assert_eq!((result.rates_hz()[0], result.variability[0].cv2), (0.6, 1.0));
//! assert!(result.correlation.is_some_and(|correlation| correlation.get(0, 1) > 0.6));
//! # Ok::<(), synfire_analysis::stream::StreamError>(())
//! ```

mod coincidences;
mod histogram;
mod intervals;
mod table;
mod units;

#[cfg(test)]
mod tests;

pub use histogram::{IntervalHistogram, RateHistogram};

use crate::intervals::Variability;
use crate::pairs::SymmetricMatrix;
use coincidences::BlockedCoincidences;
use intervals::RunningIntervals;
use units::Units;

/// Units of a correlation matrix at most: 8 bytes a pair while it is summed up, 256 MiB.
pub const MOST_CORRELATED_UNITS: usize = 8192;

/// Units of a recording at most: 72 bytes each, 1.2 GB.
pub const MOST_UNITS: usize = 1 << 24;

/// What is computed of a stream.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StreamOptions {
    /// Start of the observation in seconds.
    pub start_s: f64,
    /// Refractory period R of LvR in seconds.
    pub refractory_s: f64,
    /// Width of the bins of spike counts that are correlated, in seconds; no correlation for `None`.
    pub bin_s: Option<f64>,
}

impl Default for StreamOptions {
    /// From 0 s, R = 5 ms, no correlation.
    fn default() -> Self {
        Self { start_s: 0.0, refractory_s: 0.005, bin_s: None }
    }
}

/// Why a stream of spikes has no statistics.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StreamError {
    /// The columns of a batch differ in length.
    #[error("a batch has {times} times and {units} units; give one unit for each time")]
    Columns {
        /// Times.
        times: usize,
        /// Units.
        units: usize,
    },
    /// A time is not a number, lies before the start or before an earlier one.
    #[error(
        "spike {spike} of unit {unit} at {time_s} s comes after {last_s} s; sort the spikes by time, from the start on"
    )]
    Unsorted {
        /// Spike over all batches, from 0.
        spike: u64,
        /// Number of its unit.
        unit: i64,
        /// Its time.
        time_s: f64,
        /// Time of the spike before, or the start.
        last_s: f64,
    },
    /// The observation ends before its last spike.
    #[error("the observation stops at {stop_s} s, before the last spike at {last_s} s; give a later stop")]
    Stop {
        /// The stop.
        stop_s: f64,
        /// The last spike.
        last_s: f64,
    },
    /// No whole bin fits.
    #[error("no bin of {bin_s} s fits between {start_s} and {stop_s} s; choose narrower bins")]
    NoBin {
        /// Start of the observation.
        start_s: f64,
        /// End of the observation.
        stop_s: f64,
        /// Width of a bin.
        bin_s: f64,
    },
    /// The width of a bin is not a positive number.
    #[error("bin width {0} s; it must be positive and finite")]
    Width(f64),
    /// There are too many units.
    #[error("more than {MOST_UNITS} units; split the recording")]
    Units,
}

/// Collects the statistics of a stream.
#[derive(Debug)]
pub struct TrainStatistics {
    options: StreamOptions,
    units: Units,
    intervals: Vec<RunningIntervals>,
    spikes: u64,
    last_s: f64,
    interval_histogram: IntervalHistogram,
    rate_histogram: RateHistogram,
    coincidences: Option<BlockedCoincidences>,
}

/// The statistics of a stream; lists are by unit, in order of [`unit_ids`](Self::unit_ids).
#[derive(Debug, Clone, PartialEq)]
pub struct StreamedStatistics {
    /// Numbers of the units, ascending.
    pub unit_ids: Vec<i64>,
    /// Spikes.
    pub spikes: Vec<u64>,
    /// Mean inter-spike interval in seconds; NaN for fewer than two spikes.
    pub mean_interval_s: Vec<f64>,
    /// Variability of the intervals.
    pub variability: Vec<Variability>,
    /// Intervals of all units.
    pub interval_histogram: IntervalHistogram,
    /// Spikes of all units over time.
    pub rate_histogram: RateHistogram,
    /// Pearson correlation of spike counts; `None` if it was not asked for, or beyond [`MOST_CORRELATED_UNITS`].
    pub correlation: Option<SymmetricMatrix>,
    /// Start of the observation in seconds.
    pub start_s: f64,
    /// End of the observation in seconds.
    pub stop_s: f64,
}

impl TrainStatistics {
    /// Nothing seen yet.
    ///
    /// # Errors
    /// [`StreamError::Width`].
    pub fn new(options: StreamOptions) -> Result<Self, StreamError> {
        if let Some(width) = options.bin_s.filter(|width| !(*width > 0.0 && width.is_finite())) {
            return Err(StreamError::Width(width));
        }
        Ok(Self {
            options,
            units: Units::default(),
            intervals: Vec::new(),
            spikes: 0,
            last_s: options.start_s,
            interval_histogram: IntervalHistogram::new(),
            rate_histogram: RateHistogram::new(options.start_s),
            coincidences: options.bin_s.map(|bin_s| BlockedCoincidences::new(options.start_s, bin_s)),
        })
    }

    /// Takes the next spikes: times in seconds, ascending over all batches, and the number of each one's unit.
    ///
    /// # Errors
    /// [`StreamError::Columns`], [`StreamError::Unsorted`], [`StreamError::Units`].
    pub fn observe(&mut self, times_s: &[f64], units: &[i64]) -> Result<(), StreamError> {
        if times_s.len() != units.len() {
            return Err(StreamError::Columns { times: times_s.len(), units: units.len() });
        }
        for (&time_s, &unit) in times_s.iter().zip(units) {
            if !(time_s >= self.last_s && time_s.is_finite()) {
                return Err(StreamError::Unsorted { spike: self.spikes, unit, time_s, last_s: self.last_s });
            }
            self.last_s = time_s;
            self.spikes += 1;
            let place = self.units.place(unit);
            if place as usize >= self.intervals.len() {
                self.intervals.push(RunningIntervals::NEW);
                self.check_units()?;
            }
            if let Some(interval_s) =
                self.intervals[place as usize].observe(time_s, self.options.refractory_s)
            {
                self.interval_histogram.observe(interval_s);
            }
            self.rate_histogram.observe(time_s);
            if let Some(coincidences) = &mut self.coincidences {
                coincidences.observe(place, time_s);
            }
        }
        Ok(())
    }

    fn check_units(&mut self) -> Result<(), StreamError> {
        if self.units.len() > MOST_CORRELATED_UNITS {
            self.coincidences = None;
        }
        if self.units.len() > MOST_UNITS { Err(StreamError::Units) } else { Ok(()) }
    }

    /// Spikes so far.
    #[must_use]
    pub fn spikes(&self) -> u64 {
        self.spikes
    }

    /// The statistics of what was taken; the observation ends at `stop_s`, or at the last spike.
    ///
    /// # Errors
    /// [`StreamError::Stop`], and [`StreamError::NoBin`] where spike counts are correlated.
    pub fn finish(self, stop_s: Option<f64>) -> Result<StreamedStatistics, StreamError> {
        let stop_s = stop_s.unwrap_or(self.last_s);
        if !(stop_s >= self.last_s && stop_s.is_finite()) {
            return Err(StreamError::Stop { stop_s, last_s: self.last_s });
        }
        let (unit_ids, places) = self.units.sorted();
        let by_unit = || places.iter().map(|&place| &self.intervals[place]);
        let correlation =
            self.coincidences.map(|coincidences| coincidences.correlation(&places, stop_s)).transpose()?;
        Ok(StreamedStatistics {
            spikes: by_unit().map(|unit| unit.spikes).collect(),
            mean_interval_s: by_unit().map(RunningIntervals::mean_s).collect(),
            variability: by_unit().map(RunningIntervals::variability).collect(),
            unit_ids,
            interval_histogram: self.interval_histogram,
            rate_histogram: self.rate_histogram,
            correlation,
            start_s: self.options.start_s,
            stop_s,
        })
    }
}

impl StreamedStatistics {
    /// Firing rate of each unit in Hz: spikes over the observed span.
    #[must_use]
    pub fn rates_hz(&self) -> Vec<f64> {
        self.spikes.iter().map(|&spikes| spikes as f64 / (self.stop_s - self.start_s)).collect()
    }
}
