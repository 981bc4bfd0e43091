//! What a network is: populations, projections, drives, recorders and the run, as plain data, read from TOML or built in Rust
//! with the same words.
//!
//! ```
//! use synfire_sim::network::Network;
//! let network = Network::parse(
//!     r#"
//!     name = "two"
//!     [[population]]
//!     name = "cells"
//!     size = 100
//!     neuron.lif_delta = { tau_m_ms = 20, e_l_mv = 0, v_th_mv = 20, v_reset_mv = 10 }
//!     [[drive]]
//!     target = "cells"
//!     rate_hz = 20_000
//!     weight_mv = 0.1
//!     [[projection]]
//!     source = "cells"
//!     target = "cells"
//!     rule = { fixed_indegree = 10 }
//!     weight_mv = 0.1
//!     delay_ms = { uniform = { low = 1.0, high = 2.0 } }
//!     [run]
//!     duration_ms = 100
//!     "#,
//!     "two.toml",
//! )?;
//! assert_eq!((network.population[0].size, network.run.dt_ms), (100, 0.1));
//! let error = Network::parse("name = 'x'\n[run]\nduration = 3", "x.toml").unwrap_err().to_string();
//! assert!(error.starts_with("x.toml: run.duration: unknown field `duration`"), "{error}");
//! # Ok::<(), synfire_sim::network::NetworkError>(())
//! ```

mod overrides;
mod value;

pub use value::{Distribution, Value};

use super::error::NetworkError;
use super::neuron::NeuronModel;
use super::synapse::SynapseModel;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A network of spiking neurons and how it is run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Name.
    pub name: String,
    /// What it is, and where it comes from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How it is run.
    pub run: Run,
    /// The populations; their neurons are numbered in this order.
    #[serde(default)]
    pub population: Vec<Population>,
    /// The projections between them.
    #[serde(default)]
    pub projection: Vec<Projection>,
    /// Independent Poisson input.
    #[serde(default)]
    pub drive: Vec<Drive>,
    /// Recorded variables. Spikes of all neurons are recorded anyway.
    #[serde(default)]
    pub recorder: Vec<Recorder>,
}

/// How a network is run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Biological time in ms.
    pub duration_ms: f64,
    /// Length of a step in ms.
    #[serde(default = "default_dt_ms")]
    pub dt_ms: f64,
    /// Seed of everything that is drawn.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// How it advances in time.
    #[serde(default)]
    pub scheduler: Scheduler,
}

/// How a network advances in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scheduler {
    /// All neurons by steps of `dt_ms`; spikes at the ends of steps; on all threads.
    #[default]
    Step,
    /// From event to event, on one thread; the threshold is crossed at its exact time. Delays are multiples of `dt_ms`
    /// still. Takes neurons `lif_exp` and `lif_delta`, and spikes of `replay` at their given times.
    Event,
}

fn default_dt_ms() -> f64 {
    0.1
}

fn default_seed() -> u64 {
    1
}

/// Neurons that are alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Name, which projections call it by.
    pub name: String,
    /// Neurons.
    pub size: u32,
    /// The model, with its parameters.
    pub neuron: NeuronModel,
    /// What variables of the model start at, such as `v_mv = { uniform = { low = -60, high = -50 } }`; potentials rest, and
    /// the others are 0, where nothing is said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub initial: BTreeMap<String, Value>,
}

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

fn yes() -> bool {
    true
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

/// Who is connected with whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// Every neuron with every one.
    AllToAll,
    /// Neurons of the same number; both populations have one size.
    OneToOne,
    /// Every pair with this probability.
    FixedProbability(f64),
    /// Every target with this many sources, drawn uniformly.
    FixedIndegree(u32),
    /// Every source with this many targets, drawn uniformly.
    FixedOutdegree(u32),
    /// This many synapses in all, source and target drawn uniformly.
    FixedTotal(u64),
    /// These pairs of source and target.
    Pairs(Vec<[u32; 2]>),
}

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

/// Neurons whose variables are recorded at the end of steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recorder {
    /// Name of the population.
    pub population: String,
    /// Name of the variable, such as `v_mv`.
    pub variable: String,
    /// First neuron of the population.
    #[serde(default)]
    pub first: u32,
    /// Neurons from the first on.
    #[serde(default = "default_count")]
    pub count: u32,
    /// Time between values in ms; every step where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_ms: Option<f64>,
}

fn default_count() -> u32 {
    1
}

impl Network {
    /// Reads the text of a description; `file` names it in errors.
    ///
    /// # Errors
    /// [`NetworkError::Syntax`], [`NetworkError::Key`].
    pub fn parse(text: &str, file: &str) -> Result<Self, NetworkError> {
        Self::parse_with(text, file, &[])
    }

    /// Reads the text of a description with some keys set anew: `population.excitatory.size=100`, `run.seed=3`. Elements of
    /// lists go by their name, or by their number from 0.
    ///
    /// # Errors
    /// [`NetworkError::Syntax`], [`NetworkError::Key`].
    pub fn parse_with(text: &str, file: &str, settings: &[String]) -> Result<Self, NetworkError> {
        let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line =
                error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
            let reason = format!("line {line}: {}", one_line(error.message()));
            NetworkError::Syntax { file: file.to_owned(), reason }
        })?;
        for setting in settings {
            overrides::set(&mut table, setting).map_err(|error| error.of(file))?;
        }
        let names = overrides::names(&table);
        serde_path_to_error::deserialize(table).map_err(|error| {
            let key = overrides::named(&error.path().to_string(), &names);
            let problem = one_line(error.inner().message());
            NetworkError::Key { network: file.to_owned(), key, problem }
        })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`NetworkError::Read`], [`NetworkError::Syntax`], [`NetworkError::Key`].
    pub fn read(path: &std::path::Path, settings: &[String]) -> Result<Self, NetworkError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| NetworkError::Read { file: file.clone(), reason: error.to_string() })?;
        Self::parse_with(&text, &file, settings)
    }

    /// The description as TOML, which [`parse`](Self::parse) reads back.
    ///
    /// # Errors
    /// For numbers beyond those of TOML.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }

    /// The JSON schema of a description, for editors that check TOML as one types.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Network).into()
    }

    /// The network `scale` times as large: sizes and in- and out-degrees by `scale`, total numbers of synapses by its square.
    /// Weights stay, and so do probabilities, so that a neuron has fewer synapses in a smaller network.
    #[must_use]
    pub fn scaled(mut self, scale: f64) -> Self {
        if scale == 1.0 {
            return self;
        }
        let by = |n: u32| ((f64::from(n) * scale).round() as u32).max(1);
        for population in &mut self.population {
            population.size = by(population.size);
        }
        for projection in &mut self.projection {
            match &mut projection.rule {
                Rule::FixedIndegree(n) | Rule::FixedOutdegree(n) => *n = by(*n),
                Rule::FixedTotal(n) => *n = ((*n as f64 * scale * scale).round() as u64).max(1),
                Rule::AllToAll | Rule::OneToOne | Rule::FixedProbability(_) | Rule::Pairs(_) => {}
            }
        }
        self
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
