//! Records of any size, and folders of many runs, scanned with Polars' streaming engine.
//!
//! A [`DataSet`] is a run folder or a tree of them. Its [`spikes`](DataSet::spikes) and [`activity`](DataSet::activity) are
//! lazy frames over all parts of all runs: a query reads the columns it names and the row groups whose statistics can pass
//! its filter, and holds a few batches at a time. Every frame has the columns of the record, a column `run` (the path of the
//! run folder below the data set) and a column for every `key=value` in that path, so that a sweep laid out as
//!
//! ```text
//! sweep/k=2/shakespeare-1/manifest.json
//! sweep/k=3/shakespeare-1/manifest.json
//! ```
//!
//! is one table with the column `k`.
//!
//! ```
//! use polars::prelude::*;
//! use synfire_analysis::scan::DataSet;
//! # use synfire_datasets::{record::{Manifest, ModelSummary, RunWriter}, spikes::{Projection, SpikeBatch}};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let home = tempfile::tempdir()?;
//! # let sweep = home.path();
//! # for k in ["k=2", "k=3"] {
//! #     let manifest = Manifest::new("example", ModelSummary::default(), serde_json::json!({}), vec![0]);
//! #     let mut writer = RunWriter::create(&sweep.join(k).join("a"), manifest, false)?;
//! #     let mut batch = SpikeBatch::new(0, Projection::MlpIn);
//! #     (batch.token, batch.step, batch.neuron, batch.value) = (vec![0, 1], vec![2, 0], vec![17, 3], vec![-4, 1]);
//! #     writer.spikes(batch)?;
//! #     writer.finish(serde_json::json!({}), 2)?;
//! # }
//! let sweep = DataSet::open(sweep)?;
//! let busiest = sweep
//!     .spikes()?
//!     .filter(col("layer").eq(lit(0)).and(col("k").gt(lit(2))))
//!     .group_by([col("neuron")])
//!     .agg([len().alias("spikes")])
//!     .collect_with_engine(Engine::Streaming)?
//!     .unwrap_single();
//! assert_eq!(busiest.height(), 2);
//! # Ok(())
//! # }
//! ```

mod error;
mod group;
mod trains;

#[cfg(test)]
mod tests;

pub use error::ScanError;
pub use polars;
pub use trains::{TrainBatch, TrainBatches};

use polars::prelude::{
    DataFrame, DataType, Field, HiveOptions, LazyFrame, PlRefPath, ScanArgsParquet, Schema, UnionArgs,
    concat, lit,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use synfire_datasets::record::{RunReader, Status};

/// Folders deeper than this below a data set are not looked into.
const DEEPEST: usize = 16;

/// One run of a [`DataSet`].
#[derive(Debug)]
pub struct Run {
    /// Path below the data set with `/` between folders; the folder's own name where the data set is one run.
    pub name: String,
    /// The `key=value` parts of the path.
    pub keys: BTreeMap<String, String>,
    /// The record.
    pub reader: RunReader,
}

/// One run folder, or all run folders below a folder, in order of their names.
#[derive(Debug)]
pub struct DataSet {
    path: PathBuf,
    runs: Vec<Run>,
    /// Keys of all runs with the type that every value has.
    keys: Vec<(String, DataType)>,
}

impl DataSet {
    /// Opens a run folder, or every run folder in the tree below `path`.
    ///
    /// # Errors
    /// [`ScanError::NoRun`] where there is none, [`ScanError::Keys`] where runs differ in the keys of their paths,
    /// [`ScanError::Record`] for a manifest that does not read.
    pub fn open(path: &Path) -> Result<Self, ScanError> {
        let single = path.join("manifest.json").exists() || !path.is_dir();
        let folders = if single { vec![path.to_owned()] } else { run_folders(path)? };
        let mut runs = Vec::with_capacity(folders.len());
        for folder in folders {
            let below =
                if single { folder.file_name().map(Path::new) } else { folder.strip_prefix(path).ok() };
            let parts: Vec<String> = below
                .unwrap_or(&folder)
                .components()
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            let pairs = parts.iter().filter_map(|part| part.split_once('='));
            let keys = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            runs.push(Run { name: parts.join("/"), keys, reader: RunReader::open(&folder)? });
        }
        let Some(first) = runs.first() else { return Err(ScanError::NoRun { path: path.to_owned() }) };
        if let Some(other) = runs.iter().find(|run| !run.keys.keys().eq(first.keys.keys())) {
            return Err(ScanError::keys(path, first, other));
        }
        let keys = first.keys.keys().map(|key| (key.clone(), type_of(&runs, key))).collect();
        Ok(Self { path: path.to_owned(), runs, keys })
    }

    /// The folder that was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The runs, in order of their names.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Names of the runs, by number.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.runs.iter().map(|run| run.name.clone()).collect()
    }

    /// Runs that did not reach their end.
    pub fn incomplete(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| run.reader.manifest().status == Status::Incomplete)
    }

    /// Every spike of every run: `token`, `step`, `layer`, `projection`, `neuron`, `value`, `run`, and the keys.
    ///
    /// # Errors
    /// [`ScanError::Record`] for parts that are missing or not whole.
    pub fn spikes(&self) -> Result<LazyFrame, ScanError> {
        self.table(RunReader::spike_parts, &SPIKES)
    }

    /// The activity of every coded vector of every run: the columns of the record's activity table, `run`, and the keys.
    ///
    /// # Errors
    /// As for [`spikes`](Self::spikes).
    pub fn activity(&self) -> Result<LazyFrame, ScanError> {
        self.table(RunReader::activity_parts, &ACTIVITY)
    }

    fn table(&self, parts: Parts, columns: &[(&str, DataType)]) -> Result<LazyFrame, ScanError> {
        let frames = self.runs.iter().map(|run| {
            let mut literals = vec![lit(run.name.clone()).alias("run")];
            for (key, kind) in &self.keys {
                let value = run.keys.get(key).cloned().unwrap_or_default();
                literals.push(lit(value).strict_cast(kind.clone()).alias(key.as_str()));
            }
            Ok(scan(&parts(&run.reader)?, columns)?.with_columns(literals))
        });
        join(frames.collect::<Result<_, ScanError>>()?)
    }
}

/// Lists the files of a table.
type Parts = fn(&RunReader) -> Result<Vec<PathBuf>, synfire_datasets::record::RecordError>;

const SPIKES: [(&str, DataType); 6] = [
    ("token", DataType::UInt32),
    ("step", DataType::UInt32),
    ("layer", DataType::UInt16),
    ("projection", DataType::String),
    ("neuron", DataType::UInt32),
    ("value", DataType::Int32),
];

const ACTIVITY: [(&str, DataType); 11] = [
    ("token", DataType::UInt32),
    ("layer", DataType::UInt16),
    ("projection", DataType::String),
    ("head", DataType::UInt16),
    ("threshold", DataType::Float32),
    ("steps", DataType::UInt32),
    ("zero_point", DataType::Int32),
    ("neurons", DataType::UInt32),
    ("spikes", DataType::UInt64),
    ("silent", DataType::UInt32),
    ("synaptic_operations", DataType::UInt64),
];

/// The rows of some files, one after the other; no rows of `columns` where there is no file.
fn scan(files: &[PathBuf], columns: &[(&str, DataType)]) -> Result<LazyFrame, ScanError> {
    if files.is_empty() {
        let fields = columns.iter().map(|(name, kind)| Field::new((*name).into(), kind.clone()));
        return Ok(polars::prelude::IntoLazy::lazy(DataFrame::empty_with_schema(&Schema::from_iter(fields))));
    }
    let paths: Result<Vec<PlRefPath>, _> = files.iter().map(|file| PlRefPath::try_from_path(file)).collect();
    // Keys are taken from paths here: the parts of one run say nothing of the others.
    let options = ScanArgsParquet {
        glob: false,
        low_memory: true,
        hive_options: HiveOptions::new_disabled(),
        ..ScanArgsParquet::default()
    };
    Ok(LazyFrame::scan_parquet_files(paths?.into_iter().collect(), options)?)
}

/// Frames one below the other.
fn join(mut frames: Vec<LazyFrame>) -> Result<LazyFrame, ScanError> {
    match frames.pop() {
        Some(only) if frames.is_empty() => Ok(only),
        last => {
            frames.extend(last);
            Ok(concat(frames, UnionArgs { maintain_order: true, ..UnionArgs::default() })?)
        }
    }
}

/// The narrowest type of integer, real or text that holds a key's value in every run.
fn type_of(runs: &[Run], key: &str) -> DataType {
    let all = |fits: fn(&str) -> bool| runs.iter().filter_map(|run| run.keys.get(key)).all(|v| fits(v));
    if all(|value| value.parse::<i64>().is_ok()) {
        DataType::Int64
    } else if all(|value| value.parse::<f64>().is_ok()) {
        DataType::Float64
    } else {
        DataType::String
    }
}

/// Run folders below `path`, in order of their paths. Links are not followed, and a run folder is not looked into.
fn run_folders(path: &Path) -> Result<Vec<PathBuf>, ScanError> {
    let (mut found, mut open) = (Vec::new(), vec![(path.to_owned(), 0)]);
    while let Some((folder, depth)) = open.pop() {
        let unreadable = |source| ScanError::Folder { path: folder.clone(), source };
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if !entry.file_type().map_err(unreadable)?.is_dir() {
                continue;
            }
            if entry.path().join("manifest.json").exists() {
                found.push(entry.path());
            } else if depth < DEEPEST {
                open.push((entry.path(), depth + 1));
            }
        }
    }
    found.sort();
    Ok(found)
}
