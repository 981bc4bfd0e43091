//! A run of a model over a text that can be shared out over ranks and taken up again after an interruption.
//!
//! ```text
//!             rank 0              rank 1                  rank 2
//! tokens ─▶ embed, layers ─x─▶ layers ─x─▶ ... ─x─▶ layers, norm, LM head ─▶ surprisal
//!              │                  │                         │
//!              ▼                  ▼                         ▼
//!            parts of the record, state of the layers: files of one run folder
//! ```
//!
//! A [`pass`] moves through the text in chunks; every so many tokens the parts of the record end, and what each layer
//! remembers is written beside them ([`state`]), layer by layer, so that the run can go on from there on any number of ranks.
//! What ranks say to each other is plain bytes ([`ranks`]).

pub mod pass;
pub mod ranks;
pub mod state;

#[cfg(feature = "mpi")]
pub mod mpi;

use crate::datasets::checkpoint::ModelConfig;
use crate::sim::evaluate::CHUNK;

/// Channels of a layer that a part holds by default, all tokens together: a few megabytes of spikes.
const PART_CHANNELS: usize = 8 << 20;
/// Fewest and most tokens of a part.
pub const PART_TOKENS: std::ops::RangeInclusive<usize> = CHUNK..=CHUNK << 9;

/// Tokens of a part unless told otherwise: a power of two, so many that a layer's part holds a few megabytes of spikes.
#[must_use]
pub fn part_tokens(config: &ModelConfig) -> usize {
    let channels = 4 * config.hidden_size + config.intermediate_size;
    let tokens = PART_CHANNELS / channels.max(1);
    let power = tokens.checked_ilog2().map_or(1, |bits| 1 << bits);
    power.clamp(*PART_TOKENS.start(), CHUNK << 6)
}
