//! Gated linear attention (Yang et al. 2024, as SpikingBrain-7B uses it), per head with key size K:
//!
//! ```text
//! q, k <- relu(q), relu(k)        log g_t = logsigmoid(gk_t) / 16
//! S_t = diag(g_t) S_{t-1} + k_t^T v_t        o_t = (q_t / sqrt(K)) S_t        o <- rms_norm(o_t), then o_proj
//! ```
//!
//! There is no positional encoding. Heads that share a key-value head share its state, so a layer's state is
//! `[kv heads, K, K]` however long the context.

use super::linear::{Context, LayerLinear};
use super::norm::RmsNorm;
use crate::error::SimError;
use crate::options::Spiking;
use crate::state::LayerState;
use multiversion::multiversion;
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

/// S, `[kv heads, K, K]`.
#[derive(Debug, Clone)]
pub(crate) struct GlaState(Vec<f32>);

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
        GlaState(vec![0.0; self.kv_heads * self.head_size * self.head_size])
    }

    fn state_shape(&self) -> [usize; 3] {
        [self.kv_heads, self.head_size, self.head_size]
    }

    pub(crate) fn save(&self, state: &GlaState, into: &mut LayerState) {
        into.put("linear.state", &self.state_shape(), state.0.clone());
    }

    pub(crate) fn restore(&self, saved: &LayerState) -> Result<GlaState, SimError> {
        saved.get("linear.state", &self.state_shape()).map(|numbers| GlaState(numbers.to_vec()))
    }

    /// `h` `[tokens, hidden]`, already normed, to the same shape; `state` moves on by the tokens.
    pub(crate) fn forward(
        &self,
        h: &Array2<f32>,
        state: &mut GlaState,
        context: &mut Context<'_>,
    ) -> Result<Array2<f32>, SimError> {
        let mixed = self.input.forward(h, context)?;
        let size = self.head_size;
        let shared = self.heads / self.kv_heads * size;
        let by_kv_head: Vec<Vec<f32>> = state
            .0
            .par_chunks_mut(size * size)
            .enumerate()
            .map(|(kv, state)| self.recur(&mixed, kv, state))
            .collect();
        self.output.forward(&side_by_side(&by_kv_head, shared, h.nrows()), context)
    }

    /// The heads of one key-value head over the tokens: `[tokens, heads per kv head, K]`, normed.
    fn recur(&self, mixed: &Array2<f32>, kv: usize, state: &mut [f32]) -> Vec<f32> {
        let size = self.head_size;
        let per_kv = self.heads / self.kv_heads;
        let keys_at = self.heads * size + kv * size;
        let (values_at, gates_at) = (keys_at + self.kv_heads * size, keys_at + 2 * self.kv_heads * size);
        let scale = 1.0 / (size as f32).sqrt();
        let mut out = vec![0.0; mixed.nrows() * per_kv * size];
        let mut forget = vec![0.0; size];
        for (row, out) in mixed.rows().into_iter().zip(out.chunks_exact_mut(per_kv * size)) {
            let row = row.to_slice().unwrap_or_default();
            for (f, gate) in forget.iter_mut().zip(&row[gates_at..]) {
                *f = (log_sigmoid(*gate) / GATE_NORMALISER).exp();
            }
            update(state, &forget, &row[keys_at..][..size], &row[values_at..][..size]);
            for (head, out) in out.chunks_exact_mut(size).enumerate() {
                read(state, &row[(kv * per_kv + head) * size..][..size], scale, out);
                self.norm.in_place(out);
            }
        }
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

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
pub(super) fn update(state: &mut [f32], forget: &[f32], key: &[f32], value: &[f32]) {
    for ((row, f), k) in state.chunks_exact_mut(value.len()).zip(forget).zip(key) {
        let k = k.max(0.0);
        for (s, v) in row.iter_mut().zip(value) {
            *s = f * *s + k * v;
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
pub(super) fn read(state: &[f32], query: &[f32], scale: f32, out: &mut [f32]) {
    out.fill(0.0);
    for (row, q) in state.chunks_exact(query.len()).zip(query) {
        let q = q.max(0.0) * scale;
        for (o, s) in out.iter_mut().zip(row) {
            *o += q * s;
        }
    }
}
