//! Traces: a variable of some units over time, one row a value.
//!
//! | column | type | holds |
//! |---|---|---|
//! | `time_s` | DOUBLE, required | time in seconds, ascending through the file |
//! | `unit` | INT64, required | number of the unit, as in the spike file beside it |
//! | name of the variable | DOUBLE, required | its value, in the unit that the name ends with |

use super::columns::{ColumnsFile, GROUP_ROWS, check_name};
use super::write::write_column;
use crate::formats::FormatError;
use parquet::data_type::{DoubleType, Int64Type};
use std::path::Path;

/// Name of the schema, by which no reader of spikes takes the values for spikes.
pub(super) const TRACES: &str = "traces";

/// Writes traces to a Parquet file as they come, holding one row group in memory. The file has its name only after
/// [`finish`](Self::finish); dropped before, nothing is left.
///
/// ```
/// use synfire_datasets::formats::parquet::TracesWriter;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("v.parquet");
/// let mut writer = TracesWriter::create(&path, "v_mv", &[3, 4])?;
/// writer.push(0.001, &[-70.0, -69.5])?;
/// assert_eq!((writer.finish()?, path.exists()), (2, true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TracesWriter {
    file: ColumnsFile,
    of: Vec<i64>,
    written: u64,
    times_s: Vec<f64>,
    units: Vec<i64>,
    values: Vec<f64>,
}

impl TracesWriter {
    /// Starts a file of a variable of the units `of`. Letters, digits and `_` make its name.
    ///
    /// # Errors
    /// [`FormatError::Write`], [`FormatError::Field`] for another name.
    pub fn create(path: &Path, variable: &str, of: &[i64]) -> Result<Self, FormatError> {
        check_name(path, "variable", variable)?;
        let message = format!(
            "message {TRACES} {{ required double time_s; required int64 unit; required double {variable}; }}"
        );
        Ok(Self {
            file: ColumnsFile::create(path, &message)?,
            of: of.to_vec(),
            written: 0,
            times_s: Vec::new(),
            units: Vec::new(),
            values: Vec::new(),
        })
    }

    /// Adds the values of all units at a time in seconds.
    ///
    /// # Errors
    /// [`FormatError::Field`] unless there is one value for each unit, [`FormatError::Write`].
    pub fn push(&mut self, time_s: f64, values: &[f64]) -> Result<(), FormatError> {
        if values.len() != self.of.len() {
            let value = format_args!("{} of {} units", values.len(), self.of.len());
            return Err(FormatError::field(&self.file.path, "values", value, "give one for each unit"));
        }
        self.times_s.resize(self.times_s.len() + values.len(), time_s);
        self.units.extend_from_slice(&self.of);
        self.values.extend_from_slice(values);
        if self.values.len() >= GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    /// Ends the file and gives it its name. Gives the number of values.
    ///
    /// # Errors
    /// [`FormatError::Write`].
    pub fn finish(mut self) -> Result<u64, FormatError> {
        self.flush()?;
        self.file.finish()?;
        Ok(self.written)
    }

    fn flush(&mut self) -> Result<(), FormatError> {
        if self.values.is_empty() {
            return Ok(());
        }
        self.file.group(|group| {
            write_column::<DoubleType, _>(group, &self.times_s)?;
            write_column::<Int64Type, _>(group, &self.units)?;
            write_column::<DoubleType, _>(group, &self.values)
        })?;
        self.written += self.values.len() as u64;
        self.times_s.clear();
        self.units.clear();
        self.values.clear();
        Ok(())
    }
}

impl std::fmt::Debug for TracesWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TracesWriter").field("path", &self.file.path).finish_non_exhaustive()
    }
}
