//! Neuromorphic chips, message by message: how long a computation takes on one, where time and energy go, what saturates.

pub mod description;
pub mod engine;
mod error;
pub mod mesh;
pub mod network;
pub mod queue;
pub mod sanafe;

pub use engine::{StepSimulation, StepTotals};
pub use error::ChipError;
