//! Synaptic operations of a network's calls and of recorded runs.

use super::Connections;
use crate::sparsity::{Accumulator, SpikePattern};
use std::sync::Arc;
use synfire_datasets::spikes::{Activity, Projection};

/// Synaptic operations, in exact integers. Biases do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SynapticOperations {
    /// All inputs times all weights.
    pub dense: u64,
    /// Nonzero weights of nonzero inputs in calls with an input other than -1, 0 and 1.
    pub effective_macs: u64,
    /// Nonzero weights of nonzero inputs in calls with inputs -1, 0 and 1 only.
    pub effective_acs: u64,
}

impl SynapticOperations {
    /// One call of a layer: `inputs` is `[vectors, channels]`, `nonzero` the nonzero outgoing weights of each channel,
    /// `outputs` its weights.
    pub fn call<T: Copy + Into<f64>>(&mut self, inputs: &[T], nonzero: &[u32], outputs: u64) {
        let (mut effective, mut binary) = (0u64, true);
        for vector in inputs.chunks(nonzero.len().max(1)) {
            for (input, fan) in vector.iter().zip(nonzero) {
                let magnitude = (*input).into().abs();
                binary &= magnitude == 0.0 || magnitude == 1.0;
                effective += if magnitude == 0.0 { 0 } else { u64::from(*fan) };
            }
        }
        self.dense += inputs.len() as u64 * outputs;
        *if binary { &mut self.effective_acs } else { &mut self.effective_macs } += effective;
    }
}

/// Synaptic operations of coded vectors.
///
/// Two views of the same run: `counts`, where a coded vector is one call that reads integer counts, as the dense
/// hardware of the report would; and `event_acs`, where every spike adds its step's shifted weight at each nonzero synapse,
/// as event-driven hardware does. The queries' synapses are the cached keys in sight, whose values are not recorded: all
/// of them count as nonzero, which bounds the effective operations from above.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOperations {
    connections: Arc<Connections>,
    pattern: SpikePattern,
    /// Vectors as calls.
    pub counts: SynapticOperations,
    /// Spikes times the nonzero synapses that each reaches.
    pub event_acs: u64,
    /// Membranes that took an input: one a channel sample.
    pub integrations: u64,
    /// Membranes that were reset by a spike.
    pub resets: u64,
}

impl RunOperations {
    /// Of runs of a model with these connections, coded as `pattern`.
    #[must_use]
    pub fn new(connections: Arc<Connections>, pattern: SpikePattern) -> Self {
        let counts = SynapticOperations::default();
        Self { connections, pattern, counts, event_acs: 0, integrations: 0, resets: 0 }
    }
}

impl Accumulator for RunOperations {
    fn observe(&mut self, activity: &Activity, counts: &[i32]) {
        self.integrations += counts.len() as u64;
        self.resets += activity.spikes;
        let Activity { layer, projection, token, .. } = *activity;
        if projection == Projection::Query {
            let keys = self.connections.keys(layer, token).unwrap_or(0);
            self.event_acs += activity.spikes * keys;
            let nonzero = vec![u32::try_from(keys).unwrap_or(u32::MAX); counts.len()];
            self.counts.call(counts, &nonzero, keys);
        } else if let Some(fan) = self.connections.fan(layer, projection) {
            self.counts.call(counts, &fan.nonzero, fan.outputs);
            let spikes = counts.iter().map(|s| u64::from(self.pattern.spikes(activity, *s)));
            self.event_acs += spikes.zip(&fan.nonzero).map(|(n, fan)| n * u64::from(*fan)).sum::<u64>();
        }
    }

    fn merge(&mut self, other: &Self) {
        self.counts.dense += other.counts.dense;
        self.counts.effective_macs += other.counts.effective_macs;
        self.counts.effective_acs += other.counts.effective_acs;
        self.event_acs += other.event_acs;
        self.integrations += other.integrations;
        self.resets += other.resets;
    }
}
