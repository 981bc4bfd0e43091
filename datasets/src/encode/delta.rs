//! Delta modulation: a spike where a value rises by at least the threshold from one step to the next, and one of -1 where it
//! falls by as much. Before the first step, values are as in it: nothing spikes there.

use super::{EncodeError, check, check_course, steps};
use crate::transform::Steps;

/// Encodes a time course `[steps, size]`, one step behind the other, in steps of `dt_s` seconds.
///
/// # Errors
/// [`EncodeError`]: values that are not finite or no whole steps, a threshold or dt that is not above 0.
pub fn delta(values: &[f32], size: usize, threshold: f32, dt_s: f64) -> Result<Steps, EncodeError> {
    check_course(values, size)?;
    check("threshold", threshold.into(), threshold > 0.0, "give a change above 0")?;
    let mut encoded = steps(dt_s)?;
    let mut before = values.get(..size).unwrap_or_default();
    for now in values.chunks_exact(size) {
        encoded.push((0..).zip(now.iter().zip(before)).filter_map(|(index, (now, before))| {
            let change = now - before;
            (change.abs() >= threshold).then(|| (index, change.signum()))
        }));
        before = now;
    }
    Ok(encoded)
}
