//! Matrices of a checkpoint: views of the memory map that are widened to f32 as they are read.

use super::CheckpointError;
use super::tensors::Bytes;
use half::{bf16, f16};
use std::ops::Range;
use std::sync::Arc;

/// Type of the numbers on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dtype {
    F32,
    F16,
    Bf16,
}

impl Dtype {
    fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }
}

/// The numbers of a tensor, in the file.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    bytes: Arc<Bytes>,
    range: Range<usize>,
    dtype: Dtype,
}

impl Numbers {
    pub(super) fn new(bytes: Arc<Bytes>, range: Range<usize>, dtype: Dtype) -> Self {
        Self { bytes, range, dtype }
    }

    fn len(&self) -> usize {
        self.range.len() / self.dtype.size()
    }

    /// Widens the numbers from `start` on into `out`.
    fn widen(&self, start: usize, out: &mut [f32]) {
        let size = self.dtype.size();
        let bytes = &self.bytes[self.range.start + start * size..][..out.len() * size];
        match self.dtype {
            Dtype::F32 => each(bytes, out, f32::from_le_bytes),
            Dtype::F16 => each(bytes, out, |b| f16::from_le_bytes(b).to_f32()),
            Dtype::Bf16 => each(bytes, out, |b| bf16::from_le_bytes(b).to_f32()),
        }
    }

    pub(super) fn to_vec(&self) -> Vec<f32> {
        let mut out = vec![0.0; self.len()];
        self.widen(0, &mut out);
        out
    }
}

fn each<const N: usize>(bytes: &[u8], out: &mut [f32], widen: impl Fn([u8; N]) -> f32) {
    for (value, bytes) in out.iter_mut().zip(bytes.as_chunks::<N>().0) {
        *value = widen(*bytes);
    }
}

/// A row-major matrix `[rows, cols]`: a view of the memory map, or owned.
#[derive(Debug, Clone)]
pub struct DenseMatrix {
    rows: usize,
    cols: usize,
    store: Store,
}

#[derive(Debug, Clone)]
enum Store {
    View(Numbers),
    Owned(Vec<f32>),
}

impl DenseMatrix {
    /// A matrix of its own numbers, row by row.
    ///
    /// # Errors
    /// [`CheckpointError::Shape`] unless there are `rows * cols` numbers.
    pub fn from_rows(rows: usize, cols: usize, numbers: Vec<f32>) -> Result<Self, CheckpointError> {
        if rows.checked_mul(cols) != Some(numbers.len()) {
            return Err(CheckpointError::Shape { numbers: numbers.len(), rows, cols });
        }
        Ok(Self { rows, cols, store: Store::Owned(numbers) })
    }

    /// A view of `numbers`, whose count was checked against the shape.
    pub(super) fn view(rows: usize, cols: usize, numbers: Numbers) -> Self {
        Self { rows, cols, store: Store::View(numbers) }
    }

    /// Number of rows (outputs).
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns (inputs).
    #[must_use]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Writes one row, as f32.
    ///
    /// # Panics
    /// If there is no such row or `out` does not have [`Self::cols`] elements.
    pub fn row_into(&self, row: usize, out: &mut [f32]) {
        assert!(row < self.rows && out.len() == self.cols, "row {row} of {} x {}", self.rows, self.cols);
        match &self.store {
            Store::View(numbers) => numbers.widen(row * self.cols, out),
            Store::Owned(values) => out.copy_from_slice(&values[row * self.cols..][..self.cols]),
        }
    }

    /// Index and value of the first number that is NaN or infinite.
    pub(super) fn first_not_finite(&self) -> Option<(usize, f32)> {
        let mut values = vec![0.0; self.cols];
        (0..self.rows).find_map(|row| {
            self.row_into(row, &mut values);
            let sum: f32 = values.iter().map(|v| v * 0.0).sum();
            if sum == 0.0 {
                return None;
            }
            values.iter().position(|v| !v.is_finite()).map(|col| (row * self.cols + col, values[col]))
        })
    }

    /// The product `self other`, summed in f64.
    pub(super) fn times(&self, other: &Self) -> Result<Self, CheckpointError> {
        let mut numbers = vec![0.0; self.rows * other.cols];
        let (mut left, mut right) = (vec![0.0; self.cols], vec![0.0; other.cols]);
        let mut sums = vec![0.0f64; other.cols];
        for (row, out) in numbers.chunks_exact_mut(other.cols).enumerate() {
            self.row_into(row, &mut left);
            sums.fill(0.0);
            for (k, factor) in left.iter().enumerate() {
                other.row_into(k, &mut right);
                for (sum, value) in sums.iter_mut().zip(&right) {
                    *sum += f64::from(*factor) * f64::from(*value);
                }
            }
            for (out, sum) in out.iter_mut().zip(&sums) {
                *out = *sum as f32;
            }
        }
        Self::from_rows(self.rows, other.cols, numbers)
    }
}

/// A dense projection.
#[derive(Debug, Clone)]
pub struct DenseLinear {
    /// `[outputs, inputs]`.
    pub weight: DenseMatrix,
    /// `[outputs]`.
    pub bias: Option<Vec<f32>>,
}
