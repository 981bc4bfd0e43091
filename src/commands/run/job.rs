//! What is run on what: from the command line, or from the manifest of a run that is taken up again.

use super::super::model_options::{ModelArgs, TextArgs};
use super::Run;
use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use synfire::accuracy::TextUnit;
use synfire::datasets::checkpoint::Checkpoint;
use synfire::run::part_tokens;
use synfire::sim::options::ModelOptions;

/// Everything that decides what a run computes, read and checked.
pub(super) struct Job {
    pub(super) model: ModelArgs,
    pub(super) options: ModelOptions,
    pub(super) checkpoint: Checkpoint,
    pub(super) tokens: Vec<u32>,
    pub(super) text_name: String,
    pub(super) unit: TextUnit,
    /// Whether the dense model runs for comparison.
    pub(super) baseline: bool,
    pub(super) part_tokens: usize,
    text: TextArgs,
}

impl Job {
    /// As the command line asks.
    pub(super) fn asked(run: &Run) -> Result<Self> {
        let mut job = Self::read(run.model.clone(), run.text.clone(), run.tokens)?;
        job.baseline = !run.no_baseline;
        if let Some(tokens) = run.part_tokens {
            job.part_tokens = tokens as usize;
        }
        Ok(job)
    }

    /// As the options of a manifest tell; the engine and the threads are those of the command line.
    pub(super) fn told(options: &Value, now: &ModelArgs) -> Result<Self> {
        let wrong =
            |field: &str| anyhow!("the manifest's options.{field} is missing or wrong; record the run again");
        let model = ModelArgs::from_json(options, now).map_err(wrong)?;
        let name = options["text"].as_str().ok_or_else(|| wrong("text"))?;
        let text = TextArgs::from_json(name, options["prompt"].as_str());
        let number = |field: &str| {
            let number = options[field].as_u64().and_then(|n| usize::try_from(n).ok());
            number.ok_or_else(|| wrong(field))
        };
        let mut job = Self::read(model, text, Some(number("tokens")?))?;
        job.part_tokens = number("part_tokens")?;
        job.baseline = options["baseline"].as_bool().ok_or_else(|| wrong("baseline"))?;
        let digest = options["tokens_sha256"].as_str().ok_or_else(|| wrong("tokens_sha256"))?;
        if digest != job.tokens_digest() {
            bail!(
                "{name} is not the text that the run began with (other tokens); give that text back, or record the run anew"
            );
        }
        Ok(job)
    }

    fn read(model: ModelArgs, text: TextArgs, most: Option<usize>) -> Result<Self> {
        let options = model.options()?;
        let checkpoint = model.checkpoint()?;
        let (mut bytes, text_name) = text.read()?;
        let mut tokens = checkpoint.tokenizer().encode(&bytes)?;
        if let Some(most) = most.filter(|most| *most < tokens.len()) {
            tokens.truncate(most);
            bytes = checkpoint.tokenizer().decode(&tokens)?;
        }
        let unit = TextUnit::of(checkpoint.tokenizer(), &bytes, &tokens);
        if tokens.len() < 2 {
            bail!("{text_name}: {} tokens to read, at least 2 are needed; give a longer text", tokens.len());
        }
        let part_tokens = part_tokens(checkpoint.config());
        Ok(Self { model, options, checkpoint, tokens, text_name, unit, baseline: true, part_tokens, text })
    }

    /// The options as the manifest has them: what the run computes, and nothing of how fast.
    pub(super) fn as_json(&self) -> Value {
        let mut options = self.model.as_json();
        let (name, prompt) = self.text.as_json(&self.text_name);
        options["text"] = name.into();
        if let Some(prompt) = prompt {
            options["prompt"] = prompt.into();
        }
        options["tokens"] = self.tokens.len().into();
        options["tokens_sha256"] = self.tokens_digest().into();
        options["baseline"] = self.baseline.into();
        options["part_tokens"] = json!(self.part_tokens);
        options
    }

    fn tokens_digest(&self) -> String {
        let mut hash = Sha256::new();
        self.tokens.iter().for_each(|token| hash.update(token.to_le_bytes()));
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Layers that are run, by number.
    pub(super) fn layers(&self) -> Result<Vec<u16>> {
        let layers = synfire::sim::stage::layers(self.checkpoint.config(), &self.options);
        Ok(layers.context("--layers")?.map(|layer| layer as u16).collect())
    }
}
