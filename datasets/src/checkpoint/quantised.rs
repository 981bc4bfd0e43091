//! Symmetric INT8 weights per output and group of 128 inputs: `w = scale * q`, `q` in -127..=127.
//!
//! They lie input-major, `[inputs, outputs]`, so that what a channel sends is one stream of bytes: an event-driven engine
//! skips the streams of silent channels. A checkpoint may hold them in this order (`weight_by_input`); they are then used
//! where they lie in the memory map.

use super::matrix::DenseMatrix;
use super::tensors::Bytes;
use rayon::prelude::*;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Inputs that share a scale.
pub const GROUP_SIZE: usize = 128;

/// INT8 numbers: a view of the memory map, or owned.
#[derive(Debug, Clone)]
pub struct Int8Values(Store);

#[derive(Debug, Clone)]
enum Store {
    View(Arc<Bytes>, Range<usize>),
    Owned(Vec<i8>),
}

impl Int8Values {
    /// The bytes `range` of a file, which must lie in it.
    pub(super) fn view(bytes: Arc<Bytes>, range: Range<usize>) -> Self {
        Self(Store::View(bytes, range))
    }
}

impl From<Vec<i8>> for Int8Values {
    fn from(values: Vec<i8>) -> Self {
        Self(Store::Owned(values))
    }
}

impl Deref for Int8Values {
    type Target = [i8];

    fn deref(&self) -> &[i8] {
        match &self.0 {
            Store::View(bytes, range) => bytemuck::cast_slice(&bytes[range.clone()]),
            Store::Owned(values) => values,
        }
    }
}

impl PartialEq for Int8Values {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

/// An INT8 projection.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantisedLinear {
    /// Number of outputs.
    pub outputs: usize,
    /// Number of inputs.
    pub inputs: usize,
    /// Inputs that share a scale; the last group may have fewer.
    pub group_size: usize,
    /// INT8 weights, `[inputs, outputs]`.
    pub values: Int8Values,
    /// Scales, `[outputs, groups]`.
    pub scales: Vec<f32>,
    /// `[outputs]`.
    pub bias: Option<Vec<f32>>,
}

impl QuantisedLinear {
    /// Groups of inputs.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.inputs.div_ceil(self.group_size)
    }

    /// Quantises a finite matrix: scale = largest absolute weight of the group / 127, halves to even.
    ///
    /// ```
    /// use synfire_datasets::checkpoint::{DenseMatrix, QuantisedLinear};
    /// let weight = DenseMatrix::from_rows(1, 3, vec![1.27, -0.5, 0.014])?;
    /// assert_eq!(QuantisedLinear::quantise(&weight, None).values[..], [127, -50, 1]);
    /// # Ok::<(), synfire_datasets::checkpoint::CheckpointError>(())
    /// ```
    #[must_use]
    pub fn quantise(weight: &DenseMatrix, bias: Option<Vec<f32>>) -> Self {
        let scale_of = |_: usize, group: &[f32]| {
            let scale = group.iter().fold(0.0f32, |m, w| m.max(w.abs())) / 127.0;
            if scale > 0.0 { scale } else { 1.0 }
        };
        Self::with(weight, bias, scale_of)
    }

    /// Rounds a finite matrix to the given scales, `[outputs, groups]`, each finite and above 0.
    pub(super) fn with_scales(weight: &DenseMatrix, bias: Option<Vec<f32>>, scales: &[f32]) -> Self {
        Self::with(weight, bias, |index, _| scales[index])
    }

    /// Groups of inputs side by side in threads: the weights of a group are one run of bytes.
    fn with(
        weight: &DenseMatrix,
        bias: Option<Vec<f32>>,
        scale_of: impl Fn(usize, &[f32]) -> f32 + Sync,
    ) -> Self {
        let (outputs, inputs) = (weight.rows(), weight.cols());
        let groups = inputs.div_ceil(GROUP_SIZE);
        let mut values = vec![0; inputs * outputs];
        let by_group: Vec<Vec<f32>> = values
            .par_chunks_mut(GROUP_SIZE * outputs.max(1))
            .enumerate()
            .map(|(g, values)| {
                let mut group = vec![0.0; values.len() / outputs];
                let scale = |output| {
                    weight.part_into(output, g * GROUP_SIZE, &mut group);
                    let scale = scale_of(output * groups + g, &group);
                    for (row, w) in values.chunks_exact_mut(outputs).zip(&group) {
                        row[output] = (w / scale).round_ties_even().clamp(-127.0, 127.0) as i8;
                    }
                    scale
                };
                (0..outputs).map(scale).collect()
            })
            .collect();
        let scales = (0..outputs).flat_map(|o| by_group.iter().map(move |scales| scales[o])).collect();
        Self { outputs, inputs, group_size: GROUP_SIZE, values: values.into(), scales, bias }
    }
}
