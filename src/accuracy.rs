//! Accuracy of a language model on a text, in bits per token and, where the text has bytes, in bits per byte.

use crate::datasets::checkpoint::Tokenizer;
use crate::sim::evaluate::Surprisal;
use serde::{Deserialize, Serialize};

/// Mean bits that predicting a text cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bits {
    /// Bits of a predicted token.
    pub per_token: f64,
    /// Bits of a predicted byte of the text; absent if the text was not read to its end.
    pub per_byte: Option<f64>,
}

impl std::fmt::Display for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.per_byte {
            Some(bits) => write!(f, "{bits:.4} bits per byte"),
            None => write!(f, "{:.4} bits per token", self.per_token),
        }
    }
}

/// A text as far as its accuracy needs it.
#[derive(Debug, Clone, Copy)]
pub struct TextUnit {
    /// Bytes of the text after its first token.
    predicted_bytes: Option<u64>,
}

impl TextUnit {
    /// Of `text`, which encodes to `tokens`.
    #[must_use]
    pub fn of(tokenizer: &Tokenizer, text: &[u8], tokens: &[u32]) -> Self {
        let first = tokens.first().and_then(|t| tokenizer.decode(std::slice::from_ref(t)).ok());
        Self { predicted_bytes: first.map(|first| (text.len() - first.len().min(text.len())) as u64) }
    }

    /// The bits of a pass over the text.
    #[must_use]
    pub fn accuracy(&self, surprisal: &Surprisal) -> Bits {
        let whole = surprisal.predicted + 1 == surprisal.read;
        Bits {
            per_token: surprisal.bits_per_token(),
            per_byte: self
                .predicted_bytes
                .filter(|bytes| *bytes > 0 && whole)
                .map(|bytes| surprisal.bits / bytes as f64),
        }
    }
}
