//! `synfire simulate`: runs a network of spiking neurons.

mod course;
mod order;
mod recording;
mod summary;

use super::crew::Crew;
use anyhow::{Context, Result, bail};
use clap::Args;
use course::Course;
use order::Order;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use synfire::sim::network::{Network, READY_MADE};

/// Run a network of spiking neurons.
///
/// NETWORK is a TOML file, or the name of a ready-made network (--list). Prints rate, irregularity and synchrony of each
/// population. Writes a folder: network.toml, spikes.parquet (a spike file, for analyze, report, plot and convert), a Parquet
/// file for each recorder, manifest.json, raster.png. Ctrl-C ends a run early and keeps what was recorded; --resume goes on, to
/// the same bytes as without the interruption. Under mpirun (feature mpi) the neurons and the synapses onto them are shared out over
/// the ranks, and the folder is the same.
#[derive(Args)]
pub(crate) struct Simulate {
    /// TOML file or name of a ready-made network
    #[arg(value_name = "NETWORK", required_unless_present_any = ["list", "schema", "resume"])]
    network: Option<String>,
    /// Set a key of the description, such as population.excitatory.size=100 or run.dt_ms=0.05
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Seed of everything that is drawn [default: that of the description]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Threads of each rank; their number changes no spike [default: all cores, shared out over the ranks of a machine]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Biological time in ms [default: that of the description]
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    duration_ms: Option<f64>,
    /// Size of the network: neurons and synapses of each neuron times S. Fewer synapses are less input, so that activity may be of
    /// another kind; only potjans-diesmann makes up for it
    #[arg(long, value_name = "S", default_value_t = 1.0, allow_negative_numbers = true)]
    scale: f64,
    /// Folder to write [default: runs/NAME-1, or the next free number]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace an earlier run of a network in the folder; files that belong to none stay
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// Record nothing, only count
    #[arg(long, conflicts_with_all = ["out", "overwrite"])]
    no_record: bool,
    /// Go on with the run in this folder from its last saved state, or anew if it has none; the folder becomes what it would have
    /// been without the interruption, whatever the number of threads. With --duration-ms to another end
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "network", "set", "seed", "scale", "out", "overwrite", "no_record", "list", "show", "schema",
    ])]
    resume: Option<PathBuf>,
    /// Save the state every so many ms of biological time, so that a crash costs that much at most; it takes some ten bytes a
    /// neuron, and more for long delays [default: only when interrupted]
    #[arg(long, value_name = "T", value_parser = above_zero, conflicts_with = "no_record")]
    checkpoint_every_ms: Option<f64>,
    /// Keep the state of the end, so that --resume can go on to a longer duration
    #[arg(long, conflicts_with = "no_record")]
    keep_state: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
    /// List the ready-made networks
    #[arg(long)]
    list: bool,
    /// Print the description as TOML, with all settings, instead of running it
    #[arg(long, conflicts_with_all = ["list", "schema"])]
    show: bool,
    /// Print the JSON schema of descriptions
    #[arg(long)]
    schema: bool,
}

impl Simulate {
    pub(crate) fn execute(self) -> Result<()> {
        let crew = Crew::join()?;
        let mut folder = None;
        let result = self.with(&crew, &mut folder);
        crew.leave(folder.as_deref(), result)
    }

    fn with(&self, crew: &Crew, folder: &mut Option<PathBuf>) -> Result<()> {
        let order = if crew.leads() {
            let order = self.lead(crew)?;
            crew.tell(&order)?;
            order
        } else {
            crew.hear(0)?
        };
        let Some(order) = order else { return Ok(()) };
        folder.clone_from(&order.folder);
        Course::new(self, crew, order)?.run()
    }

    /// What is to be run, if anything is. Says at once what needs no run.
    fn lead(&self, crew: &Crew) -> Result<Option<Order>> {
        let mut out = std::io::stdout().lock();
        let threads = self.threads.map(NonZeroUsize::get).or_else(|| crew.threads());
        let threads = threads.unwrap_or_else(rayon::current_num_threads);
        if self.schema {
            writeln!(out, "{}", serde_json::to_string_pretty(&Network::schema())?)?;
        } else if self.list {
            for name in READY_MADE {
                let network = Network::ready_made(name, 1.0, &[]).context("ready-made")??;
                let neurons: u32 = network.population.iter().map(|population| population.size).sum();
                let about = network.description.split_whitespace().collect::<Vec<_>>().join(" ");
                writeln!(out, "{name}: {neurons} neurons. {about}")?;
            }
        } else if let Some(folder) = &self.resume {
            let order = Order::resumed(self, folder, threads)?;
            if order.is_none() {
                writeln!(out, "{} is complete.", folder.display())?;
            }
            return Ok(order);
        } else if self.show {
            write!(out, "{}", self.described()?.to_toml()?)?;
        } else {
            return Order::begun(self, &self.described()?, threads).map(Some);
        }
        Ok(None)
    }

    fn described(&self) -> Result<Network> {
        let name = self.network.as_deref().unwrap_or_default();
        if !(self.scale > 0.0 && self.scale.is_finite()) {
            bail!("--scale {}: give a number above 0", self.scale);
        }
        let mut network = match Network::ready_made(name, self.scale, &self.set) {
            Some(network) => network?,
            None if Path::new(name).extension().is_none() && !Path::new(name).exists() => {
                bail!("{name}: no such file or ready-made network; ready-made are {}", READY_MADE.join(", "))
            }
            None => Network::read(Path::new(name), &self.set)?.scaled(self.scale),
        };
        if let Some(seed) = self.seed {
            network.run.seed = seed;
        }
        if let Some(duration_ms) = self.duration_ms {
            network.run.duration_ms = duration_ms;
        }
        Ok(network)
    }
}

fn above_zero(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|ms: &f64| *ms > 0.0 && ms.is_finite());
    number.ok_or_else(|| "give a number above 0".to_owned())
}
