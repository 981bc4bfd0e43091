//! Parts of a table: Parquet files, one a layer and a stretch of the text, that have their final name only once they are whole.

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
    /// Rows of one layer after which parts end, where the caller does not end them.
    pub(crate) part_rows: u64,
    /// Row groups of one layer after which they end; each takes some kilobytes of memory until then.
    pub(crate) part_row_groups: u64,
    /// Rows of the largest row group of spikes or counts.
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
            activity_row_group_rows: 1 << 14,
        }
    }
}

const PREFIX: &str = "part-";
const OF_LAYER: &str = "-layer-";
const SUFFIX: &str = ".parquet";
const SUFFIX_TMP: &str = ".parquet.tmp";

/// Which part a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PartName {
    /// The stretch of the text, from 0.
    pub(crate) part: u32,
    /// The layer; none in records of schema version 1, whose parts held all.
    pub(crate) layer: Option<u16>,
}

impl PartName {
    fn parse(name: &str, suffix: &str) -> Option<Self> {
        let digits = |text: &str, fewest| text.len() >= fewest && text.bytes().all(|b| b.is_ascii_digit());
        let stem = name.strip_prefix(PREFIX)?.strip_suffix(suffix)?;
        let (part, layer) = match stem.split_once(OF_LAYER) {
            Some((part, layer)) => {
                (part, Some(layer).filter(|layer| digits(layer, 3))?.parse().ok().map(Some)?)
            }
            None => (stem, None),
        };
        if digits(part, 5) { Some(Self { part: part.parse().ok()?, layer }) } else { None }
    }
}

fn list(folder: &Path, suffixes: &[&str]) -> Result<Vec<(PartName, PathBuf)>, RecordError> {
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
        if let Some(part) = suffixes.iter().find_map(|suffix| PartName::parse(name, suffix)) {
            parts.push((part, entry.path()));
        }
    }
    parts.sort();
    Ok(parts)
}

/// The whole parts in `folder`, by stretch of the text, then by layer; none if there is no such folder.
pub(crate) fn whole_parts(folder: &Path) -> Result<Vec<(PartName, PathBuf)>, RecordError> {
    list(folder, &[SUFFIX])
}

/// Removes the parts in `folder`, whole or not, and the folder if nothing else is in it.
pub(crate) fn remove_parts(folder: &Path) -> Result<(), RecordError> {
    remove_where(folder, |_| true)?;
    match fs::remove_dir(folder) {
        Err(e)
            if !matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::DirectoryNotEmpty) =>
        {
            Err(RecordError::write(folder)(e))
        }
        _ => Ok(()),
    }
}

/// Removes those parts in `folder`, whole or not, that `gone` names.
pub(crate) fn remove_where(folder: &Path, gone: impl Fn(PartName) -> bool) -> Result<(), RecordError> {
    for (_, path) in list(folder, &[SUFFIX, SUFFIX_TMP])?.into_iter().filter(|(part, _)| gone(*part)) {
        fs::remove_file(&path).map_err(RecordError::write(&path))?;
    }
    Ok(())
}

struct Open {
    file: SerializedFileWriter<File>,
    tmp: PathBuf,
    whole: PathBuf,
    rows: u64,
    row_groups: u64,
}

/// Writes the row groups of one table and layer into parts.
pub(crate) struct PartWriter {
    table: Table,
    folder: PathBuf,
    layer: u16,
    /// The part that is open, or opened next.
    part: u32,
    open: Option<Open>,
    rows: u64,
}

impl PartWriter {
    /// Parts from number `part` on go to the table's folder in `dir`, which exists; `rows` lie in the parts before.
    pub(crate) fn new(dir: &Path, table: Table, layer: u16, part: u32, rows: u64) -> Self {
        Self { table, folder: dir.join(table.folder()), layer, part, open: None, rows }
    }

    /// Writes one row group of `rows` rows; `fill` writes its columns in order.
    pub(crate) fn row_group(
        &mut self,
        rows: usize,
        fill: impl FnOnce(&mut Columns<'_, '_>) -> ParquetResult<()>,
    ) -> Result<(), RecordError> {
        let open = self.opened()?;
        let write = || {
            let mut group = open.file.next_row_group()?;
            fill(&mut Columns(&mut group))?;
            group.close()
        };
        write().map_err(RecordError::encode(&open.tmp))?;
        open.rows += rows as u64;
        open.row_groups += 1;
        self.rows += rows as u64;
        Ok(())
    }

    /// Rows and row groups of the open part.
    pub(crate) fn size(&self) -> (u64, u64) {
        self.open.as_ref().map_or((0, 0), |open| (open.rows, open.row_groups))
    }

    /// Rows in all parts.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    fn opened(&mut self) -> Result<&mut Open, RecordError> {
        let open = match self.open.take() {
            Some(open) => open,
            None => self.start()?,
        };
        Ok(self.open.insert(open))
    }

    fn start(&self) -> Result<Open, RecordError> {
        let Self { part, layer, .. } = self;
        let whole = self.folder.join(format!("{PREFIX}{part:05}{OF_LAYER}{layer:03}{SUFFIX}"));
        let tmp = whole.with_extension("parquet.tmp");
        let file = File::create(&tmp).map_err(RecordError::write(&tmp))?;
        let encode = RecordError::encode(&tmp);
        let schema = self.table.schema().map_err(&encode)?;
        let file = SerializedFileWriter::new(file, schema, self.table.properties()).map_err(&encode)?;
        Ok(Open { file, tmp, whole, rows: 0, row_groups: 0 })
    }

    /// Ends the part, which may be without rows: writes its footer, makes it durable and gives it its final name.
    pub(crate) fn end_part(&mut self) -> Result<(), RecordError> {
        self.opened()?;
        if let Some(open) = self.open.take() {
            let file = open.file.into_inner().map_err(RecordError::encode(&open.tmp))?;
            file.sync_all().map_err(RecordError::write(&open.tmp))?;
            drop(file);
            fs::rename(&open.tmp, &open.whole).map_err(RecordError::write(&open.whole))?;
            self.part += 1;
        }
        Ok(())
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
