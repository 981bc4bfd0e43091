//! Synfire: neuromorphic simulation and spike analysis.
//!
//! The facade re-exports the three crates and joins them: [`recording::RunRecorder`] writes what a simulation does to a run
//! folder while it counts sparsity. The `synfire` command is built on it.
//!
//! ```
//! use synfire::analysis::sparsity::SparsityTable;
//! use synfire::datasets::checkpoint::Checkpoint;
//! use synfire::recording::SparsityRecorder;
//! use synfire::sim::{evaluate::evaluate, model::Model, options::ModelOptions};
//!
//! let checkpoint = Checkpoint::builtin()?;
//! let model = Model::load(&checkpoint, &ModelOptions::default())?;
//! let tokens = checkpoint.tokenizer().encode(b"What a piece of work is a man!")?;
//! let mut recorder = SparsityRecorder::default();
//! let surprisal = evaluate(&model, &tokens, &mut recorder, |_| true)?;
//! let table: &SparsityTable = &recorder.table;
//! assert!(table.pooled().mean_spikes_per_channel() > 1.0 && surprisal.bits_per_token() < 4.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use synfire_analysis as analysis;
pub use synfire_datasets as datasets;
pub use synfire_sim as sim;

pub mod accuracy;
pub mod calibration;
pub mod network;
pub mod recording;
pub mod run;
pub mod sweep;
pub mod trace;
