//! `synfire convert`: spike files from one format to another.

use anyhow::{Result, bail};
use clap::Args;
use indicatif::ProgressBar;
use std::path::PathBuf;
use std::time::Duration;
use synfire::datasets::formats::{self, Format, ReadOptions};

/// Convert a spike file: parquet, csv, npz and nwb both ways; shd, n-mnist, aedat and evt to those.
///
/// Formats are told by content, then by extension. nwb and shd need a build with the feature hdf5.
#[derive(Args)]
pub(crate) struct Convert {
    /// Spike file to read
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Spike file to write
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// Format of IN, where neither content nor name tells it
    #[arg(long, value_name = "FORMAT")]
    from: Option<Format>,
    /// Format of OUT, where its extension does not tell it
    #[arg(long, value_name = "FORMAT")]
    to: Option<Format>,
    /// Sample to take from a file that holds many, from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    sample: usize,
    /// Start of the observation in seconds, where IN does not tell it [default: 0, or an earlier first spike]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    start_s: Option<f64>,
    /// End of the observation in seconds, where IN does not tell it [default: the last spike]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    stop_s: Option<f64>,
    /// Replace OUT if it exists
    #[arg(long)]
    overwrite: bool,
}

impl Convert {
    pub(crate) fn execute(self) -> Result<()> {
        let (input, output) = (self.input.display(), self.output.display());
        if self.output.exists() && !self.overwrite {
            bail!("{output} exists; choose another name, or add --overwrite to replace it");
        }
        let Some(to) = self.to.or_else(|| Format::by_extension(&self.output)) else {
            bail!("{output}: its extension names no format; give --to parquet, csv, npz or nwb");
        };
        if !to.can_be_written() {
            bail!("{output}: {to} is only read; write parquet, csv, npz or nwb");
        }
        let options = ReadOptions {
            format: self.from,
            sample: self.sample,
            start_s: self.start_s,
            stop_s: self.stop_s,
        };
        let bar = ProgressBar::new_spinner().with_message(format!("reading {input}"));
        bar.enable_steady_tick(Duration::from_millis(200));
        let recording = formats::read(&self.input, &options).inspect_err(|_| bar.finish_and_clear())?;
        bar.set_message(format!("writing {} spikes to {output}", recording.len()));
        formats::write(&self.output, &recording, Some(to)).inspect_err(|_| bar.finish_and_clear())?;
        bar.finish_and_clear();
        println!(
            "{input}: {} spikes of {} units, {} to {} s; written to {output}",
            recording.len(),
            recording.unit_ids.len(),
            recording.start_s,
            recording.stop_s
        );
        Ok(())
    }
}
