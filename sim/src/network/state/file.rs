//! The file of a state: written tensor by tensor, beside its name and then renamed; read in pieces.

use super::columns::Column;
use super::{FORMAT, Header, StateError};
use crate::network::error::NetworkError;
use safetensors::tensor::{Metadata, TensorInfo};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use synfire_datasets::whole_file::WholeFile;

/// Key of the metadata in the header.
const KEY: &str = "synfire";
/// Bytes of a header at most: thousands of populations.
const LARGEST_HEADER: u64 = 1 << 28;

/// Gives the bytes of a column in pieces.
type Pack<'a> = dyn FnMut(&Column) -> Result<Vec<Vec<u8>>, NetworkError> + 'a;

/// Writes a state.
pub(super) fn write_state(
    path: &Path,
    header: &Header,
    columns: &[Column],
    pack: &mut Pack<'_>,
) -> Result<(), NetworkError> {
    let failed = |source| StateError::Write { path: path.to_owned(), source };
    let (whole, mut file) = WholeFile::create(path).map_err(failed)?;
    let json = json(header, columns).map_err(failed)?;
    let padded = json.len().next_multiple_of(8);
    let began = file.write_all(&(padded as u64).to_le_bytes());
    began.and_then(|()| write!(file, "{json:padded$}")).map_err(failed)?;
    for column in columns {
        for piece in pack(column)? {
            file.write_all(&piece).map_err(failed)?;
        }
    }
    Ok(whole.finish(file).map_err(failed)?)
}

/// The header of the file: where the tensors are, and what it says beside.
fn json(header: &Header, columns: &[Column]) -> io::Result<String> {
    let mut end = 0;
    let infos = columns.iter().map(|column| {
        let start = end;
        end += column.rows * column.row_bytes();
        let (dtype, shape) = (column.dtype, vec![column.rows, column.width]);
        (column.name.clone(), TensorInfo { dtype, shape, data_offsets: (start, end) })
    });
    let said = HashMap::from([(KEY.to_owned(), serde_json::to_string(header)?)]);
    let metadata = Metadata::new(Some(said), infos.collect()).map_err(io::Error::other)?;
    Ok(serde_json::to_string(&metadata)?)
}

/// Reads a state.
pub(super) struct StateReader {
    path: PathBuf,
    file: BufReader<File>,
    /// Where the tensors begin.
    start: u64,
    header: Header,
    tensors: Metadata,
}

impl StateReader {
    /// Opens a state and reads its header.
    pub(super) fn open(path: &Path) -> Result<Self, StateError> {
        let unreadable = |source| StateError::Read { path: path.to_owned(), source };
        let damaged = |reason: String| StateError::Damaged { path: path.to_owned(), reason };
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut file = BufReader::new(file);
        let mut size = [0; 8];
        file.read_exact(&mut size).map_err(|e| damaged(e.to_string()))?;
        let size = u64::from_le_bytes(size);
        if size > LARGEST_HEADER.min(length) {
            return Err(damaged(format!("its header has {size} bytes")));
        }
        let mut json = vec![0; size as usize];
        file.read_exact(&mut json).map_err(|e| damaged(e.to_string()))?;
        let tensors: Metadata = serde_json::from_slice(&json).map_err(|e| damaged(e.to_string()))?;
        let said = tensors.metadata().as_ref().and_then(|entries| entries.get(KEY));
        let said = said.ok_or_else(|| damaged(format!("its metadata has no '{KEY}'")))?;
        let header = serde_json::from_str(said).map_err(|e| damaged(e.to_string()))?;
        let (start, expected) = (8 + size, 8 + size + tensors.data_len() as u64);
        if length != expected {
            return Err(damaged(format!("it has {length} bytes of {expected}")));
        }
        Ok(Self { path: path.to_owned(), file, start, header, tensors })
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// Checks that it is of this Synfire and of the network of this digest.
    pub(super) fn check(&self, network: &str) -> Result<(), StateError> {
        let other = |found: String, expected: String| {
            Err(StateError::Other { path: self.path.clone(), found, expected })
        };
        let (header, version) = (&self.header, env!("CARGO_PKG_VERSION"));
        if header.format != FORMAT || header.synfire_version != version {
            let found = format!("Synfire {} (format {})", header.synfire_version, header.format);
            return other(found, format!("Synfire {version} (format {FORMAT})"));
        }
        if header.network != network {
            let short = |digest: &str| digest.chars().take(12).collect::<String>();
            let found = format!("a network or seed of digest {}", short(&header.network));
            return other(found, format!("that of digest {}", short(network)));
        }
        Ok(())
    }

    /// The bytes of some rows of a column.
    pub(super) fn rows(&mut self, column: &Column, rows: Range<usize>) -> Result<Vec<u8>, StateError> {
        let damaged = |reason: String| StateError::Damaged { path: self.path.clone(), reason };
        let info = self.tensors.info(&column.name);
        let info = info.ok_or_else(|| damaged(format!("it has no '{}'", column.name)))?;
        if info.dtype != column.dtype || info.shape != [column.rows, column.width] {
            let (found, shape) = (info.dtype, &info.shape);
            return Err(damaged(format!("'{}' is {found:?} of shape {shape:?}", column.name)));
        }
        let bytes = column.row_bytes();
        let from = self.start + (info.data_offsets.0 + rows.start * bytes) as u64;
        let mut read = vec![0; rows.len() * bytes];
        let found = self.file.seek(SeekFrom::Start(from)).and_then(|_| self.file.read_exact(&mut read));
        found.map_err(|source| StateError::Read { path: self.path.clone(), source })?;
        Ok(read)
    }
}
