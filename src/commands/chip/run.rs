//! `synfire chip run`: a recorded model or a network on a chip.

use super::story::{self, names_of_sync, stage_names};
use super::trace::Trace;
use super::{PlacementArgs, Recorded, network, tables};
use crate::commands::output::OutputArgs;
use crate::commands::terminal::token_bar;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use synfire::analysis::table::Table;
use synfire::datasets::whole_file;
use synfire::sim::hardware::description::{Chip, Sync};
use synfire::sim::hardware::model::{ModelOptions, ModelOutcome, Placement, RecordedSpikes, Span, simulate};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SyncChoice {
    /// As the chip has it
    Chip,
    /// A barrier after every time step
    Barrier,
    /// Handshakes only
    None,
}

#[derive(Args)]
pub(super) struct ChipRun {
    /// Run folder, or network in SANA-FE's format (.yaml)
    #[arg(value_name = "RUN|NETWORK")]
    input: PathBuf,
    /// Chip, by name ('synfire chip show') or path
    #[arg(long, value_name = "NAME|FILE", default_value = "loihi")]
    arch: String,
    #[command(flatten)]
    placement: PlacementArgs,
    /// How cores agree on time
    #[arg(long, value_enum, default_value = "chip")]
    sync: SyncChoice,
    /// Latency of the barrier of '--sync barrier', if the chip has none of its own
    #[arg(long, value_name = "NS")]
    barrier_ns: Option<f64>,
    /// Tokens under way at once; 1 as in generation [default: as many as there are stages]
    #[arg(long, value_name = "N")]
    in_flight: Option<NonZeroU32>,
    /// Simulate at most this many tokens of a run
    #[arg(long, value_name = "N")]
    tokens: Option<NonZeroU32>,
    /// Time steps of a network
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    steps: u64,
    /// Folder for record, tables, pictures, report and trace
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace what an earlier simulation left in --out
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// Most spans in the trace
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    trace_spans: u64,
    #[command(flatten)]
    output: OutputArgs,
}

impl ChipRun {
    pub(super) fn execute(self) -> Result<()> {
        let chip = self.synchronised(Chip::load(&self.arch)?)?;
        if self.input.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            return self.network(&chip);
        }
        self.model(&chip)
    }

    /// The folder to write, made and free, if one is asked for.
    fn folder(&self) -> Result<Option<&Path>> {
        let Some(out) = &self.out else { return Ok(None) };
        if !self.overwrite && out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            bail!("{}: exists; choose another folder, or give --overwrite", out.display());
        }
        std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
        Ok(Some(out))
    }

    /// The chip with the synchronisation asked for.
    fn synchronised(&self, mut chip: Chip) -> Result<Chip> {
        if let Some(ns) = self.barrier_ns {
            if !(0.0..=1e9).contains(&ns) || self.sync != SyncChoice::Barrier {
                bail!("--barrier-ns {ns}: give a latency from 0 to 1e9, together with --sync barrier");
            }
            chip.sync = Sync::Barrier(vec![(1, ns)]);
        }
        match (self.sync, &chip.sync) {
            (SyncChoice::Barrier, Sync::Handshake) => {
                bail!(
                    "--sync barrier: chip '{}' has no barrier; give its latency with --barrier-ns",
                    chip.name
                )
            }
            (SyncChoice::None, _) => chip.sync = Sync::Handshake,
            _ => {}
        }
        Ok(chip)
    }

    fn network(&self, chip: &Chip) -> Result<()> {
        if self.sync == SyncChoice::None {
            bail!(
                "--sync none: networks of spiking neurons step through time together; leave it out, or give a run folder"
            );
        }
        let mut simulation = network::open(chip, &self.input)?;
        let out = self.folder()?;
        let totals = network::simulate(&mut simulation, self.steps)?;
        let tables = network::tables(chip, &totals);
        if let Some(out) = out {
            write_record(out, &network::record(chip, &self.input, &totals))?;
            write_tables(out, &tables)?;
        }
        self.output.give(&tables, &[])
    }

    fn model(&self, chip: &Chip) -> Result<()> {
        let recorded = Recorded::open(&self.input)?;
        let placement = recorded.place(chip, &self.placement, self.placement.placement)?;
        let stages = stage_names(&placement.stages);
        let out = self.folder()?;
        let mut trace = match out {
            Some(out) => {
                Some(Trace::create(&out.join("trace.json"), chip.cores(), stages, self.trace_spans)?)
            }
            None => None,
        };
        let outcome = self.simulate(chip, &recorded, &placement, |span| {
            if let Some(trace) = &mut trace {
                trace.add(span);
            }
        })?;
        let all = tables::all(chip, &placement, &outcome);
        let mut notes = vec![format!(
            "{} of {} cores in use, {}",
            placement.parts.len(),
            chip.core_count(),
            names_of_sync(chip)
        )];
        if let (Some(out), Some(trace)) = (out, trace) {
            let dropped = trace.finish()?;
            if dropped > 0 {
                notes.push(format!(
                    "the trace lacks {dropped} spans beyond --trace-spans {}",
                    self.trace_spans
                ));
            }
            self.leave(out, chip, &recorded, &placement, &outcome, &all)?;
            notes.push(format!("{}: record, tables, pictures, report.html, trace.json", out.display()));
        }
        let for_people = |table: Table| tables::top(table, 12);
        self.output.give(&all.into_iter().map(for_people).collect::<Vec<_>>(), &notes)
    }

    fn simulate(
        &self,
        chip: &Chip,
        recorded: &Recorded,
        placement: &Placement,
        mut observe: impl FnMut(Span),
    ) -> Result<ModelOutcome> {
        let tokens = self.tokens.map_or(u32::MAX, NonZeroU32::get);
        let spikes = RecordedSpikes::new(&recorded.reader, &recorded.stages, tokens);
        let count = u64::from(tokens).min(recorded.reader.manifest().tokens);
        let bar = token_bar(usize::try_from(count).unwrap_or(usize::MAX), "simulating");
        let spikes = spikes.inspect(|_| bar.inc(1));
        let in_flight = self.in_flight.map_or(placement.stages.len() as u32, NonZeroU32::get);
        let outcome =
            simulate(chip, placement, &recorded.shape, spikes, ModelOptions { in_flight }, &mut observe);
        bar.finish_and_clear();
        Ok(outcome?)
    }

    /// Writes the folder of a simulation.
    fn leave(
        &self,
        out: &Path,
        chip: &Chip,
        recorded: &Recorded,
        placement: &Placement,
        outcome: &ModelOutcome,
        all: &[Table],
    ) -> Result<()> {
        let other_sync = match (&chip.sync, Chip::load(&self.arch)?.sync) {
            (Sync::Barrier(_), _) => Some(Sync::Handshake),
            (Sync::Handshake, Sync::Barrier(table)) => Some(Sync::Barrier(table)),
            (Sync::Handshake, Sync::Handshake) => None,
        };
        let other_chip = other_sync.map(|sync| Chip { sync, ..chip.clone() });
        let other = match &other_chip {
            Some(chip) => Some((chip, self.simulate(chip, recorded, placement, |_| {})?)),
            None => None,
        };
        let pictures =
            story::pictures(chip, placement, outcome, other.as_ref().map(|(chip, outcome)| (*chip, outcome)));
        for (name, _, picture) in &pictures {
            picture.draw(&out.join(format!("{name}.svg")))?;
            picture.draw(&out.join(format!("{name}.png")))?;
        }
        let model = &recorded.reader.manifest().model.name;
        story::report(chip, placement, outcome, &pictures, model)?.write(&out.join("report.html"))?;
        write_tables(out, all)?;
        let record = json!({
            "schema_version": 1, "kind": "model", "input": self.input, "model": model, "chip": chip, "placement": placement,
            "outcome": outcome,
        });
        write_record(out, &record)
    }
}

fn write_record(out: &Path, record: &serde_json::Value) -> Result<()> {
    let path = out.join("chip.json");
    whole_file::write(&path, &serde_json::to_vec_pretty(record)?).with_context(|| path.display().to_string())
}

#[cfg(feature = "polars")]
fn write_tables(out: &Path, tables: &[Table]) -> Result<()> {
    for table in tables {
        table.write_parquet(&out.join(format!("{}.parquet", table.name)))?;
    }
    Ok(())
}

#[cfg(not(feature = "polars"))]
fn write_tables(out: &Path, tables: &[Table]) -> Result<()> {
    for table in tables {
        let path = out.join(format!("{}.csv", table.name));
        std::fs::write(&path, table.to_csv()).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
