//! `synfire chip`: recorded runs and spiking networks on neuromorphic chips, message by message.

mod network;
mod place;
mod run;
mod show;
mod story;
mod tables;
mod trace;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use std::path::Path;
use synfire::datasets::record::{Architecture, RunReader};
use synfire::sim::hardware::description::Chip;
use synfire::sim::hardware::model::{Cut, Placement, Stage, Strategy, stages};

/// Run a recorded model or a spiking network on a neuromorphic chip: time of every token, energy, what saturates.
#[derive(Args)]
pub(crate) struct ChipCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Simulate a recorded run, or a network in SANA-FE's format, on a chip
    Run(run::ChipRun),
    /// Lay a recorded model out on a chip, and compare strategies
    Place(place::ChipPlace),
    /// What a chip is made of; without NAME, the chips there are
    Show(show::ChipShow),
}

impl ChipCommand {
    pub(crate) fn execute(self) -> Result<()> {
        match self.what {
            What::Run(run) => run.execute(),
            What::Place(place) => place.execute(),
            What::Show(show) => show.execute(),
        }
    }
}

/// How a model is laid out.
#[derive(Args)]
struct PlacementArgs {
    /// Which core gets what: sequential, balanced (by measured activity) or minimal-hops
    #[arg(long, value_name = "S", default_value = "minimal-hops", value_parser = strategy)]
    placement: Strategy,
    /// Which way matrices are cut: outputs (no partial sums) or inputs (a spike goes to one tile)
    #[arg(long, default_value = "outputs", value_parser = cut)]
    cut: Cut,
    /// Most neurons that code on one core; fewer means more cores that send at once
    #[arg(long, value_name = "N", default_value_t = 256)]
    neurons_per_core: usize,
}

/// The strategies by the names that the command line has for them.
const STRATEGIES: [(&str, Strategy); 3] = [
    ("sequential", Strategy::Sequential),
    ("balanced", Strategy::Balanced),
    ("minimal-hops", Strategy::MinimalHops),
];

fn strategy(name: &str) -> Result<Strategy, String> {
    let found = STRATEGIES.iter().find(|(known, _)| *known == name);
    found.map(|(_, s)| *s).ok_or_else(|| "choose sequential, balanced or minimal-hops".to_owned())
}

fn strategy_name(strategy: Strategy) -> &'static str {
    STRATEGIES.iter().find(|(_, known)| *known == strategy).map_or("", |(name, _)| name)
}

fn cut(name: &str) -> Result<Cut, String> {
    match name {
        "outputs" => Ok(Cut::Outputs),
        "inputs" => Ok(Cut::Inputs),
        _ => Err("choose outputs or inputs".to_owned()),
    }
}

/// A record, and what of it is laid out.
struct Recorded {
    reader: RunReader,
    stages: Vec<Stage>,
    shape: Architecture,
}

impl Recorded {
    fn open(dir: &Path) -> Result<Self> {
        let reader = RunReader::open(dir)
            .with_context(|| format!("{}: neither a run folder nor a .yaml network", dir.display()))?;
        let (stages, shape) = stages(&reader)?;
        Ok(Self { reader, stages, shape })
    }

    fn place(&self, chip: &Chip, args: &PlacementArgs, strategy: Strategy) -> Result<Placement> {
        Ok(Placement::new(chip, &self.stages, strategy, args.cut, args.neurons_per_core.max(1))?)
    }
}
