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
    /// The weights of group `g`, from the block's first output on.
    pub(super) fn rows(&self, g: usize) -> Rows<'a> {
        let stride = self.part.outputs;
        let weights = &self.part.weights[g * self.group_size * stride + self.first..];
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
    /// Sums of one token.
    pub(super) sums: Vec<i32>,
    /// Sums of a strip of outputs, `[tokens]`.
    pub(super) strip: Vec<[i32; TILE_OUTPUTS]>,
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

/// The part of `count` that the kernels take; what is beyond it goes to `beyond`.
pub(super) fn within(count: i32, token: usize, row: usize, beyond: &mut Vec<Beyond>) -> i8 {
    let taken = count.clamp(-LARGEST, LARGEST);
    if taken != count {
        beyond.push(Beyond { token, row, count: count.wrapping_sub(taken) });
    }
    taken as i8
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

/// [`add_scaled`] for each token of a strip; `y` starts at the strip, a token every `stride`.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
pub(super) fn add_scaled_strip(y: &mut [f32], stride: usize, acc: &[[i32; TILE_OUTPUTS]], scales: &[f32]) {
    for (y, acc) in y.chunks_mut(stride).zip(acc) {
        for ((y, a), scale) in y.iter_mut().zip(acc).zip(scales) {
            *y += scale * *a as f32;
        }
    }
}
