//! Linear projections driven by spikes, in two engines with one result.
//!
//! ```text
//! acc[g, o] = sum over inputs i of group g of W_int8[o, i] s[i]            integers, the same in both engines
//! y[o] = V_th sum_g scale[o, g] acc[g, o] + bias[o]
//! ```
//!
//! `event` delivers every spike to its synapses and accumulates; `collapsed` multiplies by the counts. Projections that
//! share an input are stacked into one, as they share its spikes.

mod collapsed;
mod dense;
mod event;

pub use dense::StackedDense;

use crate::coding::{Coding, SpikeCode};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use synfire_datasets::checkpoint::QuantisedLinear;

/// How the integer sums are computed. Both give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Every spike is delivered to its synapses.
    #[default]
    Event,
    /// An integer matrix product with the counts.
    Collapsed,
}

/// The name is not an engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown engine '{0}'; choose event or collapsed")]
pub struct UnknownEngine(pub String);

impl std::str::FromStr for Engine {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "event" => Ok(Self::Event),
            "collapsed" => Ok(Self::Collapsed),
            _ => Err(UnknownEngine(name.to_owned())),
        }
    }
}

/// Matrices that cannot be stacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// Nothing to stack.
    #[error("a projection needs at least one matrix")]
    Empty,
    /// The matrices read inputs of different widths or group sizes.
    #[error("matrices of {first} and {other} inputs (or of different groups) cannot share an input")]
    Inputs {
        /// Inputs of the first matrix.
        first: usize,
        /// Inputs of the one that differs.
        other: usize,
    },
}

/// INT8 weights in the order that the engine walks.
#[derive(Debug, Clone)]
enum Weights {
    /// `[inputs, outputs]`: the synapses of an input lie side by side.
    InputMajor(Vec<i8>),
    /// `[outputs, inputs]`: what an output sums lies side by side.
    OutputMajor(Vec<i8>),
}

/// INT8 projections that share one spike-coded input.
#[derive(Debug, Clone)]
pub struct SpikingLinear {
    outputs: usize,
    inputs: usize,
    group_size: usize,
    weights: Weights,
    /// `[groups, outputs]`.
    scales: Vec<f32>,
    /// Sum of the weights of a group, `[groups, outputs]`: what a zero point adds.
    weight_sums: Vec<i32>,
    bias: Vec<f32>,
}

impl SpikingLinear {
    /// One projection for `engine`.
    #[must_use]
    pub fn new(matrix: &QuantisedLinear, engine: Engine) -> Self {
        Self::lay_out(std::slice::from_ref(matrix), matrix.inputs, matrix.group_size, engine)
    }

    /// Several projections of the same input, their outputs one after the other.
    ///
    /// # Errors
    /// [`ProjectionError`] if there is none, or if they differ in inputs or group size.
    pub fn stacked(matrices: &[QuantisedLinear], engine: Engine) -> Result<Self, ProjectionError> {
        let first = matrices.first().ok_or(ProjectionError::Empty)?;
        let alike = |m: &&QuantisedLinear| (m.inputs, m.group_size) != (first.inputs, first.group_size);
        match matrices.iter().find(alike) {
            Some(odd) => Err(ProjectionError::Inputs { first: first.inputs, other: odd.inputs }),
            None => Ok(Self::lay_out(matrices, first.inputs, first.group_size, engine)),
        }
    }

    fn lay_out(matrices: &[QuantisedLinear], inputs: usize, group_size: usize, engine: Engine) -> Self {
        let outputs: usize = matrices.iter().map(|m| m.outputs).sum();
        let groups = inputs.div_ceil(group_size);
        let mut scales = vec![0.0; groups * outputs];
        let mut weight_sums = vec![0; groups * outputs];
        let mut bias = Vec::with_capacity(outputs);
        for matrix in matrices {
            let start = bias.len();
            match &matrix.bias {
                Some(values) => bias.extend_from_slice(values),
                None => bias.resize(start + matrix.outputs, 0.0),
            }
            for (i, synapses) in matrix.values.chunks_exact(matrix.outputs).enumerate() {
                for (o, w) in synapses.iter().enumerate() {
                    weight_sums[i / group_size * outputs + start + o] += i32::from(*w);
                }
            }
            for (at, scale) in matrix.scales.iter().enumerate() {
                scales[at % groups * outputs + start + at / groups] = *scale;
            }
        }
        let weights = match engine {
            Engine::Event => Weights::InputMajor(event::input_major(matrices, inputs, outputs)),
            Engine::Collapsed => {
                let mut weights = Vec::with_capacity(inputs * outputs);
                for m in matrices {
                    for o in 0..m.outputs {
                        weights.extend(m.values.iter().skip(o).step_by(m.outputs));
                    }
                }
                Weights::OutputMajor(weights)
            }
        };
        Self { outputs, inputs, group_size, weights, scales, weight_sums, bias }
    }

    /// Number of outputs: the synapses of each input.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Number of inputs.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of groups of inputs that have a scale of their own.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.inputs.div_ceil(self.group_size)
    }

    /// The integers W_int8 s of one coded vector by group, written to `accumulators` (`[groups, outputs]`).
    ///
    /// # Panics
    /// If the vector does not have [`Self::inputs`] channels or `accumulators` another length.
    pub fn accumulate(&self, code: &SpikeCode<'_>, accumulators: &mut [i32]) {
        assert_eq!(code.counts().len(), self.inputs, "one count an input");
        assert_eq!(accumulators.len(), self.weight_sums.len(), "one accumulator a group and output");
        match &self.weights {
            Weights::InputMajor(weights) => {
                start_at_zero_point(code.zero_point(), &self.weight_sums, accumulators);
                event::deliver(weights, self.outputs, self.group_size, code.spikes(), accumulators);
            }
            Weights::OutputMajor(weights) => {
                collapsed::multiply(weights, self.outputs, self.group_size, code.counts(), accumulators);
            }
        }
    }

    /// Outputs from accumulators: group scales, then the threshold, then the bias.
    ///
    /// # Panics
    /// If `out` does not have [`Self::outputs`] elements.
    pub fn rescale(&self, accumulators: &[i32], threshold: f32, out: &mut [f32]) {
        assert_eq!(out.len(), self.outputs, "one value an output");
        out.fill(0.0);
        for (acc, scales) in
            accumulators.chunks_exact(self.outputs).zip(self.scales.chunks_exact(self.outputs))
        {
            for ((y, a), scale) in out.iter_mut().zip(acc).zip(scales) {
                *y += scale * *a as f32;
            }
        }
        for (y, bias) in out.iter_mut().zip(&self.bias) {
            *y = threshold * *y + bias;
        }
    }

    /// Outputs `[vectors, outputs]` of coded vectors: `counts` `[vectors, inputs]`, one threshold each. Vectors are
    /// spread over threads; the result does not depend on their number.
    ///
    /// # Panics
    /// If the shapes do not fit each other.
    #[must_use]
    pub fn forward(&self, counts: ArrayView2<'_, i32>, thresholds: &[f32], coding: Coding) -> Array2<f32> {
        assert_eq!(counts.nrows(), thresholds.len(), "one threshold a vector");
        let mut out = vec![0.0; counts.nrows() * self.outputs];
        let counts = counts.as_standard_layout();
        let counts = counts.as_slice().unwrap_or_default();
        out.par_chunks_mut(self.outputs).zip(counts.par_chunks(self.inputs)).zip(thresholds).for_each_init(
            || vec![0; self.groups() * self.outputs],
            |accumulators, ((out, counts), threshold)| {
                self.accumulate(&coding.encode(counts), accumulators);
                self.rescale(accumulators, *threshold, out);
            },
        );
        Array2::from_shape_vec((thresholds.len(), self.outputs), out).unwrap_or_default()
    }
}

fn start_at_zero_point(zero_point: i32, weight_sums: &[i32], accumulators: &mut [i32]) {
    for (acc, sum) in accumulators.iter_mut().zip(weight_sums) {
        *acc = zero_point.wrapping_mul(*sum);
    }
}

#[cfg(test)]
mod tests;
