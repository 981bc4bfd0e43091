//! The shape of a recorded model: what its vectors meet, so that operations and memory traffic follow from a record alone.

use crate::checkpoint::{Attention, GROUP_SIZE, ModelConfig};
use crate::spikes::Projection;
use serde::{Deserialize, Serialize};

/// The shape of the model of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    /// Tokens in the vocabulary.
    pub vocab_size: u64,
    /// Width of the residual stream.
    pub hidden_size: u64,
    /// Width of the feed-forward block.
    pub intermediate_size: u64,
    /// Query heads.
    pub heads: u64,
    /// Key-value heads.
    pub kv_heads: u64,
    /// Channels of a head.
    pub head_size: u64,
    /// Attention of each layer of the whole model.
    pub layers: Vec<Attention>,
    /// Keys that a token of a window layer sees, itself included.
    #[serde(default)]
    pub window_keys: Option<u64>,
    /// Whether the input of the down projection is coded.
    pub down_projection_coded: bool,
    /// Inputs that share a scale of the INT8 weights.
    pub weight_group: u64,
    /// Learned tokens before the text, which every token sees besides its window; they are not part of the record.
    #[serde(default)]
    pub sink_tokens: u64,
    /// Whether parallel branches of attention are normalised before they are merged.
    #[serde(default)]
    pub branches_normalised: bool,
    /// The mixture of experts, where the model has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixture: Option<MixtureShape>,
}

/// The mixture of experts of a recorded model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MixtureShape {
    /// Routed experts.
    pub experts: u64,
    /// Routed experts that a token is sent to.
    pub per_token: u64,
    /// Layers, from 0, that have a dense block instead.
    pub dense_layers: Vec<u16>,
}

impl Architecture {
    /// The shape of `config`; a window of w holds w keys.
    #[must_use]
    pub fn of(config: &ModelConfig, down_projection_coded: bool) -> Self {
        let windows = config.layers.iter().any(|l| l.has_window());
        Self {
            vocab_size: config.vocab_size as u64,
            hidden_size: config.hidden_size as u64,
            intermediate_size: config.intermediate_size as u64,
            heads: config.heads as u64,
            kv_heads: config.kv_heads as u64,
            head_size: config.head_size as u64,
            layers: config.layers.clone(),
            window_keys: windows.then_some(config.window as u64),
            down_projection_coded,
            weight_group: GROUP_SIZE as u64,
            sink_tokens: config.sink_tokens as u64,
            branches_normalised: config.normalise_branches && config.layers.iter().any(|l| l.is_parallel()),
            mixture: config.mixture.as_ref().map(|mixture| MixtureShape {
                experts: mixture.experts as u64,
                per_token: mixture.per_token as u64,
                dense_layers: mixture.dense_layers.iter().map(|layer| *layer as u16).collect(),
            }),
        }
    }

    /// Attention of `layer`; `None` beyond the model.
    #[must_use]
    pub fn attention(&self, layer: u16) -> Option<Attention> {
        self.layers.get(usize::from(layer)).copied()
    }

    /// The mixture of experts of `layer`; `None` where the feed-forward block is dense.
    #[must_use]
    pub fn mixture(&self, layer: u16) -> Option<&MixtureShape> {
        self.mixture.as_ref().filter(|mixture| !mixture.dense_layers.contains(&layer))
    }

    /// Outputs that a spike of `projection` reaches in `layer` at position `token`: those of all matrices that share the
    /// input; for a query the keys in sight.
    #[must_use]
    pub fn outputs(&self, layer: u16, projection: Projection, token: u32) -> u64 {
        let queries = self.heads.saturating_mul(self.head_size);
        let keys = self.kv_heads.saturating_mul(self.head_size);
        match projection {
            Projection::AttnIn if self.attention(layer) == Some(Attention::Gla) => {
                queries.saturating_add(keys.saturating_mul(3))
            }
            Projection::AttnIn => queries.saturating_add(keys.saturating_mul(2)),
            Projection::Query => {
                let window = match self.attention(layer) {
                    Some(attention) if attention.has_window() => self.window_keys.unwrap_or(u64::MAX),
                    _ => u64::MAX,
                };
                (u64::from(token) + 1).min(window).saturating_add(self.sink_tokens)
            }
            Projection::OIn | Projection::DownIn | Projection::ExpertDownIn => self.hidden_size,
            Projection::MlpIn => {
                let routed = self.mixture(layer).map_or(0, |mixture| mixture.per_token);
                self.intermediate_size.saturating_mul(2).saturating_mul(routed.saturating_add(1))
            }
        }
    }
}
