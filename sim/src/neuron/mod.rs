//! Neuron models.

mod adaptive_threshold;
mod integrate_and_fire;

pub use adaptive_threshold::{AdaptiveThreshold, MAX_TOTAL_COUNT, NeuronError};
pub use integrate_and_fire::IntegrateAndFire;
