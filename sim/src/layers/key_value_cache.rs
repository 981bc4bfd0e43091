//! Keys and values of the tokens that a query can still see.
//!
//! Keys lie channel by channel, `[kv heads, K, capacity]`, so that one spike of a query channel meets all keys in one
//! stream; values lie token by token, `[kv heads, capacity, K]`. A layer with a window keeps what the window needs and
//! moves it to the front when the room is used up; a layer with full attention grows.

use crate::error::SimError;
use crate::state::{LayerState, Number};

/// Cache of numbers `T`: f32, or i8 with one scale a token and key-value head.
#[derive(Debug, Clone)]
pub(crate) struct KeyValueCache<T> {
    kv_heads: usize,
    head_size: usize,
    capacity: usize,
    filled: usize,
    keys: Vec<T>,
    values: Vec<T>,
    /// `[kv heads, capacity]`.
    key_scales: Vec<f32>,
    value_scales: Vec<f32>,
}

/// A token's key or value of one head, with its scale (1 for f32).
#[derive(Debug, Clone)]
pub(crate) struct Entry<T> {
    pub(crate) numbers: Vec<T>,
    pub(crate) scale: f32,
}

impl<T: Number> KeyValueCache<T> {
    pub(crate) fn new(kv_heads: usize, head_size: usize) -> Self {
        Self {
            kv_heads,
            head_size,
            capacity: 0,
            filled: 0,
            keys: Vec::new(),
            values: Vec::new(),
            key_scales: Vec::new(),
            value_scales: Vec::new(),
        }
    }

    /// Tokens held.
    pub(crate) fn len(&self) -> usize {
        self.filled
    }

    /// Makes room for `tokens` more, keeping at least the last `keep` of those held.
    pub(crate) fn make_room(&mut self, tokens: usize, keep: usize) {
        if self.filled + tokens <= self.capacity {
            return;
        }
        let keep = keep.min(self.filled);
        let drop = self.filled - keep;
        let capacity = if keep + tokens <= self.capacity / 2 { self.capacity } else { 2 * (keep + tokens) };
        let size = self.head_size;
        self.keys = moved(&self.keys, self.capacity, capacity, drop, keep, 1, self.kv_heads * size);
        self.values = moved(&self.values, self.capacity, capacity, drop, keep, size, self.kv_heads);
        self.key_scales = moved(&self.key_scales, self.capacity, capacity, drop, keep, 1, self.kv_heads);
        self.value_scales = moved(&self.value_scales, self.capacity, capacity, drop, keep, 1, self.kv_heads);
        self.capacity = capacity;
        self.filled = keep;
    }

    /// Adds one token: an entry for each key-value head. Room must have been made.
    pub(crate) fn push(&mut self, entries: impl Iterator<Item = (Entry<T>, Entry<T>)>) {
        let (slot, size) = (self.filled, self.head_size);
        for (kv, (key, value)) in entries.enumerate() {
            for (channel, k) in key.numbers.iter().enumerate() {
                self.keys[(kv * size + channel) * self.capacity + slot] = *k;
            }
            self.values[(kv * self.capacity + slot) * size..][..size].copy_from_slice(&value.numbers);
            self.key_scales[kv * self.capacity + slot] = key.scale;
            self.value_scales[kv * self.capacity + slot] = value.scale;
        }
        self.filled += 1;
    }

    /// The last `keep` tokens held, by the names of [`crate::state`] with `prefix`.
    pub(crate) fn save(&self, prefix: &str, keep: usize, into: &mut LayerState) {
        let tokens = keep.min(self.filled);
        let (heads, size, drop) = (self.kv_heads, self.head_size, self.filled - tokens);
        let compact = |scales: &[f32]| moved(scales, self.capacity, tokens, drop, tokens, 1, heads);
        let keys = moved(&self.keys, self.capacity, tokens, drop, tokens, 1, heads * size);
        let values = moved(&self.values, self.capacity, tokens, drop, tokens, size, heads);
        into.put(&format!("{prefix}.keys"), &[heads, size, tokens], keys);
        into.put(&format!("{prefix}.values"), &[heads, tokens, size], values);
        into.put(&format!("{prefix}.key_scales"), &[heads, tokens], compact(&self.key_scales));
        into.put(&format!("{prefix}.value_scales"), &[heads, tokens], compact(&self.value_scales));
    }

    /// What [`save`](Self::save) gave, taken up again.
    pub(crate) fn restore(
        prefix: &str,
        kv_heads: usize,
        head_size: usize,
        saved: &LayerState,
    ) -> Result<Self, SimError> {
        let tokens = saved.shape(&format!("{prefix}.keys"))?.last().copied().unwrap_or(0);
        Ok(Self {
            kv_heads,
            head_size,
            capacity: tokens,
            filled: tokens,
            keys: saved.get(&format!("{prefix}.keys"), &[kv_heads, head_size, tokens])?.to_vec(),
            values: saved.get(&format!("{prefix}.values"), &[kv_heads, tokens, head_size])?.to_vec(),
            key_scales: saved.get(&format!("{prefix}.key_scales"), &[kv_heads, tokens])?.to_vec(),
            value_scales: saved.get(&format!("{prefix}.value_scales"), &[kv_heads, tokens])?.to_vec(),
        })
    }

    /// What a query of key-value head `kv` sees in the slots `from..to`.
    pub(crate) fn view(&self, kv: usize, from: usize, to: usize) -> KeyValueView<'_, T> {
        let (size, capacity) = (self.head_size, self.capacity);
        KeyValueView {
            keys: &self.keys[kv * size * capacity..][..size * capacity],
            values: &self.values[(kv * capacity + from) * size..(kv * capacity + to) * size],
            key_scales: &self.key_scales[kv * capacity + from..kv * capacity + to],
            value_scales: &self.value_scales[kv * capacity + from..kv * capacity + to],
            capacity,
            from,
            to,
        }
    }
}

/// Keys and values of one head over a range of tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyValueView<'a, T> {
    keys: &'a [T],
    /// `[tokens, K]`.
    pub(crate) values: &'a [T],
    /// `[tokens]`.
    pub(crate) key_scales: &'a [f32],
    /// `[tokens]`.
    pub(crate) value_scales: &'a [f32],
    capacity: usize,
    from: usize,
    to: usize,
}

impl<'a, T> KeyValueView<'a, T> {
    /// One channel of every key.
    pub(crate) fn channel(&self, channel: usize) -> &'a [T] {
        &self.keys[channel * self.capacity..][self.from..self.to]
    }
}

/// `rows` rows of `[capacity, width]`, slots `drop..drop + keep` moved to the front of a new capacity.
fn moved<T: Copy + Default>(
    old: &[T],
    old_capacity: usize,
    capacity: usize,
    drop: usize,
    keep: usize,
    width: usize,
    rows: usize,
) -> Vec<T> {
    let mut new = vec![T::default(); rows * capacity * width];
    if keep > 0 {
        let rows = old.chunks_exact(old_capacity * width).zip(new.chunks_exact_mut(capacity * width));
        for (old, new) in rows {
            new[..keep * width].copy_from_slice(&old[drop * width..][..keep * width]);
        }
    }
    new
}
