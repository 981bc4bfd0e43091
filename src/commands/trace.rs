//! `synfire trace`: every number of a short run, as safetensors.

use super::model_options::ModelArgs;
use super::terminal::token_bar;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use synfire::sim::model::Model;
use synfire::trace::Trace as Tensors;

/// Write every count, threshold, layer output and logit as safetensors.
///
/// Tensors: input_ids [T]; layers.N.{attn_in,o_in,mlp_in,down_in}.counts [T, width] and .threshold [T];
/// layers.N.query.counts [T, heads, head size] and .threshold [T, heads]; layers.N.out [T, hidden]; logits [T, vocabulary].
#[derive(Args)]
pub(crate) struct Trace {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    input: Input,
    /// File to write
    #[arg(long, value_name = "FILE.safetensors")]
    out: PathBuf,
}

/// What to read.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Input {
    /// File of token ids: a JSON array, or integers with white space between
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    /// Text file
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
}

impl Trace {
    pub(crate) fn execute(self) -> Result<()> {
        let options = self.model.options()?;
        let checkpoint = self.model.checkpoint()?;
        let tokens = match (&self.input.ids, &self.input.text) {
            (Some(path), _) => read_ids(path)?,
            (None, Some(path)) => {
                let text = std::fs::read(path).with_context(|| format!("--text {}", path.display()))?;
                checkpoint.tokenizer().encode(&text)?
            }
            (None, None) => bail!("give --ids or --text"),
        };
        if tokens.is_empty() {
            bail!("the input holds no tokens");
        }
        let model = Model::load(&checkpoint, &options)?;
        let bar = token_bar(tokens.len(), "trace");
        let trace = Tensors::of(&model, &tokens, |read| bar.set_position(read as u64));
        bar.finish_and_clear();
        let trace = trace?;
        trace.write(&self.out)?;
        println!("{}: {} tensors, {} tokens", self.out.display(), trace.shapes().count(), tokens.len());
        Ok(())
    }
}

fn read_ids(path: &Path) -> Result<Vec<u32>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("--ids {}", path.display()))?;
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(&text)
            .with_context(|| format!("--ids {}: not a JSON array of token ids", path.display()));
    }
    text.split_whitespace()
        .enumerate()
        .map(|(i, word)| {
            word.parse().with_context(|| {
                format!("--ids {}: '{word}' (number {}) is not a token id", path.display(), i + 1)
            })
        })
        .collect()
}
