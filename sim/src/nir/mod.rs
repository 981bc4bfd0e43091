//! Networks given as NIR graphs, run in steps of dt, driven by events.
//!
//! **Time.** Each step takes the input of `[t, t + dt)` through all nodes in the order of the edges, so that a spike
//! passes every layer within the step in which it is fired. Edges that close a loop deliver one step later: of the edges
//! of a loop, it is the one that leads back to a node on the way from the input; where that comes from a node without
//! memory that has one edge in and one out (recurrent weights, say), the edge into that node is the late one, so that
//! what is late are spikes. At the first step, late edges deliver zeros.
//!
//! **Integration.** With [`Method::Euler`] as snnTorch, Norse and others do for NIR, the current first:
//!
//! ```text
//! LI, LIF:          v <- (1 - dt/tau) v + (r dt/tau) x + v_leak dt/tau
//! I, IF:            v <- v + r dt x
//! CubaLI, CubaLIF:  i <- (1 - dt/tau_syn) i + (w_in dt/tau_syn) x
//!                   v <- (1 - dt/tau_mem) v + (r dt/tau_mem) i + v_leak dt/tau_mem
//! ```
//!
//! With [`Method::Exact`] the equations are solved over the step, x constant through it or, for [`Drive::Charge`], given
//! at its start. Coefficients are computed in f64 and rounded to f32; states are f32, products and sums in the order
//! written here, without fused operations.
//!
//! **Spikes.** After the update, z = 1 where v > v_threshold (strictly), and v becomes v_reset at once. Neurons with a
//! leak start at v_leak, others at v_reset or 0; currents start at 0.
//!
//! **Weights.** Each input that is not zero adds its column, in ascending order of inputs; the bias comes last. Results
//! are thus the same whatever the density of the input, and the work goes with the events.
//!
//! Sources: J. E. Pedersen et al., Nature Communications 15:8122 (2024); S. Rotter and M. Diesmann, Biological Cybernetics
//! 81 (1999) for exact integration.
//!
//! ```
//! use synfire_datasets::nir::{Graph, NodeKind, Tensor};
//! use synfire_sim::nir::{Network, Options};
//!
//! let one = |value: f64| Tensor { shape: vec![1], values: vec![value] };
//! let neuron = NodeKind::If { r: one(1000.0), v_threshold: one(2.5), v_reset: one(0.0) };
//! let graph = Graph::chain([
//!     ("input", NodeKind::Input { shape: vec![1] }),
//!     ("neuron", neuron),
//!     ("output", NodeKind::Output { shape: vec![1] }),
//! ]);
//! let network = Network::new(&graph, &Options { dt_s: 0.001, ..Options::default() })?;
//! let mut state = network.start();
//! let mut spikes = Vec::new();
//! for _ in 0..6 {
//!     network.step(&mut state, &[(0, 1.0)])?;
//!     spikes.push(state.output()[0]);
//! }
//! assert_eq!(spikes, [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
//! # Ok::<(), synfire_sim::nir::NetworkError>(())
//! ```

mod conv;
mod counts;
mod linear;
mod network;
mod neuron;
mod order;
mod pool;
mod run;
mod signal;
mod state;
#[cfg(test)]
mod tests;

pub use counts::LayerCounts;
pub use network::{Layer, Network};
pub use run::Run;
pub use state::State;

use synfire_datasets::nir::GraphError;

/// How the equations become steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Forward Euler, as NIR's reference simulators do.
    #[default]
    Euler,
    /// The solution of the equations over a step.
    Exact,
}

/// What a value that arrives at a neuron is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Drive {
    /// A current that is held for the step: as snnTorch and Norse read NIR.
    #[default]
    Current,
    /// A charge given in the step, so that dt cancels and an integrator of r = 1 rises by 1 a spike: as Sinabs reads NIR.
    Charge,
}

/// How a graph is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Length of a step in seconds.
    pub dt_s: f64,
    /// How the equations become steps.
    pub method: Method,
    /// What values are to neurons.
    pub drive: Drive,
}

impl Default for Options {
    /// Steps of 0.1 ms, forward Euler, values as currents.
    fn default() -> Self {
        Self { dt_s: 1e-4, method: Method::default(), drive: Drive::default() }
    }
}

/// Why a graph cannot be run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The graph makes no sense.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The length of a step is no time.
    #[error("dt is {dt_s} s; give a finite time above 0 s")]
    Step {
        /// The length in seconds.
        dt_s: f64,
    },
    /// A step is longer than forward Euler bears.
    #[error(
        "node '{node}': {field} is {tau_s} s, shorter than dt = {dt_s} s; give a dt of at most that, or integrate exactly"
    )]
    Unstable {
        /// The node.
        node: String,
        /// Which time constant.
        field: &'static str,
        /// Its value in seconds.
        tau_s: f64,
        /// The length of a step in seconds.
        dt_s: f64,
    },
    /// The graph has not one input and one output.
    #[error("the graph has {inputs} inputs and {outputs} outputs; give it one of each")]
    Ends {
        /// How many inputs.
        inputs: usize,
        /// How many outputs.
        outputs: usize,
    },
    /// An event of the input lies outside its shape.
    #[error("input {index} is beyond the {size} values of the network's input; check sensor, crop and scale")]
    Input {
        /// Index of the value.
        index: u32,
        /// Values of the input.
        size: usize,
    },
}
