//! `config.json`: the shape of a model, checked.
//!
//! SpikingBrain-76B has no public configuration; its keys here are those of SpikingBrain-7B and
//!
//! | key | meaning | 76B |
//! |---|---|---|
//! | `model_type` | `spikingbrain_76b` | |
//! | `full_attention_layers` | layers, from 0, whose softmax branch sees all tokens; a window elsewhere | 6, 13, 20, 27 |
//! | `dense_mlp_layers` | layers, from 0, with one dense feed-forward block; a mixture of experts elsewhere | 0, 1, 2, 4, 6, 8, 10 |
//! | `num_experts`, `num_experts_per_tok` | routed experts, and those that a token meets; one shared expert besides | 16, 1 |
//! | `num_sink_tokens` | learned embeddings before the text | 128 |
//! | `normalise_branches` | whether both branches of attention are normalised before they are merged (default true) | true |

mod parse;
mod presets;

use super::CheckpointError;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How a layer mixes tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attention {
    /// Gated linear attention.
    Gla,
    /// Softmax attention over a sliding window.
    Window,
    /// Softmax attention over all tokens so far.
    Full,
    /// Linear attention whose gate is tied to the key, in parallel with a window.
    ParallelWindow,
    /// Linear attention whose gate is tied to the key, in parallel with softmax attention over all tokens so far.
    ParallelFull,
}

impl Attention {
    /// Whether a state of fixed size carries the past.
    #[must_use]
    pub fn is_linear(self) -> bool {
        matches!(self, Self::Gla | Self::ParallelWindow | Self::ParallelFull)
    }

    /// Whether queries meet cached keys.
    #[must_use]
    pub fn has_keys(self) -> bool {
        self != Self::Gla
    }

    /// Whether the keys in sight are those of a window.
    #[must_use]
    pub fn has_window(self) -> bool {
        matches!(self, Self::Window | Self::ParallelWindow)
    }

    /// Whether linear and softmax attention run side by side.
    #[must_use]
    pub fn is_parallel(self) -> bool {
        matches!(self, Self::ParallelWindow | Self::ParallelFull)
    }
}

/// The architecture, by `model_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// `gla_swa`: SpikingBrain-7B.
    SpikingBrain,
    /// `qwen2`: Qwen2 and Qwen2.5.
    Qwen2,
    /// `llama`.
    Llama,
    /// `spikingbrain_76b`: SpikingBrain-76B-A12B, by keys of our own.
    #[serde(rename = "spikingbrain_76b")]
    SpikingBrain76b,
}

impl Family {
    /// Every architecture.
    pub const ALL: [Self; 4] = [Self::SpikingBrain, Self::Qwen2, Self::Llama, Self::SpikingBrain76b];

    /// Its `model_type`.
    #[must_use]
    pub fn model_type(self) -> &'static str {
        match self {
            Self::SpikingBrain => "gla_swa",
            Self::Qwen2 => "qwen2",
            Self::Llama => "llama",
            Self::SpikingBrain76b => "spikingbrain_76b",
        }
    }
}

/// A mixture of experts: `y = sum over the chosen i of p_i E_i(x) + shared(x)`, `p = sigmoid(W_r x + b_r)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mixture {
    /// Routed experts.
    pub experts: usize,
    /// Routed experts that a token meets: those of the largest p.
    pub per_token: usize,
    /// Layers, from 0, that have a dense block instead.
    pub dense_layers: Vec<usize>,
}

/// The shape of a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelConfig {
    /// Architecture.
    pub family: Family,
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Attention of each layer.
    pub layers: Vec<Attention>,
    /// Query heads.
    pub heads: usize,
    /// Key-value heads; divides `heads`.
    pub kv_heads: usize,
    /// Channels of a head.
    pub head_size: usize,
    /// Width of the feed-forward block.
    pub intermediate_size: usize,
    /// Keys in the window of a window layer; `usize::MAX` where there is none.
    pub window: usize,
    /// Base of the rotary embedding.
    pub rope_theta: f32,
    /// Epsilon of the norms.
    pub norm_eps: f32,
    /// Whether the LM head is the embedding matrix.
    pub tie_embeddings: bool,
    /// Whether query, key and value projections have a bias.
    pub bias: bool,
    /// Whether the attention output projection has a bias.
    pub output_bias: bool,
    /// Learned embeddings that every text starts with.
    pub sink_tokens: usize,
    /// Whether parallel branches of attention are normalised before they are merged.
    pub normalise_branches: bool,
    /// The mixture of experts, if there is one.
    pub mixture: Option<Mixture>,
}

impl ModelConfig {
    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    /// [`CheckpointError::File`] and [`CheckpointError::Config`], naming file and field.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let file = path.display().to_string();
        let text = std::fs::read(path).map_err(|e| CheckpointError::File {
            file: file.clone(),
            reason: format!("{e}; a config.json is needed"),
        })?;
        Self::parse(&text, &file)
    }

    /// The mixture of experts of `layer`; `None` where the feed-forward block is dense.
    #[must_use]
    pub fn mixture_of(&self, layer: usize) -> Option<&Mixture> {
        self.mixture.as_ref().filter(|mixture| !mixture.dense_layers.contains(&layer))
    }

    /// Keeps the first `count` layers.
    pub fn cut(&mut self, count: usize) {
        self.layers.truncate(count);
        if let Some(mixture) = &mut self.mixture {
            mixture.dense_layers.retain(|layer| *layer < count);
        }
    }

    /// The text of a `config.json` that [`Self::read`] reads back to the same config.
    #[must_use]
    pub fn to_text(&self) -> Vec<u8> {
        format!("{:#}\n", self.to_json()).into_bytes()
    }

    /// [`Self::to_text`] as a value.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let listed = |is: fn(Attention) -> bool| -> Vec<usize> {
            self.layers.iter().enumerate().filter(|(_, a)| is(**a)).map(|(layer, _)| layer).collect()
        };
        let mut json = serde_json::json!({
            "model_type": self.family.model_type(),
            "vocab_size": self.vocab_size,
            "hidden_size": self.hidden_size,
            "num_hidden_layers": self.layers.len(),
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "head_dim": self.head_size,
            "intermediate_size": self.intermediate_size,
            "rope_theta": self.rope_theta,
            "hidden_act": "silu",
            "tie_word_embeddings": self.tie_embeddings,
        });
        let windows = listed(Attention::has_window);
        if !windows.is_empty() {
            json["sliding_window"] = self.window.into();
        }
        json[if self.family == Family::SpikingBrain { "norm_eps" } else { "rms_norm_eps" }] =
            self.norm_eps.into();
        match self.family {
            Family::SpikingBrain => json["attn_layers"] = windows.into(),
            Family::Llama => json["attention_bias"] = self.bias.into(),
            Family::Qwen2 => {
                json["use_sliding_window"] = (!windows.is_empty()).into();
                json["max_window_layers"] = (self.layers.len() - windows.len()).into();
            }
            Family::SpikingBrain76b => {
                json["full_attention_layers"] = listed(|a| a == Attention::ParallelFull).into();
                json["num_sink_tokens"] = self.sink_tokens.into();
                json["normalise_branches"] = self.normalise_branches.into();
            }
        }
        if let Some(mixture) = &self.mixture {
            json["num_experts"] = mixture.experts.into();
            json["num_experts_per_tok"] = mixture.per_token.into();
            json["dense_mlp_layers"] = mixture.dense_layers.clone().into();
        }
        json
    }
}

#[cfg(test)]
mod tests;
