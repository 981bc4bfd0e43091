//! One pass of a model over a text, by one rank: its stage moves the chunks on, ends the parts of the record and writes the
//! state every so many tokens.
//!
//! Chunks are [`CHUNK`] tokens. What goes from rank to rank is the residual stream of a chunk, `[tokens, hidden]` f32 in
//! little-endian bytes (sink tokens lead the first, see [`crate::sim::stage`]); an empty message ends the pass early. Each chunk is acknowledged when it is received, so that at most
//! [`IN_FLIGHT`] wait between two ranks while both work.

use super::ranks::{IN_FLIGHT, RankError, Ranks};
use super::state::{StateError, StateFolder};
use crate::datasets::checkpoint::Checkpoint;
use crate::datasets::record::RecordError;
use crate::sim::error::SimError;
use crate::sim::evaluate::{CHUNK, Surprisal};
use crate::sim::options::ModelOptions;
use crate::sim::recorder::Recorder;
use crate::sim::stage::{Stage, StageSession, parts};
use crate::sim::state::LayerState;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a pass stopped.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// The model.
    #[error(transparent)]
    Sim(#[from] SimError),
    /// The record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The state.
    #[error(transparent)]
    State(#[from] StateError),
    /// Other ranks.
    #[error(transparent)]
    Rank(#[from] RankError),
    /// A picture.
    #[error(transparent)]
    Plot(#[from] crate::analysis::plot::PlotError),
}

/// Facts of a layer, or of the text, that belong to its state.
pub type Facts = serde_json::Value;

/// A recorder that a pass can be taken up with.
pub trait PartRecorder: Recorder {
    /// Ends a part: what was recorded is safe when it returns. Says what to keep of each layer in its state.
    ///
    /// # Errors
    /// Whatever stops the run.
    fn end_part(&mut self) -> Result<BTreeMap<u16, Facts>, PassError>;
}

impl PartRecorder for () {
    fn end_part(&mut self) -> Result<BTreeMap<u16, Facts>, PassError> {
        Ok(BTreeMap::new())
    }
}

/// What all ranks of a pass know.
pub struct Pass<'a> {
    /// The model.
    pub checkpoint: &'a Checkpoint,
    /// How it is executed.
    pub options: ModelOptions,
    /// The text, at least two tokens.
    pub tokens: &'a [u32],
    /// Tokens of a part; a multiple of [`CHUNK`].
    pub part_tokens: usize,
    /// Who takes part.
    pub ranks: &'a dyn Ranks,
    /// Where the state is kept, if it is.
    pub state: Option<&'a StateFolder>,
}

/// What predicting a text cost so far, in a form that keeps every bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExactSurprisal {
    bits_f64: u64,
    predicted: u64,
    read: u64,
}

impl From<Surprisal> for ExactSurprisal {
    fn from(s: Surprisal) -> Self {
        Self { bits_f64: s.bits.to_bits(), predicted: s.predicted, read: s.read }
    }
}

impl From<ExactSurprisal> for Surprisal {
    fn from(s: ExactSurprisal) -> Self {
        Self { bits: f64::from_bits(s.bits_f64), predicted: s.predicted, read: s.read }
    }
}

impl Pass<'_> {
    /// The layers of this rank, from 0.
    ///
    /// # Errors
    /// [`SimError::Stages`] for more ranks than layers, [`SimError::Layers`] for layers that the model lacks.
    pub fn layers(&self) -> Result<Vec<u16>, PassError> {
        let parts = parts(self.checkpoint.config(), &self.options, self.ranks.size())?;
        Ok(parts
            .into_iter()
            .nth(self.ranks.rank())
            .map_or(Vec::new(), |p| p.layers.map(|l| l as u16).collect()))
    }

    /// What was recorded of each layer of this rank in the state after `part`; empty for `None`.
    ///
    /// # Errors
    /// [`PassError::State`].
    pub fn facts(&self, part: Option<u32>) -> Result<BTreeMap<u16, Facts>, PassError> {
        let mut facts = BTreeMap::new();
        if let (Some(part), Some(state)) = (part, self.state) {
            for layer in self.layers()? {
                facts.insert(layer, state.read_layer(part, layer)?.1);
            }
        }
        Ok(facts)
    }

    /// Moves through the text from the state after part `from`, or from the start; `progress` hears the tokens that this rank
    /// has done and says whether to go on, where the first rank decides. The surprisal is known to the last rank only; what it
    /// says it read is true for all.
    ///
    /// # Errors
    /// [`PassError`].
    pub fn run(
        &self,
        from: Option<u32>,
        recorder: &mut dyn PartRecorder,
        mut progress: impl FnMut(usize) -> bool,
    ) -> Result<Surprisal, PassError> {
        let stages = parts(self.checkpoint.config(), &self.options, self.ranks.size())?;
        let Some(part) = stages.get(self.ranks.rank()) else { return Err(SimError::ForeignState.into()) };
        let stage = Stage::load(self.checkpoint, &self.options, part)?;
        let mut surprisal = Surprisal::default();
        let mut session = match (from, self.state) {
            (Some(from), Some(state)) => {
                surprisal = self.known(state, from)?;
                stage.resume(&self.remembered(state, from)?)?
            }
            _ => stage.start(),
        };
        let mut next = Next { ranks: self.ranks, unacknowledged: 0 };
        while (session.position() as usize) < self.tokens.len() {
            let start = session.position() as usize;
            let chunk = &self.tokens[start..self.tokens.len().min(start + CHUNK)];
            let go_on = progress(start);
            let x = match part.first {
                false => self.receive()?,
                true if go_on => Some(session.embed(chunk)?),
                true => None,
            };
            let Some(mut x) = x else {
                if !part.last {
                    next.send(&[])?;
                }
                break;
            };
            let rows = x.nrows();
            session.advance(&mut x, recorder)?;
            if session.position() as usize != start + chunk.len() {
                let (from, expected) = (self.ranks.rank().saturating_sub(1), chunk.len());
                return Err(RankError::Rows { from, rows, expected }.into());
            }
            if part.last {
                surprisal.observe(&session.logits(&x)?, self.tokens.get(start + 1..).unwrap_or_default());
            } else {
                next.send(&bytes_of(&x))?;
            }
            let position = session.position() as usize;
            if position.is_multiple_of(self.part_tokens) || position == self.tokens.len() {
                self.end_part(&session, recorder, part.last.then_some(surprisal))?;
            }
        }
        next.settle()?;
        surprisal.read = u64::from(session.position());
        Ok(surprisal)
    }

    /// What predicting the text had cost after part `from`.
    ///
    /// # Errors
    /// [`PassError::State`].
    pub fn known(&self, state: &StateFolder, from: u32) -> Result<Surprisal, PassError> {
        let (_, facts) = state.read_text(from)?;
        let known: Result<ExactSurprisal, _> = serde_json::from_value(facts);
        let known = known.map_err(|e| StateError::Damaged { path: "text".into(), reason: e.to_string() })?;
        Ok(known.into())
    }

    fn remembered(&self, state: &StateFolder, from: u32) -> Result<Vec<LayerState>, PassError> {
        let layers = self.layers()?.into_iter();
        layers.map(|layer| Ok(state.read_layer(from, layer)?.0)).collect()
    }

    /// Ends a part of the record, then writes the state that belongs to it.
    fn end_part(
        &self,
        session: &StageSession<'_>,
        recorder: &mut dyn PartRecorder,
        surprisal: Option<Surprisal>,
    ) -> Result<(), PassError> {
        let mut facts = recorder.end_part()?;
        let Some(state) = self.state else { return Ok(()) };
        let part = ((session.position() as usize).div_ceil(self.part_tokens) - 1) as u32;
        for layer in session.save() {
            state.write_layer(part, &layer, facts.remove(&layer.layer).unwrap_or_default())?;
        }
        if let Some(surprisal) = surprisal {
            let facts = serde_json::to_value(ExactSurprisal::from(surprisal));
            let facts =
                facts.map_err(|e| StateError::Damaged { path: "text".into(), reason: e.to_string() })?;
            state.write_text(part, session.position(), facts)?;
        }
        Ok(())
    }

    /// The residual stream of the next chunk from the rank before; `None` if the pass ends early.
    fn receive(&self) -> Result<Option<Array2<f32>>, PassError> {
        let from = self.ranks.rank() - 1;
        let bytes = self.ranks.receive(from)?;
        self.ranks.send(from, &[])?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let hidden = self.checkpoint.config().hidden_size;
        let rows = bytes.len() / (4 * hidden).max(1);
        let numbers = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let x = Array2::from_shape_vec((rows, hidden), numbers);
        Ok(Some(x.map_err(|_| RankError::Rows { from, rows, expected: CHUNK })?))
    }
}

/// The way to the next rank.
struct Next<'a> {
    ranks: &'a dyn Ranks,
    unacknowledged: usize,
}

impl Next<'_> {
    fn send(&mut self, message: &[u8]) -> Result<(), RankError> {
        while self.unacknowledged >= IN_FLIGHT {
            self.acknowledged()?;
        }
        self.unacknowledged += 1;
        self.ranks.send(self.ranks.rank() + 1, message)
    }

    /// Waits until everything sent was received.
    fn settle(&mut self) -> Result<(), RankError> {
        while self.unacknowledged > 0 {
            self.acknowledged()?;
        }
        Ok(())
    }

    fn acknowledged(&mut self) -> Result<(), RankError> {
        self.ranks.receive(self.ranks.rank() + 1)?;
        self.unacknowledged -= 1;
        Ok(())
    }
}

fn bytes_of(x: &Array2<f32>) -> Vec<u8> {
    x.iter().flat_map(|x| x.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests;
