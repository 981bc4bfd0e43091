//! Neurons that are alike.

use super::{Grid, Value};
use crate::network::error::{KeyError, require};
use crate::network::neuron::NeuronModel;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Neurons that are alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Name, which projections call it by.
    pub name: String,
    /// Neurons; a grid says it too.
    #[serde(default)]
    pub size: u32,
    /// Where the neurons lie, for rules and delays that ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<Grid>,
    /// The model, with its parameters.
    pub neuron: NeuronModel,
    /// What variables of the model start at, such as `v_mv = { uniform = { low = -60, high = -50 } }`; potentials rest, and
    /// the others are 0, where nothing is said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub initial: BTreeMap<String, Value>,
}

impl Population {
    /// A population of `size` neurons, such as `Population::new("cells", 100, LifExp::default())`.
    #[must_use]
    pub fn new(name: &str, size: u32, neuron: impl Into<NeuronModel>) -> Self {
        Self { name: name.to_owned(), size, grid: None, neuron: neuron.into(), initial: BTreeMap::new() }
    }

    /// A population on a grid.
    #[must_use]
    pub fn on_grid(name: &str, grid: Grid, neuron: impl Into<NeuronModel>) -> Self {
        Self { grid: Some(grid), ..Self::new(name, grid.neurons(), neuron) }
    }

    /// Sets what a variable of the model starts at.
    #[must_use]
    pub fn initial(mut self, variable: &str, value: impl Into<Value>) -> Self {
        self.initial.insert(variable.to_owned(), value.into());
        self
    }

    /// Checks that there are neurons, and as many as the grid has.
    pub(crate) fn check_size(&self) -> Result<(), KeyError> {
        if let Some(grid) = &self.grid {
            grid.check().map_err(|error| error.below("grid"))?;
            let fits = self.size == grid.neurons();
            let remedy = format!("the grid has {} neurons; leave the size out", grid.neurons());
            require(fits, "size", self.size, &remedy)?;
        }
        require(self.size > 0, "size", self.size, "give at least one neuron, or a grid")
    }

    /// The population with `scale` times the neurons, on the same area if it has a grid.
    pub(super) fn scaled(mut self, scale: f64) -> Self {
        self.grid = self.grid.map(|grid| grid.scaled(scale));
        let plain = ((f64::from(self.size) * scale).round() as u32).max(1);
        self.size = self.grid.map_or(plain, |grid| grid.neurons());
        self
    }
}
