//! AVX-512 VNNI: `vpdpbusd` adds four products of unsigned and signed bytes to each of sixteen 32-bit sums.
//!
//! Weights are the unsigned operand, moved by 128: `sum W s = sum (W + 128) s - 128 sum s`, in exact integers. The bytes of
//! four channels are interleaved by unpacking within lanes of 128 bits, which leaves the outputs of 64 columns as four
//! registers of every fourth group of four; [`turn_lanes`] puts them in order.

use super::{Active, QUAD, Rows, TILE_OUTPUTS, TokenCounts, prefetch};
use std::arch::x86_64::*;

const LANES: usize = 16;
/// Quads of channels that the event kernel adds for each time it loads and stores the sums.
const QUADS_AT_ONCE: usize = 2;
/// Tokens whose sums the collapsed kernel keeps in registers.
const TOKENS_AT_ONCE: usize = 6;

/// Four rows of 64 bytes, moved by 128 and interleaved: register k holds outputs 16 j + 4 k .. + 4 in lane j.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn interleave(rows: [__m512i; QUAD]) -> [__m512i; 4] {
    let moved = rows.map(|row| _mm512_xor_si512(row, _mm512_set1_epi8(-128)));
    let (ab_low, ab_high) =
        (_mm512_unpacklo_epi8(moved[0], moved[1]), _mm512_unpackhi_epi8(moved[0], moved[1]));
    let (cd_low, cd_high) =
        (_mm512_unpacklo_epi8(moved[2], moved[3]), _mm512_unpackhi_epi8(moved[2], moved[3]));
    [
        _mm512_unpacklo_epi16(ab_low, cd_low),
        _mm512_unpackhi_epi16(ab_low, cd_low),
        _mm512_unpacklo_epi16(ab_high, cd_high),
        _mm512_unpackhi_epi16(ab_high, cd_high),
    ]
}

/// Exchanges lane j of register k with lane k of register j.
#[inline]
#[target_feature(enable = "avx512f")]
fn turn_lanes([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    const EVEN: i32 = 0x88;
    const ODD: i32 = 0xdd;
    let (ab_even, ab_odd) = (_mm512_shuffle_i32x4::<EVEN>(a, b), _mm512_shuffle_i32x4::<ODD>(a, b));
    let (cd_even, cd_odd) = (_mm512_shuffle_i32x4::<EVEN>(c, d), _mm512_shuffle_i32x4::<ODD>(c, d));
    [
        _mm512_shuffle_i32x4::<EVEN>(ab_even, cd_even),
        _mm512_shuffle_i32x4::<EVEN>(ab_odd, cd_odd),
        _mm512_shuffle_i32x4::<ODD>(ab_even, cd_even),
        _mm512_shuffle_i32x4::<ODD>(ab_odd, cd_odd),
    ]
}

/// See [`super::Kernel::event`].
///
/// # Safety
/// The machine has the features; every active row holds `acc.len()` weights.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) unsafe fn event(rows: Rows<'_>, active: &[Active], acc: &mut [i32]) {
    let whole = acc.len() / TILE_OUTPUTS * TILE_OUTPUTS;
    let (acc, rest) = acc.split_at_mut(whole);
    if !rest.is_empty() {
        let weights = &rows.weights[whole.min(rows.weights.len())..];
        super::portable::event(Rows { weights, ..rows }, active, rest);
    }
    let sum: i32 = active.iter().map(|a| i32::from(a.count)).sum();
    acc.fill(sum.wrapping_mul(-128));
    let weights = rows.weights.as_ptr();
    let mut chunks = active.chunks(QUADS_AT_ONCE * QUAD).peekable();
    while let Some(chunk) = chunks.next() {
        let next = chunks.peek().copied().unwrap_or_default();
        let mut starts = [weights; QUADS_AT_ONCE * QUAD];
        let mut counts = [0i8; QUADS_AT_ONCE * QUAD];
        for ((start, count), active) in starts.iter_mut().zip(&mut counts).zip(chunk) {
            // SAFETY: the row lies in the weights.
            *start = unsafe { weights.add(active.row as usize * rows.stride) };
            *count = active.count;
        }
        // What a short chunk lacks are channels without spikes, of a row that is read anyway.
        let first = starts[0];
        starts[chunk.len()..].fill(first);
        let counts = [0, 1].map(|q| {
            let c = &counts[q * QUAD..];
            _mm512_set1_epi32(i32::from_le_bytes([c[0] as u8, c[1] as u8, c[2] as u8, c[3] as u8]))
        });
        let quads = chunk.len().div_ceil(QUAD);
        for (column, acc) in acc.chunks_exact_mut(TILE_OUTPUTS).enumerate() {
            for active in next {
                prefetch(&rows.weights[active.row as usize * rows.stride + column * TILE_OUTPUTS..]);
            }
            let acc = acc.as_mut_ptr();
            // SAFETY: 64 sums lie at `acc`, and 64 weights at the column of each row.
            unsafe {
                let mut sums = [0, 1, 2, 3].map(|k| _mm512_loadu_si512(acc.add(k * LANES).cast()));
                for q in 0..quads {
                    let load =
                        |r: usize| _mm512_loadu_si512(starts[q * QUAD + r].add(column * TILE_OUTPUTS).cast());
                    let weights = interleave([load(0), load(1), load(2), load(3)]);
                    for (sum, w) in sums.iter_mut().zip(weights) {
                        *sum = _mm512_dpbusd_epi32(*sum, w, counts[q]);
                    }
                }
                for (k, sum) in sums.into_iter().enumerate() {
                    _mm512_storeu_si512(acc.add(k * LANES).cast(), sum);
                }
            }
        }
    }
    for acc in acc.chunks_exact_mut(TILE_OUTPUTS) {
        let acc = acc.as_mut_ptr();
        // SAFETY: 64 sums lie at `acc`.
        unsafe {
            let sums = [0, 1, 2, 3].map(|k| _mm512_loadu_si512(acc.add(k * LANES).cast()));
            for (k, sum) in turn_lanes(sums).into_iter().enumerate() {
                _mm512_storeu_si512(acc.add(k * LANES).cast(), sum);
            }
        }
    }
}

/// See [`super::Kernel::pack`]: `[outputs, 4]`, moved by 128.
///
/// # Safety
/// The machine has the features.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn pack(rows: [&[i8; TILE_OUTPUTS]; QUAD], quad: &mut [i8; QUAD * TILE_OUTPUTS]) {
    // SAFETY: a row is 64 bytes, and four registers fill the quad.
    unsafe {
        let rows = rows.map(|row| _mm512_loadu_si512(row.as_ptr().cast()));
        for (k, weights) in turn_lanes(interleave(rows)).into_iter().enumerate() {
            _mm512_storeu_si512(quad.as_mut_ptr().add(k * TILE_OUTPUTS).cast(), weights);
        }
    }
}

/// See [`super::Kernel::multiply`].
///
/// # Safety
/// The machine has the features; there is a count for every token and channel of the tile, and a sum for every token.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) unsafe fn multiply(
    tile: &[[i8; QUAD * TILE_OUTPUTS]],
    counts: TokenCounts<'_>,
    acc: &mut [[i32; TILE_OUTPUTS]],
) {
    let (blocks, rest) = acc.as_chunks_mut::<TOKENS_AT_ONCE>();
    let first_of_rest = blocks.len() * TOKENS_AT_ONCE;
    // SAFETY: handed on from the caller.
    unsafe {
        for (b, acc) in blocks.iter_mut().enumerate() {
            tokens(tile, counts, b * TOKENS_AT_ONCE, acc);
        }
        let (pairs, last) = rest.as_chunks_mut::<2>();
        for (b, acc) in pairs.iter_mut().enumerate() {
            tokens(tile, counts, first_of_rest + 2 * b, acc);
        }
        if let [acc] = last {
            tokens(tile, counts, first_of_rest + 2 * pairs.len(), std::array::from_mut(acc));
        }
    }
}

/// N tokens from `first` on.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn tokens<const N: usize>(
    tile: &[[i8; QUAD * TILE_OUTPUTS]],
    counts: TokenCounts<'_>,
    first: usize,
    acc: &mut [[i32; TILE_OUTPUTS]; N],
) {
    let mut sums = [[_mm512_setzero_si512(); 4]; N];
    for (n, sums) in sums.iter_mut().enumerate() {
        *sums = [_mm512_set1_epi32(counts.sums[first + n].wrapping_mul(-128)); 4];
    }
    // SAFETY: the counts of the N tokens lie `stride` apart, and a quad of the tile is four registers.
    unsafe {
        let start = counts.counts.as_ptr().add(first * counts.stride);
        for (q, quad) in tile.iter().enumerate() {
            let weights =
                [0, 1, 2, 3].map(|k| _mm512_loadu_si512(quad.as_ptr().add(k * TILE_OUTPUTS).cast()));
            for (n, sums) in sums.iter_mut().enumerate() {
                let four = start.add(n * counts.stride + q * QUAD).cast::<i32>().read_unaligned();
                let four = _mm512_set1_epi32(four);
                for (sum, w) in sums.iter_mut().zip(weights) {
                    *sum = _mm512_dpbusd_epi32(*sum, w, four);
                }
            }
        }
        for (acc, sums) in acc.iter_mut().zip(sums) {
            for (k, sum) in sums.into_iter().enumerate() {
                _mm512_storeu_si512(acc.as_mut_ptr().add(k * LANES).cast(), sum);
            }
        }
    }
}
