//! Poisson input.

use super::Receptor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Poisson input to every neuron of a population, independent from neuron to neuron.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drive {
    /// Name of the population that receives.
    pub target: String,
    /// Spikes that each of its neurons gets, in Hz.
    pub rate_hz: f64,
    /// Weight in mV, for neurons whose potential jumps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_mv: Option<f64>,
    /// Weight in pA, for neurons with synaptic currents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_pa: Option<f64>,
    /// Weight in nS, for neurons with synaptic conductances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_ns: Option<f64>,
    /// The receptor that it acts on; by the sign of the weight where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receptor: Option<Receptor>,
}

impl Drive {
    /// Input of `rate_hz` to each neuron of `target`; give the weight in the unit of the target's synapses.
    #[must_use]
    pub fn new(target: &str, rate_hz: f64) -> Self {
        Self {
            target: target.to_owned(),
            rate_hz,
            weight_mv: None,
            weight_pa: None,
            weight_ns: None,
            receptor: None,
        }
    }

    /// Sets the weight in mV.
    #[must_use]
    pub fn weight_mv(self, weight_mv: f64) -> Self {
        Self { weight_mv: Some(weight_mv), ..self }
    }

    /// Sets the weight in pA.
    #[must_use]
    pub fn weight_pa(self, weight_pa: f64) -> Self {
        Self { weight_pa: Some(weight_pa), ..self }
    }

    /// Sets the weight in nS.
    #[must_use]
    pub fn weight_ns(self, weight_ns: f64) -> Self {
        Self { weight_ns: Some(weight_ns), ..self }
    }

    /// Sets the receptor that it acts on.
    #[must_use]
    pub fn receptor(self, receptor: Receptor) -> Self {
        Self { receptor: Some(receptor), ..self }
    }
}
