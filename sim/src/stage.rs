//! A model in stages: each has a run of layers, the first embeds the tokens, the last has the final norm and the LM head.
//!
//! Sink tokens, where a model has them, go before the first piece of a text: [`StageSession::embed`] puts them in front of its
//! tokens, every stage moves them through its layers first, and the last one takes them off. They show the recorder nothing.
//!
//! What goes from stage to stage is the residual stream `[tokens, hidden]` of a piece of text; stages in a row do what the
//! whole model does, bit for bit, so that each may live in a process or on a machine of its own. A [`crate::model::Model`] is
//! the one stage that is first and last.

use crate::error::SimError;
use crate::layers::block::{Block, BlockState};
use crate::layers::linear::Context;
use crate::layers::norm::RmsNorm;
use crate::options::ModelOptions;
use crate::projection::StackedDense;
use crate::recorder::Recorder;
use crate::state::LayerState;
use ndarray::{Array2, Axis, concatenate, s};
use std::ops::RangeInclusive;
use synfire_datasets::checkpoint::{Checkpoint, DenseLinear, DenseMatrix, ModelConfig};

/// Which part of a model a stage is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its layers, from 0.
    pub layers: RangeInclusive<usize>,
    /// Whether it embeds the tokens.
    pub first: bool,
    /// Whether it has the final norm and the LM head.
    pub last: bool,
}

/// The layers that `options` ask for.
///
/// # Errors
/// [`SimError::Layers`] for layers that the model lacks.
pub fn layers(config: &ModelConfig, options: &ModelOptions) -> Result<RangeInclusive<usize>, SimError> {
    let top = config.layers.len().saturating_sub(1);
    let layers = options.layers.clone().unwrap_or(0..=top);
    if layers.is_empty() || *layers.end() > top {
        return Err(SimError::Layers { first: *layers.start(), last: *layers.end(), top });
    }
    Ok(layers)
}

/// The parts of a model in `stages` stages, such that the weights of the largest are as few as can be; the LM head counts as
/// part of the last layer.
///
/// # Errors
/// [`SimError::Layers`] for layers that the model lacks, [`SimError::Stages`] for more stages than layers, or none.
pub fn parts(config: &ModelConfig, options: &ModelOptions, stages: usize) -> Result<Vec<Part>, SimError> {
    let layers = layers(config, options)?;
    let (first, last) = (*layers.start(), *layers.end());
    let count = last - first + 1;
    if stages == 0 || stages > count {
        return Err(SimError::Stages { stages, layers: count });
    }
    let weights_of = |layer: usize| {
        let blocks = config.mixture_of(layer).map_or(1, |mixture| mixture.experts + 1);
        let attention = 2 * config.hidden_size * config.hidden_size;
        (attention + 3 * blocks * config.hidden_size * config.intermediate_size).max(1)
    };
    let mut weights: Vec<usize> = (first..=last).map(weights_of).collect();
    if let Some(top) = weights.last_mut() {
        *top += config.vocab_size * config.hidden_size;
    }
    let starts = split(&weights, stages);
    let ends = starts.iter().skip(1).copied().chain([count]);
    let parts = starts.iter().zip(ends).map(|(start, end)| Part {
        layers: first + start..=first + end - 1,
        first: *start == 0,
        last: end == count,
    });
    Ok(parts.collect())
}

/// Where `groups` runs of `weights` start such that the heaviest is as light as can be; no run is empty.
fn split(weights: &[usize], groups: usize) -> Vec<usize> {
    let fill = |most: usize| {
        let (mut starts, mut sum) = (vec![0], 0);
        for (at, weight) in weights.iter().enumerate() {
            // As many items must be left as groups that have none yet.
            let needed = weights.len() - at <= groups.saturating_sub(starts.len());
            if at > 0 && (sum + weight > most || needed) {
                starts.push(at);
                sum = 0;
            }
            sum += weight;
        }
        starts
    };
    let (mut low, mut high) = (weights.iter().copied().max().unwrap_or(0), weights.iter().sum());
    while low < high {
        let middle = low + (high - low) / 2;
        if fill(middle).len() <= groups { high = middle } else { low = middle + 1 }
    }
    fill(low)
}

/// The final norm and the LM head.
#[derive(Debug)]
struct Output {
    norm: RmsNorm,
    head: StackedDense,
}

/// A loaded stage.
#[derive(Debug)]
pub struct Stage {
    embeddings: Option<DenseMatrix>,
    sink_embeddings: Option<DenseMatrix>,
    /// Sink tokens before a text.
    sinks: usize,
    blocks: Vec<Block>,
    output: Option<Output>,
}

impl Stage {
    /// Loads `part`, and nothing else of the checkpoint; INT8 weights are quantised here, dense ones stay in the memory map.
    ///
    /// # Errors
    /// [`SimError::Layers`] for layers that the model lacks, [`SimError::Checkpoint`] for tensors that are not sound.
    pub fn load(checkpoint: &Checkpoint, options: &ModelOptions, part: &Part) -> Result<Self, SimError> {
        let wanted = ModelOptions { layers: Some(part.layers.clone()), ..options.clone() };
        let layers = layers(checkpoint.config(), &wanted)?;
        let blocks: Result<Vec<_>, _> = layers.map(|layer| Block::load(checkpoint, layer, options)).collect();
        let output = || -> Result<Output, SimError> {
            let head = DenseLinear { weight: checkpoint.lm_head()?, bias: None };
            let norm = RmsNorm::new(checkpoint.final_norm()?, checkpoint.config().norm_eps);
            Ok(Output { norm, head: StackedDense::new(vec![head])? })
        };
        Ok(Self {
            embeddings: part.first.then(|| checkpoint.embeddings()).transpose()?,
            sink_embeddings: if part.first { checkpoint.sink_tokens()? } else { None },
            sinks: checkpoint.config().sink_tokens,
            blocks: blocks?,
            output: part.last.then(output).transpose()?,
        })
    }

    /// Number of tokens that the embeddings know; 0 without embeddings.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.embeddings.as_ref().map_or(0, DenseMatrix::rows)
    }

    /// A session at the start of a text.
    #[must_use]
    pub fn start(&self) -> StageSession<'_> {
        let states = self.blocks.iter().map(Block::start).collect();
        StageSession { stage: self, states, position: 0, sinks_ahead: self.sinks }
    }

    /// A session that goes on from `states`, as [`StageSession::save`] gave them: one for each layer of the stage, in order.
    ///
    /// # Errors
    /// [`SimError::ForeignState`] for other layers or positions that differ, [`SimError::State`] for tensors that do not fit.
    pub fn resume(&self, states: &[LayerState]) -> Result<StageSession<'_>, SimError> {
        let position = states.first().ok_or(SimError::ForeignState)?.position;
        let fits = |(block, state): (&Block, &LayerState)| {
            block.layer() == state.layer && state.position == position
        };
        if states.len() != self.blocks.len() || !self.blocks.iter().zip(states).all(fits) {
            return Err(SimError::ForeignState);
        }
        let states: Result<Vec<_>, _> =
            self.blocks.iter().zip(states).map(|(block, state)| block.restore(state)).collect();
        Ok(StageSession { stage: self, states: states?, position, sinks_ahead: 0 })
    }
}

/// A stage on its way through a text.
#[derive(Debug, Clone)]
pub struct StageSession<'s> {
    stage: &'s Stage,
    states: Vec<BlockState>,
    position: u32,
    /// Sink tokens that the next piece starts with: all of them or none.
    sinks_ahead: usize,
}

impl StageSession<'_> {
    /// Tokens seen so far.
    #[must_use]
    pub fn position(&self) -> u32 {
        self.position
    }

    /// The residual stream `[tokens, hidden]` that `tokens` begin with; of the first piece, that of the sink tokens and theirs.
    ///
    /// # Errors
    /// [`SimError::Token`] for a token outside the vocabulary, [`SimError::ForeignState`] without embeddings.
    pub fn embed(&self, tokens: &[u32]) -> Result<Array2<f32>, SimError> {
        let embeddings = self.stage.embeddings.as_ref().ok_or(SimError::ForeignState)?;
        let vocabulary = embeddings.rows();
        let mut x = Array2::zeros((self.sinks_ahead + tokens.len(), embeddings.cols()));
        let (mut sinks, mut text) = x.view_mut().split_at(Axis(0), self.sinks_ahead);
        for (sink, mut row) in sinks.rows_mut().into_iter().enumerate() {
            if let (Some(row), Some(embeddings)) = (row.as_slice_mut(), &self.stage.sink_embeddings) {
                embeddings.row_into(sink, row);
            }
        }
        for ((position, id), mut row) in tokens.iter().enumerate().zip(text.rows_mut()) {
            match row.as_slice_mut() {
                Some(row) if (*id as usize) < vocabulary => embeddings.row_into(*id as usize, row),
                _ => return Err(SimError::Token { id: *id, position, vocabulary }),
            }
            if row.iter().any(|value| !value.is_finite()) {
                return Err(SimError::Embedding { id: *id });
            }
        }
        Ok(x)
    }

    /// Moves the residual stream `x` `[tokens, hidden]` of the next tokens through the layers, sink tokens first.
    ///
    /// # Errors
    /// [`SimError::Neuron`] where numbers are not finite, [`SimError::Recorder`] if the recorder gives up,
    /// [`SimError::ForeignState`] for a first piece without the sink tokens. After an error the session is not to be used on.
    pub fn advance(&mut self, x: &mut Array2<f32>, recorder: &mut dyn Recorder) -> Result<(), SimError> {
        let (first_token, sinks) = (self.position, self.stage.sinks);
        let ahead = self.sinks_ahead;
        let tokens = x.nrows().checked_sub(ahead).ok_or(SimError::ForeignState)?;
        let count = u32::try_from(tokens).map_err(|_| SimError::TooLong)?;
        let next = first_token.checked_add(count).ok_or(SimError::TooLong)?;
        let mut of_sinks = x.slice(s![..ahead, ..]).to_owned();
        let mut text = if ahead == 0 { std::mem::take(x) } else { x.slice(s![ahead.., ..]).to_owned() };
        for (block, state) in self.stage.blocks.iter().zip(&mut self.states) {
            let layer = block.layer();
            if ahead > 0 {
                let mut unseen = ();
                let mut context =
                    Context { layer, first_token, sinks, are_sinks: true, recorder: &mut unseen };
                block.forward(&mut of_sinks, state, &mut context)?;
            }
            let mut context =
                Context { layer, first_token, sinks, are_sinks: false, recorder: &mut *recorder };
            block.forward(&mut text, state, &mut context)?;
            recorder.layer_output(layer, first_token, text.view()).map_err(SimError::Recorder)?;
        }
        *x = if ahead == 0 || self.stage.output.is_some() {
            text
        } else {
            concatenate![Axis(0), of_sinks, text]
        };
        (self.position, self.sinks_ahead) = (next, 0);
        Ok(())
    }

    /// The logits `[tokens, vocabulary]` of what follows each of the tokens whose residual stream left the last layer as `x`,
    /// the last ones seen.
    ///
    /// # Errors
    /// [`SimError::Logits`] where numbers are not finite, [`SimError::ForeignState`] without an LM head.
    pub fn logits(&self, x: &Array2<f32>) -> Result<Array2<f32>, SimError> {
        let output = self.stage.output.as_ref().ok_or(SimError::ForeignState)?;
        let logits = output.head.forward(output.norm.forward(x).view());
        match logits.rows().into_iter().position(|row| row.iter().any(|l| !l.is_finite())) {
            Some(row) => Err(SimError::Logits { token: (self.position as usize + row - x.nrows()) as u32 }),
            None => Ok(logits),
        }
    }

    /// What each layer remembers, to go on from by [`Stage::resume`].
    #[must_use]
    pub fn save(&self) -> Vec<LayerState> {
        let saved = self.stage.blocks.iter().zip(&self.states);
        saved.map(|(block, state)| block.save(state, self.position)).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn heaviest(weights: &[usize], starts: &[usize]) -> usize {
        let ends = starts.iter().skip(1).copied().chain([weights.len()]);
        starts.iter().zip(ends).map(|(start, end)| weights[*start..end].iter().sum()).max().unwrap()
    }

    /// Every way to cut `weights` into `groups` runs.
    fn best(weights: &[usize], groups: usize) -> usize {
        if groups == 1 {
            return weights.iter().sum();
        }
        (1..=weights.len() + 1 - groups)
            .map(|n| weights[..n].iter().sum::<usize>().max(best(&weights[n..], groups - 1)))
            .min()
            .unwrap()
    }

    proptest! {
        #[test]
        fn no_other_cut_has_a_lighter_heaviest_run(
            weights in prop::collection::vec(1usize..20, 1..9),
            groups in 1usize..9,
        ) {
            let groups = groups.min(weights.len());
            let starts = split(&weights, groups);
            prop_assert_eq!(starts.len(), groups);
            prop_assert!(starts.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(heaviest(&weights, &starts), best(&weights, groups));
        }
    }
}
