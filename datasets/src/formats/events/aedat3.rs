//! AEDAT 3.1 of iniVation's cAER and jAER, and of the DVS128 Gesture data set: header lines, then packets of events.
//!
//! Lines `#...\r\n`, the first `#!AER-DAT3.1`, the last `#!END-HEADER`. Each packet has a header of 28 bytes, numbers
//! little endian and signed, and `capacity` events of `size` bytes behind it:
//!
//! | bytes | meaning |
//! |---|---|
//! | 0..2 | type of its events; 1: polarity; packets of other types are skipped |
//! | 2..4 | source, the camera |
//! | 4..8 | size of an event in bytes, 8 for polarity |
//! | 8..12 | where in an event its time stands, 4 for polarity |
//! | 12..16 | how often the 31-bit time has run over |
//! | 16..20, 20..24, 24..28 | capacity, events in use, events that are valid |
//!
//! A polarity event is a word (bit 0 valid, 1 polarity, 2..=16 row y, 17..=31 column x) and the time in microseconds.
//! Events that are not valid are left out. Of a file with several cameras, `ReadOptions::sample` chooses one, counted
//! in the order in which they appear.
//!
//! The size of the sensor follows from the camera that the line `#Source` names, else the smallest known one that
//! holds every event is taken.
//!
//! Source: docs.inivation.com, "AEDAT 3.1", and the headers of libcaer.

use super::{Events, FormatError, ReadOptions, Size, bytes_at};
use crate::formats::Format;
use std::path::Path;

const VERSION: &[u8] = b"#!AER-DAT3.1";
const PACKET_HEADER: usize = 28;
const POLARITY: i16 = 1;
const POLARITY_BYTES: usize = 8;

/// Cameras by the start of their names, the longer before the shorter.
const CAMERAS: [(&str, Size); 8] = [
    ("DVS128", (128, 128)),
    ("DAVIS128", (128, 128)),
    ("DAVIS208", (208, 192)),
    ("DAVIS240", (240, 180)),
    ("DAVIS346", (346, 260)),
    ("DAVIS640", (640, 480)),
    ("DAVISHet640", (640, 480)),
    ("DAVISRGB", (640, 480)),
];
/// For a camera that is not known; the last is all that 15 bits can say.
const SENSORS: [Size; 6] = [(128, 128), (208, 192), (240, 180), (346, 260), (640, 480), (32768, 32768)];

/// Reads the header lines; returns the sizes that the sensor may have, and where the packets start.
fn header(bytes: &[u8], path: &Path) -> Result<(Vec<Size>, usize), FormatError> {
    if !bytes.starts_with(VERSION) {
        let reason = "its first line is not #!AER-DAT3.1; AEDAT 2 and 3.0 can be converted with DV";
        return Err(FormatError::foreign(path, Format::Aedat3, reason));
    }
    let mut sensors = SENSORS.to_vec();
    let mut start = 0;
    while let Some(rest) = bytes.get(start..).filter(|rest| rest.starts_with(b"#")) {
        let Some(end) = rest.iter().position(|&byte| byte == b'\n') else { break };
        let line = String::from_utf8_lossy(&rest[..end]);
        start += end + 1;
        match line.trim_end() {
            "#!END-HEADER" => return Ok((sensors, start)),
            "#Format: RAW" => {}
            line if line.starts_with("#Format:") => {
                return Err(FormatError::field(path, "header line", line, "only the format RAW can be read"));
            }
            line => {
                let name = line.strip_prefix("#Source").and_then(|rest| rest.split_once(':'));
                let camera = name
                    .and_then(|(_, name)| CAMERAS.iter().find(|(camera, _)| name.trim().starts_with(camera)));
                if let Some((_, size)) = camera {
                    sensors = vec![*size];
                }
            }
        }
    }
    Err(FormatError::truncated(path, bytes.len(), "the header has no line #!END-HEADER"))
}

/// What the header of a packet says.
struct Packet {
    kind: i16,
    source: i16,
    /// Bytes of an event.
    size: usize,
    overflow: i64,
    /// Events that the packet has room for, all of which the file holds.
    capacity: usize,
    /// Events that are there.
    number: usize,
}

impl Packet {
    /// Reads the header at `at`.
    fn new(bytes: &[u8], at: usize, path: &Path) -> Result<Self, FormatError> {
        let Some(header) = bytes_at::<PACKET_HEADER>(bytes, at) else {
            let reason =
                format!("the packet at byte {at} has {} of the 28 bytes of its header", bytes.len() - at);
            return Err(FormatError::truncated(path, bytes.len(), reason));
        };
        let short = |at: usize| i16::from_le_bytes([header[at], header[at + 1]]);
        let long =
            |at: usize| i32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let count = |field: &str, field_at: usize| {
            usize::try_from(long(field_at)).map_err(|_| {
                let field = format!("{field} of the packet at byte {at}");
                FormatError::field(
                    path,
                    field,
                    long(field_at),
                    "it must not be negative; the file is damaged",
                )
            })
        };
        let packet = Self {
            kind: short(0),
            source: short(2),
            size: count("size of an event", 4)?,
            overflow: i64::from(long(12)),
            capacity: count("capacity", 16)?,
            number: count("number of events", 20)?,
        };
        let (time_at, size) = (long(8), packet.size);
        if packet.kind == POLARITY && (size != POLARITY_BYTES || time_at != 4 || packet.overflow < 0) {
            let field = format!("size, place of the time and overflow in the polarity packet at byte {at}");
            let value = format!("({size}, {time_at}, {})", packet.overflow);
            return Err(FormatError::field(path, field, value, "it should be 8, 4 and at least 0"));
        }
        if packet.number > packet.capacity {
            let field = format!("number of events of the packet at byte {at}");
            let remedy = format!("its capacity is only {}; the file is damaged", packet.capacity);
            return Err(FormatError::field(path, field, packet.number, remedy));
        }
        Ok(packet)
    }
}

/// The events of an AEDAT 3.1 file.
///
/// # Errors
/// [`FormatError::Foreign`] for another version, [`FormatError::Truncated`] within the header or a packet,
/// [`FormatError::Field`] for a packet that cannot be, a time below 0 or a camera that is not there.
pub(in crate::formats) fn parse(
    bytes: &[u8],
    path: &Path,
    options: &ReadOptions,
) -> Result<Events, FormatError> {
    let (sensors, mut at) = header(bytes, path)?;
    let mut events = Events::of(&sensors);
    let mut sources = Vec::new();
    while at < bytes.len() {
        let packet = Packet::new(bytes, at, path)?;
        let start = at + PACKET_HEADER;
        let length = packet.size.saturating_mul(packet.capacity);
        let Some(data) = bytes.get(start..).and_then(|rest| rest.get(..length)) else {
            let reason = format!("the packet at byte {at} should have {length} bytes behind its header");
            return Err(FormatError::truncated(path, bytes.len(), reason));
        };
        at = start + length;
        if packet.kind != POLARITY {
            continue;
        }
        if sources.len() <= options.sample && !sources.contains(&packet.source) {
            sources.push(packet.source);
        }
        if sources.get(options.sample) == Some(&packet.source) {
            polarity(&mut events, &packet, data, start, path)?;
        }
    }
    if options.sample > 0 && options.sample >= sources.len() {
        let remedy = format!("the file has events of {} cameras; count them from 0", sources.len());
        return Err(FormatError::field(path, "sample", options.sample, remedy));
    }
    Ok(events)
}

/// Takes the valid events of a polarity packet whose events start at byte `start`.
fn polarity(
    events: &mut Events,
    packet: &Packet,
    data: &[u8],
    start: usize,
    path: &Path,
) -> Result<(), FormatError> {
    let (records, _) = data.as_chunks::<POLARITY_BYTES>();
    for (index, &[a, b, c, d, time @ ..]) in records.iter().take(packet.number).enumerate() {
        let (word, time) = (u32::from_le_bytes([a, b, c, d]), i32::from_le_bytes(time));
        if word & 1 == 0 {
            continue;
        }
        if time < 0 {
            let field = format!("time of the event at byte {}", start + index * POLARITY_BYTES);
            return Err(FormatError::field(
                path,
                field,
                time,
                "it must not be negative; the file is damaged",
            ));
        }
        let time_us = packet.overflow << 31 | i64::from(time);
        events.push(time_us, (word >> 17) as u16, (word >> 2 & 0x7fff) as u16, word & 2 != 0);
    }
    Ok(())
}
