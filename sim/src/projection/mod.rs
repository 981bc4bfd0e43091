//! Linear projections driven by spikes, in two engines with one result.
//!
//! ```text
//! acc[g, o] = sum over inputs i of group g of W_int8[i, o] s[i]            integers, the same in both engines
//! y[o] = V_th sum_g scale[o, g] acc[g, o] + bias[o]
//! ```
//!
//! `event` adds the weight rows of the active channels, times their counts: a silent channel costs nothing, not even the
//! fetch of its weights. `collapsed` is an integer matrix product with the counts of many tokens. Weights lie input-major in
//! both, where the checkpoint has them; a block of outputs is one task, whose weights are read once for all tokens. The
//! integers are exact and the sum over groups has one order, so results depend neither on the engine nor on threads,
//! batches or the instruction set.

mod block;
mod collapsed;
mod dense;
mod event;
mod kernels;
mod spiking;

pub use dense::StackedDense;
pub use spiking::SpikingLinear;

use serde::{Deserialize, Serialize};

/// How the integer sums are computed. All give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Event-driven for one token and for sparse counts, collapsed for the rest.
    #[default]
    Auto,
    /// Silent channels are skipped, with their weights.
    Event,
    /// An integer matrix product with the counts.
    Collapsed,
}

/// The name is not an engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown engine '{0}'; choose auto, event or collapsed")]
pub struct UnknownEngine(pub String);

impl std::str::FromStr for Engine {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "auto" => Ok(Self::Auto),
            "event" => Ok(Self::Event),
            "collapsed" => Ok(Self::Collapsed),
            _ => Err(UnknownEngine(name.to_owned())),
        }
    }
}

/// Matrices that cannot be stacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// Nothing to stack.
    #[error("a projection needs at least one matrix")]
    Empty,
    /// The matrices read inputs of different widths or group sizes.
    #[error("matrices of {first} and {other} inputs (or of different groups) cannot share an input")]
    Inputs {
        /// Inputs of the first matrix.
        first: usize,
        /// Inputs of the one that differs.
        other: usize,
    },
    /// Weights, scales or bias do not fit the shape of their matrix.
    #[error(
        "weights, scales or bias do not fit a matrix of {inputs} inputs in groups of {group_size} and {outputs} outputs"
    )]
    Shape {
        /// Inputs of the matrix.
        inputs: usize,
        /// Outputs of the matrix.
        outputs: usize,
        /// Inputs that share a scale.
        group_size: usize,
    },
}

#[cfg(test)]
mod tests;
