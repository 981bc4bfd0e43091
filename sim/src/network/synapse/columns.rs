//! The synapses of each target: the way back from a spike of the target to the synapses that it changes.

use crate::network::connect::Rows;
use std::ops::Range;

/// A synapse as its target sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Incoming {
    pub(super) source: u32,
    /// Its place in the rows.
    pub(super) place: u32,
}

/// Synapses target by target, those of one target in order of delay, then of source. 8 bytes a synapse.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns {
    first: Vec<u32>,
    synapses: Vec<Incoming>,
}

impl Columns {
    /// Those of `rows` onto `targets` neurons.
    pub(super) fn new(rows: &Rows, targets: usize) -> Self {
        let mut first = vec![0u32; targets + 1];
        rows.targets.iter().for_each(|target| first[usize::from(*target) + 1] += 1);
        for target in 0..targets {
            first[target + 1] += first[target];
        }
        let mut next = first.clone();
        let mut synapses = vec![Incoming { source: 0, place: 0 }; rows.targets.len()];
        for source in 0..rows.first.len().saturating_sub(1) as u32 {
            for place in rows.row(source) {
                let next = &mut next[usize::from(rows.targets[place])];
                synapses[*next as usize] = Incoming { source, place: place as u32 };
                *next += 1;
            }
        }
        for ends in first.windows(2) {
            // Sources ascend already.
            synapses[ends[0] as usize..ends[1] as usize].sort_by_key(|s| rows.delay(s.place as usize));
        }
        Self { first, synapses }
    }

    /// The range of the synapses of a target.
    pub(super) fn of(&self, target: usize) -> Range<u32> {
        self.first[target]..self.first[target + 1]
    }

    /// The synapses of a range.
    pub(super) fn get(&self, range: Range<u32>) -> &[Incoming] {
        &self.synapses[range.start as usize..range.end as usize]
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.first) + size_of_val(&*self.synapses)
    }
}
