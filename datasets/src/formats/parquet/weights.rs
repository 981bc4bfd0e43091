//! Weights of synapses, one row a synapse.
//!
//! | column | type | holds |
//! |---|---|---|
//! | `source` | INT64, required | number of the source, as units of the spike file beside it |
//! | `target` | INT64, required | number of the target |
//! | name of the weight | DOUBLE, required | the weight, in the unit that the name ends with |
//! | `delay_ms` | DOUBLE, required | the delay in ms |

use super::columns::{ColumnsFile, GROUP_ROWS, check_name};
use super::write::write_column;
use crate::formats::FormatError;
use parquet::data_type::{DoubleType, Int64Type};
use std::path::Path;

/// Writes weights to a Parquet file as they come, holding one row group in memory. The file has its name only after
/// [`finish`](Self::finish); dropped before, nothing is left.
///
/// ```
/// use synfire_datasets::formats::parquet::WeightsWriter;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("weights.parquet");
/// let mut writer = WeightsWriter::create(&path, "weight_pa")?;
/// writer.push(0, 7, 30.5, 1.5)?;
/// assert_eq!((writer.finish()?, path.exists()), (1, true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct WeightsWriter {
    file: ColumnsFile,
    written: u64,
    sources: Vec<i64>,
    targets: Vec<i64>,
    weights: Vec<f64>,
    delays_ms: Vec<f64>,
}

impl WeightsWriter {
    /// Starts a file of weights of this name, of letters, digits and `_`.
    ///
    /// # Errors
    /// [`FormatError::Write`], [`FormatError::Field`] for another name.
    pub fn create(path: &Path, weight: &str) -> Result<Self, FormatError> {
        check_name(path, "weight", weight)?;
        let message = format!(
            "message weights {{ required int64 source; required int64 target; required double {weight}; \
             required double delay_ms; }}"
        );
        Ok(Self {
            file: ColumnsFile::create(path, &message)?,
            written: 0,
            sources: Vec::new(),
            targets: Vec::new(),
            weights: Vec::new(),
            delays_ms: Vec::new(),
        })
    }

    /// Adds a synapse.
    ///
    /// # Errors
    /// [`FormatError::Write`].
    pub fn push(&mut self, source: u32, target: u32, weight: f64, delay_ms: f64) -> Result<(), FormatError> {
        self.sources.push(i64::from(source));
        self.targets.push(i64::from(target));
        self.weights.push(weight);
        self.delays_ms.push(delay_ms);
        if self.weights.len() >= GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    /// Ends the file and gives it its name. Gives the number of synapses.
    ///
    /// # Errors
    /// [`FormatError::Write`].
    pub fn finish(mut self) -> Result<u64, FormatError> {
        self.flush()?;
        self.file.finish()?;
        Ok(self.written)
    }

    fn flush(&mut self) -> Result<(), FormatError> {
        if self.weights.is_empty() {
            return Ok(());
        }
        self.file.group(|group| {
            write_column::<Int64Type, _>(group, &self.sources)?;
            write_column::<Int64Type, _>(group, &self.targets)?;
            write_column::<DoubleType, _>(group, &self.weights)?;
            write_column::<DoubleType, _>(group, &self.delays_ms)
        })?;
        self.written += self.weights.len() as u64;
        self.sources.clear();
        self.targets.clear();
        self.weights.clear();
        self.delays_ms.clear();
        Ok(())
    }
}

impl std::fmt::Debug for WeightsWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WeightsWriter").field("path", &self.file.path).finish_non_exhaustive()
    }
}
