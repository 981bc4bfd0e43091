//! Synapse models: what a spike carries over the synapses of a projection, and how that changes.
//!
//! ```text
//! tsodyks_markram.rs  short-term plasticity: depression and facilitation by the spikes of the source
//! stdp.rs             weights that change with the spikes of source and target
//! trace.rs            sums of past spikes       columns.rs  the synapses of each target
//! decay.rs            exp(-t / tau)             saved.rs    what a state on disk has of it
//! ```
//!
//! A projection without a model has static synapses and pays nothing: which model it is, is asked once for each projection and
//! step. All that a run changes lies in `Plastic`.

mod columns;
mod decay;
pub(super) mod saved;
mod stdp;
mod trace;
mod tsodyks_markram;

pub use stdp::Stdp;
pub use tsodyks_markram::TsodyksMarkram;

use super::connect::Rows;
use super::error::KeyError;
use super::scheduler::ring::Ring;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the synapses of a projection are, with their parameters.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SynapseModel {
    /// Weights that stay.
    #[default]
    Static,
    /// Short-term depression and facilitation.
    TsodyksMarkram(TsodyksMarkram),
    /// Weights that change with the spikes of source and target.
    Stdp(Stdp),
}

impl From<TsodyksMarkram> for SynapseModel {
    fn from(parameters: TsodyksMarkram) -> Self {
        Self::TsodyksMarkram(parameters)
    }
}

impl From<Stdp> for SynapseModel {
    fn from(parameters: Stdp) -> Self {
        Self::Stdp(parameters)
    }
}

impl SynapseModel {
    /// Whether all spikes of a synapse carry the same.
    #[must_use]
    pub fn is_static(&self) -> bool {
        *self == Self::Static
    }

    /// Whether a run leaves weights other than it found them.
    #[must_use]
    pub fn learns(&self) -> bool {
        matches!(self, Self::Stdp(_))
    }

    /// Name in descriptions.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::TsodyksMarkram(_) => "tsodyks_markram",
            Self::Stdp(_) => "stdp",
        }
    }

    /// Checks the parameters.
    pub(crate) fn check(&self) -> Result<(), KeyError> {
        let checked = match self {
            Self::Static => Ok(()),
            Self::TsodyksMarkram(model) => model.check(),
            Self::Stdp(model) => model.check(),
        };
        checked.map_err(|error| error.below(self.name()))
    }

    /// The model for weights that are taken times `factor`.
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        match self {
            Self::Stdp(model) => Self::Stdp(Stdp { w_max: factor * model.w_max, ..model.clone() }),
            _ => self.clone(),
        }
    }
}

/// What plastic synapses need to know of their projection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    /// Neurons of the source population.
    pub(crate) sources: usize,
    /// Targets in the partition.
    pub(crate) targets: usize,
    /// Longest delay of the network in steps.
    pub(crate) longest_delay: u32,
    /// The most synapses that one target has, in whichever partition.
    pub(crate) largest_indegree: u32,
}

/// What changes at the synapses of a projection onto a partition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plastic {
    TsodyksMarkram(tsodyks_markram::Synapses),
    Stdp(Box<stdp::Synapses>),
}

impl Plastic {
    /// The start of `model` at the synapses `rows`; `None` for static ones. Weights that change move here from `rows`.
    pub(crate) fn new(
        model: &SynapseModel,
        dt_ms: f64,
        rows: &mut Rows,
        reach: Reach,
    ) -> Result<Option<Self>, KeyError> {
        let plastic = match model {
            SynapseModel::Static => None,
            SynapseModel::TsodyksMarkram(model) => {
                Some(Self::TsodyksMarkram(tsodyks_markram::Synapses::new(model, dt_ms, reach.sources)))
            }
            SynapseModel::Stdp(stdp) => {
                let synapses = stdp::Synapses::new(stdp, dt_ms, rows, reach);
                Some(Self::Stdp(Box::new(synapses.map_err(|error| error.below(model.name()))?)))
            }
        };
        Ok(plastic)
    }

    /// The weight of a synapse, if it changes.
    pub(crate) fn weight(&self, place: usize) -> Option<f64> {
        match self {
            Self::TsodyksMarkram(_) => None,
            Self::Stdp(synapses) => synapses.state.weights.get(place).copied(),
        }
    }

    /// Takes the spikes of `step`: of `sources` in ascending order, and of `targets` by their number in the partition.
    pub(crate) fn step<'a>(
        &mut self,
        ring: &mut Ring,
        rows: &Rows,
        step: u64,
        sources: impl Iterator<Item = &'a [u32]>,
        targets: impl Iterator<Item = u32>,
    ) {
        match self {
            Self::TsodyksMarkram(synapses) => {
                sources.flatten().for_each(|source| synapses.send(ring, rows, step, *source));
            }
            Self::Stdp(synapses) => synapses.step(ring, rows, step, sources.flatten(), targets),
        }
    }

    /// Bytes that the synapses take beside their rows.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::TsodyksMarkram(synapses) => synapses.bytes(),
            Self::Stdp(synapses) => synapses.bytes(),
        }
    }
}
