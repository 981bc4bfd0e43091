//! A network of spiking neurons and where its neurons lie on a chip.
//!
//! Built by [`parse_network`](super::sanafe::parse_network); [`MappedNetwork`] is what the simulation steps through.

mod mapped;
mod neuron;

pub(crate) use mapped::Axon;
pub use mapped::MappedNetwork;
pub use neuron::{Attributes, Reset};

/// Some neurons under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Name.
    pub name: String,
    /// Number of its first neuron within [`Network::neurons`].
    pub first: usize,
    /// Neurons in it.
    pub count: usize,
}

/// A neuron, and the units of the core that it uses (the first of each sort if not named).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Neuron {
    /// Parameters of its model.
    pub attributes: Attributes,
    /// Soma unit.
    pub soma: Option<String>,
    /// Unit for synapses onto it.
    pub synapse: Option<String>,
    /// Dendrite unit.
    pub dendrite: Option<String>,
    /// Core, numbered over the chip, and rank among the mapped neurons: cores update theirs in this order.
    pub mapped: Option<(usize, usize)>,
}

/// A synapse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Neuron that sends.
    pub from: u32,
    /// Neuron that receives.
    pub to: u32,
    /// Current that a spike adds.
    pub weight: f64,
}

/// A network with its mapping.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Network {
    /// Name.
    pub name: String,
    /// Groups, whose neurons follow each other.
    pub groups: Vec<Group>,
    /// All neurons.
    pub neurons: Vec<Neuron>,
    /// All synapses; those of a neuron in the order in which a message works through them.
    pub edges: Vec<Edge>,
}

impl Network {
    /// Most neurons that a network may have.
    pub const MOST_NEURONS: usize = 1 << 26;
    /// Most synapses that a network may have.
    pub const MOST_EDGES: usize = 1 << 28;

    /// Group and number of a neuron, as networks write it.
    #[must_use]
    pub fn label(&self, neuron: usize) -> String {
        match self.groups.iter().rev().find(|group| group.first <= neuron) {
            Some(group) => format!("{}.{}", group.name, neuron - group.first),
            None => neuron.to_string(),
        }
    }

    /// The group called `name`.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }
}
