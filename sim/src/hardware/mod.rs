//! Neuromorphic chips, message by message: how long a computation takes on one, where time and energy go, what saturates.

pub mod description;
pub mod engine;
mod error;
pub mod mesh;
pub mod model;
pub mod network;
pub mod queue;
pub mod sanafe;
mod schema;

pub use engine::{StepSimulation, StepTotals};
pub use error::ChipError;
pub use schema::{SHIPPED, read_text};
