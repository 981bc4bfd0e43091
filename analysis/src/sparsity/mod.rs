//! Sparsity of spike-coded inputs, in exact integers, by layer, projection, head, token position and run.
//!
//! A channel sample is one channel of one coded vector (a token; for queries a head of a token); s is its spike count.
//! Every statistic is an [`Accumulator`]: it sees one [`Activity`] and its counts at a time, live from a simulation or read
//! back by `RunReader::vectors`, and holds sums only.
//!
//! | statistic | what it tells | accumulator |
//! |---|---|---|
//! | sparsity | spikes a channel, silent share, cells without a spike | [`Sparsity`] |
//! | window | spikes in the last n steps, the rest padded with silence | [`Window`] |
//! | histogram | channel samples by spike count | [`Histogram`] |
//! | neurons | dead and always-active neurons; Treves-Rolls sparseness | [`Neurons`] |
//!
//! [`Grouped`] keeps one for each group of [`By`].

mod by;
mod histogram;
mod neurons;
mod pattern;
mod sums;
mod tables;
mod window;

pub use by::{By, ByError, Grouped, Key};
pub use histogram::{Bin, Histogram};
pub use neurons::{NeuronFigures, Neurons};
pub use pattern::{SpikePattern, UnknownPattern};
pub use sums::Sparsity;
pub use tables::{counts_table, histogram_table, neurons_table, sparsity_table};
pub use window::Window;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use synfire_datasets::spikes::{Activity, Projection};

/// What [`Sparsity::sparsity`] means; it belongs beside the number.
pub const SPARSITY_DEFINITION: &str = "share of (channel, virtual time step) cells without a spike; a token takes as many steps as its largest count needs";

/// A statistic that is fed coded vectors one by one and holds bounded memory.
pub trait Accumulator: Clone {
    /// Adds one coded vector: `counts` holds the spike count of each of its channels.
    fn observe(&mut self, activity: &Activity, counts: &[i32]);

    /// Adds what `other` saw.
    fn merge(&mut self, other: &Self);
}

/// Two statistics side by side.
impl<A: Accumulator, B: Accumulator> Accumulator for (A, B) {
    fn observe(&mut self, activity: &Activity, counts: &[i32]) {
        self.0.observe(activity, counts);
        self.1.observe(activity, counts);
    }

    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
        self.1.merge(&other.1);
    }
}

/// What one layer and projection did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectionSparsity {
    /// Layer, from 0.
    pub layer: u16,
    /// The coded input.
    pub projection: Projection,
    /// Channels of a token: for queries, of all heads together.
    pub neurons: u64,
    /// What its vectors did.
    #[serde(flatten)]
    pub sums: Sparsity,
}

/// Sparsity by layer and projection.
#[derive(Debug, Clone, Default)]
pub struct SparsityTable {
    rows: BTreeMap<(u16, Projection), ProjectionSparsity>,
}

impl FromIterator<ProjectionSparsity> for SparsityTable {
    fn from_iter<I: IntoIterator<Item = ProjectionSparsity>>(rows: I) -> Self {
        Self { rows: rows.into_iter().map(|row| ((row.layer, row.projection), row)).collect() }
    }
}

impl SparsityTable {
    /// Adds one coded vector with its counts.
    pub fn observe(&mut self, activity: &Activity, counts: &[i32]) {
        let (layer, projection) = (activity.layer, activity.projection);
        let row = self.rows.entry((layer, projection)).or_insert_with(|| ProjectionSparsity {
            layer,
            projection,
            neurons: 0,
            sums: Sparsity::default(),
        });
        row.neurons = row.neurons.max((u64::from(activity.head) + 1) * u64::from(activity.neurons));
        row.sums.observe(activity, counts);
    }

    /// The rows, by layer, then in the order in which a layer computes.
    pub fn rows(&self) -> impl Iterator<Item = &ProjectionSparsity> {
        self.rows.values()
    }

    /// All coded inputs together; an input that several projections share counts once.
    #[must_use]
    pub fn pooled(&self) -> Sparsity {
        let mut all = Sparsity::default();
        self.rows.values().for_each(|row| all.merge(&row.sums));
        all
    }
}

/// A statistic that may not be wanted.
impl<A: Accumulator> Accumulator for Option<A> {
    fn observe(&mut self, activity: &Activity, counts: &[i32]) {
        if let Some(wanted) = self {
            wanted.observe(activity, counts);
        }
    }

    fn merge(&mut self, other: &Self) {
        if let (Some(mine), Some(other)) = (self, other) {
            mine.merge(other);
        }
    }
}

#[cfg(test)]
mod tests;
