//! Checkpoints of true shapes with made-up weights, for speed, memory and function where trained ones cannot be had.
//!
//! Weights are Laplace of variance 1 / inputs; output and down projections are smaller by the root of the number of layers, so
//! that the residual stream keeps its size. Norms before the projections give channels unequal gains, as trained ones do:
//! log-normal (sigma 0.5), and 8 to 24 times that in one channel of 256, so that a few inputs are outliers of tens to
//! hundreds of spike counts. The mean square of the gains is 1.
//!
//! A number depends on seed, tensor and position alone: the same bytes for any number of threads, in one file or in shards;
//! a checkpoint that is made quantised is that which quantisation makes of the unquantised one.

mod numbers;

use super::layout::{GATE_RANK, Names};
use super::tokenizer::byte_level_files;
use super::write::{CheckpointWriter, TensorPlan};
use super::{CheckpointError, GROUP_SIZE, Layout, Linear, ModelConfig, Norm, Role, TensorSpec};
use half::bf16;
pub(super) use numbers::Numbers;
use rayon::prelude::*;
use safetensors::Dtype;
use std::path::Path;

/// Sigma of the logarithm of a channel's gain.
const GAIN_SIGMA: f32 = 0.5;
/// One channel of so many is an outlier.
const OUTLIER_EVERY: f32 = 256.0;
/// Numbers that one thread makes at a time.
const CHUNK: usize = 1 << 16;
/// Chunks that are held at a time.
const CHUNKS: usize = 64;

/// A checkpoint to make up.
#[derive(Debug, Clone, PartialEq)]
pub struct Synthesis {
    /// Its shape.
    pub config: ModelConfig,
    /// Seed of its weights.
    pub seed: u64,
    /// Whether projections are INT8, `weight_by_input` with scales, rather than BF16.
    pub quantised: bool,
}

impl Synthesis {
    fn tensors(&self) -> Vec<TensorSpec> {
        Names(&self.config).all(if self.quantised { Layout::Int8 } else { Layout::Uncoded })
    }

    /// What is written, in order: 16 bits a number; where quantised, projections of 8 bits with F32 scales.
    #[must_use]
    pub fn plan(&self) -> Vec<TensorPlan> {
        let dtype = |role| match role {
            Role::Weight(_) if self.quantised => Dtype::I8,
            Role::Scales(_) => Dtype::F32,
            _ => Dtype::BF16,
        };
        let plan = |spec: TensorSpec| {
            let dtype = dtype(spec.role);
            TensorPlan { name: spec.name, dtype, shape: spec.shape }
        };
        self.tensors().into_iter().map(plan).collect()
    }

    /// Writes the checkpoint `dir` in shards of at most `shard_bytes`; `progress` hears the bytes written and says whether to
    /// go on. If not, nothing is left and the result is false.
    ///
    /// ```
    /// use synfire_datasets::checkpoint::{Checkpoint, ModelConfig, SHARD_BYTES, Synthesis};
    /// # let home = tempfile::tempdir()?;
    /// # let dir = home.path().join("small");
    /// let mut config = ModelConfig::spikingbrain_76b();
    /// (config.vocab_size, config.hidden_size, config.intermediate_size) = (256, 64, 96);
    /// (config.heads, config.kv_heads, config.head_size) = (4, 2, 16);
    /// config.cut(4);
    /// Synthesis { config, seed: 1, quantised: false }.write(&dir, SHARD_BYTES, false, |_| true)?;
    /// assert!(Checkpoint::open(&dir)?.router(3)?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CheckpointError::File`] where the disk refuses; [`CheckpointError::Tokenizer`] for a vocabulary below 256.
    pub fn write(
        &self,
        dir: &Path,
        shard_bytes: u64,
        overwrite: bool,
        mut progress: impl FnMut(u64) -> bool,
    ) -> Result<bool, CheckpointError> {
        let files = byte_level_files(self.config.vocab_size)?;
        let mut writer = CheckpointWriter::create(dir, self.plan(), shard_bytes, overwrite)?;
        let mut scales = Vec::new();
        for spec in self.tensors() {
            match spec.role {
                Role::Weight(_) if self.quantised => scales = self.int8(&spec, &mut writer, &mut progress)?,
                Role::Scales(_) => writer.numbers(&scales)?,
                _ => self.plain(&spec, &mut writer, &mut progress)?,
            }
            if !progress(writer.written_bytes()) {
                return Ok(false);
            }
        }
        writer.finish(&self.config.to_text(), &files)?;
        Ok(true)
    }

    /// All numbers of a tensor; fewer if `progress` says so.
    fn plain(
        &self,
        spec: &TensorSpec,
        writer: &mut CheckpointWriter,
        progress: &mut impl FnMut(u64) -> bool,
    ) -> Result<(), CheckpointError> {
        let count: usize = spec.shape.iter().product();
        if let Some(gains) = self.gains(spec) {
            return writer.numbers(&gains);
        }
        let random = Numbers::of(self.seed, &spec.name);
        let draw = self.distribution(spec.role, &spec.shape);
        let mut block = vec![0.0; count.min(CHUNK * CHUNKS)];
        for start in (0..count).step_by(CHUNK * CHUNKS) {
            let block = &mut block[..(count - start).min(CHUNK * CHUNKS)];
            block.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, numbers)| {
                for (number, index) in numbers.iter_mut().zip((start + chunk * CHUNK) as u64..) {
                    *number = draw.at(random, index);
                }
            });
            writer.numbers(block)?;
            if !progress(writer.written_bytes()) {
                break;
            }
        }
        Ok(())
    }

    /// Weights `[inputs, outputs]` of a projection, group of inputs by group of inputs; fewer if `progress` says so. Returns
    /// the scales, `[outputs, groups]`.
    fn int8(
        &self,
        spec: &TensorSpec,
        writer: &mut CheckpointWriter,
        progress: &mut impl FnMut(u64) -> bool,
    ) -> Result<Vec<f32>, CheckpointError> {
        let &[inputs, outputs] = spec.shape.as_slice() else { return Ok(Vec::new()) };
        let random = Numbers::of(self.seed, spec.name.trim_end_matches("_by_input"));
        let draw = self.distribution(spec.role, &[outputs, inputs]);
        let groups: Vec<usize> = (0..inputs).step_by(GROUP_SIZE).collect();
        let mut scales = vec![0.0; outputs * groups.len()];
        let mut next = 0;
        for starts in groups.chunks(2 * rayon::current_num_threads()) {
            let tiles: Vec<_> = starts
                .par_iter()
                .map(|start| {
                    let width = GROUP_SIZE.min(inputs - start);
                    tile(width, outputs, |i, o| draw.at(random, (o * inputs + start + i) as u64))
                })
                .collect();
            for (values, of_outputs) in tiles {
                for (output, scale) in of_outputs.into_iter().enumerate() {
                    scales[output * groups.len() + next] = scale;
                }
                next += 1;
                writer.bytes(&values)?;
            }
            if !progress(writer.written_bytes()) {
                break;
            }
        }
        Ok(scales)
    }

    /// Of a tensor whose shape, as it is unquantised, is `shape`.
    fn distribution(&self, role: Role, shape: &[usize]) -> Distribution {
        let inputs = shape.last().copied().unwrap_or(1).max(1) as f32;
        let layers = self.config.layers.len().max(1) as f32;
        match role {
            Role::Embeddings | Role::SinkTokens => Distribution::Laplace(0.5),
            Role::LmHead => Distribution::Laplace(2.0 / inputs.sqrt()),
            Role::Weight(Linear::Output | Linear::MlpDown | Linear::ExpertDown(_)) => {
                Distribution::Laplace(1.0 / (inputs * layers).sqrt())
            }
            Role::LowRankGate(1) => Distribution::Laplace(1.0 / (GATE_RANK as f32).sqrt()),
            Role::Bias(_) => Distribution::Normal(0.1),
            Role::Router if shape.len() == 1 => Distribution::Normal(0.5),
            Role::Merge => Distribution::Constant(std::f32::consts::FRAC_1_SQRT_2),
            _ => Distribution::Laplace(1.0 / inputs.sqrt()),
        }
    }

    /// The gains of a norm, of mean square 1; `None` for another tensor.
    fn gains(&self, spec: &TensorSpec) -> Option<Vec<f32>> {
        let outliers = match spec.role {
            Role::FinalNorm | Role::Norm(Norm::Attention | Norm::Mlp) => true,
            Role::Norm(_) => false,
            _ => return None,
        };
        let width = spec.shape.iter().product::<usize>() as u64;
        let random = Numbers::of(self.seed, &spec.name);
        let gain = |i: u64| {
            let usual = (GAIN_SIGMA * random.normal(3 * i)).exp();
            let outlier = outliers && random.uniform(3 * i + 1) * OUTLIER_EVERY < 1.0;
            if outlier { usual * (8.0 + 16.0 * random.uniform(3 * i + 2)) } else { usual }
        };
        let mut gains: Vec<f32> = (0..width).map(gain).collect();
        let mean_square = gains.iter().map(|g| g * g).sum::<f32>() / width.max(1) as f32;
        gains.iter_mut().for_each(|g| *g /= mean_square.sqrt());
        Some(gains)
    }
}

/// How the numbers of a tensor are distributed, by their standard deviation or value.
#[derive(Debug, Clone, Copy)]
enum Distribution {
    Laplace(f32),
    Normal(f32),
    Constant(f32),
}

impl Distribution {
    /// Number `index`, as BF16 holds it.
    fn at(self, random: Numbers, index: u64) -> f32 {
        let number = match self {
            Self::Laplace(deviation) => deviation * random.laplace(index),
            Self::Normal(deviation) => deviation * random.normal(index),
            Self::Constant(value) => value,
        };
        bf16::from_f32(number).to_f32()
    }
}

/// INT8 weights `[inputs, outputs]` of a group, as bytes, and the scale of each output, by the absolute maximum.
fn tile(inputs: usize, outputs: usize, weight: impl Fn(usize, usize) -> f32) -> (Vec<u8>, Vec<f32>) {
    let mut weights = vec![0.0; inputs * outputs];
    let mut scales = vec![0.0f32; outputs];
    for (i, row) in weights.chunks_exact_mut(outputs).enumerate() {
        for ((o, w), largest) in row.iter_mut().enumerate().zip(&mut scales) {
            *w = weight(i, o);
            *largest = largest.max(w.abs());
        }
    }
    for scale in &mut scales {
        *scale = if *scale > 0.0 { *scale / 127.0 } else { 1.0 };
    }
    let of_row = |row: &[f32]| -> Vec<u8> {
        let pairs = row.iter().zip(&scales);
        pairs.map(|(w, scale)| (w / scale).round_ties_even().clamp(-127.0, 127.0) as i8 as u8).collect()
    };
    (weights.chunks_exact(outputs).flat_map(of_row).collect(), scales)
}

#[cfg(test)]
mod tests;
