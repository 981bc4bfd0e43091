//! Names and shapes of the tensors of a checkpoint, as Hugging Face has them.
//!
//! SpikingBrain-76B has no public checkpoint. Its tensors are named here as those of SpikingBrain-7B, and besides
//!
//! ```text
//! model.sink_tokens                                        [sinks, hidden]
//! model.layers.N.attn.linear_norm.weight, softmax_norm.weight  [head]          norms of the two branches, where there are
//! model.layers.N.attn.merge                                [2]                 w1 of linear attention, w2 of softmax attention
//! model.layers.N.mlp.router.{weight,bias}                  [experts, hidden], [experts]
//! model.layers.N.mlp.experts.E.{gate,up,down}_proj.weight  as those of a dense block
//! model.layers.N.mlp.shared.{gate,up,down}_proj.weight
//! ```

use super::config::{Attention, Family, ModelConfig};

/// Whether a checkpoint holds plain weights, INT8 scales beside them, or INT8 weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Plain weights; the gate of linear attention as a low-rank pair.
    Uncoded,
    /// W8ASpike: `weight_quantizer.scales` beside every weight, the gate as one matrix.
    W8aSpike,
    /// W8ASpike with INT8 weights in the order that they are used in: `weight_by_input`, `[inputs, outputs]`.
    Int8,
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
    /// Feed-forward gate, `[intermediate, hidden]`; in a mixture of experts that of the shared expert.
    MlpGate,
    /// Feed-forward up projection, `[intermediate, hidden]`; in a mixture of experts that of the shared expert.
    MlpUp,
    /// Feed-forward down projection, `[hidden, intermediate]`; in a mixture of experts that of the shared expert.
    MlpDown,
    /// Gate of a routed expert.
    ExpertGate(u16),
    /// Up projection of a routed expert.
    ExpertUp(u16),
    /// Down projection of a routed expert.
    ExpertDown(u16),
}

impl Linear {
    /// Whether it belongs to a routed expert, which a token meets only if it is sent there.
    #[must_use]
    pub fn expert(self) -> Option<u16> {
        match self {
            Self::ExpertGate(expert) | Self::ExpertUp(expert) | Self::ExpertDown(expert) => Some(expert),
            _ => None,
        }
    }
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
    /// Of the linear branch, over a head, `[head size]`.
    LinearBranch,
    /// Of the softmax branch, over a head, `[head size]`.
    SoftmaxBranch,
}

/// What a tensor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Token embeddings.
    Embeddings,
    /// LM head.
    LmHead,
    /// Final norm.
    FinalNorm,
    /// Learned embeddings before the text.
    SinkTokens,
    /// Norm of a layer.
    Norm(Norm),
    /// Weights by which parallel branches of attention are merged.
    Merge,
    /// Router of a mixture of experts: its matrix or its bias.
    Router,
    /// Weight of a projection.
    Weight(Linear),
    /// One of the low-rank pair of the gate: (0) to the rank, (1) from it.
    LowRankGate(u8),
    /// Bias of a projection.
    Bias(Linear),
    /// INT8 scales of a projection.
    Scales(Linear),
}

/// A tensor that a model needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Layer, from 0; `None` outside the layers.
    pub layer: Option<usize>,
    /// What it is.
    pub role: Role,
}

/// Rank of the uncoded gate.
pub(super) const GATE_RANK: usize = 16;

/// Names and shapes under one config.
#[derive(Debug)]
pub(super) struct Names<'a>(pub(super) &'a ModelConfig);

impl Names<'_> {
    pub(super) fn embeddings(&self) -> (String, Vec<usize>) {
        let name = match self.0.family {
            Family::SpikingBrain | Family::SpikingBrain76b => "model.embeddings.weight",
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

    pub(super) fn sink_tokens(&self) -> (String, [usize; 2]) {
        ("model.sink_tokens".to_owned(), [self.0.sink_tokens, self.0.hidden_size])
    }

    pub(super) fn merge(&self, layer: usize) -> (String, Vec<usize>) {
        (format!("model.layers.{layer}.attn.merge"), vec![2])
    }

    /// Name without `.weight` or `.bias`, and the shape of the weight.
    pub(super) fn router(&self, layer: usize, experts: usize) -> (String, [usize; 2]) {
        (format!("model.layers.{layer}.mlp.router"), [experts, self.0.hidden_size])
    }

    /// Whether names are those of Qwen2 and Llama.
    fn is_plain(&self) -> bool {
        matches!(self.0.family, Family::Qwen2 | Family::Llama)
    }

    pub(super) fn norm(&self, layer: usize, norm: Norm) -> (String, Vec<usize>) {
        let plain = self.is_plain();
        let (name, width) = match norm {
            Norm::Attention if plain => ("input_layernorm", self.0.hidden_size),
            Norm::Mlp if plain => ("post_attention_layernorm", self.0.hidden_size),
            Norm::Attention => ("attn_norm", self.0.hidden_size),
            Norm::Mlp => ("mlp_norm", self.0.hidden_size),
            Norm::GlaHead => ("attn.g_norm", self.0.head_size),
            Norm::LinearBranch => ("attn.linear_norm", self.0.head_size),
            Norm::SoftmaxBranch => ("attn.softmax_norm", self.0.head_size),
        };
        (format!("model.layers.{layer}.{name}.weight"), vec![width])
    }

    /// Name without `.weight`, and the shape of the weight.
    pub(super) fn linear(&self, layer: usize, linear: Linear) -> (String, [usize; 2]) {
        let c = self.0;
        let (queries, keys) = (c.heads * c.head_size, c.kv_heads * c.head_size);
        let attention = if self.is_plain() { "self_attn" } else { "attn" };
        let block = if c.mixture_of(layer).is_some() { "mlp.shared" } else { "mlp" };
        let (up, down) = ([c.intermediate_size, c.hidden_size], [c.hidden_size, c.intermediate_size]);
        let (name, shape) = match linear {
            Linear::Query => (format!("{attention}.q_proj"), [queries, c.hidden_size]),
            Linear::Key => (format!("{attention}.k_proj"), [keys, c.hidden_size]),
            Linear::Value => (format!("{attention}.v_proj"), [keys, c.hidden_size]),
            Linear::Gate => (format!("{attention}.gk_proj"), [keys, c.hidden_size]),
            Linear::Output => (format!("{attention}.o_proj"), [c.hidden_size, queries]),
            Linear::MlpGate => (format!("{block}.gate_proj"), up),
            Linear::MlpUp => (format!("{block}.up_proj"), up),
            Linear::MlpDown => (format!("{block}.down_proj"), down),
            Linear::ExpertGate(e) => (format!("mlp.experts.{e}.gate_proj"), up),
            Linear::ExpertUp(e) => (format!("mlp.experts.{e}.up_proj"), up),
            Linear::ExpertDown(e) => (format!("mlp.experts.{e}.down_proj"), down),
        };
        (format!("model.layers.{layer}.{name}"), shape)
    }

    pub(super) fn has_bias(&self, linear: Linear) -> bool {
        match linear {
            Linear::Query | Linear::Key | Linear::Value => self.0.bias,
            Linear::Gate => true,
            Linear::Output => self.0.output_bias,
            _ => false,
        }
    }

    /// Every tensor that the model needs, layer by layer.
    pub(super) fn all(&self, layout: Layout) -> Vec<TensorSpec> {
        let c = self.0;
        let outside = |(name, shape), role| TensorSpec { name, shape, layer: None, role };
        let mut all = vec![outside(self.embeddings(), Role::Embeddings)];
        if c.sink_tokens > 0 {
            let (name, shape) = self.sink_tokens();
            all.push(outside((name, shape.to_vec()), Role::SinkTokens));
        }
        for layer in 0..c.layers.len() {
            all.extend(self.layer(layer, layout));
        }
        all.push(outside(self.final_norm(), Role::FinalNorm));
        if !c.tie_embeddings {
            all.push(outside(self.lm_head(), Role::LmHead));
        }
        all
    }

    fn layer(&self, layer: usize, layout: Layout) -> Vec<TensorSpec> {
        let c = self.0;
        let attention = c.layers.get(layer).copied().unwrap_or(Attention::Full);
        let inside = |(name, shape), role| TensorSpec { name, shape, layer: Some(layer), role };
        let branches = attention.is_parallel() && c.normalise_branches;
        let norms = [
            (Norm::Attention, true),
            (Norm::GlaHead, attention == Attention::Gla),
            (Norm::LinearBranch, branches),
            (Norm::SoftmaxBranch, branches),
            (Norm::Mlp, true),
        ];
        let norms = norms.into_iter().filter(|(_, there)| *there);
        let mut all: Vec<_> =
            norms.map(|(norm, _)| inside(self.norm(layer, norm), Role::Norm(norm))).collect();
        if attention.is_parallel() {
            all.push(inside(self.merge(layer), Role::Merge));
        }
        let linears = [Linear::Query, Linear::Key, Linear::Value, Linear::Gate, Linear::Output];
        let linears = linears.into_iter().filter(|l| attention == Attention::Gla || *l != Linear::Gate);
        let mlp = [Linear::MlpGate, Linear::MlpUp, Linear::MlpDown];
        for linear in linears.chain(mlp) {
            all.extend(self.tensors_of(layer, linear, layout));
        }
        let Some(mixture) = c.mixture_of(layer) else { return all };
        let (name, shape) = self.router(layer, mixture.experts);
        all.push(inside((format!("{name}.weight"), shape.to_vec()), Role::Router));
        all.push(inside((format!("{name}.bias"), vec![mixture.experts]), Role::Router));
        for e in 0..mixture.experts as u16 {
            for linear in [Linear::ExpertGate(e), Linear::ExpertUp(e), Linear::ExpertDown(e)] {
                all.extend(self.tensors_of(layer, linear, layout));
            }
        }
        all
    }

    fn tensors_of(&self, layer: usize, linear: Linear, layout: Layout) -> Vec<TensorSpec> {
        let (name, [outputs, inputs]) = self.linear(layer, linear);
        let tensor = |suffix: &str, shape: &[usize], role| TensorSpec {
            name: format!("{name}.{suffix}"),
            shape: shape.to_vec(),
            layer: Some(layer),
            role,
        };
        if linear == Linear::Gate && layout == Layout::Uncoded {
            return vec![
                tensor("0.weight", &[GATE_RANK, inputs], Role::LowRankGate(0)),
                tensor("1.weight", &[outputs, GATE_RANK], Role::LowRankGate(1)),
                tensor("1.bias", &[outputs], Role::Bias(linear)),
            ];
        }
        let mut tensors = vec![match layout {
            Layout::Int8 => tensor(INT8, &[inputs, outputs], Role::Weight(linear)),
            _ => tensor("weight", &[outputs, inputs], Role::Weight(linear)),
        }];
        if self.has_bias(linear) {
            tensors.push(tensor("bias", &[outputs], Role::Bias(linear)));
        }
        if layout != Layout::Uncoded {
            let groups = inputs.div_ceil(super::GROUP_SIZE);
            tensors.push(tensor(SCALES, &[outputs, groups, 1], Role::Scales(linear)));
        }
        tensors
    }
}

/// What follows a projection's name in the tensor of its INT8 scales.
pub(super) const SCALES: &str = "weight_quantizer.scales";

/// What follows a projection's name in the tensor of its INT8 weights, `[inputs, outputs]`.
pub(super) const INT8: &str = "weight_by_input";
