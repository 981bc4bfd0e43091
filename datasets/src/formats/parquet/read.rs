//! Reading: columns by name, numbers of any width, damaged files refused before memory is spent on them.

use super::KEY_PREFIX;
use super::traces::TRACES;
use crate::checked_parquet::{CheckedFile, SLICE_ROWS};
use crate::formats::table::{self, Column, Number, Rows};
use crate::formats::{Format, FormatError, ReadOptions};
use crate::trains::Recording;
use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::data_type::{
    BoolType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescriptor;
use std::fs::File;
use std::path::Path;

/// How the numbers of a column are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Int32 { signed: bool },
    Int64 { signed: bool },
    Half,
    Float,
    Double,
}

impl Kind {
    /// `None` for text, decimals, dates, nested columns and what else is no plain number.
    fn of(column: &ColumnDescriptor) -> Option<Self> {
        if column.max_rep_level() > 0 || column.max_def_level() > 1 {
            return None;
        }
        let converted = column.converted_type();
        let (integer, signed) = match (column.logical_type_ref(), converted) {
            (Some(LogicalType::Integer(kind)), _) => (true, kind.is_signed),
            (Some(LogicalType::Float16), _) => (false, true),
            (Some(_), _) => return None,
            (None, ConvertedType::NONE) => (true, true),
            (None, ConvertedType::INT_8 | ConvertedType::INT_16) => (true, true),
            (None, ConvertedType::INT_32 | ConvertedType::INT_64) => (true, true),
            (None, ConvertedType::UINT_8 | ConvertedType::UINT_16) => (true, false),
            (None, ConvertedType::UINT_32 | ConvertedType::UINT_64) => (true, false),
            (None, _) => return None,
        };
        match column.physical_type() {
            Type::BOOLEAN => Some(Self::Boolean),
            Type::INT32 if integer => Some(Self::Int32 { signed }),
            Type::INT64 if integer => Some(Self::Int64 { signed }),
            Type::FLOAT => Some(Self::Float),
            Type::DOUBLE => Some(Self::Double),
            Type::FIXED_LEN_BYTE_ARRAY if column.type_length() == 2 && !integer => Some(Self::Half),
            _ => None,
        }
    }
}

/// Reads a Parquet file.
pub(in crate::formats) fn read(path: &Path, options: &ReadOptions) -> Result<Recording, FormatError> {
    let file = File::open(path).map_err(FormatError::read(path))?;
    let foreign = |error: ParquetError| {
        FormatError::foreign(
            path,
            Format::Parquet,
            format_args!("{error}; restore the file or write it again"),
        )
    };
    let file = CheckedFile::open(file).map_err(foreign)?;
    let metadata = file.metadata().file_metadata();
    let schema = metadata.schema_descr();
    if schema.name() == TRACES {
        let problem = "it holds values of a variable over time and no spikes; give the spike file beside it";
        return Err(FormatError::foreign(path, Format::Parquet, problem));
    }
    // Fields of nested columns go by their whole path, which is none of the names that are looked for.
    let names: Vec<String> = schema.columns().iter().map(|column| column.path().string()).collect();
    let columns = table::columns(path, names.iter().map(String::as_str))?;
    let mut kinds = Vec::new();
    for column in &columns {
        let descriptor = schema.column(column.index);
        kinds.push(Kind::of(&descriptor).ok_or_else(|| {
            let field = format_args!("column '{}'", column.name);
            let value = format_args!("no plain number ({})", descriptor.physical_type());
            FormatError::field(path, field, value, "store it as integers, floats or booleans")
        })?);
    }
    let indices: Vec<usize> = columns.iter().map(|column| column.index).collect();
    file.check_layout(&indices).map_err(foreign)?;

    let mut rows = Rows::new(&columns);
    for pair in metadata.key_value_metadata().into_iter().flatten() {
        if let (Some(key), Some(value)) = (pair.key.strip_prefix(KEY_PREFIX), &pair.value) {
            rows.set(path, key, value)?;
        }
    }
    for group in 0..file.metadata().num_row_groups() {
        for (column, kind) in columns.iter().zip(&kinds) {
            read_column(path, &file, group, column, *kind, &mut rows)?;
        }
    }
    rows.recording(path, options)
}

fn read_column(
    path: &Path,
    file: &CheckedFile,
    group: usize,
    column: &Column,
    kind: Kind,
    rows: &mut Rows,
) -> Result<(), FormatError> {
    let integer = |value: i64| Number::Integer(value);
    match kind {
        Kind::Boolean => push::<BoolType>(path, file, group, column, rows, |v| integer(i64::from(*v))),
        Kind::Int32 { signed: true } => {
            push::<Int32Type>(path, file, group, column, rows, |v| integer(i64::from(*v)))
        }
        Kind::Int32 { signed: false } => {
            push::<Int32Type>(path, file, group, column, rows, |v| integer(i64::from(*v as u32)))
        }
        Kind::Int64 { signed: true } => push::<Int64Type>(path, file, group, column, rows, |v| integer(*v)),
        Kind::Int64 { signed: false } => {
            push::<Int64Type>(path, file, group, column, rows, |v| (*v as u64).into())
        }
        Kind::Half => push::<FixedLenByteArrayType>(path, file, group, column, rows, |v| {
            let bytes = v.data().try_into().unwrap_or_default();
            Number::Float(half::f16::from_le_bytes(bytes).to_f64())
        }),
        Kind::Float => push::<FloatType>(path, file, group, column, rows, |v| Number::Float(f64::from(*v))),
        Kind::Double => push::<DoubleType>(path, file, group, column, rows, |v| Number::Float(*v)),
    }
}

/// Adds the column chunk of a row group to the rows.
fn push<T: DataType>(
    path: &Path,
    file: &CheckedFile,
    group: usize,
    column: &Column,
    rows: &mut Rows,
    number: impl Fn(&T::T) -> Number,
) -> Result<(), FormatError> {
    let damaged = |error: ParquetError| {
        let field = format_args!("column '{}'", column.name);
        let remedy = "restore the file, or write it again without gaps and plain or with snappy";
        FormatError::field(path, field, format_args!("not readable ({error})"), remedy)
    };
    let mut left = file.rows(group).unwrap_or(0);
    if left == 0 {
        return Ok(());
    }
    let mut values = file.column::<T>(group, column.index).map_err(damaged)?;
    while left > 0 {
        let slice = left.min(SLICE_ROWS);
        for value in values.read(slice).map_err(damaged)? {
            rows.push(path, column, number(value))?;
        }
        left -= slice;
    }
    Ok(())
}
