//! AVX2: `vpmaddubsw` multiplies unsigned with signed bytes and adds pairs in 16 bits, `vpmaddwd` adds the pairs in 32.
//!
//! Products of pairs must not leave 16 bits, where they saturate. The event kernel moves the sign of the weight to the count,
//! `W s = |W| (sign(W) s)`: with |W| <= 128 and |s| <= 127 a pair is at most 32512. The collapsed one has weights that are packed as
//! `W + 128`, so that nothing is left to do but to multiply; `128 sum(s)` is taken off again. A pair is then at most `510 |s|`, and as
//! most counts are small, those of several channels are added in 16 bits before they go into 32. Tokens with counts beyond 64 go
//! the way of the event kernel. The bytes of four channels are interleaved as in the VNNI kernel, 32 columns at a time.

use super::{Active, QUAD, Rows, TILE_OUTPUTS, TokenCounts, prefetch};
use std::arch::x86_64::*;

/// Columns that are interleaved at a time, the bytes of a register.
const COLUMNS: usize = 32;
const LANES: usize = 8;
/// Tokens whose sums the collapsed kernel keeps in registers.
const TOKENS_AT_ONCE: usize = 2;

/// Four rows of 32 bytes, interleaved: register k holds outputs 16 j + 4 k .. + 4 in lane j.
#[inline]
#[target_feature(enable = "avx2")]
fn interleave(rows: [__m256i; QUAD]) -> [__m256i; 4] {
    let (ab_low, ab_high) = (_mm256_unpacklo_epi8(rows[0], rows[1]), _mm256_unpackhi_epi8(rows[0], rows[1]));
    let (cd_low, cd_high) = (_mm256_unpacklo_epi8(rows[2], rows[3]), _mm256_unpackhi_epi8(rows[2], rows[3]));
    [
        _mm256_unpacklo_epi16(ab_low, cd_low),
        _mm256_unpackhi_epi16(ab_low, cd_low),
        _mm256_unpacklo_epi16(ab_high, cd_high),
        _mm256_unpackhi_epi16(ab_high, cd_high),
    ]
}

/// Puts the outputs of interleaved registers in order.
#[inline]
#[target_feature(enable = "avx2")]
fn turn_lanes([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    const LOW: i32 = 0x20;
    const HIGH: i32 = 0x31;
    [
        _mm256_permute2x128_si256::<LOW>(a, b),
        _mm256_permute2x128_si256::<LOW>(c, d),
        _mm256_permute2x128_si256::<HIGH>(a, b),
        _mm256_permute2x128_si256::<HIGH>(c, d),
    ]
}

/// The products of pairs of any weights and counts.
#[inline]
#[target_feature(enable = "avx2")]
fn pairs_of_any(weights: __m256i, counts: __m256i) -> __m256i {
    _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(counts, weights))
}

/// `sums` at `at` and the sums of two pairs each.
///
/// # Safety
/// 8 sums lie at `at`.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn add_pairs(at: *mut __m256i, pairs: __m256i) {
    let twos = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    // SAFETY: handed on from the caller.
    unsafe { _mm256_storeu_si256(at, _mm256_add_epi32(_mm256_loadu_si256(at), twos)) };
}

/// See [`super::Kernel::event`].
///
/// # Safety
/// The machine has AVX2; every active row holds `acc.len()` weights.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn event(rows: Rows<'_>, active: &[Active], acc: &mut [i32]) {
    let whole = acc.len() / COLUMNS * COLUMNS;
    let (acc, rest) = acc.split_at_mut(whole);
    if !rest.is_empty() {
        let weights = &rows.weights[whole.min(rows.weights.len())..];
        super::portable::event(Rows { weights, ..rows }, active, rest);
    }
    acc.fill(0);
    let weights = rows.weights.as_ptr();
    let mut chunks = active.chunks(QUAD).peekable();
    while let Some(chunk) = chunks.next() {
        let next = chunks.peek().copied().unwrap_or_default();
        let mut starts = [weights; QUAD];
        let mut counts = [0u8; QUAD];
        for ((start, count), active) in starts.iter_mut().zip(&mut counts).zip(chunk) {
            // SAFETY: the row lies in the weights.
            *start = unsafe { weights.add(active.row as usize * rows.stride) };
            *count = active.count as u8;
        }
        // What a short chunk lacks are channels without spikes, of a row that is read anyway.
        let first = starts[0];
        starts[chunk.len()..].fill(first);
        let counts = _mm256_set1_epi32(i32::from_le_bytes(counts));
        for (column, acc) in acc.chunks_exact_mut(COLUMNS).enumerate() {
            for active in next {
                prefetch(&rows.weights[active.row as usize * rows.stride + column * COLUMNS..]);
            }
            // SAFETY: 32 weights lie at the column of each row, and 32 sums at `acc`.
            unsafe {
                let rows = starts.map(|start| _mm256_loadu_si256(start.add(column * COLUMNS).cast()));
                for (k, weights) in interleave(rows).into_iter().enumerate() {
                    add_pairs(acc.as_mut_ptr().add(k * LANES).cast(), pairs_of_any(weights, counts));
                }
            }
        }
    }
    for acc in acc.chunks_exact_mut(COLUMNS) {
        let at = acc.as_mut_ptr();
        // SAFETY: 32 sums lie at `acc`.
        unsafe {
            let sums = [0, 1, 2, 3].map(|k| _mm256_loadu_si256(at.add(k * LANES).cast()));
            for (k, sum) in turn_lanes(sums).into_iter().enumerate() {
                _mm256_storeu_si256(at.add(k * LANES).cast(), sum);
            }
        }
    }
}

/// See [`super::Kernel::pack`]: `W + 128`, `[outputs, 4]`.
///
/// # Safety
/// The machine has AVX2.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn pack(rows: [&[i8; TILE_OUTPUTS]; QUAD], quad: &mut [i8; QUAD * TILE_OUTPUTS]) {
    for half in 0..TILE_OUTPUTS / COLUMNS {
        // SAFETY: a row is two registers, and eight fill the quad.
        unsafe {
            let rows = rows.map(|row| _mm256_loadu_si256(row.as_ptr().add(half * COLUMNS).cast()));
            for (k, weights) in turn_lanes(interleave(rows)).into_iter().enumerate() {
                let weights = _mm256_xor_si256(weights, _mm256_set1_epi8(i8::MIN));
                _mm256_storeu_si256(quad.as_mut_ptr().add((half * 4 + k) * COLUMNS).cast(), weights);
            }
        }
    }
}

/// See [`super::Kernel::multiply`].
///
/// # Safety
/// The machine has AVX2; there is a count for every token and channel of the tile.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn multiply(
    tile: &[[i8; QUAD * TILE_OUTPUTS]],
    counts: TokenCounts<'_>,
    acc: &mut [[i32; TILE_OUTPUTS]],
) {
    let (whole, rest) = acc.as_chunks_mut::<TOKENS_AT_ONCE>();
    // SAFETY: handed on from the caller.
    unsafe {
        for (b, acc) in whole.iter_mut().enumerate() {
            tokens_by_size(tile, counts, b * TOKENS_AT_ONCE, acc);
        }
        for (n, acc) in rest.iter_mut().enumerate() {
            tokens_by_size(tile, counts, whole.len() * TOKENS_AT_ONCE + n, std::array::from_mut(acc));
        }
    }
}

/// N tokens from `first` on, with as many quads together as 16 bits hold: `510 |s|` a quad, 32767 in all.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn tokens_by_size<const N: usize>(
    tile: &[[i8; QUAD * TILE_OUTPUTS]],
    counts: TokenCounts<'_>,
    first: usize,
    acc: &mut [[i32; TILE_OUTPUTS]; N],
) {
    // SAFETY: handed on from the caller.
    unsafe {
        match counts.largest[first..first + N].iter().max() {
            Some(0..=8) => tokens::<N, 8, false>(tile, counts, first, acc),
            Some(9..=16) => tokens::<N, 4, false>(tile, counts, first, acc),
            Some(17..=32) => tokens::<N, 2, false>(tile, counts, first, acc),
            Some(33..=64) => tokens::<N, 1, false>(tile, counts, first, acc),
            _ => tokens::<N, 1, true>(tile, counts, first, acc),
        }
    }
}

/// N tokens from `first` on, TOGETHER quads in 16 bits at a time, with weights as they are packed or, for ANY counts, as they were.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn tokens<const N: usize, const TOGETHER: usize, const ANY: bool>(
    tile: &[[i8; QUAD * TILE_OUTPUTS]],
    counts: TokenCounts<'_>,
    first: usize,
    acc: &mut [[i32; TILE_OUTPUTS]; N],
) {
    for (acc, sum) in acc.iter_mut().zip(&counts.sums[first..]) {
        acc.fill(if ANY { 0 } else { sum.wrapping_mul(-128) });
    }
    let (whole, rest) = tile.as_chunks::<TOGETHER>();
    for half in 0..TILE_OUTPUTS / COLUMNS {
        // SAFETY: the counts of the N tokens lie `stride` apart, four for each quad.
        unsafe {
            let start = counts.counts.as_ptr().add(first * counts.stride);
            for (c, quads) in whole.iter().enumerate() {
                let start = start.add(c * TOGETHER * QUAD);
                add_quads::<N, ANY>(quads, half, start, counts.stride, acc);
            }
            let start = start.add(whole.len() * TOGETHER * QUAD);
            add_quads::<N, ANY>(rest, half, start, counts.stride, acc);
        }
    }
}

/// Adds the products of one half of the columns of `quads`, as many as 16 bits hold, with the counts from `start` on.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn add_quads<const N: usize, const ANY: bool>(
    quads: &[[i8; QUAD * TILE_OUTPUTS]],
    half: usize,
    start: *const i8,
    stride: usize,
    acc: &mut [[i32; TILE_OUTPUTS]; N],
) {
    // SAFETY: four counts lie at the place of each token and quad; a quad is eight registers, and so are the sums.
    unsafe {
        let mut pairs = [[_mm256_setzero_si256(); 4]; N];
        for (q, quad) in quads.iter().enumerate() {
            let four: [__m256i; N] = std::array::from_fn(|n| {
                let at = start.add(n * stride + q * QUAD).cast::<i32>();
                _mm256_set1_epi32(at.read_unaligned())
            });
            for k in 0..4 {
                let weights = _mm256_loadu_si256(quad.as_ptr().add((half * 4 + k) * COLUMNS).cast());
                for (pairs, four) in pairs.iter_mut().zip(four) {
                    let products = if ANY {
                        pairs_of_any(_mm256_xor_si256(weights, _mm256_set1_epi8(i8::MIN)), four)
                    } else {
                        _mm256_maddubs_epi16(weights, four)
                    };
                    pairs[k] = _mm256_add_epi16(pairs[k], products);
                }
            }
        }
        for (acc, pairs) in acc.iter_mut().zip(pairs) {
            for (k, pairs) in pairs.into_iter().enumerate() {
                add_pairs(acc.as_mut_ptr().add(half * COLUMNS + k * LANES).cast(), pairs);
            }
        }
    }
}
