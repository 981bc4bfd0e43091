//! Where the neurons of a population lie.

use crate::network::error::{KeyError, positive, require};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Neurons on a grid of rows and columns; its channels, if it has some, lie on top of each other. They are numbered channel by
/// channel, then row by row: `(channel * rows + row) * columns + column`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// Neurons of a channel from first to last row.
    pub rows: u32,
    /// Neurons of a row.
    pub columns: u32,
    /// Neurons at each place.
    #[serde(default = "one")]
    pub channels: u32,
    /// From a neuron to the next of its row or column, in µm. Grids of different spacing lie centre on centre.
    #[serde(default = "unit")]
    pub spacing_um: f64,
    /// Whether distances go round the edges, as on a torus.
    #[serde(default)]
    pub periodic: bool,
}

fn one() -> u32 {
    1
}

fn unit() -> f64 {
    1.0
}

impl Grid {
    /// A grid of one channel, 1 µm from neuron to neuron, with edges.
    #[must_use]
    pub fn new(rows: u32, columns: u32) -> Self {
        Self { rows, columns, channels: one(), spacing_um: unit(), periodic: false }
    }

    /// Sets the neurons at each place.
    #[must_use]
    pub fn channels(self, channels: u32) -> Self {
        Self { channels, ..self }
    }

    /// Sets the distance from neuron to neuron in µm.
    #[must_use]
    pub fn spacing_um(self, spacing_um: f64) -> Self {
        Self { spacing_um, ..self }
    }

    /// Sets whether distances go round the edges.
    #[must_use]
    pub fn periodic(self, periodic: bool) -> Self {
        Self { periodic, ..self }
    }

    /// Its neurons; as many as can be counted, if there are more.
    #[must_use]
    pub fn neurons(&self) -> u32 {
        self.rows.saturating_mul(self.columns).saturating_mul(self.channels)
    }

    /// Length and width in µm.
    pub(crate) fn extent_um(&self) -> [f64; 2] {
        [self.rows, self.columns].map(|n| f64::from(n) * self.spacing_um)
    }

    pub(crate) fn check(&self) -> Result<(), KeyError> {
        for (key, n) in [("rows", self.rows), ("columns", self.columns), ("channels", self.channels)] {
            require(n > 0, key, n, "give at least one")?;
        }
        positive("spacing_um", self.spacing_um)
    }

    /// The grid with `scale` times the neurons on the same area.
    pub(super) fn scaled(self, scale: f64) -> Self {
        let by = |n: u32| ((f64::from(n) * scale.sqrt()).round() as u32).max(1);
        let (rows, columns) = (by(self.rows), by(self.columns));
        let places = |rows, columns| f64::from(rows) * f64::from(columns);
        let spread = (places(self.rows, self.columns) / places(rows, columns)).sqrt();
        Self { rows, columns, spacing_um: self.spacing_um * spread, ..self }
    }
}
