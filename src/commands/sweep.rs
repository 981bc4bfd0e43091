//! `synfire sweep`: accuracy, sparsity and energy over a grid, into one table; goes on where it was interrupted.

use super::model_options::{checkpoint, text};
use super::output::OutputArgs;
use super::terminal::{Interrupt, token_bar};
use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::ProgressBar;
use std::path::PathBuf;
use synfire::analysis::energy::profile::HardwareProfile;
use synfire::analysis::energy::{Fetch, Layout, Opponent, Refetch};
use synfire::analysis::plot::Picture;
use synfire::datasets::builtin;
use synfire::datasets::whole_file::WholeFile;
use synfire::sim::coding::Coding;
use synfire::sim::neuron::AdaptiveThreshold;
use synfire::sim::options::Convention;
use synfire::sweep::{self, Grid, Model, Progress, Store, SweepError, Text};

/// Measure accuracy, sparsity and energy over a grid of k, coding, convention, model, text and hardware.
///
/// Without options: the report's table 11 on the built-in model, beside the published rows. Writes sweep.parquet, sweep.png
/// and sweep.svg. Every pass over a text is kept as it ends: the same command goes on where it was interrupted, and a larger
/// grid into the same folder measures only what is new.
#[derive(Args)]
pub(crate) struct Sweep {
    /// Threshold divisors
    #[arg(long, value_delimiter = ',', default_value = "2,2.5,3,3.5,4", allow_negative_numbers = true)]
    k: Vec<f32>,
    /// Spike codings: binary, ternary, bitwise, bitwise-signed, twos-complement
    #[arg(long, value_delimiter = ',', default_value = "bitwise-signed")]
    coding: Vec<Coding>,
    /// Conventions: report, release
    #[arg(long, value_delimiter = ',', default_value = "report")]
    convention: Vec<String>,
    /// Checkpoint folders, or "shakespeare" for the built-in model
    #[arg(long, value_name = "DIR,...", value_delimiter = ',', default_value = builtin::NAME)]
    model: Vec<PathBuf>,
    /// Text files; "hamlet" is the whole built-in play [default: 4096 bytes of Hamlet]
    #[arg(long, value_name = "FILE,...", value_delimiter = ',')]
    text: Vec<PathBuf>,
    /// Read at most this many tokens of each text
    #[arg(long, value_name = "N")]
    tokens: Option<usize>,
    /// Hardware profiles, by name ('synfire hardware list') or path of a TOML file
    #[arg(long, value_name = "A,B", value_delimiter = ',', default_value = "45nm,asynchronous,loihi")]
    hardware: Vec<String>,
    /// Opponent: fp16, int8, int8-skip or quantised; priced by 45nm where the hardware does not price it
    #[arg(long, default_value = "fp16")]
    baseline: Opponent,
    /// Bytes of a weight block, a power of two up to 4096
    #[arg(long, value_name = "N", default_value_t = 8)]
    block_bytes: u64,
    /// Threads; all cores if not given. The result does not depend on it
    #[arg(long)]
    threads: Option<usize>,
    /// Folder of the sweep, made or continued
    #[arg(long, value_name = "DIR", default_value = "sweep")]
    out: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

/// A progress bar that several passes move.
struct Bar {
    bar: ProgressBar,
    interrupt: Interrupt,
}

impl Progress for Bar {
    fn read(&self, tokens: u64) {
        self.bar.inc(tokens);
    }

    fn go_on(&self) -> bool {
        !self.interrupt.asked()
    }
}

impl Sweep {
    pub(crate) fn execute(self) -> Result<()> {
        if let Some(threads) = self.threads {
            if threads == 0 {
                bail!("--threads 0: at least 1 thread is needed");
            }
            rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("--threads")?;
        }
        let grid = self.grid()?;
        let store = Store::open(&self.out)?;
        let passes = grid.passes();
        let mut missing = Vec::new();
        for pass in &passes {
            if !store.holds(&grid, pass)? {
                missing.push(pass);
            }
        }
        eprintln!("{} of {} passes are to be measured", missing.len(), passes.len());
        let tokens: usize = missing.iter().map(|pass| grid.tokens_of(pass)).sum::<Result<_, _>>()?;
        let progress = Bar { bar: token_bar(tokens, "sweep"), interrupt: Interrupt::listen()? };
        let measured = sweep::run(&grid, &store, &progress);
        progress.bar.finish_and_clear();
        let measured = match measured {
            Err(SweepError::Interrupted) => {
                bail!(
                    "interrupted; what was measured is kept in {}: give the same command to go on",
                    self.out.display()
                )
            }
            measured => measured?,
        };
        let table = sweep::table(&measured);
        let path = self.out.join("sweep.parquet");
        let whole = WholeFile::prepare(&path);
        table.write_parquet(whole.tmp())?;
        whole.rename().with_context(|| format!("cannot write {}", path.display()))?;
        let picture = sweep::picture(&measured);
        for name in ["sweep.png", "sweep.svg"] {
            picture.draw(&self.out.join(name))?;
        }
        let notes = [format!("Written: {0}/sweep.parquet, {0}/sweep.png, {0}/sweep.svg", self.out.display())];
        let published = sweep::published_table();
        if self.output.for_programs() {
            return self.output.give(&[table, published], &notes);
        }
        let [accuracy, energy] = sweep::views(&table);
        self.output.give(&[accuracy, energy, published], &notes)
    }

    fn grid(&self) -> Result<Grid> {
        let models = self.model.iter().map(|path| {
            let checkpoint = checkpoint(path)?;
            Ok(Model { digest: checkpoint.digest()?, checkpoint })
        });
        let texts = if self.text.is_empty() { vec![None] } else { self.text.iter().map(Some).collect() };
        let texts = texts.into_iter().map(|path| {
            let (bytes, name) = text(path.map(PathBuf::as_path))?;
            Ok(Text { name, bytes })
        });
        let conventions = self.convention.iter().map(|name| Ok((name.clone(), name.parse::<Convention>()?)));
        let profile = |name: &String| HardwareProfile::load(name).context("--hardware");
        let fetch = Fetch::new(self.block_bytes, Layout::default(), Refetch::default());
        if self.tokens.is_some_and(|tokens| tokens < 2) {
            bail!("--tokens {}: at least 2 are needed", self.tokens.unwrap_or_default());
        }
        Ok(Grid {
            models: models.collect::<Result<_>>()?,
            texts: texts.collect::<Result<_>>()?,
            tokens: self.tokens,
            conventions: conventions.collect::<Result<_>>().context("--convention")?,
            neurons: self
                .k
                .iter()
                .map(|k| AdaptiveThreshold::new(*k))
                .collect::<Result<_, _>>()
                .context("--k")?,
            codings: self.coding.clone(),
            hardware: self.hardware.iter().map(profile).collect::<Result<_>>()?,
            opponent: self.baseline,
            fallback: HardwareProfile::load("45nm")?,
            fetch: fetch.context("--block-bytes")?,
        })
    }
}
