//! Writing: whole recordings, or spikes as they come, in memory for one row group.

use super::KEY_PREFIX;
use crate::formats::FormatError;
use crate::formats::table::span_keys;
use crate::trains::{Recording, TrainError};
use crate::whole_file::WholeFile;
use parquet::basic::Compression;
use parquet::data_type::{BoolType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a row group.
const GROUP_ROWS: usize = 1 << 20;

/// What is known of a recording before its first spike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Number of each unit, ascending, with or without spikes.
    pub unit_ids: Vec<i64>,
    /// Width and height in pixels of an event camera.
    pub sensor: Option<(u32, u32)>,
    /// Whether each spike comes with a channel.
    pub channels: bool,
    /// Whether each spike comes with a polarity.
    pub polarities: bool,
}

/// Writes spikes to a Parquet file as they come, in order of time, holding one row group (2^20 spikes) in memory. The file
/// has its name only after [`finish`](Self::finish); dropped before, nothing is left.
///
/// ```
/// use synfire_datasets::formats::{self, ReadOptions, parquet::{Layout, TrainsWriter}};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("network.parquet");
/// let mut writer = TrainsWriter::create(&path, Layout { unit_ids: (0..3).collect(), ..Layout::default() })?;
/// writer.push(&[0.001, 0.002], &[2, 0])?;
/// writer.push(&[0.002], &[2])?;
/// writer.finish(0.0, 0.01)?;
/// let recording = formats::read(&path, &ReadOptions::default())?;
/// assert_eq!((recording.len(), recording.unit_ids.len(), recording.stop_s), (3, 3, 0.01));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TrainsWriter {
    path: PathBuf,
    whole: WholeFile,
    file: SerializedFileWriter<BufWriter<File>>,
    layout: Layout,
    /// Which units have spiked.
    spiked: Vec<bool>,
    first_s: Option<f64>,
    last_s: f64,
    written: u64,
    /// Rows of the row group that is being gathered.
    times_s: Vec<f64>,
    units: Vec<i64>,
    channels: Vec<i32>,
    polarities: Vec<bool>,
}

impl TrainsWriter {
    /// Starts a file of the units and columns of `layout`.
    ///
    /// # Errors
    /// [`FormatError::Write`] if the file cannot be created, [`FormatError::Field`] if the units do not ascend.
    pub fn create(path: &Path, layout: Layout) -> Result<Self, FormatError> {
        if !layout.unit_ids.is_sorted_by(|a, b| a < b) {
            let remedy = "give each unit once, in order of its number";
            return Err(FormatError::field(path, "unit_ids", "not ascending", remedy));
        }
        let (whole, file) = WholeFile::create(path).map_err(FormatError::write(path))?;
        let mut schema = "message spikes { required double time_s; required int64 unit; ".to_owned();
        if layout.channels {
            schema.push_str("required int32 channel (INTEGER(32,false)); ");
        }
        if layout.polarities {
            schema.push_str("required boolean polarity; ");
        }
        schema.push('}');
        // Times hardly repeat: a dictionary of them would be given up after it was built.
        let properties = WriterProperties::builder()
            .set_created_by(format!("synfire {}", env!("CARGO_PKG_VERSION")))
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_column_dictionary_enabled(ColumnPath::from("time_s"), false)
            .set_max_row_group_row_count(None)
            .build();
        let schema = parse_message_type(&schema).map_err(encode(path))?;
        let file =
            SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).map_err(encode(path))?;
        Ok(Self {
            path: path.to_owned(),
            whole,
            file,
            spiked: vec![false; layout.unit_ids.len()],
            layout,
            first_s: None,
            last_s: f64::NEG_INFINITY,
            written: 0,
            times_s: Vec::new(),
            units: Vec::new(),
            channels: Vec::new(),
            polarities: Vec::new(),
        })
    }

    /// Adds spikes without channels and polarities, see [`push_events`](Self::push_events).
    ///
    /// # Errors
    /// As for [`push_events`](Self::push_events).
    pub fn push(&mut self, times_s: &[f64], units: &[u32]) -> Result<(), FormatError> {
        self.push_events(times_s, units, None, None)
    }

    /// Adds spikes: times in seconds that ascend from push to push, an index into the layout's units for each, and the
    /// columns that the layout promised.
    ///
    /// # Errors
    /// [`FormatError::Trains`] for a time that is not finite or comes before an earlier one, [`FormatError::Field`] for
    /// a unit that the layout lacks or columns that differ in length or from the layout, [`FormatError::Write`].
    pub fn push_events(
        &mut self,
        times_s: &[f64],
        units: &[u32],
        channels: Option<&[u32]>,
        polarities: Option<&[bool]>,
    ) -> Result<(), FormatError> {
        let fits = |length: Option<usize>, promised: bool| length == promised.then_some(times_s.len());
        if units.len() != times_s.len()
            || !fits(channels.map(<[u32]>::len), self.layout.channels)
            || !fits(polarities.map(<[bool]>::len), self.layout.polarities)
        {
            let remedy = "give each column of the layout, with one value for each spike";
            return Err(FormatError::field(&self.path, "columns", "of different length", remedy));
        }
        for (row, (&time_s, &unit)) in times_s.iter().zip(units).enumerate() {
            let Some(&id) = self.layout.unit_ids.get(unit as usize) else {
                let value = format_args!("{unit} among {} units", self.layout.unit_ids.len());
                return Err(FormatError::field(&self.path, "units", value, "give an index into unit_ids"));
            };
            if !time_s.is_finite() || time_s < self.last_s {
                let index = usize::try_from(self.written).unwrap_or(usize::MAX) + self.times_s.len();
                let source = if time_s.is_finite() {
                    TrainError::Unsorted { unit: id, index, time_s }
                } else {
                    TrainError::NotFinite { unit: id, index, time_s }
                };
                return Err(FormatError::Trains { path: self.path.clone(), source });
            }
            self.first_s.get_or_insert(time_s);
            self.last_s = time_s;
            self.spiked[unit as usize] = true;
            self.times_s.push(time_s);
            self.units.push(id);
            self.channels.extend(channels.map(|channels| channels[row] as i32));
            self.polarities.extend(polarities.map(|polarities| polarities[row]));
            if self.times_s.len() == GROUP_ROWS {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Writes the footer with the span `start_s..=stop_s` in seconds, and gives the file its name. Gives the number of
    /// spikes written.
    ///
    /// # Errors
    /// [`FormatError::Field`] if the span is not finite or ends before it starts, [`FormatError::Trains`] if a spike lies
    /// outside, [`FormatError::Write`].
    pub fn finish(mut self, start_s: f64, stop_s: f64) -> Result<u64, FormatError> {
        if !(start_s.is_finite() && stop_s.is_finite() && start_s <= stop_s) {
            let value = format_args!("{start_s} to {stop_s}");
            let remedy = "give a finite span that does not end early";
            return Err(FormatError::field(&self.path, "start_s to stop_s", value, remedy));
        }
        self.flush()?;
        let first_s = self.first_s.unwrap_or(start_s);
        if first_s < start_s || self.last_s > stop_s {
            let (index, time_s) =
                if first_s < start_s { (0, first_s) } else { (self.written - 1, self.last_s) };
            let value = format_args!("{time_s} s for spike {index}");
            let remedy = format_args!("give a span that holds it, not {start_s} to {stop_s} s");
            return Err(FormatError::field(&self.path, "time_s", value, remedy));
        }
        let silent = self.layout.unit_ids.iter().zip(&self.spiked).filter(|(_, spiked)| !**spiked);
        for (key, value) in span_keys(start_s, stop_s, self.layout.sensor, silent.map(|(id, _)| *id)) {
            self.file.append_key_value_metadata(KeyValue::new(format!("{KEY_PREFIX}{key}"), value));
        }
        let file = self.file.into_inner().map_err(encode(&self.path))?;
        self.whole.finish(file).map_err(FormatError::write(&self.path))?;
        Ok(self.written)
    }

    /// Writes the rows that were gathered as a row group.
    fn flush(&mut self) -> Result<(), FormatError> {
        if self.times_s.is_empty() {
            return Ok(());
        }
        let mut write = || -> ParquetResult<()> {
            let mut group = self.file.next_row_group()?;
            write_column::<DoubleType, _>(&mut group, &self.times_s)?;
            write_column::<Int64Type, _>(&mut group, &self.units)?;
            if self.layout.channels {
                write_column::<Int32Type, _>(&mut group, &self.channels)?;
            }
            if self.layout.polarities {
                write_column::<BoolType, _>(&mut group, &self.polarities)?;
            }
            group.close().map(drop)
        };
        write().map_err(encode(&self.path))?;
        self.written += self.times_s.len() as u64;
        self.times_s.clear();
        self.units.clear();
        self.channels.clear();
        self.polarities.clear();
        Ok(())
    }
}

impl std::fmt::Debug for TrainsWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrainsWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

pub(super) fn write_column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
) -> ParquetResult<()> {
    if let Some(mut column) = group.next_column()? {
        column.typed::<T>().write_batch(values, None, None)?;
        column.close()?;
    }
    Ok(())
}

pub(super) fn encode(path: &Path) -> impl FnOnce(ParquetError) -> FormatError + use<'_> {
    move |error| FormatError::write(path)(io::Error::other(error))
}

/// Writes a recording that was checked.
pub(in crate::formats) fn write(path: &Path, recording: &Recording) -> Result<(), FormatError> {
    let layout = Layout {
        unit_ids: recording.unit_ids.clone(),
        sensor: recording.sensor,
        channels: recording.channels.is_some(),
        polarities: recording.polarities.is_some(),
    };
    let mut writer = TrainsWriter::create(path, layout)?;
    let (channels, polarities) = (recording.channels.as_deref(), recording.polarities.as_deref());
    writer.push_events(&recording.times_s, &recording.units, channels, polarities)?;
    writer.finish(recording.start_s, recording.stop_s).map(drop)
}
