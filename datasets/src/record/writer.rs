//! Recording a run: [`RunWriter`] checks, hands over to the writing thread and keeps the manifest.

use super::RecordError;
use super::manifest::{MANIFEST, MANIFEST_TMP, Manifest, SCHEMA_VERSION, Status};
use super::part::{Limits, remove_parts};
use super::schema::Table;
use super::worker::{Message, Totals, Worker};

use crate::spikes::{Activity, SpikeBatch};
use crossbeam_channel::{Sender, bounded};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

/// Batches that may wait for the writing thread; a faster simulation then waits for the disk.
const WAITING_BATCHES: usize = 4;

/// Records a run. An error of the writing thread surfaces at the next call.
///
/// Dropped without [`finish`](Self::finish) or [`interrupt`](Self::interrupt), it closes its parts as well as
/// possible, and the run stays marked incomplete.
#[derive(Debug)]
pub struct RunWriter {
    dir: PathBuf,
    manifest: Manifest,
    messages: Option<Sender<Message>>,
    thread: Option<JoinHandle<Result<Totals, RecordError>>>,
}

impl RunWriter {
    /// Creates the run folder `dir`, its parents too, and writes the manifest with status incomplete.
    ///
    /// With `overwrite`, the manifest and parts of an earlier run in `dir` are removed, and nothing else.
    ///
    /// # Errors
    /// [`RecordError::NotEmpty`] if `dir` has contents, [`RecordError::Foreign`] if `overwrite` meets something
    /// else than a run folder, [`RecordError::Write`] if the folder cannot be written.
    pub fn create(dir: &Path, manifest: Manifest, overwrite: bool) -> Result<Self, RecordError> {
        Self::create_with(dir, manifest, overwrite, Limits::default())
    }

    pub(crate) fn create_with(
        dir: &Path,
        manifest: Manifest,
        overwrite: bool,
        limits: Limits,
    ) -> Result<Self, RecordError> {
        let manifest = Manifest {
            schema_version: SCHEMA_VERSION,
            status: Status::Incomplete,
            summary: None,
            tokens: 0,
            ..manifest
        };
        fs::create_dir_all(dir).map_err(RecordError::write(dir))?;
        let occupied = fs::read_dir(dir).map_err(RecordError::read(dir))?.next().is_some();
        if occupied && !overwrite {
            return Err(RecordError::NotEmpty { path: dir.to_owned() });
        }
        if occupied {
            remove_run(dir)?;
        }
        manifest.write(dir)?;
        for table in [Table::Spikes, Table::Activity] {
            let folder = dir.join(table.folder());
            fs::create_dir_all(&folder).map_err(RecordError::write(&folder))?;
        }
        let (messages, receiver) = bounded(WAITING_BATCHES);
        let worker = Worker::new(dir, limits);
        let thread = std::thread::Builder::new()
            .name("synfire-record".to_owned())
            .spawn(move || worker.run(&receiver))
            .map_err(RecordError::write(dir))?;
        Ok(Self { dir: dir.to_owned(), manifest, messages: Some(messages), thread: Some(thread) })
    }

    /// Records spikes; a batch becomes a row group (several if it is very large, none if it is empty).
    ///
    /// Waits while earlier batches are being written.
    ///
    /// # Errors
    /// [`RecordError::Ragged`] if the columns differ in length; whatever stopped the writing thread.
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
        if rows == 0 { Ok(()) } else { self.send(Message::Spikes(batch)) }
    }

    /// Records the activity of coded vectors; rows are gathered into row groups.
    ///
    /// # Errors
    /// Whatever stopped the writing thread.
    pub fn activity(&mut self, rows: &[Activity]) -> Result<(), RecordError> {
        if rows.is_empty() { Ok(()) } else { self.send(Message::Activity(rows.to_vec())) }
    }

    /// Ends a run of `tokens` tokens: closes the parts and marks the run complete. Returns the run folder.
    ///
    /// # Errors
    /// Whatever stopped the writing thread; [`RecordError::Write`] if the manifest cannot be written.
    pub fn finish(self, summary: serde_json::Value, tokens: u64) -> Result<PathBuf, RecordError> {
        self.end(Status::Complete, Some(summary), tokens)
    }

    /// Ends a run early, after `tokens` tokens: what was recorded is readable, the run stays incomplete. Returns
    /// the run folder.
    ///
    /// # Errors
    /// As for [`finish`](Self::finish).
    pub fn interrupt(self, tokens: u64) -> Result<PathBuf, RecordError> {
        self.end(Status::Incomplete, None, tokens)
    }

    fn end(
        mut self,
        status: Status,
        summary: Option<serde_json::Value>,
        tokens: u64,
    ) -> Result<PathBuf, RecordError> {
        let (spikes, activity) = self.join()?;
        let manifest = Manifest {
            status,
            summary,
            tokens,
            spike_rows: spikes.rows,
            spike_parts: spikes.parts,
            activity_rows: activity.rows,
            activity_parts: activity.parts,
            ..self.manifest.clone()
        };
        manifest.write(&self.dir)?;
        Ok(self.dir.clone())
    }

    fn send(&mut self, message: Message) -> Result<(), RecordError> {
        match self.messages.as_ref().map(|messages| messages.send(message)) {
            Some(Ok(())) => Ok(()),
            _ => match self.join() {
                Err(e) => Err(e),
                Ok(_) => Err(RecordError::Stopped { path: self.dir.clone() }),
            },
        }
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

/// Removes the manifest and the parts of the run in `dir`; the manifest last, so that a removal cut short can be
/// repeated.
fn remove_run(dir: &Path) -> Result<(), RecordError> {
    if !Manifest::is_in(dir) {
        return Err(RecordError::Foreign { path: dir.to_owned() });
    }
    for table in [Table::Spikes, Table::Activity] {
        remove_parts(&dir.join(table.folder()))?;
    }
    for name in [MANIFEST_TMP, MANIFEST] {
        let path = dir.join(name);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(RecordError::write(&path)(e)),
            _ => {}
        }
    }
    Ok(())
}
