//! A file of required columns of numbers, written row group by row group.

use super::write::encode;
use crate::formats::FormatError;
use crate::whole_file::WholeFile;
use parquet::basic::Compression;
use parquet::errors::Result as ParquetResult;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a row group.
pub(super) const GROUP_ROWS: usize = 1 << 18;

/// Has its name only after [`finish`](Self::finish); dropped before, nothing is left.
pub(super) struct ColumnsFile {
    pub(super) path: PathBuf,
    whole: WholeFile,
    file: SerializedFileWriter<BufWriter<File>>,
}

impl ColumnsFile {
    /// Starts a file whose columns are told in Parquet's message syntax.
    pub(super) fn create(path: &Path, message: &str) -> Result<Self, FormatError> {
        let (whole, file) = WholeFile::create(path).map_err(FormatError::write(path))?;
        let properties = WriterProperties::builder()
            .set_created_by(format!("synfire {}", env!("CARGO_PKG_VERSION")))
            .set_compression(Compression::SNAPPY)
            .build();
        let schema = parse_message_type(message).map_err(encode(path))?;
        let file =
            SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).map_err(encode(path))?;
        Ok(Self { path: path.to_owned(), whole, file })
    }

    /// Writes a row group, which `columns` fills.
    pub(super) fn group(
        &mut self,
        columns: impl FnOnce(&mut SerializedRowGroupWriter<'_, BufWriter<File>>) -> ParquetResult<()>,
    ) -> Result<(), FormatError> {
        let write = || -> ParquetResult<()> {
            let mut group = self.file.next_row_group()?;
            columns(&mut group)?;
            group.close().map(drop)
        };
        write().map_err(encode(&self.path))
    }

    /// Ends the file and gives it its name.
    pub(super) fn finish(self) -> Result<(), FormatError> {
        let file = self.file.into_inner().map_err(encode(&self.path))?;
        self.whole.finish(file).map_err(FormatError::write(&self.path))
    }
}

/// An error unless `name` can be that of a column.
pub(super) fn check_name(path: &Path, key: &str, name: &str) -> Result<(), FormatError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.is_empty() && name.chars().all(plain) {
        return Ok(());
    }
    Err(FormatError::field(path, key, format_args!("'{name}'"), "name it with letters, digits and _"))
}
