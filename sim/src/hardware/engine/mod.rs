//! Simulation of a chip in time.

pub(crate) mod estimate;
mod step;
pub mod traffic;
mod tree;

pub use step::{StepSimulation, StepTotals};
