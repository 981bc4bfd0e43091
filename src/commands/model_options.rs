//! Options that choose a model, how it is executed, and the text it reads.

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use synfire::datasets::builtin;
use synfire::datasets::checkpoint::Checkpoint;
use synfire::sim::coding::Coding;
use synfire::sim::neuron::AdaptiveThreshold;
use synfire::sim::options::{Convention, Execution, ModelOptions, Spiking};
use synfire::sim::projection::Engine;

use super::selection::Span;

/// Which model, and how it is executed.
#[derive(Args, Clone)]
pub(crate) struct ModelArgs {
    /// Checkpoint folder in Hugging Face layout, or "shakespeare" for the built-in model
    #[arg(long, value_name = "DIR|shakespeare", default_value = builtin::NAME)]
    pub(crate) model: PathBuf,
    /// Threshold divisor: V_th = mean(|x|) / k; a larger k means more spikes and less error
    #[arg(long, default_value_t = 3.0, allow_negative_numbers = true)]
    pub(crate) k: f32,
    /// Spike coding: binary, ternary, bitwise, bitwise-signed or twos-complement
    #[arg(long, default_value = "bitwise-signed")]
    pub(crate) coding: Coding,
    /// event delivers every spike to its synapses, collapsed multiplies by the counts; same result
    #[arg(long, default_value = "event")]
    pub(crate) engine: Engine,
    /// report (down_proj coded, window of w keys) or release (down_proj not coded, w + 1 keys)
    #[arg(long, default_value = "report")]
    pub(crate) convention: Convention,
    /// Run the uncoded model in f32, without spikes
    #[arg(long)]
    pub(crate) dense: bool,
    /// Load and run only these layers, from 0, as A-B (the rest is cut out)
    #[arg(long, value_name = "A-B")]
    pub(crate) layers: Option<Span>,
    /// Threads; all cores if not given. The result does not depend on it
    #[arg(long)]
    pub(crate) threads: Option<usize>,
}

impl ModelArgs {
    /// The checkpoint.
    pub(crate) fn checkpoint(&self) -> Result<Checkpoint> {
        if let Some(threads) = self.threads {
            if threads == 0 {
                bail!("--threads 0: at least 1 thread is needed");
            }
            rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("--threads")?;
        }
        checkpoint(&self.model)
    }

    /// Checked options of the simulator.
    pub(crate) fn options(&self) -> Result<ModelOptions> {
        let neuron = AdaptiveThreshold::new(self.k).context("--k")?;
        let spiking = Spiking { neuron, coding: self.coding, engine: self.engine };
        let execution = if self.dense { Execution::Dense } else { Execution::Spiking(spiking) };
        Ok(ModelOptions { execution, convention: self.convention, layers: self.layers.map(Span::inclusive) })
    }

    /// The options as the manifest has them; the engine and the threads change nothing and are left out.
    pub(crate) fn as_json(&self) -> serde_json::Value {
        let layers = self.layers.map(|l| l.to_string());
        let folder = self.model.canonicalize().unwrap_or_else(|_| self.model.clone());
        json!({
            "model": folder.to_string_lossy(), "k": self.k, "coding": self.coding, "convention": self.convention, "dense": self.dense, "layers": layers,
        })
    }
}

impl ModelArgs {
    /// What [`as_json`](Self::as_json) gave, with the engine and the threads of `now`; else the field that is wrong.
    pub(crate) fn from_json(options: &serde_json::Value, now: &Self) -> Result<Self, &'static str> {
        let parsed = |field: &'static str| options[field].as_str().ok_or(field);
        Ok(Self {
            model: parsed("model")?.into(),
            k: options["k"].as_f64().ok_or("k")? as f32,
            coding: parsed("coding")?.parse().map_err(|_| "coding")?,
            engine: now.engine,
            convention: serde_json::from_value(options["convention"].clone()).map_err(|_| "convention")?,
            dense: options["dense"].as_bool().ok_or("dense")?,
            layers: match &options["layers"] {
                serde_json::Value::Null => None,
                _ => Some(parsed("layers")?.parse().map_err(|_| "layers")?),
            },
            threads: now.threads,
        })
    }
}

/// The text to read.
#[derive(Args, Clone, Default)]
#[group(multiple = false)]
pub(crate) struct TextArgs {
    /// Text file to read; "hamlet" is the whole built-in play [default: 4096 bytes of Hamlet]
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Text to read
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
}

impl TextArgs {
    /// The bytes of the text and its name.
    pub(crate) fn read(&self) -> Result<(Vec<u8>, String)> {
        match &self.prompt {
            Some(prompt) => Ok((prompt.clone().into_bytes(), "prompt".to_owned())),
            None => text(self.text.as_deref()),
        }
    }
}

impl TextArgs {
    /// The text as the manifest has it: its name or the whole path of its file, and the prompt if it is one.
    pub(crate) fn as_json(&self, name: &str) -> (String, Option<&str>) {
        let file = self.text.as_deref().filter(|path| path.exists());
        let whole = file.and_then(|path| path.canonicalize().ok());
        (whole.map_or(name.to_owned(), |path| path.display().to_string()), self.prompt.as_deref())
    }

    /// What [`as_json`](Self::as_json) gave.
    pub(crate) fn from_json(name: &str, prompt: Option<&str>) -> Self {
        let text = (prompt.is_none() && name != EXCERPT).then(|| name.into());
        Self { text, prompt: prompt.map(ToOwned::to_owned) }
    }
}

/// Name of the text that is read if none is given.
const EXCERPT: &str = "hamlet-excerpt";

/// The checkpoint in a folder, or the built-in one by its name.
pub(crate) fn checkpoint(model: &Path) -> Result<Checkpoint> {
    let named_builtin = model.as_os_str() == builtin::NAME && !model.is_dir();
    Ok(if named_builtin { Checkpoint::builtin()? } else { Checkpoint::open(model)? })
}

/// The bytes of a text file and its name; "hamlet" is the whole built-in play, `None` its excerpt.
pub(crate) fn text(path: Option<&Path>) -> Result<(Vec<u8>, String)> {
    match path {
        Some(path) if path.as_os_str() == "hamlet" && !path.exists() => {
            Ok((builtin::HAMLET.to_vec(), "hamlet".to_owned()))
        }
        Some(path) => {
            let text = std::fs::read(path)
                .with_context(|| format!("--text {}: cannot be read; give a text file", path.display()))?;
            Ok((text, path.display().to_string()))
        }
        None => Ok((builtin::HAMLET_EXCERPT.to_vec(), EXCERPT.to_owned())),
    }
}
