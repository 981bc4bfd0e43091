//! What a sweep varies.

use crate::analysis::energy::profile::HardwareProfile;
use crate::analysis::energy::{Fetch, Opponent};
use crate::datasets::checkpoint::{Checkpoint, CheckpointError};
use crate::sim::coding::Coding;
use crate::sim::neuron::AdaptiveThreshold;
use crate::sim::options::Convention;

/// A model of the grid.
#[derive(Debug)]
pub struct Model {
    /// Its weights.
    pub checkpoint: Checkpoint,
    /// SHA-256 of the weights.
    pub digest: String,
}

/// A text of the grid, encoded for each model when it is read.
#[derive(Debug, Clone)]
pub struct Text {
    /// Name in the table.
    pub name: String,
    /// The text.
    pub bytes: Vec<u8>,
}

/// The grid of a sweep: every combination is measured.
#[derive(Debug)]
pub struct Grid {
    /// Models.
    pub models: Vec<Model>,
    /// Texts.
    pub texts: Vec<Text>,
    /// Read at most this many tokens of each text; all for `None`.
    pub tokens: Option<usize>,
    /// Conventions, by name.
    pub conventions: Vec<(String, Convention)>,
    /// Neurons: one a k.
    pub neurons: Vec<AdaptiveThreshold>,
    /// Spike codings.
    pub codings: Vec<Coding>,
    /// Hardware.
    pub hardware: Vec<HardwareProfile>,
    /// What the spikes' energy is compared with.
    pub opponent: Opponent,
    /// Hardware of the opponent where the spikes' hardware does not price it.
    pub fallback: HardwareProfile,
    /// How weights are fetched.
    pub fetch: Fetch,
}

/// One reading of a text by a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pass {
    /// Index of the model.
    pub model: usize,
    /// Index of the text.
    pub text: usize,
    /// Index of the convention.
    pub convention: usize,
    /// The neuron; dense for `None`.
    pub neuron: Option<AdaptiveThreshold>,
}

impl Grid {
    /// The passes in the order of the table: for each model, text and convention the dense one, then one a k.
    #[must_use]
    pub fn passes(&self) -> Vec<Pass> {
        let mut passes = Vec::new();
        for model in 0..self.models.len() {
            for text in 0..self.texts.len() {
                for convention in 0..self.conventions.len() {
                    let neurons = std::iter::once(None).chain(self.neurons.iter().copied().map(Some));
                    passes.extend(neurons.map(|neuron| Pass { model, text, convention, neuron }));
                }
            }
        }
        passes
    }

    /// Tokens that a pass reads.
    ///
    /// # Errors
    /// If the text does not encode.
    pub fn tokens_of(&self, pass: &Pass) -> Result<usize, CheckpointError> {
        let tokens = self.models[pass.model].checkpoint.tokenizer().encode(&self.texts[pass.text].bytes)?;
        Ok(self.tokens.map_or(tokens.len(), |most| most.min(tokens.len())))
    }

    /// The pass for people.
    #[must_use]
    pub fn describe(&self, pass: &Pass) -> String {
        let k = pass.neuron.map_or("dense".to_owned(), |neuron| format!("k = {}", neuron.k()));
        let model = self.models[pass.model].checkpoint.name();
        format!("{model}, {}, {}, {k}", self.texts[pass.text].name, self.conventions[pass.convention].0)
    }
}
