//! y = W x (+ b), column by column of the inputs that are not zero.

use super::counts::LayerCounts;
use super::signal::Signal;
use synfire_datasets::nir::Tensor;

/// Weights of all inputs, one input's behind the other's.
#[derive(Debug)]
pub(super) struct Linear {
    /// `[inputs, outputs]`.
    columns: Vec<f32>,
    outputs: usize,
    bias: Option<Vec<f32>>,
    /// Weights of each input that are not zero.
    fan_out: Vec<u64>,
}

impl Linear {
    /// From W `[outputs, inputs]`, checked.
    pub(super) fn new(weight: &Tensor<f32>, bias: Option<&Tensor<f32>>) -> Self {
        let (outputs, inputs) = (weight.shape[0], weight.shape[1]);
        let mut columns = vec![0.0; weight.values.len()];
        let mut fan_out = vec![0; inputs];
        for (output, row) in weight.values.chunks_exact(inputs).enumerate() {
            for (input, &weight) in row.iter().enumerate() {
                columns[input * outputs + output] = weight;
                fan_out[input] += u64::from(weight != 0.0);
            }
        }
        Self { columns, outputs, bias: bias.map(|bias| bias.values.clone()), fan_out }
    }

    /// Weights that are not zero.
    pub(super) fn synapses(&self) -> u64 {
        self.fan_out.iter().sum()
    }

    pub(super) fn apply(&self, input: &Signal, output: &mut Signal, counts: &mut LayerCounts) {
        output.values.fill(0.0);
        let mut operations = 0;
        for (index, value) in input.events() {
            let column = &self.columns[index * self.outputs..(index + 1) * self.outputs];
            for (sum, weight) in output.values.iter_mut().zip(column) {
                *sum += weight * value;
            }
            operations += self.fan_out[index];
        }
        if let Some(bias) = &self.bias {
            for (sum, bias) in output.values.iter_mut().zip(bias) {
                *sum += bias;
            }
        }
        output.rescan();
        counts.synapses(input.active.len(), operations, input.is_ternary());
    }
}
