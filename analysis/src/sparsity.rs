//! Sparsity of spike-coded inputs, in exact integers, layer by layer and projection by projection.
//!
//! A channel sample is one channel of one coded vector (a token; for queries a head of a token); s is its spike count.

use serde::Serialize;
use std::collections::BTreeMap;
use synfire_datasets::spikes::{Activity, Projection};

/// What [`ProjectionSparsity::sparsity`] means; it belongs beside the number.
pub const SPARSITY_DEFINITION: &str = "share of (channel, virtual time step) cells without a spike; a token takes as many steps as its largest count needs";

/// What one layer and projection did, or all of them together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectionSparsity {
    /// Layer, from 0; 0 where all are pooled.
    pub layer: u16,
    /// The coded input; of the first row where all are pooled.
    pub projection: Projection,
    /// Coded vectors.
    pub vectors: u64,
    /// Channels of a token: for queries, of all heads together.
    pub neurons: u64,
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

impl ProjectionSparsity {
    fn new(layer: u16, projection: Projection) -> Self {
        Self {
            layer,
            projection,
            vectors: 0,
            neurons: 0,
            channels: 0,
            spikes: 0,
            silent: 0,
            cells: 0,
            synaptic_operations: 0,
            at_most_7: 0,
            above_16: 0,
            largest_count: 0,
        }
    }

    fn observe(&mut self, activity: &Activity, counts: &[i32]) {
        self.vectors += 1;
        self.neurons = self.neurons.max((u64::from(activity.head) + 1) * u64::from(activity.neurons));
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

    fn add(&mut self, other: &Self) {
        self.vectors += other.vectors;
        self.neurons += other.neurons;
        self.channels += other.channels;
        self.spikes += other.spikes;
        self.silent += other.silent;
        self.cells += other.cells;
        self.synaptic_operations += other.synaptic_operations;
        self.at_most_7 += other.at_most_7;
        self.above_16 += other.above_16;
        self.largest_count = self.largest_count.max(other.largest_count);
    }

    /// Spikes of a channel sample in the mean. NaN before the first vector, as all ratios here.
    #[must_use]
    pub fn mean_spikes_per_channel(&self) -> f64 {
        self.spikes as f64 / self.channels as f64
    }

    /// Share of channel samples that are silent (s = 0).
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

    /// See [`SPARSITY_DEFINITION`].
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        1.0 - self.spikes as f64 / self.cells as f64
    }

    /// The SpikingBrain report's sparsity over a window of `steps` virtual time steps: `1 - spikes / (steps channels)`.
    /// Spikes of counts that need more than `steps` bits are counted all the same.
    #[must_use]
    pub fn window_sparsity(&self, steps: u32) -> f64 {
        1.0 - self.mean_spikes_per_channel() / f64::from(steps)
    }
}

/// Sparsity by layer and projection.
#[derive(Debug, Clone, Default)]
pub struct SparsityTable {
    rows: BTreeMap<(u16, Projection), ProjectionSparsity>,
}

impl SparsityTable {
    /// Adds one coded vector with its counts.
    pub fn observe(&mut self, activity: &Activity, counts: &[i32]) {
        let (layer, projection) = (activity.layer, activity.projection);
        let row = self
            .rows
            .entry((layer, projection))
            .or_insert_with(|| ProjectionSparsity::new(layer, projection));
        row.observe(activity, counts);
    }

    /// The rows, by layer, then in the order in which a layer computes.
    pub fn rows(&self) -> impl Iterator<Item = &ProjectionSparsity> {
        self.rows.values()
    }

    /// All coded inputs together; an input that several projections share counts once.
    #[must_use]
    pub fn pooled(&self) -> ProjectionSparsity {
        let mut all = ProjectionSparsity::new(0, Projection::AttnIn);
        self.rows.values().for_each(|row| all.add(row));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn activity(layer: u16, head: u16, counts: &[i32], steps: u32) -> Activity {
        let spikes = counts.iter().map(|s| u64::from(s.unsigned_abs().count_ones())).sum();
        Activity {
            token: 0,
            layer,
            projection: Projection::Query,
            head,
            threshold: 1.0,
            steps,
            zero_point: 0,
            neurons: counts.len() as u32,
            spikes,
            silent: counts.iter().filter(|s| **s == 0).count() as u32,
            synaptic_operations: spikes * 3,
        }
    }

    #[test]
    fn the_reports_mean_gives_other_sparsities_than_the_report_prints() {
        let counts: Vec<i32> = (0..100).map(|i| if i < 13 { 3 } else { 1 }).collect();
        let mut table = SparsityTable::default();
        table.observe(&activity(0, 0, &counts, 3), &counts);
        let all = table.pooled();
        assert!((all.mean_spikes_per_channel() - 1.13).abs() < 1e-12);
        assert!((all.window_sparsity(3) - 0.6233).abs() < 1e-4);
        assert!((all.window_sparsity(4) - 0.7175).abs() < 1e-4);
    }

    #[test]
    fn heads_of_a_query_are_the_neurons_of_one_token() {
        let mut table = SparsityTable::default();
        for head in 0..3 {
            table.observe(&activity(1, head, &[1, 0], 1), &[1, 0]);
        }
        let neurons: Vec<u64> = table.rows().map(|r| r.neurons).collect();
        assert_eq!((neurons, table.pooled().channels), (vec![6], 6));
    }

    proptest! {
        #[test]
        fn shares_are_those_of_the_pooled_counts(
            vectors in prop::collection::vec((0u16..3, prop::collection::vec(-40i32..40, 1..20)), 1..20),
        ) {
            let mut table = SparsityTable::default();
            for (layer, counts) in &vectors {
                table.observe(&activity(*layer, 0, counts, 6), counts);
            }
            let counts: Vec<i32> = vectors.iter().flat_map(|v| v.1.clone()).collect();
            let share = |f: fn(u32) -> bool| counts.iter().filter(|s| f(s.unsigned_abs())).count() as f64 / counts.len() as f64;
            let all = table.pooled();
            prop_assert_eq!(all.silent_share(), share(|s| s == 0));
            prop_assert_eq!(all.share_at_most_7(), share(|s| s <= 7));
            prop_assert_eq!(all.share_above_16(), share(|s| s > 16));
            prop_assert_eq!(all.cells, 6 * counts.len() as u64);
            prop_assert_eq!(Some(all.largest_count), counts.iter().map(|s| s.unsigned_abs()).max());
        }
    }
}
