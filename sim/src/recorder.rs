//! What a run shows of itself: coded inputs as they fire, layer outputs, logits.
//!
//! The model calls a [`Recorder`] in a fixed order (chunk of tokens, layer, projection), whatever the number of threads.

use crate::coding::{Coding, SpikeCode};
use ndarray::{ArrayView2, ArrayView3, Axis};
use synfire_datasets::spikes::{Activity, Projection, SpikeBatch};

/// Why a recorder gave up; the run stops with it.
pub type RecorderError = Box<dyn std::error::Error + Send + Sync>;

/// Receives what a model computes. Every method does nothing by default.
pub trait Recorder {
    /// The coded input of a projection over a chunk of tokens.
    ///
    /// # Errors
    /// Whatever stops the run.
    fn coded(&mut self, coded: &CodedInput<'_>) -> Result<(), RecorderError> {
        let _ = coded;
        Ok(())
    }

    /// The residual stream `[tokens, hidden]` after `layer`; the first row is token `first_token` of the run.
    ///
    /// # Errors
    /// Whatever stops the run.
    fn layer_output(
        &mut self,
        layer: u16,
        first_token: u32,
        x: ArrayView2<'_, f32>,
    ) -> Result<(), RecorderError> {
        let _ = (layer, first_token, x);
        Ok(())
    }
}

/// Records nothing.
impl Recorder for () {}

/// The coded input of one projection over a chunk of tokens.
#[derive(Debug, Clone, Copy)]
pub struct CodedInput<'a> {
    /// Layer, from 0.
    pub layer: u16,
    /// Which input.
    pub projection: Projection,
    /// Position in the run of the chunk's first token.
    pub first_token: u32,
    /// How counts become spikes.
    pub coding: Coding,
    /// Spike counts `[tokens, heads, channels]`; one head but for queries and experts.
    pub counts: ArrayView3<'a, i32>,
    /// V_th `[tokens, heads]`, in units of the activation.
    pub thresholds: ArrayView2<'a, f32>,
    /// Expert of each vector, `[tokens * heads]`, where a token has vectors of several experts rather than heads.
    pub experts: Option<&'a [u16]>,
    /// Synapses that a spike of each token reaches.
    pub synapses: &'a [u32],
}

/// One coded vector: a token of a projection, or a head of a token of the query, or an expert that a token was sent to.
#[derive(Debug, Clone, Copy)]
pub struct CodedVector<'a> {
    /// Its row in the record.
    pub activity: Activity,
    /// Its spike trains.
    pub code: SpikeCode<'a>,
}

impl CodedInput<'_> {
    /// The coded vectors, token by token and head by head.
    pub fn vectors(&self) -> impl Iterator<Item = CodedVector<'_>> + '_ {
        let tokens =
            self.counts.axis_iter(Axis(0)).zip(self.thresholds.axis_iter(Axis(0))).zip(self.synapses);
        tokens.enumerate().flat_map(move |(t, ((counts, thresholds), synapses))| {
            let token = self.first_token + t as u32;
            (0..thresholds.len()).filter_map(move |head| {
                let expert = self.experts.map(|experts| experts[t * thresholds.len() + head]);
                let counts = counts.index_axis_move(Axis(0), head).to_slice()?;
                let code = self.coding.encode(counts);
                let spikes = code.spike_count();
                let activity = Activity {
                    token,
                    layer: self.layer,
                    projection: self.projection,
                    head: expert.unwrap_or(head as u16),
                    threshold: thresholds[head],
                    steps: code.steps(),
                    zero_point: code.zero_point(),
                    neurons: counts.len() as u32,
                    spikes,
                    silent: counts.iter().filter(|s| **s == 0).count() as u32,
                    synaptic_operations: spikes * u64::from(*synapses),
                };
                Some(CodedVector { activity, code })
            })
        })
    }

    /// Every spike of the chunk as a batch for the record; query neurons count head by head, those of experts expert by expert.
    #[must_use]
    pub fn spike_batch(&self) -> SpikeBatch {
        let mut batch = SpikeBatch::new(self.layer, self.projection);
        for vector in self.vectors() {
            let first = u32::from(vector.activity.head) * vector.activity.neurons;
            for spike in vector.code.spikes() {
                batch.token.push(vector.activity.token);
                batch.step.push(spike.step);
                batch.neuron.push(first + spike.neuron);
                batch.value.push(spike.value());
            }
        }
        batch
    }
}
