//! How well a model predicts a text: bits per token, `mean over t of -log2 p(token t+1 | tokens up to t)`.

use crate::error::SimError;
use crate::model::Model;
use crate::recorder::Recorder;
use ndarray::{Array2, ArrayView1};

/// Tokens read at once. Results do not depend on it.
pub const CHUNK: usize = 128;

/// What predicting a text cost.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Surprisal {
    /// Bits in all.
    pub bits: f64,
    /// Tokens predicted: all read but the first.
    pub predicted: u64,
    /// Tokens read.
    pub read: u64,
}

impl Surprisal {
    /// Mean bits of a predicted token; NaN if there is none.
    #[must_use]
    pub fn bits_per_token(&self) -> f64 {
        self.bits / self.predicted as f64
    }

    /// Adds a piece of text: the `logits` `[tokens, vocabulary]` after each of its tokens, and the tokens that did follow,
    /// at most as many (the last token of a text has none).
    pub fn observe(&mut self, logits: &Array2<f32>, following: &[u32]) {
        for (logits, next) in logits.rows().into_iter().zip(following) {
            self.bits += bits(logits, *next as usize);
            self.predicted += 1;
        }
        self.read += logits.nrows() as u64;
    }
}

/// Reads `tokens` as one context in chunks; `progress` hears the number of tokens read and says whether to go on. What
/// was read before it said no is the result.
///
/// # Errors
/// [`SimError::TooShort`] for fewer than two tokens, and those of [`crate::model::Session::advance`].
pub fn evaluate(
    model: &Model,
    tokens: &[u32],
    recorder: &mut dyn Recorder,
    mut progress: impl FnMut(usize) -> bool,
) -> Result<Surprisal, SimError> {
    if tokens.len() < 2 {
        return Err(SimError::TooShort { tokens: tokens.len() });
    }
    let mut session = model.start();
    let mut surprisal = Surprisal::default();
    for chunk in tokens.chunks(CHUNK) {
        let following = session.position() as usize + 1;
        surprisal.observe(&session.advance(chunk, recorder)?, &tokens[following..]);
        if !progress(session.position() as usize) {
            break;
        }
    }
    Ok(surprisal)
}

/// `-log2 softmax(logits)[token]`; infinite for a token outside the vocabulary.
fn bits(logits: ArrayView1<'_, f32>, token: usize) -> f64 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|l| f64::from(l - top).exp()).sum();
    let own = logits.get(token).map_or(f64::NEG_INFINITY, |l| f64::from(l - top));
    (sum.ln() - own) / std::f64::consts::LN_2
}
