//! Event-driven simulation of SpikingBrain language models.
//!
//! A [`model::Model`] is loaded from a checkpoint and moves through a text; the linear projections of its layers are
//! driven by the spikes of adaptive-threshold neurons ([`neuron`]), coded over virtual time steps ([`coding`]) and summed
//! by one of two engines that give the same bits ([`projection`]). A [`recorder::Recorder`] sees every spike.
//!
//! ```
//! use synfire_datasets::checkpoint::Checkpoint;
//! use synfire_sim::recorder::{CodedInput, Recorder, RecorderError};
//! use synfire_sim::{model::Model, options::ModelOptions};
//!
//! struct Spikes(u64);
//! impl Recorder for Spikes {
//!     fn coded(&mut self, coded: &CodedInput<'_>) -> Result<(), RecorderError> {
//!         self.0 += coded.vectors().map(|v| v.activity.spikes).sum::<u64>();
//!         Ok(())
//!     }
//! }
//!
//! let model = Model::load(&Checkpoint::builtin()?, &ModelOptions::default())?;
//! let mut spikes = Spikes(0);
//! model.start().advance(&[72, 105], &mut spikes)?;
//! assert!(spikes.0 > 10_000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod coding;
pub mod error;
pub mod evaluate;
pub mod generate;
pub mod hardware;
mod layers;
pub mod model;
pub mod network;
pub mod neuron;
pub mod nir;
pub mod options;
pub mod projection;
pub mod recorder;
pub mod stage;
pub mod state;
