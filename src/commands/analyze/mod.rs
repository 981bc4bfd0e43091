//! `synfire analyze`: statistics of recorded runs and of spike files, as tables.

mod clocked;
mod model;
mod runs;
mod statistics;
#[cfg(feature = "polars")]
mod stream;
mod trains;

use super::output::OutputArgs;
use super::selection::Span;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use runs::Runs;
use statistics::{Question, Statistics};
use std::num::NonZeroU32;
use std::path::PathBuf;
use synfire::analysis::experts::Experts;
use synfire::analysis::sparsity::{By, sparsity_table};
use synfire::analysis::table::Table;

/// Compute statistics of recorded runs or of a spike file.
///
/// INPUT is a run folder, or a folder of many: every run in the tree below counts, and its path names it. Or it is a spike
/// file of any format that `synfire convert` reads. Each table is followed by the definitions of its columns.
#[derive(Args)]
pub(crate) struct Analyze {
    /// Run folder, folder of run folders, or spike file
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// What to compute, separated by commas [default: sparsity,counts of runs; rates,intervals of a spike file]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    metrics: Vec<Metric>,
    /// What rows tell apart: any of run, layer, projection, head, token (or token:64 for bins of 64), separated by commas;
    /// "" pools everything
    #[arg(long, default_value = "layer,projection", value_name = "KEYS")]
    by: By,
    /// Only these layers, from 0, as A-B
    #[arg(long, value_name = "A-B")]
    layers: Option<Span>,
    /// Virtual time steps of the window whose sparsity the counts tell
    #[arg(long, default_value = "3", value_name = "STEPS")]
    window: NonZeroU32,
    /// Checkpoint folder of the model that was run, for neurobench [default: what the manifest tells]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Clock of the rates and intervals of runs
    #[arg(long, value_enum, default_value = "steps")]
    clock: ClockName,
    /// Duration of a step (or token, by --clock) of runs in ms: times are then in s and rates in Hz
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    tick_ms: Option<f64>,
    /// Read a Parquet spike file a batch at a time, in memory that does not grow with it; its rows are in order of time
    #[arg(long)]
    stream: bool,
    /// Start of a streamed file in s [default: 0]
    #[arg(long, value_name = "S", requires = "stream", allow_negative_numbers = true)]
    start_s: Option<f64>,
    /// End of a streamed file in s [default: its last spike]
    #[arg(long, value_name = "S", requires = "stream", allow_negative_numbers = true)]
    stop_s: Option<f64>,
    /// Bins in which the spike counts of pairs are correlated, in ms
    #[arg(long, value_name = "X", default_value_t = 5.0, allow_negative_numbers = true)]
    bin_ms: f64,
    #[command(flatten)]
    output: OutputArgs,
}

/// What the time of a run is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ClockName {
    /// Virtual time steps of the spike coding
    Steps,
    /// Tokens of the text
    Tokens,
}

/// What can be computed: the first six of runs, rates of both, the others of spike files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Metric {
    /// Spikes a channel, silent share, sparsity, synaptic operations (reads no spikes, only activity)
    Sparsity,
    /// Shares of spike counts at 0, up to 7, above 16; sparsity of a window
    Counts,
    /// Histogram of spike counts
    Histogram,
    /// Dead and always-active neurons, population and lifetime sparseness
    Neurons,
    /// Sparsity along the text, in 16 bins of tokens
    Tokens,
    /// Load and spikes of the experts of a mixture, two-scale sparsity
    Experts,
    /// NeuroBench's footprint, connection sparsity, synaptic operations and membrane updates
    Neurobench,
    /// Rate, intervals, CV, CV2, LV: of runs by layer and input; of a spike file over all units, with LvR, Fano, bursts
    Rates,
    /// Of a spike file: the same unit by unit
    Intervals,
    /// Of a spike file: correlation, tiling coefficient and synchronization of the pairs of the 100 most active units
    Correlation,
    /// Of a spike file: van Rossum, Victor-Purpura, ISI- and SPIKE-distance of those pairs
    Distance,
}

impl Metric {
    fn is_of_trains(self) -> bool {
        matches!(self, Self::Rates | Self::Intervals | Self::Correlation | Self::Distance)
    }

    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

const UNWEIGHED: &str =
    "Not available without the model's weights: footprint, connection sparsity, synaptic operations";

impl Analyze {
    pub(crate) fn execute(self) -> Result<()> {
        let metrics = match (self.metrics.as_slice(), self.input.is_file()) {
            ([], true) => &[Metric::Rates, Metric::Intervals],
            ([], false) if !Runs::open(&self.input, self.layers)?.tell_counts() => &[Metric::Sparsity][..],
            ([], false) => &[Metric::Sparsity, Metric::Counts],
            (chosen, _) => chosen,
        };
        if self.input.is_file() {
            return self.output.give(&self.of_file(metrics)?, &[]);
        }
        if let Some(metric) = metrics.iter().find(|metric| metric.is_of_trains() && **metric != Metric::Rates)
        {
            bail!(
                "--metrics {}: is of spike files; {} is a folder of runs",
                metric.name(),
                self.input.display()
            );
        }
        let runs = Runs::open(&self.input, self.layers)?;
        let mut notes = runs.notes();
        let model = if metrics.contains(&Metric::Neurobench) {
            model::load(&runs, self.model.as_deref())
                .map_err(|error| notes.push(format!("{UNWEIGHED} ({error:#})")))
                .ok()
        } else {
            None
        };
        let question = Question { metrics, by: self.by, window: self.window, model: model.as_ref() };
        let statistics = Statistics::of(&runs, &question)?;
        let (names, counts_note) = (runs.names(), runs.counts_note());
        let mut tables: Vec<Table> = Vec::new();
        for metric in metrics {
            match metric {
                Metric::Sparsity => tables.push(sparsity_table(&self.by, &runs.sparsity(&self.by)?, &names)),
                Metric::Tokens => tables.push(tokens(&runs)?),
                Metric::Experts => tables.extend(experts(&runs, &names)?),
                Metric::Rates => tables.push(clocked::table_of_runs(&runs, &self)?),
                Metric::Neurobench => tables.extend(model.iter().flat_map(model::Model::tables)),
                _ => {}
            }
            let of_counts = statistics.tables(*metric, &names).into_iter();
            tables.extend(of_counts.map(|table| table.noted(counts_note.as_deref())));
        }
        self.output.give(&tables, &notes)
    }

    #[cfg(feature = "polars")]
    fn of_file(&self, metrics: &[Metric]) -> Result<Vec<Table>> {
        if self.stream {
            stream::tables(self, metrics)
        } else {
            trains::tables(&self.input, metrics, self.bin_ms / 1000.0)
        }
    }

    #[cfg(not(feature = "polars"))]
    fn of_file(&self, metrics: &[Metric]) -> Result<Vec<Table>> {
        if self.stream {
            bail!("--stream: this build leaves Polars out; build with the feature polars");
        }
        trains::tables(&self.input, metrics, self.bin_ms / 1000.0)
    }
}

/// Load and spikes of experts, run by run.
fn experts(runs: &Runs, names: &[String]) -> Result<Vec<Table>> {
    let mut tables = Vec::new();
    for (reader, name) in runs.readers().zip(names) {
        let Some(experts) = Experts::read(reader)? else {
            bail!("{}: --metrics experts: the model has no mixture of experts", reader.dir().display());
        };
        for table in [experts.load_table(), experts.table()] {
            let title = format!("{} ({name})", table.title);
            tables.push(if names.len() > 1 { Table { title, ..table } } else { table });
        }
    }
    Ok(tables)
}

/// Sparsity along the text.
fn tokens(runs: &Runs) -> Result<Table> {
    let width = runs.bin();
    let by = By { token: Some(width), ..By::default() };
    let table = sparsity_table(&by, &runs.sparsity(&by)?, &[]);
    Ok(Table { name: "tokens", title: format!("Sparsity by token, in bins of {width}"), ..table })
}
