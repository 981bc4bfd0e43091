//! Softmax attention over a window of keys, or over all of them: `softmax(q k^T / sqrt(K)) v` after rotary embedding.
//!
//! In the spiking model the query is coded per head by adaptive-threshold neurons whose spikes meet the cached keys,
//! and keys and values are symmetric INT8 per token and head (scale = amax / 127, clamped to [1e-5, 1e4]), as in
//! the release's W8ASpike.

use super::key_value_cache::{Entry, KeyValueCache, KeyValueView};
use super::linear::{Context, LayerLinear, fire};
use super::rope::Rope;
use crate::coding::SpikeCode;
use crate::error::SimError;
use crate::options::{Convention, Spiking};
use crate::projection::Engine;
use crate::state::{LayerState, Number};
use multiversion::multiversion;
use ndarray::{Array2, s};
use rayon::prelude::*;
use synfire_datasets::checkpoint::{Attention, Checkpoint, Linear};
use synfire_datasets::spikes::Projection;

#[derive(Debug)]
pub(crate) struct SoftmaxAttention {
    input: LayerLinear,
    output: LayerLinear,
    rope: Rope,
    heads: usize,
    kv_heads: usize,
    head_size: usize,
    /// Keys that a token sees, itself included.
    window: usize,
    spiking: Option<Spiking>,
}

/// The keys and values in sight.
#[derive(Debug, Clone)]
pub(crate) enum AttentionState {
    Dense(KeyValueCache<f32>),
    Quantised(KeyValueCache<i8>),
}

impl SoftmaxAttention {
    pub(crate) fn load(
        checkpoint: &Checkpoint,
        layer: usize,
        spiking: Option<Spiking>,
        convention: Convention,
    ) -> Result<Self, SimError> {
        let config = checkpoint.config();
        let window = match config.layers.get(layer) {
            Some(Attention::Window) => {
                config.window.saturating_add(usize::from(convention.window_holds_one_more))
            }
            _ => usize::MAX,
        };
        let input = [Linear::Query, Linear::Key, Linear::Value];
        Ok(Self {
            input: LayerLinear::load(checkpoint, layer, Projection::AttnIn, &input, spiking)?,
            output: LayerLinear::load(checkpoint, layer, Projection::OIn, &[Linear::Output], spiking)?,
            rope: Rope::new(config.head_size, config.rope_theta),
            heads: config.heads,
            kv_heads: config.kv_heads,
            head_size: config.head_size,
            window: window.max(1),
            spiking,
        })
    }

    pub(crate) fn start(&self) -> AttentionState {
        match self.spiking {
            Some(_) => AttentionState::Quantised(KeyValueCache::new(self.kv_heads, self.head_size)),
            None => AttentionState::Dense(KeyValueCache::new(self.kv_heads, self.head_size)),
        }
    }

    pub(crate) fn save(&self, state: &AttentionState, into: &mut LayerState) {
        match state {
            AttentionState::Dense(cache) => cache.save(self.window - 1, into),
            AttentionState::Quantised(cache) => cache.save(self.window - 1, into),
        }
    }

    pub(crate) fn restore(&self, saved: &LayerState) -> Result<AttentionState, SimError> {
        let (heads, size) = (self.kv_heads, self.head_size);
        Ok(match self.spiking {
            Some(_) => AttentionState::Quantised(KeyValueCache::restore(heads, size, saved)?),
            None => AttentionState::Dense(KeyValueCache::restore(heads, size, saved)?),
        })
    }

    /// `h` `[tokens, hidden]`, already normed, to the same shape; `state` takes the tokens' keys and values.
    pub(crate) fn forward(
        &self,
        h: &Array2<f32>,
        state: &mut AttentionState,
        context: &mut Context<'_>,
    ) -> Result<Array2<f32>, SimError> {
        let mut mixed = self.input.forward(h, context)?;
        let rotated = (self.heads + self.kv_heads) * self.head_size;
        for (t, mut row) in mixed.rows_mut().into_iter().enumerate() {
            if let Some(row) = row.as_slice_mut() {
                self.rope.rotate(&mut row[..rotated], context.first_token as usize + t);
            }
        }
        let query = mixed.slice(s![.., ..self.heads * self.head_size]).to_owned();
        let out = match (state, self.spiking) {
            (AttentionState::Quantised(cache), Some(spiking)) => {
                let first = self.extend(cache, &mixed, quantise);
                self.attend_spiking(&query, cache, first, spiking, context)?
            }
            (AttentionState::Dense(cache), _) => {
                let first = self.extend(cache, &mixed, |x| Entry { numbers: x.to_vec(), scale: 1.0 });
                self.attend_dense(&query, cache, first)
            }
            (AttentionState::Quantised(_), None) => return Err(SimError::ForeignState),
        };
        self.output.forward(&out, context)
    }

    /// Adds the keys and values of `mixed` to the cache; returns the slot of the first.
    fn extend<T: Number>(
        &self,
        cache: &mut KeyValueCache<T>,
        mixed: &Array2<f32>,
        entry: fn(&[f32]) -> Entry<T>,
    ) -> usize {
        cache.make_room(mixed.nrows(), self.window - 1);
        let first = cache.len();
        let (size, keys_at) = (self.head_size, self.heads * self.head_size);
        for row in mixed.rows() {
            let row = row.to_slice().unwrap_or_default();
            let (keys, values) = row[keys_at..].split_at(self.kv_heads * size);
            cache.push(keys.chunks_exact(size).map(entry).zip(values.chunks_exact(size).map(entry)));
        }
        first
    }

    /// Slots that the token in `slot` sees.
    fn visible(&self, slot: usize) -> std::ops::Range<usize> {
        (slot + 1).saturating_sub(self.window)..slot + 1
    }

    fn attend_dense(&self, query: &Array2<f32>, cache: &KeyValueCache<f32>, first: usize) -> Array2<f32> {
        let scale = 1.0 / (self.head_size as f32).sqrt();
        self.attend(query.nrows(), cache, first, |vector, keys, scores| {
            let q = &query.as_slice().unwrap_or_default()[vector * self.head_size..][..self.head_size];
            scores.fill(0.0);
            for (channel, q) in q.iter().enumerate() {
                add_scaled(scores, keys.channel(channel), q * scale);
            }
        })
    }

    fn attend_spiking(
        &self,
        query: &Array2<f32>,
        cache: &KeyValueCache<i8>,
        first: usize,
        spiking: Spiking,
        context: &mut Context<'_>,
    ) -> Result<Array2<f32>, SimError> {
        let (counts, thresholds) = fire(&spiking.neuron, query, self.heads)
            .map_err(|(token, source)| context.neuron_error(Projection::Query, token, source))?;
        let keys_seen: Vec<u32> = (0..query.nrows()).map(|t| self.visible(first + t).len() as u32).collect();
        context.record(Projection::Query, self.heads, &counts, &thresholds, spiking, &keys_seen)?;
        let scale = 1.0 / (self.head_size as f32).sqrt();
        Ok(self.attend(query.nrows(), cache, first, |vector, keys, scores| {
            let counts = &counts.as_slice().unwrap_or_default()[vector * self.head_size..][..self.head_size];
            let sums = meet_keys(&spiking.coding.encode(counts), keys, scores.len(), spiking.engine);
            for ((score, sum), key_scale) in scores.iter_mut().zip(sums).zip(keys.key_scales) {
                *score = sum as f32 * (thresholds[vector] * scale) * key_scale;
            }
        }))
    }

    /// Softmax of what `score` writes for each vector (token by token, head by head), applied to the values.
    fn attend<T: Number + Into<f32> + Sync>(
        &self,
        tokens: usize,
        cache: &KeyValueCache<T>,
        first: usize,
        score: impl Fn(usize, &KeyValueView<'_, T>, &mut [f32]) + Sync,
    ) -> Array2<f32> {
        let (size, heads) = (self.head_size, self.heads);
        let mut out = vec![0.0; tokens * heads * size];
        out.par_chunks_mut(size).enumerate().for_each_init(Vec::new, |scores, (vector, out)| {
            let visible = self.visible(first + vector / heads);
            let kv = vector % heads / (heads / self.kv_heads);
            let keys = cache.view(kv, visible.start, visible.end);
            scores.resize(visible.len(), 0.0);
            score(vector, &keys, scores);
            softmax(scores);
            let weights = scores.iter().zip(keys.value_scales).map(|(p, scale)| p * scale);
            for (weight, value) in weights.zip(keys.values.chunks_exact(size)) {
                for (o, v) in out.iter_mut().zip(value) {
                    *o += weight * (*v).into();
                }
            }
        });
        Array2::from_shape_vec((tokens, heads * size), out).unwrap_or_default()
    }
}

/// The integers q k of a coded query with every visible key, by either engine.
fn meet_keys(code: &SpikeCode<'_>, keys: &KeyValueView<'_, i8>, visible: usize, engine: Engine) -> Vec<i32> {
    let mut sums = vec![0i32; visible];
    match engine {
        Engine::Event => {
            for spike in code.spikes() {
                add_multiple(&mut sums, keys.channel(spike.neuron as usize), spike.value());
            }
            if code.zero_point() != 0 {
                for channel in 0..code.counts().len() {
                    add_multiple(&mut sums, keys.channel(channel), code.zero_point());
                }
            }
        }
        Engine::Collapsed => {
            for (channel, count) in code.counts().iter().enumerate() {
                add_multiple(&mut sums, keys.channel(channel), *count);
            }
        }
    }
    sums
}

/// Symmetric INT8 of one head of a key or value.
fn quantise(x: &[f32]) -> Entry<i8> {
    let largest = x.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let scale = (largest / 127.0).clamp(1e-5, 1e4);
    Entry {
        numbers: x.iter().map(|v| (v / scale).round_ties_even().clamp(-127.0, 127.0) as i8).collect(),
        scale,
    }
}

fn softmax(scores: &mut [f32]) {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - top).exp();
        sum += *score;
    }
    for score in scores.iter_mut() {
        *score /= sum;
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw", "x86_64+avx2"))]
fn add_multiple(sums: &mut [i32], keys: &[i8], value: i32) {
    for (sum, k) in sums.iter_mut().zip(keys) {
        *sum = sum.wrapping_add(value.wrapping_mul(i32::from(*k)));
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn add_scaled(scores: &mut [f32], keys: &[f32], factor: f32) {
    for (score, k) in scores.iter_mut().zip(keys) {
        *score += factor * k;
    }
}
