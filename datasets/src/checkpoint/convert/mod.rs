//! Converts the plain models that SpikingBrain comes from (Qwen2, Qwen2.5, Llama), tensor by tensor.
//!
//! **To the 7B hybrid.** Even layers become gated linear attention, odd ones attend to a window; all weights are carried over.
//! New are, in the even layers,
//! - `g_norm`: 1;
//! - the low-rank gate: its second matrix is 0, so that the gate is its bias at first, its first is normal of variance
//!   1 / hidden, so that it can learn; biases give key channels memories tau, spread by equal ratios from 16 tokens to the
//!   window: `logsigmoid(b) / 16 = -1 / tau`.
//!
//! **Upcycling to the 76B** (SpikingBrain report, section 3.2). Both branches of attention share the weights carried over;
//! sink tokens are embeddings of tokens drawn at random; branch norms are 1, merge weights as asked for. In layers with
//! experts, the N routed ones and the S = 1 shared one are the dense block with gate, up and down times
//!
//! ```text
//! alpha = (1 / (k / N + S))^(1/3)
//! ```
//!
//! The router starts with normal weights such that its logits deviate by 0.01, and with the bias ln(1 / (N - 1)), so that
//! `p = 1 / N` but for about 1 %, and the p of a token's k experts sum to k / N. The block then puts out
//! `(k/N + S) alpha^2 down(silu(alpha g) u)`, g and u those of the dense block: the dense output as far as
//! `silu(alpha g) = alpha silu(g)`, alpha being 0.98 for the published model.

mod values;

use super::layout::Names;
use super::write::{CheckpointWriter, TensorPlan};
use super::{
    Attention, Checkpoint, CheckpointError, Dtype, Family, Layout, Linear, Mixture, ModelConfig, Norm, Role,
    TensorSpec,
};
use std::path::Path;

/// What a plain model becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// SpikingBrain-7B: linear and window attention in turn.
    Hybrid,
    /// SpikingBrain-76B: parallel attention and experts.
    Mixture,
}

/// A conversion; the defaults of [`Self::new`] are those of the published models.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversion {
    /// What the model becomes.
    pub target: Target,
    /// Keys in the window.
    pub window: usize,
    /// Routed experts N.
    pub experts: usize,
    /// Routed experts k that a token is sent to.
    pub per_token: usize,
    /// Layers, from 0, that keep a dense block; those beyond the model are left out.
    pub dense_layers: Vec<usize>,
    /// Layers, from 0, whose softmax branch sees all tokens; those beyond the model are left out.
    pub full_layers: Vec<usize>,
    /// Learned tokens before the text.
    pub sink_tokens: usize,
    /// Weights of the linear and the softmax branch.
    pub merge: [f32; 2],
    /// Whether branches are normalised before they are merged.
    pub normalise_branches: bool,
    /// Seed of what starts at random.
    pub seed: u64,
}

impl Conversion {
    /// To the shape of the published model.
    #[must_use]
    pub fn new(target: Target) -> Self {
        let published = ModelConfig::spikingbrain_76b();
        let full = |(layer, attention): (usize, &Attention)| {
            (*attention == Attention::ParallelFull).then_some(layer)
        };
        let full_layers = published.layers.iter().enumerate().filter_map(full).collect();
        let mixture = published.mixture.unwrap_or(Mixture { experts: 1, per_token: 1, dense_layers: vec![] });
        Self {
            target,
            window: published.window,
            experts: mixture.experts,
            per_token: mixture.per_token,
            dense_layers: mixture.dense_layers,
            full_layers,
            sink_tokens: published.sink_tokens,
            merge: [0.5; 2],
            normalise_branches: true,
            seed: 0,
        }
    }

    /// `(1 / (k / N + S))^(1/3)`, S = 1: what gate, up and down of upcycled experts are scaled by.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        (1.0 + self.per_token as f64 / self.experts as f64).recip().cbrt()
    }

    /// The config of what `source` becomes.
    ///
    /// # Errors
    /// [`CheckpointError::Config`] for a source that is not a plain, unquantised model.
    pub fn config(&self, source: &Checkpoint) -> Result<ModelConfig, CheckpointError> {
        let config = source.config();
        let refuse = |field, reason: &str| {
            let (file, reason) = (format!("{}: config.json", source.name()), reason.to_owned());
            Err(CheckpointError::Config { file, field, reason })
        };
        if !matches!(config.family, Family::Qwen2 | Family::Llama) {
            return refuse("model_type", "a SpikingBrain model already; qwen2 and llama are converted");
        }
        if source.layout() != Layout::Uncoded {
            return refuse("model_type", "quantised; convert the unquantised checkpoint, then quantise");
        }
        if config.output_bias {
            return refuse("attention_bias", "SpikingBrain's output projections have no bias");
        }
        if self.window == 0 {
            return refuse("sliding_window", "0; the window must hold a key");
        }
        if self.per_token == 0 || self.per_token > self.experts {
            return refuse("num_experts_per_tok", "not between 1 and the number of experts");
        }
        let layers = 0..config.layers.len();
        let kept =
            |listed: &[usize]| listed.iter().copied().filter(|l| layers.contains(l)).collect::<Vec<_>>();
        let kind = |layer: usize| match self.target {
            Target::Hybrid if layer.is_multiple_of(2) => Attention::Gla,
            Target::Hybrid => Attention::Window,
            Target::Mixture if self.full_layers.contains(&layer) => Attention::ParallelFull,
            Target::Mixture => Attention::ParallelWindow,
        };
        let mixture = Mixture {
            experts: self.experts,
            per_token: self.per_token,
            dense_layers: kept(&self.dense_layers),
        };
        let becomes_mixture = self.target == Target::Mixture;
        let converted = ModelConfig {
            family: if becomes_mixture { Family::SpikingBrain76b } else { Family::SpikingBrain },
            layers: layers.clone().map(kind).collect(),
            window: self.window,
            bias: true,
            sink_tokens: if becomes_mixture { self.sink_tokens } else { 0 },
            normalise_branches: !becomes_mixture || self.normalise_branches,
            mixture: becomes_mixture.then_some(mixture),
            ..config.clone()
        };
        // What is written must be read again: sizes have bounds.
        ModelConfig::parse(&converted.to_text(), "the converted config.json")
    }

    /// What is written, in order: numbers in the type that the source has them in, new ones in that of its embeddings.
    ///
    /// # Errors
    /// As for [`Self::config`].
    pub fn plan(&self, source: &Checkpoint) -> Result<Vec<TensorPlan>, CheckpointError> {
        let config = self.config(source)?;
        let dtype_of = |name: &str| source.tensors.dtype(name);
        let usual = dtype_of(&Names(source.config()).embeddings().0).unwrap_or(Dtype::F32);
        let plan = |spec: TensorSpec| {
            let dtype = origin(source, &spec).and_then(|name| dtype_of(&name)).unwrap_or(usual);
            TensorPlan { name: spec.name, dtype, shape: spec.shape }
        };
        Ok(Names(&config).all(Layout::Uncoded).into_iter().map(plan).collect())
    }

    /// Converts `source` into the checkpoint `dir`; `progress` hears the bytes written and says whether to go on. If not,
    /// nothing is left and the result is false.
    ///
    /// # Errors
    /// [`CheckpointError`] where the source is not sound or cannot be converted, or the disk refuses.
    pub fn write(
        &self,
        source: &Checkpoint,
        dir: &Path,
        shard_bytes: u64,
        overwrite: bool,
        mut progress: impl FnMut(u64) -> bool,
    ) -> Result<bool, CheckpointError> {
        let config = self.config(source)?;
        let mut writer = CheckpointWriter::create(dir, self.plan(source)?, shard_bytes, overwrite)?;
        for spec in Names(&config).all(Layout::Uncoded) {
            self.tensor(source, &config, &spec, &mut writer)?;
            if !progress(writer.written_bytes()) {
                return Ok(false);
            }
        }
        writer.finish(&config.to_text(), &source.companions()?)?;
        Ok(true)
    }

    fn tensor(
        &self,
        source: &Checkpoint,
        config: &ModelConfig,
        spec: &TensorSpec,
        writer: &mut CheckpointWriter,
    ) -> Result<(), CheckpointError> {
        let scaled = spec.layer.is_some_and(|layer| config.mixture_of(layer).is_some());
        match (origin(source, spec), spec.role) {
            (Some(name), Role::Weight(linear)) if scaled && dense_counterpart(linear).is_some() => {
                let &[rows, cols] = spec.shape.as_slice() else { return Err(source.missing(&name)) };
                let matrix = source.matrix(&name, [rows, cols])?;
                let (alpha, mut row) = (self.alpha() as f32, vec![0.0; cols]);
                (0..rows).try_for_each(|r| {
                    matrix.row_into(r, &mut row);
                    row.iter_mut().for_each(|w| *w *= alpha);
                    writer.numbers(&row)
                })
            }
            (Some(name), _) => writer.bytes(source.tensors.raw(&name)?),
            (None, _) => writer.numbers(&self.new_values(source, spec)?),
        }
    }
}

/// The dense projection that a projection of an expert, or of the shared one, is a copy of.
fn dense_counterpart(linear: Linear) -> Option<Linear> {
    match linear {
        Linear::MlpGate | Linear::ExpertGate(_) => Some(Linear::MlpGate),
        Linear::MlpUp | Linear::ExpertUp(_) => Some(Linear::MlpUp),
        Linear::MlpDown | Linear::ExpertDown(_) => Some(Linear::MlpDown),
        _ => None,
    }
}

/// The tensor of the source that a tensor comes from; `None` for one that is new.
fn origin(source: &Checkpoint, spec: &TensorSpec) -> Option<String> {
    let names = Names(source.config());
    let layer = spec.layer.unwrap_or(0);
    match spec.role {
        Role::Embeddings => Some(names.embeddings().0),
        Role::LmHead => Some(names.lm_head().0),
        Role::FinalNorm => Some(names.final_norm().0),
        Role::Norm(norm @ (Norm::Attention | Norm::Mlp)) => Some(names.norm(layer, norm).0),
        Role::Weight(linear) => {
            let linear = dense_counterpart(linear).unwrap_or(linear);
            Some(format!("{}.weight", names.linear(layer, linear).0))
        }
        Role::Bias(linear) => {
            names.has_bias(linear).then(|| format!("{}.bias", names.linear(layer, linear).0))
        }
        _ => None,
    }
    .filter(|_| !matches!(spec.role, Role::Bias(Linear::Gate)))
}

#[cfg(test)]
mod tests;
