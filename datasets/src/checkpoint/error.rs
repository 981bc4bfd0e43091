//! What can be wrong with a checkpoint; each message names file, tensor or field, and what to do.

use std::path::PathBuf;

/// Why a checkpoint could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The folder is not there or cannot be read.
    #[error("{path}: no such checkpoint folder; give a folder with config.json and model.safetensors")]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// A file is missing or cannot be read.
    #[error("{file}: {reason}")]
    File {
        /// The file.
        file: String,
        /// Why, and what to do.
        reason: String,
    },
    /// `config.json` cannot be used.
    #[error("{file}: field '{field}': {reason}")]
    Config {
        /// The file.
        file: String,
        /// The field.
        field: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
    /// A tensor is missing.
    #[error("{file}: tensor '{tensor}' is missing; the config asks for it, so the checkpoint is incomplete")]
    MissingTensor {
        /// Where it was looked for.
        file: String,
        /// Its name.
        tensor: String,
    },
    /// A tensor has another shape or type than the config says.
    #[error("{file}: tensor '{tensor}' is {found}, expected {expected}")]
    Tensor {
        /// The file.
        file: String,
        /// The tensor.
        tensor: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// A number is NaN, infinite, or not a scale.
    #[error(
        "{file}: tensor '{tensor}' holds {value} at index {index}, expected {expected}; the file is damaged"
    )]
    Value {
        /// The file.
        file: String,
        /// The tensor.
        tensor: String,
        /// Position in row-major order.
        index: usize,
        /// The number.
        value: f32,
        /// What numbers there may be.
        expected: &'static str,
    },
    /// Numbers and shape do not fit.
    #[error("{numbers} numbers do not fill a matrix of {rows} x {cols}")]
    Shape {
        /// Numbers given.
        numbers: usize,
        /// Rows asked for.
        rows: usize,
        /// Columns asked for.
        cols: usize,
    },
    /// Text or tokens cannot be converted.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
}
