//! N-MNIST and N-Caltech101 `.bin`: a bare sequence of 40-bit events, most significant bit first.
//!
//! | bits | meaning |
//! |---|---|
//! | 39..32 | column x |
//! | 31..24 | row y |
//! | 23 | polarity, 1: ON |
//! | 22..0 | time in microseconds |
//!
//! An event in row 240, which no image has, marks that the 13-bit counter of the camera ran over: it is none itself,
//! and it and all that follow are 2^13 us later, once more for each mark. So do the readers of the publishers.
//!
//! The file does not tell the size of its sensor. It is 34 x 34 pixels (N-MNIST) where every event lies within, else
//! 240 x 180 (the largest image of N-Caltech101), else 256 x 256, all that 8 bits can say.
//!
//! Source: G. Orchard, A. Jayawant, G. K. Cohen, N. Thakor, Frontiers in Neuroscience 9:437 (2015), and the data
//! set's page and code, garrickorchard.com/datasets/n-mnist.

use super::{Events, FormatError, ReadOptions, Size};
use crate::formats::Format;
use std::path::Path;

const SENSORS: [Size; 3] = [(34, 34), (240, 180), (256, 256)];
/// Row of an event that marks an overflow.
const OVERFLOW_ROW: u8 = 240;
const OVERFLOW_US: i64 = 1 << 13;

/// The events of an N-MNIST file.
///
/// # Errors
/// [`FormatError::Foreign`] without any event, [`FormatError::Truncated`] if the last one is not whole.
pub(in crate::formats) fn parse(bytes: &[u8], path: &Path, _: &ReadOptions) -> Result<Events, FormatError> {
    let (events, rest) = bytes.as_chunks::<5>();
    if !rest.is_empty() {
        let reason = format!("the last event has {} of its 5 bytes", rest.len());
        return Err(FormatError::truncated(path, bytes.len(), reason));
    }
    if events.is_empty() {
        return Err(FormatError::foreign(path, Format::NMnist, "it is empty; download it again"));
    }
    let mut parsed = Events::of(&SENSORS);
    let mut overflow_us = 0;
    for &[x, y, high, middle, low] in events {
        if y == OVERFLOW_ROW {
            overflow_us += OVERFLOW_US;
            continue;
        }
        let time_us = i64::from(u32::from_be_bytes([0, high & 0x7f, middle, low]));
        parsed.push(time_us + overflow_us, x.into(), y.into(), high & 0x80 != 0);
    }
    Ok(parsed)
}
