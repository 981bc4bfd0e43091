//! The synapses of a convolution.
//!
//! ```text
//! output [o, r, c] has a synapse of weight kernel[o, i, k, l] from input [i, r S - P + k, c S - P + l], where there is one
//! ```

use super::{Each, Synapse};
use crate::network::description::{Convolution, Grid, Population};
use crate::network::error::{KeyError, finite, require};
use std::ops::Range;

/// A convolution whose sizes were checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Window {
    /// `[output channel, input channel, row, column]`, one after the other.
    weights: Vec<f64>,
    /// Rows and columns of the kernel.
    kernel: [u32; 2],
    stride: [u32; 2],
    padding: [u32; 2],
    input: Grid,
    output: Grid,
}

impl Window {
    pub(super) fn new(
        rule: &Convolution,
        source: &Population,
        target: &Population,
    ) -> Result<Self, KeyError> {
        let grid = |population: &Population| {
            let name = &population.name;
            let problem = format!("'{name}' has no grid; give population.{name}.grid");
            population.grid.ok_or_else(|| KeyError::new("", problem))
        };
        let (input, output) = (grid(source)?, grid(target)?);
        let shape = shape(rule)?;
        let [out_channels, in_channels, rows, columns] = shape;
        require(
            rule.stride.iter().all(|s| *s > 0),
            "stride",
            format_args!("{:?}", rule.stride),
            "give at least 1",
        )?;
        let size = |d: usize, n: u32, window: u32| {
            let padded = u64::from(n) + 2 * u64::from(rule.padding[d]);
            padded.checked_sub(u64::from(window)).map_or(0, |rest| rest / u64::from(rule.stride[d]) + 1)
        };
        let (r, c) = (size(0, input.rows, rows), size(1, input.columns, columns));
        let fits = in_channels == input.channels
            && out_channels == output.channels
            && r == u64::from(output.rows)
            && c == u64::from(output.columns);
        let problem = format!(
            "{out_channels} x {in_channels} x {rows} x {columns}; takes {in_channels} channels and makes \
             {out_channels} x {r} x {c} of '{}' ({}), but '{}' is {}",
            source.name,
            text(&input),
            target.name,
            text(&output)
        );
        if !fits {
            return Err(KeyError::new("kernel", problem));
        }
        let weights = rule.kernel.iter().flatten().flatten().flatten().copied().collect();
        Ok(Self {
            weights,
            kernel: [rows, columns],
            stride: rule.stride,
            padding: rule.padding,
            input,
            output,
        })
    }

    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Goes through the synapses onto the targets of `part`.
    pub(super) fn for_each(&self, part: Range<u32>, each: Each<'_>) {
        let (input, output, [rows, columns]) = (&self.input, &self.output, self.kernel);
        for target in part {
            let (channel, row, column) = (
                target / output.columns / output.rows,
                target / output.columns % output.rows,
                target % output.columns,
            );
            for from in 0..input.channels {
                for k in 0..rows {
                    let Some(r) = self.meets(0, row, k, input.rows) else { continue };
                    for l in 0..columns {
                        let Some(c) = self.meets(1, column, l, input.columns) else { continue };
                        let tap = ((channel * input.channels + from) * rows + k) * columns + l;
                        let weight = self.weights[tap as usize];
                        if weight != 0.0 {
                            let source = (from * input.rows + r) * input.columns + c;
                            each(Synapse { weight, ..Synapse::plain(source, target, u64::from(target)) });
                        }
                    }
                }
            }
        }
    }

    /// The row (or column) of `n` of the input that row `tap` of the window at `at` meets.
    fn meets(&self, d: usize, at: u32, tap: u32, n: u32) -> Option<u32> {
        let place = u64::from(at) * u64::from(self.stride[d]) + u64::from(tap);
        place
            .checked_sub(u64::from(self.padding[d]))
            .filter(|place| *place < u64::from(n))
            .map(|place| place as u32)
    }
}

/// The four lengths of the kernel, which must not differ from list to list.
fn shape(rule: &Convolution) -> Result<[u32; 4], KeyError> {
    let kernel = &rule.kernel;
    let channels = kernel.first().map_or(0, Vec::len);
    let rows = kernel.first().and_then(|of| of.first()).map_or(0, Vec::len);
    let columns = kernel.first().and_then(|of| of.first()).and_then(|of| of.first()).map_or(0, Vec::len);
    for (o, of) in kernel.iter().enumerate() {
        let remedy = format!("give {channels} input channels of {rows} rows of {columns} weights");
        require(of.len() == channels, &format!("kernel[{o}]"), of.len(), &remedy)?;
        for (i, of) in of.iter().enumerate() {
            require(of.len() == rows, &format!("kernel[{o}][{i}]"), of.len(), &remedy)?;
            for (k, of) in of.iter().enumerate() {
                require(of.len() == columns, &format!("kernel[{o}][{i}][{k}]"), of.len(), &remedy)?;
                of.iter().try_for_each(|weight| finite(&format!("kernel[{o}][{i}][{k}]"), *weight))?;
            }
        }
    }
    let shape = [kernel.len(), channels, rows, columns];
    let most = u32::MAX as usize;
    let fits = shape.iter().all(|n| *n > 0) && shape.iter().product::<usize>() <= most;
    require(fits, "kernel", format_args!("{shape:?}"), "give at least one weight")?;
    Ok(shape.map(|n| n as u32))
}

fn text(grid: &Grid) -> String {
    format!("{} x {} x {}", grid.channels, grid.rows, grid.columns)
}
