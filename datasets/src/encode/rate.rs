//! Rate code: in each step, a value x spikes with probability x, independently (Bernoulli); a Poisson process of rate x/dt
//! whose spikes of one step count once.

use super::{EncodeError, check_values, steps};
use crate::generate::random;
use crate::transform::Steps;

/// Encodes values from 0 to 1 over `count` steps of `dt_s` seconds. The same seed gives the same spikes; those of a value
/// do not depend on how many others there are.
///
/// # Errors
/// [`EncodeError`]: a value outside 0 to 1, or a dt that is none.
pub fn rate(values: &[f32], count: usize, dt_s: f64, seed: u64) -> Result<Steps, EncodeError> {
    check_values(values, |value| (0.0..=1.0).contains(&value), "give 0 to 1; scale the values")?;
    let mut encoded = steps(dt_s)?;
    let mut streams: Vec<_> = (0..values.len() as u64).map(|index| random::stream(seed, index)).collect();
    for _ in 0..count {
        // Uniform in (0, 1]: a value of 0 never spikes, one of 1 always does.
        let spikes = (0..).zip(values).zip(&mut streams).filter_map(|((index, value), stream)| {
            (random::uniform(stream) <= f64::from(*value)).then_some((index, 1.0))
        });
        encoded.push(spikes);
    }
    Ok(encoded)
}
