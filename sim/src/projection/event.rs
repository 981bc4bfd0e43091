//! The event-driven engine: `acc[o] = sum over active channels i of W[i, o] s[i]`, token by token.
//!
//! With one token the weights of the active channels are read where they lie, and nothing else is. With several, the rows that
//! any of them needs are first laid side by side, so that memory is read once.

use super::block::{Beyond, Block, Scratch, add_row, add_scaled, note_beyond, within};
use super::kernels::{Active, Kernel, Rows};

/// The active channels of a group, token by token.
#[derive(Debug)]
pub(super) struct GroupEvents {
    /// Those of one token after the other.
    active: Vec<Active>,
    /// Where those of each token end.
    ends: Vec<usize>,
    beyond: Vec<Beyond>,
    /// Rows that any token needs, ascending.
    needed: Vec<usize>,
}

impl GroupEvents {
    /// Of the counts of the group's channels, one slice a token.
    pub(super) fn new<'a>(tokens: impl Iterator<Item = &'a [i32]>) -> Self {
        let mut group = Self { active: Vec::new(), ends: Vec::new(), beyond: Vec::new(), needed: Vec::new() };
        let mut is_needed = Vec::new();
        for (token, counts) in tokens.enumerate() {
            note_beyond(counts, token, &mut group.beyond);
            is_needed.resize(counts.len(), false);
            for (row, count) in counts.iter().enumerate().filter(|(_, count)| **count != 0) {
                group.active.push(Active { row: row as u32, count: within(*count) });
                is_needed[row] = true;
            }
            group.ends.push(group.active.len());
        }
        group.needed = (0..is_needed.len()).filter(|row| is_needed[*row]).collect();
        group
    }

    /// Adds group `g` to the outputs `y` `[tokens, block outputs]`.
    pub(super) fn add(
        &self,
        kernel: Kernel,
        block: &Block<'_>,
        g: usize,
        scratch: &mut Scratch,
        y: &mut [f32],
    ) {
        let outputs = block.outputs;
        let mut rows = block.rows(g);
        let Scratch { sums, rows: copies, .. } = scratch;
        if self.ends.len() > 1 {
            copies.resize(self.needed.last().map_or(0, |last| last + 1) * outputs, 0);
            for row in &self.needed {
                copies[row * outputs..][..outputs].copy_from_slice(rows.row(*row, outputs));
            }
            rows = Rows { weights: copies, stride: outputs };
        }
        sums.resize(outputs, 0);
        let mut beyond = self.beyond.iter().peekable();
        let mut start = 0;
        for ((token, end), y) in self.ends.iter().enumerate().zip(y.chunks_exact_mut(outputs)) {
            kernel.event(rows, &self.active[start..*end], sums);
            while let Some(beyond) = beyond.next_if(|beyond| beyond.token == token) {
                add_row(sums, rows.row(beyond.row, outputs), beyond.count);
            }
            add_scaled(y, sums, block.scales(g));
            start = *end;
        }
    }
}
