//! `synfire checkpoint synth`: a checkpoint of true shape with made-up weights.

use super::{Destination, size};
use crate::commands::terminal::{Interrupt, byte_bar};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::Path;
use std::time::Instant;
use synfire::datasets::checkpoint::{ModelConfig, Synthesis, TensorPlan};

/// Write a checkpoint of true shape with made-up weights, to measure speed, memory and function on.
///
/// Weights are Laplace-distributed and scaled so that activations stay of one size through all layers; norms have a few
/// outlier channels, as trained models do. The tokenizer takes bytes. `synfire run --model OUT` runs it.
#[derive(Args)]
pub(crate) struct Synth {
    /// Shape: 7b, 76b, or the config.json of a model
    #[arg(long, value_name = "7b|76b|FILE", default_value = "7b")]
    like: String,
    /// Only the first N layers
    #[arg(long, value_name = "N")]
    layers: Option<usize>,
    /// Seed of the weights: the same seed writes the same bytes
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write INT8 projections with scales, as `synfire checkpoint quantise` would, rather than BF16
    #[arg(long)]
    quantised: bool,
    #[command(flatten)]
    destination: Destination,
}

impl Synth {
    pub(crate) fn execute(self) -> Result<()> {
        let started = Instant::now();
        let mut config = match self.like.as_str() {
            "7b" => ModelConfig::spikingbrain_7b(),
            "76b" => ModelConfig::spikingbrain_76b(),
            file => ModelConfig::read(Path::new(file)).context("--like: 7b, 76b or a config.json")?,
        };
        let all = config.layers.len();
        match self.layers {
            Some(layers) if (1..=all).contains(&layers) => config.cut(layers),
            Some(layers) => bail!("--layers {layers}: the model has 1 to {all}"),
            None => {}
        }
        self.destination.check()?;
        let synthesis = Synthesis { config, seed: self.seed, quantised: self.quantised };
        let bytes: u64 = synthesis.plan().iter().map(TensorPlan::bytes).sum();
        let (interrupt, bar) = (Interrupt::listen()?, byte_bar(bytes, "writing"));
        let out = &self.destination.out;
        let written =
            synthesis.write(out, self.destination.shard_bytes()?, self.destination.overwrite, |written| {
                bar.set_position(written);
                !interrupt.asked()
            });
        bar.finish_and_clear();
        if !written? {
            bail!("interrupted; nothing was left at {}", out.display());
        }
        let layers = synthesis.config.layers.len();
        let kind = if self.quantised { "INT8" } else { "BF16" };
        println!(
            "{}: {layers} of {all} layers, {kind}, {} ({:.1} s). Run it: synfire run --model {}",
            out.display(),
            size(bytes),
            started.elapsed().as_secs_f64(),
            out.display()
        );
        Ok(())
    }
}
