//! Sums over coded vectors, in exact integers, and the ratios taken of them.

use super::{Accumulator, SPARSITY_DEFINITION};
use crate::table::{Column, Values};
use serde::{Deserialize, Serialize};
use synfire_datasets::spikes::Activity;

/// What some coded vectors did, summed. Ratios are NaN before the first vector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sparsity {
    /// Coded vectors.
    pub vectors: u64,
    /// Channel samples.
    pub channels: u64,
    /// Spikes (events).
    pub spikes: u64,
    /// Channel samples with s = 0.
    pub silent: u64,
    /// Cells (channel sample, virtual time step).
    pub cells: u64,
    /// Spikes times the synapses that each reached.
    pub synaptic_operations: u64,
    /// Channel samples with |s| <= 7.
    pub at_most_7: u64,
    /// Channel samples with |s| > 16.
    pub above_16: u64,
    /// Largest |s|.
    pub largest_count: u32,
}

impl Accumulator for Sparsity {
    fn observe(&mut self, activity: &Activity, counts: &[i32]) {
        self.vectors += 1;
        self.channels += u64::from(activity.neurons);
        self.spikes += activity.spikes;
        self.silent += u64::from(activity.silent);
        self.cells += u64::from(activity.neurons) * u64::from(activity.steps);
        self.synaptic_operations += activity.synaptic_operations;
        for magnitude in counts.iter().map(|s| s.unsigned_abs()) {
            self.at_most_7 += u64::from(magnitude <= 7);
            self.above_16 += u64::from(magnitude > 16);
            self.largest_count = self.largest_count.max(magnitude);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.vectors += other.vectors;
        self.channels += other.channels;
        self.spikes += other.spikes;
        self.silent += other.silent;
        self.cells += other.cells;
        self.synaptic_operations += other.synaptic_operations;
        self.at_most_7 += other.at_most_7;
        self.above_16 += other.above_16;
        self.largest_count = self.largest_count.max(other.largest_count);
    }
}

impl Sparsity {
    /// Spikes of a channel sample in the mean.
    #[must_use]
    pub fn mean_spikes_per_channel(&self) -> f64 {
        self.spikes as f64 / self.channels as f64
    }

    /// Share of channel samples that are silent (s = 0): `NeuroBench`'s activation sparsity, `1 - nonzero / outputs`, of
    /// the integer counts that a projection reads.
    #[must_use]
    pub fn silent_share(&self) -> f64 {
        self.silent as f64 / self.channels as f64
    }

    /// Share of channel samples with |s| <= 7, which three magnitude bits hold.
    #[must_use]
    pub fn share_at_most_7(&self) -> f64 {
        self.at_most_7 as f64 / self.channels as f64
    }

    /// Share of channel samples with |s| > 16.
    #[must_use]
    pub fn share_above_16(&self) -> f64 {
        self.above_16 as f64 / self.channels as f64
    }

    /// See [`SPARSITY_DEFINITION`]: `NeuroBench`'s activation sparsity of the spikes, every virtual time step an output.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        1.0 - self.spikes as f64 / self.cells as f64
    }

    /// The closed form of a sparsity over a window of `steps` virtual time steps: `1 - spikes / (steps channels)`.
    ///
    /// Spikes of counts that need more than `steps` bits are counted all the same, so that it can fall below 0;
    /// [`Window`](super::Window) counts what lies within.
    #[must_use]
    pub fn window_sparsity(&self, steps: u32) -> f64 {
        1.0 - self.mean_spikes_per_channel() / f64::from(steps)
    }
}

/// The columns of a sparsity table that need no counts, only activity.
pub(crate) fn columns(groups: &[Sparsity]) -> Vec<Column> {
    let integer = |of: fn(&Sparsity) -> u64| Values::Integer(groups.iter().map(|s| of(s) as i64).collect());
    let real = |of: fn(&Sparsity) -> f64| Values::Real(groups.iter().map(of).collect());
    let column = |name, heading, unit, definition, values| Column { name, heading, unit, definition, values };
    vec![
        column(
            "vectors",
            "vectors",
            "",
            "coded vectors: a token of an input, for queries a head of a token",
            integer(|s| s.vectors),
        ),
        column(
            "channels",
            "channels",
            "",
            "channel samples: one channel of one coded vector",
            integer(|s| s.channels),
        ),
        column("spikes", "spikes", "", "spikes (events) over all virtual time steps", integer(|s| s.spikes)),
        column(
            "spikes_per_channel",
            "spikes/ch.",
            "",
            "spikes over channel samples",
            real(Sparsity::mean_spikes_per_channel),
        ),
        column(
            "silent_share",
            "silent",
            "%",
            "channel samples whose count is 0, of all; NeuroBench's activation sparsity of the counts, 1 - nonzero/outputs",
            real(Sparsity::silent_share),
        ),
        column("sparsity", "sparsity", "%", SPARSITY_DEFINITION, real(Sparsity::sparsity)),
        column(
            "steps_per_vector",
            "steps",
            "",
            "virtual time steps of a channel sample in the mean: cells over channel samples",
            real(|s| s.cells as f64 / s.channels as f64),
        ),
        column(
            "window3_sparsity",
            "1-mean/3",
            "%",
            "closed form over a window of 3 steps: 1 - spikes/(3 channels); spikes beyond the window count too",
            real(|s| s.window_sparsity(3)),
        ),
        column(
            "synaptic_operations",
            "syn. ops",
            "",
            "spikes times the synapses that each reaches (for a query: the keys in sight)",
            integer(|s| s.synaptic_operations),
        ),
    ]
}
