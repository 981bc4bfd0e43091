//! NEON: `smull` and `smlal` multiply bytes to 16 bits and add a second product; two of at most 128 x 127 fit.

use super::{Active, QUAD, Rows, TILE_OUTPUTS, TokenCounts};
use std::arch::aarch64::*;

/// Columns that the event kernel adds at a time, the bytes of a register.
const COLUMNS: usize = 16;
const LANES: usize = 4;

/// See [`super::Kernel::event`].
///
/// # Safety
/// The machine has NEON; every active row holds `acc.len()` weights.
#[target_feature(enable = "neon")]
pub(super) unsafe fn event(rows: Rows<'_>, active: &[Active], acc: &mut [i32]) {
    let whole = acc.len() / COLUMNS * COLUMNS;
    let (acc, rest) = acc.split_at_mut(whole);
    if !rest.is_empty() {
        let weights = &rows.weights[whole.min(rows.weights.len())..];
        super::portable::event(Rows { weights, ..rows }, active, rest);
    }
    acc.fill(0);
    for pair in active.chunks(2) {
        let (first, second) = match pair {
            [first, second] => (*first, *second),
            [first] => (*first, Active { count: 0, ..*first }),
            _ => continue,
        };
        // SAFETY: both rows lie in the weights, 16 weights at every column, and 16 sums at `acc`.
        unsafe {
            let row = |active: Active| rows.weights.as_ptr().add(active.row as usize * rows.stride);
            let (a, b) = (row(first), row(second));
            let (a_count, b_count) = (vdupq_n_s8(first.count), vdupq_n_s8(second.count));
            for (column, acc) in acc.chunks_exact_mut(COLUMNS).enumerate() {
                let (a, b) = (vld1q_s8(a.add(column * COLUMNS)), vld1q_s8(b.add(column * COLUMNS)));
                let low = vmull_s8(vget_low_s8(a), vget_low_s8(a_count));
                let low = vmlal_s8(low, vget_low_s8(b), vget_low_s8(b_count));
                let high = vmlal_high_s8(vmull_high_s8(a, a_count), b, b_count);
                let at = acc.as_mut_ptr();
                let halves = [vget_low_s16(low), vget_high_s16(low), vget_low_s16(high), vget_high_s16(high)];
                for (k, half) in halves.into_iter().enumerate() {
                    let at = at.add(k * LANES);
                    vst1q_s32(at, vaddw_s16(vld1q_s32(at), half));
                }
            }
        }
    }
}

/// See [`super::Kernel::multiply`]; the tile is in the portable order.
///
/// # Safety
/// The machine has NEON; there is a count for every token and channel of the tile.
#[target_feature(enable = "neon")]
pub(super) unsafe fn multiply(
    tile: &[[i8; QUAD * TILE_OUTPUTS]],
    counts: TokenCounts<'_>,
    acc: &mut [[i32; TILE_OUTPUTS]],
) {
    for (t, acc) in acc.iter_mut().enumerate() {
        let mut sums = [vdupq_n_s32(0); TILE_OUTPUTS / LANES];
        // SAFETY: the counts of a token lie at `stride`, and a quad of the tile is sixteen registers.
        unsafe {
            let start = counts.counts.as_ptr().add(t * counts.stride);
            for (q, quad) in tile.iter().enumerate() {
                let four = start.add(q * QUAD).cast::<i32>().read_unaligned();
                let four = vreinterpretq_s8_s32(vdupq_n_s32(four));
                for (k, sum) in sums.iter_mut().enumerate() {
                    let weights = vld1q_s8(quad.as_ptr().add(k * COLUMNS));
                    let low = vpaddlq_s16(vmull_s8(vget_low_s8(weights), vget_low_s8(four)));
                    let high = vpaddlq_s16(vmull_high_s8(weights, four));
                    *sum = vaddq_s32(*sum, vpaddq_s32(low, high));
                }
            }
            for (k, sum) in sums.into_iter().enumerate() {
                vst1q_s32(acc.as_mut_ptr().add(k * LANES), sum);
            }
        }
    }
}
