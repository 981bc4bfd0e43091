//! Reading a run folder.

use super::RecordError;
use super::activity::ActivityRows;
use super::column::PartReader;
use super::manifest::{MANIFEST, Manifest, Status};
use super::part::whole_parts;
use super::schema::Table;
use super::spikes::{SpikeBatches, SpikeFilter};
use super::vectors::{CodedVectors, VectorFilter};

use std::path::{Path, PathBuf};

/// Reads the record of a run, complete or not.
#[derive(Debug)]
pub struct RunReader {
    dir: PathBuf,
    manifest: Manifest,
}

impl RunReader {
    /// Opens the run folder `dir`.
    ///
    /// # Errors
    /// [`RecordError::Missing`] if there is no such folder, [`RecordError::NotARun`] if it has no manifest,
    /// [`RecordError::Manifest`] if that does not parse, [`RecordError::NewerSchema`] if a newer Synfire wrote it.
    pub fn open(dir: &Path) -> Result<Self, RecordError> {
        if !dir.is_dir() {
            return Err(RecordError::Missing { path: dir.to_owned() });
        }
        if !dir.join(MANIFEST).exists() {
            return Err(RecordError::NotARun { path: dir.to_owned() });
        }
        Ok(Self { dir: dir.to_owned(), manifest: Manifest::read(dir)? })
    }

    /// The manifest, as it was when the run was opened.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The run folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The coded vectors that pass `filter` with their spike counts, in the order recorded.
    ///
    /// # Errors
    /// As for [`spikes`](Self::spikes).
    pub fn vectors(&self, filter: VectorFilter) -> Result<CodedVectors, RecordError> {
        CodedVectors::new(self, filter)
    }

    /// The spikes that pass `filter`, in the order recorded. Row groups that cannot hold any are not read; a
    /// batch is at most one row group.
    ///
    /// # Errors
    /// [`RecordError::MissingPart`] if the run is complete but its files are not, [`RecordError::Read`] if the
    /// folder cannot be listed. Items are [`RecordError::Damaged`] for parts that are not whole.
    pub fn spikes(&self, filter: &SpikeFilter) -> Result<SpikeBatches, RecordError> {
        let parts = self.parts(Table::Spikes, self.manifest.spike_parts)?;
        Ok(SpikeBatches::new(parts, filter.clone()))
    }

    /// The activity rows in the order recorded, a row group (or a slice of a large one) at a time.
    ///
    /// # Errors
    /// As for [`spikes`](Self::spikes).
    pub fn activity(&self) -> Result<ActivityRows, RecordError> {
        Ok(ActivityRows::new(self.parts(Table::Activity, self.manifest.activity_parts)?))
    }

    /// The files of the spike table in the order recorded, each checked to be a whole part with the columns of the schema;
    /// for readers of their own.
    ///
    /// # Errors
    /// As for [`spikes`](Self::spikes), and [`RecordError::Damaged`] for a part that is not whole.
    pub fn spike_parts(&self) -> Result<Vec<PathBuf>, RecordError> {
        checked(self.parts(Table::Spikes, self.manifest.spike_parts)?, Table::Spikes)
    }

    /// The files of the activity table, as [`spike_parts`](Self::spike_parts) has those of the spikes.
    ///
    /// # Errors
    /// As for [`spike_parts`](Self::spike_parts).
    pub fn activity_parts(&self) -> Result<Vec<PathBuf>, RecordError> {
        checked(self.parts(Table::Activity, self.manifest.activity_parts)?, Table::Activity)
    }

    fn parts(&self, table: Table, expected: u64) -> Result<Vec<PathBuf>, RecordError> {
        let path = self.dir.join(table.folder());
        let parts = whole_parts(&path)?;
        let found = parts.len() as u64;
        if self.manifest.status == Status::Complete && found != expected {
            return Err(RecordError::MissingPart { path, found, expected });
        }
        Ok(parts)
    }
}

/// `parts` once every one has been opened.
fn checked(parts: Vec<PathBuf>, table: Table) -> Result<Vec<PathBuf>, RecordError> {
    for part in &parts {
        PartReader::open(part, table)?;
    }
    Ok(parts)
}
