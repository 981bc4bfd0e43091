//! The built-in example model and its texts, part of the program.
//!
//! A SpikingBrain-7B-shaped model in small: byte vocabulary, 4 layers (GLA, SWA, GLA, SWA), hidden 256, 8 heads, 2
//! key-value heads, 2 766 784 parameters. The README beside this file says how it was trained.

/// Name of the model on the command line.
pub const NAME: &str = "shakespeare";

/// *Hamlet*, the whole play; held out from training.
pub const HAMLET: &[u8] = include_bytes!("hamlet.txt");

/// 4096 bytes of *Hamlet*: the default text of a run.
pub const HAMLET_EXCERPT: &[u8] = include_bytes!("hamlet-excerpt.txt");

pub(crate) const CONFIG: &[u8] = include_bytes!("config.json");
pub(crate) const MODEL: &[u8] = include_bytes!("model.safetensors");
