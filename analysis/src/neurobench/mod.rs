//! NeuroBench's complexity metrics (Yik et al. 2025, *Nature Communications* 16:1545; version 2.3.0 of its harness), as exact
//! integers, of spiking networks and of recorded runs.
//!
//! | metric | definition | here |
//! |---|---|---|
//! | footprint | bytes of parameters and buffers | [`footprint()`] |
//! | connection sparsity | zero weights over weights of the connection layers | [`Connections`] |
//! | activation sparsity | 1 - nonzero outputs over outputs, all layers, steps and samples | [`Sparsity::silent_share`](crate::sparsity::Sparsity::silent_share) (outputs are counts), [`Sparsity::sparsity`](crate::sparsity::Sparsity::sparsity) (outputs are spikes) |
//! | synaptic operations | nonzero outgoing weights of nonzero inputs, without biases: ACs where all inputs of a call are -1, 0 or 1, else MACs; dense: every input and weight counts | [`SynapticOperations`] |
//! | membrane updates | every neuron at the first step, later those whose membrane changed | [`MembraneUpdates`] |
//!
//! Four things are done otherwise than by the harness, on purpose: sums are integers, where it sums in f32 and loses units
//! above 2^24; a footprint does not depend on the batch last run; a call without a nonzero input has no operations to class,
//! so that it is no AC layer; and a membrane that changed by decay alone is told apart from one that received a spike, for an
//! event-driven chip does not compute decay step by step.

mod connections;
mod membrane;
mod operations;

pub use connections::{Connections, Fan, Footprint, footprint};
pub use membrane::MembraneUpdates;
pub use operations::{RunOperations, SynapticOperations};

#[cfg(test)]
mod tests;
