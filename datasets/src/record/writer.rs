//! Recording a run: [`RunWriter`] checks, hands over to the writing thread and keeps the manifest.

use super::RecordError;
use super::clear::make_room;
use super::kind::RecordKind;
use super::lock::FolderLock;
use super::manifest::{Manifest, SCHEMA_VERSION};
use super::part::{Limits, remove_where};
use super::schema::Table;
use super::worker::{Message, Totals, Worker};

use crate::spikes::{Activity, CountBatch, SpikeBatch};
use crossbeam_channel::{Sender, bounded};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

/// Batches that may wait for the writing thread; a faster simulation then waits for the disk.
const WAITING_BATCHES: usize = 4;

/// Folder within a run folder where whoever runs the model keeps what it needs to go on after an interruption.
pub const STATE_FOLDER: &str = "state";

/// What was recorded of one layer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Whole parts of each table.
    pub parts: u32,
    /// Rows of spikes or counts in them.
    pub event_rows: u64,
    /// Rows of activity in them.
    pub activity_rows: u64,
}

/// Records a run. An error of the writing thread surfaces at the next call.
///
/// Dropped without [`finish`](Self::finish) or [`interrupt`](Self::interrupt), it closes its parts as well as
/// possible, and the run stays marked incomplete.
#[derive(Debug)]
pub struct RunWriter {
    dir: PathBuf,
    manifest: Manifest,
    /// Layers that this writer records.
    layers: Vec<u16>,
    messages: Option<Sender<Message>>,
    thread: Option<JoinHandle<Result<Totals, RecordError>>>,
    /// Where whoever created the writer does not keep it.
    _lock: Option<FolderLock>,
}

impl RunWriter {
    /// Creates the run folder `dir`, its parents too, and writes the manifest with status incomplete. All layers that it
    /// lists are recorded by this writer, into parts that end where they have become large.
    ///
    /// With `overwrite`, the manifest, parts and state of an earlier run in `dir` are removed, and nothing else; without, too,
    /// if nothing was recorded of that run.
    ///
    /// # Errors
    /// [`RecordError::NotEmpty`] if `dir` has contents, [`RecordError::Foreign`] if `overwrite` meets something
    /// else than a run folder, [`RecordError::InUse`] if another run writes to it, [`RecordError::Write`] if it cannot be
    /// written.
    pub fn create(dir: &Path, manifest: Manifest, overwrite: bool) -> Result<Self, RecordError> {
        Self::create_with(dir, manifest, overwrite, Limits::default())
    }

    pub(crate) fn create_with(
        dir: &Path,
        manifest: Manifest,
        overwrite: bool,
        limits: Limits,
    ) -> Result<Self, RecordError> {
        let (manifest, lock) = Self::prepare(dir, manifest, overwrite)?;
        let all = manifest.layers.iter().map(|layer| (*layer, Recorded::default())).collect();
        Self::start(dir, manifest, &all, limits, true, Some(lock))
    }

    /// Creates the run folder as [`create`](Self::create) does, for writers that then [`attach`](Self::attach) to it.
    /// Returns the manifest written, and the right to write to the folder, to be kept as long as they do.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub fn prepare(
        dir: &Path,
        manifest: Manifest,
        overwrite: bool,
    ) -> Result<(Manifest, FolderLock), RecordError> {
        let manifest =
            Manifest { schema_version: SCHEMA_VERSION, ..manifest }.ended(None, 0, &BTreeMap::new());
        let lock = FolderLock::take(dir)?;
        make_room(dir, overwrite)?;
        manifest.write(dir)?;
        for table in manifest.record.table().into_iter().chain([Table::Activity]) {
            let folder = dir.join(table.folder());
            fs::create_dir_all(&folder).map_err(RecordError::write(&folder))?;
        }
        Ok((manifest, lock))
    }

    /// A writer for some layers of a prepared run folder, one of several if need be, that goes on after what was `recorded`
    /// of each: parts of theirs beyond are removed. Parts end when [`end_part`](Self::end_part) says so, in all writers at
    /// the same token; then the folder is the same however the layers are shared out.
    ///
    /// # Errors
    /// [`RecordError::UnknownLayer`] for layers that the manifest does not list, [`RecordError::Write`] if the folder cannot
    /// be written.
    pub fn attach(
        dir: &Path,
        manifest: Manifest,
        recorded: &BTreeMap<u16, Recorded>,
    ) -> Result<Self, RecordError> {
        if let Some(layer) = recorded.keys().find(|layer| !manifest.layers.contains(layer)) {
            return Err(RecordError::UnknownLayer { path: dir.to_owned(), layer: *layer });
        }
        for table in Table::ALL {
            remove_where(&dir.join(table.folder()), |name| {
                let of_ours = name.layer.and_then(|layer| recorded.get(&layer));
                of_ours.is_some_and(|done| name.part >= done.parts)
            })?;
        }
        Self::start(dir, manifest, recorded, Limits::default(), false, None)
    }

    fn start(
        dir: &Path,
        manifest: Manifest,
        recorded: &BTreeMap<u16, Recorded>,
        limits: Limits,
        by_size: bool,
        lock: Option<FolderLock>,
    ) -> Result<Self, RecordError> {
        let (messages, receiver) = bounded(WAITING_BATCHES);
        let worker = Worker::new(dir, manifest.record, recorded, limits, by_size);
        let thread = std::thread::Builder::new()
            .name("synfire-record".to_owned())
            .spawn(move || worker.run(&receiver))
            .map_err(RecordError::write(dir))?;
        Ok(Self {
            dir: dir.to_owned(),
            manifest,
            layers: recorded.keys().copied().collect(),
            messages: Some(messages),
            thread: Some(thread),
            _lock: lock,
        })
    }

    /// The manifest as it was written at the start.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Records spikes; a batch becomes a row group (several if it is very large, none if it is empty).
    ///
    /// Waits while earlier batches are being written.
    ///
    /// # Errors
    /// [`RecordError::Ragged`] if the columns differ in length, [`RecordError::UnknownLayer`] for a layer that is not
    /// recorded, [`RecordError::NotRecorded`] if the record is not one of events; whatever stopped the writing thread.
    pub fn spikes(&mut self, batch: SpikeBatch) -> Result<(), RecordError> {
        let rows = batch.token.len();
        if [batch.step.len(), batch.neuron.len(), batch.value.len()] != [rows; 3] {
            return Err(RecordError::Ragged {
                layer: batch.layer,
                projection: batch.projection,
                token: rows,
                step: batch.step.len(),
                neuron: batch.neuron.len(),
                value: batch.value.len(),
            });
        }
        self.check(batch.layer, RecordKind::Events)?;
        if rows == 0 { Ok(()) } else { self.send(Message::Spikes(batch)) }
    }

    /// Records spike counts, as [`spikes`](Self::spikes) does spikes.
    ///
    /// # Errors
    /// As for [`spikes`](Self::spikes), if the record is not one of counts.
    pub fn counts(&mut self, batch: CountBatch) -> Result<(), RecordError> {
        let rows = batch.token.len();
        if [batch.neuron.len(), batch.value.len()] != [rows; 2] {
            return Err(RecordError::Ragged {
                layer: batch.layer,
                projection: batch.projection,
                token: rows,
                step: rows,
                neuron: batch.neuron.len(),
                value: batch.value.len(),
            });
        }
        self.check(batch.layer, RecordKind::Counts)?;
        if rows == 0 { Ok(()) } else { self.send(Message::Counts(batch)) }
    }

    /// Records the activity of coded vectors; rows are gathered into row groups.
    ///
    /// # Errors
    /// [`RecordError::UnknownLayer`] for a layer that is not recorded; whatever stopped the writing thread.
    pub fn activity(&mut self, rows: &[Activity]) -> Result<(), RecordError> {
        if let Some(row) = rows.iter().find(|row| !self.layers.contains(&row.layer)) {
            return Err(RecordError::UnknownLayer { path: self.dir.clone(), layer: row.layer });
        }
        if rows.is_empty() { Ok(()) } else { self.send(Message::Activity(rows.to_vec())) }
    }

    /// Ends the part that each layer and table is at: all of it is on disk when this returns. Says what was recorded of each
    /// layer; to end a part that nothing was recorded to does nothing more.
    ///
    /// # Errors
    /// Whatever stopped the writing thread.
    pub fn end_part(&mut self) -> Result<BTreeMap<u16, Recorded>, RecordError> {
        let (answer, answered) = bounded(1);
        self.send(Message::EndPart(answer))?;
        match answered.recv() {
            Ok(recorded) => Ok(recorded),
            Err(_) => Err(self.reason()),
        }
    }

    /// Ends the last part, and leaves the manifest to whoever keeps it. Says what was recorded of each layer.
    ///
    /// # Errors
    /// Whatever stopped the writing thread.
    pub fn close(mut self) -> Result<BTreeMap<u16, Recorded>, RecordError> {
        self.join()
    }

    /// Ends a run of `tokens` tokens: closes the parts and marks the run complete. Returns the run folder.
    ///
    /// # Errors
    /// Whatever stopped the writing thread; [`RecordError::Write`] if the manifest cannot be written.
    pub fn finish(self, summary: serde_json::Value, tokens: u64) -> Result<PathBuf, RecordError> {
        self.end(Some(summary), tokens)
    }

    /// Ends a run early, after `tokens` tokens: what was recorded is readable, the run stays incomplete. Returns
    /// the run folder.
    ///
    /// # Errors
    /// As for [`finish`](Self::finish).
    pub fn interrupt(self, tokens: u64) -> Result<PathBuf, RecordError> {
        self.end(None, tokens)
    }

    fn end(mut self, summary: Option<serde_json::Value>, tokens: u64) -> Result<PathBuf, RecordError> {
        let recorded = self.join()?;
        self.manifest.clone().ended(summary, tokens, &recorded).write(&self.dir)?;
        Ok(self.dir.clone())
    }

    fn check(&self, layer: u16, given: RecordKind) -> Result<(), RecordError> {
        let path = || self.dir.clone();
        if !self.layers.contains(&layer) {
            return Err(RecordError::UnknownLayer { path: path(), layer });
        }
        let kind = self.manifest.record;
        if kind != given {
            let remedy = given.name();
            return Err(RecordError::NotRecorded { path: path(), kind, wanted: remedy, remedy });
        }
        Ok(())
    }

    fn send(&mut self, message: Message) -> Result<(), RecordError> {
        match self.messages.as_ref().map(|messages| messages.send(message)) {
            Some(Ok(())) => Ok(()),
            _ => Err(self.reason()),
        }
    }

    /// Why the thread no longer listens.
    fn reason(&mut self) -> RecordError {
        self.join().err().unwrap_or_else(|| RecordError::Stopped { path: self.dir.clone() })
    }

    /// Lets the thread end and takes what it says, once.
    fn join(&mut self) -> Result<Totals, RecordError> {
        self.messages = None;
        let stopped = || RecordError::Stopped { path: self.dir.clone() };
        self.thread.take().ok_or_else(stopped)?.join().map_err(|_| stopped())?
    }
}

impl Drop for RunWriter {
    fn drop(&mut self) {
        let _ = self.join();
    }
}
