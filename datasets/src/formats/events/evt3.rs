//! Prophesee EVT 3.0 RAW: little-endian words of 16 bits, the upper four of which are the type. A word changes a state,
//! and those of events use it.
//!
//! | type | bit 11 | 10..0 | effect |
//! |---|---|---|---|
//! | 0 address y | camera of a pair | y | row of the events that follow |
//! | 2 address x | polarity | x | one event |
//! | 3 base of a vector | polarity | x | column of the vectors that follow |
//! | 4 vector of 12 | 12 bits | | an event at base + i for each bit i that is set; base goes on by 12 |
//! | 5 vector of 8 | | 8 bits | the same with 8 |
//! | 6 time low | 12 bits | | low part of the time |
//! | 8 time high | 12 bits | | high part; the low part is 0 until told, unless the high part stays |
//!
//! Time is in microseconds and turns over after 2^24 us, 16.8 s. Triggers (10) and vendor words (7, 14, 15) are left
//! out, and so are events before the first time high, which have no time, events whose row or base is not known, and
//! events outside the sensor. Type 1 gives the row of events of another kind (exposure): those are left out too.
//!
//! Source: docs.prophesee.ai, "EVT 3.0 format".

use super::prophesee::{HighTime, Raw};
use super::{Events, FormatError, ReadOptions, Size};
use crate::formats::Format;
use std::path::Path;

/// What the words so far have set.
struct Decoder {
    events: Events,
    limits: Size,
    high: HighTime,
    /// High part of the time.
    base_us: Option<i64>,
    low_us: i64,
    row: Option<u32>,
    /// Column of the next vector, and its polarity.
    base: Option<(u32, bool)>,
}

impl Decoder {
    fn word(&mut self, word: u16) {
        let (address, flag) = (u32::from(word & 0x7ff), word & 0x800 != 0);
        match word >> 12 {
            0 => self.row = Some(address),
            1 => self.row = None,
            2 => self.event(address, flag),
            3 => self.base = Some((address, flag)),
            4 => self.vector(word & 0xfff, 12),
            5 => self.vector(word & 0xff, 8),
            6 => self.low_us = i64::from(word & 0xfff),
            8 => {
                let base_us = self.high.next::<12>(u32::from(word & 0xfff)) << 12;
                if self.base_us.replace(base_us) != Some(base_us) {
                    self.low_us = 0;
                }
            }
            _ => {}
        }
    }

    fn event(&mut self, x: u32, on: bool) {
        let (width, height) = self.limits;
        if let (Some(base_us), Some(y)) = (self.base_us, self.row)
            && x < width
            && y < height
        {
            self.events.push(base_us | self.low_us, x as u16, y as u16, on);
        }
    }

    fn vector(&mut self, mut valid: u16, length: u32) {
        let Some((x, on)) = self.base else { return };
        while valid != 0 {
            self.event(x.saturating_add(valid.trailing_zeros()), on);
            valid &= valid - 1;
        }
        self.base = Some((x.saturating_add(length), on));
    }
}

/// The events of an EVT 3.0 file.
///
/// # Errors
/// Those of its header, and [`FormatError::Truncated`] if the last word is not whole.
pub(in crate::formats) fn parse(bytes: &[u8], path: &Path, _: &ReadOptions) -> Result<Events, FormatError> {
    let raw = Raw::new(bytes, path, Format::Evt3)?;
    let (words, rest) = raw.data.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(FormatError::truncated(path, bytes.len(), "the last word has 1 of its 2 bytes"));
    }
    let (events, limits) = (raw.events(), raw.limits());
    let mut decoder = Decoder {
        events,
        limits,
        high: HighTime::default(),
        base_us: None,
        low_us: 0,
        row: None,
        base: None,
    };
    for &word in words {
        decoder.word(u16::from_le_bytes(word));
    }
    Ok(decoder.events)
}
