//! From the text of `config.json` to a checked [`ModelConfig`]: no field is read again unchecked.

use super::{Attention, CheckpointError, Family, Mixture, ModelConfig};
use serde::Deserialize;

/// No size in a config may be larger.
const LARGEST_SIZE: usize = 1 << 24;
/// A record tells experts apart by 16 bits, and memory is spent on no more.
const MOST_EXPERTS: usize = 1 << 12;
/// Sink tokens run through the model at the start of every text.
const MOST_SINKS: usize = 1 << 16;

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
    full_attention_layers: Option<Vec<usize>>,
    dense_mlp_layers: Option<Vec<usize>>,
    num_experts: Option<usize>,
    num_experts_per_tok: Option<usize>,
    num_sink_tokens: Option<usize>,
    normalise_branches: Option<bool>,
}

impl ModelConfig {
    /// Parses and checks the text of `config.json`; `file` names it in errors.
    pub(in crate::checkpoint) fn parse(text: &[u8], file: &str) -> Result<Self, CheckpointError> {
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
        let known = || Family::ALL.map(Family::model_type).join(", ");
        let family = match raw.model_type.as_deref() {
            Some(name) => Family::ALL.into_iter().find(|f| f.model_type() == name).ok_or_else(|| {
                self.wrong("model_type", format!("'{name}' is not known; it must be one of {}", known()))
            })?,
            None => return Err(self.wrong("model_type", format!("missing; one of {}", known()))),
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
        if layers.iter().any(|l| l.has_keys()) && head_size % 2 != 0 {
            return Err(self.wrong("head_dim", format!("{head_size} is odd; rotary embedding turns pairs")));
        }
        let window = match raw.sliding_window {
            _ if !layers.iter().any(|l| l.has_window()) => usize::MAX,
            Some(window) if window > 0 => window,
            other => {
                return Err(
                    self.wrong("sliding_window", format!("{other:?}; window layers need one above 0"))
                );
            }
        };
        let llama_bias = raw.attention_bias.unwrap_or(false);
        let parallel = family == Family::SpikingBrain76b;
        let sink_tokens = match raw.num_sink_tokens {
            Some(count) if parallel && count <= MOST_SINKS => count,
            Some(count) if parallel => {
                return Err(self.wrong("num_sink_tokens", format!("{count} is more than {MOST_SINKS}")));
            }
            _ => 0,
        };
        let mixture = if parallel { self.mixture(layers.len())? } else { None };
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
            sink_tokens,
            normalise_branches: raw.normalise_branches.unwrap_or(true),
            mixture,
        })
    }

    fn mixture(&self, layers: usize) -> Result<Option<Mixture>, CheckpointError> {
        let raw = &self.raw;
        if raw.num_experts.is_none() {
            return Ok(None);
        }
        let experts = self.size("num_experts", raw.num_experts)?;
        let per_token = self.size("num_experts_per_tok", raw.num_experts_per_tok.or(Some(1)))?;
        if experts > MOST_EXPERTS {
            return Err(self.wrong("num_experts", format!("{experts} is more than {MOST_EXPERTS}")));
        }
        if per_token > experts {
            return Err(self.wrong("num_experts_per_tok", format!("{per_token} of {experts} experts")));
        }
        let dense_layers = raw.dense_mlp_layers.clone().unwrap_or_default();
        self.exist("dense_mlp_layers", &dense_layers, layers)?;
        Ok(Some(Mixture { experts, per_token, dense_layers }))
    }

    /// Checks that listed layers are layers of the model.
    fn exist(&self, field: &'static str, listed: &[usize], layers: usize) -> Result<(), CheckpointError> {
        match listed.iter().find(|layer| **layer >= layers) {
            Some(layer) => Err(self.wrong(field, format!("layer {layer} of a model of {layers} layers"))),
            None => Ok(()),
        }
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
        let raw = &self.raw;
        match family {
            Family::Qwen2 | Family::Llama => {
                let windows = raw.use_sliding_window == Some(true);
                let from = if windows { raw.max_window_layers.unwrap_or(count) } else { count };
                Ok((0..count).map(|l| if l < from { Attention::Full } else { Attention::Window }).collect())
            }
            Family::SpikingBrain => {
                let Some(listed) = &raw.attn_layers else {
                    let reason = "missing; it lists the sliding-window layers".to_owned();
                    return Err(self.wrong("attn_layers", reason));
                };
                self.exist("attn_layers", listed, count)?;
                let kind = |l: usize| if listed.contains(&l) { Attention::Window } else { Attention::Gla };
                Ok((0..count).map(kind).collect())
            }
            Family::SpikingBrain76b => {
                let listed = raw.full_attention_layers.as_deref().unwrap_or_default();
                self.exist("full_attention_layers", listed, count)?;
                let full = |l: usize| listed.contains(&l);
                let kind = |l| if full(l) { Attention::ParallelFull } else { Attention::ParallelWindow };
                Ok((0..count).map(kind).collect())
            }
        }
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
