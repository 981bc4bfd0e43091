//! `synfire nir run`: a NIR file on spikes or events.

use super::record::Folder;
use crate::commands::output;
use crate::commands::terminal::{Interrupt, biological_bar};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Instant;
use synfire::analysis::energy::profile::{HardwareProfile, Quantity};
use synfire::analysis::table::{Table, Values};
use synfire::datasets::formats::{self, ReadOptions};
use synfire::datasets::nir;
use synfire::datasets::transform::{Steps, bin};
use synfire::sim::nir::{Drive, LayerCounts, Method, Network, Options, State};

/// Run a NIR file on a spike file or camera events.
///
/// Events are counted in steps and laid out in the shape of the network's input: units by their number, pixels as
/// [rows, columns] or, OFF first, [2, rows, columns]. Prints what every layer did. Writes a folder: spikes.parquet (a spike
/// file of all neurons, the layer as channel, for analyze, report and plot), output.parquet where the output is no neuron,
/// manifest.json. Ctrl-C ends a run early and keeps what was recorded. Needs a build with the feature hdf5.
#[derive(Args)]
pub(crate) struct Run {
    /// NIR file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Spikes or events: any format that convert reads
    #[arg(long, value_name = "EVENTS")]
    input: PathBuf,
    /// Sample to take from a file that holds many, from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    sample: usize,
    /// Length of a step in ms
    #[arg(long, value_name = "D", default_value_t = 1.0)]
    dt_ms: f64,
    /// Solve the neurons' equations over a step instead of forward Euler
    #[arg(long)]
    exact: bool,
    /// Take what arrives at neurons as charges, so that dt cancels (as Sinabs), instead of currents held for a step
    #[arg(long)]
    charge: bool,
    /// Price operations by a hardware profile that prices a synaptic event and a neuron update
    #[arg(long, value_name = "PROFILE", default_value = "loihi-coarse")]
    hardware: String,
    /// Folder to write [default: runs/NAME-1, or the next free number]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write into a folder that holds files already
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

impl Run {
    pub(crate) fn execute(self) -> Result<()> {
        let file = || self.file.display().to_string();
        let profile = priced(&self.hardware)?;
        let graph = nir::read(&self.file)?;
        let options = Options {
            dt_s: self.dt_ms / 1000.0,
            method: if self.exact { Method::Exact } else { Method::Euler },
            drive: if self.charge { Drive::Charge } else { Drive::Current },
        };
        let network = Network::new(&graph, &options).with_context(file)?;
        let read = ReadOptions { sample: self.sample, ..ReadOptions::default() };
        let recording = formats::read(&self.input, &read)?;
        let input = bin(&recording, options.dt_s, network.input_shape())
            .with_context(|| self.input.display().to_string())?;
        drop(recording);
        let name = self.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let folder = match &self.out {
            Some(folder) => folder.clone(),
            None => crate::commands::run::free_folder(Path::new("runs"), &name)?,
        };

        let started = Instant::now();
        let (state, steps, output_sum) = self.record(&network, &input, &folder)?;
        let ran_s = started.elapsed().as_secs_f64();
        let (counts, complete) = (state.counts(), steps == input.len());
        let energy = energies_pj(&network, counts, &profile);
        let summary = serde_json::json!({
            "file": file(),
            "input": self.input.display().to_string(),
            "status": if complete { "complete" } else { "incomplete" },
            "synfire_version": env!("CARGO_PKG_VERSION"),
            "dt_ms": self.dt_ms,
            "steps": steps,
            "input_events": input.events(),
            "output_sum": output_sum,
            "run_s": ran_s,
            "hardware": profile.name,
            "energy_pj": energy.iter().sum::<f64>(),
            "layers": network.layers().iter().zip(counts).zip(&energy).map(|((layer, counts), energy_pj)| {
                serde_json::json!({
                    "name": layer.name,
                    "kind": layer.kind,
                    "shape": layer.shape,
                    "first_unit": layer.first_unit,
                    "synapses": layer.synapses,
                    "events": counts.events,
                    "accumulates": counts.accumulates,
                    "multiply_accumulates": counts.multiply_accumulates,
                    "updates": counts.updates,
                    "spikes": counts.spikes,
                    "energy_pj": energy_pj,
                })
            }).collect::<Vec<_>>(),
        });
        let path = folder.join("manifest.json");
        std::fs::write(&path, serde_json::to_string_pretty(&summary)?)
            .with_context(|| path.display().to_string())?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&summary)?);
        } else {
            let title = format!("{}, {steps} steps of {} ms", file(), self.dt_ms);
            output::print(&mut std::io::stdout().lock(), &[table(title, &network, counts, &energy)])?;
            let biological_s = steps as f64 * options.dt_s;
            println!(
                "\n{} input values in {ran_s:.2} s ({:.2} times real time); {:.3} uJ on {}.",
                input.events(),
                ran_s / biological_s.max(f64::MIN_POSITIVE),
                energy.iter().sum::<f64>() / 1e6,
                profile.title,
            );
            println!("Recorded in {}.", folder.display());
        }
        if !complete {
            bail!("interrupted after {steps} of {} steps; what was recorded is kept", input.len());
        }
        Ok(())
    }

    /// Runs until the end or Ctrl-C and gives the last state, the steps that were run and the sums of the output.
    fn record(&self, network: &Network, input: &Steps, folder: &Path) -> Result<(State, usize, Vec<f64>)> {
        let interrupt = Interrupt::listen()?;
        let mut written = Folder::create(folder, network, self.overwrite)?;
        let bar = biological_bar(input.len() as f64 * self.dt_ms);
        let mut state = network.start();
        let mut output_sum = vec![0.0; state.output().len()];
        let (started, mut steps) = (Instant::now(), 0);
        while steps < input.len() && !interrupt.asked() {
            network.step(&mut state, input.step(steps)).with_context(|| self.input.display().to_string())?;
            written.step(network, &state, input.time_s(steps))?;
            for (sum, value) in output_sum.iter_mut().zip(state.output()) {
                *sum += f64::from(*value);
            }
            steps += 1;
            if steps % 64 == 0 {
                let biological_ms = steps as f64 * self.dt_ms;
                bar.set_position(biological_ms as u64);
                bar.set_message(format!("{:.2}", started.elapsed().as_secs_f64() * 1000.0 / biological_ms));
            }
        }
        bar.finish_and_clear();
        written.finish(input.start_s, input.time_s(steps))?;
        Ok((state, steps, output_sum))
    }
}

/// A profile by which all operations of a network have a price.
fn priced(name: &str) -> Result<HardwareProfile> {
    let profile = HardwareProfile::load(name)?;
    for quantity in [Quantity::SynapticEvent, Quantity::NeuronUpdate] {
        if profile.get(quantity).is_none() {
            bail!(
                "--hardware {name}: it has no {}.{}; choose a profile that prices synaptic events and neuron updates",
                quantity.section(),
                quantity.key()
            );
        }
    }
    Ok(profile)
}

/// Energy of each layer in pJ; devices that are not event-driven take every synapse at every step.
fn energies_pj(network: &Network, counts: &[LayerCounts], profile: &HardwareProfile) -> Vec<f64> {
    let layers = network.layers().iter().zip(counts);
    layers
        .map(|(layer, counts)| {
            let operations = match profile.event_driven {
                true => counts.synaptic_operations(),
                false => layer.synapses * counts.steps,
            };
            profile.device_energy_pj(operations as f64, counts.updates as f64).unwrap_or(f64::NAN)
        })
        .collect()
}

fn table(title: String, network: &Network, counts: &[LayerCounts], energy_pj: &[f64]) -> Table {
    let layers = network.layers();
    let whole =
        |of: fn(&LayerCounts) -> u64| Values::Integer(counts.iter().map(|row| of(row) as i64).collect());
    let each_step = layers.iter().zip(counts);
    let rate = each_step.map(|(layer, counts)| match counts.updates {
        0 => f64::NAN,
        _ if layer.first_unit.is_none() => f64::NAN,
        updates => counts.spikes as f64 / updates as f64,
    });
    let density = layers.iter().zip(counts).map(|(layer, counts)| match layer.synapses * counts.steps {
        0 => f64::NAN,
        dense => counts.synaptic_operations() as f64 / dense as f64,
    });
    Table::new("layers", title)
        .key("layer", "layer", Values::Text(layers.iter().map(|layer| layer.name.clone()).collect()))
        .key("kind", "kind", Values::Text(layers.iter().map(|layer| layer.kind.to_owned()).collect()))
        .column("spikes", "spikes", "", "fired by the layer", whole(|counts| counts.spikes))
        .column("firing", "firing", "%", "spikes by neurons and steps", Values::Real(rate.collect()))
        .column(
            "events",
            "events",
            "",
            "values that were not zero at its weights",
            whole(|counts| counts.events),
        )
        .column(
            "synaptic_operations",
            "synaptic operations",
            "",
            "weights that are not zero, met by such values",
            whole(LayerCounts::synaptic_operations),
        )
        .column(
            "density",
            "of dense",
            "%",
            "of all weights that are not zero at every step",
            Values::Real(density.collect()),
        )
        .column("updates", "updates", "", "of neurons, each at every step", whole(|counts| counts.updates))
        .column(
            "energy_nj",
            "energy",
            "nJ",
            "synaptic operations and updates at the profile's prices",
            Values::Real(energy_pj.iter().map(|pj| pj / 1000.0).collect()),
        )
}
