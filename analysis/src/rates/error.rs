//! Why a rate cannot be computed.

/// An option or a span that no rate can be computed with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RateError {
    /// A width, sampling period or sigma is not a positive number.
    #[error("{name} is {value}; give a positive, finite number")]
    NotPositive {
        /// The option.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// The span is shorter than a bin, or not finite.
    #[error("the span of {start_s} to {stop_s} s holds no bin of {width_s} s; give a smaller width")]
    NoBin {
        /// Start of the span in seconds.
        start_s: f64,
        /// End of the span in seconds.
        stop_s: f64,
        /// Width of a bin in seconds.
        width_s: f64,
    },
    /// More values than are worth holding in memory.
    #[error(
        "{bins} values exceed {limit}; give a larger width or a shorter span, or take the units some at a time"
    )]
    TooManyBins {
        /// Values asked for.
        bins: f64,
        /// The most that are computed.
        limit: usize,
    },
}

/// `value`, if it is positive and finite.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64, RateError> {
    if value.is_finite() && value > 0.0 { Ok(value) } else { Err(RateError::NotPositive { name, value }) }
}
