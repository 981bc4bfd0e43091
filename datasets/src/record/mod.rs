//! The record of a run: a folder of Parquet files and a manifest, the contract between simulation and analysis.
//!
//! [`RunWriter`] streams [`SpikeBatch`](crate::spikes::SpikeBatch)es and [`Activity`](crate::spikes::Activity) rows
//! to disk from a background thread; [`RunReader`] reads them back, row group by row group. Memory stays bounded
//! however long the run. Columns, types and units are described in the README beside this file:
//!
//! ```text
//! RUN/manifest.json              what was run, whether it completed, what it summed up to
//! RUN/spikes/part-00000-layer-000.parquet    one row a spike: token, step, layer, projection, neuron, value
//! RUN/counts/part-00000-layer-000.parquet    instead of it if so asked: one row a spike count
//! RUN/activity/part-00000-layer-000.parquet  one row a coded vector: threshold, steps, spikes, silent channels, ...
//! ```
//!
//! ```
//! use synfire_datasets::record::{Manifest, ModelSummary, RunReader, RunWriter, SpikeFilter};
//! use synfire_datasets::spikes::{Projection, SpikeBatch};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let home = tempfile::tempdir()?;
//! let dir = home.path().join("run");
//! let manifest = Manifest::new("example", ModelSummary::default(), serde_json::json!({}), vec![0]);
//! let mut writer = RunWriter::create(&dir, manifest, false)?;
//! let mut batch = SpikeBatch::new(0, Projection::MlpIn);
//! batch.token.push(0);
//! batch.step.push(2);
//! batch.neuron.push(17);
//! batch.value.push(-4);
//! writer.spikes(batch)?;
//! writer.finish(serde_json::json!({}), 1)?;
//!
//! let reader = RunReader::open(&dir)?;
//! let filter = SpikeFilter { tokens: Some(0..1), ..SpikeFilter::default() };
//! for batch in reader.spikes(&filter)? {
//!     assert_eq!(batch?.value, [-4]);
//! }
//! # Ok(())
//! # }
//! ```

mod activity;
mod architecture;
mod clear;
mod column;
mod error;
mod kind;
mod lock;
mod manifest;
mod part;
mod reader;
mod schema;
mod spikes;
mod vectors;
mod worker;
mod writer;

#[cfg(test)]
mod tests;

pub use activity::ActivityRows;
pub use architecture::{Architecture, MixtureShape};
pub use clear::remove_unrecorded;
pub use error::RecordError;
pub use kind::{RecordKind, Sampling, UnknownRecordKind};
pub use lock::{FolderLock, LOCK_FILE};
pub use manifest::{Manifest, ModelSummary, SCHEMA_VERSION, Status};
pub use reader::RunReader;
pub use spikes::{CountBatches, SpikeBatches, SpikeFilter};
pub use vectors::{CodedVectors, VectorFilter};
pub use writer::{Recorded, RunWriter, STATE_FOLDER};
