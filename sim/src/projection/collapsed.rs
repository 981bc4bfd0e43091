//! The collapsed engine: `acc[t, o] = sum over channels i of W[i, o] s[t, i]`, an integer matrix product.
//!
//! The weights of a group are packed once for all tokens into the order that the kernel reads. Counts beyond what it takes are
//! clamped, and the rest, which is sparse, is added row by row.

use super::block::{Beyond, Block, Scratch, add_row, add_scaled_tokens, note_beyond, within};
use super::kernels::{Kernel, LINE, QUAD, Rows, TILE_OUTPUTS, TokenCounts, prefetch};

/// Tokens whose sums are held at a time; a multiple of what the kernels keep in registers.
const TOKENS_AT_ONCE: usize = 12;

/// The counts of a group.
#[derive(Debug)]
pub(super) struct GroupMatrix {
    /// Channels of the group.
    channels: usize,
    /// `[tokens, channels padded with zeros to whole quads]`.
    counts: Vec<i8>,
    /// Sum of a token's counts.
    sums: Vec<i32>,
    /// Largest magnitude of a token's counts, within what the kernels take.
    largest: Vec<u8>,
    beyond: Vec<Beyond>,
}

impl GroupMatrix {
    /// Of the counts of the group's channels, one slice a token.
    pub(super) fn new<'a>(tokens: impl Iterator<Item = &'a [i32]>) -> Self {
        let mut group = Self {
            channels: 0,
            counts: Vec::new(),
            sums: Vec::new(),
            largest: Vec::new(),
            beyond: Vec::new(),
        };
        for (token, counts) in tokens.enumerate() {
            group.channels = counts.len();
            let start = group.counts.len();
            note_beyond(counts, token, &mut group.beyond);
            group.counts.extend(counts.iter().map(|count| within(*count)));
            group.sums.push(group.counts[start..].iter().map(|s| i32::from(*s)).sum());
            group
                .largest
                .push(group.counts[start..].iter().fold(0, |largest, s| largest.max(s.unsigned_abs())));
            group.counts.resize(start + counts.len().next_multiple_of(QUAD), 0);
        }
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
        let (rows, outputs) = (block.rows(g), block.outputs);
        let quads = self.channels.div_ceil(QUAD);
        self.pack(kernel, block, g, &mut scratch.tile);
        let padded = self.channels.next_multiple_of(QUAD);
        let mut ahead = Ahead::of(block, g + 1, scratch.tile.len() / quads.max(1) * self.sums.len());
        let mut acc = [[0; TILE_OUTPUTS]; TOKENS_AT_ONCE];
        for (strip, tile) in scratch.tile.chunks_exact(quads.max(1)).enumerate() {
            let first = strip * TILE_OUTPUTS;
            let width = TILE_OUTPUTS.min(outputs - first);
            let scales = &block.scales(g)[first..][..width];
            let mut beyond = self.beyond.iter().peekable();
            for (batch, sums) in self.sums.chunks(TOKENS_AT_ONCE).enumerate() {
                let token = batch * TOKENS_AT_ONCE;
                let acc = &mut acc[..sums.len()];
                ahead.ask(sums.len());
                kernel.multiply(
                    tile,
                    TokenCounts {
                        counts: &self.counts[token * padded..],
                        stride: padded,
                        sums,
                        largest: &self.largest[token..],
                    },
                    acc,
                );
                while let Some(beyond) = beyond.next_if(|beyond| beyond.token < token + sums.len()) {
                    let weights = &rows.row(beyond.row, outputs)[first..][..width];
                    add_row(&mut acc[beyond.token - token][..width], weights, beyond.count);
                }
                add_scaled_tokens(&mut y[token * outputs + first..], outputs, acc, scales);
            }
        }
    }

    /// Packs the weights of the group, strip by strip of outputs; what a quad or a strip lacks is 0.
    fn pack(&self, kernel: Kernel, block: &Block<'_>, g: usize, tile: &mut Vec<[i8; QUAD * TILE_OUTPUTS]>) {
        const NONE: &[i8; TILE_OUTPUTS] = &[0; TILE_OUTPUTS];
        let (rows, quads) = (block.rows(g), self.channels.div_ceil(QUAD));
        tile.resize(block.outputs.div_ceil(TILE_OUTPUTS) * quads, [0; QUAD * TILE_OUTPUTS]);
        for q in 0..quads {
            let in_quad = q * QUAD..self.channels.min((q + 1) * QUAD);
            let mut strips = [(&[][..], &[][..]); QUAD];
            for (strips, row) in strips.iter_mut().zip(in_quad) {
                let (whole, rest) = rows.row(row, block.outputs).as_chunks::<TILE_OUTPUTS>();
                *strips = (whole, rest);
            }
            let whole = block.outputs / TILE_OUTPUTS;
            for strip in 0..whole {
                kernel.pack(
                    strips.map(|(whole, _)| whole.get(strip).unwrap_or(NONE)),
                    &mut tile[strip * quads + q],
                );
            }
            if block.outputs > whole * TILE_OUTPUTS {
                let padded = strips.map(|(_, rest)| {
                    let mut padded = *NONE;
                    padded[..rest.len()].copy_from_slice(rest);
                    padded
                });
                kernel.pack(padded.each_ref(), &mut tile[whole * quads + q]);
            }
        }
    }
}

/// Asks for the weights of the next group bit by bit while this one is multiplied, so that memory works meanwhile.
struct Ahead<'a> {
    rows: Rows<'a>,
    lines_in_row: usize,
    lines: usize,
    asked: usize,
    steps: usize,
    done: usize,
}

impl<'a> Ahead<'a> {
    /// The weights of group `g`, if there is one, to be asked for in so many `steps`.
    fn of(block: &Block<'a>, g: usize, steps: usize) -> Self {
        let rows = block.rows(g);
        let in_group = if rows.weights.is_empty() { 0 } else { rows.weights.len().div_ceil(rows.stride) };
        let lines_in_row = block.outputs.div_ceil(LINE);
        let lines = in_group.min(block.group_size) * lines_in_row;
        Self { rows, lines_in_row, lines, asked: 0, steps, done: 0 }
    }

    fn ask(&mut self, steps: usize) {
        self.done += steps;
        let until = self.lines * self.done / self.steps.max(1);
        for line in self.asked..until {
            let at = line / self.lines_in_row * self.rows.stride + line % self.lines_in_row * LINE;
            prefetch(self.rows.weights.get(at..).unwrap_or_default());
        }
        self.asked = until;
    }
}
