//! The work of the spikes, by what the profile prices.
//!
//! For each coded vector of N channels and M outputs:
//!
//! | part | operations |
//! |---|---|
//! | threshold | N FP16 additions of \|x\|, 2 divisions |
//! | firing | N FP16 multiplications by 1 / V_th, N roundings; or updates of neurons, where the profile prices them |
//! | spikes | one out, one control event a spike; one message to each of ceil(M / neurons of a core) cores |
//! | synapses | an INT32 addition a synaptic event, a shift where the step's weight is not 1; fetch of weights in blocks |
//! | accumulators | input-major: read and written at every synaptic event, read once more to rescale; output-major: registers |
//! | rescaling | a multiply-add a group and output, one more for threshold and bias; FP32 |
//! | activations | inputs read twice (threshold, firing) and outputs written, 16 bits |
//!
//! Where the profile prices whole synaptic events, they replace arithmetic, shifts, fetch and accumulators: nothing is
//! counted twice. A device that is not event-driven computes all N M synapses and updates every neuron once.

use super::blocks::{Fetch, Layout};
use super::counting::{EnergyCounts, VectorCounts};
use super::periphery::{self, ACTIVATION_BITS, Widths};
use super::profile::{HardwareProfile, Quantity};
use super::work::{Component, Operation, Work};
use synfire_datasets::spikes::Projection;

/// Bits of an accumulator.
const ACCUMULATOR_BITS: u128 = 32;

/// The operations of a spiking run on the chip of `profile`.
#[must_use]
pub fn spiking_work(counts: &EnergyCounts, profile: &HardwareProfile, fetch: Fetch) -> Work {
    let mut work = Work::default();
    for ((layer, projection), row) in counts.rows() {
        let mut part = ProjectionWork { work: &mut work, layer, projection, row };
        part.synapses(profile, fetch);
        part.neurons(profile);
        part.spikes(profile);
        part.rescale();
        part.activations(2);
        let events = if profile.event_driven { row.synaptic_events } else { row.macs };
        part.add(Component::Leakage, Operation::Time, events);
    }
    let weights = Widths { projection_bits: 8, cache_bits: 8, quantised_cache: true };
    periphery::add(&mut work, counts, profile, weights, |row| row.fetched_bits(fetch));
    work
}

/// Work of one layer and projection, as spikes and opponents share it.
pub(super) struct ProjectionWork<'a> {
    pub(super) work: &'a mut Work,
    pub(super) layer: u16,
    pub(super) projection: Projection,
    pub(super) row: &'a VectorCounts,
}

impl ProjectionWork<'_> {
    pub(super) fn add(&mut self, component: Component, operation: Operation, count: u128) {
        self.work.add(Some(self.layer), Some(self.projection), component, operation, count);
    }

    pub(super) fn simple(&mut self, component: Component, quantity: Quantity, count: u128) {
        self.add(component, Operation::Simple(quantity), count);
    }

    fn synapses(&mut self, profile: &HardwareProfile, fetch: Fetch) {
        let row = self.row;
        if profile.index(Quantity::SynapticEvent).is_some() {
            let events = if profile.event_driven { row.synaptic_events } else { row.macs };
            self.simple(Component::SynapticEvents, Quantity::SynapticEvent, events);
            return;
        }
        self.simple(Component::Arithmetic, Quantity::Int32Add, row.synaptic_events);
        self.simple(Component::Shifts, Quantity::Shift, row.shifted_events);
        self.weights(row.fetched_bits(fetch), 1);
        self.accumulators(row.synaptic_events, fetch.layout);
    }

    pub(super) fn weights(&mut self, bits: u128, bytes_per_weight: u64) {
        let array_bytes =
            self.row.inputs.saturating_mul(self.row.largest_outputs).saturating_mul(bytes_per_weight);
        self.add(Component::WeightFetch, Operation::Read { array_bytes }, bits);
    }

    /// Accumulators in memory, where one channel after the other sweeps all outputs.
    pub(super) fn accumulators(&mut self, updates: u128, layout: Layout) {
        if layout == Layout::InputMajor {
            let array_bytes = self.row.largest_outputs.saturating_mul(4);
            let reads = updates + u128::from(self.row.partial_sums);
            self.add(Component::Accumulators, Operation::Read { array_bytes }, reads * ACCUMULATOR_BITS);
            self.add(Component::Accumulators, Operation::Write { array_bytes }, updates * ACCUMULATOR_BITS);
        }
    }

    /// Scale of a vector by a statistic of |x|, and its integers.
    pub(super) fn quantise(&mut self, divisions: u128) {
        self.statistic(divisions);
        self.simple(Component::Firing, Quantity::Fp16Multiply, self.row.channels.into());
        self.simple(Component::Firing, Quantity::Round, self.row.channels.into());
    }

    fn statistic(&mut self, divisions: u128) {
        self.simple(Component::Threshold, Quantity::Fp16Add, self.row.channels.into());
        self.simple(Component::Threshold, Quantity::Divide, u128::from(self.row.vectors) * divisions);
    }

    fn neurons(&mut self, profile: &HardwareProfile) {
        let row = self.row;
        let prices = |quantity| profile.index(quantity).is_some();
        if !prices(Quantity::NeuronUpdate) {
            return self.quantise(2);
        }
        if !profile.event_driven {
            return self.simple(Component::Firing, Quantity::NeuronUpdate, row.channels.into());
        }
        self.statistic(2);
        let silent_steps = row.neuron_steps - row.active_neuron_steps;
        if prices(Quantity::NeuronAccess) {
            self.simple(Component::Firing, Quantity::NeuronAccess, row.neuron_steps);
        }
        self.simple(Component::Firing, Quantity::NeuronUpdate, row.active_neuron_steps);
        if prices(Quantity::InactiveNeuronUpdate) {
            self.simple(Component::Firing, Quantity::InactiveNeuronUpdate, silent_steps);
        } else if !prices(Quantity::NeuronAccess) {
            self.simple(Component::Firing, Quantity::NeuronUpdate, silent_steps);
        }
    }

    fn spikes(&mut self, profile: &HardwareProfile) {
        if !profile.event_driven {
            return;
        }
        let spikes = u128::from(self.row.spikes);
        self.simple(Component::Spikes, Quantity::SpikeOut, spikes);
        self.simple(Component::Control, Quantity::ControlPerEvent, spikes);
        let cores = profile.neurons_per_core.map_or(1, |n| self.row.largest_outputs.div_ceil(n.max(1)));
        let messages = spikes * u128::from(cores);
        if profile.index(Quantity::AxonOut).is_some() {
            self.simple(Component::Routing, Quantity::AxonOut, messages);
            self.simple(Component::Routing, Quantity::AxonIn, messages);
            self.add(Component::Routing, Operation::HorizontalHops, messages);
            self.add(Component::Routing, Operation::VerticalHops, messages);
        } else {
            self.simple(Component::Routing, Quantity::RouteEvent, messages);
        }
    }

    pub(super) fn rescale(&mut self) {
        let row = self.row;
        let products = u128::from(row.partial_sums) + u128::from(row.outputs);
        self.simple(Component::Rescale, Quantity::Fp32Multiply, products);
        if self.projection != Projection::Query {
            self.simple(Component::Rescale, Quantity::Fp32Add, products);
        }
        let corrected = u128::from(row.zero_point_sums);
        self.simple(Component::Rescale, Quantity::Int32Multiply, corrected);
        self.simple(Component::Rescale, Quantity::Int32Add, corrected);
    }

    pub(super) fn activations(&mut self, reads: u128) {
        let row = self.row;
        let bytes = |numbers: u64| numbers.saturating_mul(ACTIVATION_BITS as u64 / 8);
        let inputs = Operation::Read { array_bytes: bytes(row.inputs) };
        let outputs = Operation::Write { array_bytes: bytes(row.largest_outputs) };
        self.add(Component::Activations, inputs, u128::from(row.channels) * reads * ACTIVATION_BITS);
        self.add(Component::Activations, outputs, u128::from(row.outputs) * ACTIVATION_BITS);
    }
}
