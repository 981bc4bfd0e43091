//! Softmax attention over a window of keys, or over all of them: `softmax(q k^T / sqrt(K)) v` after rotary embedding.
//!
//! In the spiking model the query is coded per head by adaptive-threshold neurons whose spikes meet the cached keys,
//! and keys and values are symmetric INT8 per token and head (scale = amax / 127, clamped to [1e-5, 1e4]), as in
//! the release's W8ASpike.
//!
//! Sink tokens are keys that every token sees besides those of its window; they see one another, before and after.

use super::key_value_cache::{Entry, KeyValueCache, KeyValueView};
use super::linear::{Context, LayerLinear, fire};
use super::rope::Rope;
use crate::error::SimError;
use crate::options::{Convention, Spiking};
use crate::state::{LayerState, Number};
use multiversion::multiversion;
use ndarray::{Array2, s};
use rayon::prelude::*;
use synfire_datasets::checkpoint::{Checkpoint, Linear, ModelConfig};
use synfire_datasets::spikes::Projection;

#[derive(Debug)]
pub(crate) struct SoftmaxAttention {
    input: LayerLinear,
    output: LayerLinear,
    mixer: SoftmaxMixer,
}

/// Attention between the projections: from queries, keys and values to what the output projection reads.
#[derive(Debug)]
pub(crate) struct SoftmaxMixer {
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
    Dense(Keys<f32>),
    Quantised(Keys<i8>),
}

/// Those of the sink tokens, which stay, and those of the text.
#[derive(Debug, Clone)]
pub(crate) struct Keys<T> {
    sinks: KeyValueCache<T>,
    text: KeyValueCache<T>,
}

impl<T: Number> Keys<T> {
    fn new(kv_heads: usize, head_size: usize) -> Self {
        let empty = || KeyValueCache::new(kv_heads, head_size);
        Self { sinks: empty(), text: empty() }
    }

    fn save(&self, keep: usize, into: &mut LayerState) {
        self.text.save("softmax", keep, into);
        if self.sinks.len() > 0 {
            self.sinks.save("sinks", usize::MAX, into);
        }
    }

    fn restore(kv_heads: usize, head_size: usize, saved: &LayerState) -> Result<Self, SimError> {
        let cache = |prefix| KeyValueCache::restore(prefix, kv_heads, head_size, saved);
        let sinks = if saved.shape("sinks.keys").is_ok() {
            cache("sinks")?
        } else {
            KeyValueCache::new(kv_heads, head_size)
        };
        Ok(Self { sinks, text: cache("softmax")? })
    }
}

impl SoftmaxAttention {
    pub(crate) fn load(
        checkpoint: &Checkpoint,
        layer: usize,
        spiking: Option<Spiking>,
        convention: Convention,
    ) -> Result<Self, SimError> {
        let input = [Linear::Query, Linear::Key, Linear::Value];
        Ok(Self {
            input: LayerLinear::load(checkpoint, layer, Projection::AttnIn, &input, spiking)?,
            output: LayerLinear::load(checkpoint, layer, Projection::OIn, &[Linear::Output], spiking)?,
            mixer: SoftmaxMixer::new(checkpoint.config(), layer, spiking, convention),
        })
    }

    pub(crate) fn start(&self) -> AttentionState {
        self.mixer.start()
    }

    pub(crate) fn save(&self, state: &AttentionState, into: &mut LayerState) {
        self.mixer.save(state, into);
    }

    pub(crate) fn restore(&self, saved: &LayerState) -> Result<AttentionState, SimError> {
        self.mixer.restore(saved)
    }

    /// `h` `[tokens, hidden]`, already normed, to the same shape; `state` takes the tokens' keys and values.
    pub(crate) fn forward(
        &self,
        h: &Array2<f32>,
        state: &mut AttentionState,
        context: &mut Context<'_>,
    ) -> Result<Array2<f32>, SimError> {
        let mixed = self.input.forward(h, context)?;
        let out = self.mixer.forward(mixed, state, context)?;
        self.output.forward(&out, context)
    }
}

impl SoftmaxMixer {
    pub(crate) fn new(
        config: &ModelConfig,
        layer: usize,
        spiking: Option<Spiking>,
        convention: Convention,
    ) -> Self {
        let window = match config.layers.get(layer) {
            Some(attention) if attention.has_window() => {
                config.window.saturating_add(usize::from(convention.window_holds_one_more))
            }
            _ => usize::MAX,
        };
        Self {
            rope: Rope::new(config.head_size, config.rope_theta),
            heads: config.heads,
            kv_heads: config.kv_heads,
            head_size: config.head_size,
            window: window.max(1),
            spiking,
        }
    }

    pub(crate) fn start(&self) -> AttentionState {
        match self.spiking {
            Some(_) => AttentionState::Quantised(Keys::new(self.kv_heads, self.head_size)),
            None => AttentionState::Dense(Keys::new(self.kv_heads, self.head_size)),
        }
    }

    pub(crate) fn save(&self, state: &AttentionState, into: &mut LayerState) {
        match state {
            AttentionState::Dense(keys) => keys.save(self.window - 1, into),
            AttentionState::Quantised(keys) => keys.save(self.window - 1, into),
        }
    }

    pub(crate) fn restore(&self, saved: &LayerState) -> Result<AttentionState, SimError> {
        let (heads, size) = (self.kv_heads, self.head_size);
        Ok(match self.spiking {
            Some(_) => AttentionState::Quantised(Keys::restore(heads, size, saved)?),
            None => AttentionState::Dense(Keys::restore(heads, size, saved)?),
        })
    }

    /// Queries, keys and values `[tokens, (heads + 2 kv heads) K]` to `[tokens, heads K]`; `state` takes the keys and values.
    pub(crate) fn forward(
        &self,
        mut mixed: Array2<f32>,
        state: &mut AttentionState,
        context: &mut Context<'_>,
    ) -> Result<Array2<f32>, SimError> {
        let rotated = (self.heads + self.kv_heads) * self.head_size;
        for (t, mut row) in mixed.rows_mut().into_iter().enumerate() {
            if let Some(row) = row.as_slice_mut() {
                self.rope.rotate(&mut row[..rotated], context.rotary_position(t));
            }
        }
        let query = mixed.slice(s![.., ..self.heads * self.head_size]).to_owned();
        match (state, self.spiking) {
            (AttentionState::Quantised(keys), Some(spiking)) => {
                let first = self.extend(keys, &mixed, context.are_sinks, quantise);
                self.attend_spiking(&query, keys, first, spiking, context)
            }
            (AttentionState::Dense(keys), _) => {
                let entry = |x: &[f32]| Entry { numbers: x.to_vec(), scale: 1.0 };
                let first = self.extend(keys, &mixed, context.are_sinks, entry);
                Ok(self.attend_dense(&query, keys, first))
            }
            (AttentionState::Quantised(_), None) => Err(SimError::ForeignState),
        }
    }

    /// Adds the keys and values of `mixed` to the cache; returns the slot of the first token of the text, none for sinks.
    fn extend<T: Number>(
        &self,
        keys: &mut Keys<T>,
        mixed: &Array2<f32>,
        are_sinks: bool,
        entry: fn(&[f32]) -> Entry<T>,
    ) -> Option<usize> {
        let (cache, keep) =
            if are_sinks { (&mut keys.sinks, usize::MAX) } else { (&mut keys.text, self.window - 1) };
        cache.make_room(mixed.nrows(), keep);
        let first = cache.len();
        let (size, keys_at) = (self.head_size, self.heads * self.head_size);
        for row in mixed.rows() {
            let row = row.to_slice().unwrap_or_default();
            let (keys, values) = row[keys_at..].split_at(self.kv_heads * size);
            cache.push(keys.chunks_exact(size).map(entry).zip(values.chunks_exact(size).map(entry)));
        }
        (!are_sinks).then_some(first)
    }

    /// Slots of the text that token `t` sees, if the first is in slot `first`; sinks see none.
    fn visible(&self, first: Option<usize>, t: usize) -> std::ops::Range<usize> {
        first.map_or(0..0, |first| (first + t + 1).saturating_sub(self.window)..first + t + 1)
    }

    fn attend_dense(&self, query: &Array2<f32>, keys: &Keys<f32>, first: Option<usize>) -> Array2<f32> {
        let scale = 1.0 / (self.head_size as f32).sqrt();
        self.attend(query.nrows(), keys, first, |vector, keys, scores| {
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
        keys: &Keys<i8>,
        first: Option<usize>,
        spiking: Spiking,
        context: &mut Context<'_>,
    ) -> Result<Array2<f32>, SimError> {
        let (counts, thresholds) = fire(&spiking.neuron, query, self.heads)
            .map_err(|(token, source)| context.neuron_error(Projection::Query, token, source))?;
        let in_sight = |t| (keys.sinks.len() + self.visible(first, t).len()) as u32;
        let keys_seen: Vec<u32> = (0..query.nrows()).map(in_sight).collect();
        context.record(Projection::Query, self.heads, None, &counts, &thresholds, spiking, &keys_seen)?;
        let scale = 1.0 / (self.head_size as f32).sqrt();
        Ok(self.attend(query.nrows(), keys, first, |vector, keys, scores| {
            let counts = &counts.as_slice().unwrap_or_default()[vector * self.head_size..][..self.head_size];
            let sums = meet_keys(counts, keys, scores.len());
            for ((score, sum), key_scale) in scores.iter_mut().zip(sums).zip(keys.key_scales) {
                *score = sum as f32 * (thresholds[vector] * scale) * key_scale;
            }
        }))
    }

    /// Softmax of what `score` writes for each vector (token by token, head by head), applied to the values.
    fn attend<T: Number + Into<f32> + Sync>(
        &self,
        tokens: usize,
        keys: &Keys<T>,
        first: Option<usize>,
        score: impl Fn(usize, &KeyValueView<'_, T>, &mut [f32]) + Sync,
    ) -> Array2<f32> {
        let (size, heads) = (self.head_size, self.heads);
        let mut out = vec![0.0; tokens * heads * size];
        out.par_chunks_mut(size).enumerate().for_each_init(Vec::new, |scores, (vector, out)| {
            let visible = self.visible(first, vector / heads);
            let kv = vector % heads / (heads / self.kv_heads);
            let sinks = keys.sinks.view(kv, 0, keys.sinks.len());
            let text = keys.text.view(kv, visible.start, visible.end);
            scores.resize(keys.sinks.len() + visible.len(), 0.0);
            let (of_sinks, of_text) = scores.split_at_mut(keys.sinks.len());
            score(vector, &sinks, of_sinks);
            score(vector, &text, of_text);
            softmax(scores);
            let (of_sinks, of_text) = scores.split_at(keys.sinks.len());
            for (scores, keys) in [(of_sinks, sinks), (of_text, text)] {
                let weights = scores.iter().zip(keys.value_scales).map(|(p, scale)| p * scale);
                for (weight, value) in weights.zip(keys.values.chunks_exact(size)) {
                    for (o, v) in out.iter_mut().zip(value) {
                        *o += weight * (*v).into();
                    }
                }
            }
        });
        Array2::from_shape_vec((tokens, heads * size), out).unwrap_or_default()
    }
}

/// The integers q k of a coded query with every visible key, which the silent channels of the query do not meet.
fn meet_keys(counts: &[i32], keys: &KeyValueView<'_, i8>, visible: usize) -> Vec<i32> {
    let mut sums = vec![0i32; visible];
    for (channel, count) in counts.iter().enumerate().filter(|(_, count)| **count != 0) {
        add_multiple(&mut sums, keys.channel(channel), *count);
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
