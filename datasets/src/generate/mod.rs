//! Spike trains of known statistics: to test analysis against closed forms, and to drive networks.
//!
//! | process | rate | CV of the intervals |
//! |---|---|---|
//! | [`Process::Poisson`] with refractory time d | r | 1 - r d |
//! | [`Process::Gamma`] of shape k | r | 1 / sqrt(k) |
//! | [`Process::Regular`] with jitter s | r | sqrt(2) r s, for r s much below 1 |
//! | [`inhomogeneous_poisson`] | r(t) | by r(t) |
//! | [`correlated_poisson`] | r | 1; correlation c of the counts of any two units |
//!
//! All are stationary from the start: the first interval is the rest of one that began before. Each unit draws from a
//! random stream of its own, given by the seed and its index, so that its train is the same whatever the number of units
//! and threads.
//!
//! ```
//! use synfire_datasets::generate::{Process, Span};
//!
//! let span = Span { start_s: 0.0, stop_s: 100.0 };
//! let trains = Process::Poisson { rate_hz: 8.0, refractory_s: 0.002 }.trains(50, span, 1)?;
//! let rate_hz = trains.spikes() as f64 / (50.0 * trains.duration_s());
//! assert!((rate_hz - 8.0).abs() < 0.25);
//! # Ok::<(), synfire_datasets::generate::GenerateError>(())
//! ```

mod correlated;
mod inhomogeneous;
pub(crate) mod random;
mod renewal;

#[cfg(test)]
mod tests;

pub use correlated::correlated_poisson;
pub use inhomogeneous::inhomogeneous_poisson;
pub use renewal::Process;

use crate::trains::TrainError;

/// A span of time in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// Its start.
    pub start_s: f64,
    /// Its end.
    pub stop_s: f64,
}

impl Span {
    fn checked(self) -> Result<Self, GenerateError> {
        check("start_s", self.start_s, self.start_s.is_finite(), "give a finite time")?;
        check("stop_s", self.stop_s, self.stop_s.is_finite(), "give a finite time")?;
        check("stop_s", self.stop_s, self.stop_s >= self.start_s, "end the span no earlier than it starts")?;
        Ok(self)
    }
}

/// Why no spike trains could be generated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GenerateError {
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
    /// The times are no spike trains, because they are too large for the steps between them.
    #[error(transparent)]
    Trains(#[from] TrainError),
}

/// An error unless `holds`.
fn check(
    parameter: &'static str,
    value: f64,
    holds: bool,
    remedy: &'static str,
) -> Result<(), GenerateError> {
    if holds { Ok(()) } else { Err(GenerateError::Parameter { parameter, value, remedy }) }
}

/// Checks a rate that processes can have.
fn check_rate(parameter: &'static str, rate_hz: f64) -> Result<(), GenerateError> {
    check(parameter, rate_hz, rate_hz.is_finite() && rate_hz >= 0.0, "give a finite rate from 0 Hz")
}
