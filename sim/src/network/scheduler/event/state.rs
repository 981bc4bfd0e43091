//! What the event-driven scheduler has of its queue in a saved state, and how the queue is filled from that again.
//!
//! A state is of the end of a step, and all events up to then were taken. What is to come follows from little: a spike on its way
//! is its neuron and the time at which it was sent, since the synapses that it reached are those of delays that are over.
//! Foretold crossings are not kept; a run foretells them anew.

use super::queue::{Event, What};
use super::{Events, Running};
use crate::network::scheduler::step::Partition;
use std::collections::BTreeMap;

/// A spike that has not reached all its synapses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct InFlight {
    pub(crate) population: u32,
    pub(crate) neuron: u32,
    pub(crate) sent_ms: f64,
}

/// What is to come.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Pending {
    /// By drive, then by neuron: time of the next spike of its input in ms; infinite without.
    pub(crate) arrivals_ms: Vec<Vec<f64>>,
    pub(crate) in_flight: Vec<InFlight>,
}

impl Events {
    /// What is to come.
    pub(crate) fn pending(&self, partitions: &[Partition]) -> Pending {
        let mut arrivals_ms: Vec<Vec<f64>> =
            self.streams.iter().map(|streams| vec![f64::INFINITY; streams.len()]).collect();
        // A neuron may have fired more than once at a time; every row tells so.
        let mut rows = BTreeMap::new();
        for event in self.queue.iter() {
            match event.what {
                What::Arrival { arrivals, neuron } => {
                    arrivals_ms[arrivals as usize][neuron as usize] = event.time_ms;
                }
                What::Row { partition, projection, place, sent_ms, .. } => {
                    let of = &partitions[partition as usize].projections[projection as usize];
                    let neuron = of.rows.first.partition_point(|first| *first <= place) as u32 - 1;
                    let spike = (sent_ms.to_bits(), of.source as u32, neuron);
                    *rows
                        .entry(spike)
                        .or_insert(BTreeMap::new())
                        .entry((partition, projection))
                        .or_insert(0) += 1;
                }
                What::Given { .. } | What::Spike { .. } | What::Probe { .. } => {}
            }
        }
        let in_flight = rows.into_iter().flat_map(|((sent, population, neuron), times)| {
            let spike = InFlight { population, neuron, sent_ms: f64::from_bits(sent) };
            std::iter::repeat_n(spike, times.into_values().max().unwrap_or(0))
        });
        Pending { arrivals_ms, in_flight: in_flight.collect() }
    }

    /// Takes up what is to come after the end of `step`.
    pub(crate) fn take_up(&mut self, partitions: &mut [Partition], step: u64, pending: &Pending) {
        self.now_ms = step as f64 * self.dt_ms;
        self.queue = super::Queue::default();
        for (arrivals, times_ms) in (0..).zip(&pending.arrivals_ms) {
            for (neuron, &time_ms) in (0..).zip(times_ms).filter(|(_, time_ms)| time_ms.is_finite()) {
                self.queue.push(Event { time_ms, what: What::Arrival { arrivals, neuron } });
            }
        }
        for population in 0..self.given.len() {
            let over = self.given[population].partition_point(|(time_ms, _)| *time_ms <= self.now_ms);
            self.next_given(population as u32, over as u32);
        }
        for recorder in 0..self.probes.len() {
            if let Some([partition, population, number]) = self.probes[recorder].first() {
                let every = partitions[*partition].parts[*population].probes[*number].every;
                self.next_probe(partitions, recorder, step / every + 1);
            }
        }
        let mut running = Running { partitions, events: self, first_neuron: &[] };
        pending.in_flight.iter().for_each(|spike| running.take_up(spike));
    }
}

impl Running<'_> {
    /// Queues the rest of a spike's way.
    fn take_up(&mut self, spike: &InFlight) {
        let (now_ms, dt_ms) = (self.events.now_ms, self.events.dt_ms);
        for partition in 0..self.partitions.len() {
            for projection in 0..self.partitions[partition].projections.len() {
                let of = &self.partitions[partition].projections[projection];
                if of.source != spike.population as usize {
                    continue;
                }
                let mut row = of.rows.row(spike.neuron);
                let over = |place: usize| spike.sent_ms + f64::from(of.rows.delay(place)) * dt_ms <= now_ms;
                while !row.is_empty() && over(row.start) {
                    row.start += 1;
                }
                self.queue_row([partition, projection], row, spike.sent_ms);
            }
        }
    }
}
