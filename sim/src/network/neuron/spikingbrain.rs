//! The adaptive-threshold neuron of SpikingBrain (arXiv 2509.05276, section 3.3) step by step in a network: soft reset, and a
//! threshold that follows the input.
//!
//! ```text
//! x_h: what arrives in a step of length h, jumps of synapses and h times the constant input
//! v <- v exp(-h / tau_m) + x_h                   v >= theta: spike, v <- v - theta       (no leak without tau_m)
//! u <- u exp(-h / T) + x_h                       net input of the last window T
//! m <- m + (1 - exp(-h / tau_theta)) (|u| - m)   its absolute mean over tau_theta
//! theta = max(m / k, theta_min)
//! ```
//!
//! In a layer ([`crate::neuron::AdaptiveThreshold`]) the mean runs over the channels of one token, and a neuron fires at once its
//! whole count `s = round(x / theta)`. Here a window T takes the place of a token and a neuron's own past that of the other
//! channels; a step has one spike at most, so that a count is spread over steps and what is too much for a window stays in the
//! membrane. With theta held, no leak and v = theta / 2 at the start, input x in whatever steps leads to `round(x / theta)` spikes
//! once there were steps enough (halves are rounded up). Under steady input a neuron fires k times a window, however strong the
//! input: it reports changes, on the scale of `tau_theta`.
//!
//! Spikes have no sign. A second population that gets the same input with the opposite sign fires the negative counts.

use super::Step;
use crate::network::error::{KeyError, finite, positive};
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpikingBrain {
    /// Threshold divisor: spikes of a window under steady input.
    pub k: f64,
    /// Window whose net input counts, in ms.
    pub window_ms: f64,
    /// Time constant of the mean that the threshold follows, in ms.
    pub tau_theta_ms: f64,
    /// Threshold before there was input, in mV.
    pub theta_start_mv: f64,
    /// Least threshold in mV.
    pub theta_min_mv: f64,
    /// Time constant of the membrane in ms; it does not leak where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau_m_ms: Option<f64>,
    /// Constant input in mV per ms.
    pub input_mv_per_ms: f64,
}

impl Default for SpikingBrain {
    fn default() -> Self {
        Self {
            k: 3.0,
            window_ms: 50.0,
            tau_theta_ms: 500.0,
            theta_start_mv: 1.0,
            theta_min_mv: 0.01,
            tau_m_ms: None,
            input_mv_per_ms: 0.0,
        }
    }
}

/// What a step multiplies with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Propagators {
    decay: f64,
    window_decay: f64,
    /// Share of the new value in the mean.
    renewal: f64,
    per_mean: f64,
    least: f64,
    input: f64,
}

impl SpikingBrain {
    pub(super) fn propagators(&self, dt_ms: f64) -> Result<Propagators, KeyError> {
        for (key, value) in [
            ("k", self.k),
            ("window_ms", self.window_ms),
            ("tau_theta_ms", self.tau_theta_ms),
            ("theta_start_mv", self.theta_start_mv),
            ("theta_min_mv", self.theta_min_mv),
            ("tau_m_ms", self.tau_m_ms.unwrap_or(1.0)),
        ] {
            positive(key, value)?;
        }
        finite("input_mv_per_ms", self.input_mv_per_ms)?;
        Ok(Propagators {
            decay: self.tau_m_ms.map_or(1.0, |tau_m_ms| (-dt_ms / tau_m_ms).exp()),
            window_decay: (-dt_ms / self.window_ms).exp(),
            renewal: -(-dt_ms / self.tau_theta_ms).exp_m1(),
            per_mean: 1.0 / self.k,
            least: self.theta_min_mv,
            input: self.input_mv_per_ms * dt_ms,
        })
    }

    /// The mean that belongs to the threshold at the start.
    pub(super) fn start_mean(&self) -> f64 {
        self.k * self.theta_start_mv
    }
}

impl Propagators {
    pub(super) fn advance(&self, step: &mut Step<'_>) {
        if let ([v, u, m], [input]) = (&mut *step.variables, &*step.input) {
            advance(self, [v, u, m], input.sums(), step.fired);
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
fn advance(p: &Propagators, [v, u, m]: [&mut [f64]; 3], input: &[f64], fired: &mut [u8]) {
    for ((((v, u), m), input), fired) in v.iter_mut().zip(u).zip(m).zip(input).zip(fired) {
        let x = *input + p.input;
        *u = *u * p.window_decay + x;
        *m += p.renewal * (u.abs() - *m);
        let theta = (*m * p.per_mean).max(p.least);
        let next = *v * p.decay + x;
        let fires = next >= theta;
        *v = if fires { next - theta } else { next };
        *fired = u8::from(fires);
    }
}
