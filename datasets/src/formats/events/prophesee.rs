//! What EVT 2.0 and EVT 3.0 RAW files of Prophesee share: the header, and a clock that wraps around.
//!
//! The header is lines of text, `% key value`, up to `% end` or to the first line that does not start so:
//!
//! ```text
//! % format EVT3;height=720;width=1280
//! % geometry 1280x720
//! % evt 3.0
//! % end
//! ```
//!
//! Source: docs.prophesee.ai, pages "RAW file format", "EVT 2.0 format" and "EVT 3.0 format"; where these are silent
//! (wrap-around, events outside the sensor) the publisher's open decoder, OpenEB.

use super::{Events, FormatError, Size};
use crate::formats::Format;
use std::path::Path;

/// Sensors of Prophesee from the smallest up, for a file that does not tell; the last is all that 11 bits can say.
const SENSORS: [Size; 5] = [(304, 240), (320, 320), (640, 480), (1280, 720), (2048, 2048)];
/// Columns and rows that 11 bits can say.
const ADDRESSES: u32 = 2048;

/// The header of a RAW file, and the words behind it.
pub(super) struct Raw<'a> {
    size: Option<Size>,
    pub(super) data: &'a [u8],
}

impl<'a> Raw<'a> {
    /// Splits `bytes`, which should be of the encoding `format`, behind the header.
    ///
    /// # Errors
    /// [`FormatError::Foreign`] if the header names another encoding or byte order, [`FormatError::Truncated`] if it
    /// has no end, [`FormatError::Field`] for a size that no sensor has.
    pub(super) fn new(bytes: &'a [u8], path: &Path, format: Format) -> Result<Self, FormatError> {
        let mut raw = Self { size: None, data: bytes };
        while raw.data.starts_with(b"% ") {
            let Some(end) = raw.data.iter().position(|&byte| byte == b'\n') else {
                let reason = "a header line has no end, and no events follow";
                return Err(FormatError::truncated(path, bytes.len(), reason));
            };
            let line = String::from_utf8_lossy(&raw.data[2..end]);
            raw.data = &raw.data[end + 1..];
            let (key, value) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            match key {
                "end" => break,
                "evt" | "format" => raw.encoding(value, path, format)?,
                "geometry" => raw.size = Some(size(value.split_once('x'), value, path)?),
                "endianness" if value != "little" => {
                    let reason = format!("its byte order is {value}; record it as little endian");
                    return Err(FormatError::foreign(path, format, reason));
                }
                _ => {}
            }
        }
        Ok(raw)
    }

    /// Checks `3.0` or `EVT3;height=720;width=1280` and keeps the size in it.
    fn encoding(&mut self, value: &str, path: &Path, format: Format) -> Result<(), FormatError> {
        let mut parts = value.split(';');
        let name = parts.next().unwrap_or_default();
        let version = name.strip_prefix("EVT").unwrap_or(name);
        let expected = if format == Format::Evt2 { ["2", "2.0"] } else { ["3", "3.0"] };
        if !expected.contains(&version) {
            let reason = format!("its header says EVT {version}; Synfire reads EVT 2.0 and EVT 3.0");
            return Err(FormatError::foreign(path, format, reason));
        }
        let keys: Vec<_> = parts.filter_map(|part| part.split_once('=')).collect();
        let find = |name| keys.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        if let (Some(width), Some(height)) = (find("width"), find("height")) {
            self.size = Some(size(Some((width, height)), value, path)?);
        }
        Ok(())
    }

    /// No events yet, of the sensor that the header tells, or of the smallest that holds them.
    pub(super) fn events(&self) -> Events {
        self.size.map_or_else(|| Events::of(&SENSORS), |size| Events::of(&[size]))
    }

    /// Width and height beyond which an event is noise of the readout, which the publisher's decoder drops too.
    pub(super) fn limits(&self) -> Size {
        self.size.unwrap_or((ADDRESSES, ADDRESSES))
    }
}

/// Width and height out of their digits.
fn size(digits: Option<(&str, &str)>, value: &str, path: &Path) -> Result<Size, FormatError> {
    let number = |digits: &str| digits.trim().parse().ok().filter(|n| (1..=ADDRESSES).contains(n));
    digits.and_then(|(width, height)| Some((number(width)?, number(height)?))).ok_or_else(|| {
        let remedy = "it should be width and height in pixels, 1 to 2048, such as 1280x720";
        FormatError::field(path, "size of the sensor", value, remedy)
    })
}

/// The high bits of the time, which come in words of their own and start again from 0 after their largest value.
#[derive(Default)]
pub(super) struct HighTime {
    now: Option<u32>,
    turns: i64,
}

impl HighTime {
    /// Takes the next high part, of `BITS` bits; returns it with the turns so far, in units of its lowest bit.
    ///
    /// A step back by at least half the range is a turn; a smaller one is a slip, and taken as it is.
    pub(super) fn next<const BITS: u32>(&mut self, high: u32) -> i64 {
        if self.now.is_some_and(|now| now >= high.saturating_add(1 << (BITS - 1))) {
            self.turns += 1;
        }
        self.now = Some(high);
        (self.turns << BITS) | i64::from(high)
    }
}
