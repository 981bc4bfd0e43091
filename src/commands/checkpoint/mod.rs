//! `synfire checkpoint`: look at model checkpoints, make them up, quantise and convert them.

mod convert;
mod inspect;
mod quantise;
mod synth;
mod tree;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use synfire::datasets::checkpoint::SHARD_BYTES;

/// Look at model checkpoints, make them up, quantise and convert them.
#[derive(Args)]
pub(crate) struct Checkpoint {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show what a checkpoint holds, what each tensor is, and whatever keeps it from being run.
    Inspect(inspect::Inspect),
    /// Write a checkpoint of true shape with made-up, long-tailed weights, to measure speed and memory on.
    Synth(synth::Synth),
    /// Quantise the projections of a checkpoint to INT8, by the absolute maximum or calibrated on a text.
    Quantise(quantise::Quantise),
    /// Convert a Qwen2, Qwen2.5 or Llama checkpoint into the 7B hybrid, or upcycle it into the 76B.
    Convert(convert::Convert),
}

impl Checkpoint {
    pub(crate) fn execute(self) -> Result<()> {
        match self.action {
            Action::Inspect(inspect) => inspect.execute(),
            Action::Synth(synth) => synth.execute(),
            Action::Quantise(quantise) => quantise.execute(),
            Action::Convert(convert) => convert.execute(),
        }
    }
}

/// Where a checkpoint is written, and how.
#[derive(Args)]
struct Destination {
    /// Checkpoint folder to write
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Replace the checkpoint in OUT
    #[arg(long)]
    overwrite: bool,
    /// Largest shard, in GB of 10^9 bytes
    #[arg(long, value_name = "GB", default_value_t = SHARD_BYTES as f64 / 1e9)]
    shard_gb: f64,
}

impl Destination {
    fn shard_bytes(&self) -> Result<u64> {
        if !(self.shard_gb.is_finite() && self.shard_gb > 0.0) {
            bail!("--shard-gb {}: it must be above 0", self.shard_gb);
        }
        Ok((self.shard_gb * 1e9).ceil() as u64)
    }

    /// Refuses early what the writer would refuse.
    fn check(&self) -> Result<()> {
        let occupied = std::fs::read_dir(&self.out).is_ok_and(|mut entries| entries.next().is_some());
        if occupied && !self.overwrite {
            bail!("{}: not empty; give another folder, or add --overwrite to replace it", self.out.display());
        }
        Ok(())
    }
}

/// Bytes for people, in powers of ten as disks are sold.
fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        b if b >= 1e9 => format!("{:.2} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.1} MB", b / 1e6),
        b if b >= 1e3 => format!("{:.1} kB", b / 1e3),
        b => format!("{b} B"),
    }
}
