//! The data model of spikes: what a run records and what analysis reads.
//!
//! A SpikingBrain layer codes the *input* of its linear projections as spikes; projections that share an input
//! share its spikes (the release's W8ASpike layout). A [`Projection`] therefore names a coded input. Events
//! carry the signed weight of their virtual time step, so that the events of one neuron and token sum to its
//! spike count whatever the coding.

use serde::{Deserialize, Serialize};

/// A spike-coded input of a decoder layer, named as in the released code's traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Projection {
    /// Input of the query, key, value and gate projections.
    AttnIn,
    /// The query after rotary embedding, coded per head; its spikes meet the cached keys.
    Query,
    /// Input of the attention output projection.
    OIn,
    /// Input of the gate and up projections of the feed-forward block; in a mixture of experts of those of the shared expert
    /// and of the experts that the token is sent to, which share its spikes.
    MlpIn,
    /// Input of the down projection; in a mixture of experts of the shared expert's.
    DownIn,
    /// Input of the down projection of a routed expert, in a layer with a mixture of experts.
    ExpertDownIn,
}

impl Projection {
    /// Every projection, in the order in which a layer computes them.
    pub const ALL: [Self; 6] =
        [Self::AttnIn, Self::Query, Self::OIn, Self::MlpIn, Self::DownIn, Self::ExpertDownIn];

    /// The name in records and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AttnIn => "attn_in",
            Self::Query => "query",
            Self::OIn => "o_in",
            Self::MlpIn => "mlp_in",
            Self::DownIn => "down_in",
            Self::ExpertDownIn => "expert_down_in",
        }
    }
}

impl std::fmt::Display for Projection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// The name is not one of [`Projection::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown projection '{0}'; choose one of attn_in, query, o_in, mlp_in, down_in, expert_down_in")]
pub struct UnknownProjection(pub String);

impl std::str::FromStr for Projection {
    type Err = UnknownProjection;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|p| p.name() == name).ok_or_else(|| UnknownProjection(name.to_owned()))
    }
}

/// One spike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpikeEvent {
    /// Position of the token in the run, from 0.
    pub token: u32,
    /// Virtual time step of the spike coding, from 0.
    pub step: u32,
    /// Layer, from 0.
    pub layer: u16,
    /// The coded input that the neuron belongs to.
    pub projection: Projection,
    /// Neuron (channel) within the projection, from 0; queries count head by head, routed experts expert by expert.
    pub neuron: u32,
    /// Sign of the spike times the weight of its step (`±2^(T-1-step)` for bitwise codings, `±1` for binary and
    /// ternary). Summed over the steps of a token it is the neuron's spike count (plus the zero point, which only
    /// unsigned codings have).
    pub value: i32,
}

/// The spikes of one layer and projection over some tokens, as columns of equal length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpikeBatch {
    /// Layer, from 0.
    pub layer: u16,
    /// The coded input.
    pub projection: Projection,
    /// [`SpikeEvent::token`] of each spike.
    pub token: Vec<u32>,
    /// [`SpikeEvent::step`] of each spike.
    pub step: Vec<u32>,
    /// [`SpikeEvent::neuron`] of each spike.
    pub neuron: Vec<u32>,
    /// [`SpikeEvent::value`] of each spike.
    pub value: Vec<i32>,
}

impl SpikeBatch {
    /// A batch without spikes.
    #[must_use]
    pub fn new(layer: u16, projection: Projection) -> Self {
        Self { layer, projection, token: Vec::new(), step: Vec::new(), neuron: Vec::new(), value: Vec::new() }
    }

    /// Number of spikes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.token.len()
    }

    /// Whether there are no spikes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.token.is_empty()
    }

    /// The spikes one by one.
    pub fn iter(&self) -> impl Iterator<Item = SpikeEvent> + '_ {
        (0..self.len()).map(|i| SpikeEvent {
            token: self.token[i],
            step: self.step[i],
            layer: self.layer,
            projection: self.projection,
            neuron: self.neuron[i],
            value: self.value[i],
        })
    }
}

/// The spike counts of one layer and projection over some tokens, as columns of equal length: a row for each neuron and token
/// with a spike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountBatch {
    /// Layer, from 0.
    pub layer: u16,
    /// The coded input.
    pub projection: Projection,
    /// Position of the token in the run, from 0.
    pub token: Vec<u32>,
    /// Neuron (channel) within the projection, from 0; queries count head by head.
    pub neuron: Vec<u32>,
    /// Sum of the values of the neuron's spikes at the token: its spike count less the zero point.
    pub value: Vec<i32>,
}

impl CountBatch {
    /// A batch without counts.
    #[must_use]
    pub fn new(layer: u16, projection: Projection) -> Self {
        Self { layer, projection, token: Vec::new(), neuron: Vec::new(), value: Vec::new() }
    }

    /// Number of counts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.token.len()
    }

    /// Whether there are no counts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.token.is_empty()
    }
}

/// What one coded vector did: one row for a token, layer and projection (and head, for queries; and routed expert).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Position of the token in the run, from 0.
    pub token: u32,
    /// Layer, from 0.
    pub layer: u16,
    /// The coded input.
    pub projection: Projection,
    /// Attention head of a query; expert of `expert_down_in`; 0 elsewhere.
    pub head: u16,
    /// Adaptive threshold V_th of this vector, in units of the activation.
    pub threshold: f32,
    /// Virtual time steps T that the coding took for this vector.
    pub steps: u32,
    /// Value that an unsigned coding adds to every decoded count; 0 for signed codings.
    pub zero_point: i32,
    /// Channels of the vector.
    pub neurons: u32,
    /// Spikes (events) of the vector over all steps.
    pub spikes: u64,
    /// Channels whose spike count is 0.
    pub silent: u32,
    /// Synaptic operations: spikes times the synapses that each one reaches.
    pub synaptic_operations: u64,
}
