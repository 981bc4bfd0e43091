//! The collapsed engine: `acc[t, o] = sum over channels i of W[i, o] s[t, i]`, an integer matrix product.
//!
//! The weights of a group are packed once for all tokens into the order that the kernel reads. Counts beyond what it takes are
//! clamped, and the rest, which is sparse, is added row by row.

use super::block::{Beyond, Block, Scratch, add_row, add_scaled_strip, within};
use super::kernels::{Kernel, QUAD, TILE_OUTPUTS, TokenCounts};

/// The counts of a group.
#[derive(Debug)]
pub(super) struct GroupMatrix {
    /// Channels of the group.
    channels: usize,
    /// `[tokens, channels padded with zeros to whole quads]`.
    counts: Vec<i8>,
    /// Sum of a token's counts.
    sums: Vec<i32>,
    beyond: Vec<Beyond>,
}

impl GroupMatrix {
    /// Of the counts of the group's channels, one slice a token.
    pub(super) fn new<'a>(tokens: impl Iterator<Item = &'a [i32]>) -> Self {
        let mut group = Self { channels: 0, counts: Vec::new(), sums: Vec::new(), beyond: Vec::new() };
        for (token, counts) in tokens.enumerate() {
            group.channels = counts.len();
            let start = group.counts.len();
            let rows = counts.iter().enumerate();
            group.counts.extend(rows.map(|(row, count)| within(*count, token, row, &mut group.beyond)));
            group.sums.push(group.counts[start..].iter().map(|s| i32::from(*s)).sum());
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
        let counts = TokenCounts {
            counts: &self.counts,
            stride: self.channels.next_multiple_of(QUAD),
            sums: &self.sums,
        };
        scratch.strip.resize(self.sums.len(), [0; TILE_OUTPUTS]);
        for (strip, tile) in scratch.tile.chunks_exact(quads.max(1)).enumerate() {
            let first = strip * TILE_OUTPUTS;
            let width = TILE_OUTPUTS.min(outputs - first);
            kernel.multiply(tile, counts, &mut scratch.strip);
            for beyond in &self.beyond {
                let weights = &rows.row(beyond.row, outputs)[first..][..width];
                add_row(&mut scratch.strip[beyond.token][..width], weights, beyond.count);
            }
            add_scaled_strip(&mut y[first..], outputs, &scratch.strip, &block.scales(g)[first..][..width]);
        }
    }

    /// Packs the weights of the group, strip by strip of outputs; what a quad or a strip lacks is 0.
    fn pack(&self, kernel: Kernel, block: &Block<'_>, g: usize, tile: &mut Vec<[i8; QUAD * TILE_OUTPUTS]>) {
        let (rows, quads) = (block.rows(g), self.channels.div_ceil(QUAD));
        tile.resize(block.outputs.div_ceil(TILE_OUTPUTS) * quads, [0; QUAD * TILE_OUTPUTS]);
        for q in 0..quads {
            let in_quad = QUAD.min(self.channels - q * QUAD);
            let whole: [&[i8]; QUAD] =
                std::array::from_fn(
                    |r| if r < in_quad { rows.row(q * QUAD + r, block.outputs) } else { &[] },
                );
            for strip in 0..block.outputs.div_ceil(TILE_OUTPUTS) {
                let mut padded = [[0; TILE_OUTPUTS]; QUAD];
                let strips = whole.map(|row| row.get(strip * TILE_OUTPUTS..).unwrap_or_default());
                let mut quad: [&[i8; TILE_OUTPUTS]; QUAD] = [&[0; TILE_OUTPUTS]; QUAD];
                for ((quad, padded), row) in quad.iter_mut().zip(&mut padded).zip(strips) {
                    *quad = if let Some(row) = row.first_chunk() {
                        row
                    } else {
                        padded[..row.len()].copy_from_slice(row);
                        padded
                    };
                }
                kernel.pack(quad, &mut tile[strip * quads + q]);
            }
        }
    }
}
