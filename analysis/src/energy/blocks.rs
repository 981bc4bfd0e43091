//! Weight memory is read in blocks: which blocks a coded vector touches.
//!
//! A matrix of N inputs (channels) and M outputs holds one INT8 weight a byte. A block of B bytes is read whole, and a read is
//! saved only if no channel in the block fires.
//!
//! ```text
//! input-major: a row holds the weights of one channel        output-major: a row holds the weights of one output
//!
//!   channel 0  [o0 o1 o2 o3|o4 o5 o6 o7]   B = 4                output 0  [c0 c1 c2 c3|c4 c5 c6 c7]   B = 4
//!   channel 1  [o0 o1 o2 o3|o4 o5 o6 o7]                        output 1  [c0 c1 c2 c3|c4 c5 c6 c7]
//!
//!   M >= B: a block belongs to one channel: skipped             N >= B: a block holds B consecutive channels:
//!           when that channel is silent                                 skipped when all of them are silent
//!   M <  B: a block holds the rows of neighbouring channels     N <  B: a block holds all channels of some outputs
//! ```
//!
//! Rows start at a block boundary; short rows share a block, a power of two of them. So a fetch is decided by groups of
//! 2^l consecutive channels, aligned, and one pass that joins neighbours pairwise ([`Occupancy`]) answers every block size.
//! A group costs one fetch a token if the weights are kept while all its steps are delivered, or one a step at which any
//! of its channels fires if they are not ([`Refetch`]).

use super::coding::SpikeCoding;
use serde::{Deserialize, Serialize};

/// Number of block sizes: 1, 2, 4, ... bytes.
pub(super) const BLOCK_SIZES: usize = 13;

/// Order of the weights in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// The weights of one input lie side by side, as event-driven engines need them.
    #[default]
    InputMajor,
    /// The weights of one output lie side by side, as a dot product needs them.
    OutputMajor,
}

/// How often the weights of a channel that fires at several steps are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refetch {
    /// At every step at which the block has a spike: steps are delivered one after the other, as an event-driven chip does.
    #[default]
    Step,
    /// Once a token: the block is kept until all its steps are delivered.
    Token,
}

/// Size, order and reuse of weight blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    block_bytes: u32,
    /// Order of the weights.
    pub layout: Layout,
    /// Reuse between steps.
    pub refetch: Refetch,
}

/// The block size is not a power of two up to 4096.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a block of {0} bytes: choose a power of two from 1 to 4096")]
pub struct BlockSizeError(pub u64);

impl Default for Fetch {
    /// Blocks of 8 bytes (the 64 bits of an SRAM access), input-major, read at every step.
    fn default() -> Self {
        Self { block_bytes: 8, layout: Layout::default(), refetch: Refetch::default() }
    }
}

impl Fetch {
    /// Blocks of `block_bytes` bytes.
    ///
    /// # Errors
    /// [`BlockSizeError`] unless it is a power of two from 1 to 4096.
    pub fn new(block_bytes: u64, layout: Layout, refetch: Refetch) -> Result<Self, BlockSizeError> {
        match u32::try_from(block_bytes) {
            Ok(bytes) if bytes.is_power_of_two() && bytes < 1 << BLOCK_SIZES => {
                Ok(Self { block_bytes: bytes, layout, refetch })
            }
            _ => Err(BlockSizeError(block_bytes)),
        }
    }

    /// Bytes of a block.
    #[must_use]
    pub fn block_bytes(self) -> u32 {
        self.block_bytes
    }

    /// The same blocks, kept until all steps of a token are delivered.
    #[must_use]
    pub fn kept(self) -> Self {
        Self { refetch: Refetch::Token, ..self }
    }

    /// Blocks of every size.
    pub fn sizes(layout: Layout, refetch: Refetch) -> impl Iterator<Item = Self> {
        (0..BLOCK_SIZES).map(move |size| Self { block_bytes: 1 << size, layout, refetch })
    }

    pub(super) fn index(self) -> usize {
        let size = self.block_bytes.trailing_zeros() as usize;
        let layout = usize::from(self.layout == Layout::OutputMajor);
        let refetch = usize::from(self.refetch == Refetch::Token);
        (size * 2 + layout) * 2 + refetch
    }

    /// Group size (as a power of two) that decides a fetch, and blocks that the group is made of: `rows` rows of `length`
    /// weights each, where rows or columns are channels by the layout.
    fn group(self, inputs: u64, outputs: u64) -> (u32, u64) {
        let block = u64::from(self.block_bytes);
        let log2_down = |x: u64| x.max(1).ilog2();
        match self.layout {
            Layout::InputMajor if outputs >= block => (0, outputs.div_ceil(block)),
            Layout::InputMajor => (log2_down(block / outputs.max(1)), 1),
            Layout::OutputMajor if inputs >= block => (log2_down(block), outputs),
            Layout::OutputMajor => {
                let sharing = 1u64 << log2_down(block / inputs.max(1));
                (log2_down(inputs.max(1).next_power_of_two()), outputs.div_ceil(sharing))
            }
        }
    }

    /// Blocks that a vector with `occupancy` reads of a matrix of `inputs` channels and `outputs` outputs.
    #[must_use]
    pub fn blocks(self, occupancy: &Occupancy, inputs: u64, outputs: u64) -> u64 {
        let (level, each) = self.group(inputs, outputs);
        let groups = match self.refetch {
            Refetch::Token => occupancy.active(level),
            Refetch::Step => occupancy.firing(level),
        };
        groups * each
    }

    /// Blocks of the whole matrix: what a dense product reads.
    #[must_use]
    pub fn dense_blocks(self, inputs: u64, outputs: u64) -> u64 {
        let (level, each) = self.group(inputs, outputs);
        inputs.div_ceil(1 << level) * each
    }
}

/// How many groups of 2^l consecutive channels fire, and at how many steps, for every l.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occupancy {
    active: Vec<u64>,
    firing: Vec<u64>,
    joined: Vec<u32>,
}

impl Occupancy {
    /// Takes the patterns of a new vector, which are used up.
    pub fn observe(&mut self, coding: SpikeCoding, patterns: &mut Vec<u32>) {
        self.active.clear();
        self.firing.clear();
        std::mem::swap(&mut self.joined, patterns);
        loop {
            self.active.push(self.joined.iter().filter(|p| **p != 0).count() as u64);
            self.firing.push(self.joined.iter().map(|p| u64::from(coding.firing_steps(*p))).sum());
            let groups = self.joined.len();
            if groups <= 1 {
                break;
            }
            for group in 0..groups.div_ceil(2) {
                let pair = &self.joined[2 * group..groups.min(2 * group + 2)];
                let joined = pair.iter().fold(0, |a, b| coding.join(a, *b));
                self.joined[group] = joined;
            }
            self.joined.truncate(groups.div_ceil(2));
        }
    }

    /// Groups of 2^`level` channels with a spike at any step; beyond the vector's length, the vector is one group.
    fn active(&self, level: u32) -> u64 {
        self.active.get(level as usize).or(self.active.last()).copied().unwrap_or(0)
    }

    /// Steps at which groups of 2^`level` channels have a spike, summed over the groups.
    fn firing(&self, level: u32) -> u64 {
        self.firing.get(level as usize).or(self.firing.last()).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Blocks read, byte by byte: the address of every weight that a firing channel needs.
    fn by_address(fetch: Fetch, patterns: &[u32], outputs: u64) -> u64 {
        let (inputs, block) = (patterns.len() as u64, u64::from(fetch.block_bytes));
        let row = if fetch.layout == Layout::InputMajor { outputs } else { inputs };
        let mut slot = row.div_ceil(block) * block;
        if row < block {
            slot = block;
            while slot / 2 >= row {
                slot /= 2;
            }
        }
        let mut read = BTreeSet::new();
        for (channel, pattern) in (0..).zip(patterns) {
            for step in (0..u32::BITS).filter(|b| pattern >> b & 1 == 1) {
                for output in 0..outputs {
                    let (r, c) = if fetch.layout == Layout::InputMajor {
                        (channel, output)
                    } else {
                        (output, channel)
                    };
                    let step = if fetch.refetch == Refetch::Step { step } else { 0 };
                    read.insert((step, (r * slot + c) / block));
                }
            }
        }
        read.len() as u64
    }

    proptest! {
        #[test]
        fn the_blocks_read_are_those_that_hold_a_needed_weight(
            patterns in prop::collection::vec(prop_oneof![3 => Just(0u32), 2 => 0u32..8], 1..40),
            outputs in 1u64..40,
            size in 0usize..8,
        ) {
            for layout in [Layout::InputMajor, Layout::OutputMajor] {
                for refetch in [Refetch::Step, Refetch::Token] {
                    let fetch = Fetch { block_bytes: 1 << size, layout, refetch };
                    let mut occupancy = Occupancy::default();
                    occupancy.observe(SpikeCoding::BitwiseSigned, &mut patterns.clone());
                    let found = fetch.blocks(&occupancy, patterns.len() as u64, outputs);
                    prop_assert_eq!(found, by_address(fetch, &patterns, outputs), "{:?}", fetch);
                    let all = vec![1; patterns.len()];
                    let dense = fetch.dense_blocks(patterns.len() as u64, outputs);
                    prop_assert_eq!(dense, by_address(fetch, &all, outputs));
                }
            }
        }
    }

    #[test]
    fn a_block_of_one_channel_skips_as_the_report_does_and_a_block_of_the_row_skips_nothing() {
        let patterns = [0u32, 5, 0, 1];
        let read = |bytes| {
            let mut occupancy = Occupancy::default();
            occupancy.observe(SpikeCoding::BitwiseSigned, &mut patterns.to_vec());
            let fetch = Fetch { block_bytes: bytes, layout: Layout::OutputMajor, refetch: Refetch::Token };
            fetch.blocks(&occupancy, 4, 10) * u64::from(bytes)
        };
        assert_eq!((read(1), read(2), read(4)), (2 * 10, 4 * 10, 4 * 10));
    }

    #[test]
    fn a_block_that_is_no_power_of_two_is_refused() {
        assert!(
            [0, 3, 8192, u64::MAX]
                .iter()
                .all(|b| Fetch::new(*b, Layout::default(), Refetch::default()).is_err())
        );
        assert!(Fetch::new(4096, Layout::default(), Refetch::default()).is_ok());
    }
}
