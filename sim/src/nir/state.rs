//! What a network remembers from step to step, and what it has done.

use super::conv::Scratch;
use super::counts::LayerCounts;
use super::neuron::NeuronState;
use super::signal::Signal;

/// The state of one run of a [`super::Network`]; [`super::Network::start`] makes one. A clone goes on by itself.
#[derive(Debug, Clone)]
pub struct State {
    /// What each node gave in this step.
    pub(super) signals: Vec<Signal>,
    /// What nodes with late edges gave in the step before.
    pub(super) before: Vec<Option<Signal>>,
    pub(super) neurons: Vec<Option<NeuronState>>,
    pub(super) scratch: Vec<Option<Scratch>>,
    /// Sum of what arrives at a node with several edges.
    pub(super) sums: Vec<Option<Signal>>,
    pub(super) counts: Vec<LayerCounts>,
    /// Index of the output node.
    pub(super) output: usize,
}

impl State {
    /// What the network gave in the last step, in the order of the output's shape.
    #[must_use]
    pub fn output(&self) -> &[f32] {
        self.signals.get(self.output).map_or(&[], |signal| &signal.values)
    }

    /// Which values of a layer were not zero in the last step, ascending: of neurons, those that fired. None for a layer
    /// that the network lacks.
    #[must_use]
    pub fn active(&self, layer: usize) -> &[u32] {
        self.signals.get(layer).map_or(&[], |signal| &signal.active)
    }

    /// Every value that a layer gave in the last step.
    #[must_use]
    pub fn values(&self, layer: usize) -> &[f32] {
        self.signals.get(layer).map_or(&[], |signal| &signal.values)
    }

    /// Membrane potentials of a layer after the last step; none for layers without.
    #[must_use]
    pub fn potentials(&self, layer: usize) -> &[f32] {
        self.neurons.get(layer).and_then(Option::as_ref).map_or(&[], |state| &state.v)
    }

    /// What each layer has done, in the order of [`super::Network::layers`].
    #[must_use]
    pub fn counts(&self) -> &[LayerCounts] {
        &self.counts
    }
}
