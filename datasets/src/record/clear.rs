//! What may go of a run folder so that another run can begin there: what belongs to a run, and nothing else.

use super::RecordError;
use super::lock::LOCK_FILE;
use super::manifest::{MANIFEST, MANIFEST_TMP, Manifest, Status};
use super::part::{remove_parts, whole_parts};
use super::schema::Table;
use super::writer::STATE_FOLDER;
use std::fs;
use std::io;
use std::path::Path;

/// Makes room for a run in `dir`, which exists. Files that do not belong to a run stay.
///
/// # Errors
/// [`RecordError::NotEmpty`] if something was recorded there and `overwrite` is not set, [`RecordError::Foreign`] if what lies
/// there is no run, [`RecordError::Read`], [`RecordError::Write`].
pub(super) fn make_room(dir: &Path, overwrite: bool) -> Result<(), RecordError> {
    if is_empty(dir)? {
        return Ok(());
    }
    if !overwrite && !nothing_recorded(dir)? {
        return Err(RecordError::NotEmpty { path: dir.to_owned() });
    }
    remove_run(dir)
}

/// Removes the run in `dir` if it ended before anything was recorded.
///
/// # Errors
/// [`RecordError::Read`], [`RecordError::Write`].
pub fn remove_unrecorded(dir: &Path) -> Result<(), RecordError> {
    if nothing_recorded(dir)? { remove_run(dir) } else { Ok(()) }
}

/// Whether `dir` holds nothing but what the first step of beginning a run leaves.
fn is_empty(dir: &Path) -> Result<bool, RecordError> {
    let ours = |name: &std::ffi::OsStr| name == LOCK_FILE || name == MANIFEST_TMP;
    for entry in fs::read_dir(dir).map_err(RecordError::read(dir))? {
        if !ours(&entry.map_err(RecordError::read(dir))?.file_name()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether `dir` holds a run that ended before a part of its record was whole and before it had a state to go on from.
fn nothing_recorded(dir: &Path) -> Result<bool, RecordError> {
    if !Manifest::read(dir).is_ok_and(|run| run.status == Status::Incomplete && run.tokens == 0) {
        return Ok(false);
    }
    for table in Table::ALL {
        if !whole_parts(&dir.join(table.folder()))?.is_empty() {
            return Ok(false);
        }
    }
    let state = dir.join(STATE_FOLDER);
    holds_bytes(&state).map(|saved| !saved).map_err(RecordError::read(&state))
}

/// Whether there is a file with contents in `folder` or below.
fn holds_bytes(folder: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        if if kind.is_dir() { holds_bytes(&entry.path())? } else { entry.metadata()?.len() > 0 } {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes the manifest, the parts and the state of the run in `dir`; the manifest last, so that a removal cut short can be
/// repeated.
fn remove_run(dir: &Path) -> Result<(), RecordError> {
    if !Manifest::is_in(dir) {
        return Err(RecordError::Foreign { path: dir.to_owned() });
    }
    for table in Table::ALL {
        remove_parts(&dir.join(table.folder()))?;
    }
    let state = dir.join(STATE_FOLDER);
    let gone = |result: io::Result<()>, path: &Path| match result {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(RecordError::write(path)(e)),
        _ => Ok(()),
    };
    gone(fs::remove_dir_all(&state), &state)?;
    for name in [MANIFEST_TMP, MANIFEST] {
        let path = dir.join(name);
        gone(fs::remove_file(&path), &path)?;
    }
    Ok(())
}
