//! Reading a run folder.

use super::RecordError;
use super::activity::ActivityRows;
use super::column::PartReader;
use super::kind::RecordKind;
use super::manifest::{MANIFEST, Manifest, Status};
use super::part::{PartName, whole_parts};
use super::schema::Table;
use super::spikes::{CountBatches, SpikeBatches, SpikeFilter};
use super::vectors::{CodedVectors, VectorFilter};

use std::collections::BTreeSet;
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

    /// The coded vectors that pass `filter` with their spike counts, in the order recorded; of a record with a sample of
    /// tokens, those of the sample.
    ///
    /// # Errors
    /// As for [`spikes`](Self::spikes); [`RecordError::NotRecorded`] only for a record of activity alone, and
    /// [`RecordError::Sampled`] for one with a sample of neurons.
    pub fn vectors(&self, filter: VectorFilter) -> Result<CodedVectors, RecordError> {
        CodedVectors::new(self, filter)
    }

    /// The spikes that pass `filter`, in the order recorded. Row groups that cannot hold any are not read; a
    /// batch is at most one row group.
    ///
    /// # Errors
    /// [`RecordError::NotRecorded`] if the record is not one of events, [`RecordError::MissingPart`] if the run is complete
    /// but its files are not, [`RecordError::Read`] if the folder cannot be listed. Items are [`RecordError::Damaged`] for
    /// parts that are not whole.
    pub fn spikes(&self, filter: &SpikeFilter) -> Result<SpikeBatches, RecordError> {
        Ok(SpikeBatches::new(Table::Spikes, self.parts(Table::Spikes)?, filter.clone()))
    }

    /// The spike counts that pass `filter`, of a record of counts.
    ///
    /// # Errors
    /// As for [`spikes`](Self::spikes).
    pub fn counts(&self, filter: &SpikeFilter) -> Result<CountBatches, RecordError> {
        Ok(CountBatches::new(self.parts(Table::Counts)?, filter.clone()))
    }

    /// Spikes, or counts as spikes without steps: whatever the record has.
    pub(crate) fn events(&self, filter: &SpikeFilter) -> Result<SpikeBatches, RecordError> {
        let path = self.dir.clone();
        let none = RecordError::NotRecorded {
            path,
            kind: self.manifest.record,
            wanted: "spike counts",
            remedy: "events or counts",
        };
        let table = self.manifest.record.table().ok_or(none)?;
        Ok(SpikeBatches::new(table, self.parts(table)?, filter.clone()))
    }

    /// The activity rows in the order recorded, a row group (or a slice of a large one) at a time.
    ///
    /// # Errors
    /// As for [`spikes`](Self::spikes), but that every record has them.
    pub fn activity(&self) -> Result<ActivityRows, RecordError> {
        Ok(ActivityRows::new(self.parts(Table::Activity)?))
    }

    /// The files of the spike table in the order recorded, each checked to be a whole part with the columns of the schema;
    /// for readers of their own.
    ///
    /// # Errors
    /// As for [`spikes`](Self::spikes), and [`RecordError::Damaged`] for a part that is not whole.
    pub fn spike_parts(&self) -> Result<Vec<PathBuf>, RecordError> {
        checked(self.parts(Table::Spikes)?, Table::Spikes)
    }

    /// The files of the activity table, as [`spike_parts`](Self::spike_parts) has those of the spikes.
    ///
    /// # Errors
    /// As for [`spike_parts`](Self::spike_parts).
    pub fn activity_parts(&self) -> Result<Vec<PathBuf>, RecordError> {
        checked(self.parts(Table::Activity)?, Table::Activity)
    }

    /// The parts of `table`; of a run that was cut short those that all layers and tables have.
    fn parts(&self, table: Table) -> Result<Vec<PathBuf>, RecordError> {
        let Manifest { record: kind, status, spike_parts, count_parts, activity_parts, .. } = self.manifest;
        let not = |wanted| RecordError::NotRecorded { path: self.dir.clone(), kind, wanted, remedy: wanted };
        let expected = match table {
            Table::Spikes if kind != RecordKind::Events => return Err(not("events")),
            Table::Counts if kind != RecordKind::Counts => return Err(not("counts")),
            Table::Spikes => spike_parts,
            Table::Counts => count_parts,
            Table::Activity => activity_parts,
        };
        let path = self.dir.join(table.folder());
        let parts = whole_parts(&path)?;
        let found = parts.len() as u64;
        if status == Status::Complete && found != expected {
            return Err(RecordError::MissingPart { path, found, expected });
        }
        let common = if status == Status::Complete { u32::MAX } else { self.common_parts()? };
        let read = |(name, _): &(PartName, PathBuf)| name.layer.is_none() || name.part < common;
        Ok(parts.into_iter().filter(read).map(|(_, path)| path).collect())
    }

    /// How many parts are whole in every layer and table.
    fn common_parts(&self) -> Result<u32, RecordError> {
        let mut common = u32::MAX;
        for table in self.manifest.record.table().into_iter().chain([Table::Activity]) {
            let whole: BTreeSet<PartName> =
                whole_parts(&self.dir.join(table.folder()))?.into_iter().map(|(name, _)| name).collect();
            let has = |part| {
                let name = |layer: &u16| PartName { part, layer: Some(*layer) };
                self.manifest.layers.iter().all(|layer| whole.contains(&name(layer)))
            };
            common = (0..common).take_while(|part| has(*part)).count() as u32;
        }
        Ok(common)
    }
}

/// `parts` once every one has been opened.
fn checked(parts: Vec<PathBuf>, table: Table) -> Result<Vec<PathBuf>, RecordError> {
    for part in &parts {
        PartReader::open(part, table)?;
    }
    Ok(parts)
}
