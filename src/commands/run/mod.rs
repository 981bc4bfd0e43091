//! `synfire run`: a model reads a text as spikes; record, table, raster. By one process or the ranks of an MPI job, to the end
//! or, after an interruption, on from the last whole part.

mod job;
mod order;
mod share;

use super::crew::{Crew, peak_mib};
use super::model_options::{ModelArgs, TextArgs};
use super::summary::{Accuracy, Summary};
use super::terminal::{Interrupt, token_bar};
use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use indicatif::ProgressBar;
use job::Job;
use order::Order;
pub(crate) use order::free_folder;
use share::Share;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Instant;
use synfire::analysis::experts::Experts;
use synfire::analysis::sparsity::SparsityTable;
use synfire::datasets::record::{
    Manifest, RecordKind, RunReader, RunWriter, STATE_FOLDER, remove_unrecorded,
};
use synfire::recording::{LayerFacts, RunRecorder};
use synfire::run::PART_TOKENS;
use synfire::run::pass::{ExactSurprisal, Pass, PassError};
use synfire::run::state::StateFolder;
use synfire::sim::error::SimError;
use synfire::sim::evaluate::{CHUNK, Surprisal};
use synfire::sim::options::{Execution, ModelOptions};

/// Run a model on a text as spikes.
///
/// Prints, per layer and projection, spikes, sparsity and synaptic operations, and what the coding costs in accuracy
/// against the dense model. Writes a run folder: manifest.json, spikes/ and activity/ (Parquet), raster.png, raster.svg.
/// Ctrl-C ends a run early and keeps what was recorded; --resume goes on, also after a crash. Under mpirun (feature mpi) the
/// layers are shared out over the ranks, and the record is the same.
#[derive(Args)]
pub(crate) struct Run {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    text: TextArgs,
    /// Read at most this many tokens
    #[arg(long, value_name = "N")]
    tokens: Option<usize>,
    /// Run folder to write [default: runs/MODEL-1, or the next free number]
    #[arg(long, value_name = "DIR", conflicts_with = "dense")]
    out: Option<PathBuf>,
    /// Replace the run in --out
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// Go on with the run in this folder, with its options, from the last part that is whole; the folder becomes what it would
    /// have been without the interruption. Only --engine, --threads and --json may be given beside it
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "model", "k", "coding", "convention", "dense", "layers", "text", "prompt", "tokens", "out", "overwrite",
        "no_baseline", "record", "sample_tokens", "sample_neurons", "sample_seed", "part_tokens",
    ])]
    resume: Option<PathBuf>,
    /// Do not run the dense model for comparison
    #[arg(long)]
    no_baseline: bool,
    /// events: every spike; counts: one row for each neuron and token with a spike, without the steps, a third smaller; activity:
    /// neither, only what each coded vector did, which the others hold too
    #[arg(long, value_name = "KIND", default_value = "events", conflicts_with = "dense")]
    record: RecordKind,
    /// Record the spikes of about one token in N, chosen by a hash; activity, and so sparsity, stays whole
    #[arg(long, value_name = "N", default_value = "1", conflicts_with = "dense")]
    sample_tokens: NonZeroU32,
    /// Record the spikes of about one neuron in N, chosen by a hash; activity, and so sparsity, stays whole
    #[arg(long, value_name = "N", default_value = "1", conflicts_with = "dense")]
    sample_neurons: NonZeroU32,
    /// Another seed samples other tokens and neurons
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    sample_seed: u64,
    /// Tokens of a part, a multiple of 128: parts of the record end and the state is written that often, and an interruption
    /// costs that much at most [default: so many that a part of a layer has some megabytes]
    #[arg(long, value_name = "N", value_parser = whole_chunks)]
    part_tokens: Option<u32>,
    /// Print the summary as JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// What happened to a pass.
enum Passed {
    /// Every token was read.
    Whole(Surprisal),
    /// Ended early, after so many tokens.
    Cut(u64),
}

impl Run {
    pub(crate) fn execute(mut self) -> Result<()> {
        let crew = Crew::join()?;
        self.model.threads = self.model.threads.or_else(|| crew.threads());
        let mut folder = None;
        let result = self.with(&crew, &mut folder);
        crew.leave(folder.as_deref(), result)
    }

    fn with(&self, crew: &Crew, folder: &mut Option<PathBuf>) -> Result<()> {
        let started = Instant::now();
        let (order, job) = if crew.leads() {
            let ranks = crew.ranks().size();
            let (order, job) = match &self.resume {
                Some(dir) => match Order::resumed(dir, &self.model, ranks)? {
                    Some(found) => found,
                    None => {
                        crew.tell(&Order::default())?;
                        println!("{} is complete.", dir.display());
                        return Ok(());
                    }
                },
                None => Order::new(self, ranks)?,
            };
            crew.tell(&order)?;
            (order, job)
        } else {
            let order: Order = crew.hear(0)?;
            if order.options.is_null() {
                return Ok(());
            }
            let job = Job::told(&order.options, &self.model)?;
            (order, job)
        };
        folder.clone_from(&order.dir);
        let interrupt = crew.listen(order.dir.as_deref(), how_to_go_on)?;
        match (&order.dir, &order.manifest) {
            (Some(dir), Some(manifest)) => {
                let result = self.spiking(crew, &order, &job, dir, manifest, &interrupt, started);
                // Going on would not help, and other ranks may be writing still.
                let in_vain = result.as_ref().is_err_and(|error| error.is::<PassError>());
                if in_vain && self.resume.is_none() && crew.ranks().size() == 1 {
                    remove_unrecorded(dir)?;
                }
                result
            }
            _ => self.dense(crew, &job, &interrupt),
        }
    }

    /// The dense model alone; nothing is recorded.
    fn dense(&self, crew: &Crew, job: &Job, interrupt: &Interrupt) -> Result<()> {
        let pass = job.pass(crew, job.options.clone(), None);
        let bar = bar(crew, job, "dense");
        let own = run(&pass, None, &mut (), &bar, interrupt)?;
        let Some(shares) = crew.gather(Share { surprisal: Some(own.into()), ..Share::default() })? else {
            return Ok(());
        };
        let dense = last_of(&shares);
        let bits = job.unit.accuracy(&dense);
        let name = job.checkpoint.name();
        if self.json {
            println!("{}", serde_json::json!({ "model": name, "tokens": dense.read, "dense": bits }));
        } else {
            println!("{name}, {} tokens of {}, dense: {bits}", dense.read, job.text_name);
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the ends of one story")]
    fn spiking(
        &self,
        crew: &Crew,
        order: &Order,
        job: &Job,
        dir: &Path,
        manifest: &Manifest,
        interrupt: &Interrupt,
        started: Instant,
    ) -> Result<()> {
        let state = dir.join(STATE_FOLDER);
        let dense = match job.baseline.then(|| self.baseline(crew, order, job, dir, interrupt)).transpose()? {
            Some(Passed::Cut(read)) if crew.leads() => {
                bail!(
                    "interrupted after {read} of {} tokens of the dense model; {}",
                    job.tokens.len(),
                    how_to_go_on(dir)
                );
            }
            Some(Passed::Cut(_)) => return Ok(()),
            Some(Passed::Whole(surprisal)) => Some(job.unit.accuracy(&surprisal)),
            None => None,
        };
        let states = StateFolder::new(&state, "spiking", job.layers()?);
        states.create()?;
        let pass = job.pass(crew, job.options.clone(), Some(&states));
        let mut recorder = recorder(&pass, order, dir, manifest)?;
        if let Some((raster, of)) = order.raster(job, manifest)?.filter(|_| crew.leads()) {
            let files = ["raster.png", "raster.svg"].map(|name| dir.join(name)).to_vec();
            recorder = recorder.with_raster(raster, of, files);
        }
        let bar = bar(crew, job, "spiking");
        let own =
            run(&pass, order.spiking_from, &mut recorder, &bar, interrupt).map_err(|e| resumable(e, dir))?;
        recorder.draw()?;
        let sparsity = recorder.table.rows().copied().collect();
        let recorded = recorder.writer.close().map_err(|e| resumable(e.into(), dir))?;
        let (layers, surprisal) = (pass.layers()?, Some(ExactSurprisal::from(own)));
        let share = Share { layers, recorded, sparsity, surprisal, peak_mib: peak_mib() };
        let Some(shares) = crew.gather(share)? else { return Ok(()) };

        let coded = last_of(&shares);
        let table: SparsityTable = shares.iter().flat_map(|share| share.sparsity.iter().copied()).collect();
        let accuracy = Accuracy { coded: job.unit.accuracy(&coded), dense };
        let whole = job.options.layers.is_none();
        let mut summary =
            Summary::new(&job.checkpoint, coded.read, whole.then_some(accuracy), &table, job.model.coding);
        if job.checkpoint.config().mixture.is_some() {
            summary.experts = Experts::read(&RunReader::open(dir)?)?.map(|experts| experts.load_table());
        }
        let complete = coded.read == job.tokens.len() as u64;
        let recorded = shares.iter().flat_map(|share| &share.recorded).map(|(l, r)| (*l, *r)).collect();
        let told = complete.then(|| serde_json::to_value(&summary)).transpose()?;
        manifest
            .clone()
            .ended(told, coded.read, &recorded)
            .write(dir)
            .map_err(|e| resumable(e.into(), dir))?;
        if complete {
            remove_state(&state)?;
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&summary)?);
        } else {
            summary.print()?;
            if shares.len() > 1 {
                shares.iter().enumerate().for_each(|(rank, share)| println!("{}", share.line(rank)));
            }
            println!("Recorded in {} ({:.1} s).", dir.display(), started.elapsed().as_secs_f64());
        }
        if !complete {
            let (read, all) = (coded.read, job.tokens.len());
            bail!(
                "interrupted after {read} of {all} tokens; {} is marked incomplete; {}",
                dir.display(),
                how_to_go_on(dir)
            );
        }
        Ok(())
    }

    /// What the dense model makes of the text, for comparison; only the last rank knows, and rank 0, which asks it.
    fn baseline(
        &self,
        crew: &Crew,
        order: &Order,
        job: &Job,
        dir: &Path,
        interrupt: &Interrupt,
    ) -> Result<Passed> {
        let states = StateFolder::new(&dir.join(STATE_FOLDER), "dense", job.layers()?);
        states.create()?;
        let options = ModelOptions { execution: Execution::Dense, ..job.options.clone() };
        let pass = job.pass(crew, options, Some(&states));
        if let Some(from) = order.dense_from {
            let known = pass.known(&states, from)?;
            if known.read == job.tokens.len() as u64 {
                return Ok(Passed::Whole(known));
            }
        }
        let bar = bar(crew, job, "dense model");
        let own = run(&pass, order.dense_from, &mut (), &bar, interrupt).map_err(|e| resumable(e, dir))?;
        if own.read < job.tokens.len() as u64 {
            return Ok(Passed::Cut(own.read));
        }
        let shares = crew.gather(Share { surprisal: Some(own.into()), ..Share::default() })?;
        Ok(Passed::Whole(shares.map_or(own, |shares| last_of(&shares))))
    }
}

impl Job {
    fn pass<'a>(&'a self, crew: &'a Crew, options: ModelOptions, state: Option<&'a StateFolder>) -> Pass<'a> {
        let (checkpoint, tokens, part_tokens) = (&self.checkpoint, &self.tokens, self.part_tokens);
        Pass { checkpoint, options, tokens, part_tokens, ranks: crew.ranks(), state }
    }
}

/// The recorder of this rank's layers, from where the state leaves off.
fn recorder(pass: &Pass<'_>, order: &Order, dir: &Path, manifest: &Manifest) -> Result<RunRecorder> {
    let facts = pass.facts(order.spiking_from)?;
    let mut recorded = std::collections::BTreeMap::new();
    let mut sparsity = Vec::new();
    for layer in pass.layers()? {
        let known = facts.get(&layer).cloned().unwrap_or_else(|| serde_json::json!(LayerFacts::default()));
        let known: LayerFacts = serde_json::from_value(known)
            .with_context(|| format!("{}: the state of layer {layer}", dir.join(STATE_FOLDER).display()))?;
        recorded.insert(layer, known.recorded);
        sparsity.extend(known.sparsity);
    }
    let writer = RunWriter::attach(dir, manifest.clone(), &recorded)?;
    Ok(RunRecorder::resumed(writer, sparsity.into_iter().collect()))
}

fn bar(crew: &Crew, job: &Job, what: &'static str) -> ProgressBar {
    if crew.leads() { token_bar(job.tokens.len(), what) } else { ProgressBar::hidden() }
}

fn run(
    pass: &Pass<'_>,
    from: Option<u32>,
    recorder: &mut dyn synfire::run::pass::PartRecorder,
    bar: &ProgressBar,
    interrupt: &Interrupt,
) -> Result<Surprisal, PassError> {
    let surprisal = pass.run(from, recorder, |read| {
        bar.set_position(read as u64);
        !interrupt.asked()
    });
    bar.finish_and_clear();
    surprisal
}

/// What the last rank knows of the text.
fn last_of(shares: &[Share]) -> Surprisal {
    shares.last().and_then(|share| share.surprisal).map_or(Surprisal::default(), Surprisal::from)
}

/// An error that `--resume` can do something about says so.
fn resumable(error: PassError, dir: &Path) -> anyhow::Error {
    match error {
        PassError::Sim(SimError::Recorder(_))
        | PassError::Record(_)
        | PassError::State(_)
        | PassError::Rank(_)
        | PassError::Plot(_) => anyhow!("{error}; once that is solved, {}", how_to_go_on(dir)),
        other => other.into(),
    }
}

fn how_to_go_on(run: &Path) -> String {
    format!("go on with: synfire run --resume {}", run.display())
}

/// Removes what only an unfinished run needs.
fn remove_state(state: &Path) -> Result<()> {
    match std::fs::remove_dir_all(state) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(e).with_context(|| format!("{} is of no more use, but cannot be removed", state.display()))
        }
        _ => Ok(()),
    }
}

fn whole_chunks(text: &str) -> Result<u32, String> {
    let fits =
        |tokens: &u32| PART_TOKENS.contains(&(*tokens as usize)) && tokens.is_multiple_of(CHUNK as u32);
    let (least, most) = (PART_TOKENS.start(), PART_TOKENS.end());
    let expected = format!("expected a multiple of {CHUNK} from {least} to {most}");
    text.parse().ok().filter(fits).ok_or(expected)
}
