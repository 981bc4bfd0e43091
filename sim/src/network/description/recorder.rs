//! Recorded variables.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

impl Recorder {
    /// Records a variable of the first neuron of a population at every step.
    #[must_use]
    pub fn new(population: &str, variable: &str) -> Self {
        Self {
            population: population.to_owned(),
            variable: variable.to_owned(),
            first: 0,
            count: default_count(),
            interval_ms: None,
        }
    }

    /// Sets the first neuron.
    #[must_use]
    pub fn first(self, first: u32) -> Self {
        Self { first, ..self }
    }

    /// Sets how many neurons are recorded.
    #[must_use]
    pub fn count(self, count: u32) -> Self {
        Self { count, ..self }
    }

    /// Sets the time between values in ms.
    #[must_use]
    pub fn interval_ms(self, interval_ms: f64) -> Self {
        Self { interval_ms: Some(interval_ms), ..self }
    }
}
