//! Data of Synfire: the model of spikes, the record of a run, model checkpoints and the built-in example model.

pub mod builtin;
mod checked_parquet;
pub mod checkpoint;
pub mod collections;
pub mod encode;
pub mod formats;
pub mod generate;
pub mod nir;
pub mod record;
pub mod spikes;
pub mod trains;
pub mod transform;
pub mod whole_file;
