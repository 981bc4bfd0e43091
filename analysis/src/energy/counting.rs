//! Counts of a run in exact integers, by layer and projection, from a record or live.
//!
//! A coded vector has N channels with spike counts s, and each spike reaches M outputs (for a query the M keys in sight).
//! Memory does not grow with the run, and counts of parts of a run merge.

use super::blocks::{BLOCK_SIZES, Fetch, Layout, Occupancy, Refetch};
use super::coding::SpikeCoding;
use serde::Serialize;
use std::collections::BTreeMap;
use synfire_datasets::record::{Architecture, Manifest};
use synfire_datasets::spikes::{Activity, Projection};

/// Layouts times ways of reuse times block sizes.
const FETCHES: usize = 4 * BLOCK_SIZES;
/// No size of a model may be larger.
const LARGEST_SIZE: u64 = 1 << 24;
/// Largest magnitude that one INT8 word of an activation holds.
const INT8_MAX: u32 = 127;

/// Why a run cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountError {
    /// The manifest does not tell the shape of the model.
    #[error(
        "the manifest has no 'architecture': the run was recorded by an older version; record it again with 'synfire run'"
    )]
    NoArchitecture,
    /// The manifest does not tell the coding.
    #[error(
        "the manifest's options.coding is {0}; one of binary, ternary, bitwise, bitwise-signed, twos-complement is needed"
    )]
    Coding(String),
    /// A size of the model cannot be.
    #[error(
        "architecture: {field} is {size}, not between 1 and {LARGEST_SIZE}; the manifest is damaged, record the run again"
    )]
    Shape {
        /// The size.
        field: &'static str,
        /// Its value.
        size: u64,
    },
    /// A vector does not fit the shape of the model.
    #[error(
        "layer {layer}, {projection}, token {token}: {found} synaptic operations of {spikes} spikes, but the architecture gives each {outputs} outputs; the manifest and the record do not belong together"
    )]
    Outputs {
        /// Layer of the vector.
        layer: u16,
        /// Its projection.
        projection: Projection,
        /// Its token.
        token: u32,
        /// Its spikes.
        spikes: u64,
        /// Its synaptic operations.
        found: u64,
        /// Outputs by the architecture.
        outputs: u64,
    },
    /// Counts of different models or codings do not add up.
    #[error("counts of different models or codings cannot be merged")]
    Different,
}

/// What the coded vectors of one layer and projection did; sums over vectors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VectorCounts {
    /// Coded vectors.
    pub vectors: u64,
    /// Channels N of a vector (the largest seen).
    pub inputs: u64,
    /// Outputs M of a spike (the largest seen).
    pub largest_outputs: u64,
    /// Channels, summed.
    pub channels: u64,
    /// Outputs, summed.
    pub outputs: u64,
    /// Outputs times weight groups: partial sums that are rescaled.
    pub partial_sums: u64,
    /// Partial sums that a zero point corrects.
    pub zero_point_sums: u64,
    /// Channels without a spike.
    pub silent: u64,
    /// Spikes.
    pub spikes: u64,
    /// Channels times virtual time steps.
    pub neuron_steps: u128,
    /// The same of channels that are not silent.
    pub active_neuron_steps: u128,
    /// Multiply-adds N M of the dense product.
    pub macs: u128,
    /// Multiply-adds of channels that are not silent, an INT8 word of the count at a time.
    pub active_macs: u128,
    /// N M times the bits of the vector's largest |s| and sign.
    pub quantised_mac_bits: u128,
    /// Synaptic events: spikes times M.
    pub synaptic_events: u128,
    /// Synaptic events whose weight is shifted.
    pub shifted_events: u128,
    #[serde(skip)]
    blocks: [u128; FETCHES],
    #[serde(skip)]
    dense_blocks: [u128; FETCHES],
}

impl Default for VectorCounts {
    fn default() -> Self {
        Self {
            vectors: 0,
            inputs: 0,
            largest_outputs: 0,
            channels: 0,
            outputs: 0,
            partial_sums: 0,
            zero_point_sums: 0,
            silent: 0,
            spikes: 0,
            neuron_steps: 0,
            active_neuron_steps: 0,
            macs: 0,
            active_macs: 0,
            quantised_mac_bits: 0,
            synaptic_events: 0,
            shifted_events: 0,
            blocks: [0; FETCHES],
            dense_blocks: [0; FETCHES],
        }
    }
}

impl VectorCounts {
    /// Bits of INT8 weights that the spikes fetch, in whole blocks.
    #[must_use]
    pub fn fetched_bits(&self, fetch: Fetch) -> u128 {
        self.blocks[fetch.index()] * u128::from(fetch.block_bytes()) * 8
    }

    /// Bits of INT8 weights that a dense product fetches, in whole blocks.
    #[must_use]
    pub fn dense_bits(&self, fetch: Fetch) -> u128 {
        self.dense_blocks[fetch.index()] * u128::from(fetch.block_bytes()) * 8
    }

    fn merge(&mut self, other: &Self) {
        self.vectors += other.vectors;
        self.inputs = self.inputs.max(other.inputs);
        self.largest_outputs = self.largest_outputs.max(other.largest_outputs);
        self.channels += other.channels;
        self.outputs += other.outputs;
        self.partial_sums += other.partial_sums;
        self.zero_point_sums += other.zero_point_sums;
        self.silent += other.silent;
        self.spikes += other.spikes;
        self.neuron_steps += other.neuron_steps;
        self.active_neuron_steps += other.active_neuron_steps;
        self.macs += other.macs;
        self.active_macs += other.active_macs;
        self.quantised_mac_bits += other.quantised_mac_bits;
        self.synaptic_events += other.synaptic_events;
        self.shifted_events += other.shifted_events;
        for (mine, theirs) in self.blocks.iter_mut().zip(other.blocks) {
            *mine += theirs;
        }
        for (mine, theirs) in self.dense_blocks.iter_mut().zip(other.dense_blocks) {
            *mine += theirs;
        }
    }
}

/// Counts of a run, by layer and projection.
#[derive(Debug, Clone)]
pub struct EnergyCounts {
    coding: SpikeCoding,
    architecture: Architecture,
    rows: BTreeMap<(u16, Projection), VectorCounts>,
    patterns: Vec<u32>,
    occupancy: Occupancy,
}

impl EnergyCounts {
    /// Counts of a run of a model of this shape with this coding.
    ///
    /// # Errors
    /// [`CountError::Shape`] if a size is 0 or beyond reason.
    pub fn new(architecture: Architecture, coding: SpikeCoding) -> Result<Self, CountError> {
        let shape = &architecture;
        for (field, size) in [
            ("vocab_size", shape.vocab_size),
            ("hidden_size", shape.hidden_size),
            ("intermediate_size", shape.intermediate_size),
            ("weight_group", shape.weight_group),
            ("heads * head_size", shape.heads.saturating_mul(shape.head_size)),
            ("kv_heads * head_size", shape.kv_heads.saturating_mul(shape.head_size)),
            ("mixture.experts", shape.mixture.as_ref().map_or(1, |mixture| mixture.experts)),
            ("mixture.per_token", shape.mixture.as_ref().map_or(1, |mixture| mixture.per_token)),
        ] {
            if !(1..=LARGEST_SIZE).contains(&size) {
                return Err(CountError::Shape { field, size });
            }
        }
        let (rows, patterns, occupancy) = (BTreeMap::new(), Vec::new(), Occupancy::default());
        Ok(Self { coding, architecture, rows, patterns, occupancy })
    }

    /// Counts of the run of `manifest`.
    ///
    /// # Errors
    /// [`CountError::NoArchitecture`] for runs of older versions, [`CountError::Coding`] if the coding is not told,
    /// [`CountError::Shape`] if a size is beyond reason.
    pub fn of_run(manifest: &Manifest) -> Result<Self, CountError> {
        let architecture = manifest.architecture.clone().ok_or(CountError::NoArchitecture)?;
        let told = manifest.options.get("coding").cloned().unwrap_or_default();
        let coding =
            serde_json::from_value(told.clone()).map_err(|_| CountError::Coding(told.to_string()))?;
        Self::new(architecture, coding)
    }

    /// Adds one coded vector with its counts.
    ///
    /// # Errors
    /// [`CountError::Outputs`] if it does not fit the model's shape.
    pub fn observe(&mut self, activity: &Activity, counts: &[i32]) -> Result<(), CountError> {
        let Activity { token, layer, projection, spikes, synaptic_operations: found, .. } = *activity;
        let outputs = self.architecture.outputs(layer, projection, token);
        if u128::from(spikes) * u128::from(outputs) != u128::from(found) {
            return Err(CountError::Outputs { layer, projection, token, spikes, found, outputs });
        }
        let coding = self.coding;
        self.patterns.clear();
        self.patterns.extend(counts.iter().map(|s| coding.pattern(*s, activity)));
        let shifted: u64 = self.patterns.iter().map(|p| u64::from(coding.shifted_spikes(*p))).sum();
        self.occupancy.observe(coding, &mut self.patterns);

        let (mut words, mut largest, mut silent) = (0u64, 0u32, 0u64);
        for magnitude in counts.iter().map(|s| s.unsigned_abs()) {
            words += u64::from(magnitude > 0) + u64::from(magnitude > INT8_MAX);
            silent += u64::from(magnitude == 0);
            largest = largest.max(magnitude);
        }
        let inputs = counts.len() as u64;
        let steps = u128::from(activity.steps);
        let macs = u128::from(inputs) * u128::from(outputs);
        let sums = inputs.div_ceil(self.architecture.weight_group.max(1)) * outputs;
        let bits = u128::from(u32::BITS - largest.leading_zeros()) + 1;

        let row = self.rows.entry((layer, projection)).or_default();
        row.vectors += 1;
        row.inputs = row.inputs.max(inputs);
        row.largest_outputs = row.largest_outputs.max(outputs);
        row.channels += inputs;
        row.outputs += outputs;
        row.partial_sums += sums;
        row.zero_point_sums += if activity.zero_point == 0 { 0 } else { sums };
        row.silent += silent;
        row.spikes += spikes;
        row.neuron_steps += u128::from(inputs) * steps;
        row.active_neuron_steps += u128::from(inputs - silent) * steps;
        row.macs += macs;
        row.active_macs += u128::from(words) * u128::from(outputs);
        row.quantised_mac_bits += macs * bits;
        row.synaptic_events += u128::from(found);
        row.shifted_events += u128::from(shifted) * u128::from(outputs);
        for layout in [Layout::InputMajor, Layout::OutputMajor] {
            for fetch in [Refetch::Step, Refetch::Token].into_iter().flat_map(|r| Fetch::sizes(layout, r)) {
                row.blocks[fetch.index()] += u128::from(fetch.blocks(&self.occupancy, inputs, outputs));
                row.dense_blocks[fetch.index()] += u128::from(fetch.dense_blocks(inputs, outputs));
            }
        }
        Ok(())
    }

    /// Adds the counts of another part of the run.
    ///
    /// # Errors
    /// [`CountError::Different`] unless model and coding are the same.
    pub fn merge(&mut self, other: &Self) -> Result<(), CountError> {
        if self.coding != other.coding || self.architecture != other.architecture {
            return Err(CountError::Different);
        }
        for (key, row) in &other.rows {
            self.rows.entry(*key).or_default().merge(row);
        }
        Ok(())
    }

    /// The counts by layer and projection.
    pub fn rows(&self) -> impl Iterator<Item = ((u16, Projection), &VectorCounts)> {
        self.rows.iter().map(|(key, row)| (*key, row))
    }

    /// The counts of one layer and projection.
    #[must_use]
    pub fn row(&self, layer: u16, projection: Projection) -> Option<&VectorCounts> {
        self.rows.get(&(layer, projection))
    }

    /// The shape of the model.
    #[must_use]
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The coding.
    #[must_use]
    pub fn coding(&self) -> SpikeCoding {
        self.coding
    }

    /// Tokens: vectors of the best-covered projection, which has one a token (a query one a head; experts are left out).
    #[must_use]
    pub fn tokens(&self) -> u64 {
        let tokens = |((_, projection), row): (&(u16, Projection), &VectorCounts)| match projection {
            Projection::Query => row.vectors / self.architecture.heads.max(1),
            Projection::ExpertDownIn => 0,
            _ => row.vectors,
        };
        self.rows.iter().map(tokens).max().unwrap_or(0)
    }

    /// Layers that were seen.
    pub(super) fn layers(&self) -> impl Iterator<Item = u16> + '_ {
        let mut last = None;
        self.rows.keys().map(|(layer, _)| *layer).filter(move |layer| last.replace(*layer) != Some(*layer))
    }

    /// All layers and projections together.
    #[must_use]
    pub fn pooled(&self) -> VectorCounts {
        let mut all = VectorCounts::default();
        self.rows.values().for_each(|row| all.merge(row));
        all
    }
}
