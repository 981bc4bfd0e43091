//! A block of outputs, the task of one thread: its weights by group, and what both engines do with the sums of a group.

use super::kernels::{LARGEST, QUAD, Rows, TILE_OUTPUTS};
use super::spiking::Part;
use multiversion::multiversion;

/// Outputs `first .. first + outputs` of a matrix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) part: &'a Part,
    pub(super) first: usize,
    pub(super) outputs: usize,
    pub(super) group_size: usize,
}

impl<'a> Block<'a> {
    /// The weights of group `g`, from the block's first output on; none if there is no such group.
    pub(super) fn rows(&self, g: usize) -> Rows<'a> {
        let stride = self.part.outputs;
        let start = g * self.group_size * stride + self.first;
        let weights = self.part.weights.get(start..).unwrap_or_default();
        Rows { weights, stride }
    }

    /// The scales of group `g`, one an output.
    pub(super) fn scales(&self, g: usize) -> &'a [f32] {
        &self.part.scales[g * self.part.outputs + self.first..][..self.outputs]
    }
}

/// What a thread computes in.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Outputs of a block, `[tokens, block outputs]`, before threshold and bias.
    pub(super) y: Vec<f32>,
    /// Sums of one token.
    pub(super) sums: Vec<i32>,
    /// Packed weights of a group, `[strips, quads]`.
    pub(super) tile: Vec<[i8; QUAD * TILE_OUTPUTS]>,
    /// Rows of a group side by side.
    pub(super) rows: Vec<i8>,
}

/// What a count has beyond what the kernels take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beyond {
    pub(super) token: usize,
    pub(super) row: usize,
    pub(super) count: i32,
}

/// Notes what the counts of a token, the channels of a group, have beyond what the kernels take, [`within`].
pub(super) fn note_beyond(counts: &[i32], token: usize, beyond: &mut Vec<Beyond>) {
    if counts.iter().fold(0, |most, count| most.max(count.unsigned_abs())) <= LARGEST.unsigned_abs() {
        return;
    }
    for (row, count) in counts.iter().enumerate() {
        let rest = count.wrapping_sub(i32::from(within(*count)));
        if rest != 0 {
            beyond.push(Beyond { token, row, count: rest });
        }
    }
}

/// The part of a count that the kernels take.
pub(super) fn within(count: i32) -> i8 {
    count.clamp(-LARGEST, LARGEST) as i8
}

/// `acc[o] += W[o] count`.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw", "x86_64+avx2"))]
pub(super) fn add_row(acc: &mut [i32], weights: &[i8], count: i32) {
    for (acc, w) in acc.iter_mut().zip(weights) {
        *acc = acc.wrapping_add(i32::from(*w).wrapping_mul(count));
    }
}

/// `y[o] += scale[o] acc[o]`, rounded twice.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
pub(super) fn add_scaled(y: &mut [f32], acc: &[i32], scales: &[f32]) {
    for ((y, a), scale) in y.iter_mut().zip(acc).zip(scales) {
        *y += scale * *a as f32;
    }
}

/// [`add_scaled`] for some tokens of a strip of outputs; `y` starts at the first, a token every `stride`.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
pub(super) fn add_scaled_tokens(y: &mut [f32], stride: usize, acc: &[[i32; TILE_OUTPUTS]], scales: &[f32]) {
    for (y, acc) in y.chunks_mut(stride).zip(acc) {
        for ((y, a), scale) in y.iter_mut().zip(acc).zip(scales) {
            *y += scale * *a as f32;
        }
    }
}
