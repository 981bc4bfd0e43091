//! Simulation of a chip in time.

pub(crate) mod estimate;
mod step;
mod tree;

pub use step::{StepSimulation, StepTotals};
