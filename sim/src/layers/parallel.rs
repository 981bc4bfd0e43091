//! Linear attention and softmax attention side by side, on the same queries, keys and values (SpikingBrain-76B):
//!
//! ```text
//! linear, per head:   q, k <- sigmoid(q), sigmoid(k)   g_t = 1 - k_t
//!                     S_t = diag(g_t) S_{t-1} + k_t^T v_t   o1_t = (q_t / sqrt(K)) S_t       no positional encoding
//! softmax, per head:  o2_t = softmax attention over a window or all tokens, after rotary embedding
//! o = w1 rms_norm(o1) + w2 rms_norm(o2), each norm over a head;   then o_proj
//! ```
//!
//! The gate is tied to the key, so the state is a running mean and stays bounded. Sink tokens move the state in their order;
//! as they see one another without a causal mask, each reads the state after the last of them.

use super::attention::{AttentionState, SoftmaxMixer};
use super::gla::side_by_side;
use super::linear::{Context, LayerLinear};
use super::linear_state::{HeadInput, HeadState, LinearState};
use super::norm::RmsNorm;
use crate::error::SimError;
use crate::options::{Convention, Spiking};
use crate::state::LayerState;
use ndarray::Array2;
use rayon::prelude::*;
use synfire_datasets::checkpoint::{Checkpoint, Linear, Norm};
use synfire_datasets::spikes::Projection;

#[derive(Debug)]
pub(crate) struct ParallelAttention {
    input: LayerLinear,
    output: LayerLinear,
    softmax: SoftmaxMixer,
    /// Of the linear and the softmax branch, where branches are normalised.
    norms: Option<[RmsNorm; 2]>,
    /// w1 and w2.
    merge: [f32; 2],
    heads: usize,
    kv_heads: usize,
    head_size: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct ParallelState {
    linear: LinearState,
    softmax: AttentionState,
}

impl ParallelAttention {
    pub(crate) fn load(
        checkpoint: &Checkpoint,
        layer: usize,
        spiking: Option<Spiking>,
        convention: Convention,
    ) -> Result<Self, SimError> {
        let config = checkpoint.config();
        let input = [Linear::Query, Linear::Key, Linear::Value];
        let norm = |norm| -> Result<RmsNorm, SimError> {
            Ok(RmsNorm::new(checkpoint.norm(layer, norm)?, config.norm_eps))
        };
        let norms = if config.normalise_branches {
            Some([norm(Norm::LinearBranch)?, norm(Norm::SoftmaxBranch)?])
        } else {
            None
        };
        Ok(Self {
            input: LayerLinear::load(checkpoint, layer, Projection::AttnIn, &input, spiking)?,
            output: LayerLinear::load(checkpoint, layer, Projection::OIn, &[Linear::Output], spiking)?,
            softmax: SoftmaxMixer::new(config, layer, spiking, convention),
            norms,
            merge: checkpoint.merge(layer)?,
            heads: config.heads,
            kv_heads: config.kv_heads,
            head_size: config.head_size,
        })
    }

    pub(crate) fn start(&self) -> ParallelState {
        let linear = LinearState::new(self.kv_heads, self.head_size);
        ParallelState { linear, softmax: self.softmax.start() }
    }

    pub(crate) fn save(&self, state: &ParallelState, into: &mut LayerState) {
        state.linear.save(into);
        self.softmax.save(&state.softmax, into);
    }

    pub(crate) fn restore(&self, saved: &LayerState) -> Result<ParallelState, SimError> {
        let linear = LinearState::restore(saved, self.kv_heads, self.head_size)?;
        Ok(ParallelState { linear, softmax: self.softmax.restore(saved)? })
    }

    /// `h` `[tokens, hidden]`, already normed, to the same shape; `state` moves on by the tokens.
    pub(crate) fn forward(
        &self,
        h: &Array2<f32>,
        state: &mut ParallelState,
        context: &mut Context<'_>,
    ) -> Result<Array2<f32>, SimError> {
        let mixed = self.input.forward(h, context)?;
        let mut linear = self.linear(&mixed, &mut state.linear, context.are_sinks);
        let mut softmax = self.softmax.forward(mixed, &mut state.softmax, context)?;
        for (branch, out) in [&mut linear, &mut softmax].into_iter().enumerate() {
            let values = out.as_slice_mut().unwrap_or_default();
            for head in values.chunks_exact_mut(self.head_size) {
                if let Some(norms) = &self.norms {
                    norms[branch].in_place(head);
                }
                head.iter_mut().for_each(|o| *o *= self.merge[branch]);
            }
        }
        self.output.forward(&(linear + softmax), context)
    }

    /// The linear branch over the tokens, `[tokens, heads * K]`.
    fn linear(&self, mixed: &Array2<f32>, state: &mut LinearState, are_sinks: bool) -> Array2<f32> {
        let by_kv_head: Vec<Vec<f32>> = state
            .heads_mut()
            .par_iter_mut()
            .enumerate()
            .map(|(kv, state)| self.read(mixed, kv, state, are_sinks))
            .collect();
        side_by_side(&by_kv_head, self.heads / self.kv_heads * self.head_size, mixed.nrows())
    }

    /// What the heads of one key-value head read: `[tokens, heads per kv head, K]`.
    fn read(&self, mixed: &Array2<f32>, kv: usize, state: &mut HeadState, are_sinks: bool) -> Vec<f32> {
        let size = self.head_size;
        let shared = self.heads / self.kv_heads * size;
        let keys_at = self.heads * size + kv * size;
        let values_at = keys_at + self.kv_heads * size;
        let scale = 1.0 / (size as f32).sqrt();
        let mut input = HeadInput::default();
        for row in mixed.rows() {
            let row = row.to_slice().unwrap_or_default();
            let keys = &row[keys_at..][..size];
            input.gates.extend(keys.iter().map(|x| sigmoid(-x)));
            input.keys.extend(keys.iter().map(|x| sigmoid(*x)));
            input.values.extend_from_slice(&row[values_at..][..size]);
            input.queries.extend(row[kv * shared..][..shared].iter().map(|x| sigmoid(*x) * scale));
        }
        if are_sinks { state.read_at_the_end(&input) } else { state.read_as_it_moves(&input) }
    }
}

/// `1 / (1 + exp(-x))`; `sigmoid(-x)` is `1 - sigmoid(x)` without the loss of digits.
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
