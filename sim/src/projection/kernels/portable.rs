//! The kernels in plain Rust: for machines without the instruction sets beside it, and the twin that those are tested with.

use super::{Active, QUAD, Rows, TILE_OUTPUTS, TokenCounts};

/// `acc[o] = sum over active i of W[i, o] s[i]`.
pub(super) fn event(rows: Rows<'_>, active: &[Active], acc: &mut [i32]) {
    let outputs = acc.len();
    acc.fill(0);
    for Active { row, count } in active {
        for (acc, w) in acc.iter_mut().zip(rows.row(*row as usize, outputs)) {
            *acc = acc.wrapping_add(i32::from(*w) * i32::from(*count));
        }
    }
}

/// Four rows to `[outputs, 4]`.
pub(super) fn pack(rows: [&[i8; TILE_OUTPUTS]; QUAD], quad: &mut [i8; QUAD * TILE_OUTPUTS]) {
    for (o, quad) in quad.chunks_exact_mut(QUAD).enumerate() {
        for (weight, row) in quad.iter_mut().zip(rows) {
            *weight = row[o];
        }
    }
}

/// `acc[t, o] = sum over i of W[i, o] s[t, i]`.
pub(super) fn multiply(
    tile: &[[i8; QUAD * TILE_OUTPUTS]],
    counts: TokenCounts<'_>,
    acc: &mut [[i32; TILE_OUTPUTS]],
) {
    for (t, acc) in acc.iter_mut().enumerate() {
        acc.fill(0);
        for (quad, counts) in tile.iter().zip(counts.of(t, tile.len()).chunks_exact(QUAD)) {
            for (acc, weights) in acc.iter_mut().zip(quad.chunks_exact(QUAD)) {
                let sum: i32 = weights.iter().zip(counts).map(|(w, s)| i32::from(*w) * i32::from(*s)).sum();
                *acc = acc.wrapping_add(sum);
            }
        }
    }
}
