//! Synapses from one population to another.

use super::{Rule, Value};
use crate::network::synapse::SynapseModel;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Synapses from one population to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Projection {
    /// Name of the population that sends.
    pub source: String,
    /// Name of the population that receives.
    pub target: String,
    /// Who is connected with whom.
    pub rule: Rule,
    /// Weight in mV, for neurons whose potential jumps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_mv: Option<Value>,
    /// Weight in pA, for neurons with synaptic currents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_pa: Option<Value>,
    /// Weight in nS, for neurons with synaptic conductances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_ns: Option<Value>,
    /// The model of the synapses, with its parameters; static where it is not said.
    #[serde(default, skip_serializing_if = "SynapseModel::is_static")]
    pub synapse: SynapseModel,
    /// Delay in ms, at least a step; rounded to whole steps, up to 25 ms in steps of 0.1 ms where it is drawn.
    pub delay_ms: Value,
    /// What a µm of distance adds to the delay, in ms; both populations need a grid.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delay_ms_per_um: f64,
    /// The receptor that it acts on; by the sign of the weight's mean where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receptor: Option<Receptor>,
    /// Whether a neuron may be connected with itself.
    #[serde(default = "yes")]
    pub allow_autapses: bool,
    /// Whether two neurons may be connected more than once.
    #[serde(default = "yes")]
    pub allow_multapses: bool,
}

/// What a synapse acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Receptor {
    /// Excitatory current or conductance.
    Excitatory,
    /// Inhibitory current or conductance. Weights of conductances are positive here too.
    Inhibitory,
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

fn yes() -> bool {
    true
}

impl Projection {
    /// Synapses from `source` to `target` with delays `delay_ms`; give the weight in the unit of the target's synapses.
    #[must_use]
    pub fn new(source: &str, target: &str, rule: Rule, delay_ms: impl Into<Value>) -> Self {
        Self {
            source: source.to_owned(),
            target: target.to_owned(),
            rule,
            weight_mv: None,
            weight_pa: None,
            weight_ns: None,
            synapse: SynapseModel::Static,
            delay_ms: delay_ms.into(),
            delay_ms_per_um: 0.0,
            receptor: None,
            allow_autapses: yes(),
            allow_multapses: yes(),
        }
    }

    /// Sets the weight in mV.
    #[must_use]
    pub fn weight_mv(self, weight_mv: impl Into<Value>) -> Self {
        Self { weight_mv: Some(weight_mv.into()), ..self }
    }

    /// Sets the weight in pA.
    #[must_use]
    pub fn weight_pa(self, weight_pa: impl Into<Value>) -> Self {
        Self { weight_pa: Some(weight_pa.into()), ..self }
    }

    /// Sets the weight in nS.
    #[must_use]
    pub fn weight_ns(self, weight_ns: impl Into<Value>) -> Self {
        Self { weight_ns: Some(weight_ns.into()), ..self }
    }

    /// Sets the model of the synapses.
    #[must_use]
    pub fn synapse(self, synapse: impl Into<SynapseModel>) -> Self {
        Self { synapse: synapse.into(), ..self }
    }

    /// Sets what a µm of distance adds to the delay, in ms.
    #[must_use]
    pub fn delay_ms_per_um(self, delay_ms_per_um: f64) -> Self {
        Self { delay_ms_per_um, ..self }
    }

    /// Sets the receptor that it acts on.
    #[must_use]
    pub fn receptor(self, receptor: Receptor) -> Self {
        Self { receptor: Some(receptor), ..self }
    }

    /// Sets whether a neuron may be connected with itself.
    #[must_use]
    pub fn allow_autapses(self, allow_autapses: bool) -> Self {
        Self { allow_autapses, ..self }
    }

    /// Sets whether two neurons may be connected more than once.
    #[must_use]
    pub fn allow_multapses(self, allow_multapses: bool) -> Self {
        Self { allow_multapses, ..self }
    }
}
