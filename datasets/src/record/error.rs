//! What can go wrong with a run folder. Every error names the file and the remedy in one line.

use super::kind::RecordKind;
use parquet::errors::ParquetError;
use std::io;
use std::path::{Path, PathBuf};

/// Why a run folder could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Writing, renaming or removing failed (disk full, permissions).
    #[error("cannot write {path}: {source}; check free space and permissions, or record to another folder")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Opening or listing failed.
    #[error("cannot read {path}: {source}; check that it exists and is readable")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The Parquet encoder failed, most often because its file could not be written.
    #[error("cannot write {path}: {source}; check free space and permissions, or record to another folder")]
    Encode {
        /// The part.
        path: PathBuf,
        /// What the encoder said.
        source: ParquetError,
    },
    /// The file is truncated, damaged or not a part of a record.
    #[error("{path} is not a whole part of a record: {reason}; record the run again or restore the file")]
    Damaged {
        /// The part.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder to record to holds something already.
    #[error("{path} is not empty; choose another folder, or allow an earlier run there to be overwritten")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Another process writes to the folder.
    #[error("{path} is being written by another run; wait for its end, or choose another folder")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The folder to overwrite is not recognisably a run folder.
    #[error(
        "{path} is not empty and has no manifest.json of a run, so it is not overwritten; choose another folder"
    )]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// There is no such folder.
    #[error("{path} is not a folder, if it is there at all; give the folder that a run was recorded to")]
    Missing {
        /// The path given.
        path: PathBuf,
    },
    /// The folder has no manifest.
    #[error(
        "{path} is not a run folder: it has no manifest.json; give the folder that a run was recorded to"
    )]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// The manifest does not parse.
    #[error("{path} is not the manifest of a run: {source}; record the run again or restore the file")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The manifest is that of a network's run, not of a model's.
    #[error("{path} is a run of a network; give its spikes: {}", path.join("spikes.parquet").display())]
    Network {
        /// The folder.
        path: PathBuf,
    },
    /// The run was recorded by a newer Synfire.
    #[error("{path} has schema_version {found}, this Synfire reads up to {supported}; upgrade Synfire")]
    NewerSchema {
        /// The manifest.
        path: PathBuf,
        /// Its schema version.
        found: u32,
        /// The newest version that this build reads.
        supported: u32,
    },
    /// A part of a complete run is gone.
    #[error("{path} holds {found} parts, the manifest counts {expected}; restore the missing files")]
    MissingPart {
        /// The folder of parts.
        path: PathBuf,
        /// Parts found.
        found: u64,
        /// Parts written.
        expected: u64,
    },
    /// The columns of a batch differ in length.
    #[error(
        "spikes of layer {layer} {projection} have {token} tokens, {step} steps, {neuron} neurons, {value} values; \
         give columns of equal length"
    )]
    Ragged {
        /// Layer of the batch.
        layer: u16,
        /// Projection of the batch.
        projection: crate::spikes::Projection,
        /// Length of the token column.
        token: usize,
        /// Length of the step column.
        step: usize,
        /// Length of the neuron column.
        neuron: usize,
        /// Length of the value column.
        value: usize,
    },
    /// A layer was recorded that the manifest does not list.
    #[error("layer {layer} is recorded to {path}, whose manifest lists other layers; list it there")]
    UnknownLayer {
        /// The folder.
        path: PathBuf,
        /// The layer.
        layer: u16,
    },
    /// Spikes, or spike counts, are asked for or given that the record does not hold.
    #[error("{path} was recorded as {kind} and holds no {wanted}; record the run with --record {remedy}")]
    NotRecorded {
        /// The folder.
        path: PathBuf,
        /// What it holds.
        kind: RecordKind,
        /// What was wanted.
        wanted: &'static str,
        /// The kinds that hold it.
        remedy: &'static str,
    },
    /// All spikes are asked for of a record that has a sample.
    #[error(
        "{path} holds {held}, and this needs all; record the run without --sample-tokens and --sample-neurons"
    )]
    Sampled {
        /// The folder.
        path: PathBuf,
        /// What it holds.
        held: String,
    },
    /// Recording stopped at an error that was already reported.
    #[error("recording to {path} stopped at an earlier error; solve that one and record the run again")]
    Stopped {
        /// The folder.
        path: PathBuf,
    },
}

impl RecordError {
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Write { path, source }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Read { path, source }
    }

    pub(crate) fn encode(path: &Path) -> impl Fn(ParquetError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Encode { path: path.clone(), source }
    }

    pub(crate) fn damaged(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.to_string() }
    }
}
