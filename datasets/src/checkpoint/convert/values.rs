//! What the parameters that a plain model lacks start with; why is told where [`super`] begins.

use super::super::synth::Numbers;
use super::Conversion;
use crate::checkpoint::{Checkpoint, CheckpointError, Linear, Role, TensorSpec};

/// Memory of the fastest key channel of gated linear attention, in tokens.
const SHORTEST_MEMORY: f64 = 16.0;
/// What divides the logarithm of the gate.
const GATE_NORMALISER: f64 = 16.0;
/// Standard deviation of the router's logits.
const ROUTER_DEVIATION: f32 = 0.01;

impl Conversion {
    /// The numbers of a new tensor.
    pub(super) fn new_values(
        &self,
        source: &Checkpoint,
        spec: &TensorSpec,
    ) -> Result<Vec<f32>, CheckpointError> {
        let count: usize = spec.shape.iter().product();
        let inputs = spec.shape.last().copied().unwrap_or(1).max(1) as f32;
        let random = Numbers::of(self.seed, &spec.name);
        let normal = |deviation: f32| (0..count as u64).map(|i| deviation * random.normal(i)).collect();
        Ok(match spec.role {
            Role::Norm(_) => vec![1.0; count],
            Role::Merge => self.merge.to_vec(),
            Role::LowRankGate(0) => normal(1.0 / inputs.sqrt()),
            Role::Bias(Linear::Gate) => (0..count).map(|c| self.gate_bias(c, count)).collect(),
            Role::Router if spec.shape.len() == 2 => normal(ROUTER_DEVIATION / inputs.sqrt()),
            Role::Router => vec![-((self.experts as f32 - 1.0).ln()).min(f32::MAX); count],
            Role::SinkTokens => {
                let embeddings = source.embeddings()?;
                let mut sinks = vec![0.0; count];
                for (i, row) in sinks.chunks_exact_mut(embeddings.cols()).enumerate() {
                    let token = random.uniform(i as u64) * embeddings.rows() as f32;
                    embeddings.row_into((token as usize).min(embeddings.rows() - 1), row);
                }
                sinks
            }
            _ => vec![0.0; count],
        })
    }

    /// Bias of the gate of key channel `channel` of `channels`.
    fn gate_bias(&self, channel: usize, channels: usize) -> f32 {
        let longest = (self.window as f64).max(SHORTEST_MEMORY);
        let along = channel as f64 / (channels.saturating_sub(1)).max(1) as f64;
        let memory = SHORTEST_MEMORY * (longest / SHORTEST_MEMORY).powf(along);
        let kept = (-GATE_NORMALISER / memory).exp();
        (kept / (1.0 - kept)).ln() as f32
    }
}
