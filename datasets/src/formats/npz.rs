//! NumPy archives: the columns of `table.rs` as one-dimensional arrays of integers, floats or booleans of any width.
//!
//! `numpy.load` gives what is written: `time_s` (float64), `unit` (int64), `channel` (uint32) and `polarity` (bool) where
//! known, and, for what a recording says besides its rows, `unit_ids` (int64), `start_s` and `stop_s` (float64 scalars)
//! and `sensor` (uint32, width and height in pixels). Archives of `numpy.savez` and `savez_compressed` are read.

use super::table::{self, Number, Rows};
use super::{Format, FormatError, ReadOptions};
use crate::trains::Recording;
use crate::whole_file::WholeFile;
use npyz::{DType, Endianness, NpyHeader, TypeChar, WriterBuilder};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::Path;
use zip::{ZipArchive, ZipWriter};

/// Bytes of an array that are read at a time; a multiple of every width.
const CHUNK: usize = 1 << 16;
/// The longest header that is read; those of one-dimensional arrays have 128 bytes.
const HEADER: usize = 1 << 10;

/// Reads an NPZ file.
pub(super) fn read(path: &Path, options: &ReadOptions) -> Result<Recording, FormatError> {
    let file = File::open(path).map_err(FormatError::read(path))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| {
        FormatError::foreign(path, Format::Npz, format_args!("{error}; restore the file or save it again"))
    })?;
    let names: Vec<String> =
        archive.file_names().filter_map(|name| name.strip_suffix(".npy")).map(str::to_owned).collect();
    let columns = table::columns(path, names.iter().map(String::as_str))?;
    let mut rows = Rows::new(&columns);
    for column in &columns {
        each(path, &mut archive, &column.name, |number| rows.push(path, column, number))?;
    }
    let has = |name: &str| names.iter().any(|known| known == name);
    if has("unit_ids") {
        rows.unit_ids = integers(path, &mut archive, "unit_ids")?;
    }
    if has("start_s") {
        rows.start_s = Some(scalar(path, &mut archive, "start_s")?);
    }
    if has("stop_s") {
        rows.stop_s = Some(scalar(path, &mut archive, "stop_s")?);
    }
    if has("sensor") {
        let size = integers(path, &mut archive, "sensor")?;
        let pixels: Vec<u32> = size.iter().filter_map(|pixels| u32::try_from(*pixels).ok()).collect();
        match pixels[..] {
            [width, height] if size.len() == 2 => rows.sensor = Some((width, height)),
            _ => {
                let value = format_args!("{:?}", size.get(..8).unwrap_or(&size));
                return Err(FormatError::field(path, "sensor", value, "give width and height in pixels"));
            }
        }
    }
    rows.recording(path, options)
}

fn integers<R: Read + Seek>(
    path: &Path,
    archive: &mut ZipArchive<R>,
    name: &str,
) -> Result<Vec<i64>, FormatError> {
    let mut values = Vec::new();
    each(path, archive, name, |number| match number.to_i64() {
        Some(value) => {
            values.push(value);
            Ok(())
        }
        None => Err(FormatError::field(path, name, number, "give integers")),
    })?;
    Ok(values)
}

fn scalar<R: Read + Seek>(path: &Path, archive: &mut ZipArchive<R>, name: &str) -> Result<f64, FormatError> {
    let (mut value, mut values) = (f64::NAN, 0_usize);
    each(path, archive, name, |number| {
        (value, values) = (number.to_f64(), values + 1);
        Ok(())
    })?;
    if values == 1 {
        Ok(value)
    } else {
        Err(FormatError::field(path, name, format_args!("{values} values"), "give one time in seconds"))
    }
}

/// Calls `take` with each number of an array.
fn each<R: Read + Seek>(
    path: &Path,
    archive: &mut ZipArchive<R>,
    name: &str,
    mut take: impl FnMut(Number) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let broken = |reason: &dyn std::fmt::Display| {
        let value = format_args!("not readable ({reason})");
        FormatError::field(path, format_args!("array '{name}'"), value, "restore the file or save it again")
    };
    let mut entry = archive.by_name(&format!("{name}.npy")).map_err(|error| broken(&error))?;
    let header = header(&mut entry).map_err(|error| broken(&error))?;
    let dtype = header.dtype();
    let (width, decode) = decoder(&dtype).ok_or_else(|| {
        let value = format_args!("of type {}", dtype.descr());
        FormatError::field(path, format_args!("array '{name}'"), value, "save integers, floats or booleans")
    })?;
    let mut left = header.shape().first().copied().unwrap_or(1);
    let mut chunk = vec![0; CHUNK];
    while left > 0 {
        let items = left.min((CHUNK / width) as u64) as usize;
        let bytes = &mut chunk[..items * width];
        entry
            .read_exact(bytes)
            .map_err(|error| broken(&format_args!("{left} values are missing: {error}")))?;
        for item in bytes.chunks_exact(width) {
            take(decode(item))?;
        }
        left -= items as u64;
    }
    // Reading on to the end has the archive compare its checksum.
    match entry.read(&mut chunk) {
        Ok(0) => Ok(()),
        Ok(_) => Err(broken(&"it holds more than its shape tells")),
        Err(error) => Err(broken(&error)),
    }
}

/// The header of an array of one dimension or none. It is parsed only if it is as short and flat as those are.
fn header(entry: &mut impl Read) -> io::Result<NpyHeader> {
    let refused = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, reason);
    let mut start = vec![0; 10];
    entry.read_exact(&mut start)?;
    if start[6] > 1 {
        start.resize(12, 0);
        entry.read_exact(&mut start[10..])?;
    }
    let length = start[8..].iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte));
    if !start.starts_with(b"\x93NUMPY") || length > HEADER {
        return Err(refused("it has no header of an array of one dimension"));
    }
    let mut text = vec![0; length];
    entry.read_exact(&mut text)?;
    let count = |mark: u8| text.iter().filter(|byte| **byte == mark).count();
    let shape =
        text.split(|byte| *byte == b'(').nth(1).and_then(|rest| rest.split(|byte| *byte == b')').next());
    let dimensions =
        shape.map(|shape| shape.split(|byte| *byte == b',').filter(|n| !n.trim_ascii().is_empty()).count());
    if count(b'{') != 1 || count(b'(') != 1 || count(b'[') != 0 || dimensions.is_none_or(|n| n > 1) {
        return Err(refused("it is no plain array of one dimension"));
    }
    NpyHeader::from_reader(start.chain(&text[..]))
}

/// Makes a number of the bytes of an item.
type Decode = fn(&[u8]) -> Number;

/// Bytes of an item, and what makes a number of them.
fn decoder(dtype: &DType) -> Option<(usize, Decode)> {
    let DType::Plain(kind) = dtype else { return None };
    let big = kind.endianness() == Endianness::Big;
    macro_rules! as_number {
        ($t:ty, $n:literal, $number:expr) => {{
            let decode: Decode = if big {
                |bytes| $number(<$t>::from_be_bytes(bytes.try_into().unwrap_or([0; $n])))
            } else {
                |bytes| $number(<$t>::from_le_bytes(bytes.try_into().unwrap_or([0; $n])))
            };
            Some(($n, decode))
        }};
    }
    match (kind.type_char(), kind.size_field()) {
        (TypeChar::Bool, 1) => as_number!(u8, 1, |v: u8| Number::Integer(i64::from(v != 0))),
        (TypeChar::Int, 1) => as_number!(i8, 1, |v| Number::Integer(i64::from(v))),
        (TypeChar::Int, 2) => as_number!(i16, 2, |v| Number::Integer(i64::from(v))),
        (TypeChar::Int, 4) => as_number!(i32, 4, |v| Number::Integer(i64::from(v))),
        (TypeChar::Int, 8) => as_number!(i64, 8, Number::Integer),
        (TypeChar::Uint, 1) => as_number!(u8, 1, |v| Number::Integer(i64::from(v))),
        (TypeChar::Uint, 2) => as_number!(u16, 2, |v| Number::Integer(i64::from(v))),
        (TypeChar::Uint, 4) => as_number!(u32, 4, |v| Number::Integer(i64::from(v))),
        (TypeChar::Uint, 8) => as_number!(u64, 8, Number::from),
        (TypeChar::Float, 2) => as_number!(half::f16, 2, |v: half::f16| Number::Float(v.to_f64())),
        (TypeChar::Float, 4) => as_number!(f32, 4, |v| Number::Float(f64::from(v))),
        (TypeChar::Float, 8) => as_number!(f64, 8, Number::Float),
        _ => None,
    }
}

/// Writes a recording that was checked. The archive is not compressed, as `numpy.savez` leaves it.
pub(super) fn write(path: &Path, recording: &Recording) -> Result<(), FormatError> {
    let (whole, file) = WholeFile::create(path).map_err(FormatError::write(path))?;
    let mut archive = ZipWriter::new(file);
    let mut write = || -> io::Result<_> {
        let rows = &[recording.len() as u64][..];
        let units = recording.units.iter().map(|unit| recording.unit_ids[*unit as usize]);
        array(&mut archive, "time_s", rows, recording.times_s.iter().copied())?;
        array(&mut archive, "unit", rows, units)?;
        if let Some(channels) = &recording.channels {
            array(&mut archive, "channel", rows, channels.iter().copied())?;
        }
        if let Some(polarities) = &recording.polarities {
            array(&mut archive, "polarity", rows, polarities.iter().copied())?;
        }
        array(
            &mut archive,
            "unit_ids",
            &[recording.unit_ids.len() as u64],
            recording.unit_ids.iter().copied(),
        )?;
        array(&mut archive, "start_s", &[], [recording.start_s])?;
        array(&mut archive, "stop_s", &[], [recording.stop_s])?;
        if let Some((width, height)) = recording.sensor {
            array(&mut archive, "sensor", &[2], [width, height])?;
        }
        Ok(archive.finish()?)
    };
    let file = write().map_err(FormatError::write(path))?;
    whole.finish(file).map_err(FormatError::write(path))
}

/// Adds an array to the archive, dated 1980 so that the same recording gives the same bytes.
fn array<T: npyz::AutoSerialize>(
    archive: &mut ZipWriter<impl Write + Seek>,
    name: &str,
    shape: &[u64],
    values: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    let bytes = shape.first().map_or(1, |items| items * size_of::<T>() as u64);
    let options = zip::write::FileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default())
        .large_file(bytes >= u64::from(u32::MAX) - HEADER as u64);
    archive.start_file(format!("{name}.npy"), options)?;
    let mut writer =
        npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut *archive).begin_nd()?;
    writer.extend(values)?;
    writer.finish()
}
