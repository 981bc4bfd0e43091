//! Files of event cameras, read into a [`Recording`] whose units are pixels.
//!
//! The file's number of the unit at column `x` and row `y` (from 0, row 0 on top) is `y * width + x`. A [`Recording`]
//! names only the pixels with events, so that memory goes with the file and not with the sensor that it claims; the
//! size of the sensor stands in [`Recording::sensor`].
//!
//! Times are those of the camera's clock, from microseconds to seconds. That clock does not start with the recording
//! (AEDAT 4 counts from 1970), so the observation is that of the first to the last event unless the caller says
//! otherwise. Events that are not in order of time are sorted, those of equal time stay in the order of the file.
//!
//! A parser takes the bytes of a file and holds 13 bytes an event; it never allocates by a number that it has read.

pub(super) mod aedat3;
pub(super) mod aedat4;
pub(super) mod evt2;
pub(super) mod evt3;
pub(super) mod nmnist;
mod prophesee;

#[cfg(test)]
mod tests;

use super::{FormatError, ReadOptions};
use crate::trains::{Recording, TrainError};
use std::path::Path;

/// Width and height in pixels.
type Size = (u32, u32);

/// Events as a parser finds them, in columns of equal length.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Time of each event in microseconds of the camera's clock.
    times_us: Vec<i64>,
    /// Column and row of each event: `y << 16 | x`, both below 2^15.
    pixels: Vec<u32>,
    /// Whether the pixel grew brighter.
    on: Vec<bool>,
    /// Sizes that the sensor may have; the first that holds every event is taken. One, where the file tells it.
    sensors: Vec<Size>,
}

impl Events {
    /// No events yet, of a sensor of one of the sizes `sensors`.
    fn of(sensors: &[Size]) -> Self {
        Self { sensors: sensors.to_vec(), ..Self::default() }
    }

    fn push(&mut self, time_us: i64, x: u16, y: u16, on: bool) {
        self.times_us.push(time_us);
        self.pixels.push(u32::from(y) << 16 | u32::from(x));
        self.on.push(on);
    }

    /// The first sensor that holds every event.
    fn sensor(&self, path: &Path) -> Result<Size, FormatError> {
        let holds = |pixel: u32, (width, height): Size| pixel & 0xffff < width && pixel >> 16 < height;
        let mut last = (0, 0);
        for &size in &self.sensors {
            last = size;
            if self.pixels.iter().all(|&pixel| holds(pixel, size)) {
                return Ok(size);
            }
        }
        let beyond = self.pixels.iter().position(|&pixel| !holds(pixel, last)).unwrap_or(0);
        let pixel = self.pixels.get(beyond).copied().unwrap_or(0);
        let at = format!("({}, {})", pixel & 0xffff, pixel >> 16);
        let remedy = format!("the sensor has {} x {} pixels; the file is damaged", last.0, last.1);
        Err(FormatError::field(path, format!("pixel of event {beyond}"), at, remedy))
    }

    /// Puts events that go back in time in order, those of equal time as they are.
    fn sort(&mut self) {
        if self.times_us.is_sorted() {
            return;
        }
        let mut order: Vec<usize> = (0..self.times_us.len()).collect();
        order.sort_by_key(|&event| self.times_us[event]);
        self.times_us = order.iter().map(|&event| self.times_us[event]).collect();
        self.pixels = order.iter().map(|&event| self.pixels[event]).collect();
        self.on = order.iter().map(|&event| self.on[event]).collect();
    }

    /// The events as a recording.
    ///
    /// # Errors
    /// [`FormatError::Field`] for an event outside the sensor, [`FormatError::Trains`] for one outside the span that
    /// the caller gives.
    fn into_recording(mut self, path: &Path, options: &ReadOptions) -> Result<Recording, FormatError> {
        let (width, height) = self.sensor(path)?;
        self.sort();
        let mut units = self.pixels;
        for unit in &mut units {
            *unit = (*unit >> 16) * width + (*unit & 0xffff);
        }
        let unit_ids = number(&mut units, width as usize * height as usize);
        let times_s: Vec<f64> = self.times_us.into_iter().map(|time_us| time_us as f64 / 1e6).collect();

        let first_s = times_s.first().copied().or(options.start_s).unwrap_or(0.0);
        let last_s = times_s.last().copied().or(options.stop_s).unwrap_or(first_s);
        let (start_s, stop_s) = (options.start_s.unwrap_or(first_s), options.stop_s.unwrap_or(last_s));
        for (index, time_s) in [(0, first_s), (times_s.len().saturating_sub(1), last_s)] {
            if !(start_s..=stop_s).contains(&time_s) {
                let unit = units.get(index).map_or(0, |&unit| unit_ids[unit as usize]);
                let source = TrainError::OutsideSpan { unit, index, time_s, start_s, stop_s };
                return Err(FormatError::Trains { path: path.to_owned(), source });
            }
        }
        let (polarities, sensor) = (Some(self.on), Some((width, height)));
        Ok(Recording { times_s, units, channels: None, polarities, unit_ids, start_s, stop_s, sensor })
    }
}

/// Turns each unit, below `total`, into its rank among the different units; returns those in order.
///
/// A table of all units is the fast way; where it would outgrow the events, sorting them takes its place.
fn number(units: &mut [u32], total: usize) -> Vec<i64> {
    if total <= 4 * units.len() + (1 << 16) {
        let mut ranks = vec![0_u32; total];
        for &unit in &*units {
            ranks[unit as usize] = 1;
        }
        let mut ids = Vec::new();
        for (unit, rank) in (0..).zip(&mut ranks) {
            if *rank == 1 {
                *rank = ids.len() as u32;
                ids.push(unit);
            }
        }
        for unit in units {
            *unit = ranks[*unit as usize];
        }
        ids
    } else {
        let mut distinct = units.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        for unit in units {
            *unit = distinct.partition_point(|other| other < unit) as u32;
        }
        distinct.into_iter().map(i64::from).collect()
    }
}

/// A parser of one format: the bytes of a file, its name for errors, and the options, to its events.
type Parser = fn(&[u8], &Path, &ReadOptions) -> Result<Events, FormatError>;

/// Reads the file `path` of the format that `parse` knows.
///
/// # Errors
/// [`FormatError::Read`], and what the parser and the check of sensor and span find.
pub(super) fn read(path: &Path, options: &ReadOptions, parse: Parser) -> Result<Recording, FormatError> {
    let bytes = std::fs::read(path).map_err(FormatError::read(path))?;
    parse(&bytes, path, options)?.into_recording(path, options)
}

/// The little-endian bytes of a number at `at`, where they are there.
fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}
