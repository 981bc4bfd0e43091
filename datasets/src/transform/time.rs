//! Transforms of time: a part of the recording, another origin, jitter.

use super::{TransformError, parameter, select};
use crate::generate::random;
use crate::trains::Recording;

/// The events from `start_s` up to but without `stop_s`, in seconds; those become the span.
///
/// # Errors
/// [`TransformError::Parameter`] for a span that ends before it starts or is not finite.
pub fn crop_time(recording: &Recording, start_s: f64, stop_s: f64) -> Result<Recording, TransformError> {
    if !(start_s.is_finite() && stop_s.is_finite() && start_s <= stop_s) {
        let value = format_args!("{start_s} to {stop_s} s");
        return Err(parameter("span", value, "give finite times, the end no earlier than the start"));
    }
    let from = recording.times_s.partition_point(|time_s| *time_s < start_s);
    let to = recording.times_s.partition_point(|time_s| *time_s < stop_s);
    let kept: Vec<usize> = (from..to).collect();
    Ok(Recording { start_s, stop_s, ..select(recording, &kept) })
}

/// The same events with times counted from the start of the span.
#[must_use]
pub fn from_zero(recording: &Recording) -> Recording {
    let times_s = recording.times_s.iter().map(|time_s| time_s - recording.start_s).collect();
    let stop_s = recording.stop_s - recording.start_s;
    Recording { times_s, start_s: 0.0, stop_s, ..recording.clone() }
}

/// Moves every event by a time drawn from a normal distribution of standard deviation `sigma_s` in seconds and puts them
/// in order again; those that would leave the span are left out. The same seed gives the same times.
///
/// # Errors
/// [`TransformError::Parameter`] for a deviation below 0 or not finite.
pub fn jitter(recording: &Recording, sigma_s: f64, seed: u64) -> Result<Recording, TransformError> {
    if !sigma_s.is_finite() || sigma_s < 0.0 {
        return Err(parameter("jitter", format_args!("{sigma_s} s"), "give a time from 0 s"));
    }
    let mut stream = random::stream(seed, 0);
    let mut moved = recording.clone();
    for time_s in &mut moved.times_s {
        *time_s += sigma_s * random::normal(&mut stream);
    }
    let span = recording.start_s..=recording.stop_s;
    let mut kept: Vec<usize> =
        (0..moved.len()).filter(|event| span.contains(&moved.times_s[*event])).collect();
    kept.sort_by(|a, b| moved.times_s[*a].total_cmp(&moved.times_s[*b]));
    Ok(select(&moved, &kept))
}
