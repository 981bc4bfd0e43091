//! Symmetric INT8 weights per output and group of 128 inputs: `w = scale * q`, `q` in -127..=127.

use super::matrix::DenseMatrix;

/// Inputs that share a scale.
pub const GROUP_SIZE: usize = 128;

/// An INT8 projection.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantisedLinear {
    /// Number of outputs.
    pub outputs: usize,
    /// Number of inputs.
    pub inputs: usize,
    /// Inputs that share a scale; the last group may have fewer.
    pub group_size: usize,
    /// INT8 weights, `[outputs, inputs]`.
    pub values: Vec<i8>,
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
    /// assert_eq!(QuantisedLinear::quantise(&weight, None).values, [127, -50, 1]);
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

    fn with(weight: &DenseMatrix, bias: Option<Vec<f32>>, scale_of: impl Fn(usize, &[f32]) -> f32) -> Self {
        let (outputs, inputs) = (weight.rows(), weight.cols());
        let groups = inputs.div_ceil(GROUP_SIZE);
        let mut values = Vec::with_capacity(outputs * inputs);
        let mut scales = Vec::with_capacity(outputs * groups);
        let mut row = vec![0.0; inputs];
        for output in 0..outputs {
            weight.row_into(output, &mut row);
            for group in row.chunks(GROUP_SIZE) {
                let scale = scale_of(scales.len(), group);
                values.extend(group.iter().map(|w| (w / scale).round_ties_even().clamp(-127.0, 127.0) as i8));
                scales.push(scale);
            }
        }
        Self { outputs, inputs, group_size: GROUP_SIZE, values, scales, bias }
    }
}
