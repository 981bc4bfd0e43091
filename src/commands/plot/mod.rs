//! `synfire plot`: draws a picture from a recorded run, or from a spike file.

mod energy;
mod record;
mod trains;

use super::selection::Span;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use synfire::analysis::energy::Opponent;
use synfire::analysis::plot::Picture;
use synfire::datasets::record::RunReader;
use synfire::datasets::spikes::Projection;

/// Tokens that a raster shows unless told otherwise.
pub(crate) const TOKENS: Span = Span::new(0, 39);
/// Neurons that a raster shows unless told otherwise.
pub(crate) const NEURONS: Span = Span::new(0, 639);

/// The projection that a raster shows unless told otherwise: the one with the outliers, where it was coded.
pub(crate) fn default_projection(recorded: &[Projection]) -> Projection {
    if recorded.contains(&Projection::DownIn) { Projection::DownIn } else { Projection::MlpIn }
}

/// What to draw.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Spikes of one layer and projection over tokens; of a spike file, over time
    Raster,
    /// Share of channels by signed spike count
    Counts,
    /// Sparsity by layer and projection
    Sparsity,
    /// Mean spikes per channel over the text, layer by layer
    Tokens,
    /// Tokens sent to each expert, layer by layer
    Experts,
    /// Distribution of inter-spike intervals
    Intervals,
    /// Distribution of the firing rates of neurons or units
    Rates,
    /// Correlation of spike counts between neurons or units
    Correlation,
    /// Energy by component, spikes beside a dense opponent
    Energy,
    /// From the report's bound of energy to the full estimate
    Waterfall,
    /// Energy over the opponent's against mean spikes per channel
    Breakeven,
    /// Energy over the opponent's against the size of weight blocks
    Blocks,
    /// Which constants of the hardware move the result
    Sensitivity,
}

/// Draw a picture from a recorded run or a spike file.
///
/// A spike file has a raster, intervals, rates and correlation; a run has all kinds.
#[derive(Args)]
pub(crate) struct Plot {
    /// Run folder or spike file
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// What to draw
    #[arg(value_enum, value_name = "KIND")]
    kind: Kind,
    /// Only this layer, from 0 [raster: the first recorded]
    #[arg(long)]
    layer: Option<u16>,
    /// Only this input: attn_in, query, o_in, mlp_in, down_in or expert_down_in [raster: down_in where it was coded, else mlp_in]
    #[arg(long, value_name = "P")]
    projection: Option<Projection>,
    /// Tokens of a raster, from 0
    #[arg(long, value_name = "A-B", default_value_t = TOKENS)]
    tokens: Span,
    /// Neurons of a raster (of a spike file: units), from 0 [default: 0-639; of a spike file 640 from all units]
    #[arg(long, value_name = "A-B")]
    neurons: Option<Span>,
    /// Hardware of an energy picture: profile name or file
    #[arg(long, value_name = "NAME|FILE", default_value = "asynchronous")]
    hardware: String,
    /// Opponent of an energy picture: fp16, int8, int8-skip or quantised
    #[arg(long, default_value = "fp16")]
    baseline: Opponent,
    /// Duration of a virtual time step of a run in ms; intervals and rates are then in s and Hz, else in steps
    #[arg(long, value_name = "X")]
    step_ms: Option<f64>,
    /// Width of the bins of a correlation, in s, or in tokens of a run [default: 0.005 s, 1 token]
    #[arg(long, value_name = "X")]
    bin: Option<f64>,
    /// Picture to write, .png or .svg [default: KIND.png]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Plot {
    pub(crate) fn execute(self) -> Result<()> {
        if self.input.is_file() { self.of_file() } else { self.of_run() }
    }

    fn of_run(&self) -> Result<()> {
        let reader = RunReader::open(&self.input)?;
        if let Some(layer) = self.layer.filter(|layer| !reader.manifest().layers.contains(layer)) {
            bail!(
                "{}: layer {layer} was not recorded; recorded are {:?}",
                self.input.display(),
                reader.manifest().layers
            );
        }
        match self.kind {
            Kind::Raster => self.raster(&reader),
            Kind::Experts => self.experts(&reader),
            Kind::Counts | Kind::Sparsity | Kind::Tokens => self.statistics(&reader),
            Kind::Intervals | Kind::Rates | Kind::Correlation => self.trains_of_run(&reader),
            Kind::Energy | Kind::Waterfall | Kind::Breakeven | Kind::Blocks | Kind::Sensitivity => {
                self.energy()
            }
        }
    }

    fn write(&self, picture: &dyn Picture) -> Result<()> {
        let path = self.output.clone().unwrap_or_else(|| format!("{}.png", self.kind_name()).into());
        picture.draw(&path)?;
        println!("{}", path.display());
        Ok(())
    }

    fn kind_name(&self) -> String {
        self.kind.to_possible_value().map_or_else(String::new, |v| v.get_name().to_owned())
    }

    /// Name of the model, and what of it is shown.
    fn title(&self, reader: &RunReader) -> String {
        let mut title = reader.manifest().model.name.clone();
        if let Some(layer) = self.layer {
            title += &format!(", layer {layer}");
        }
        if let Some(projection) = self.projection {
            title += &format!(", {projection}");
        }
        title
    }
}
