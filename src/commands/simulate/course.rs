//! A run from its beginning, or from a saved state, to its end: builds the network, advances, saves the state, tells what came out.

use super::super::crew::{Crew, peak_mib, told};
use super::super::numbers::grouped;
use super::super::output;
use super::super::terminal::biological_bar;
use super::Simulate;
use super::order::{Order, Start};
use super::recording::{Recording, Watched};
use super::summary::{remove_manifest, summary, table, write_manifest};
use anyhow::{Result, anyhow, bail};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;
use synfire::network::{
    NetworkRun, PopulationActivity, RecordingError, remove_state, state_file, write_weights,
};
use synfire::sim::network::{Network, NetworkError, Simulation};

/// A run that is about to start.
pub(super) struct Course<'a> {
    options: &'a Simulate,
    crew: &'a Crew,
    order: Order,
    network: Network,
}

/// What a rank comes to.
#[derive(Debug, Serialize, Deserialize)]
struct Share {
    synapses: u64,
    bytes: u64,
    /// Most memory resident so far, in MiB, where the system tells.
    peak_mib: Option<u64>,
}

impl Share {
    /// One line for people.
    fn line(&self, rank: usize) -> String {
        let memory = self.peak_mib.map_or_else(String::new, |mib| format!(", {mib} MiB at most"));
        format!("rank {rank}: {} synapses{memory}", grouped(self.synapses as f64))
    }
}

impl<'a> Course<'a> {
    pub(super) fn new(options: &'a Simulate, crew: &'a Crew, order: Order) -> Result<Self> {
        let network = Network::parse(&order.network, "network.toml")?;
        Ok(Self { options, crew, order, network })
    }

    /// Runs to the end, or until Ctrl-C.
    pub(super) fn run(&self) -> Result<()> {
        let network = &self.network;
        let started = Instant::now();
        let mut simulation = self.build()?;
        let built_s = started.elapsed().as_secs_f64();
        let from_ms = simulation.time_ms();
        if from_ms > network.run.duration_ms + 0.5 * network.run.dt_ms {
            bail!("--duration-ms {}: the run has come to {from_ms} ms already", network.run.duration_ms);
        }
        let recording = self.recording(&simulation)?;
        let interrupt = self.crew.listen(self.order.folder.as_deref(), how_to_go_on)?;
        let duration_ms = network.run.duration_ms;
        let bar = if self.crew.leads() { biological_bar(duration_ms) } else { ProgressBar::hidden() };
        let started = Instant::now();
        let mut watched = Watched { of: recording, bar, interrupt, started, from_ms };
        let complete = self.advance(&mut simulation, &mut watched)?;
        let ran_s = started.elapsed().as_secs_f64();
        watched.bar.finish_and_clear();
        if let Some(folder) = &self.order.folder {
            let written = write_weights(folder, network, &simulation, self.crew.meeting());
            written.map_err(|error| self.resumable(error.into()))?;
        }
        let (synapses, bytes) = (simulation.own_synapses(), simulation.synapse_bytes());
        let Some(shares) = self.crew.gather(Share { synapses, bytes, peak_mib: peak_mib() })? else {
            return Ok(());
        };
        let activity =
            watched.of.finish(&network.name, simulation.time_ms()).map_err(|e| self.resumable(e))?;
        let mut summary = summary(network, &simulation, &activity, complete);
        if let Some(folder) = &self.order.folder {
            write_manifest(folder, &summary)?;
            if complete && !self.options.keep_state {
                remove_state(folder)?;
            }
        }
        if self.options.json {
            // What differs from run to run is told and not recorded: the folder's bytes depend on network and seed alone.
            summary["synapse_bytes"] = shares.iter().map(|share| share.bytes).sum::<u64>().into();
            summary["threads"] = self.order.threads.into();
            summary["build_s"] = built_s.into();
            summary["run_s"] = ran_s.into();
            summary["peak_mib"] = shares.iter().filter_map(|share| share.peak_mib).max().into();
            if shares.len() > 1 {
                summary["ranks"] = serde_json::to_value(&shares)?;
            }
            println!("{}", serde_json::to_string_pretty(&summary)?);
        } else {
            self.tell(&shares, &activity, [built_s, ran_s], simulation.time_ms() - from_ms)?;
        }
        if !complete {
            let reached_ms = simulation.time_ms();
            let next = self.how_to_go_on().map_or_else(String::new, |how| format!("; {how}"));
            bail!("interrupted after {reached_ms:.1} of {duration_ms} ms; what was recorded is kept{next}");
        }
        Ok(())
    }

    fn build(&self) -> Result<Simulation> {
        let (meeting, threads) = (self.crew.meeting(), self.order.threads);
        Ok(match &self.order.start {
            Start::Beginning { .. } => Simulation::build_among(meeting, &self.network, threads)?,
            Start::State(state) => Simulation::restore_among(meeting, &self.network, threads, state)?,
        })
    }

    fn recording(&self, simulation: &Simulation) -> Result<Recording> {
        if !self.crew.leads() {
            return Ok(Recording::Elsewhere);
        }
        let Some(folder) = &self.order.folder else { return Recording::counted(simulation) };
        let run = match self.order.start {
            Start::Beginning { overwrite } => {
                NetworkRun::begin(folder, &self.network, simulation, overwrite)?
            }
            Start::State(_) => {
                remove_manifest(folder)?;
                NetworkRun::resume(folder, &self.network, simulation)?
            }
        };
        // Whoever has to say how to go on this time may.
        let _ = std::fs::remove_file(told(folder));
        Ok(Recording::Folder(Box::new(run)))
    }

    /// Advances from one saved state to the next; whether the end was reached.
    fn advance(&self, simulation: &mut Simulation, watched: &mut Watched) -> Result<bool> {
        let dt_ms = self.network.run.dt_ms;
        let steps = |ms: f64| (ms / dt_ms).round() as u64;
        let end = steps(self.network.run.duration_ms);
        let every = self.options.checkpoint_every_ms.map(|ms| steps(ms).max(1));
        loop {
            let step = steps(simulation.time_ms());
            let next = every.map_or(end, |every| (step + 1).next_multiple_of(every).min(end));
            let ran = simulation.run_among(self.crew.meeting(), (next - step) as f64 * dt_ms, watched);
            let reached = steps(ran.map_err(|error| self.resumable(error.into()))?);
            if let Some(folder) =
                self.order.folder.as_ref().filter(|_| reached < end || self.options.keep_state)
            {
                watched.of.mark(simulation.time_ms()).map_err(|error| self.resumable(error))?;
                let saved = simulation.save_among(self.crew.meeting(), &state_file(folder));
                saved.map_err(|error| self.resumable(error.into()))?;
            }
            if reached < next || reached >= end {
                return Ok(reached >= end);
            }
        }
    }

    /// An error that `--resume` can do something about says so.
    fn resumable(&self, error: anyhow::Error) -> anyhow::Error {
        let recording =
            matches!(error.downcast_ref(), Some(NetworkError::Recorder(_) | NetworkError::State(_)))
                || error.downcast_ref::<RecordingError>().is_some();
        match self.how_to_go_on().filter(|_| recording) {
            Some(how) => anyhow!("{error:#}; once that is solved, {how}"),
            None => error,
        }
    }

    fn how_to_go_on(&self) -> Option<String> {
        self.order.folder.as_deref().map(how_to_go_on)
    }

    fn tell(
        &self,
        shares: &[Share],
        activity: &[PopulationActivity],
        [built_s, ran_s]: [f64; 2],
        ran_ms: f64,
    ) -> Result<()> {
        output::print(&mut std::io::stdout().lock(), &[table(&self.network, activity)])?;
        let synapses: u64 = shares.iter().map(|share| share.synapses).sum();
        let bytes: u64 = shares.iter().map(|share| share.bytes).sum();
        println!(
            "\n{} synapses of {:.1} bytes, built in {built_s:.2} s; {ran_ms:.0} ms in {ran_s:.2} s: real-time factor {:.2} (run time by biological time), threads: {}.",
            grouped(synapses as f64),
            bytes as f64 / (synapses.max(1)) as f64,
            ran_s / (ran_ms / 1000.0),
            self.order.threads,
        );
        if shares.len() > 1 {
            shares.iter().enumerate().for_each(|(rank, share)| println!("{}", share.line(rank)));
        }
        if let Some(folder) = &self.order.folder {
            println!("Recorded in {}.", folder.display());
        }
        Ok(())
    }
}

fn how_to_go_on(folder: &Path) -> String {
    format!("go on with: synfire simulate --resume {}", folder.display())
}
