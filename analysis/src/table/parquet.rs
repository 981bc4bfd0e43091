//! Tables as Parquet files.

use super::{Table, Values};
use polars::prelude::{Column, DataFrame, ParquetWriter, PolarsError};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file cannot be created.
    #[error("cannot write {path}: {source}; check free space and permissions, or choose another folder")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The Parquet encoder failed.
    #[error("cannot write {path}: {source}; check free space")]
    Encode {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: PolarsError,
    },
}

impl Table {
    /// The table as a data frame; a statistic that is not defined is null.
    ///
    /// # Errors
    /// If columns differ in length or two share a name.
    pub fn to_frame(&self) -> Result<DataFrame, PolarsError> {
        let columns = self.columns.iter().map(|column| match &column.values {
            Values::Text(v) => Column::new(column.name.into(), v),
            Values::Integer(v) => Column::new(column.name.into(), v),
            Values::Real(v) => {
                let defined: Vec<Option<f64>> = v.iter().map(|x| (!x.is_nan()).then_some(*x)).collect();
                Column::new(column.name.into(), defined)
            }
        });
        DataFrame::new(self.rows(), columns.collect())
    }

    /// Writes the table to `path`; an earlier file there is replaced.
    ///
    /// # Errors
    /// [`TableError`] if the file cannot be written.
    pub fn write_parquet(&self, path: &Path) -> Result<(), TableError> {
        let encode = |source| TableError::Encode { path: path.to_owned(), source };
        let mut frame = self.to_frame().map_err(encode)?;
        let file =
            File::create(path).map_err(|source| TableError::Write { path: path.to_owned(), source })?;
        ParquetWriter::new(file).finish(&mut frame).map(|_| ()).map_err(encode)
    }
}
