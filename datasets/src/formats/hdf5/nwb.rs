//! Neurodata Without Borders 2: the `units` table (Rübel et al. 2022, schema 2.7).
//!
//! `spike_times` (seconds) holds the trains one behind the other, `spike_times_index` the end of each, `id` the numbers of the
//! units, and `obs_intervals` when each was observed: the span of a recording is from the first start to the last end.
//!
//! Written files have two more columns where known, `spike_channels` and `spike_polarities`, one value a spike, and the
//! attribute `sensor` (width and height in pixels). Two things are lost: the order of spikes of different units at the same
//! time, and the span of a recording without units. A [`Recording`] knows no date; `session_start_time` is 1970-01-01.
//! The schema itself is not copied into the file; pynwb brings its own.

use super::{Table, open};
use crate::formats::table::Rows;
use crate::formats::{Format, FormatError, ReadOptions};
use crate::trains::Recording;
use crate::whole_file::WholeFile;
use hdf5_metno::types::VarLenUnicode;
use hdf5_metno::{Dataset, File, Group, H5Type, Location, ObjectReference1};
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;

const CHANNELS: &str = "spike_channels";
const POLARITIES: &str = "spike_polarities";

/// Reads the units table.
pub(in crate::formats) fn read(path: &Path, options: &ReadOptions) -> Result<Recording, FormatError> {
    let file = open(path, Format::Nwb)?;
    if !file.link_exists("units") || file.group("units").is_err() {
        return Err(FormatError::foreign(
            path,
            Format::Nwb,
            "it has no 'units' table; give a file with sorted spikes",
        ));
    }
    let has = |name: &str| file.link_exists(&format!("units/{name}"));
    let mut rows = Rows::default();
    let ids: Vec<i64> = Table::open(path, &file, "units/id", 1)?.all()?;
    if let Some(twice) = twice(&ids) {
        return Err(FormatError::field(
            path,
            "units/id",
            format_args!("{twice} twice"),
            "number each unit once",
        ));
    }
    if has("spike_times") {
        let times = Table::open(path, &file, "units/spike_times", 1)?;
        let ends: Vec<u64> = Table::open(path, &file, "units/spike_times_index", 1)?.all()?;
        if ends.len() != ids.len() {
            let value = format_args!("{} ends", ends.len());
            let remedy = format_args!("give one for each of {} units", ids.len());
            return Err(FormatError::field(path, "units/spike_times_index", value, remedy));
        }
        rows.times_s = times.all()?;
        let mut start = 0;
        for (unit, end) in ids.iter().zip(ends) {
            let end = usize::try_from(end).ok().filter(|end| (start..=rows.times_s.len()).contains(end));
            let Some(end) = end else {
                let value =
                    format_args!("not ascending within {} spikes for unit {unit}", rows.times_s.len());
                return Err(FormatError::field(
                    path,
                    "units/spike_times_index",
                    value,
                    "write the file again",
                ));
            };
            rows.units.resize(end, *unit);
            start = end;
        }
        if has(CHANNELS) {
            rows.channels = Some(Table::open(path, &file, "units/spike_channels", 1)?.all()?);
        }
        if has(POLARITIES) {
            let polarities: Vec<u8> = Table::open(path, &file, "units/spike_polarities", 1)?.all()?;
            rows.polarities = Some(polarities.iter().map(|on| *on != 0).collect());
        }
    }
    rows.unit_ids = ids;
    if has("obs_intervals") {
        (rows.start_s, rows.stop_s) = span(&Table::open(path, &file, "units/obs_intervals", 2)?)?;
    }
    if let Ok(sensor) = file.group("units").and_then(|units| units.attr("sensor")) {
        match sensor.shape()[..] {
            [2] => {
                let size = sensor.read_raw::<u32>().unwrap_or_default();
                rows.sensor = size.first().copied().zip(size.get(1).copied());
            }
            _ => {
                let value = format_args!("of shape {:?}", sensor.shape());
                return Err(FormatError::field(
                    path,
                    "units: sensor",
                    value,
                    "give width and height in pixels",
                ));
            }
        }
    }
    rows.recording(path, options)
}

/// The first start and the last end among `[start, end]` rows.
fn span(intervals: &Table) -> Result<(Option<f64>, Option<f64>), FormatError> {
    if intervals.shape.get(1) != Some(&2) {
        let value = format_args!("of shape {:?}", intervals.shape);
        return Err(FormatError::field(
            intervals.path,
            intervals.name,
            value,
            "give a start and an end a row",
        ));
    }
    let (mut first, mut last): (Option<f64>, Option<f64>) = (None, None);
    let mut from = 0;
    while from < intervals.len() {
        let to = intervals.len().min(from + super::SLICE);
        let rows = intervals
            .data
            .read_slice_2d::<f64, _>((from..to, ..))
            .map_err(|error| intervals.broken(&error))?;
        for row in rows.rows() {
            first = Some(first.map_or(row[0], |first| first.min(row[0])));
            last = Some(last.map_or(row[1], |last| last.max(row[1])));
        }
        from = to;
    }
    Ok((first, last))
}

/// A number that occurs twice.
fn twice(ids: &[i64]) -> Option<i64> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

/// Writes a recording that was checked.
pub(in crate::formats) fn write(path: &Path, recording: &Recording) -> Result<(), FormatError> {
    let whole = WholeFile::prepare(path);
    let write = || -> hdf5_metno::Result<()> {
        let file = File::create(whole.tmp())?;
        Writer { seed: seed(recording) }.file(&file, recording)?;
        file.close()
    };
    write().map_err(|error| FormatError::write(path)(io::Error::other(error.to_string())))?;
    whole.rename().map_err(FormatError::write(path))
}

/// What the identifiers of a file are made of: the recording, so that the same one gives the same file.
fn seed(recording: &Recording) -> [u8; 32] {
    let mut hash = Sha256::new();
    recording.times_s.iter().for_each(|time_s| hash.update(time_s.to_le_bytes()));
    recording.units.iter().for_each(|unit| hash.update(unit.to_le_bytes()));
    recording.unit_ids.iter().for_each(|id| hash.update(id.to_le_bytes()));
    hash.update(recording.start_s.to_le_bytes());
    hash.update(recording.stop_s.to_le_bytes());
    hash.finalize().into()
}

struct Writer {
    seed: [u8; 32],
}

impl Writer {
    fn file(&self, file: &File, recording: &Recording) -> hdf5_metno::Result<()> {
        self.typed(file, "core", "NWBFile")?;
        attribute(file, "nwb_version", "2.7.0")?;
        let epoch = "1970-01-01T00:00:00+00:00";
        for (name, value) in [
            ("identifier", self.uuid("identifier").as_str()),
            ("session_description", "spike trains"),
            ("session_start_time", epoch),
            ("timestamps_reference_time", epoch),
        ] {
            let data = file.new_dataset::<VarLenUnicode>().obj_track_times(false).create(name)?;
            data.write_scalar(&text(value)?)?;
        }
        file.new_dataset_builder()
            .with_data(&[text(epoch)?])
            .obj_track_times(false)
            .create("file_create_date")?;
        for name in [
            "acquisition",
            "analysis",
            "general",
            "processing",
            "stimulus",
            "stimulus/presentation",
            "stimulus/templates",
        ] {
            file.create_group(name)?;
        }
        self.units(&file.create_group("units")?, recording)
    }

    fn units(&self, group: &Group, recording: &Recording) -> hdf5_metno::Result<()> {
        self.typed(group, "core", "Units")?;
        attribute(group, "description", "spike trains")?;
        let order = by_unit(recording);
        let ends: Vec<u64> = {
            let mut ends = vec![0; recording.unit_ids.len()];
            recording.units.iter().for_each(|unit| ends[*unit as usize] += 1);
            ends.iter_mut()
                .scan(0, |sum, spikes| {
                    *sum += *spikes;
                    Some(*sum)
                })
                .collect()
        };
        let mut columns = vec!["spike_times", "obs_intervals"];
        let times_s: Vec<f64> = order.iter().map(|row| recording.times_s[*row]).collect();
        self.ragged(group, "spike_times", "spike times in seconds", &times_s, &ends)?;
        if let Some(channels) = &recording.channels {
            let channels: Vec<u32> = order.iter().map(|row| channels[*row]).collect();
            self.ragged(group, CHANNELS, "channel of each spike", &channels, &ends)?;
            columns.push(CHANNELS);
        }
        if let Some(polarities) = &recording.polarities {
            let polarities: Vec<u8> = order.iter().map(|row| u8::from(polarities[*row])).collect();
            self.ragged(group, POLARITIES, "polarity of each event, 1: ON", &polarities, &ends)?;
            columns.push(POLARITIES);
        }
        let units = recording.unit_ids.len();
        let spans = [recording.start_s, recording.stop_s].repeat(units);
        let data =
            group.new_dataset::<f64>().shape((units, 2)).obj_track_times(false).create("obs_intervals")?;
        data.write_raw(&spans)?;
        self.column(&data, "VectorData", "start and end of the observation in seconds")?;
        self.index(group, "obs_intervals", &(1..=units as u64).collect::<Vec<_>>())?;

        let ids = dataset(group, "id", &recording.unit_ids)?;
        self.typed(&ids, "hdmf-common", "ElementIdentifiers")?;
        let names = columns.iter().map(|name| text(name)).collect::<hdf5_metno::Result<Vec<_>>>()?;
        group.new_attr_builder().with_data(&names[..]).create("colnames")?;
        if let Some((width, height)) = recording.sensor {
            group.new_attr_builder().with_data(&[width, height]).create("sensor")?;
        }
        Ok(())
    }

    /// A column whose values belong to units, and the index that says where those of each unit end.
    fn ragged<T: H5Type>(
        &self,
        group: &Group,
        name: &str,
        description: &str,
        values: &[T],
        ends: &[u64],
    ) -> hdf5_metno::Result<()> {
        self.column(&dataset(group, name, values)?, "VectorData", description)?;
        self.index(group, name, ends)
    }

    fn index(&self, group: &Group, name: &str, ends: &[u64]) -> hdf5_metno::Result<()> {
        let index = dataset(group, &format!("{name}_index"), ends)?;
        self.column(&index, "VectorIndex", &format!("index for VectorData '{name}'"))?;
        let target: ObjectReference1 = group.reference(name)?;
        index.new_attr::<ObjectReference1>().create("target")?.write_scalar(&target)
    }

    fn column(&self, data: &Dataset, kind: &str, description: &str) -> hdf5_metno::Result<()> {
        self.typed(data, "hdmf-common", kind)?;
        attribute(data, "description", description)
    }

    /// The attributes by which a reader knows what an object is.
    fn typed(&self, object: &Location, namespace: &str, kind: &str) -> hdf5_metno::Result<()> {
        attribute(object, "namespace", namespace)?;
        attribute(object, "neurodata_type", kind)?;
        attribute(object, "object_id", &self.uuid(&object.name()))
    }

    /// A UUID of version 8 (RFC 9562) of the recording and a name.
    fn uuid(&self, name: &str) -> String {
        let mut bytes: [u8; 32] = Sha256::new().chain_update(self.seed).chain_update(name).finalize().into();
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex: String = bytes[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }
}

/// The rows unit by unit, in order of time within each.
fn by_unit(recording: &Recording) -> Vec<usize> {
    let mut order: Vec<usize> = (0..recording.len()).collect();
    order.sort_by_key(|row| recording.units[*row]);
    order
}

fn dataset<T: H5Type>(group: &Group, name: &str, values: &[T]) -> hdf5_metno::Result<Dataset> {
    group.new_dataset_builder().with_data(values).obj_track_times(false).create(name)
}

fn attribute(object: &Location, name: &str, value: &str) -> hdf5_metno::Result<()> {
    object.new_attr::<VarLenUnicode>().create(name)?.write_scalar(&text(value)?)
}

fn text(value: &str) -> hdf5_metno::Result<VarLenUnicode> {
    value.parse().map_err(|_| hdf5_metno::Error::from("text with a zero byte"))
}
