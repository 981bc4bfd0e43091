//! Delta modulation with a threshold that adapts: spikes carry a reconstruction b along, and fast signals raise the bar.
//!
//! ```text
//! z = 1 where x > b + theta, -1 where x < b - theta, else 0
//! b <- b + z theta
//! theta <- theta_0 + (theta - theta_0) rho + beta |z|,   rho = exp(-dt / tau)
//! ```
//!
//! b starts at the first value. With beta = 0 it is the step-forward code: while x changes by at most theta_0 a step, b
//! stays within 2 theta_0 of it. Sources: N. Kasabov et al., Neural Networks 78 (2016) for step-forward; G. Bellec et al.,
//! NeurIPS (2018) for a threshold that jumps at a spike and decays.

use super::{EncodeError, check, check_course, steps};
use crate::transform::Steps;

/// How the threshold adapts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdaptiveDelta {
    /// Threshold at rest theta_0, in units of the values.
    pub threshold: f32,
    /// What a spike adds to the threshold.
    pub beta: f32,
    /// Time constant of its decay in seconds.
    pub tau_s: f64,
}

/// Encodes a time course `[steps, size]`, one step behind the other, in steps of `dt_s` seconds.
///
/// # Errors
/// [`EncodeError`]: values that are not finite or no whole steps, a threshold, time constant or dt that is not above 0, a
/// beta below 0.
pub fn adaptive_delta(
    values: &[f32],
    size: usize,
    code: AdaptiveDelta,
    dt_s: f64,
) -> Result<Steps, EncodeError> {
    check_course(values, size)?;
    let AdaptiveDelta { threshold: rest, beta, tau_s } = code;
    check("threshold", rest.into(), rest.is_finite() && rest > 0.0, "give a change above 0")?;
    check("beta", beta.into(), beta.is_finite() && beta >= 0.0, "give 0 or more")?;
    check("tau", tau_s, tau_s > 0.0, "give a time above 0 s")?;
    let mut encoded = steps(dt_s)?;
    let rho = (-dt_s / tau_s).exp() as f32;
    let mut states: Vec<(f32, f32)> = values.iter().take(size).map(|first| (*first, rest)).collect();
    for now in values.chunks_exact(size) {
        encoded.push((0..).zip(now.iter().zip(&mut states)).filter_map(|(index, (x, (b, theta)))| {
            let spike = if *x > *b + *theta {
                1.0
            } else if *x < *b - *theta {
                -1.0
            } else {
                0.0
            };
            *b += spike * *theta;
            *theta = rest + (*theta - rest) * rho + beta * f32::abs(spike);
            (spike != 0.0).then_some((index, spike))
        }));
    }
    Ok(encoded)
}
