//! What a layer did: spikes, operations and updates, as NeuroBench counts them and energy models price them.

/// Sums over steps of what one layer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LayerCounts {
    /// Steps that were run.
    pub steps: u64,
    /// Values that arrived and were not zero, at weights; 0 for layers without.
    pub events: u64,
    /// Additions of a weight that is not zero, in steps in which every value that arrived was -1, 0 or 1.
    pub accumulates: u64,
    /// Multiplications and additions of a weight that is not zero, in the other steps.
    pub multiply_accumulates: u64,
    /// Updates of neurons: all of them at each step.
    pub updates: u64,
    /// Spikes that were fired.
    pub spikes: u64,
}

impl LayerCounts {
    /// Synaptic operations: weights that are not zero, met by values that are not zero.
    #[must_use]
    pub fn synaptic_operations(&self) -> u64 {
        self.accumulates + self.multiply_accumulates
    }

    /// Takes in what the same layer did elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.events += other.events;
        self.accumulates += other.accumulates;
        self.multiply_accumulates += other.multiply_accumulates;
        self.updates += other.updates;
        self.spikes += other.spikes;
    }

    /// Books `operations` of a step in which `events` values arrived.
    pub(super) fn synapses(&mut self, events: usize, operations: u64, ternary: bool) {
        self.events += events as u64;
        *(if ternary { &mut self.accumulates } else { &mut self.multiply_accumulates }) += operations;
    }
}
