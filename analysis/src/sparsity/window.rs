//! Sparsity over a window of n virtual time steps, padded with silence.
//!
//! Vectors take as many steps as their largest count needs; hardware that sets aside a fixed window of n steps sees the last
//! n of them. Every channel sample then has n cells: the n least significant steps of its vector, and where the vector took
//! fewer than n, steps without a spike in front. With w the spikes in these cells,
//!
//! ```text
//! sparsity = 1 - w / (n channels)
//! ```
//!
//! counted from the bits themselves. Spikes before the window (of counts above 2^n - 1 in bitwise codings) are lost to it
//! and told apart as `spikes - inside`. The SpikingBrain report prints "sparsity over a 3-step window" with "inactive bits
//! filled with 0" (69.15 % beside 1.13 spikes a channel) without a formula; the closed form `1 - mean / n`
//! ([`Sparsity::window_sparsity`](super::Sparsity::window_sparsity)) of its own mean is 62.3 %, so the two differ.

use super::{Accumulator, SpikePattern};
use serde::Serialize;
use synfire_datasets::spikes::Activity;

/// Spikes in the last steps of coded vectors, in exact integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Window {
    /// Steps n of the window.
    pub steps: u32,
    #[serde(skip)]
    pattern: SpikePattern,
    /// Channel samples.
    pub channels: u64,
    /// Spikes within the window.
    pub inside: u64,
    /// Spikes of all steps.
    pub spikes: u64,
}

impl Window {
    /// A window of `steps` steps on vectors coded as `pattern`.
    #[must_use]
    pub fn new(steps: u32, pattern: SpikePattern) -> Self {
        Self { steps, pattern, channels: 0, inside: 0, spikes: 0 }
    }

    /// `1 - inside / (steps channels)`. NaN before the first vector.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        1.0 - self.inside as f64 / (self.channels as f64 * f64::from(self.steps))
    }

    /// Share of spikes that lie before the window. NaN without spikes.
    #[must_use]
    pub fn share_outside(&self) -> f64 {
        (self.spikes - self.inside.min(self.spikes)) as f64 / self.spikes as f64
    }
}

impl Accumulator for Window {
    fn observe(&mut self, activity: &Activity, counts: &[i32]) {
        self.channels += counts.len() as u64;
        self.spikes += activity.spikes;
        let inside = |s: &i32| u64::from(self.pattern.spikes_in_last(self.steps, activity, *s));
        self.inside += counts.iter().map(inside).sum::<u64>();
    }

    fn merge(&mut self, other: &Self) {
        self.channels += other.channels;
        self.inside += other.inside;
        self.spikes += other.spikes;
    }
}
