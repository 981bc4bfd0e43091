//! What is to come, in order of time.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Event {
    pub(super) time_ms: f64,
    pub(super) what: What,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum What {
    /// A spike that was sent at `sent_ms` reaches the synapses `place..end`, those of the least delay now.
    Row { partition: u32, projection: u32, place: u32, end: u32, sent_ms: f64 },
    /// A Poisson input reaches a neuron of its population.
    Arrival { arrivals: u32, neuron: u32 },
    /// Given spike number `number` of a source population.
    Given { population: u32, number: u32 },
    /// A neuron (partition, population, number in the part) reaches its threshold, unless that has lapsed.
    Spike { place: [u32; 3], version: u32 },
    /// Recorder number `recorder` takes values, for the `count`-th time.
    Probe { recorder: u32, count: u64 },
}

impl Event {
    /// Order among events of one time.
    fn rank(&self) -> (u8, [u32; 3]) {
        match self.what {
            What::Row { partition, projection, place, .. } => (0, [projection, place, partition]),
            What::Arrival { arrivals, neuron } => (1, [arrivals, neuron, 0]),
            What::Given { population, number } => (2, [population, number, 0]),
            What::Spike { place: [partition, population, local], .. } => (2, [population, partition, local]),
            What::Probe { recorder, .. } => (3, [recorder, 0, 0]),
        }
    }
}

impl Eq for Event {}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        self.time_ms.total_cmp(&other.time_ms).then_with(|| self.rank().cmp(&other.rank()))
    }
}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A queue of events.
#[derive(Debug, Default)]
pub(super) struct Queue(BinaryHeap<Reverse<Event>>);

impl Queue {
    pub(super) fn push(&mut self, event: Event) {
        self.0.push(Reverse(event));
    }

    /// The next event, unless it comes after `stop_ms`.
    pub(super) fn pop_until(&mut self, stop_ms: f64) -> Option<Event> {
        let due = self.0.peek().is_some_and(|Reverse(event)| event.time_ms <= stop_ms);
        if due { self.0.pop().map(|Reverse(event)| event) } else { None }
    }

    /// All events, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Event> {
        self.0.iter().map(|Reverse(event)| event)
    }
}
