//! Writes a checkpoint with INT8 projections (the W8ASpike layout): every projection as INT8 weights with scales, all else as it
//! is. One projection is in memory at a time.

mod scales;

use super::layout::Names;
use super::write::{CheckpointWriter, TensorPlan};
use super::{Checkpoint, CheckpointError, Layout, Linear, QuantisedLinear, Role, TensorSpec};
use safetensors::Dtype;
use std::path::Path;

/// How INT8 weights lie on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuantisedForm {
    /// `weight_by_input`, I8 `[inputs, outputs]`: half the size, and used where it lies in the memory map.
    Int8,
    /// As released: `weight`, `[outputs, inputs]`, in the source's type or BF16, already rounded to multiples of its scales.
    /// Rounding them again gives the same integers, as BF16 is exact to 1/512 and an integer to 1/254.
    Float,
}

/// Mean square of each input of a projection, as seen on some text; `None` where it was not seen.
pub type MeanSquares<'a> = &'a dyn Fn(usize, Linear) -> Option<Vec<f64>>;

/// How a checkpoint is quantised.
pub struct Quantisation<'a> {
    /// What is quantised. Scales that it has already are kept.
    pub source: &'a Checkpoint,
    /// How INT8 weights are written.
    pub form: QuantisedForm,
    /// Scales of least squared error of the projections' outputs on these inputs, rather than of the absolute maximum.
    pub calibration: Option<MeanSquares<'a>>,
}

/// What a quantisation came to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct QuantisationError {
    /// Mean squared error of all outputs by the scales of the absolute maximum, each weighted by the inputs' mean squares.
    pub absolute_maximum: f64,
    /// The same by the scales chosen.
    pub calibrated: f64,
}

impl Quantisation<'_> {
    fn tensors(&self) -> Vec<TensorSpec> {
        let layout = match self.form {
            QuantisedForm::Int8 => Layout::Int8,
            QuantisedForm::Float => Layout::W8aSpike,
        };
        Names(self.source.config()).all(layout)
    }

    /// What is written, in order.
    #[must_use]
    pub fn plan(&self) -> Vec<TensorPlan> {
        let plan = |spec: TensorSpec| {
            let kept = |name: &str| self.source.tensors.dtype(name);
            let dtype = match (spec.role, self.form) {
                (Role::Weight(_), QuantisedForm::Int8) => Dtype::I8,
                (Role::Weight(_), QuantisedForm::Float) => kept(&spec.name).unwrap_or(Dtype::BF16),
                _ => kept(&spec.name).unwrap_or(Dtype::F32),
            };
            TensorPlan { name: spec.name, dtype, shape: spec.shape }
        };
        self.tensors().into_iter().map(plan).collect()
    }

    /// Writes the checkpoint `dir`; `progress` hears the bytes written and says whether to go on. If not, nothing is left and
    /// the result is `None`. Otherwise it is the error that calibration was to lessen, summed over all projections.
    ///
    /// # Errors
    /// [`CheckpointError`] where the source is not sound or the disk refuses.
    pub fn write(
        &self,
        dir: &Path,
        shard_bytes: u64,
        overwrite: bool,
        mut progress: impl FnMut(u64) -> bool,
    ) -> Result<Option<QuantisationError>, CheckpointError> {
        let mut writer = CheckpointWriter::create(dir, self.plan(), shard_bytes, overwrite)?;
        let mut sum = QuantisationError::default();
        let mut last = None;
        for spec in self.tensors() {
            match (spec.role, &last) {
                (Role::Weight(linear), _) => {
                    let quantised = self.quantised(&spec, linear, &mut sum)?;
                    self.weights(&quantised, &mut writer)?;
                    last = Some(quantised);
                }
                (Role::Bias(_), Some(quantised)) => {
                    writer.numbers(quantised.bias.as_deref().unwrap_or_default())?;
                }
                (Role::Scales(_), Some(quantised)) => writer.numbers(&quantised.scales)?,
                _ => writer.bytes(self.source.tensors.raw(&spec.name)?)?,
            }
            if !progress(writer.written_bytes()) {
                return Ok(None);
            }
        }
        writer.finish(&self.source.config_text, &self.source.companions()?)?;
        Ok(Some(sum))
    }

    fn quantised(
        &self,
        spec: &TensorSpec,
        linear: Linear,
        sum: &mut QuantisationError,
    ) -> Result<QuantisedLinear, CheckpointError> {
        let layer = spec.layer.unwrap_or(0);
        let seen = self.calibration.filter(|_| self.source.layout() == Layout::Uncoded);
        let Some(mean_squares) = seen.and_then(|seen| seen(layer, linear)) else {
            return self.source.quantised(layer, linear);
        };
        let dense = self.source.dense(layer, linear)?;
        if mean_squares.len() != dense.weight.cols() {
            let (rows, cols) = (dense.weight.rows(), dense.weight.cols());
            return Err(CheckpointError::Shape { numbers: mean_squares.len(), rows, cols });
        }
        let (scales, error) = scales::of_matrix(&dense.weight, &mean_squares);
        sum.absolute_maximum += error.absolute_maximum;
        sum.calibrated += error.calibrated;
        Ok(QuantisedLinear::with_scales(&dense.weight, dense.bias, &scales))
    }

    fn weights(
        &self,
        quantised: &QuantisedLinear,
        writer: &mut CheckpointWriter,
    ) -> Result<(), CheckpointError> {
        if self.form == QuantisedForm::Int8 {
            const PIECE: usize = 1 << 20;
            return quantised.values.chunks(PIECE).try_for_each(|values| {
                let bytes: Vec<u8> = values.iter().map(|q| *q as u8).collect();
                writer.bytes(&bytes)
            });
        }
        let groups = quantised.groups();
        let mut row = vec![0.0; quantised.inputs];
        for output in 0..quantised.outputs {
            for (input, w) in row.iter_mut().enumerate() {
                let scale = quantised.scales[output * groups + input / quantised.group_size];
                *w = scale * f32::from(quantised.values[input * quantised.outputs + output]);
            }
            writer.numbers(&row)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
