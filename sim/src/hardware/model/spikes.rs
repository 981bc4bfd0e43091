//! The spikes of a record, token by token.
//!
//! A record lies by layer and projection, so some tokens at a time are read from all of it; what is held is bounded by the
//! spikes of those tokens.

use super::cut::Stage;
use crate::hardware::ChipError;
use std::collections::{HashMap, VecDeque};
use synfire_datasets::record::{RunReader, SpikeFilter};

/// Tokens that are read at a time.
const WINDOW: u32 = 64;

/// What a token does, stage by stage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenSpikes {
    /// Of each stage, step and neuron of each spike, in order.
    pub spikes: Vec<Vec<(u32, u32)>>,
    /// Of each stage, virtual time steps.
    pub steps: Vec<u32>,
}

/// Reads a record.
pub struct RecordedSpikes<'a> {
    reader: &'a RunReader,
    stages: HashMap<(u16, synfire_datasets::spikes::Projection), usize>,
    tokens: u32,
    next: u32,
    read: VecDeque<TokenSpikes>,
}

impl<'a> RecordedSpikes<'a> {
    /// The first `tokens` tokens of a record, or fewer if it has fewer.
    #[must_use]
    pub fn new(reader: &'a RunReader, stages: &[Stage], tokens: u32) -> Self {
        let tokens = tokens.min(u32::try_from(reader.manifest().tokens).unwrap_or(u32::MAX));
        let stages = stages.iter().enumerate().map(|(i, s)| ((s.layer, s.projection), i)).collect();
        Self { reader, stages, tokens, next: 0, read: VecDeque::new() }
    }

    fn read_window(&mut self) -> Result<(), ChipError> {
        let record = |e: &dyn std::fmt::Display| ChipError::Record(e.to_string());
        let range = self.next..self.tokens.min(self.next.saturating_add(WINDOW));
        let stages = self.stages.len();
        let empty = TokenSpikes { spikes: vec![Vec::new(); stages], steps: vec![1; stages] };
        let mut window = vec![empty; range.len()];
        for rows in self.reader.activity().map_err(|e| record(&e))? {
            for row in rows.map_err(|e| record(&e))?.iter().filter(|row| range.contains(&row.token)) {
                if let Some(stage) = self.stages.get(&(row.layer, row.projection)) {
                    let steps = &mut window[(row.token - range.start) as usize].steps[*stage];
                    *steps = (*steps).max(row.steps);
                }
            }
        }
        let filter = SpikeFilter { tokens: Some(range.clone()), ..SpikeFilter::default() };
        for batch in self.reader.spikes(&filter).map_err(|e| record(&e))? {
            let batch = batch.map_err(|e| record(&e))?;
            let Some(stage) = self.stages.get(&(batch.layer, batch.projection)) else { continue };
            for spike in batch.iter() {
                window[(spike.token - range.start) as usize].spikes[*stage].push((spike.step, spike.neuron));
            }
        }
        window.iter_mut().flat_map(|token| &mut token.spikes).for_each(|spikes| spikes.sort_unstable());
        self.next = range.end;
        self.read = window.into();
        Ok(())
    }
}

impl Iterator for RecordedSpikes<'_> {
    type Item = Result<TokenSpikes, ChipError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.read.is_empty()
            && self.next < self.tokens
            && let Err(e) = self.read_window()
        {
            self.next = self.tokens;
            return Some(Err(e));
        }
        self.read.pop_front().map(Ok)
    }
}
