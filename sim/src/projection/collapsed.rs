//! The collapsed engine: the integer product of INT8 weights and spike counts, group by group.
//!
//! Counts that fit 16 bits (all but freak ones) take the narrow path, which the compiler turns into multiply-add pairs.

use multiversion::multiversion;

/// Writes `acc[g, o] = sum_i W[o, i] s[i]` over the inputs of each group; `weights` is `[outputs, inputs]`.
pub(super) fn multiply(
    weights: &[i8],
    outputs: usize,
    group_size: usize,
    counts: &[i32],
    accumulators: &mut [i32],
) {
    let narrow: Option<Vec<i16>> = counts.iter().map(|s| i16::try_from(*s).ok()).collect();
    for (o, row) in weights.chunks_exact(counts.len()).enumerate() {
        for (g, weights) in row.chunks(group_size).enumerate() {
            let start = g * group_size;
            accumulators[g * outputs + o] = match &narrow {
                Some(counts) => dot_narrow(weights, &counts[start..start + weights.len()]),
                None => dot_wide(weights, &counts[start..start + weights.len()]),
            };
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw", "x86_64+avx2"))]
fn dot_narrow(weights: &[i8], counts: &[i16]) -> i32 {
    weights.iter().zip(counts).fold(0i32, |acc, (w, s)| acc.wrapping_add(i32::from(*w) * i32::from(*s)))
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw", "x86_64+avx2"))]
fn dot_wide(weights: &[i8], counts: &[i32]) -> i32 {
    weights.iter().zip(counts).fold(0i32, |acc, (w, s)| acc.wrapping_add(i32::from(*w).wrapping_mul(*s)))
}
