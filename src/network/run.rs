//! A run of a network in a folder, which an interruption does not undo.
//!
//! ```text
//! FOLDER/state/network.safetensors   the last saved state of the network
//! FOLDER/state/journal               all that was recorded, as it came
//! ```
//!
//! Whoever goes on builds the network in that state, tells a new recorder what the journal holds up to there, and runs on: the
//! files come out as if there had been no interruption. Without a saved state the run begins anew.

use super::journal::Journal;
use super::{NetworkRecorder, PopulationActivity, RecordingError};
use crate::datasets::record::LOCK_FILE;
use crate::sim::network::{Network, Observer, ObserverError, Simulation};
use std::path::{Path, PathBuf};

/// A run that is recorded to a folder.
pub struct NetworkRun {
    recorder: NetworkRecorder,
    journal: Journal,
}

/// Where the state of the run in `folder` is, or would be.
#[must_use]
pub fn state_file(folder: &Path) -> PathBuf {
    folder.join("state").join("network.safetensors")
}

fn journal_file(folder: &Path) -> PathBuf {
    folder.join("state").join("journal")
}

impl NetworkRun {
    /// Begins a run in `folder`, in which nothing may have been recorded, nor anything else lie. If `overwrite` is set an earlier
    /// run of a network gives way; files that belong to none stay.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn begin(
        folder: &Path,
        network: &Network,
        simulation: &Simulation,
        overwrite: bool,
    ) -> Result<Self, RecordingError> {
        if !is_free(folder) {
            if !overwrite {
                return Err(RecordingError::Exists(folder.to_owned()));
            }
            if !is_network_run(folder) {
                return Err(RecordingError::Foreign(folder.to_owned()));
            }
        }
        remove_state(folder)?;
        remove_outputs(folder)?;
        let state = folder.join("state");
        std::fs::create_dir_all(&state)
            .map_err(|source| RecordingError::Write { path: state.clone(), source })?;
        let journal = Journal::create(&journal_file(folder))?;
        let recorder = NetworkRecorder::create(folder, network, simulation)?;
        Ok(Self { recorder, journal })
    }

    /// Goes on with the run in `folder`, whose state `simulation` was restored from.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn resume(folder: &Path, network: &Network, simulation: &Simulation) -> Result<Self, RecordingError> {
        let mut recorder = NetworkRecorder::create(folder, network, simulation)?;
        let journal = Journal::replayed(&journal_file(folder), simulation.time_ms(), &mut recorder)?;
        Ok(Self { recorder, journal })
    }

    /// Notes that the state of `time_ms` is about to be saved to [`state_file`], after all before is on disk.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn mark(&mut self, time_ms: f64) -> Result<(), RecordingError> {
        self.journal.mark(time_ms)
    }

    /// Ends the files at `stop_ms`; gives the statistics of each population. The state stays.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn finish(self, title: &str, stop_ms: f64) -> Result<Vec<PopulationActivity>, RecordingError> {
        self.recorder.finish(title, stop_ms)
    }
}

/// Whether `folder` holds nothing, or what is left of a run that ended before it recorded anything: its journal is empty,
/// and there is neither a saved state nor a file that comes with the end.
fn is_free(folder: &Path) -> bool {
    let Ok(entries) = folder.read_dir() else { return true };
    let mut names =
        entries.flatten().map(|entry| entry.file_name()).filter(|name| name != LOCK_FILE).peekable();
    let begun = std::fs::metadata(journal_file(folder)).is_ok_and(|journal| journal.len() == 0);
    let came_further = |name: std::ffi::OsString| name == "spikes.parquet" || name == "manifest.json";
    names.peek().is_none() || begun && !state_file(folder).exists() && !names.any(came_further)
}

/// Whether `folder` holds a run of a network: its description beside what a run has from its start, or at its end.
fn is_network_run(folder: &Path) -> bool {
    folder.join("network.toml").is_file()
        && (journal_file(folder).is_file() || folder.join("spikes.parquet").is_file())
}

/// Removes what an earlier run of a network left in `folder`, whose outputs may have had other names.
fn remove_outputs(folder: &Path) -> Result<(), RecordingError> {
    // The manifest goes first: without it the rest is no whole run.
    let manifest = folder.join("manifest.json");
    let manifest = manifest.is_file().then_some(manifest);
    let entries = folder.read_dir().into_iter().flatten();
    for path in manifest.into_iter().chain(entries.flatten().map(|entry| entry.path())) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let numbered = ["trace-", "weights-"].iter().find_map(|kind| name.strip_prefix(kind));
        let by_number = numbered.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            && name.ends_with(".parquet");
        if by_number || ["manifest.json", "spikes.parquet", "raster.png"].contains(&name) {
            match std::fs::remove_file(&path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(RecordingError::Write { path, source });
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Removes what only an unfinished run in `folder` needs.
///
/// # Errors
/// [`RecordingError::Write`].
pub fn remove_state(folder: &Path) -> Result<(), RecordingError> {
    let state = folder.join("state");
    match std::fs::remove_dir_all(&state) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(RecordingError::Write { path: state, source })
        }
        _ => Ok(()),
    }
}

impl Observer for NetworkRun {
    fn spikes(&mut self, time_ms: f64, neurons: &[u32]) -> Result<(), ObserverError> {
        self.journal.spikes(time_ms, neurons)?;
        self.recorder.spikes(time_ms, neurons)
    }

    fn values(&mut self, recorder: usize, time_ms: f64, values: &[f64]) -> Result<(), ObserverError> {
        self.journal.values(recorder, time_ms, values)?;
        self.recorder.values(recorder, time_ms, values)
    }
}
