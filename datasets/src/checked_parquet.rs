//! Checked reading of Parquet files: what a damaged or foreign file claims is verified before memory is spent on it.
//!
//! The decoder allocates by the sizes that pages claim, and panics on some damaged ones. So row groups must lie within
//! their file, pages must not claim more values than their row group has rows, compressed pages must not claim to be
//! longer than their bytes can spell, and a panic of the decoder becomes an error.

use parquet::basic::{Compression, Encoding};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::DataType;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::serialized_reader::SerializedPageReader;
use std::fs::File;
use std::sync::Arc;

/// Rows that are decoded at a time at most: the largest row group that the writers make.
pub(crate) const SLICE_ROWS: usize = 1 << 20;

/// A Parquet file whose footer was read. Columns are the leaves of its schema, which must not be nested.
pub(crate) struct CheckedFile {
    file: Arc<File>,
    length: u64,
    metadata: ParquetMetaData,
}

impl CheckedFile {
    pub(crate) fn open(file: File) -> Result<Self> {
        let length = file.metadata()?.len();
        let metadata = guarded(|| ParquetMetaDataReader::new().parse_and_finish(&file))?;
        Ok(Self { file: Arc::new(file), length, metadata })
    }

    pub(crate) fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }

    /// Rows of a row group; `None` past the last one.
    pub(crate) fn rows(&self, group: usize) -> Option<usize> {
        let group = self.metadata.row_groups().get(group)?;
        Some(usize::try_from(group.num_rows()).unwrap_or(0))
    }

    /// Refuses columns whose row groups claim bytes outside the file, or not one value a row.
    pub(crate) fn check_layout(&self, columns: &[usize]) -> Result<()> {
        for group in self.metadata.row_groups() {
            if group.num_rows() < 0 {
                return Err(general(format!("a row group claims {} rows", group.num_rows())));
            }
            for index in columns {
                let column =
                    group.columns().get(*index).ok_or_else(|| general("a row group lacks columns".into()))?;
                let first = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
                let end =
                    || u64::try_from(first).ok()?.checked_add(u64::try_from(column.compressed_size()).ok()?);
                let inside = end().is_some_and(|end| end <= self.length);
                if !inside || column.num_values() != group.num_rows() || column.data_page_offset() < first {
                    let path = column.column_path();
                    return Err(general(format!("column '{path}' claims bytes outside the file")));
                }
            }
        }
        Ok(())
    }

    /// Reader of a column chunk whose layout was checked.
    pub(crate) fn column<T: DataType>(&self, group: usize, column: usize) -> Result<Values<T>> {
        let rows = self.rows(group).unwrap_or(0);
        let chunk = self.metadata.row_groups().get(group).and_then(|group| group.columns().get(column));
        let chunk = chunk.ok_or_else(|| general(format!("it has no row group {group}")))?;
        let snappy = match chunk.compression() {
            Compression::UNCOMPRESSED => false,
            Compression::SNAPPY => true,
            other => {
                return Err(general(format!("its pages are compressed as {other}; write it with snappy")));
            }
        };
        // The page reader hands compressed pages on as they are, so that their length is checked here.
        let raw = chunk.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build()?;
        let pages = guarded(|| SerializedPageReader::new(Arc::clone(&self.file), &raw, rows, None))?;
        let descriptor = chunk.column_descr_ptr();
        let nullable = descriptor.max_def_level() > 0;
        let least = if descriptor.type_length() == 2 { 2 } else { 4 };
        let pages = Box::new(CheckedPages { pages: Box::new(pages), rows, snappy, least, dictionary: false });
        let reader = ColumnReaderImpl::new(descriptor, pages);
        Ok(Values { reader, nullable, values: Vec::new(), levels: Vec::new() })
    }
}

fn general(reason: String) -> ParquetError {
    ParquetError::General(reason)
}

/// Runs a step of the Parquet decoder and makes a panic of it an error. What the step worked on is not used again after
/// an error.
fn guarded<T>(step: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(step))
        .unwrap_or_else(|_| Err(general("its pages do not decode".to_owned())))
}

/// A column chunk that is read a slice of rows at a time.
pub(crate) struct Values<T: DataType> {
    reader: ColumnReaderImpl<T>,
    nullable: bool,
    values: Vec<T::T>,
    levels: Vec<i16>,
}

impl<T: DataType> Values<T> {
    /// The next `rows` values, which the column must have; `rows` is at most [`SLICE_ROWS`].
    pub(crate) fn read(&mut self, rows: usize) -> Result<&[T::T]> {
        self.values.clear();
        self.levels.clear();
        let levels = self.nullable.then_some(&mut self.levels);
        let (records, values, _) =
            guarded(|| self.reader.read_records(rows, levels, None, &mut self.values))?;
        if records == rows && values < rows && self.values.len() == values {
            return Err(general(format!("{} of {rows} rows have no value in a column", rows - values)));
        }
        if (records, values) != (rows, rows) || self.values.len() != rows {
            return Err(general(format!("a column ends after {} of {rows} rows", self.values.len())));
        }
        Ok(&self.values)
    }
}

/// Pages that decoders can take: they allocate by the number of values a page claims, and panic if a page refers to a
/// dictionary that did not come.
struct CheckedPages {
    pages: Box<dyn PageReader>,
    rows: usize,
    snappy: bool,
    /// Bytes that a dictionary entry takes at least.
    least: usize,
    /// Whether the dictionary came.
    dictionary: bool,
}

impl CheckedPages {
    fn check(&mut self, page: &Page) -> Result<()> {
        let most = match page {
            Page::DictionaryPage { buf, .. } => buf.len() / self.least,
            Page::DataPage { .. } | Page::DataPageV2 { .. } => self.rows,
        };
        if page.num_values() as usize > most {
            let claimed = page.num_values();
            return Err(general(format!("a page claims {claimed} values where {most} are possible")));
        }
        let refers = matches!(page.encoding(), Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
        if matches!(page, Page::DictionaryPage { .. }) {
            self.dictionary = true;
        } else if refers && !self.dictionary {
            return Err(general("a page refers to a dictionary that is missing".to_owned()));
        }
        Ok(())
    }
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let Some(mut page) = self.pages.get_next_page()? else { return Ok(None) };
        if self.snappy {
            match &mut page {
                Page::DictionaryPage { buf, .. } | Page::DataPage { buf, .. } => {
                    *buf = inflated(buf, 0)?.into();
                }
                Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, is_compressed, .. } => {
                    if *is_compressed {
                        *buf = inflated(buf, *def_levels_byte_len as usize + *rep_levels_byte_len as usize)?
                            .into();
                    }
                }
            }
        }
        self.check(&page)?;
        Ok(Some(page))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }
}

impl Iterator for CheckedPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

/// The bytes of a page whose first `plain` bytes are not compressed. Three bytes of Snappy spell 64 at most.
fn inflated(page: &[u8], plain: usize) -> Result<Vec<u8>> {
    let damaged = || general("a compressed page does not decode".to_owned());
    let (levels, compressed) = page.split_at_checked(plain).ok_or_else(damaged)?;
    let mut bytes = levels.to_vec();
    if !compressed.is_empty() {
        let length = snap::raw::decompress_len(compressed).map_err(|_| damaged())?;
        if length / 22 > compressed.len() {
            return Err(general(format!("a page of {} bytes claims {length}", compressed.len())));
        }
        bytes.resize(plain + length, 0);
        let read =
            snap::raw::Decoder::new().decompress(compressed, &mut bytes[plain..]).map_err(|_| damaged())?;
        bytes.truncate(plain + read);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_compressed_page_is_inflated_behind_its_levels_and_refused_if_it_claims_too_much() {
        let packed = snap::raw::Encoder::new().compress_vec(&[7; 5000]).unwrap();
        let page = [&[1, 2, 3], &packed[..]].concat();
        let inflated_page = inflated(&page, 3).unwrap();
        assert_eq!((&inflated_page[..3], &inflated_page[3..]), (&[1, 2, 3][..], &[7; 5000][..]));
        let claims_4_gib = [0xff, 0xff, 0xff, 0xff, 0x0f, 0, 1];
        assert!(inflated(&claims_4_gib, 0).unwrap_err().to_string().contains("claims 4294967295"));
        assert!(inflated(&page, 10_000).is_err());
    }
}
