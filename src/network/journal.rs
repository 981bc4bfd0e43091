//! What a run told so far, on disk as it came: from this the files of an interrupted run are written anew.
//!
//! A Parquet file cannot be read, nor gone on with, before it is ended; a journal can at any moment. It is a sequence of entries
//! in little-endian bytes, each a kind in four bytes and a time in ms in eight:
//!
//! | kind | holds |
//! |---|---|
//! | 0 | the time is one at which the state was saved |
//! | 1 | spikes: their number in four bytes, and the neurons in four each |
//! | 2 + r | values of recorder r: their number in four bytes, and the values in eight each |

use super::RecordingError;
use crate::sim::network::{Observer, ObserverError};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

const MARK: u32 = 0;
const SPIKES: u32 = 1;
const VALUES: u32 = 2;

/// A journal that is written.
pub(super) struct Journal {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Journal {
    /// An empty journal.
    pub(super) fn create(path: &Path) -> Result<Self, RecordingError> {
        let file = File::create(path).map_err(write(path))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::with_capacity(1 << 16, file) })
    }

    /// The journal at `path` up to where the state of `marked_ms` was saved, all of which is told to `observer` again. Entries
    /// after that are removed.
    pub(super) fn replayed(
        path: &Path,
        marked_ms: f64,
        observer: &mut dyn Observer,
    ) -> Result<Self, RecordingError> {
        let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(read(path))?;
        let end = replay(&file, marked_ms, observer).map_err(|failure| match failure {
            Failure::Read(source) => read(path)(source),
            Failure::Observer(source) => RecordingError::Replay { path: path.to_owned(), source },
        })?;
        file.set_len(end)
            .and_then(|()| io::Seek::seek(&mut file, io::SeekFrom::End(0)))
            .map_err(write(path))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::with_capacity(1 << 16, file) })
    }

    pub(super) fn spikes(&mut self, time_ms: f64, neurons: &[u32]) -> Result<(), RecordingError> {
        self.entry(SPIKES, time_ms, neurons.iter().map(|neuron| neuron.to_le_bytes()))
    }

    pub(super) fn values(
        &mut self,
        recorder: usize,
        time_ms: f64,
        values: &[f64],
    ) -> Result<(), RecordingError> {
        self.entry(VALUES + recorder as u32, time_ms, values.iter().map(|value| value.to_le_bytes()))
    }

    /// Notes that a state of `time_ms` is about to be saved, after all before is on disk.
    pub(super) fn mark(&mut self, time_ms: f64) -> Result<(), RecordingError> {
        let bytes = [&MARK.to_le_bytes()[..], &time_ms.to_le_bytes()].concat();
        let written = self.file.write_all(&bytes).and_then(|()| self.file.flush());
        written.and_then(|()| self.file.get_ref().sync_data()).map_err(write(&self.path))
    }

    fn entry<const N: usize>(
        &mut self,
        kind: u32,
        time_ms: f64,
        items: impl ExactSizeIterator<Item = [u8; N]>,
    ) -> Result<(), RecordingError> {
        let all = || {
            self.file.write_all(&kind.to_le_bytes())?;
            self.file.write_all(&time_ms.to_le_bytes())?;
            self.file.write_all(&(items.len() as u32).to_le_bytes())?;
            items.into_iter().try_for_each(|item| self.file.write_all(&item))
        };
        all().map_err(write(&self.path))
    }
}

enum Failure {
    Read(io::Error),
    Observer(ObserverError),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// Tells `observer` the entries up to the mark of `marked_ms`; gives where that ends.
fn replay(file: &File, marked_ms: f64, observer: &mut dyn Observer) -> Result<u64, Failure> {
    let mut file = BufReader::with_capacity(1 << 16, file);
    let (mut neurons, mut values) = (Vec::new(), Vec::new());
    let mut end = 0;
    loop {
        let kind = u32::from_le_bytes(take(&mut file)?);
        let time_ms = f64::from_le_bytes(take(&mut file)?);
        end += 12;
        if kind == MARK {
            if time_ms == marked_ms {
                return Ok(end);
            }
            continue;
        }
        let count = u32::from_le_bytes(take(&mut file)?);
        end += 4;
        if kind == SPIKES {
            neurons.clear();
            for _ in 0..count {
                neurons.push(u32::from_le_bytes(take(&mut file)?));
            }
            end += 4 * u64::from(count);
            observer.spikes(time_ms, &neurons).map_err(Failure::Observer)?;
        } else {
            values.clear();
            for _ in 0..count {
                values.push(f64::from_le_bytes(take(&mut file)?));
            }
            end += 8 * u64::from(count);
            observer.values((kind - VALUES) as usize, time_ms, &values).map_err(Failure::Observer)?;
        }
    }
}

fn take<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn write(path: &Path) -> impl FnOnce(io::Error) -> RecordingError + use<> {
    let path = path.to_owned();
    move |source| RecordingError::Write { path, source }
}

fn read(path: &Path) -> impl FnOnce(io::Error) -> RecordingError + use<> {
    let path = path.to_owned();
    move |source| RecordingError::Read { path, source }
}
