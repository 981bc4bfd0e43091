//! Time bins: how many events fall into each step, laid out in the shape of a network's input.

use super::{Steps, TransformError, parameter};
use crate::trains::Recording;

/// Part of a step by which a time may miss the next one through rounding and still belong to it.
const TOLERANCE: f64 = 1e-8;

/// Counts the events of each step of `dt_s` seconds from the start of the recording on, in the order of `shape`.
///
/// Events of a camera go to `[rows, columns]` with or without a leading `[1]` or, OFF first, `[2]` for polarities, or to as
/// many values in a row; other units go to the value of their number. Time t belongs to step trunc((t - start) / dt), or to
/// the next if it misses that by less than 1e-8 of a step. The last step holds what is left of the recording, and an event
/// at its very end.
///
/// # Errors
/// [`TransformError::Parameter`] for a length of a step that is none, more than 2^26 steps, or a shape that does not fit.
pub fn bin(recording: &Recording, dt_s: f64, shape: &[usize]) -> Result<Steps, TransformError> {
    if !dt_s.is_finite() || dt_s <= 0.0 {
        return Err(parameter("dt", format_args!("{dt_s} s"), "give a time above 0 s"));
    }
    let indices = indices(recording, shape)?;
    let step_of = |time_s: f64| {
        let steps = (time_s - recording.start_s) / dt_s;
        (steps.trunc() + f64::from(u8::from(steps.fract() >= 1.0 - TOLERANCE))) as usize
    };
    let whole = (recording.stop_s - recording.start_s) / dt_s;
    let covered = (whole - TOLERANCE).ceil().max(0.0) as usize;
    let count = recording.times_s.last().map_or(covered, |last_s| covered.max(step_of(*last_s) + 1));
    if count > 1 << 26 {
        return Err(parameter(
            "dt",
            format_args!("{dt_s} s"),
            "give a longer one: this makes more than 2^26 steps",
        ));
    }
    let mut steps = Steps::new(recording.start_s, dt_s);
    let mut event = 0;
    for step in 0..count {
        let first = event;
        while recording.times_s.get(event).is_some_and(|time_s| step_of(*time_s) <= step) {
            event += 1;
        }
        steps.push((first..event).map(|event| {
            let half = recording.polarities.as_ref().is_some_and(|on| on[event]);
            (indices.value(recording.units[event], half), 1.0)
        }));
    }
    Ok(steps)
}

/// Where each unit's events go.
struct Indices {
    units: Vec<u32>,
    /// How much further ON events go.
    on: u32,
}

impl Indices {
    fn value(&self, unit: u32, on: bool) -> u32 {
        self.units.get(unit as usize).copied().unwrap_or(0) + if on { self.on } else { 0 }
    }
}

fn indices(recording: &Recording, shape: &[usize]) -> Result<Indices, TransformError> {
    let size = shape.iter().try_fold(1_usize, |size, length| size.checked_mul(*length)).unwrap_or(usize::MAX);
    if size == 0 || size > 1 << 26 {
        return Err(parameter("shape", format_args!("{shape:?}"), "give 1 to 2^26 values"));
    }
    let mut on = 0;
    if let Some((width, height)) = recording.sensor {
        let (width, height) = (width as usize, height as usize);
        let pixels = width.saturating_mul(height);
        let rectangle = shape.len() < 2 || shape.ends_with(&[height, width]);
        if rectangle && size == pixels.saturating_mul(2) && recording.polarities.is_some() {
            on = pixels as u32;
        } else if !rectangle || size != pixels {
            let polarities = if recording.polarities.is_some() { "with" } else { "without" };
            let remedy = format!(
                "the events are of {height} rows and {width} columns {polarities} polarities; crop, down-sample or \
                 merge polarities until they fit"
            );
            return Err(parameter("shape", format_args!("{shape:?}"), remedy));
        }
    }
    let units = recording.unit_ids.iter().map(|id| match u32::try_from(*id) {
        Ok(index) if (index as usize) < size => Ok(index),
        _ => Err(parameter("unit", id, format_args!("shape {shape:?} has values 0 to {}", size - 1))),
    });
    Ok(Indices { units: units.collect::<Result<_, _>>()?, on })
}
