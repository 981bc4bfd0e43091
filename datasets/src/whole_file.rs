//! Files that have their name only once they are whole: written beside it, then renamed.
//!
//! ```
//! use synfire_datasets::whole_file;
//! # let home = tempfile::tempdir()?;
//! let path = home.path().join("answer.json");
//! whole_file::write(&path, b"42")?;
//! assert_eq!(std::fs::read(&path)?, b"42");
//! # Ok::<(), std::io::Error>(())
//! ```

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes `bytes` to the file `path`, which a reader sees as it was before or whole.
///
/// # Errors
/// Where it cannot be written; what was there before is then there still.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (whole, mut file) = WholeFile::create(path)?;
    file.write_all(bytes)?;
    whole.finish(file)
}

/// A file that is being written as `path` with `.tmp` behind it; dropped unfinished, it is removed.
#[derive(Debug)]
pub struct WholeFile {
    path: PathBuf,
    tmp: PathBuf,
    finished: bool,
}

impl WholeFile {
    /// Creates the file; the writer goes with it.
    ///
    /// # Errors
    /// Where it cannot be created.
    pub fn create(path: &Path) -> io::Result<(Self, BufWriter<File>)> {
        let whole = Self::prepare(path);
        let file = File::create(&whole.tmp)?;
        Ok((whole, BufWriter::with_capacity(1 << 18, file)))
    }

    /// Names the file only, for a library that creates it by itself.
    #[must_use]
    pub fn prepare(path: &Path) -> Self {
        let mut tmp = OsString::from(path);
        tmp.push(".tmp");
        Self { path: path.to_owned(), tmp: tmp.into(), finished: false }
    }

    /// Where it is written until it is whole.
    #[must_use]
    pub fn tmp(&self) -> &Path {
        &self.tmp
    }

    /// Makes what `writer` wrote durable and gives the file its name.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn finish(self, mut writer: BufWriter<File>) -> io::Result<()> {
        writer.flush()?;
        drop(writer);
        self.rename()
    }

    /// Makes the closed file durable and gives it its name.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn rename(mut self) -> io::Result<()> {
        File::open(&self.tmp)?.sync_all()?;
        fs::rename(&self.tmp, &self.path)?;
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
