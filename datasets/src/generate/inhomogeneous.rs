//! Poisson trains whose rate changes in time, by thinning (Lewis and Shedler 1979): spikes of a Poisson process of the
//! peak rate p are kept with probability r(t) / p.

use super::random::{Stream, exponential, stream, uniform};
use super::{GenerateError, Span, check, check_rate};
use crate::trains::SpikeTrains;

/// Independent trains of `units` units of rate `rate_hz(t)` in Hz, t in seconds, which must not exceed `peak_hz`.
///
/// # Errors
/// [`GenerateError::Parameter`] for a peak or span out of range, or where the rate is negative, not a number or above the peak
/// at a spike of the peak rate.
pub fn inhomogeneous_poisson(
    rate_hz: impl Fn(f64) -> f64,
    peak_hz: f64,
    units: usize,
    span: Span,
    seed: u64,
) -> Result<SpikeTrains, GenerateError> {
    let span = span.checked()?;
    check_rate("peak_hz", peak_hz)?;
    let trains = (0..units)
        .map(|unit| train(&rate_hz, peak_hz, span, stream(seed, unit as u64)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(SpikeTrains::new(&trains, span.start_s, span.stop_s)?)
}

fn train(
    rate_hz: &impl Fn(f64) -> f64,
    peak_hz: f64,
    span: Span,
    mut stream: Stream,
) -> Result<Vec<f64>, GenerateError> {
    let mut times_s = Vec::new();
    let mut time_s = span.start_s + exponential(&mut stream) / peak_hz;
    while time_s <= span.stop_s {
        let rate = rate_hz(time_s);
        check("rate_hz", rate, (0.0..=peak_hz).contains(&rate), "give a rate from 0 Hz to peak_hz")?;
        if uniform(&mut stream) * peak_hz <= rate && rate > 0.0 {
            times_s.push(time_s);
        }
        time_s += exponential(&mut stream) / peak_hz;
    }
    Ok(times_s)
}
