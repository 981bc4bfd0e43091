//! Parts of a table: Parquet files that rotate, and that have their final name only once they are whole.

use super::RecordError;
use super::schema::Table;
use parquet::data_type::DataType;
use parquet::errors::Result as ParquetResult;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// When parts and row groups end. Small parts bound both what a kill can lose and the memory of a footer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Rows after which a part is closed.
    pub(crate) part_rows: u64,
    /// Row groups after which a part is closed; each takes some kilobytes of memory until then.
    pub(crate) part_row_groups: u64,
    /// Rows of the largest row group of spikes.
    pub(crate) spike_row_group_rows: usize,
    /// Rows of activity that are gathered into a row group.
    pub(crate) activity_row_group_rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            part_rows: 16 << 20,
            part_row_groups: 4096,
            spike_row_group_rows: 1 << 20,
            activity_row_group_rows: 1 << 16,
        }
    }
}

const PREFIX: &str = "part-";
const SUFFIX: &str = ".parquet";
const SUFFIX_TMP: &str = ".parquet.tmp";

fn number(name: &str, suffix: &str) -> Option<u64> {
    let digits = name.strip_prefix(PREFIX)?.strip_suffix(suffix)?;
    if digits.len() >= 5 && digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn list(folder: &Path, suffixes: &[&str]) -> Result<Vec<(u64, PathBuf)>, RecordError> {
    let mut parts = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(parts),
        Err(e) => return Err(RecordError::read(folder)(e)),
    };
    for entry in entries {
        let entry = entry.map_err(RecordError::read(folder))?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if let Some(n) = suffixes.iter().find_map(|suffix| number(name, suffix)) {
            parts.push((n, entry.path()));
        }
    }
    parts.sort();
    Ok(parts)
}

/// The whole parts in `folder`, in the order in which they were written; none if there is no such folder.
pub(crate) fn whole_parts(folder: &Path) -> Result<Vec<PathBuf>, RecordError> {
    Ok(list(folder, &[SUFFIX])?.into_iter().map(|(_, path)| path).collect())
}

/// Removes the parts in `folder`, whole or not, and the folder if nothing else is in it.
pub(crate) fn remove_parts(folder: &Path) -> Result<(), RecordError> {
    for (_, path) in list(folder, &[SUFFIX, SUFFIX_TMP])? {
        fs::remove_file(&path).map_err(RecordError::write(&path))?;
    }
    match fs::remove_dir(folder) {
        Err(e)
            if !matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::DirectoryNotEmpty) =>
        {
            Err(RecordError::write(folder)(e))
        }
        _ => Ok(()),
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) rows: u64,
    pub(crate) parts: u64,
}

struct Open {
    file: SerializedFileWriter<File>,
    tmp: PathBuf,
    whole: PathBuf,
    rows: u64,
    row_groups: u64,
}

/// Writes the row groups of one table into parts.
pub(crate) struct PartWriter {
    table: Table,
    folder: PathBuf,
    limits: Limits,
    open: Option<Open>,
    written: Written,
}

impl PartWriter {
    /// Parts go to the table's folder in `dir`, which exists.
    pub(crate) fn new(dir: &Path, table: Table, limits: Limits) -> Self {
        Self { table, folder: dir.join(table.folder()), limits, open: None, written: Written::default() }
    }

    /// Writes one row group of `rows` rows; `fill` writes its columns in order.
    pub(crate) fn row_group(
        &mut self,
        rows: usize,
        fill: impl FnOnce(&mut Columns<'_, '_>) -> ParquetResult<()>,
    ) -> Result<(), RecordError> {
        if self.open.is_none() {
            self.open = Some(self.start()?);
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        let write = || {
            let mut group = open.file.next_row_group()?;
            fill(&mut Columns(&mut group))?;
            group.close()
        };
        write().map_err(RecordError::encode(&open.tmp))?;
        open.rows += rows as u64;
        open.row_groups += 1;
        self.written.rows += rows as u64;
        if open.rows >= self.limits.part_rows || open.row_groups >= self.limits.part_row_groups {
            self.close()?;
        }
        Ok(())
    }

    /// Parts that are whole.
    pub(crate) fn closed_parts(&self) -> u64 {
        self.written.parts
    }

    fn start(&self) -> Result<Open, RecordError> {
        let whole = self.folder.join(format!("{PREFIX}{:05}{SUFFIX}", self.written.parts));
        let tmp = whole.with_extension("parquet.tmp");
        let file = File::create(&tmp).map_err(RecordError::write(&tmp))?;
        let encode = RecordError::encode(&tmp);
        let schema = self.table.schema().map_err(&encode)?;
        let file = SerializedFileWriter::new(file, schema, self.table.properties()).map_err(&encode)?;
        Ok(Open { file, tmp, whole, rows: 0, row_groups: 0 })
    }

    /// Writes the footer of the open part, makes it durable and gives it its final name.
    pub(crate) fn close(&mut self) -> Result<Written, RecordError> {
        if let Some(open) = self.open.take() {
            let file = open.file.into_inner().map_err(RecordError::encode(&open.tmp))?;
            file.sync_all().map_err(RecordError::write(&open.tmp))?;
            drop(file);
            fs::rename(&open.tmp, &open.whole).map_err(RecordError::write(&open.whole))?;
            self.written.parts += 1;
        }
        Ok(self.written)
    }
}

/// The columns of a row group that is being written.
pub(crate) struct Columns<'a, 'b>(&'a mut SerializedRowGroupWriter<'b, File>);

impl Columns<'_, '_> {
    /// Writes the next column.
    pub(crate) fn write<T: DataType>(&mut self, values: &[T::T]) -> ParquetResult<()> {
        if let Some(mut column) = self.0.next_column()? {
            column.typed::<T>().write_batch(values, None, None)?;
            column.close()?;
        }
        Ok(())
    }
}
