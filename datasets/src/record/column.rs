//! Checked reading of Parquet parts: what a damaged or foreign file claims is verified before memory is spent on it.

use super::RecordError;
use super::schema::Table;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::DataType;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::statistics::Statistics;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Rows that are decoded at a time at most: the largest row group that the writer makes.
pub(crate) const SLICE_ROWS: usize = 1 << 20;

/// A part whose schema and layout were checked. Columns are numbered as in the table's schema.
pub(crate) struct PartReader {
    path: PathBuf,
    file: SerializedFileReader<File>,
    /// Index in the file of each column of the table.
    columns: Vec<usize>,
}

impl PartReader {
    pub(crate) fn open(path: &Path, table: Table) -> Result<Self, RecordError> {
        let damaged = |e: ParquetError| RecordError::damaged(path, e);
        let file = File::open(path).map_err(RecordError::read(path))?;
        let length = file.metadata().map_err(RecordError::read(path))?.len();
        let file = guarded(|| SerializedFileReader::new(file)).map_err(damaged)?;
        let found = file.metadata().file_metadata().schema_descr().columns();
        let schema = table.schema().map_err(damaged)?;
        let mut columns = Vec::new();
        for wanted in schema.get_fields() {
            let (name, kind) = (wanted.name(), wanted.get_physical_type());
            let fits = |column: &parquet::schema::types::ColumnDescriptor| {
                column.path().parts() == [name]
                    && column.physical_type() == kind
                    && column.max_def_level() == 0
                    && column.max_rep_level() == 0
            };
            let column = found.iter().position(|column| fits(column)).ok_or_else(|| {
                RecordError::damaged(path, format_args!("it has no column '{name}' of required {kind}"))
            })?;
            columns.push(column);
        }
        for group in file.metadata().row_groups() {
            check_layout(group, length).map_err(|reason| RecordError::damaged(path, reason))?;
        }
        Ok(Self { path: path.to_owned(), file, columns })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Rows of a row group; `None` past the last one.
    pub(crate) fn rows(&self, group: usize) -> Option<usize> {
        let group = self.file.metadata().row_groups().get(group)?;
        Some(usize::try_from(group.num_rows()).unwrap_or(0))
    }

    /// Statistics of a column chunk, if the file has any.
    pub(crate) fn statistics(&self, group: usize, column: usize) -> Option<&Statistics> {
        let group = self.file.metadata().row_groups().get(group)?;
        group.columns().get(*self.columns.get(column)?)?.statistics()
    }

    /// Reader of a column chunk.
    pub(crate) fn column<T: DataType>(&self, group: usize, column: usize) -> Result<Column<T>, RecordError> {
        let rows = self.rows(group);
        let index = self.columns.get(column).copied();
        let (Some(rows), Some(index)) = (rows, index) else {
            return Err(RecordError::damaged(&self.path, format_args!("it has no row group {group}")));
        };
        let damaged = |e: ParquetError| RecordError::damaged(&self.path, e);
        let pages =
            guarded(|| self.file.get_row_group(group)?.get_column_page_reader(index)).map_err(damaged)?;
        let descriptor = self.file.metadata().file_metadata().schema_descr().column(index);
        let pages = Box::new(CheckedPages { pages, rows, dictionary: false });
        Ok(Column {
            path: self.path.clone(),
            reader: ColumnReaderImpl::new(descriptor, pages),
            values: Vec::new(),
        })
    }
}

/// Refuses row groups that claim bytes outside the file.
fn check_layout(group: &RowGroupMetaData, length: u64) -> Result<(), String> {
    if group.num_rows() < 0 {
        return Err(format!("a row group claims {} rows", group.num_rows()));
    }
    let inside = |column: &ColumnChunkMetaData| {
        let first = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let end = u64::try_from(first).ok()?.checked_add(u64::try_from(column.compressed_size()).ok()?)?;
        (end <= length && column.num_values() == group.num_rows() && column.data_page_offset() >= first)
            .then_some(())
    };
    match group.columns().iter().find(|column| inside(column).is_none()) {
        Some(column) => Err(format!("column '{}' claims bytes outside the file", column.column_path())),
        None => Ok(()),
    }
}

/// Runs a step of the Parquet decoder, which panics on some damaged pages, and makes such a panic an error. What the
/// step worked on is not used again after an error.
fn guarded<T>(step: impl FnOnce() -> ParquetResult<T>) -> ParquetResult<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(step))
        .unwrap_or_else(|_| Err(ParquetError::General("its pages do not decode".to_owned())))
}

/// A column chunk that is read a slice of rows at a time.
pub(crate) struct Column<T: DataType> {
    path: PathBuf,
    reader: ColumnReaderImpl<T>,
    values: Vec<T::T>,
}

impl<T: DataType> Column<T> {
    /// The next `rows` values, which the column must have; `rows` is at most [`SLICE_ROWS`].
    pub(crate) fn read(&mut self, rows: usize) -> Result<&[T::T], RecordError> {
        self.values.clear();
        let read = guarded(|| self.reader.read_records(rows, None, None, &mut self.values))
            .map_err(|e| RecordError::damaged(&self.path, e))?;
        if read != (rows, rows, rows) || self.values.len() != rows {
            let reason = format_args!("a column ends after {} of {rows} rows", self.values.len()).to_string();
            return Err(RecordError::damaged(&self.path, reason));
        }
        Ok(&self.values)
    }
}

/// Pages that decoders can take: they allocate by the number of values a page claims, and panic if a page refers to a
/// dictionary that did not come.
struct CheckedPages {
    pages: Box<dyn PageReader>,
    rows: usize,
    /// Whether the dictionary came.
    dictionary: bool,
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> ParquetResult<Option<Page>> {
        let page = self.pages.get_next_page()?;
        if let Some(page) = &page {
            // A dictionary entry takes at least four bytes, a value of a data page at most one row.
            let most = match page {
                Page::DictionaryPage { buf, .. } => buf.len() / 4,
                Page::DataPage { .. } | Page::DataPageV2 { .. } => self.rows,
            };
            if page.num_values() as usize > most {
                let claimed = page.num_values();
                return Err(ParquetError::General(format!(
                    "a page claims {claimed} values where {most} are possible"
                )));
            }
            let refers = matches!(page.encoding(), Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
            if matches!(page, Page::DictionaryPage { .. }) {
                self.dictionary = true;
            } else if refers && !self.dictionary {
                return Err(ParquetError::General(
                    "a page refers to a dictionary that is missing".to_owned(),
                ));
            }
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> ParquetResult<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> ParquetResult<()> {
        self.pages.skip_next_page()
    }
}

impl Iterator for CheckedPages {
    type Item = ParquetResult<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
