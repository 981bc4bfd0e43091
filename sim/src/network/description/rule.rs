//! Who is connected with whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

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
    /// Every pair with a probability that depends on its distance, between populations with a grid.
    DistanceDependent(DistanceDependent),
    /// As a convolution connects the channels of one grid with those of another.
    Convolution(Convolution),
    /// These pairs of source and target.
    Pairs(Vec<[u32; 2]>),
    /// These synapses: source, target, weight, delay. Weights and delays are multiples of those of the projection, so that
    /// `weight_pa = 1` and `delay_ms = 1` make them pA and ms.
    Synapses(Vec<(u32, u32, f64, f64)>),
    /// The synapses of this CSV file, with columns `source` and `target` and, if they differ, `weight` and `delay`, multiples of
    /// those of the projection. The path starts at the folder of the description's file.
    File(PathBuf),
}

impl Rule {
    /// Whether it names neurons or shapes, which a network of another size would not have.
    pub(super) fn has_fixed_sizes(&self) -> bool {
        matches!(self, Self::Convolution(_) | Self::Pairs(_) | Self::Synapses(_) | Self::File(_))
    }
}

/// Every pair with a probability that depends on its distance.
///
/// ```toml
/// rule = { distance_dependent = { kernel = { gaussian = { sigma_um = 100 } }, probability = 0.8, cutoff_um = 300 } }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DistanceDependent {
    /// How the probability falls with distance.
    pub kernel: Kernel,
    /// Probability at distance 0.
    #[serde(default = "certain")]
    pub probability: f64,
    /// Largest distance in µm; there are no synapses beyond. Building takes time in proportion to the pairs within.
    pub cutoff_um: f64,
}

/// How a probability falls with the distance d, from 1 at 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Kernel {
    /// `exp(-d^2 / (2 sigma^2))`.
    Gaussian {
        /// Standard deviation in µm.
        sigma_um: f64,
    },
    /// `exp(-d / length)`.
    Exponential {
        /// Length in µm over which it falls by e.
        length_um: f64,
    },
    /// The same up to the cut-off.
    Disc,
}

fn certain() -> f64 {
    1.0
}

impl DistanceDependent {
    /// Connects pairs up to a distance of `cutoff_um`, those of distance 0 with certainty.
    #[must_use]
    pub fn new(kernel: Kernel, cutoff_um: f64) -> Self {
        Self { kernel, probability: certain(), cutoff_um }
    }

    /// Sets the probability at distance 0.
    #[must_use]
    pub fn probability(self, probability: f64) -> Self {
        Self { probability, ..self }
    }
}

/// As a convolution connects: the synapse from input channel i at row `r S - P + k` and column `c S - P + l` to output channel o at
/// row r and column c has weight `kernel[o][i][k][l]`, times that of the projection. There are zeros around the input, even if
/// its grid is periodic; a weight of 0 makes no synapse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Convolution {
    /// Weights: output channel, input channel, row, column.
    pub kernel: Vec<Vec<Vec<Vec<f64>>>>,
    /// Rows and columns S from one window to the next.
    #[serde(default = "every")]
    pub stride: [u32; 2],
    /// Rows and columns P of zeros around the input.
    #[serde(default)]
    pub padding: [u32; 2],
}

fn every() -> [u32; 2] {
    [1; 2]
}

impl Convolution {
    /// A convolution of stride 1 without padding; `kernel` holds output channels of input channels of rows of weights.
    #[must_use]
    pub fn new(kernel: Vec<Vec<Vec<Vec<f64>>>>) -> Self {
        Self { kernel, stride: every(), padding: [0; 2] }
    }

    /// Sets the rows and columns from one window to the next.
    #[must_use]
    pub fn stride(self, stride: [u32; 2]) -> Self {
        Self { stride, ..self }
    }

    /// Sets the rows and columns of zeros around the input.
    #[must_use]
    pub fn padding(self, padding: [u32; 2]) -> Self {
        Self { padding, ..self }
    }
}
