//! Checked reading of the Parquet parts of a record.

use super::RecordError;
use super::schema::Table;
pub(crate) use crate::checked_parquet::SLICE_ROWS;
use crate::checked_parquet::{CheckedFile, Values};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::statistics::Statistics;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A part whose schema and layout were checked. Columns are numbered as in the table's schema.
pub(crate) struct PartReader {
    path: PathBuf,
    file: CheckedFile,
    /// Index in the file of each column of the table.
    columns: Vec<usize>,
}

impl PartReader {
    pub(crate) fn open(path: &Path, table: Table) -> Result<Self, RecordError> {
        let damaged = |e: ParquetError| RecordError::damaged(path, e);
        let file = File::open(path).map_err(RecordError::read(path))?;
        let file = CheckedFile::open(file).map_err(damaged)?;
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
        file.check_layout(&columns).map_err(damaged)?;
        Ok(Self { path: path.to_owned(), file, columns })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Rows of a row group; `None` past the last one.
    pub(crate) fn rows(&self, group: usize) -> Option<usize> {
        self.file.rows(group)
    }

    /// Statistics of a column chunk, if the file has any.
    pub(crate) fn statistics(&self, group: usize, column: usize) -> Option<&Statistics> {
        let group = self.file.metadata().row_groups().get(group)?;
        group.columns().get(*self.columns.get(column)?)?.statistics()
    }

    /// Reader of a column chunk.
    pub(crate) fn column<T: DataType>(&self, group: usize, column: usize) -> Result<Column<T>, RecordError> {
        let index = self.columns.get(column).copied().unwrap_or(usize::MAX);
        let values = self.file.column(group, index).map_err(|e| RecordError::damaged(&self.path, e))?;
        Ok(Column { path: self.path.clone(), values })
    }
}

/// A column chunk that is read a slice of rows at a time.
pub(crate) struct Column<T: DataType> {
    path: PathBuf,
    values: Values<T>,
}

impl<T: DataType> Column<T> {
    /// The next `rows` values, which the column must have; `rows` is at most [`SLICE_ROWS`].
    pub(crate) fn read(&mut self, rows: usize) -> Result<&[T::T], RecordError> {
        self.values.read(rows).map_err(|e| RecordError::damaged(&self.path, e))
    }
}
