//! How a checkpoint is executed: dense or spiking, and by which convention where the report and the release differ.

use crate::coding::Coding;
use crate::neuron::AdaptiveThreshold;
use crate::projection::Engine;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Points in which the SpikingBrain report and the released code differ. The two are presets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Convention {
    /// Whether the input of `down_proj` is coded. If not, it is a dense product with unquantised weights.
    pub code_down_projection: bool,
    /// Whether a token of a layer with window w sees w + 1 keys, itself included, rather than w.
    pub window_holds_one_more: bool,
}

impl Convention {
    /// The report: every projection is coded; a window of w holds w keys.
    pub const REPORT: Self = Self { code_down_projection: true, window_holds_one_more: false };
    /// The released code: `down_proj` is not coded; a window of w holds w + 1 keys.
    pub const RELEASE: Self = Self { code_down_projection: false, window_holds_one_more: true };
}

impl Default for Convention {
    fn default() -> Self {
        Self::REPORT
    }
}

/// The name is not a preset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown convention '{0}'; choose report or release")]
pub struct UnknownConvention(pub String);

impl std::str::FromStr for Convention {
    type Err = UnknownConvention;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "report" => Ok(Self::REPORT),
            "release" => Ok(Self::RELEASE),
            _ => Err(UnknownConvention(name.to_owned())),
        }
    }
}

/// How spikes drive the projections.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spiking {
    /// The neuron at every coded input.
    pub neuron: AdaptiveThreshold,
    /// How its counts become spikes. Outputs do not depend on it.
    pub coding: Coding,
    /// How the projections sum. Outputs do not depend on it.
    pub engine: Engine,
}

/// Dense or spiking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Execution {
    /// The uncoded model with the checkpoint's own weights, in f32.
    Dense,
    /// INT8 weights driven by spikes.
    Spiking(Spiking),
}

/// Options of [`crate::model::Model::load`].
#[derive(Debug, Clone, PartialEq)]
pub struct ModelOptions {
    /// Dense or spiking.
    pub execution: Execution,
    /// Report or release.
    pub convention: Convention,
    /// Layers to load and run, from 0; all if `None`. With fewer the logits are those of a cut model.
    pub layers: Option<RangeInclusive<usize>>,
}

impl Default for ModelOptions {
    /// Spiking by the report's convention with k = 3, all layers.
    fn default() -> Self {
        Self {
            execution: Execution::Spiking(Spiking::default()),
            convention: Convention::REPORT,
            layers: None,
        }
    }
}

impl ModelOptions {
    /// The uncoded model, for comparison.
    #[must_use]
    pub fn dense() -> Self {
        Self { execution: Execution::Dense, ..Self::default() }
    }
}
