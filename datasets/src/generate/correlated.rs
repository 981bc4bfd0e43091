//! Poisson trains that share spikes: the multiple interaction process of Kuhn, Aertsen and Rotter (2003).
//!
//! A mother process of rate r / c gives each of its spikes to each unit with probability c, independently. Each unit is
//! Poisson of rate r, and the spike counts of any two units in any window have correlation c.

use super::random::{stream, uniform};
use super::{GenerateError, Process, Span, check, check_rate};
use crate::trains::SpikeTrains;

/// Trains of `units` units of `rate_hz` and pairwise `correlation` in (0, 1]; shared spikes come at the same time.
///
/// # Errors
/// [`GenerateError::Parameter`] for a rate, correlation or span out of range.
pub fn correlated_poisson(
    rate_hz: f64,
    correlation: f64,
    units: usize,
    span: Span,
    seed: u64,
) -> Result<SpikeTrains, GenerateError> {
    check_rate("rate_hz", rate_hz)?;
    let fits = correlation > 0.0 && correlation <= 1.0;
    check("correlation", correlation, fits, "give a correlation above 0 and up to 1")?;
    // The mother draws from the first stream of a seed of its own, the units from theirs as everywhere.
    let mother =
        Process::Poisson { rate_hz: rate_hz / correlation, refractory_s: 0.0 }.trains(1, span, !seed)?;
    let trains: Vec<Vec<f64>> = (0..units)
        .map(|unit| {
            let mut stream = stream(seed, unit as u64);
            mother.train(0).iter().copied().filter(|_| uniform(&mut stream) <= correlation).collect()
        })
        .collect();
    Ok(SpikeTrains::new(&trains, span.start_s, span.stop_s)?)
}
