//! What ISI-distance and SPIKE-distance share: a walk over the pieces of the span between the spikes of two trains.
//!
//! The interval that a time lies in is, within a train, the one between the spikes around it. Before the first spike it is the
//! longer of the time since the start and the first interval, after the last spike the longer of the time to the stop and the
//! last interval (edge correction of PySpike). A train without spikes counts as one with spikes at start and stop. Spikes of one
//! train at the same time count once.

use std::borrow::Cow;

/// The times of a train, each once; of an empty train, start and stop.
pub(super) fn distinct(train: &[f64], start_s: f64, stop_s: f64) -> Cow<'_, [f64]> {
    if train.is_empty() {
        Cow::Owned(vec![start_s, stop_s])
    } else if train.windows(2).any(|pair| pair[0] == pair[1]) {
        let mut times = train.to_vec();
        times.dedup();
        Cow::Owned(times)
    } else {
        Cow::Borrowed(train)
    }
}

/// Where a walk stands in one train: the interval between two spikes, or before the first or after the last.
#[derive(Clone, Copy)]
pub(super) struct Interval {
    /// Spikes of the train that are past.
    pub(super) past: usize,
    /// Length of the interval in seconds, with the edge correction.
    pub(super) length_s: f64,
    /// End of the interval: the next spike, or the stop.
    pub(super) end_s: f64,
}

/// The interval of a train without repeated times after its first `past` spikes.
pub(super) fn interval(train: &[f64], past: usize, start_s: f64, stop_s: f64) -> Interval {
    let n = train.len();
    let (length_s, end_s) = if past == 0 {
        let first = train[0];
        ((first - start_s).max(if n > 1 { train[1] - first } else { 0.0 }), first)
    } else if past == n {
        let last = train[n - 1];
        ((stop_s - last).max(if n > 1 { last - train[n - 2] } else { 0.0 }), stop_s)
    } else {
        (train[past] - train[past - 1], train[past])
    };
    Interval { past, length_s, end_s }
}
