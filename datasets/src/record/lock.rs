//! One process at a time writes to a run folder.
//!
//! Whoever writes holds the system's lock on a file in the folder. The lock ends with the process, however that ends; the file is
//! removed in an orderly end, and is taken over where it was left. Where the file system knows no locks, nobody is refused.

use super::RecordError;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// File in a run folder that its writer holds the lock on.
pub const LOCK_FILE: &str = ".synfire.lock";

/// The right to write to a run folder. Dropped, it goes to the next, and with it a folder in which nothing is left.
#[derive(Debug)]
pub struct FolderLock {
    folder: PathBuf,
    /// Holds the lock until it is closed.
    _file: File,
}

impl FolderLock {
    /// Takes the right to write to `folder`, which is created, its parents too.
    ///
    /// # Errors
    /// [`RecordError::InUse`] if another has it, [`RecordError::Write`] if the folder cannot be written.
    pub fn take(folder: &Path) -> Result<Self, RecordError> {
        let path = folder.join(LOCK_FILE);
        loop {
            match fs::create_dir_all(folder) {
                // It was there, and the holder before has just removed it.
                Err(e) if e.kind() == ErrorKind::AlreadyExists && !is_no_folder(folder) => continue,
                made => made.map_err(RecordError::write(folder))?,
            }
            let mut options = File::options();
            let file = match options.write(true).create(true).truncate(false).open(&path) {
                // Removed after that.
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                file => file.map_err(RecordError::write(&path))?,
            };
            if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
                return Err(RecordError::InUse { path: folder.to_owned() });
            }
            // Or the file, after it was opened here; the next to come would then lock another.
            if is_at(&file, &path) {
                return Ok(Self { folder: folder.to_owned(), _file: file });
            }
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Left over, both are in nobody's way.
        let _ = fs::remove_file(self.folder.join(LOCK_FILE));
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Whether something stands at `path` that is no folder.
fn is_no_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| !there.is_dir())
}

/// Whether `file` is the one at `path`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(file), Ok(there)) = (file.metadata(), fs::metadata(path)) else { return false };
    (file.dev(), file.ino()) == (there.dev(), there.ino())
}

/// An open file cannot be removed here.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_folder_has_one_writer_at_a_time_and_an_empty_one_goes_with_it() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("runs/a");
        let first = FolderLock::take(&folder).unwrap();
        let error = FolderLock::take(&folder).unwrap_err();
        assert!(matches!(&error, RecordError::InUse { path } if *path == folder), "{error}");
        drop(first);
        assert!(!folder.exists());
        // As a process that was killed leaves it.
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(LOCK_FILE), "").unwrap();
        fs::write(folder.join("mine.txt"), "x").unwrap();
        drop(FolderLock::take(&folder).unwrap());
        let left: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["mine.txt"]);
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("run");
        fs::write(&folder, "x").unwrap();
        assert!(matches!(FolderLock::take(&folder), Err(RecordError::Write { .. })));
    }

    #[test]
    fn never_do_two_hold_a_folder_that_many_take_and_leave() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("run");
        let (holders, turns) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while turns.load(Ordering::SeqCst) < 400 {
                        match FolderLock::take(&folder) {
                            Err(error) => assert!(matches!(error, RecordError::InUse { .. }), "{error}"),
                            Ok(_lock) => {
                                assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                                turns.fetch_add(1, Ordering::SeqCst);
                                holders.fetch_sub(1, Ordering::SeqCst);
                            }
                        }
                    }
                });
            }
        });
        assert!(!folder.exists());
    }
}
