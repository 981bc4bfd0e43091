//! Transforms of recordings: from the events of a camera or cochlea to the steps of a network.
//!
//! Each is a plain function from a [`Recording`] to another, but for [`bin`], which gives the [`Steps`] that a network
//! takes. They join as functions do:
//!
//! ```
//! use synfire_datasets::trains::Recording;
//! use synfire_datasets::transform::{bin, background_filter, crop, downsample, merge_polarities};
//!
//! // Five events of a camera of 4 x 4 pixels, whose units are y * width + x.
//! let recording = Recording {
//!     times_s: vec![0.001, 0.002, 0.0025, 0.004, 0.009],
//!     units: vec![0, 1, 2, 3, 4],
//!     polarities: Some(vec![true, false, true, true, false]),
//!     unit_ids: vec![0, 1, 5, 6, 15],
//!     stop_s: 0.01,
//!     sensor: Some((4, 4)),
//!     ..Recording::default()
//! };
//! let clean = background_filter(&recording, 0.002)?;
//! assert_eq!(clean.times_s, [0.002, 0.0025, 0.004]);
//! let small = downsample(&merge_polarities(&crop(&clean, [0, 0], [4, 2])?), [2, 2])?;
//! assert_eq!((small.sensor, &small.unit_ids[..]), (Some((2, 1)), &[0, 1][..]));
//! let steps = bin(&small, 0.005, &[1, 1, 2])?;
//! assert_eq!((steps.len(), steps.step(0)), (2, &[(0, 2.0), (1, 1.0)][..]));
//! # Ok::<(), synfire_datasets::transform::TransformError>(())
//! ```

mod bin;
mod noise;
mod space;
mod steps;
mod time;

#[cfg(test)]
mod tests;

pub use bin::bin;
pub use noise::background_filter;
pub use space::{crop, downsample, merge_polarities};
pub use steps::Steps;
pub use time::{crop_time, from_zero, jitter};

use crate::trains::Recording;

/// Why a recording cannot be transformed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TransformError {
    /// The recording is of no event camera.
    #[error("{transform}: the recording has no sensor; give events of a camera")]
    NoSensor {
        /// The transform.
        transform: &'static str,
    },
    /// A parameter is out of range.
    #[error("{parameter} is {value}; {remedy}")]
    Parameter {
        /// Its name.
        parameter: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        remedy: String,
    },
}

fn parameter(
    parameter: &'static str,
    value: impl std::fmt::Display,
    remedy: impl std::fmt::Display,
) -> TransformError {
    TransformError::Parameter { parameter, value: value.to_string(), remedy: remedy.to_string() }
}

/// Width and height of the camera.
fn sensor(recording: &Recording, transform: &'static str) -> Result<(u32, u32), TransformError> {
    recording.sensor.ok_or(TransformError::NoSensor { transform })
}

/// The events whose index is in `kept`, in that order, with the units as they were.
fn select(recording: &Recording, kept: &[usize]) -> Recording {
    fn of<T: Copy>(column: &[T], kept: &[usize]) -> Vec<T> {
        kept.iter().filter_map(|event| column.get(*event).copied()).collect()
    }
    Recording {
        times_s: of(&recording.times_s, kept),
        units: of(&recording.units, kept),
        channels: recording.channels.as_ref().map(|column| of(column, kept)),
        polarities: recording.polarities.as_ref().map(|column| of(column, kept)),
        unit_ids: recording.unit_ids.clone(),
        ..*recording
    }
}
