//! The data model of spike trains: times in seconds, by unit, over a span that was observed.
//!
//! [`Recording`] keeps the spikes in order of time, as files and sensors give them; [`SpikeTrains`] keeps them unit by
//! unit, as statistics want them. Neurons of the field's recordings are called *units*.

/// Spikes (or sensor events) of many units in order of time, as columns of equal length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recording {
    /// Time of each spike in seconds, ascending, within `start_s..=stop_s`.
    pub times_s: Vec<f64>,
    /// Index into [`unit_ids`](Self::unit_ids) of each spike.
    pub units: Vec<u32>,
    /// Electrode or other channel of each spike, where the file tells it.
    pub channels: Option<Vec<u32>>,
    /// Polarity of each event (true: ON), where the file tells it.
    pub polarities: Option<Vec<bool>>,
    /// The file's number of each unit, ascending; units without spikes included where the file names them.
    pub unit_ids: Vec<i64>,
    /// Start of the observation in seconds.
    pub start_s: f64,
    /// End of the observation in seconds.
    pub stop_s: f64,
    /// Width and height in pixels of an event camera, whose units are `y * width + x`.
    pub sensor: Option<(u32, u32)>,
}

impl Recording {
    /// Number of spikes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times_s.len()
    }

    /// Whether there are no spikes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times_s.is_empty()
    }

    /// The same spikes unit by unit; channels and polarities are left behind.
    #[must_use]
    pub fn trains(&self) -> SpikeTrains {
        let mut offsets = vec![0; self.unit_ids.len() + 1];
        for &unit in &self.units {
            offsets[unit as usize + 1] += 1;
        }
        for unit in 0..self.unit_ids.len() {
            offsets[unit + 1] += offsets[unit];
        }
        let mut next = offsets.clone();
        let mut times_s = vec![0.0; self.len()];
        for (&unit, &time_s) in self.units.iter().zip(&self.times_s) {
            times_s[next[unit as usize]] = time_s;
            next[unit as usize] += 1;
        }
        let (unit_ids, start_s, stop_s) = (self.unit_ids.clone(), self.start_s, self.stop_s);
        SpikeTrains { times_s, offsets, unit_ids, start_s, stop_s }
    }
}

/// The spike trains of many units over one span of time.
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeTrains {
    times_s: Vec<f64>,
    /// Where each train starts in `times_s`, and the end of the last.
    offsets: Vec<usize>,
    unit_ids: Vec<i64>,
    start_s: f64,
    stop_s: f64,
}

/// Why times are no spike trains.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// A time is not a number, or not finite.
    #[error("unit {unit}: spike {index} has time {time_s} s; times must be finite")]
    NotFinite {
        /// Number of the unit.
        unit: i64,
        /// Index of the spike in its train.
        index: usize,
        /// The time.
        time_s: f64,
    },
    /// Times go backwards.
    #[error("unit {unit}: spike {index} at {time_s} s comes after a later one; sort the times of each unit")]
    Unsorted {
        /// Number of the unit.
        unit: i64,
        /// Index of the spike in its train.
        index: usize,
        /// The time.
        time_s: f64,
    },
    /// A time lies outside the span.
    #[error("unit {unit}: spike {index} at {time_s} s lies outside the span of {start_s} to {stop_s} s")]
    OutsideSpan {
        /// Number of the unit.
        unit: i64,
        /// Index of the spike in its train.
        index: usize,
        /// The time.
        time_s: f64,
        /// Start of the span.
        start_s: f64,
        /// End of the span.
        stop_s: f64,
    },
}

impl SpikeTrains {
    /// Trains of units 0, 1, ... over `start_s..=stop_s`.
    ///
    /// # Errors
    /// [`TrainError`] where a time is not finite, not in order or outside the span.
    pub fn new<T: AsRef<[f64]>>(trains: &[T], start_s: f64, stop_s: f64) -> Result<Self, TrainError> {
        let mut times_s = Vec::with_capacity(trains.iter().map(|t| t.as_ref().len()).sum());
        let mut offsets = vec![0];
        for (unit, train) in (0..).zip(trains) {
            let mut last = start_s;
            for (index, &time_s) in train.as_ref().iter().enumerate() {
                if !time_s.is_finite() {
                    return Err(TrainError::NotFinite { unit, index, time_s });
                }
                if time_s < start_s || time_s > stop_s {
                    return Err(TrainError::OutsideSpan { unit, index, time_s, start_s, stop_s });
                }
                if time_s < last {
                    return Err(TrainError::Unsorted { unit, index, time_s });
                }
                last = time_s;
            }
            times_s.extend_from_slice(train.as_ref());
            offsets.push(times_s.len());
        }
        Ok(Self { times_s, offsets, unit_ids: (0..trains.len() as i64).collect(), start_s, stop_s })
    }

    /// Number of units.
    #[must_use]
    pub fn len(&self) -> usize {
        self.unit_ids.len()
    }

    /// Whether there are no units.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.unit_ids.is_empty()
    }

    /// Number of spikes of all units.
    #[must_use]
    pub fn spikes(&self) -> usize {
        self.times_s.len()
    }

    /// The spike times of one unit in seconds, ascending. Panics beyond the last unit, as a slice does.
    #[must_use]
    pub fn train(&self, unit: usize) -> &[f64] {
        &self.times_s[self.offsets[unit]..self.offsets[unit + 1]]
    }

    /// The spike times of every unit, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f64]> + '_ {
        self.offsets.windows(2).map(|ends| &self.times_s[ends[0]..ends[1]])
    }

    /// The number that the file gave each unit.
    #[must_use]
    pub fn unit_ids(&self) -> &[i64] {
        &self.unit_ids
    }

    /// Start of the span in seconds.
    #[must_use]
    pub fn start_s(&self) -> f64 {
        self.start_s
    }

    /// End of the span in seconds.
    #[must_use]
    pub fn stop_s(&self) -> f64 {
        self.stop_s
    }

    /// Length of the span in seconds.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.stop_s - self.start_s
    }

    /// The trains of some units, in the order given. Panics beyond the last unit, as a slice does.
    #[must_use]
    pub fn select(&self, units: &[usize]) -> Self {
        let mut offsets = vec![0];
        let mut times_s = Vec::with_capacity(units.iter().map(|&unit| self.train(unit).len()).sum());
        for &unit in units {
            times_s.extend_from_slice(self.train(unit));
            offsets.push(times_s.len());
        }
        let unit_ids = units.iter().map(|&unit| self.unit_ids[unit]).collect();
        Self { times_s, offsets, unit_ids, start_s: self.start_s, stop_s: self.stop_s }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_recording_falls_into_trains_and_keeps_silent_units() {
        let recording = Recording {
            times_s: vec![0.1, 0.2, 0.2, 0.5],
            units: vec![2, 0, 2, 0],
            unit_ids: vec![4, 7, 9],
            stop_s: 1.0,
            ..Recording::default()
        };
        let trains = recording.trains();
        let times: Vec<&[f64]> = trains.iter().collect();
        assert_eq!(times, [&[0.2, 0.5][..], &[], &[0.1, 0.2]]);
        assert_eq!((trains.unit_ids(), trains.spikes(), trains.duration_s()), (&[4, 7, 9][..], 4, 1.0));
    }

    #[test]
    fn selected_units_keep_their_times_and_numbers() {
        let recording = Recording {
            times_s: vec![0.1, 0.2, 0.3],
            units: vec![2, 0, 2],
            unit_ids: vec![4, 7, 9],
            stop_s: 1.0,
            ..Recording::default()
        };
        let selected = recording.trains().select(&[2, 1]);
        assert_eq!((selected.train(0), selected.train(1)), (&[0.1, 0.3][..], &[][..]));
        assert_eq!((selected.unit_ids(), selected.stop_s()), (&[9, 7][..], 1.0));
    }

    #[test]
    fn times_that_are_no_train_are_refused_by_unit_and_value() {
        let error = |times: &[f64]| SpikeTrains::new(&[&[][..], times], 0.0, 1.0).unwrap_err().to_string();
        assert!(error(&[0.5, 0.4]).contains("unit 1: spike 1 at 0.4 s"));
        assert!(error(&[f64::NAN]).contains("NaN"));
        assert!(error(&[2.0]).contains("outside the span of 0 to 1 s"));
    }
}
