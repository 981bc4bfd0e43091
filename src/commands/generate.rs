//! `synfire generate`: the model writes, spiking.

use super::model_options::ModelArgs;
use super::terminal::Interrupt;
use anyhow::{Result, bail};
use clap::Args;
use std::io::Write;
use std::time::Instant;
use synfire::recording::SparsityRecorder;
use synfire::sim::generate::{Sampling, generate};
use synfire::sim::model::Model;

/// Let the model write, spiking; the text streams to standard output.
#[derive(Args)]
pub(crate) struct Generate {
    #[command(flatten)]
    model: ModelArgs,
    /// Text to go on from
    #[arg(long, value_name = "TEXT")]
    prompt: String,
    /// Tokens to write
    #[arg(long, value_name = "N", default_value_t = 200)]
    tokens: usize,
    /// Divides the logits; 0 takes the likeliest token
    #[arg(long, default_value_t = 0.8, allow_negative_numbers = true)]
    temperature: f32,
    /// Seed: the same seed writes the same text
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Generate {
    pub(crate) fn execute(self) -> Result<()> {
        let options = self.model.options()?;
        let sampling = Sampling { tokens: self.tokens, temperature: self.temperature, seed: self.seed };
        sampling.check()?;
        let checkpoint = self.model.checkpoint()?;
        let tokenizer = checkpoint.tokenizer();
        let prompt = tokenizer.encode(self.prompt.as_bytes())?;
        if prompt.is_empty() {
            bail!("--prompt is empty; give some text to go on from");
        }
        let model = Model::load(&checkpoint, &options)?;
        let interrupt = Interrupt::listen()?;
        let started = Instant::now();
        let mut out = std::io::stdout().lock();
        let mut recorder = SparsityRecorder::default();
        let mut failure = None;
        let mut stream = TextStream { ids: prompt.clone(), shown: 0 };
        stream.show(tokenizer, &mut out)?;
        generate(&model, &prompt, sampling, &mut recorder, |id| {
            stream.ids.push(id);
            failure = stream.show(tokenizer, &mut out).err();
            failure.is_none() && !interrupt.asked()
        })?;
        if let Some(error) = failure {
            return Err(error);
        }
        writeln!(out)?;
        let written = stream.ids.len() - prompt.len();
        let rate = written as f64 / started.elapsed().as_secs_f64();
        if self.model.dense {
            eprintln!("[{written} tokens, {rate:.0} a second, dense]");
        } else {
            let all = recorder.table.pooled();
            eprintln!(
                "[{written} tokens, {rate:.0} a second; {:.3} spikes per channel, {:.1} % of channels silent]",
                all.mean_spikes_per_channel(),
                100.0 * all.silent_share()
            );
        }
        Ok(())
    }
}

/// Text of a growing list of tokens; a character is shown once all its bytes are there.
struct TextStream {
    ids: Vec<u32>,
    shown: usize,
}

impl TextStream {
    fn show(
        &mut self,
        tokenizer: &synfire::datasets::checkpoint::Tokenizer,
        out: &mut impl Write,
    ) -> Result<()> {
        let text = tokenizer.decode(&self.ids)?;
        let whole = match std::str::from_utf8(&text) {
            Ok(_) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => text.len(),
        };
        if whole > self.shown {
            out.write_all(&text[self.shown..whole])?;
            out.flush()?;
            self.shown = whole;
        }
        Ok(())
    }
}
