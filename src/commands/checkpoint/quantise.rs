//! `synfire checkpoint quantise`: a checkpoint with INT8 projections.

use super::{Destination, size};
use crate::commands::model_options::{checkpoint, text};
use crate::commands::terminal::{Interrupt, byte_bar, token_bar};
use anyhow::{Result, bail};
use clap::Args;
use std::path::PathBuf;
use std::time::Instant;
use synfire::calibration::Calibration;
use synfire::datasets::checkpoint::{Checkpoint, Layout, Quantisation, QuantisedForm, TensorPlan};
use synfire::sim::evaluate::evaluate;
use synfire::sim::model::Model;
use synfire::sim::options::ModelOptions;

/// Quantise the projections of a checkpoint to INT8, symmetric per output and group of 128 inputs (W8ASpike).
///
/// INT8 weights are written in the order that spikes walk them (weight_by_input, [inputs, outputs]); runs use them where they
/// lie on disk. Scales are those of the absolute maximum, or with --calibrate those of least squared error of each
/// projection's outputs, inputs taken as uncorrelated and of the mean square seen on a text. Scales that a checkpoint has
/// already are kept.
#[derive(Args)]
pub(crate) struct Quantise {
    /// Checkpoint folder, or "shakespeare" for the built-in model
    #[arg(value_name = "IN")]
    input: PathBuf,
    #[command(flatten)]
    destination: Destination,
    /// Choose scales of least error on this text; "hamlet" is the built-in play
    #[arg(long, value_name = "TEXT")]
    calibrate: Option<PathBuf>,
    /// Tokens of the text to calibrate on, at most
    #[arg(long, value_name = "N", default_value_t = 1024, requires = "calibrate")]
    tokens: usize,
    /// Write the released form: BF16 weights already rounded, beside their scales (twice the size, quantised on every load)
    #[arg(long)]
    float: bool,
}

impl Quantise {
    pub(crate) fn execute(self) -> Result<()> {
        let started = Instant::now();
        self.destination.check()?;
        let source = checkpoint(&self.input)?;
        let interrupt = Interrupt::listen()?;
        let calibration = self.calibration(&source, &interrupt)?;
        let seen = |layer, linear| calibration.as_ref().and_then(|seen| seen.mean_squares(layer, linear));
        let quantisation = Quantisation {
            source: &source,
            form: if self.float { QuantisedForm::Float } else { QuantisedForm::Int8 },
            calibration: calibration.as_ref().map(|_| &seen as _),
        };
        let bytes: u64 = quantisation.plan().iter().map(TensorPlan::bytes).sum();
        let bar = byte_bar(bytes, "writing");
        let Destination { out, overwrite, .. } = &self.destination;
        let written = quantisation.write(out, self.destination.shard_bytes()?, *overwrite, |written| {
            bar.set_position(written);
            !interrupt.asked()
        });
        bar.finish_and_clear();
        let Some(error) = written? else { bail!("interrupted; nothing was left at {}", out.display()) };
        println!("{}: {} ({:.1} s)", out.display(), size(bytes), started.elapsed().as_secs_f64());
        if calibration.is_some() {
            println!(
                "Squared error of the outputs on the text: {:.1} % less than by the absolute maximum.",
                100.0 * (1.0 - error.calibrated / error.absolute_maximum)
            );
        }
        Ok(())
    }

    /// What the projections read on the text.
    fn calibration(&self, source: &Checkpoint, interrupt: &Interrupt) -> Result<Option<Calibration>> {
        let Some(path) = &self.calibrate else { return Ok(None) };
        if source.layout() != Layout::Uncoded {
            bail!(
                "{}: quantised already; --calibrate needs the unquantised checkpoint",
                self.input.display()
            );
        }
        let (text, _) = text(Some(path))?;
        let mut tokens = source.tokenizer().encode(&text)?;
        tokens.truncate(self.tokens);
        let model = Model::load(source, &ModelOptions::default())?;
        let mut calibration = Calibration::default();
        let bar = token_bar(tokens.len(), "calibrating");
        let read = evaluate(&model, &tokens, &mut calibration, |read| {
            bar.set_position(read as u64);
            !interrupt.asked()
        });
        bar.finish_and_clear();
        read?;
        if interrupt.asked() {
            bail!("interrupted; nothing was written");
        }
        Ok(Some(calibration))
    }
}
