//! Prophesee EVT 2.0 RAW: little-endian words of 32 bits, the upper four of which are the type.
//!
//! | type | bits 27..22 | 21..11 | 10..0 |
//! |---|---|---|---|
//! | 0 OFF event, 1 ON event | low 6 bits of the time | x | y |
//! | 8 time high | the time from bit 6 on, over all 28 bits | | |
//!
//! Time is in microseconds and turns over after 2^34 us, 4.8 hours. Triggers (10) and vendor words (14, 15) are left
//! out, and so are events before the first time high, which have no time, and events outside the sensor.
//!
//! Source: docs.prophesee.ai, "EVT 2.0 format".

use super::prophesee::{HighTime, Raw};
use super::{Events, FormatError, ReadOptions};
use crate::formats::Format;
use std::path::Path;

/// The events of an EVT 2.0 file.
///
/// # Errors
/// Those of its header, and [`FormatError::Truncated`] if the last word is not whole.
pub(in crate::formats) fn parse(bytes: &[u8], path: &Path, _: &ReadOptions) -> Result<Events, FormatError> {
    let raw = Raw::new(bytes, path, Format::Evt2)?;
    let (width, height) = raw.limits();
    let mut events = raw.events();
    let (words, rest) = raw.data.as_chunks::<4>();
    if !rest.is_empty() {
        let reason = format!("the last word has {} of its 4 bytes", rest.len());
        return Err(FormatError::truncated(path, bytes.len(), reason));
    }
    let mut high = HighTime::default();
    let mut base_us = None;
    for &word in words {
        let word = u32::from_le_bytes(word);
        match (word >> 28, base_us) {
            (0 | 1, Some(base_us)) => {
                let (x, y) = (word >> 11 & 0x7ff, word & 0x7ff);
                if x < width && y < height {
                    let time_us = base_us | i64::from(word >> 22 & 0x3f);
                    events.push(time_us, x as u16, y as u16, word >> 28 == 1);
                }
            }
            (8, _) => base_us = Some(high.next::<28>(word & 0x0fff_ffff) << 6),
            _ => {}
        }
    }
    Ok(events)
}
