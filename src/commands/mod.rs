//! The subcommands, one file each, and what they share.

mod analyze;
mod checkpoint;
mod chip;
mod convert;
mod crew;
mod energy;
mod generate;
mod hardware;
mod model_options;
mod nir;
mod numbers;
mod output;
mod plot;
mod report;
mod run;
mod selection;
mod simulate;
mod summary;
#[cfg(feature = "polars")]
mod sweep;
mod terminal;
mod trace;

/// What `synfire` can do.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Run a model on a text as spikes: record, table, raster. Without options, the built-in model on Hamlet.
    Run(run::Run),
    /// Let the model write, spiking.
    Generate(generate::Generate),
    /// Draw a picture of a recorded run or of a spike file: raster, counts, sparsity, intervals, rates, energy and more.
    Plot(plot::Plot),
    /// Write a report of a run or of a spike file: one HTML page with tables, definitions and a raster to zoom into.
    Report(report::Report),
    /// Compute statistics: sparsity, counts, neurons, NeuroBench's metrics of runs; rates, intervals, pairs of spike files.
    Analyze(analyze::Analyze),
    /// Estimate the energy of a recorded run, and how much of the report's saving survives.
    Energy(energy::Energy),
    /// List, show and check hardware profiles.
    Hardware(hardware::Hardware),
    /// Measure accuracy, sparsity and energy over a grid of k, coding, convention, model, text and hardware.
    #[cfg(feature = "polars")]
    Sweep(sweep::Sweep),
    /// Run a network of spiking neurons, ready-made or described in TOML: spikes, statistics, raster.
    Simulate(simulate::Simulate),
    /// Run a recorded model or a spiking network on a neuromorphic chip: time of every token, energy, what saturates.
    Chip(chip::ChipCommand),
    /// Write every count, threshold, layer output and logit as safetensors, to compare with another implementation.
    Trace(trace::Trace),
    /// Look at model checkpoints, make them up, quantise and convert them.
    Checkpoint(checkpoint::Checkpoint),
    /// Look at networks in NIR, and run them on spikes or camera events.
    Nir(nir::Nir),
    /// Convert a spike file to another format.
    Convert(convert::Convert),
}

impl Command {
    /// Does it.
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        match self {
            Self::Run(run) => run.execute(),
            Self::Generate(generate) => generate.execute(),
            Self::Plot(plot) => plot.execute(),
            Self::Report(report) => report.execute(),
            Self::Analyze(analyze) => analyze.execute(),
            Self::Energy(energy) => energy.execute(),
            Self::Hardware(hardware) => hardware.execute(),
            #[cfg(feature = "polars")]
            Self::Sweep(sweep) => sweep.execute(),
            Self::Simulate(simulate) => simulate.execute(),
            Self::Chip(chip) => chip.execute(),
            Self::Trace(trace) => trace.execute(),
            Self::Checkpoint(checkpoint) => checkpoint.execute(),
            Self::Nir(nir) => nir.execute(),
            Self::Convert(convert) => convert.execute(),
        }
    }
}

/// Whether the reader of our output has gone (`synfire ... | head`), which is no failure.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|e| e.downcast_ref::<std::io::Error>())
        .any(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
