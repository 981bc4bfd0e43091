//! Files that have their name only once they are whole: written beside it, then renamed.

use super::FormatError;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that is being written as `path` with `.tmp` behind it; dropped unfinished, it is removed.
pub(crate) struct WholeFile {
    path: PathBuf,
    tmp: PathBuf,
    finished: bool,
}

impl WholeFile {
    /// Creates the file; the writer goes with it.
    pub(crate) fn create(path: &Path) -> Result<(Self, BufWriter<File>), FormatError> {
        let whole = Self::prepare(path);
        let file = File::create(&whole.tmp).map_err(FormatError::write(path))?;
        Ok((whole, BufWriter::with_capacity(1 << 18, file)))
    }

    /// Names the file only, for a library that creates it by itself.
    pub(crate) fn prepare(path: &Path) -> Self {
        let mut tmp = OsString::from(path);
        tmp.push(".tmp");
        Self { path: path.to_owned(), tmp: tmp.into(), finished: false }
    }

    /// Where it is written until it is whole.
    #[cfg(feature = "hdf5")]
    pub(crate) fn tmp(&self) -> &Path {
        &self.tmp
    }

    /// Makes what `writer` wrote durable and gives the file its name.
    pub(crate) fn finish(self, mut writer: BufWriter<File>) -> Result<(), FormatError> {
        writer.flush().map_err(FormatError::write(&self.path))?;
        drop(writer);
        self.rename()
    }

    /// Makes the closed file durable and gives it its name.
    pub(crate) fn rename(mut self) -> Result<(), FormatError> {
        let renamed = File::open(&self.tmp)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.tmp, &self.path));
        renamed.map_err(FormatError::write(&self.path))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing is left to report to if removing fails too: the error that led here is on its way.
            let _ = fs::remove_file(&self.tmp);
        }
    }
}
