//! Projections with INT8 weights that share one spike-coded input.

use super::block::{Block, Scratch};
use super::kernels::{Kernel, TILE_OUTPUTS};
use super::{Engine, ProjectionError, collapsed, event};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use synfire_datasets::checkpoint::{Int8Values, QuantisedLinear};

/// One of the matrices.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// `[inputs, outputs]`.
    pub(super) weights: Int8Values,
    pub(super) outputs: usize,
    /// `[groups, outputs]`.
    pub(super) scales: Vec<f32>,
    /// Its first output among those of all.
    first: usize,
}

/// INT8 projections that share one spike-coded input, their outputs one after the other.
#[derive(Debug, Clone)]
pub struct SpikingLinear {
    outputs: usize,
    inputs: usize,
    group_size: usize,
    engine: Engine,
    parts: Vec<Part>,
    bias: Vec<f32>,
}

/// What the engines read of a group of inputs.
#[derive(Debug)]
pub(super) enum GroupCounts {
    Event(event::GroupEvents),
    Collapsed(collapsed::GroupMatrix),
}

/// Numbers of a block's outputs for all tokens, at most: what fits the second-level cache beside the weights.
const BLOCK_NUMBERS: usize = 131_072;
/// Outputs of a block: whole strips of the packed order, and at most as many as the first-level cache has sums for. The longer
/// the runs of weights, the better memory streams them.
const BLOCK_OUTPUTS: std::ops::RangeInclusive<usize> = TILE_OUTPUTS..=4096;
/// With several tokens, the event engine is the faster one if at least this share of the counts is 0 (measured, see
/// `benches/README.md`).
const SPARSE: f64 = 0.75;

impl SpikingLinear {
    /// One projection for `engine`.
    ///
    /// # Errors
    /// [`ProjectionError::Shape`] if weights, scales or bias do not fit the matrix.
    pub fn new(matrix: QuantisedLinear, engine: Engine) -> Result<Self, ProjectionError> {
        Self::stacked(vec![matrix], engine)
    }

    /// Several projections of the same input. Their weights stay where they are.
    ///
    /// # Errors
    /// [`ProjectionError`] if there is none, if they differ in inputs or group size, or if weights, scales or bias do not fit.
    pub fn stacked(matrices: Vec<QuantisedLinear>, engine: Engine) -> Result<Self, ProjectionError> {
        let first = matrices.first().ok_or(ProjectionError::Empty)?;
        let (inputs, group_size) = (first.inputs, first.group_size);
        let mut linear = Self { outputs: 0, inputs, group_size, engine, parts: Vec::new(), bias: Vec::new() };
        for matrix in matrices {
            if (matrix.inputs, matrix.group_size) != (inputs, group_size) {
                return Err(ProjectionError::Inputs { first: inputs, other: matrix.inputs });
            }
            linear.push(matrix)?;
        }
        Ok(linear)
    }

    fn push(&mut self, matrix: QuantisedLinear) -> Result<(), ProjectionError> {
        let QuantisedLinear { outputs, inputs, group_size, values, scales, bias } = matrix;
        let groups = inputs.div_ceil(group_size.max(1));
        let fits = group_size > 0
            && inputs.checked_mul(outputs) == Some(values.len())
            && scales.len() == outputs * groups
            && bias.as_ref().is_none_or(|b| b.len() == outputs);
        if !fits {
            return Err(ProjectionError::Shape { inputs, outputs, group_size });
        }
        let by_group = (0..groups).flat_map(|g| scales.iter().skip(g).step_by(groups).copied()).collect();
        self.parts.push(Part { weights: values, outputs, scales: by_group, first: self.outputs });
        self.bias.extend(bias.unwrap_or_else(|| vec![0.0; outputs]));
        self.outputs += outputs;
        Ok(())
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

    /// Outputs `[tokens, outputs]` of spike counts `[tokens, inputs]`, one threshold a token. Blocks of outputs are spread
    /// over threads; the result does not depend on their number.
    ///
    /// # Panics
    /// If the shapes do not fit each other.
    #[must_use]
    pub fn forward(&self, counts: ArrayView2<'_, i32>, thresholds: &[f32]) -> Array2<f32> {
        self.forward_on(Kernel::best(), counts, thresholds)
    }

    pub(super) fn forward_on(
        &self,
        kernel: Kernel,
        counts: ArrayView2<'_, i32>,
        thresholds: &[f32],
    ) -> Array2<f32> {
        assert_eq!(
            counts.dim(),
            (thresholds.len(), self.inputs),
            "one threshold a token, one count an input"
        );
        let (tokens, outputs) = (counts.nrows(), self.outputs);
        let counts = counts.as_standard_layout();
        let groups = self.group_counts(counts.as_slice().unwrap_or_default());
        let blocks: Vec<Block<'_>> = self.parts.iter().flat_map(|part| self.blocks(part, tokens)).collect();
        let mut out = vec![0.0; tokens * outputs];
        let places = places(&mut out, outputs, &blocks);
        let tasks: Vec<_> = blocks.iter().zip(places).collect();
        tasks.into_par_iter().for_each_init(Scratch::default, |scratch, (block, places)| {
            let mut y = std::mem::take(&mut scratch.y);
            y.clear();
            y.resize(tokens * block.outputs, 0.0);
            for (g, group) in groups.iter().enumerate() {
                match group {
                    GroupCounts::Event(events) => events.add(kernel, block, g, scratch, &mut y),
                    GroupCounts::Collapsed(matrix) => matrix.add(kernel, block, g, scratch, &mut y),
                }
            }
            let bias = &self.bias[block.part.first + block.first..];
            for ((out, y), threshold) in places.into_iter().zip(y.chunks_exact(block.outputs)).zip(thresholds)
            {
                for ((out, y), bias) in out.iter_mut().zip(y).zip(bias) {
                    *out = threshold * y + bias;
                }
            }
            scratch.y = y;
        });
        Array2::from_shape_vec((tokens, outputs), out).unwrap_or_default()
    }

    /// Counts `[tokens, inputs]` group by group, as the engine reads them.
    pub(super) fn group_counts(&self, counts: &[i32]) -> Vec<GroupCounts> {
        let event = self.is_event_driven(counts);
        let group = |g: usize| {
            let first = g * self.group_size;
            let channels = first..(first + self.group_size).min(self.inputs);
            let by_token = counts.chunks_exact(self.inputs).map(move |counts| &counts[channels.clone()]);
            if event {
                GroupCounts::Event(event::GroupEvents::new(by_token))
            } else {
                GroupCounts::Collapsed(collapsed::GroupMatrix::new(by_token))
            }
        };
        (0..self.groups()).into_par_iter().map(group).collect()
    }

    fn is_event_driven(&self, counts: &[i32]) -> bool {
        match self.engine {
            Engine::Event => true,
            Engine::Collapsed => false,
            Engine::Auto => {
                let silent = counts.iter().filter(|s| **s == 0).count();
                counts.len() <= self.inputs || silent as f64 >= SPARSE * counts.len() as f64
            }
        }
    }

    /// The outputs of a part, block by block.
    pub(super) fn blocks<'a>(&self, part: &'a Part, tokens: usize) -> impl Iterator<Item = Block<'a>> {
        let share = self.outputs.div_ceil(rayon::current_num_threads());
        let fit = (BLOCK_NUMBERS / tokens.max(1)).min(share);
        let fit = fit.clamp(*BLOCK_OUTPUTS.start(), *BLOCK_OUTPUTS.end());
        let outputs = fit.next_multiple_of(TILE_OUTPUTS);
        let group_size = self.group_size;
        (0..part.outputs).step_by(outputs).map(move |first| Block {
            part,
            first,
            outputs: outputs.min(part.outputs - first),
            group_size,
        })
    }
}

/// Where each of the blocks, which lie side by side, writes its outputs in `out` `[tokens, outputs]`: one slice a token.
fn places<'o>(out: &'o mut [f32], outputs: usize, blocks: &[Block<'_>]) -> Vec<Vec<&'o mut [f32]>> {
    let mut places: Vec<Vec<&mut [f32]>> = blocks.iter().map(|_| Vec::new()).collect();
    for mut row in out.chunks_exact_mut(outputs.max(1)) {
        for (block, places) in blocks.iter().zip(&mut places) {
            let (place, rest) = row.split_at_mut(block.outputs);
            places.push(place);
            row = rest;
        }
    }
    places
}
