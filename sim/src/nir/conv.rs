//! Convolutions, event by event: each input that is not zero is spread over the outputs whose windows hold it.
//!
//! ```text
//! y[o, r, c] = b[o] + sum_{i, k, l} w[o, i, k, l] x[i, r S - P + k D, c S - P + l D]
//! ```
//!
//! One dimension is two with a single row. Sums run with the output channels innermost, whose weights lie side by side.

use super::counts::LayerCounts;
use super::signal::Signal;
use synfire_datasets::nir::{Conv, Padding};

#[derive(Debug)]
pub(super) struct Convolution {
    /// `[input channels, kernel rows, kernel columns, output channels of the group]`.
    taps: Vec<f32>,
    /// Weights that are not zero of each tap.
    fan_out: Vec<u64>,
    /// One for each output channel.
    bias: Vec<f32>,
    input: [usize; 3],
    output: [usize; 3],
    kernel: [usize; 2],
    stride: [usize; 2],
    /// Zeros before the first row and column.
    padding: [usize; 2],
    dilation: [usize; 2],
    /// Channels of a group, in and out.
    group: [usize; 2],
}

/// Sums with the channel innermost, `[rows, columns, channels]`.
pub(super) type Scratch = Vec<f32>;

impl Convolution {
    /// From a checked convolution and the shapes of its input and output.
    pub(super) fn new<const D: usize>(conv: &Conv<D>, input: &[usize], output: &[usize]) -> Self {
        // Of one dimension, rows are one, and so are their kernel, stride and dilation.
        let two = |values: &[usize], missing: usize| match *values {
            [rows, columns] => [rows, columns],
            [columns] => [missing, columns],
            _ => [missing; 2],
        };
        let shape = &conv.weight.shape;
        let (outputs, group_in, group_out) = (shape[0], shape[1], shape[0] / conv.groups);
        let kernel = two(&shape[2..], 1);
        let dilation = two(&conv.dilation, 1);
        let padding = match conv.padding {
            Padding::Zeros(zeros) => two(&zeros, 0),
            Padding::Valid => [0; 2],
            Padding::Same => [0, 1].map(|d| (kernel[d] - 1) * dilation[d] / 2),
        };
        let taps_of_channel = kernel[0] * kernel[1];
        let mut taps = vec![0.0; conv.weight.values.len()];
        let mut fan_out = vec![0; conv.groups * group_in * taps_of_channel];
        for (at, &weight) in conv.weight.values.iter().enumerate() {
            let (tap, channel) = (at % taps_of_channel, at / taps_of_channel);
            let (within, o) = (channel % group_in, channel / group_in);
            let input = o / group_out * group_in + within;
            let row = input * taps_of_channel + tap;
            taps[row * group_out + o % group_out] = weight;
            fan_out[row] += u64::from(weight != 0.0);
        }
        let [rows, columns] = two(&input[1..], 1);
        let [out_rows, out_columns] = two(&output[1..], 1);
        Self {
            taps,
            fan_out,
            bias: conv.bias.values.clone(),
            input: [input[0], rows, columns],
            output: [outputs, out_rows, out_columns],
            kernel,
            stride: two(&conv.stride, 1),
            padding,
            dilation,
            group: [group_in, group_out],
        }
    }

    /// Weights that are not zero, each as often as it is used.
    pub(super) fn synapses(&self) -> u64 {
        let [_, rows, columns] = self.input;
        let reach = |d: usize, length: usize, tap: usize| {
            (0..length).filter(|at| self.target(d, *at, tap).is_some()).count() as u64
        };
        let [kernel_rows, kernel_columns] = self.kernel;
        self.fan_out
            .iter()
            .enumerate()
            .map(|(row, weights)| {
                let (k, l) = (row / kernel_columns % kernel_rows, row % kernel_columns);
                weights * reach(0, rows, k) * reach(1, columns, l)
            })
            .sum()
    }

    pub(super) fn scratch(&self) -> Scratch {
        vec![0.0; self.output.iter().product()]
    }

    /// The output at which tap `tap` of dimension `d` meets the input at `at`.
    fn target(&self, d: usize, at: usize, tap: usize) -> Option<usize> {
        let distance = (at + self.padding[d]).checked_sub(tap * self.dilation[d])?;
        let target = distance / self.stride[d];
        (distance.is_multiple_of(self.stride[d]) && target < self.output[d + 1]).then_some(target)
    }

    pub(super) fn apply(
        &self,
        input: &Signal,
        output: &mut Signal,
        sums: &mut Scratch,
        counts: &mut LayerCounts,
    ) {
        let [_, rows, columns] = self.input;
        let [channels, out_rows, out_columns] = self.output;
        let ([kernel_rows, kernel_columns], [group_in, group_out]) = (self.kernel, self.group);
        sums.fill(0.0);
        let mut operations = 0;
        for (index, value) in input.events() {
            let (channel, row, column) = (index / (rows * columns), index / columns % rows, index % columns);
            let first = channel / group_in * group_out;
            for k in 0..kernel_rows {
                let Some(r) = self.target(0, row, k) else { continue };
                for l in 0..kernel_columns {
                    let Some(c) = self.target(1, column, l) else { continue };
                    let tap = (channel * kernel_rows + k) * kernel_columns + l;
                    let weights = &self.taps[tap * group_out..(tap + 1) * group_out];
                    let at = (r * out_columns + c) * channels + first;
                    for (sum, weight) in sums[at..at + group_out].iter_mut().zip(weights) {
                        *sum += weight * value;
                    }
                    operations += self.fan_out[tap];
                }
            }
        }
        let pixels = out_rows * out_columns;
        for (channel, bias) in self.bias.iter().enumerate() {
            for pixel in 0..pixels {
                output.values[channel * pixels + pixel] = sums[pixel * channels + channel] + bias;
            }
        }
        output.rescan();
        counts.synapses(input.active.len(), operations, input.is_ternary());
    }
}
