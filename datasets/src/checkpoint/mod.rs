//! Model checkpoints in Hugging Face layout: `config.json`, safetensors (one file or shards), tokenizer.
//!
//! SpikingBrain checkpoints come uncoded or as W8ASpike (INT8 scales beside the weights); plain Qwen2, Qwen2.5 and Llama
//! checkpoints, the models that SpikingBrain is converted from, are read too. Weights stay in the memory map until a layer
//! asks for them. INT8 weights that lie input-major (`weight_by_input`) are used there; others are quantised and turned on
//! load, the low-rank gate pair after it is merged into one matrix.

mod config;
mod convert;
mod error;
mod inspect;
mod layout;
mod matrix;
mod quantised;
mod requantise;
mod synth;
mod tensors;
mod tokenizer;
mod write;

pub use config::{Attention, Family, Mixture, ModelConfig};
pub use convert::{Conversion, Target};
pub use error::CheckpointError;
pub use inspect::{Finding, Found, Inspection, Severity};
pub use layout::{Layout, Linear, Norm, Role, TensorSpec};
pub use matrix::{DenseLinear, DenseMatrix};
pub use quantised::{GROUP_SIZE, Int8Values, QuantisedLinear};
pub use requantise::{MeanSquares, Quantisation, QuantisationError, QuantisedForm};
pub use safetensors::Dtype;
pub use synth::Synthesis;
pub use tokenizer::Tokenizer;
pub use write::{CheckpointWriter, SHARD_BYTES, TensorPlan};

use crate::builtin;
use layout::{GATE_RANK, INT8, Names, SCALES};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tensors::Tensors;

/// Small files that belong to a checkpoint besides config and weights.
const COMPANIONS: [&str; 7] = [
    "tokenizer.json",
    "vocab.json",
    "merges.txt",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "generation_config.json",
];

/// An opened checkpoint.
#[derive(Debug)]
pub struct Checkpoint {
    name: String,
    /// Its folder; `None` if it is part of the program.
    dir: Option<PathBuf>,
    config_text: Vec<u8>,
    config: ModelConfig,
    layout: Layout,
    tensors: Tensors,
    tokenizer: Tokenizer,
}

impl Checkpoint {
    /// Opens the checkpoint in `dir` and checks that every tensor is there with the right shape and type. Its files must
    /// not be changed while it is open.
    ///
    /// # Errors
    /// [`CheckpointError`], naming file and field or tensor.
    pub fn open(dir: &Path) -> Result<Self, CheckpointError> {
        if !dir.is_dir() {
            return Err(CheckpointError::Missing { path: dir.to_owned() });
        }
        let path = dir.join("config.json");
        let file = path.display().to_string();
        let text = std::fs::read(&path).map_err(|e| CheckpointError::File {
            file: file.clone(),
            reason: format!("{e}; a checkpoint folder holds config.json, safetensors and a tokenizer"),
        })?;
        let config = ModelConfig::parse(&text, &file)?;
        let tensors = Tensors::open(dir)?;
        let tokenizer = Tokenizer::open(dir, config.vocab_size)?;
        let full = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
        let name = full.file_name().map_or_else(|| "model".to_owned(), |n| n.to_string_lossy().into_owned());
        Self::check(name, Some(dir.to_owned()), text, config, tensors, tokenizer)
    }

    /// The built-in example model, see [`crate::builtin`].
    ///
    /// # Errors
    /// None in a sound build; the type is that of [`Self::open`].
    pub fn builtin() -> Result<Self, CheckpointError> {
        let text = builtin::CONFIG.to_vec();
        let config = ModelConfig::parse(&text, "built-in config.json")?;
        let tensors = Tensors::of_program(builtin::MODEL, "built-in model.safetensors")?;
        Self::check(builtin::NAME.to_owned(), None, text, config, tensors, Tokenizer::bytes())
    }

    fn check(
        name: String,
        dir: Option<PathBuf>,
        config_text: Vec<u8>,
        config: ModelConfig,
        tensors: Tensors,
        tokenizer: Tokenizer,
    ) -> Result<Self, CheckpointError> {
        let holds = |suffix: &str| tensors.names().any(|n| n.ends_with(suffix));
        let layout = match (holds(INT8), holds(SCALES)) {
            (true, _) => Layout::Int8,
            (false, true) => Layout::W8aSpike,
            (false, false) => Layout::Uncoded,
        };
        for spec in Names(&config).all(layout) {
            match spec.role {
                Role::Weight(_) if layout == Layout::Int8 => {
                    tensors.checked_int8(&spec.name, &spec.shape)?;
                }
                _ => {
                    tensors.checked(&spec.name, &spec.shape)?;
                }
            }
        }
        Ok(Self { name, dir, config_text, config, layout, tensors, tokenizer })
    }

    /// Name of the folder, or of the built-in model.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The shape of the model.
    #[must_use]
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Uncoded, W8ASpike, or W8ASpike with INT8 weights.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The small files beside config and weights (tokenizer, generation defaults) with their bytes, to go with a copy.
    ///
    /// # Errors
    /// [`CheckpointError::File`] for one that cannot be read.
    pub fn companions(&self) -> Result<Vec<(String, Vec<u8>)>, CheckpointError> {
        let Some(dir) = &self.dir else { return Ok(Vec::new()) };
        let read = |name: &&str| {
            let path = dir.join(name);
            let reason = |e: std::io::Error| CheckpointError::File {
                file: path.display().to_string(),
                reason: e.to_string(),
            };
            path.exists().then(|| std::fs::read(&path).map(|b| ((*name).to_owned(), b)).map_err(reason))
        };
        COMPANIONS.iter().filter_map(read).collect()
    }

    /// The tokenizer.
    #[must_use]
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// SHA-256 of config.json and, in order of their names, the SHA-256 of each weight file; hexadecimal. Reads all weights,
    /// the files side by side.
    ///
    /// # Errors
    /// [`CheckpointError::File`] for one that cannot be read.
    pub fn digest(&self) -> Result<String, CheckpointError> {
        let mut hash = Sha256::new();
        hash.update(&self.config_text);
        self.tensors.digests()?.iter().for_each(|digest| hash.update(digest));
        Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
    }

    /// Number of parameters on disk; INT8 scales do not count.
    #[must_use]
    pub fn parameters(&self) -> u64 {
        self.tensors.numbers(SCALES)
    }

    /// Numbers and bytes on disk by type (`F32`, `BF16`), INT8 scales and all.
    #[must_use]
    pub fn sizes(&self) -> std::collections::BTreeMap<String, (u64, u64)> {
        self.tensors.sizes()
    }

    /// Token embeddings, `[vocabulary, hidden]`. They are not read here: numbers that are not finite are found in the
    /// activations of the tokens that have them.
    ///
    /// # Errors
    /// None in a checkpoint that was opened; the type is that of the other tensors.
    pub fn embeddings(&self) -> Result<DenseMatrix, CheckpointError> {
        let (name, shape) = Names(&self.config).embeddings();
        Ok(DenseMatrix::view(shape[0], shape[1], self.tensors.get(&name, &shape)?))
    }

    /// The LM head, `[vocabulary, hidden]`; the embeddings where they are tied. It is not read here: numbers that are not
    /// finite are found in the logits.
    ///
    /// # Errors
    /// None in a checkpoint that was opened; the type is that of the other tensors.
    pub fn lm_head(&self) -> Result<DenseMatrix, CheckpointError> {
        let (name, shape) = Names(&self.config).lm_head();
        Ok(DenseMatrix::view(shape[0], shape[1], self.tensors.get(&name, &shape)?))
    }

    /// Weight of the final norm, `[hidden]`.
    ///
    /// # Errors
    /// [`CheckpointError::Value`] if a number is not finite.
    pub fn final_norm(&self) -> Result<Vec<f32>, CheckpointError> {
        let (name, shape) = Names(&self.config).final_norm();
        self.vector(&name, &shape)
    }

    /// Learned embeddings before the text, `[sinks, hidden]`; `None` if the model has none.
    ///
    /// # Errors
    /// [`CheckpointError::Value`] if a number is not finite.
    pub fn sink_tokens(&self) -> Result<Option<DenseMatrix>, CheckpointError> {
        let (name, shape) = Names(&self.config).sink_tokens();
        if self.config.sink_tokens == 0 { Ok(None) } else { self.matrix(&name, shape).map(Some) }
    }

    /// Weights w1 and w2 of the linear and the softmax branch of a layer with parallel attention.
    ///
    /// # Errors
    /// [`CheckpointError::MissingTensor`] for a layer without it, [`CheckpointError::Value`] if a number is not finite.
    pub fn merge(&self, layer: usize) -> Result<[f32; 2], CheckpointError> {
        let (name, shape) = Names(&self.config).merge(layer);
        let weights = self.vector(&name, &shape)?;
        Ok(std::array::from_fn(|i| weights.get(i).copied().unwrap_or(0.0)))
    }

    /// Router of a layer's mixture of experts, `[experts, hidden]`; `None` where the block is dense.
    ///
    /// # Errors
    /// [`CheckpointError::Value`] if a number is not finite.
    pub fn router(&self, layer: usize) -> Result<Option<DenseLinear>, CheckpointError> {
        let Some(mixture) = self.config.mixture_of(layer) else { return Ok(None) };
        let (name, shape) = Names(&self.config).router(layer, mixture.experts);
        let weight = self.matrix(&format!("{name}.weight"), shape)?;
        let bias = self.vector(&format!("{name}.bias"), &shape[..1])?;
        Ok(Some(DenseLinear { weight, bias: Some(bias) }))
    }

    /// Weight of a layer's norm.
    ///
    /// # Errors
    /// [`CheckpointError::MissingTensor`] for a layer without it, [`CheckpointError::Value`] if a number is not finite.
    pub fn norm(&self, layer: usize, norm: Norm) -> Result<Vec<f32>, CheckpointError> {
        let (name, shape) = Names(&self.config).norm(layer, norm);
        self.vector(&name, &shape)
    }

    /// A projection with its own weights; the low-rank gate pair as one matrix W_1 W_0, INT8 weights times their scales.
    ///
    /// # Errors
    /// [`CheckpointError::MissingTensor`] for a layer without it, [`CheckpointError::Value`] if a number is not finite.
    pub fn dense(&self, layer: usize, linear: Linear) -> Result<DenseLinear, CheckpointError> {
        if self.layout == Layout::Int8 {
            let linear = self.quantised(layer, linear)?;
            return Ok(DenseLinear { weight: DenseMatrix::dequantised(&linear), bias: linear.bias });
        }
        let (name, [outputs, inputs]) = Names(&self.config).linear(layer, linear);
        if linear == Linear::Gate && self.layout == Layout::Uncoded {
            let down = self.matrix(&format!("{name}.0.weight"), [GATE_RANK, inputs])?;
            let up = self.matrix(&format!("{name}.1.weight"), [outputs, GATE_RANK])?;
            let bias = self.vector(&format!("{name}.1.bias"), &[outputs])?;
            return Ok(DenseLinear { weight: up.times(&down)?, bias: Some(bias) });
        }
        let weight = self.matrix(&format!("{name}.weight"), [outputs, inputs])?;
        Ok(DenseLinear { weight, bias: self.bias(linear, &name, outputs)? })
    }

    /// A projection with INT8 weights: the checkpoint's own where they lie, or rounded here, to the checkpoint's scales or to
    /// those of the absolute maximum.
    ///
    /// # Errors
    /// As for [`Self::dense`]; scales must be above 0 too.
    pub fn quantised(&self, layer: usize, linear: Linear) -> Result<QuantisedLinear, CheckpointError> {
        let (name, [outputs, inputs]) = Names(&self.config).linear(layer, linear);
        match self.layout {
            Layout::Uncoded => {
                let DenseLinear { weight, bias } = self.dense(layer, linear)?;
                Ok(QuantisedLinear::quantise(&weight, bias))
            }
            Layout::W8aSpike => {
                let DenseLinear { weight, bias } = self.dense(layer, linear)?;
                Ok(QuantisedLinear::with_scales(&weight, bias, &self.scales(&name, [outputs, inputs])?))
            }
            Layout::Int8 => Ok(QuantisedLinear {
                outputs,
                inputs,
                group_size: GROUP_SIZE,
                values: self.tensors.int8(&format!("{name}.{INT8}"), &[inputs, outputs])?,
                scales: self.scales(&name, [outputs, inputs])?,
                bias: self.bias(linear, &name, outputs)?,
            }),
        }
    }

    fn bias(&self, linear: Linear, name: &str, outputs: usize) -> Result<Option<Vec<f32>>, CheckpointError> {
        let has_bias = Names(&self.config).has_bias(linear);
        has_bias.then(|| self.vector(&format!("{name}.bias"), &[outputs])).transpose()
    }

    fn scales(&self, name: &str, [outputs, inputs]: [usize; 2]) -> Result<Vec<f32>, CheckpointError> {
        let name = format!("{name}.{SCALES}");
        let scales = self.vector(&name, &[outputs, inputs.div_ceil(GROUP_SIZE), 1])?;
        match scales.iter().position(|s| *s <= 0.0) {
            Some(index) => Err(self.bad_value(&name, index, scales[index], "scales above 0")),
            None => Ok(scales),
        }
    }

    fn matrix(&self, name: &str, [rows, cols]: [usize; 2]) -> Result<DenseMatrix, CheckpointError> {
        let matrix = DenseMatrix::view(rows, cols, self.tensors.get(name, &[rows, cols])?);
        match matrix.first_not_finite() {
            Some((index, value)) => Err(self.bad_value(name, index, value, "finite numbers")),
            None => Ok(matrix),
        }
    }

    fn vector(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, CheckpointError> {
        let values = self.tensors.get(name, shape)?.to_vec();
        match values.iter().position(|v| !v.is_finite()) {
            Some(index) => Err(self.bad_value(name, index, values[index], "finite numbers")),
            None => Ok(values),
        }
    }

    fn missing(&self, tensor: &str) -> CheckpointError {
        let file = self.tensors.file_of(tensor).to_owned();
        CheckpointError::MissingTensor { file, tensor: tensor.to_owned() }
    }

    fn bad_value(&self, name: &str, index: usize, value: f32, expected: &'static str) -> CheckpointError {
        let (file, tensor) = (self.tensors.file_of(name).to_owned(), name.to_owned());
        CheckpointError::Value { file, tensor, index, value, expected }
    }
}
