//! What can go wrong with a scan. Every error names the file or folder and the remedy in one line.

use super::Run;
use polars::prelude::PolarsError;
use std::path::{Path, PathBuf};
use synfire_datasets::record::RecordError;

/// Why a data set could not be scanned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// A folder cannot be listed.
    #[error("cannot read {path}: {source}; check that it exists and is readable")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no run folder.
    #[error(
        "{path} holds no run: no folder in it has a manifest.json; give a folder that runs were recorded to"
    )]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// The paths of two runs have different keys.
    #[error("{path}: run {first} has the keys [{keys}], run {other} has [{others}]; lay all runs out alike")]
    Keys {
        /// The data set.
        path: PathBuf,
        /// Name of a run.
        first: String,
        /// Its keys.
        keys: String,
        /// Name of another.
        other: String,
        /// Its keys.
        others: String,
    },
    /// A run does not read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Polars could not carry out a query.
    #[error("{}", one_line(.0))]
    Query(#[from] PolarsError),
    /// A file of spike trains has not the columns of one.
    #[error(
        "{path} is not a Parquet file of spike trains: {reason}; it needs a column time_s or time_ms and an integer column unit"
    )]
    Trains {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A row of a file of spike trains holds what it must not.
    #[error("row {row} of {path}: {reason}")]
    Row {
        /// The first file of those that are read.
        path: PathBuf,
        /// Row over all files, from 0.
        row: u64,
        /// What is wrong, and what to do.
        reason: String,
    },
}

impl ScanError {
    pub(super) fn keys(path: &Path, first: &Run, other: &Run) -> Self {
        let keys = |run: &Run| run.keys.keys().cloned().collect::<Vec<_>>().join(", ");
        Self::Keys {
            path: path.to_owned(),
            first: first.name.clone(),
            keys: keys(first),
            other: other.name.clone(),
            others: keys(other),
        }
    }
}

/// The first line of what Polars says; the rest is its query plan.
fn one_line(error: &PolarsError) -> String {
    let text = error.to_string();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    format!("the query failed: {line}; check that the files are whole")
}
