//! Text to tokens and back: `tokenizer.json`, `vocab.json` with `merges.txt`, or raw bytes.

use super::CheckpointError;
use std::path::Path;
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{PreTokenizerWrapper, SplitDelimiterBehavior};

/// How Qwen2 splits text before byte-level BPE (`pre_tokenizer` of its `tokenizer.json`).
const QWEN2_SPLIT: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// A checkpoint's tokenizer.
#[derive(Debug)]
pub struct Tokenizer {
    kind: Kind,
    vocabulary: usize,
}

#[derive(Debug)]
enum Kind {
    Bytes,
    HuggingFace(Box<tokenizers::Tokenizer>),
}

impl Tokenizer {
    /// Each byte is its own token: for vocabularies of 256 without a tokenizer.
    #[must_use]
    pub fn bytes() -> Self {
        Self { kind: Kind::Bytes, vocabulary: 256 }
    }

    /// The tokenizer in `dir` for a vocabulary of `vocabulary` tokens.
    pub(super) fn open(dir: &Path, vocabulary: usize) -> Result<Self, CheckpointError> {
        let (json, vocab, merges) =
            (dir.join("tokenizer.json"), dir.join("vocab.json"), dir.join("merges.txt"));
        let wrong =
            |file: &Path, reason: String| CheckpointError::File { file: file.display().to_string(), reason };
        let kind = if json.exists() {
            let tokenizer = tokenizers::Tokenizer::from_file(&json)
                .map_err(|e| wrong(&json, format!("not a tokenizer: {e}")))?;
            Kind::HuggingFace(Box::new(tokenizer))
        } else if vocab.exists() && merges.exists() {
            Kind::HuggingFace(Box::new(
                byte_level(&vocab, &merges).map_err(|e| wrong(&vocab, e.to_string()))?,
            ))
        } else if vocabulary == 256 {
            Kind::Bytes
        } else {
            let reason = format!(
                "missing, and so are vocab.json with merges.txt; a vocabulary of {vocabulary} needs one \
                 (raw bytes serve only a vocabulary of 256)"
            );
            return Err(wrong(&json, reason));
        };
        Ok(Self { kind, vocabulary })
    }

    /// The tokens of `text`, without special tokens.
    ///
    /// # Errors
    /// [`CheckpointError::Tokenizer`] for text that is not UTF-8 (raw bytes take any), or a token beyond the vocabulary.
    pub fn encode(&self, text: &[u8]) -> Result<Vec<u32>, CheckpointError> {
        let tokenizer = match &self.kind {
            Kind::Bytes => return Ok(text.iter().map(|b| u32::from(*b)).collect()),
            Kind::HuggingFace(tokenizer) => tokenizer,
        };
        let text = std::str::from_utf8(text).map_err(|e| {
            let at = e.valid_up_to();
            CheckpointError::Tokenizer(format!("the text is not UTF-8 at byte {at}; convert it first"))
        })?;
        let encoding =
            tokenizer.encode(text, false).map_err(|e| CheckpointError::Tokenizer(e.to_string()))?;
        match encoding.get_ids().iter().find(|id| **id as usize >= self.vocabulary) {
            Some(id) => Err(CheckpointError::Tokenizer(format!(
                "token {id} is beyond the model's vocabulary of {}; this is another model's tokenizer",
                self.vocabulary
            ))),
            None => Ok(encoding.get_ids().to_vec()),
        }
    }

    /// The bytes of `tokens`.
    ///
    /// # Errors
    /// [`CheckpointError::Tokenizer`] for tokens that have no text.
    pub fn decode(&self, tokens: &[u32]) -> Result<Vec<u8>, CheckpointError> {
        match &self.kind {
            Kind::Bytes => tokens
                .iter()
                .map(|t| {
                    u8::try_from(*t)
                        .map_err(|_| CheckpointError::Tokenizer(format!("token {t} is not a byte")))
                })
                .collect(),
            Kind::HuggingFace(tokenizer) => {
                let text =
                    tokenizer.decode(tokens, false).map_err(|e| CheckpointError::Tokenizer(e.to_string()))?;
                Ok(text.into_bytes())
            }
        }
    }
}

/// `vocab.json` and `merges.txt` of a tokenizer without merges: a token for each byte, and names for the tokens beyond, so that
/// any text can be read and any token written. None for a vocabulary of 256, where tokens are bytes as they are.
pub(super) fn byte_level_files(vocabulary: usize) -> Result<Vec<(String, Vec<u8>)>, CheckpointError> {
    if vocabulary < 256 {
        let reason =
            format!("a vocabulary of {vocabulary} tokens has none for some bytes; at least 256 are needed");
        return Err(CheckpointError::Tokenizer(reason));
    }
    if vocabulary == 256 {
        return Ok(Vec::new());
    }
    let bytes = (0u8..=255).map(|byte| (character(byte).to_string(), usize::from(byte)));
    let beyond = (256..vocabulary).map(|token| (format!("<|{token}|>"), token));
    let vocab: std::collections::BTreeMap<String, usize> = bytes.chain(beyond).collect();
    let vocab = serde_json::to_vec(&vocab).map_err(|e| CheckpointError::Tokenizer(e.to_string()))?;
    Ok(vec![("vocab.json".to_owned(), vocab), ("merges.txt".to_owned(), b"#version: 0.2\n".to_vec())])
}

/// The character that stands for a byte in byte-level vocabularies: itself if it prints (Latin-1), else the next one from
/// U+0100 on.
fn character(byte: u8) -> char {
    let prints = |b: u8| matches!(b, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    if prints(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|b| !prints(*b)).count() as u32;
    char::from_u32(0x100 + before).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Byte-level BPE as Qwen2 sets it up.
fn byte_level(vocab: &Path, merges: &Path) -> tokenizers::Result<tokenizers::Tokenizer> {
    let bpe = BPE::from_file(&vocab.to_string_lossy(), &merges.to_string_lossy()).build()?;
    let pattern = SplitPattern::Regex(QWEN2_SPLIT.to_owned());
    let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false)?;
    let bytes = ByteLevel::new(false, false, false);
    let mut tokenizer = tokenizers::Tokenizer::new(bpe);
    let steps = vec![PreTokenizerWrapper::Split(split), PreTokenizerWrapper::ByteLevel(bytes)];
    tokenizer
        .with_normalizer(Some(NFC))
        .with_pre_tokenizer(Some(Sequence::new(steps)))
        .with_decoder(Some(bytes));
    Ok(tokenizer)
}
