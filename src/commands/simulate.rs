//! `synfire simulate`: runs a network of spiking neurons.

use super::numbers::grouped;
use super::output;
use super::terminal::{Interrupt, biological_bar};
use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::ProgressBar;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;
use synfire::analysis::table::{Table, Values};
use synfire::network::{NetworkRecorder, PopulationActivity};
use synfire::sim::network::{Network, Observer, ObserverError, READY_MADE, Simulation};

/// Run a network of spiking neurons.
///
/// NETWORK is a TOML file, or the name of a ready-made network (--list). Prints rate, irregularity and synchrony of each
/// population. Writes a folder: network.toml, spikes.parquet (a spike file, for analyze, report, plot and convert), a Parquet
/// file for each recorder, manifest.json, raster.png. Ctrl-C ends a run early and keeps what was recorded.
#[derive(Args)]
pub(crate) struct Simulate {
    /// TOML file or name of a ready-made network
    #[arg(value_name = "NETWORK", required_unless_present_any = ["list", "schema"])]
    network: Option<String>,
    /// Set a key of the description, such as population.excitatory.size=100 or run.dt_ms=0.05
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Seed of everything that is drawn [default: that of the description]
    #[arg(long)]
    seed: Option<u64>,
    /// Threads; their number changes no spike [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<std::num::NonZeroUsize>,
    /// Biological time in ms [default: that of the description]
    #[arg(long, value_name = "T")]
    duration_ms: Option<f64>,
    /// Size of the network: neurons and synapses of each neuron times S
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    scale: f64,
    /// Folder to write [default: runs/NAME-1, or the next free number]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write into a folder that holds files already
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// Record nothing, only count
    #[arg(long, conflicts_with_all = ["out", "overwrite"])]
    no_record: bool,
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
        let mut out = std::io::stdout().lock();
        if self.schema {
            writeln!(out, "{}", serde_json::to_string_pretty(&Network::schema())?)?;
            return Ok(());
        }
        if self.list {
            for name in READY_MADE {
                let network = Network::ready_made(name, 1.0, &[]).context("ready-made")??;
                let neurons: u32 = network.population.iter().map(|population| population.size).sum();
                let about = network.description.split_whitespace().collect::<Vec<_>>().join(" ");
                writeln!(out, "{name}: {neurons} neurons. {about}")?;
            }
            return Ok(());
        }
        let network = self.described()?;
        if self.show {
            write!(out, "{}", network.to_toml()?)?;
            return Ok(());
        }
        drop(out);
        self.run(&network)
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

    fn run(&self, network: &Network) -> Result<()> {
        let threads = self.threads.map_or_else(rayon::current_num_threads, std::num::NonZeroUsize::get);
        let started = Instant::now();
        let mut simulation = Simulation::build(network, threads)?;
        let built_s = started.elapsed().as_secs_f64();
        let folder = match &self.out {
            _ if self.no_record => None,
            Some(folder) => Some(folder.clone()),
            None => Some(super::run::free_folder(Path::new("runs"), &network.name)?),
        };
        let interrupt = Interrupt::listen()?;
        let bar = biological_bar(network.run.duration_ms);
        let started = Instant::now();
        let (activity, reached_ms, ran_s) = match &folder {
            Some(folder) => {
                let recorder = NetworkRecorder::create(folder, network, &simulation, self.overwrite)?;
                let mut watched = Watched { of: recorder, bar, interrupt, started };
                let reached_ms = simulation.run(network.run.duration_ms, &mut watched)?;
                let ran_s = started.elapsed().as_secs_f64();
                watched.bar.finish_and_clear();
                (watched.of.finish(&network.name, reached_ms)?, reached_ms, ran_s)
            }
            None => {
                let counted = Counted(synfire::network::Activity::new(simulation.populations())?, Vec::new());
                let mut watched = Watched { of: counted, bar, interrupt, started };
                let reached_ms = simulation.run(network.run.duration_ms, &mut watched)?;
                let ran_s = started.elapsed().as_secs_f64();
                watched.bar.finish_and_clear();
                (watched.of.0.finish(reached_ms / 1000.0)?, reached_ms, ran_s)
            }
        };
        let complete = reached_ms + 0.5 * network.run.dt_ms >= network.run.duration_ms;
        let mut summary = serde_json::json!({
            "network": network.name,
            "status": if complete { "complete" } else { "incomplete" },
            "synfire_version": env!("CARGO_PKG_VERSION"),
            "seed": network.run.seed,
            "dt_ms": network.run.dt_ms,
            "duration_ms": reached_ms,
            "neurons": simulation.neurons(),
            "synapses": simulation.synapses(),
            "spikes": activity.iter().map(|population| population.spikes).sum::<u64>(),
            "populations": simulation.populations().iter().zip(&activity).map(|(span, activity)| {
                let mut row = serde_json::to_value(activity).unwrap_or_default();
                row["first_unit"] = span.first.into();
                row
            }).collect::<Vec<_>>(),
        });
        if let Some(folder) = &folder {
            write_manifest(folder, &summary)?;
        }
        // What differs from run to run is told and not recorded: the folder's bytes depend on network and seed alone.
        summary["synapse_bytes"] = simulation.synapse_bytes().into();
        summary["threads"] = threads.into();
        summary["build_s"] = built_s.into();
        summary["run_s"] = ran_s.into();
        summary["peak_mib"] = serde_json::to_value(super::run::peak_mib())?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&summary)?);
        } else {
            output::print(&mut std::io::stdout().lock(), &[table(network, &activity)])?;
            let synapses = simulation.synapses();
            println!(
                "\n{} synapses of {:.1} bytes, built in {built_s:.2} s; {:.0} ms in {ran_s:.2} s: real-time factor {:.2} (run time by biological time), threads: {threads}.",
                grouped(synapses as f64),
                simulation.synapse_bytes() as f64 / (synapses.max(1)) as f64,
                reached_ms,
                ran_s / (reached_ms / 1000.0),
            );
            if let Some(folder) = &folder {
                println!("Recorded in {}.", folder.display());
            }
        }
        if !complete {
            bail!(
                "interrupted after {reached_ms:.1} of {} ms; what was recorded is kept",
                network.run.duration_ms
            );
        }
        Ok(())
    }
}

/// Replaces the manifest in one step, so that a reader sees it whole or not at all.
fn write_manifest(folder: &Path, summary: &serde_json::Value) -> Result<()> {
    let (part, path) = (folder.join("manifest.json.tmp"), folder.join("manifest.json"));
    std::fs::write(&part, serde_json::to_string_pretty(summary)?)
        .and_then(|()| std::fs::rename(&part, &path))
        .with_context(|| path.display().to_string())
}

fn table(network: &Network, activity: &[PopulationActivity]) -> Table {
    let real = |of: fn(&PopulationActivity) -> f64| Values::Real(activity.iter().map(of).collect());
    let name = activity.iter().map(|population| population.name.clone()).collect();
    let whole = |of: fn(&PopulationActivity) -> u64| {
        Values::Integer(activity.iter().map(|population| of(population) as i64).collect())
    };
    Table::new("populations", format!("{}, seed {}", network.name, network.run.seed))
        .key("population", "population", Values::Text(name))
        .key("neurons", "neurons", whole(|population| u64::from(population.neurons)))
        .column("spikes", "spikes", "", "", whole(|population| population.spikes))
        .column(
            "rate_hz",
            "rate",
            "Hz",
            "spikes by neurons and biological time",
            real(|population| population.rate_hz),
        )
        .column(
            "cv",
            "CV",
            "",
            "mean coefficient of variation of the intervals, of neurons with three spikes or more",
            real(|population| population.cv.unwrap_or(f64::NAN)),
        )
        .column(
            "synchrony",
            "synchrony",
            "",
            "variance by mean of the population's spike counts in bins of 3 ms; 1 for independent Poisson neurons",
            real(|population| population.synchrony.unwrap_or(f64::NAN)),
        )
}

/// Shows progress and ends when asked.
struct Watched<T> {
    of: T,
    bar: ProgressBar,
    interrupt: Interrupt,
    started: Instant,
}

impl<T: Observer> Observer for Watched<T> {
    fn spikes(&mut self, time_ms: f64, neurons: &[u32]) -> Result<(), ObserverError> {
        self.of.spikes(time_ms, neurons)
    }

    fn values(&mut self, recorder: usize, time_ms: f64, values: &[f64]) -> Result<(), ObserverError> {
        self.of.values(recorder, time_ms, values)
    }

    fn reached(&mut self, time_ms: f64) -> Result<bool, ObserverError> {
        let position = time_ms as u64;
        if position > self.bar.position() {
            self.bar.set_position(position);
            let factor = self.started.elapsed().as_secs_f64() / (time_ms / 1000.0);
            self.bar.set_message(format!("{factor:.2}"));
        }
        Ok(!self.interrupt.asked() && self.of.reached(time_ms)?)
    }
}

/// Counts and records nothing.
struct Counted(synfire::network::Activity, Vec<f64>);

impl Observer for Counted {
    fn spikes(&mut self, time_ms: f64, neurons: &[u32]) -> Result<(), ObserverError> {
        self.1.clear();
        self.1.resize(neurons.len(), time_ms / 1000.0);
        Ok(self.0.observe(&self.1, neurons)?)
    }
}
