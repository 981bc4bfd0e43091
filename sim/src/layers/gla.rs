//! Gated linear attention (Yang et al. 2024, as SpikingBrain-7B uses it), per head with key size K:
//!
//! ```text
//! q, k <- relu(q), relu(k)        log g_t = logsigmoid(gk_t) / 16
//! S_t = diag(g_t) S_{t-1} + k_t^T v_t        o_t = (q_t / sqrt(K)) S_t        o <- rms_norm(o_t), then o_proj
//! ```
//!
//! There is no positional encoding. Heads that share a key-value head share its state, so a layer's state is
//! `[kv heads, K, K]` however long the context. It is computed in chunks of tokens ([`linear_state`](super::linear_state)).

use super::linear::{Context, LayerLinear};
use super::linear_state::{HeadInput, HeadState, LinearState};
use super::norm::RmsNorm;
use crate::error::SimError;
use crate::options::Spiking;
use crate::state::LayerState;
use ndarray::Array2;
use rayon::prelude::*;
use synfire_datasets::checkpoint::{Checkpoint, Linear, Norm};
use synfire_datasets::spikes::Projection;

const GATE_NORMALISER: f32 = 16.0;

#[derive(Debug)]
pub(crate) struct GatedLinearAttention {
    input: LayerLinear,
    output: LayerLinear,
    norm: RmsNorm,
    heads: usize,
    kv_heads: usize,
    head_size: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct GlaState(LinearState);

impl GatedLinearAttention {
    pub(crate) fn load(
        checkpoint: &Checkpoint,
        layer: usize,
        spiking: Option<Spiking>,
    ) -> Result<Self, SimError> {
        let config = checkpoint.config();
        let input = [Linear::Query, Linear::Key, Linear::Value, Linear::Gate];
        Ok(Self {
            input: LayerLinear::load(checkpoint, layer, Projection::AttnIn, &input, spiking)?,
            output: LayerLinear::load(checkpoint, layer, Projection::OIn, &[Linear::Output], spiking)?,
            norm: RmsNorm::new(checkpoint.norm(layer, Norm::GlaHead)?, config.norm_eps),
            heads: config.heads,
            kv_heads: config.kv_heads,
            head_size: config.head_size,
        })
    }

    pub(crate) fn start(&self) -> GlaState {
        GlaState(LinearState::new(self.kv_heads, self.head_size))
    }

    pub(crate) fn save(&self, state: &GlaState, into: &mut LayerState) {
        state.0.save(into);
    }

    pub(crate) fn restore(&self, saved: &LayerState) -> Result<GlaState, SimError> {
        LinearState::restore(saved, self.kv_heads, self.head_size).map(GlaState)
    }

    /// `h` `[tokens, hidden]`, already normed, to the same shape; `state` moves on by the tokens.
    pub(crate) fn forward(
        &self,
        h: &Array2<f32>,
        state: &mut GlaState,
        context: &mut Context<'_>,
    ) -> Result<Array2<f32>, SimError> {
        let mixed = self.input.forward(h, context)?;
        let shared = self.heads / self.kv_heads * self.head_size;
        let by_kv_head: Vec<Vec<f32>> = state
            .0
            .heads_mut()
            .par_iter_mut()
            .enumerate()
            .map(|(kv, state)| self.read(&mixed, kv, state))
            .collect();
        self.output.forward(&side_by_side(&by_kv_head, shared, h.nrows()), context)
    }

    /// What the heads of one key-value head read: `[tokens, heads per kv head, K]`, normed.
    fn read(&self, mixed: &Array2<f32>, kv: usize, state: &mut HeadState) -> Vec<f32> {
        let size = self.head_size;
        let shared = self.heads / self.kv_heads * size;
        let keys_at = self.heads * size + kv * size;
        let (values_at, gates_at) = (keys_at + self.kv_heads * size, keys_at + 2 * self.kv_heads * size);
        let scale = 1.0 / (size as f32).sqrt();
        let mut input = HeadInput::default();
        for row in mixed.rows() {
            let row = row.to_slice().unwrap_or_default();
            input
                .gates
                .extend(row[gates_at..][..size].iter().map(|x| (log_sigmoid(*x) / GATE_NORMALISER).exp()));
            input.keys.extend(row[keys_at..][..size].iter().map(|x| x.max(0.0)));
            input.values.extend_from_slice(&row[values_at..][..size]);
            input.queries.extend(row[kv * shared..][..shared].iter().map(|x| x.max(0.0) * scale));
        }
        let mut out = state.read_as_it_moves(&input);
        out.chunks_exact_mut(size).for_each(|out| self.norm.in_place(out));
        out
    }
}

/// What each key-value head put out, `[tokens, width]`, as `[tokens, kv heads * width]`.
pub(super) fn side_by_side(by_kv_head: &[Vec<f32>], width: usize, tokens: usize) -> Array2<f32> {
    let mut out = Array2::zeros((tokens, by_kv_head.len() * width));
    for (kv, part) in by_kv_head.iter().enumerate() {
        for (mut row, part) in out.rows_mut().into_iter().zip(part.chunks_exact(width)) {
            for (o, p) in row.iter_mut().skip(kv * width).zip(part) {
                *o = *p;
            }
        }
    }
    out
}

fn log_sigmoid(x: f32) -> f32 {
    x.min(0.0) - (-x.abs()).exp().ln_1p()
}
