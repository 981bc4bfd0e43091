//! Encoders: spikes from values that are no spikes, as the [`Steps`] that a network takes.
//!
//! | encoder | values | a spike says |
//! |---|---|---|
//! | [`rate`] | one each, 0 to 1 | by how many there are |
//! | [`latency`] | one each, 0 to 1 | by when it comes, the largest first |
//! | [`delta`] | one each a step | that the value changed by a threshold from one step to the next |
//! | [`adaptive_delta`] | one each a step | that the value left a band around what the spikes so far say |
//!
//! ```
//! use synfire_datasets::encode::{Latency, delta, latency, rate};
//!
//! let pixels = [1.0, 0.5, 0.0];
//! let steps = latency(&pixels, 5, Latency::Linear { threshold: 0.01 }, 0.001)?;
//! assert_eq!((steps.step(0), steps.step(2), steps.events()), (&[(0, 1.0)][..], &[(1, 1.0)][..], 2));
//! let steps = rate(&pixels, 1000, 0.001, 1)?;
//! assert!((1400..1600).contains(&steps.events()));
//! let steps = delta(&[0.0, 1.0, 1.1, -1.0], 1, 0.5, 0.001)?;
//! assert_eq!((steps.step(1), steps.step(2), steps.step(3)), (&[(0, 1.0)][..], &[][..], &[(0, -1.0)][..]));
//! # Ok::<(), synfire_datasets::encode::EncodeError>(())
//! ```

mod adaptive;
mod delta;
mod latency;
mod rate;

#[cfg(test)]
mod tests;

pub use adaptive::{AdaptiveDelta, adaptive_delta};
pub use delta::delta;
pub use latency::{Latency, latency};
pub use rate::rate;

use crate::transform::Steps;

/// Why values cannot be encoded.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A value is out of range.
    #[error("value {index} is {value}; {remedy}")]
    Value {
        /// Which one.
        index: usize,
        /// The value.
        value: f32,
        /// What it should be.
        remedy: &'static str,
    },
    /// A parameter is out of range.
    #[error("{parameter} is {value}; {remedy}")]
    Parameter {
        /// Its name.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// What it should be.
        remedy: &'static str,
    },
}

/// An error unless `holds`.
fn check(parameter: &'static str, value: f64, holds: bool, remedy: &'static str) -> Result<(), EncodeError> {
    if holds { Ok(()) } else { Err(EncodeError::Parameter { parameter, value, remedy }) }
}

/// No steps yet, of a checked length.
fn steps(dt_s: f64) -> Result<Steps, EncodeError> {
    check("dt", dt_s, dt_s.is_finite() && dt_s > 0.0, "give a time above 0 s")?;
    Ok(Steps::new(0.0, dt_s))
}

fn check_values(
    values: &[f32],
    holds: impl Fn(f32) -> bool,
    remedy: &'static str,
) -> Result<(), EncodeError> {
    match values.iter().position(|value| !holds(*value)) {
        Some(index) => Err(EncodeError::Value { index, value: values[index], remedy }),
        None => Ok(()),
    }
}

/// Checks that a time course `[steps, size]` is whole.
fn check_course(values: &[f32], size: usize) -> Result<(), EncodeError> {
    let whole = size > 0 && values.len().is_multiple_of(size);
    check("size", size as f64, whole, "give a divisor of the number of values")?;
    check_values(values, f32::is_finite, "give finite values")
}
