//! AEDAT 4 of iniVation's DV: a header that lists streams, then packets, each a FlatBuffer of its own.
//!
//! ```text
//! #!AER-DAT4.0\r\n
//! size u32, FlatBuffer IOHE { compression i32, dataTablePosition i64, infoNode string (XML) }
//! packets: stream i32, size i32, `size` bytes, compressed
//! from dataTablePosition on, unless it is -1: a table of the packets, which is not needed here
//! ```
//!
//! A packet of events is, once it is decompressed, `size u32, FlatBuffer EVTS { elements [Event] }`, and an event takes
//! 16 bytes: time i64 in microseconds since 1970, column x i16, row y i16, polarity u8, three of padding. Packets of
//! other streams are skipped. Of a file with several streams of events, `ReadOptions::sample` chooses one.
//!
//! A packet may not decompress to more than 255 times its size, the most that LZ4 can reach, and 64 KiB, nor to more
//! than 1 GiB; nor to more than its own first number says. Memory grows as bytes come out, not by that number.
//!
//! Source: docs.inivation.com, "AEDAT 4.0", and the FlatBuffers schemas it links.

mod flatbuffer;
mod streams;

use super::{Events, FormatError, ReadOptions, bytes_at};
use crate::formats::Format;
use flatbuffer::Table;
use std::io::{self, Read};
use std::path::Path;
use streams::Stream;

const MAGIC: &[u8] = b"#!AER-DAT4.0\r\n";
const EVENT_BYTES: usize = 16;
/// Largest sensor: coordinates are positive numbers of 16 bits.
const ADDRESSES: u32 = 1 << 15;
const MOST_TIMES: usize = 255;
const LEAST_LIMIT: usize = 1 << 16;
const MOST_BYTES: usize = 1 << 30;

/// How packets are compressed; high levels are read the same way.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Compression {
    None,
    Lz4,
    Zstd,
}

/// What the header says.
struct Header {
    compression: Compression,
    stream: Stream,
    /// Where the packets start and end.
    packets: std::ops::Range<usize>,
}

impl Header {
    fn new(bytes: &[u8], path: &Path, options: &ReadOptions) -> Result<Self, FormatError> {
        if !bytes.starts_with(MAGIC) {
            let reason = "its first line is not #!AER-DAT4.0; older versions can be converted with DV";
            return Err(FormatError::foreign(path, Format::Aedat4, reason));
        }
        let Some(size) = bytes_at(bytes, MAGIC.len()).map(u32::from_le_bytes) else {
            return Err(FormatError::truncated(path, bytes.len(), "the size of the header is missing"));
        };
        let start = MAGIC.len() + 4;
        let Some(buffer) = bytes.get(start..).and_then(|rest| rest.get(..size as usize)) else {
            let reason = format!("the header should have {size} bytes");
            return Err(FormatError::truncated(path, bytes.len(), reason));
        };
        let fields = Table::root(buffer).and_then(|t| Some((t.number(0)?, t.number(1)?, t.vector(2, 1)?)));
        let Some((compression, table_at, info)) = fields else {
            let remedy = "an offset leads out of it; the file is damaged";
            return Err(FormatError::field(path, "header", "no FlatBuffer", remedy));
        };
        let compression = match compression.map_or(0, i32::from_le_bytes) {
            0 => Compression::None,
            1 | 2 => Compression::Lz4,
            3 | 4 => Compression::Zstd,
            other => {
                let remedy = "it should be 0 (none), 1 or 2 (LZ4), 3 or 4 (Zstandard)";
                return Err(FormatError::field(path, "compression", other, remedy));
            }
        };
        let streams = streams::event_streams(&String::from_utf8_lossy(info));
        let Some(stream) = streams.get(options.sample) else {
            let remedy = format!("the file has {} streams of events; count them from 0", streams.len());
            return Err(FormatError::field(path, "sample", options.sample, remedy));
        };
        if let Some((width, height)) = stream.size
            && !((1..=ADDRESSES).contains(&width) && (1..=ADDRESSES).contains(&height))
        {
            let (field, value) = (format!("size of stream {}", stream.id), format!("{width} x {height}"));
            return Err(FormatError::field(path, field, value, "each should be 1 to 32768 pixels"));
        }
        let start = start + size as usize;
        let end = match table_at.map_or(-1, i64::from_le_bytes) {
            -1 => bytes.len(),
            at => match usize::try_from(at).ok().filter(|at| *at >= start) {
                Some(at) if at <= bytes.len() => at,
                Some(at) => {
                    let reason = format!("its packets should reach to byte {at}");
                    return Err(FormatError::truncated(path, bytes.len(), reason));
                }
                None => {
                    let remedy = format!("the packets start at byte {start}; the file is damaged");
                    return Err(FormatError::field(path, "position of the data table", at, remedy));
                }
            },
        };
        Ok(Self { compression, stream: stream.clone(), packets: start..end })
    }
}

/// Decompresses `data` into `buffer`, which then holds a FlatBuffer without its size; the error says what is wrong.
fn decompress(data: &[u8], compression: Compression, buffer: &mut Vec<u8>) -> Result<(), String> {
    match compression {
        Compression::None => take(data, data.len(), buffer),
        Compression::Lz4 => take(lz4_flex::frame::FrameDecoder::new(data), data.len(), buffer),
        Compression::Zstd => {
            let decoder = zstd::Decoder::with_buffer(data).map_err(|error| error.to_string())?;
            take(decoder, data.len(), buffer)
        }
    }
}

/// Reads the size that stands first, then as many bytes.
fn take(mut reader: impl Read, compressed: usize, buffer: &mut Vec<u8>) -> Result<(), String> {
    let failed = |error: io::Error| format!("it does not decompress ({error})");
    let mut size = [0; 4];
    reader.read_exact(&mut size).map_err(failed)?;
    let size = u32::from_le_bytes(size) as usize;
    let limit = compressed.saturating_mul(MOST_TIMES).saturating_add(LEAST_LIMIT).min(MOST_BYTES);
    if size > limit {
        return Err(format!("it says it decompresses to {size} bytes, where at most {limit} can be true"));
    }
    buffer.clear();
    // One byte more, so that the end of the compressed frame is reached and its checksum tested.
    let read = reader.take(size as u64 + 1).read_to_end(buffer).map_err(failed)?;
    if read == size {
        Ok(())
    } else {
        Err(format!("it should decompress to {size} bytes, but {read} came out"))
    }
}

/// Takes the events of the FlatBuffer of one packet; the error says what is wrong.
fn decode(buffer: &[u8], events: &mut Events) -> Result<(), String> {
    if bytes_at(buffer, 4) != Some(*b"EVTS") {
        return Err("it is no packet of type EVTS".into());
    }
    let records = Table::root(buffer).and_then(|table| table.vector(0, EVENT_BYTES));
    let (records, _) = records.ok_or("an offset leads out of it")?.as_chunks::<EVENT_BYTES>();
    for &[t0, t1, t2, t3, t4, t5, t6, t7, x0, x1, y0, y1, on, ..] in records {
        let (x, y) = (i16::from_le_bytes([x0, x1]), i16::from_le_bytes([y0, y1]));
        let (Ok(column), Ok(row)) = (u16::try_from(x), u16::try_from(y)) else {
            return Err(format!("an event lies at pixel ({x}, {y})"));
        };
        events.push(i64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]), column, row, on != 0);
    }
    Ok(())
}

/// The events of an AEDAT 4 file.
///
/// # Errors
/// [`FormatError::Foreign`] for another version, [`FormatError::Truncated`] within the header or a packet,
/// [`FormatError::Field`] for a header, a packet or a stream that cannot be, or is not there.
pub(in crate::formats) fn parse(
    bytes: &[u8],
    path: &Path,
    options: &ReadOptions,
) -> Result<Events, FormatError> {
    let header = Header::new(bytes, path, options)?;
    let mut events = Events::of(&[header.stream.size.unwrap_or((ADDRESSES, ADDRESSES))]);
    let mut buffer = Vec::new();
    let mut at = header.packets.start;
    while at < header.packets.end {
        let cut = |reason: String| FormatError::truncated(path, bytes.len(), reason);
        let Some(head) = bytes_at::<8>(&bytes[..header.packets.end], at) else {
            return Err(cut(format!("the packet at byte {at} has no whole header of 8 bytes")));
        };
        let [stream, size] = [[head[0], head[1], head[2], head[3]], [head[4], head[5], head[6], head[7]]];
        let (stream, size) = (i32::from_le_bytes(stream), i32::from_le_bytes(size));
        let damaged = |value: &dyn std::fmt::Display| {
            let remedy = "the file is damaged; restore it, or record it again";
            FormatError::field(path, format!("packet at byte {at}"), value, remedy)
        };
        let size = usize::try_from(size).map_err(|_| damaged(&format!("{size} bytes long")))?;
        let Some(data) = bytes[at + 8..header.packets.end].get(..size) else {
            return Err(cut(format!("the packet at byte {at} should have {size} bytes")));
        };
        if stream == header.stream.id {
            let decoded =
                decompress(data, header.compression, &mut buffer).and_then(|()| decode(&buffer, &mut events));
            decoded.map_err(|reason| damaged(&format!("unreadable: {reason}")))?;
        }
        at += 8 + size;
    }
    Ok(events)
}
