//! Transforms of pixels: a window of the sensor, larger pixels, one polarity.

use super::{TransformError, parameter, select, sensor};
use crate::trains::Recording;

/// The events within a window of `size` pixels (width, height) whose upper left pixel is `corner` (column, row); the
/// window becomes the sensor.
///
/// # Errors
/// [`TransformError`]: no camera, or a window that is empty or reaches beyond the sensor.
pub fn crop(recording: &Recording, corner: [u32; 2], size: [u32; 2]) -> Result<Recording, TransformError> {
    let (width, height) = sensor(recording, "crop")?;
    let fits = |d: usize, length: u32| {
        size[d] > 0 && corner[d].checked_add(size[d]).is_some_and(|end| end <= length)
    };
    if !fits(0, width) || !fits(1, height) {
        let value = format_args!("{} x {} pixels at ({}, {})", size[0], size[1], corner[0], corner[1]);
        return Err(parameter("crop", value, format_args!("the sensor has {width} x {height}")));
    }
    Ok(moved(recording, (size[0], size[1]), |x, y| {
        let (x, y) = (x.checked_sub(corner[0])?, y.checked_sub(corner[1])?);
        (x < size[0] && y < size[1]).then_some((x, y))
    }))
}

/// Joins `factor` pixels (columns, rows) to one; no event is lost. Pixels that are left at the far edges join to smaller
/// ones.
///
/// # Errors
/// [`TransformError`]: no camera, or a factor of 0.
pub fn downsample(recording: &Recording, factor: [u32; 2]) -> Result<Recording, TransformError> {
    let (width, height) = sensor(recording, "downsample")?;
    if factor.contains(&0) {
        return Err(parameter("downsample factor", 0, "give 1 or more"));
    }
    let size = (width.div_ceil(factor[0]), height.div_ceil(factor[1]));
    Ok(moved(recording, size, |x, y| Some((x / factor[0], y / factor[1]))))
}

/// Forgets polarities: ON and OFF events become the same.
#[must_use]
pub fn merge_polarities(recording: &Recording) -> Recording {
    Recording { polarities: None, ..recording.clone() }
}

/// Moves every event to another pixel, or leaves it out; units are those pixels that units of before fall on.
fn moved(recording: &Recording, size: (u32, u32), to: impl Fn(u32, u32) -> Option<(u32, u32)>) -> Recording {
    let width = recording.sensor.map_or(1, |(width, _)| i64::from(width).max(1));
    let targets: Vec<Option<i64>> = recording
        .unit_ids
        .iter()
        .map(|id| {
            let (x, y) = to(u32::try_from(id % width).ok()?, u32::try_from(id / width).ok()?)?;
            Some(i64::from(y) * i64::from(size.0) + i64::from(x))
        })
        .collect();
    let mut unit_ids: Vec<i64> = targets.iter().copied().flatten().collect();
    unit_ids.sort_unstable();
    unit_ids.dedup();
    let ranks: Vec<Option<u32>> = targets
        .iter()
        .map(|target| {
            Some(unit_ids.partition_point(|id| Some(*id) < *target) as u32).filter(|_| target.is_some())
        })
        .collect();
    let rank = |unit: u32| ranks.get(unit as usize).copied().flatten();
    let kept: Vec<usize> =
        (0..recording.len()).filter(|event| rank(recording.units[*event]).is_some()).collect();
    let selected = select(recording, &kept);
    let units = selected.units.iter().filter_map(|unit| rank(*unit)).collect();
    Recording { units, unit_ids, sensor: Some(size), ..selected }
}
