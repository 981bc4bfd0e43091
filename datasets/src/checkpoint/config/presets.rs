//! The two published models (SpikingBrain report, section 3), both with the trunk of Qwen2.5-7B.

use super::{Attention, Family, Mixture, ModelConfig};

impl ModelConfig {
    /// The shape of SpikingBrain-7B: gated linear attention in even layers, a window of 4096 keys in odd ones.
    ///
    /// ```
    /// use synfire_datasets::checkpoint::{Attention, ModelConfig};
    /// assert_eq!(ModelConfig::spikingbrain_7b().layers[..2], [Attention::Gla, Attention::Window]);
    /// ```
    #[must_use]
    pub fn spikingbrain_7b() -> Self {
        Self {
            family: Family::SpikingBrain,
            vocab_size: 152_064,
            hidden_size: 3584,
            layers: [Attention::Gla, Attention::Window].repeat(14),
            heads: 28,
            kv_heads: 4,
            head_size: 128,
            intermediate_size: 18_944,
            window: 4096,
            rope_theta: 1e6,
            norm_eps: 1e-6,
            tie_embeddings: false,
            bias: true,
            output_bias: false,
            sink_tokens: 0,
            normalise_branches: true,
            mixture: None,
        }
    }

    /// The shape of SpikingBrain-76B-A12B: linear attention beside a window of 4096 keys, beside full attention in layers 7,
    /// 14, 21 and 28 (from 1); 16 routed experts, one a token, and a shared one, dense in layers 1, 2, 3, 5, 7, 9 and 11.
    #[must_use]
    pub fn spikingbrain_76b() -> Self {
        let attention =
            |l: usize| if l.is_multiple_of(7) { Attention::ParallelFull } else { Attention::ParallelWindow };
        let dense_layers = [1, 2, 3, 5, 7, 9, 11].map(|layer| layer - 1).to_vec();
        Self {
            family: Family::SpikingBrain76b,
            layers: (1..=28).map(attention).collect(),
            sink_tokens: 128,
            mixture: Some(Mixture { experts: 16, per_token: 1, dense_layers }),
            ..Self::spikingbrain_7b()
        }
    }
}
