//! Names and shapes of the tensors of a checkpoint, as Hugging Face has them.

use super::config::{Attention, Family, ModelConfig};

/// Whether a checkpoint holds plain weights or INT8 scales beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Plain weights; the gate of linear attention as a low-rank pair.
    Uncoded,
    /// W8ASpike: `weight_quantizer.scales` beside every weight, the gate as one matrix.
    W8aSpike,
}

/// A linear projection of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linear {
    /// Query projection, `[heads * head size, hidden]`.
    Query,
    /// Key projection, `[kv heads * head size, hidden]`.
    Key,
    /// Value projection, `[kv heads * head size, hidden]`.
    Value,
    /// Gate of linear attention (`gk_proj`), `[kv heads * head size, hidden]`.
    Gate,
    /// Attention output projection, `[hidden, heads * head size]`.
    Output,
    /// Feed-forward gate, `[intermediate, hidden]`.
    MlpGate,
    /// Feed-forward up projection, `[intermediate, hidden]`.
    MlpUp,
    /// Feed-forward down projection, `[hidden, intermediate]`.
    MlpDown,
}

/// A norm of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Norm {
    /// Before attention, `[hidden]`.
    Attention,
    /// Before the feed-forward block, `[hidden]`.
    Mlp,
    /// After linear attention, over a head (`g_norm`), `[head size]`.
    GlaHead,
}

/// Rank of the uncoded gate.
pub(super) const GATE_RANK: usize = 16;

/// Names and shapes under one config.
#[derive(Debug)]
pub(super) struct Names<'a>(pub(super) &'a ModelConfig);

impl Names<'_> {
    pub(super) fn embeddings(&self) -> (String, Vec<usize>) {
        let name = match self.0.family {
            Family::SpikingBrain => "model.embeddings.weight",
            Family::Qwen2 | Family::Llama => "model.embed_tokens.weight",
        };
        (name.to_owned(), vec![self.0.vocab_size, self.0.hidden_size])
    }

    pub(super) fn lm_head(&self) -> (String, Vec<usize>) {
        if self.0.tie_embeddings {
            return self.embeddings();
        }
        ("lm_head.weight".to_owned(), vec![self.0.vocab_size, self.0.hidden_size])
    }

    pub(super) fn final_norm(&self) -> (String, Vec<usize>) {
        ("model.norm.weight".to_owned(), vec![self.0.hidden_size])
    }

    pub(super) fn norm(&self, layer: usize, norm: Norm) -> (String, Vec<usize>) {
        let plain = self.0.family != Family::SpikingBrain;
        let (name, width) = match norm {
            Norm::Attention if plain => ("input_layernorm", self.0.hidden_size),
            Norm::Mlp if plain => ("post_attention_layernorm", self.0.hidden_size),
            Norm::Attention => ("attn_norm", self.0.hidden_size),
            Norm::Mlp => ("mlp_norm", self.0.hidden_size),
            Norm::GlaHead => ("attn.g_norm", self.0.head_size),
        };
        (format!("model.layers.{layer}.{name}.weight"), vec![width])
    }

    /// Name without `.weight`, and the shape of the weight.
    pub(super) fn linear(&self, layer: usize, linear: Linear) -> (String, [usize; 2]) {
        let c = self.0;
        let (queries, keys) = (c.heads * c.head_size, c.kv_heads * c.head_size);
        let (name, shape) = match linear {
            Linear::Query => ("q_proj", [queries, c.hidden_size]),
            Linear::Key => ("k_proj", [keys, c.hidden_size]),
            Linear::Value => ("v_proj", [keys, c.hidden_size]),
            Linear::Gate => ("gk_proj", [keys, c.hidden_size]),
            Linear::Output => ("o_proj", [c.hidden_size, queries]),
            Linear::MlpGate => ("mlp.gate_proj", [c.intermediate_size, c.hidden_size]),
            Linear::MlpUp => ("mlp.up_proj", [c.intermediate_size, c.hidden_size]),
            Linear::MlpDown => ("mlp.down_proj", [c.hidden_size, c.intermediate_size]),
        };
        let attention = match (name.starts_with("mlp"), c.family) {
            (true, _) => "",
            (false, Family::SpikingBrain) => "attn.",
            (false, _) => "self_attn.",
        };
        (format!("model.layers.{layer}.{attention}{name}"), shape)
    }

    pub(super) fn has_bias(&self, linear: Linear) -> bool {
        match linear {
            Linear::Query | Linear::Key | Linear::Value => self.0.bias,
            Linear::Gate => true,
            Linear::Output => self.0.output_bias,
            Linear::MlpGate | Linear::MlpUp | Linear::MlpDown => false,
        }
    }

    /// Every tensor that the model needs.
    pub(super) fn all(&self, layout: Layout) -> Vec<(String, Vec<usize>)> {
        let mut all = vec![self.embeddings(), self.lm_head(), self.final_norm()];
        for (layer, attention) in self.0.layers.iter().enumerate() {
            let gla = *attention == Attention::Gla;
            all.extend([Norm::Attention, Norm::Mlp].map(|norm| self.norm(layer, norm)));
            all.extend(gla.then(|| self.norm(layer, Norm::GlaHead)));
            for linear in LINEARS.into_iter().filter(|l| gla || *l != Linear::Gate) {
                all.extend(self.tensors_of(layer, linear, layout));
            }
        }
        all
    }

    fn tensors_of(&self, layer: usize, linear: Linear, layout: Layout) -> Vec<(String, Vec<usize>)> {
        let (name, [outputs, inputs]) = self.linear(layer, linear);
        if linear == Linear::Gate && layout == Layout::Uncoded {
            return vec![
                (format!("{name}.0.weight"), vec![GATE_RANK, inputs]),
                (format!("{name}.1.weight"), vec![outputs, GATE_RANK]),
                (format!("{name}.1.bias"), vec![outputs]),
            ];
        }
        let mut tensors = vec![(format!("{name}.weight"), vec![outputs, inputs])];
        tensors.extend(self.has_bias(linear).then(|| (format!("{name}.bias"), vec![outputs])));
        if layout == Layout::W8aSpike {
            let groups = inputs.div_ceil(super::GROUP_SIZE);
            tensors.push((format!("{name}.{SCALES}"), vec![outputs, groups, 1]));
        }
        tensors
    }
}

/// What follows a projection's name in the tensor of its INT8 scales.
pub(super) const SCALES: &str = "weight_quantizer.scales";

const LINEARS: [Linear; 8] = [
    Linear::Query,
    Linear::Key,
    Linear::Value,
    Linear::Gate,
    Linear::Output,
    Linear::MlpGate,
    Linear::MlpUp,
    Linear::MlpDown,
];
