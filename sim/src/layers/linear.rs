//! A projection of a layer: dense, or driven by the spikes of its input, which it records.

use crate::error::SimError;
use crate::neuron::AdaptiveThreshold;
use crate::options::Spiking;
use crate::projection::{SpikingLinear, StackedDense};
use crate::recorder::{CodedInput, Recorder};
use ndarray::{Array2, ArrayView2, ArrayView3, Axis};
use rayon::prelude::*;
use synfire_datasets::checkpoint::{Checkpoint, Linear};
use synfire_datasets::spikes::Projection;

/// Where in the run a layer is at work, and who watches.
pub(crate) struct Context<'a> {
    pub(crate) layer: u16,
    pub(crate) first_token: u32,
    /// Sink tokens before the text.
    pub(crate) sinks: usize,
    /// Whether these tokens are the sinks rather than text.
    pub(crate) are_sinks: bool,
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
                Kind::Spiking(SpikingLinear::stacked(matrices?, spiking.engine)?, spiking)
            }
            None => {
                let matrices: Result<Vec<_>, _> =
                    linears.iter().map(|l| checkpoint.dense(layer, *l)).collect();
                Kind::Dense(StackedDense::new(matrices?)?)
            }
        };
        Ok(Self { projection, kind })
    }

    /// Number of outputs.
    pub(crate) fn outputs(&self) -> usize {
        match &self.kind {
            Kind::Dense(dense) => dense.outputs(),
            Kind::Spiking(linear, _) => linear.outputs(),
        }
    }

    /// `x` `[tokens, inputs]` to `[tokens, outputs]`.
    pub(crate) fn forward(
        &self,
        x: &Array2<f32>,
        context: &mut Context<'_>,
    ) -> Result<Array2<f32>, SimError> {
        if let Kind::Dense(dense) = &self.kind {
            return Ok(dense.forward(x.view()));
        }
        let input = self.fire(x, 1, context)?;
        self.record(&input, 1, None, self.outputs(), context)?;
        Ok(self.apply(&input))
    }

    /// What this projection reads of `x`, `[tokens * per token, inputs]`.
    pub(crate) fn fire(
        &self,
        x: &Array2<f32>,
        per_token: usize,
        context: &Context<'_>,
    ) -> Result<Input, SimError> {
        let Kind::Spiking(_, spiking) = &self.kind else { return Ok(Input::Dense(x.clone())) };
        let (counts, thresholds) = fire(&spiking.neuron, x, 1)
            .map_err(|(vector, source)| context.neuron_error(self.projection, vector / per_token, source))?;
        Ok(Input::Coded { counts, thresholds })
    }

    /// Shows a coded input to the recorder: `per_token` vectors a token, of the `experts` given if they are those of experts,
    /// each spike reaching `synapses` outputs.
    pub(crate) fn record(
        &self,
        input: &Input,
        per_token: usize,
        experts: Option<&[u16]>,
        synapses: usize,
        context: &mut Context<'_>,
    ) -> Result<(), SimError> {
        let (Input::Coded { counts, thresholds }, Kind::Spiking(_, spiking)) = (input, &self.kind) else {
            return Ok(());
        };
        let synapses = vec![synapses as u32; counts.nrows() / per_token];
        context.record(self.projection, per_token, experts, counts, thresholds, *spiking, &synapses)
    }

    /// The outputs of an input, `[vectors, outputs]`.
    pub(crate) fn apply(&self, input: &Input) -> Array2<f32> {
        match (&self.kind, input) {
            (Kind::Spiking(linear, _), Input::Coded { counts, thresholds }) => {
                linear.forward(counts.view(), thresholds)
            }
            (Kind::Dense(dense), Input::Dense(x)) => dense.forward(x.view()),
            _ => Array2::zeros((0, self.outputs())),
        }
    }
}

/// What a projection reads, vector by vector.
#[derive(Debug)]
pub(crate) enum Input {
    /// Numbers, `[vectors, inputs]`.
    Dense(Array2<f32>),
    /// Spike counts `[vectors, inputs]`, and thresholds.
    Coded { counts: Array2<i32>, thresholds: Vec<f32> },
}

impl Input {
    /// Some of the vectors.
    pub(crate) fn select(&self, vectors: &[usize]) -> Self {
        match self {
            Self::Dense(x) => Self::Dense(x.select(Axis(0), vectors)),
            Self::Coded { counts, thresholds } => Self::Coded {
                counts: counts.select(Axis(0), vectors),
                thresholds: vectors.iter().map(|v| thresholds[*v]).collect(),
            },
        }
    }
}

impl Context<'_> {
    /// Position of token `t` of the piece for rotary embedding: sinks come first, then the text.
    pub(crate) fn rotary_position(&self, t: usize) -> usize {
        if self.are_sinks { t } else { self.sinks + self.first_token as usize + t }
    }

    pub(crate) fn neuron_error(
        &self,
        projection: Projection,
        token: usize,
        source: crate::neuron::NeuronError,
    ) -> SimError {
        SimError::Neuron { layer: self.layer, projection, token: self.first_token + token as u32, source }
    }

    /// Shows the coded input to the recorder: counts `[tokens, heads, channels]` in any grouping of the axes, thresholds
    /// and experts (of vectors that are those of experts) `[tokens, heads]`.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn record(
        &mut self,
        projection: Projection,
        heads: usize,
        experts: Option<&[u16]>,
        counts: &Array2<i32>,
        thresholds: &[f32],
        spiking: Spiking,
        synapses: &[u32],
    ) -> Result<(), SimError> {
        let tokens = synapses.len();
        let channels = counts.len() / (tokens * heads).max(1);
        let views = counts.as_slice().and_then(|c| ArrayView3::from_shape((tokens, heads, channels), c).ok());
        let (Some(counts), Ok(thresholds)) = (views, ArrayView2::from_shape((tokens, heads), thresholds))
        else {
            return Ok(());
        };
        let (layer, first_token, coding) = (self.layer, self.first_token, spiking.coding);
        let coded =
            CodedInput { layer, projection, first_token, coding, counts, thresholds, experts, synapses };
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
