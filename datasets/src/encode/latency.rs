//! Latency code: one spike a value, the earlier the larger it is.
//!
//! ```text
//! linear:       step = round((T - 1) (1 - x))
//! logarithmic:  step = round(tau ln(x / (x - threshold)))
//! ```
//!
//! The second is when a leaky integrator of time constant tau, charged by x from 0, reaches the threshold. Halves are
//! rounded to even. Values at or below the threshold do not spike, nor do those that would after the last step.

use super::{EncodeError, check, check_values, steps};
use crate::transform::Steps;

/// How values become times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Latency {
    /// In proportion.
    Linear {
        /// Values up to this do not spike.
        threshold: f32,
    },
    /// As a leaky integrator reaches its threshold.
    Logarithmic {
        /// The threshold.
        threshold: f32,
        /// Time constant in steps.
        tau_steps: f32,
    },
}

/// Encodes values from 0 to 1 over `count` steps of `dt_s` seconds.
///
/// # Errors
/// [`EncodeError`]: a value outside 0 to 1, a threshold outside 0 to 1, a time constant or dt that is none.
pub fn latency(values: &[f32], count: usize, code: Latency, dt_s: f64) -> Result<Steps, EncodeError> {
    check_values(values, |value| (0.0..=1.0).contains(&value), "give 0 to 1; scale the values")?;
    let mut encoded = steps(dt_s)?;
    let (Latency::Linear { threshold } | Latency::Logarithmic { threshold, .. }) = code;
    let in_range = (0.0..=1.0).contains(&threshold);
    check("latency threshold", threshold.into(), in_range, "give 0 to 1")?;
    if let Latency::Logarithmic { tau_steps, .. } = code {
        let holds = tau_steps.is_finite() && tau_steps > 0.0;
        check("latency tau", tau_steps.into(), holds, "give steps above 0")?;
    }
    let last = count.saturating_sub(1) as f32;
    let mut spikes: Vec<(usize, u32)> = (0..)
        .zip(values)
        .filter(|(_, x)| **x > threshold)
        .map(|(index, &x)| {
            let step = match code {
                Latency::Linear { .. } => last * (1.0 - x),
                Latency::Logarithmic { threshold, tau_steps } => tau_steps * (x / (x - threshold)).ln(),
            };
            (step.round_ties_even() as usize, index)
        })
        .collect();
    spikes.sort_unstable();
    let mut next = spikes.into_iter().peekable();
    for step in 0..count {
        encoded.push(
            std::iter::from_fn(|| next.next_if(|spike| spike.0 == step)).map(|(_, index)| (index, 1.0)),
        );
    }
    Ok(encoded)
}
