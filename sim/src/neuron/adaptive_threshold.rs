//! The adaptive-threshold neuron in its single-step form (SpikingBrain report, arXiv 2509.05276, section 3.3).
//!
//! For the activation vector x of one token:
//!
//! ```text
//! V_th(x) = mean(|x|) / k, clamped to [1e-5, 1e4]      s = round_half_even(x / V_th)
//! ```
//!
//! s are signed spike counts, V_th has the unit of x. [`crate::neuron::IntegrateAndFire`] is the step-by-step neuron
//! that this collapses.

use multiversion::multiversion;

/// Most spikes that one vector may hold: with more, the INT32 accumulators of INT8 weights could overflow
/// (127 x 16 909 320 < 2^31). A vector of N channels holds about N k, so only a clamped threshold gets there.
pub const MAX_TOTAL_COUNT: u64 = (i32::MAX / 127) as u64;

const MIN_THRESHOLD: f32 = 1e-5;
const MAX_THRESHOLD: f32 = 1e4;

/// Why a vector could not be coded.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum NeuronError {
    /// k must be finite and above zero.
    #[error("k = {0} is not usable: the threshold divisor k must be finite and above 0 (the report uses 3)")]
    BadK(f32),
    /// An activation is NaN or infinite.
    #[error("activation of channel {channel} is {value}: the weights or the input are not sound")]
    NotFinite {
        /// Channel of the first such activation.
        channel: usize,
        /// Its value.
        value: f32,
    },
    /// The counts do not fit the accumulators.
    #[error(
        "{total} spikes in one vector, {MAX_TOTAL_COUNT} fit the accumulators: lower k or check the weights"
    )]
    TooManySpikes {
        /// Sum of the absolute counts.
        total: u64,
    },
}

/// Threshold rule of a layer's neurons: `V_th = mean(|x|) / k`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdaptiveThreshold {
    k: f32,
}

impl Default for AdaptiveThreshold {
    /// k = 3, the report's choice.
    fn default() -> Self {
        Self { k: 3.0 }
    }
}

impl AdaptiveThreshold {
    /// A neuron with threshold divisor `k`: a larger k lowers the threshold, so there are more spikes.
    ///
    /// # Errors
    /// [`NeuronError::BadK`] unless k is finite and above 0.
    pub fn new(k: f32) -> Result<Self, NeuronError> {
        if k.is_finite() && k > 0.0 { Ok(Self { k }) } else { Err(NeuronError::BadK(k)) }
    }

    /// The threshold divisor.
    #[must_use]
    pub fn k(&self) -> f32 {
        self.k
    }

    /// V_th of the vector `x`, in units of `x`. An empty or all-zero vector has the smallest threshold, 1e-5.
    #[must_use]
    pub fn threshold(&self, x: &[f32]) -> f32 {
        let mean = absolute_sum(x) / x.len().max(1) as f64;
        (mean as f32 / self.k).clamp(MIN_THRESHOLD, MAX_THRESHOLD)
    }

    /// Spike counts of the vector `x`, written to `counts` (same length); returns V_th.
    ///
    /// ```
    /// # use synfire_sim::neuron::AdaptiveThreshold;
    /// let mut counts = [0; 4];
    /// let threshold = AdaptiveThreshold::default().fire(&[1.0, -2.0, 0.1, 2.9], &mut counts)?;
    /// assert_eq!((threshold, counts), (0.5, [2, -4, 0, 6]));
    /// # Ok::<(), synfire_sim::neuron::NeuronError>(())
    /// ```
    ///
    /// # Errors
    /// [`NeuronError::NotFinite`] for NaN or infinite activations, [`NeuronError::TooManySpikes`] when the counts would
    /// overflow the accumulators.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn fire(&self, x: &[f32], counts: &mut [i32]) -> Result<f32, NeuronError> {
        assert_eq!(x.len(), counts.len(), "one count a channel");
        let threshold = self.threshold(x);
        let total = count(x, threshold, counts);
        if total <= MAX_TOTAL_COUNT {
            return Ok(threshold);
        }
        match x.iter().position(|v| !v.is_finite()) {
            Some(channel) => Err(NeuronError::NotFinite { channel, value: x[channel] }),
            None => Err(NeuronError::TooManySpikes { total }),
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
fn absolute_sum(x: &[f32]) -> f64 {
    let mut lanes = [0.0f64; 8];
    let chunks = x.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().map(|v| f64::from(v.abs())).sum();
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane += f64::from(v.abs());
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// Writes the counts and returns the sum of their absolute values; a NaN counts as more than fits.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
fn count(x: &[f32], threshold: f32, counts: &mut [i32]) -> u64 {
    let mut total = 0u64;
    for (count, v) in counts.iter_mut().zip(x) {
        let s = (v / threshold).round_ties_even();
        *count = s as i32;
        total += if s.is_nan() { u64::from(u32::MAX) } else { u64::from(count.unsigned_abs()) };
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_round_to_even() {
        let mut counts = [0; 5];
        let x = [0.5, 1.5, 2.5, -1.5, 4.0];
        let threshold = AdaptiveThreshold::new(2.0).and_then(|n| n.fire(&x, &mut counts));
        assert_eq!((threshold, counts), (Ok(1.0), [0, 2, 2, -2, 4]));
    }

    #[test]
    fn outliers_survive_far_beyond_eight_bits() {
        let mut x = vec![0.001; 4096];
        x[17] = 900.0;
        let mut counts = vec![0; x.len()];
        let threshold = AdaptiveThreshold::default().fire(&x, &mut counts);
        assert!(threshold.is_ok() && counts[17] > 12_000, "{threshold:?} {}", counts[17]);
    }

    #[test]
    fn a_vector_of_zeros_has_the_smallest_threshold_and_no_spikes() {
        let mut counts = [7; 3];
        assert_eq!(AdaptiveThreshold::default().fire(&[0.0; 3], &mut counts), Ok(1e-5));
        assert_eq!(counts, [0; 3]);
    }

    #[test]
    fn unsound_input_is_an_error_that_names_the_channel() {
        let neuron = AdaptiveThreshold::default();
        let error = neuron.fire(&[0.0, f32::NAN], &mut [0; 2]);
        assert!(matches!(error, Err(NeuronError::NotFinite { channel: 1, .. })), "{error:?}");
        let error = neuron.fire(&[f32::INFINITY, 1.0], &mut [0; 2]);
        assert!(matches!(error, Err(NeuronError::NotFinite { channel: 0, .. })), "{error:?}");
        let error = neuron.fire(&[1e30, 1.0], &mut [0; 2]);
        assert!(matches!(error, Err(NeuronError::TooManySpikes { .. })), "{error:?}");
        assert_eq!(AdaptiveThreshold::new(0.0), Err(NeuronError::BadK(0.0)));
        assert!(AdaptiveThreshold::new(f32::NAN).is_err());
    }

    proptest! {
        #[test]
        fn counts_decode_to_within_half_a_threshold(x in prop::collection::vec(-50.0f32..50.0, 1..300), k in 0.5f32..8.0) {
            let mut counts = vec![0; x.len()];
            let neuron = AdaptiveThreshold::new(k).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let threshold = neuron.fire(&x, &mut counts).map_err(|e| TestCaseError::fail(e.to_string()))?;
            for (s, v) in counts.iter().zip(&x) {
                prop_assert!((*s as f32 * threshold - v).abs() <= 0.5001 * threshold + 1e-5 * v.abs());
            }
        }
    }
}
