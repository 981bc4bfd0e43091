//! Dense projections in f32, for the uncoded model and for what stays uncoded (embeddings aside: the LM head, and
//! `down_proj` in the release's convention).
//!
//! Weights stay as the checkpoint has them, in the memory map; a row is widened to f32 once and used for every vector
//! of the batch. Sums run over 16 fixed lanes, so results depend neither on threads nor on the size of the batch.

use super::ProjectionError;
use multiversion::multiversion;
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use synfire_datasets::checkpoint::DenseLinear;

const LANES: usize = 16;
const ROWS_AT_ONCE: usize = 4;

/// Dense projections that share one input.
#[derive(Debug)]
pub struct StackedDense {
    matrices: Vec<DenseLinear>,
    inputs: usize,
}

impl StackedDense {
    /// Projections of the same input, their outputs one after the other.
    ///
    /// # Errors
    /// [`ProjectionError`] if there is none or they differ in inputs.
    pub fn new(matrices: Vec<DenseLinear>) -> Result<Self, ProjectionError> {
        let inputs = matrices.first().ok_or(ProjectionError::Empty)?.weight.cols();
        match matrices.iter().find(|m| m.weight.cols() != inputs) {
            Some(odd) => Err(ProjectionError::Inputs { first: inputs, other: odd.weight.cols() }),
            None => Ok(Self { matrices, inputs }),
        }
    }

    /// Number of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.matrices.iter().map(|m| m.weight.rows()).sum()
    }

    /// `x W^T + bias`: `x` is `[vectors, inputs]`, the result `[vectors, outputs]`.
    ///
    /// # Panics
    /// If `x` has another width than the matrices.
    #[must_use]
    pub fn forward(&self, x: ArrayView2<'_, f32>) -> Array2<f32> {
        assert_eq!(x.ncols(), self.inputs, "one value an input");
        let vectors = x.nrows();
        let x = x.as_standard_layout();
        let x = x.as_slice().unwrap_or_default();
        let mut out = Vec::with_capacity(self.outputs() * vectors);
        for matrix in &self.matrices {
            let start = out.len();
            out.resize(start + matrix.weight.rows() * vectors, 0.0);
            self.rows(matrix, x, vectors, &mut out[start..]);
        }
        let transposed = Array2::from_shape_vec((self.outputs(), vectors), out).unwrap_or_default();
        transposed.reversed_axes().as_standard_layout().into_owned()
    }

    /// The outputs of one matrix, `[outputs, vectors]`.
    fn rows(&self, matrix: &DenseLinear, x: &[f32], vectors: usize, out: &mut [f32]) {
        let block = ROWS_AT_ONCE * vectors.max(1);
        out.par_chunks_mut(block).enumerate().for_each_init(
            || vec![0.0; ROWS_AT_ONCE * self.inputs],
            |rows, (index, out)| {
                let count = out.len() / vectors;
                for (r, row) in rows.chunks_exact_mut(self.inputs).take(count).enumerate() {
                    matrix.weight.row_into(index * ROWS_AT_ONCE + r, row);
                }
                for (v, x) in x.chunks_exact(self.inputs).enumerate() {
                    for (r, row) in rows.chunks_exact(self.inputs).take(count).enumerate() {
                        let bias = matrix.bias.as_ref().map_or(0.0, |b| b[index * ROWS_AT_ONCE + r]);
                        out[r * vectors + v] = dot(row, x) + bias;
                    }
                }
            },
        );
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    lanes.iter().sum::<f32>() + rest
}
