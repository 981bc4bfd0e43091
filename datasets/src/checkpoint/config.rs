//! `config.json`: the shape of a model, checked.

use super::CheckpointError;
use serde::{Deserialize, Serialize};

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
}

/// No size in a config may be larger.
const LARGEST_SIZE: usize = 1 << 24;

#[derive(Deserialize)]
struct Raw {
    model_type: Option<String>,
    vocab_size: Option<usize>,
    hidden_size: Option<usize>,
    num_hidden_layers: Option<usize>,
    num_attention_heads: Option<usize>,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    intermediate_size: Option<usize>,
    attn_layers: Option<Vec<usize>>,
    sliding_window: Option<usize>,
    use_sliding_window: Option<bool>,
    max_window_layers: Option<usize>,
    rope_theta: Option<f32>,
    rope_scaling: Option<serde_json::Value>,
    norm_eps: Option<f32>,
    rms_norm_eps: Option<f32>,
    hidden_act: Option<String>,
    tie_word_embeddings: Option<bool>,
    attention_bias: Option<bool>,
    mlp_bias: Option<bool>,
    use_short_conv: Option<bool>,
}

impl ModelConfig {
    /// Parses and checks the text of `config.json`; `file` names it in errors.
    pub(crate) fn parse(text: &[u8], file: &str) -> Result<Self, CheckpointError> {
        let raw: Raw = serde_json::from_slice(text).map_err(|e| CheckpointError::File {
            file: file.to_owned(),
            reason: format!("not a model config: {e}"),
        })?;
        Checked { raw, file }.config()
    }
}

struct Checked<'a> {
    raw: Raw,
    file: &'a str,
}

impl Checked<'_> {
    fn config(&self) -> Result<ModelConfig, CheckpointError> {
        let raw = &self.raw;
        let family = match raw.model_type.as_deref() {
            Some("gla_swa") => Family::SpikingBrain,
            Some("qwen2") => Family::Qwen2,
            Some("llama") => Family::Llama,
            Some(other) => {
                return Err(
                    self.wrong("model_type", format!("'{other}' is not known; gla_swa, qwen2 and llama are"))
                );
            }
            None => return Err(self.wrong("model_type", "missing; gla_swa, qwen2 or llama".to_owned())),
        };
        self.refuse_unsupported()?;
        let hidden_size = self.size("hidden_size", raw.hidden_size)?;
        let heads = self.size("num_attention_heads", raw.num_attention_heads)?;
        let kv_heads = self.size("num_key_value_heads", raw.num_key_value_heads.or(Some(heads)))?;
        if heads % kv_heads != 0 {
            return Err(
                self.wrong("num_key_value_heads", format!("{kv_heads} does not divide {heads} heads"))
            );
        }
        if raw.head_dim.is_none() && hidden_size % heads != 0 {
            return Err(self
                .wrong("num_attention_heads", format!("{heads} does not divide hidden_size {hidden_size}")));
        }
        let head_size = self.size("head_dim", raw.head_dim.or(Some(hidden_size / heads)))?;
        let layers = self.layers(family)?;
        let rotates = layers.iter().any(|l| *l != Attention::Gla);
        if rotates && head_size % 2 != 0 {
            return Err(self.wrong("head_dim", format!("{head_size} is odd; rotary embedding turns pairs")));
        }
        let window = match raw.sliding_window {
            _ if !layers.contains(&Attention::Window) => usize::MAX,
            Some(window) if window > 0 => window,
            other => {
                return Err(
                    self.wrong("sliding_window", format!("{other:?}; window layers need one above 0"))
                );
            }
        };
        let llama_bias = raw.attention_bias.unwrap_or(false);
        Ok(ModelConfig {
            family,
            vocab_size: self.size("vocab_size", raw.vocab_size)?,
            hidden_size,
            layers,
            heads,
            kv_heads,
            head_size,
            intermediate_size: self.size("intermediate_size", raw.intermediate_size)?,
            window,
            rope_theta: self.positive("rope_theta", raw.rope_theta.or(Some(10_000.0)))?,
            norm_eps: self.positive("norm_eps", raw.norm_eps.or(raw.rms_norm_eps).or(Some(1e-6)))?,
            tie_embeddings: raw.tie_word_embeddings.unwrap_or(false),
            bias: family != Family::Llama || llama_bias,
            output_bias: family == Family::Llama && llama_bias,
        })
    }

    fn refuse_unsupported(&self) -> Result<(), CheckpointError> {
        let raw = &self.raw;
        match raw.hidden_act.as_deref() {
            None | Some("silu" | "swish") => {}
            Some(other) => {
                return Err(self.wrong("hidden_act", format!("'{other}' is not supported; silu is")));
            }
        }
        if let Some(scaling) = raw.rope_scaling.as_ref().filter(|s| !s.is_null()) {
            return Err(self.wrong("rope_scaling", format!("{scaling} is not supported; only null is")));
        }
        if raw.use_short_conv == Some(true) {
            return Err(self.wrong("use_short_conv", "true is not supported".to_owned()));
        }
        if raw.mlp_bias == Some(true) {
            return Err(self.wrong("mlp_bias", "true is not supported".to_owned()));
        }
        Ok(())
    }

    fn layers(&self, family: Family) -> Result<Vec<Attention>, CheckpointError> {
        let count = self.size("num_hidden_layers", self.raw.num_hidden_layers)?;
        if count > usize::from(u16::MAX) {
            return Err(self.wrong("num_hidden_layers", format!("{count} is more than {} layers", u16::MAX)));
        }
        if family != Family::SpikingBrain {
            let from = if self.raw.use_sliding_window == Some(true) {
                self.raw.max_window_layers.unwrap_or(count)
            } else {
                count
            };
            return Ok((0..count)
                .map(|l| if l < from { Attention::Full } else { Attention::Window })
                .collect());
        }
        let Some(window_layers) = &self.raw.attn_layers else {
            return Err(self.wrong("attn_layers", "missing; it lists the sliding-window layers".to_owned()));
        };
        if let Some(layer) = window_layers.iter().find(|l| **l >= count) {
            return Err(self.wrong("attn_layers", format!("layer {layer} of a model of {count} layers")));
        }
        let kind = |l: usize| if window_layers.contains(&l) { Attention::Window } else { Attention::Gla };
        Ok((0..count).map(kind).collect())
    }

    fn size(&self, field: &'static str, value: Option<usize>) -> Result<usize, CheckpointError> {
        match value {
            Some(size) if (1..=LARGEST_SIZE).contains(&size) => Ok(size),
            Some(size) => Err(self.wrong(field, format!("{size} is not between 1 and {LARGEST_SIZE}"))),
            None => Err(self.wrong(field, "missing".to_owned())),
        }
    }

    fn positive(&self, field: &'static str, value: Option<f32>) -> Result<f32, CheckpointError> {
        match value {
            Some(v) if v.is_finite() && v > 0.0 => Ok(v),
            other => Err(self.wrong(field, format!("{other:?} is not a number above 0"))),
        }
    }

    fn wrong(&self, field: &'static str, reason: String) -> CheckpointError {
        CheckpointError::Config { file: self.file.to_owned(), field, reason }
    }
}
