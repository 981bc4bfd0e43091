//! Digital periphery: what is not a coded projection and is computed alike for spikes and opponents; and off-chip weights.
//!
//! Per token, with hidden size H, intermediate size I, vocabulary V, head size K, and t keys in sight:
//!
//! | part | operations |
//! |---|---|
//! | norms | 2 a layer and a last one: H squares, H additions, 2 H products, a division and a root, FP32; 2 H residual additions |
//! | gated linear attention | state S of each key-value head, 32 bits, read and written; 2 products and an addition an element, and a multiply-add a query head; the gate: 3 exponentials, a product, an addition a channel; a norm a head |
//! | linear attention with a gate tied to the key | the state alike; for q and k an exponential, an addition, a division a channel, for g an addition |
//! | softmax attention | rotary embedding; 3 additions, an exponential, a product a key and head; values times probabilities in FP16; values read for every query head, keys and values written |
//! | feed-forward | an exponential, an addition, a division, 2 products a channel; I H FP16 multiply-adds where the down projection is not coded |
//! | merge of parallel branches | a norm a branch and head where they are normalised; 2 products and an addition a channel of the heads |
//! | mixture of experts | of E experts: E H FP16 multiply-adds of the router with their weights, an exponential, an addition and a division an expert; the feed-forward part for the shared expert and each that the token is sent to; a product and an addition a channel of H to add each |
//! | head | V H FP16 multiply-adds with their weights, V outputs; a row of the embedding |
//!
//! Sink tokens are read once a text and not counted; the keys that they leave are among those in sight.
//!
//! Cached keys that meet the query are in the query's weight fetch. Norms and SwiGLU work on activations in flight, so their
//! traffic is that of the projections beside them. Weights stay on chip if the whole model fits the profile's `on_chip_kib` (or
//! the profile gives none); else every fetched weight also comes from off chip, token by token, without reuse.

use super::counting::{EnergyCounts, VectorCounts};
use super::profile::{HardwareProfile, Quantity};
use super::work::{Component, Operation, Work};
use synfire_datasets::checkpoint::Attention;
use synfire_datasets::record::Architecture;
use synfire_datasets::spikes::Projection;

/// Bits of an activation between projections.
pub(super) const ACTIVATION_BITS: u128 = 16;
/// Bits of the linear-attention state.
const STATE_BITS: u128 = 32;
/// Bits of the weights that are not coded.
const PLAIN_BITS: u128 = 16;

/// How wide the numbers of a variant are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Widths {
    /// Bits of the projections' weights.
    pub(super) projection_bits: u64,
    /// Bits of cached keys and values.
    pub(super) cache_bits: u128,
    /// Whether keys and values are quantised on the way into the cache.
    pub(super) quantised_cache: bool,
}

struct Periphery<'a> {
    work: &'a mut Work,
    shape: &'a Architecture,
    tokens: u128,
    layer: Option<u16>,
}

/// Adds the periphery and the off-chip traffic of projections that fetch `fetched` bits.
pub(super) fn add(
    work: &mut Work,
    counts: &EnergyCounts,
    profile: &HardwareProfile,
    widths: Widths,
    fetched: impl Fn(&VectorCounts) -> u128,
) {
    let shape = counts.architecture();
    let mut part = Periphery { work, shape, tokens: counts.tokens().into(), layer: None };
    for layer in counts.layers() {
        part.layer = Some(layer);
        part.norms(2);
        match shape.attention(layer) {
            Some(Attention::Gla) => part.linear_attention(false),
            attention => {
                let keys = counts.row(layer, Projection::Query).map_or(0, |row| row.outputs);
                part.softmax_attention(keys.into(), widths);
                if attention.is_some_and(Attention::is_parallel) {
                    part.linear_attention(true);
                    part.merge();
                }
            }
        }
        part.feed_forward();
    }
    part.layer = None;
    part.norms(1);
    part.head();
    let bytes = weight_bytes(shape, counts.layers(), widths.projection_bits);
    if profile.on_chip_kib.is_some_and(|kib| bytes > u128::from(kib) * 1024) {
        part.off_chip_plain(counts.layers());
        for ((layer, projection), row) in counts.rows().filter(|((_, p), _)| *p != Projection::Query) {
            let bits = fetched(row);
            part.work.add(Some(layer), Some(projection), Component::OffChip, Operation::OffChip, bits);
        }
    }
}

/// Bytes of all weights: projections of `projection_bits` bits, the rest in 16.
fn weight_bytes(shape: &Architecture, layers: impl Iterator<Item = u16>, projection_bits: u64) -> u128 {
    let hidden = u128::from(shape.hidden_size);
    let (mut coded, mut plain) = (0, 2 * u128::from(shape.vocab_size) * hidden);
    for layer in layers {
        let outputs = |projection| u128::from(shape.outputs(layer, projection, 0));
        let routed = shape.mixture(layer).map_or(0, |mixture| u128::from(mixture.experts));
        let down = (1 + routed) * u128::from(shape.intermediate_size) * hidden;
        plain += routed * hidden;
        coded += hidden * outputs(Projection::AttnIn) + 2 * down;
        coded += u128::from(shape.heads * shape.head_size) * hidden;
        *(if shape.down_projection_coded { &mut coded } else { &mut plain }) += down;
    }
    (coded * u128::from(projection_bits) + plain * PLAIN_BITS) / 8
}

impl Periphery<'_> {
    /// `count` operations a token.
    fn add(&mut self, component: Component, operation: Operation, count: u128) {
        self.work.add(self.layer, None, component, operation, count * self.tokens);
    }

    fn simple(&mut self, component: Component, quantity: Quantity, count: u128) {
        self.add(component, Operation::Simple(quantity), count);
    }

    fn multiply_adds(&mut self, component: Component, count: u128) {
        self.simple(component, Quantity::Fp16Multiply, count);
        self.simple(component, Quantity::Fp16Add, count);
    }

    fn norm(&mut self, component: Component, vectors: u128, width: u128) {
        self.simple(component, Quantity::Fp32Multiply, 3 * width * vectors);
        self.simple(component, Quantity::Fp32Add, width * vectors);
        self.simple(component, Quantity::Divide, vectors);
        self.simple(component, Quantity::SquareRoot, vectors);
    }

    fn norms(&mut self, vectors: u128) {
        let hidden = u128::from(self.shape.hidden_size);
        self.norm(Component::Norms, vectors, hidden);
        if self.layer.is_some() {
            self.simple(Component::Norms, Quantity::Fp16Add, 2 * hidden);
        }
    }

    /// With a gate of its own, or one `tied` to the key.
    fn linear_attention(&mut self, tied: bool) {
        let [heads, kv, k] = [self.shape.heads, self.shape.kv_heads, self.shape.head_size].map(u128::from);
        let array_bytes = (k * k * STATE_BITS / 8).min(u64::MAX.into()) as u64;
        let part = Component::State;
        self.add(part, Operation::Read { array_bytes }, kv * k * k * STATE_BITS);
        self.add(part, Operation::Write { array_bytes }, kv * k * k * STATE_BITS);
        self.simple(part, Quantity::Fp32Multiply, (2 * kv + heads) * k * k);
        self.simple(part, Quantity::Fp32Add, (kv + heads) * k * k);
        if tied {
            let mapped = (heads + kv) * k;
            self.simple(part, Quantity::Exponential, mapped);
            self.simple(part, Quantity::Divide, mapped);
            self.simple(part, Quantity::Fp32Add, mapped + kv * k);
        } else {
            self.simple(part, Quantity::Exponential, 3 * kv * k);
            self.simple(part, Quantity::Fp32Multiply, kv * k);
            self.simple(part, Quantity::Fp32Add, kv * k);
            self.norm(part, heads, k);
        }
    }

    /// Two branches of attention into one.
    fn merge(&mut self) {
        let [heads, k] = [self.shape.heads, self.shape.head_size].map(u128::from);
        if self.shape.branches_normalised {
            self.norm(Component::Norms, 2 * heads, k);
        }
        self.simple(Component::Attention, Quantity::Fp32Multiply, 2 * heads * k);
        self.simple(Component::Attention, Quantity::Fp32Add, heads * k);
    }

    /// `keys` are the keys in sight summed over tokens and heads.
    fn softmax_attention(&mut self, keys: u128, widths: Widths) {
        let [heads, kv, k] = [self.shape.heads, self.shape.kv_heads, self.shape.head_size].map(u128::from);
        let rotated = (heads + kv) * k;
        self.simple(Component::Attention, Quantity::Fp16Multiply, 2 * rotated);
        self.simple(Component::Attention, Quantity::Fp16Add, rotated);
        let layer = self.layer;
        let longest = keys.div_ceil((heads * self.tokens).max(1));
        let array_bytes = (longest * k * widths.cache_bits / 8).min(u64::MAX.into()) as u64;
        let work = &mut *self.work;
        let mut each = |component, operation, count| work.add(layer, None, component, operation, count);
        let simple = Operation::Simple;
        each(Component::Attention, simple(Quantity::Fp32Add), 3 * keys);
        each(Component::Attention, simple(Quantity::Exponential), keys);
        each(Component::Attention, simple(Quantity::Fp32Multiply), keys);
        each(Component::Attention, simple(Quantity::Fp16Multiply), keys * k);
        each(Component::Attention, simple(Quantity::Fp16Add), keys * k);
        each(Component::Cache, Operation::Read { array_bytes }, keys * k * widths.cache_bits);
        self.simple(Component::Attention, Quantity::Divide, heads);
        self.add(Component::Cache, Operation::Write { array_bytes }, 2 * kv * k * widths.cache_bits);
        if widths.quantised_cache {
            self.simple(Component::Cache, Quantity::Fp16Add, 2 * kv * k);
            self.simple(Component::Cache, Quantity::Fp16Multiply, 2 * kv * k);
            self.simple(Component::Cache, Quantity::Round, 2 * kv * k);
            self.simple(Component::Cache, Quantity::Divide, 2 * kv);
        }
    }

    fn feed_forward(&mut self) {
        let [hidden, inner] = [self.shape.hidden_size, self.shape.intermediate_size].map(u128::from);
        let part = Component::FeedForward;
        let mixture = self.layer.and_then(|layer| self.shape.mixture(layer));
        let [experts, sent_to] =
            mixture.map_or([0, 0], |mixture| [mixture.experts, mixture.per_token]).map(u128::from);
        let inner = inner * (1 + sent_to);
        if experts > 0 {
            self.multiply_adds(part, experts * hidden);
            self.plain_weights(part, experts * hidden);
            self.simple(part, Quantity::Exponential, experts);
            self.simple(part, Quantity::Fp16Add, experts);
            self.simple(part, Quantity::Divide, experts);
            self.multiply_adds(part, sent_to * hidden);
        }
        self.simple(part, Quantity::Exponential, inner);
        self.simple(part, Quantity::Fp16Add, inner);
        self.simple(part, Quantity::Divide, inner);
        self.simple(part, Quantity::Fp16Multiply, 2 * inner);
        if !self.shape.down_projection_coded {
            self.multiply_adds(part, inner * hidden);
            self.plain_weights(part, inner * hidden);
        }
    }

    fn head(&mut self) {
        let [vocabulary, hidden] = [self.shape.vocab_size, self.shape.hidden_size].map(u128::from);
        self.multiply_adds(Component::Head, vocabulary * hidden);
        self.plain_weights(Component::Head, vocabulary * hidden);
        let array_bytes = (vocabulary * hidden * PLAIN_BITS / 8) as u64;
        self.add(Component::Head, Operation::Read { array_bytes }, hidden * PLAIN_BITS);
        let array_bytes = (vocabulary * ACTIVATION_BITS / 8) as u64;
        self.add(Component::Head, Operation::Write { array_bytes }, vocabulary * ACTIVATION_BITS);
    }

    fn plain_weights(&mut self, component: Component, weights: u128) {
        let array_bytes = (weights * PLAIN_BITS / 8).min(u64::MAX.into()) as u64;
        self.add(component, Operation::Read { array_bytes }, weights * PLAIN_BITS);
    }

    /// Weights that are not coded, from off chip.
    fn off_chip_plain(&mut self, layers: impl Iterator<Item = u16>) {
        let [vocabulary, hidden, inner] =
            [self.shape.vocab_size, self.shape.hidden_size, self.shape.intermediate_size].map(u128::from);
        let mut weights = vocabulary * hidden + hidden;
        for mixture in layers.map(|layer| self.shape.mixture(layer)) {
            let [experts, sent_to] =
                mixture.map_or([0, 0], |mixture| [mixture.experts, mixture.per_token]).map(u128::from);
            weights += experts * hidden;
            weights += if self.shape.down_projection_coded { 0 } else { (1 + sent_to) * inner * hidden };
        }
        self.add(Component::OffChip, Operation::OffChip, weights * PLAIN_BITS);
    }
}
