//! A projection of a layer: dense, or driven by the spikes of its input, which it records.

use crate::error::SimError;
use crate::neuron::AdaptiveThreshold;
use crate::options::Spiking;
use crate::projection::{SpikingLinear, StackedDense};
use crate::recorder::{CodedInput, Recorder};
use ndarray::{Array2, ArrayView2, ArrayView3};
use rayon::prelude::*;
use synfire_datasets::checkpoint::{Checkpoint, Linear};
use synfire_datasets::spikes::Projection;

/// Where in the run a layer is at work, and who watches.
pub(crate) struct Context<'a> {
    pub(crate) layer: u16,
    pub(crate) first_token: u32,
    pub(crate) recorder: &'a mut dyn Recorder,
}

/// Projections that share the coded input `projection`.
#[derive(Debug)]
pub(crate) struct LayerLinear {
    projection: Projection,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Dense(StackedDense),
    Spiking(SpikingLinear, Spiking),
}

impl LayerLinear {
    pub(crate) fn load(
        checkpoint: &Checkpoint,
        layer: usize,
        projection: Projection,
        linears: &[Linear],
        spiking: Option<Spiking>,
    ) -> Result<Self, SimError> {
        let kind = match spiking {
            Some(spiking) => {
                let matrices: Result<Vec<_>, _> =
                    linears.iter().map(|l| checkpoint.quantised(layer, *l)).collect();
                Kind::Spiking(SpikingLinear::stacked(&matrices?, spiking.engine)?, spiking)
            }
            None => {
                let matrices: Result<Vec<_>, _> =
                    linears.iter().map(|l| checkpoint.dense(layer, *l)).collect();
                Kind::Dense(StackedDense::new(matrices?)?)
            }
        };
        Ok(Self { projection, kind })
    }

    /// `x` `[tokens, inputs]` to `[tokens, outputs]`.
    pub(crate) fn forward(
        &self,
        x: &Array2<f32>,
        context: &mut Context<'_>,
    ) -> Result<Array2<f32>, SimError> {
        let (linear, spiking) = match &self.kind {
            Kind::Dense(dense) => return Ok(dense.forward(x.view())),
            Kind::Spiking(linear, spiking) => (linear, spiking),
        };
        let (counts, thresholds) = fire(&spiking.neuron, x, 1)
            .map_err(|(token, source)| context.neuron_error(self.projection, token, source))?;
        context.record(
            self.projection,
            1,
            &counts,
            &thresholds,
            *spiking,
            &vec![linear.outputs() as u32; x.nrows()],
        )?;
        Ok(linear.forward(counts.view(), &thresholds, spiking.coding))
    }
}

impl Context<'_> {
    pub(crate) fn neuron_error(
        &self,
        projection: Projection,
        token: usize,
        source: crate::neuron::NeuronError,
    ) -> SimError {
        SimError::Neuron { layer: self.layer, projection, token: self.first_token + token as u32, source }
    }

    /// Shows the coded input to the recorder: counts `[tokens, heads * channels]`, thresholds `[tokens * heads]`.
    pub(crate) fn record(
        &mut self,
        projection: Projection,
        heads: usize,
        counts: &Array2<i32>,
        thresholds: &[f32],
        spiking: Spiking,
        synapses: &[u32],
    ) -> Result<(), SimError> {
        let (tokens, width) = counts.dim();
        let views =
            counts.as_slice().and_then(|c| ArrayView3::from_shape((tokens, heads, width / heads), c).ok());
        let (Some(counts), Ok(thresholds)) = (views, ArrayView2::from_shape((tokens, heads), thresholds))
        else {
            return Ok(());
        };
        let (layer, first_token, coding) = (self.layer, self.first_token, spiking.coding);
        let coded = CodedInput { layer, projection, first_token, coding, counts, thresholds, synapses };
        self.recorder.coded(&coded).map_err(SimError::Recorder)
    }
}

/// Counts `[tokens, width]` and thresholds `[tokens * heads]` of `x`, each head coded on its own; on failure the token
/// and the reason.
pub(crate) fn fire(
    neuron: &AdaptiveThreshold,
    x: &Array2<f32>,
    heads: usize,
) -> Result<(Array2<i32>, Vec<f32>), (usize, crate::neuron::NeuronError)> {
    let channels = x.ncols() / heads;
    let mut counts = Array2::zeros(x.dim());
    let values = x.as_slice().unwrap_or_default();
    let out = counts.as_slice_mut().unwrap_or_default();
    let thresholds: Result<Vec<f32>, _> = out
        .par_chunks_mut(channels)
        .zip(values.par_chunks(channels))
        .enumerate()
        .map(|(vector, (counts, x))| neuron.fire(x, counts).map_err(|e| (vector / heads, e)))
        .collect();
    Ok((counts, thresholds?))
}
