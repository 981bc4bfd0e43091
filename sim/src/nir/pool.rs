//! Sum and mean over windows, event by event. Zeros of the padding count in the mean, as in PyTorch.

use super::signal::Signal;
use synfire_datasets::nir::Pool;

#[derive(Debug)]
pub(super) struct Pooling {
    pool: Pool,
    input: [usize; 3],
    output: [usize; 3],
    /// What sums are divided by.
    divisor: f32,
}

impl Pooling {
    /// From a checked pool and the shapes, channels first.
    pub(super) fn new(pool: Pool, mean: bool, input: &[usize], output: &[usize]) -> Self {
        let three = |shape: &[usize]| [shape[0], shape[1], shape[2]];
        let [rows, columns] = pool.kernel_size;
        let divisor = if mean { (rows * columns) as f32 } else { 1.0 };
        Self { pool, input: three(input), output: three(output), divisor }
    }

    /// The windows of dimension `d` that hold the input at `at`.
    fn targets(&self, d: usize, at: usize) -> std::ops::Range<usize> {
        let (kernel, stride) = (self.pool.kernel_size[d], self.pool.stride[d]);
        let at = at + self.pool.padding[d];
        let first = (at + 1).saturating_sub(kernel).div_ceil(stride);
        first..(at / stride + 1).min(self.output[d + 1])
    }

    pub(super) fn apply(&self, input: &Signal, output: &mut Signal) {
        let [_, rows, columns] = self.input;
        let [_, out_rows, out_columns] = self.output;
        output.values.fill(0.0);
        for (index, value) in input.events() {
            let (channel, row, column) = (index / (rows * columns), index / columns % rows, index % columns);
            for r in self.targets(0, row) {
                for c in self.targets(1, column) {
                    output.values[(channel * out_rows + r) * out_columns + c] += value;
                }
            }
        }
        if self.divisor != 1.0 {
            for value in &mut output.values {
                *value /= self.divisor;
            }
        }
        output.rescan();
    }
}
