//! The background-activity filter of event cameras.
//!
//! An event passes if one of the four pixels next to its own had an event less than `support_s` before it; noise, which
//! comes alone, does not. Source: T. Delbruck, Frame-free dynamic digital vision, Intl. Symposium on Secure-Life Electronics
//! (2008); the pixel's own events do not count.

use super::{TransformError, parameter, select, sensor};
use crate::trains::Recording;

/// The events that one of their four neighbours supports within `support_s` seconds.
///
/// # Errors
/// [`TransformError`]: no camera, or a time that is not above 0.
pub fn background_filter(recording: &Recording, support_s: f64) -> Result<Recording, TransformError> {
    let (width, height) = sensor(recording, "background filter")?;
    if !support_s.is_finite() || support_s <= 0.0 {
        return Err(parameter("background filter", format_args!("{support_s} s"), "give a time above 0 s"));
    }
    let (width, height) = (i64::from(width), i64::from(height));
    let rank = |id: i64| recording.unit_ids.binary_search(&id).ok();
    // Only pixels with events are remembered: memory goes with the recording, not with the sensor.
    let neighbours: Vec<[Option<usize>; 4]> = recording
        .unit_ids
        .iter()
        .map(|id| {
            let (x, y) = (id % width.max(1), id / width.max(1));
            [
                if x > 0 { rank(id - 1) } else { None },
                if x + 1 < width { rank(id + 1) } else { None },
                if y > 0 { rank(id - width) } else { None },
                if y + 1 < height { rank(id + width) } else { None },
            ]
        })
        .collect();
    let mut last_s = vec![f64::NEG_INFINITY; recording.unit_ids.len()];
    let mut kept = Vec::new();
    for (event, (&time_s, &unit)) in recording.times_s.iter().zip(&recording.units).enumerate() {
        let unit = unit as usize;
        last_s[unit] = time_s;
        if neighbours[unit].iter().flatten().any(|other| last_s[*other] + support_s > time_s) {
            kept.push(event);
        }
    }
    Ok(select(recording, &kept))
}
