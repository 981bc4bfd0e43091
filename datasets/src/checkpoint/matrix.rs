//! Matrices of a checkpoint: views of the memory map that are widened to f32 as they are read.

use super::CheckpointError;
use super::quantised::QuantisedLinear;
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
    Int8(Int8Rows),
}

/// INT8 weights turned output-major, with their scales `[rows, groups]`.
#[derive(Debug, Clone)]
struct Int8Rows {
    values: Vec<i8>,
    scales: Vec<f32>,
    group_size: usize,
}

/// Rows and columns that are turned at once: reads and writes stay within lines that the first-level cache holds.
const TURNED_AT_ONCE: usize = 64;

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

    /// The weights `scale * q` that INT8 weights stand for.
    pub(super) fn dequantised(linear: &QuantisedLinear) -> Self {
        let (rows, cols) = (linear.outputs, linear.inputs);
        let mut values = vec![0; rows * cols];
        for col in (0..cols).step_by(TURNED_AT_ONCE) {
            for (row, out) in values.chunks_exact_mut(cols).enumerate() {
                for (value, by_input) in out[col..].iter_mut().take(TURNED_AT_ONCE).zip(col..) {
                    *value = linear.values[by_input * rows + row];
                }
            }
        }
        let (scales, group_size) = (linear.scales.clone(), linear.group_size);
        Self { rows, cols, store: Store::Int8(Int8Rows { values, scales, group_size }) }
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
        assert!(out.len() == self.cols, "{} elements for a row of {}", out.len(), self.cols);
        self.part_into(row, 0, out);
    }

    /// Writes as much of one row as `out` takes, from column `start` on, as f32.
    ///
    /// # Panics
    /// If the matrix has no such row or columns.
    pub fn part_into(&self, row: usize, start: usize, out: &mut [f32]) {
        let (rows, cols, end) = (self.rows, self.cols, start + out.len());
        assert!(row < rows && end <= cols, "row {row}, columns {start}..{end} of {rows} x {cols}");
        match &self.store {
            Store::View(numbers) => numbers.widen(row * cols + start, out),
            Store::Owned(values) => out.copy_from_slice(&values[row * cols..][start..end]),
            Store::Int8(int8) => {
                let scales = &int8.scales[row * cols.div_ceil(int8.group_size)..];
                let values = &int8.values[row * cols..][start..end];
                for ((out, value), col) in out.iter_mut().zip(values).zip(start..) {
                    *out = scales[col / int8.group_size] * f32::from(*value);
                }
            }
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
