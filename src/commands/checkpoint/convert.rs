//! `synfire checkpoint convert`: a plain model into a SpikingBrain.

use super::{Destination, size};
use crate::commands::terminal::{Interrupt, byte_bar};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Instant;
use synfire::datasets::checkpoint::{Checkpoint, Conversion, Target, TensorPlan};

/// What a model can become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    /// Linear attention in even layers, a window in odd ones
    #[value(name = "7b")]
    Hybrid,
    /// Both in every layer, sink tokens, experts copied from the dense blocks
    #[value(name = "76b")]
    Mixture,
}

/// Convert a Qwen2, Qwen2.5 or Llama checkpoint into a SpikingBrain, tensor by tensor.
///
/// Weights are carried over; what the model lacks (gates, norms, router, sink tokens) starts as the library's documentation of
/// the conversion tells. Experts are the dense block scaled by alpha = (1/(k/N + 1))^(1/3), so that the sum gives its output
/// but for silu's curvature. The result is meant to be trained on.
#[derive(Args)]
pub(crate) struct Convert {
    /// Checkpoint folder of a plain model
    #[arg(value_name = "IN")]
    input: PathBuf,
    #[command(flatten)]
    destination: Destination,
    /// What it becomes
    #[arg(long, value_enum, default_value = "7b")]
    to: To,
    /// Keys in the window
    #[arg(long, value_name = "N", default_value_t = 4096)]
    window: usize,
    /// 76b: routed experts
    #[arg(long, value_name = "N", default_value_t = 16)]
    experts: usize,
    /// 76b: routed experts that a token is sent to
    #[arg(long, value_name = "K", default_value_t = 1)]
    per_token: usize,
    /// 76b: learned tokens before the text
    #[arg(long, value_name = "N", default_value_t = 128)]
    sinks: usize,
    /// 76b: weights of the linear and the softmax branch
    #[arg(long, value_name = "W1,W2", value_delimiter = ',', num_args = 1, default_values_t = [0.5, 0.5], allow_negative_numbers = true)]
    merge: Vec<f32>,
    /// 76b: merge the branches without normalising them; with --merge 0,1 attention stays that of the plain model
    #[arg(long)]
    no_branch_norms: bool,
    /// Seed of what starts at random
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl Convert {
    pub(crate) fn execute(self) -> Result<()> {
        let started = Instant::now();
        self.destination.check()?;
        let source = Checkpoint::open(&self.input)?;
        let &[w1, w2] = self.merge.as_slice() else {
            bail!("--merge: {} weights given, one for each of the two branches is needed", self.merge.len());
        };
        if !(w1.is_finite() && w2.is_finite()) {
            bail!("--merge {w1},{w2}: finite numbers are needed");
        }
        let target = if self.to == To::Hybrid { Target::Hybrid } else { Target::Mixture };
        let conversion = Conversion {
            window: self.window,
            experts: self.experts,
            per_token: self.per_token,
            sink_tokens: self.sinks,
            merge: [w1, w2],
            normalise_branches: !self.no_branch_norms,
            seed: self.seed,
            ..Conversion::new(target)
        };
        let bytes: u64 = conversion.plan(&source)?.iter().map(TensorPlan::bytes).sum();
        let (interrupt, bar) = (Interrupt::listen()?, byte_bar(bytes, "writing"));
        let Destination { out, overwrite, .. } = &self.destination;
        let written =
            conversion.write(&source, out, self.destination.shard_bytes()?, *overwrite, |written| {
                bar.set_position(written);
                !interrupt.asked()
            });
        bar.finish_and_clear();
        if !written? {
            bail!("interrupted; nothing was left at {}", out.display());
        }
        println!("{}: {} ({:.1} s)", out.display(), size(bytes), started.elapsed().as_secs_f64());
        if self.to == To::Mixture {
            println!("Experts are the dense blocks, their matrices times alpha = {:.4}.", conversion.alpha());
        }
        Ok(())
    }
}
