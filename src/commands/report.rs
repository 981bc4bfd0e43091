//! `synfire report`: everything about a run or a spike file, as one HTML page.

use super::selection::Span;
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use synfire::analysis::report::raster::{DEFAULT_SPIKES, RasterLimits};
use synfire::analysis::report::{recording, run};
use synfire::datasets::formats::{self, ReadOptions};
use synfire::datasets::record::RunReader;

/// Write a report of a recorded run or of a spike file: tables with their definitions, pictures, and a raster to zoom
/// into, as one HTML file that needs no network.
#[derive(Args)]
pub(crate) struct Report {
    /// Run folder, or a file of spike trains
    #[arg(value_name = "RUN|FILE")]
    of: PathBuf,
    /// File to write
    #[arg(short, long, value_name = "FILE.html", default_value = "report.html")]
    output: PathBuf,
    /// Spikes in the raster at most, all layers and projections together; more make a larger file
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SPIKES)]
    raster_spikes: usize,
    /// Tokens in the raster, from 0 as A-B; as many of them as fit into --raster-spikes [default: all]
    #[arg(long, value_name = "A-B")]
    tokens: Option<Span>,
}

impl Report {
    pub(crate) fn execute(self) -> Result<()> {
        let report = if self.of.is_file() {
            let recording = formats::read(&self.of, &ReadOptions::default())?;
            recording::report(&self.of.display().to_string(), &recording, self.raster_spikes)?
        } else {
            let tokens = self.tokens.map_or(0..u32::MAX, |tokens| tokens.range());
            run::report(&RunReader::open(&self.of)?, &RasterLimits { spikes: self.raster_spikes, tokens })?
        };
        report.write(&self.output)?;
        println!("{}", self.output.display());
        Ok(())
    }
}
