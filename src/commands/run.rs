//! `synfire run`: a model reads a text as spikes; record, table, raster.

use super::model_options::{ModelArgs, TextArgs};
use super::plot;
use super::summary::{Accuracy, Summary, manifest};
use super::terminal::{Interrupt, token_bar};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Instant;
use synfire::accuracy::TextUnit;
use synfire::analysis::plot::Picture;
use synfire::analysis::plot::raster::{Raster, RasterOptions};
use synfire::datasets::checkpoint::Checkpoint;
use synfire::datasets::record::RunWriter;
use synfire::datasets::spikes::Projection;
use synfire::recording::RunRecorder;
use synfire::sim::evaluate::{Surprisal, evaluate};
use synfire::sim::model::Model;
use synfire::sim::options::{Execution, ModelOptions};
use synfire::sim::recorder::Recorder;

/// Run a model on a text as spikes.
///
/// Prints, per layer and projection, spikes, sparsity and synaptic operations, and what the coding costs in accuracy
/// against the dense model. Writes a run folder: manifest.json, spikes/ and activity/ (Parquet), raster.png, raster.svg.
/// Ctrl-C ends a run early and keeps what was recorded.
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
    /// Do not run the dense model for comparison
    #[arg(long)]
    no_baseline: bool,
    /// Print the summary as JSON instead of a table
    #[arg(long)]
    json: bool,
}

impl Run {
    pub(crate) fn execute(self) -> Result<()> {
        let options = self.model.options()?;
        let checkpoint = self.model.checkpoint()?;
        let (mut text, text_name) = self.text.read()?;
        let mut tokens = checkpoint.tokenizer().encode(&text)?;
        if let Some(most) = self.tokens.filter(|most| *most < tokens.len()) {
            tokens.truncate(most);
            text = checkpoint.tokenizer().decode(&tokens)?;
        }
        let unit = TextUnit::of(checkpoint.tokenizer(), &text, &tokens);
        if tokens.len() < 2 {
            bail!("{text_name}: {} tokens to read, at least 2 are needed; give a longer text", tokens.len());
        }
        let interrupt = Interrupt::listen()?;
        if self.model.dense {
            let dense = self.read(&checkpoint, &options, &tokens, &mut (), "dense", &interrupt)?;
            let bits = unit.accuracy(&dense);
            if self.json {
                println!(
                    "{}",
                    serde_json::json!({ "model": checkpoint.name(), "tokens": dense.read, "dense": bits })
                );
            } else {
                println!("{}, {} tokens of {text_name}, dense: {bits}", checkpoint.name(), dense.read);
            }
            return Ok(());
        }
        self.spiking(&checkpoint, &options, &tokens, &text_name, &unit, &interrupt)
    }

    fn spiking(
        &self,
        checkpoint: &Checkpoint,
        options: &ModelOptions,
        tokens: &[u32],
        text_name: &str,
        unit: &TextUnit,
        interrupt: &Interrupt,
    ) -> Result<()> {
        let started = Instant::now();
        let dense = if self.no_baseline {
            None
        } else {
            let options = ModelOptions { execution: Execution::Dense, ..options.clone() };
            Some(self.read(checkpoint, &options, tokens, &mut (), "dense model", interrupt)?)
        };
        if interrupt.asked() {
            bail!("interrupted before the first spike; nothing was written");
        }
        let dir = self.folder(checkpoint)?;
        let config = checkpoint.config();
        let layer = options.layers.as_ref().map_or(0, |l| *l.start()) as u16;
        let mut recorded = self.model.as_json();
        recorded["text"] = text_name.into();
        recorded["tokens"] = tokens.len().into();
        let manifest = manifest("run", checkpoint, options, recorded);
        let projection = plot::default_projection(&manifest.projections);
        let writer = RunWriter::create(&dir, manifest, self.overwrite)?;
        let width =
            if projection == Projection::DownIn { config.intermediate_size } else { config.hidden_size };
        let across = 0..plot::TOKENS.range().end.min(tokens.len() as u32);
        let up = 0..plot::NEURONS.range().end.min(width as u32);
        let title = format!("{}: layer {layer}, {projection}", checkpoint.name());
        let raster = Raster::new(RasterOptions::new(title, across, up));
        let raster_of = (layer, projection);
        let mut recorder = RunRecorder::new(writer, raster, raster_of);
        let coded = self.read(checkpoint, options, tokens, &mut recorder, "spiking", interrupt)?;

        let accuracy = Accuracy { coded: unit.accuracy(&coded), dense: dense.map(|d| unit.accuracy(&d)) };
        let whole = options.layers.is_none();
        let summary = Summary::new(
            checkpoint,
            coded.read,
            whole.then_some(accuracy),
            &recorder.table,
            self.model.coding,
        );
        recorder.raster.draw(&dir.join("raster.png"))?;
        recorder.raster.draw(&dir.join("raster.svg"))?;
        let complete = coded.read == tokens.len() as u64;
        if complete {
            recorder.writer.finish(serde_json::to_value(&summary)?, coded.read)?;
        } else {
            recorder.writer.interrupt(coded.read)?;
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&summary)?);
        } else {
            summary.print()?;
            println!("Recorded in {} ({:.1} s).", dir.display(), started.elapsed().as_secs_f64());
        }
        if !complete {
            bail!(
                "interrupted after {} of {} tokens; {} is marked incomplete",
                coded.read,
                tokens.len(),
                dir.display()
            );
        }
        Ok(())
    }

    fn read(
        &self,
        checkpoint: &Checkpoint,
        options: &ModelOptions,
        tokens: &[u32],
        recorder: &mut dyn Recorder,
        what: &'static str,
        interrupt: &Interrupt,
    ) -> Result<Surprisal> {
        let model = Model::load(checkpoint, options)?;
        let bar = token_bar(tokens.len(), what);
        let surprisal = evaluate(&model, tokens, recorder, |read| {
            bar.set_position(read as u64);
            !interrupt.asked()
        });
        bar.finish_and_clear();
        Ok(surprisal?)
    }

    fn folder(&self, checkpoint: &Checkpoint) -> Result<PathBuf> {
        match &self.out {
            Some(dir) => Ok(dir.clone()),
            None => free_folder(Path::new("runs"), checkpoint.name()),
        }
    }
}

/// The first of `NAME-1`, `NAME-2`, ... that does not exist.
fn free_folder(parent: &Path, name: &str) -> Result<PathBuf> {
    (1u32..)
        .map(|n| parent.join(format!("{name}-{n}")))
        .find(|dir| !dir.exists())
        .context("no free run folder; give one with --out")
}
