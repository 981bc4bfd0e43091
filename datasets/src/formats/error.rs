//! What can go wrong with a spike file. Every error names the file and the remedy in one line.

use super::Format;
use crate::trains::TrainError;
use std::io;
use std::path::{Path, PathBuf};

/// Why a spike file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// Opening or reading failed.
    #[error("cannot read {path}: {source}; check that it exists and is readable")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Creating, writing or renaming failed.
    #[error("cannot write {path}: {source}; check free space and permissions, or choose another folder")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Neither the content nor the extension is one of a format that Synfire knows.
    #[error(
        "{path}: not a spike file that Synfire knows; name the format if its extension is unusual: {known}"
    )]
    Unknown {
        /// The file.
        path: PathBuf,
        /// Names of the formats.
        known: String,
    },
    /// The file is of another format than its name or the caller says.
    #[error("{path} is not {format}: {reason}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The format that was expected.
        format: Format,
        /// How it shows, and what to do.
        reason: String,
    },
    /// The file ends too early.
    #[error("{path} is cut off at byte {offset}: {reason}; restore the file, or download it again")]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes that are there.
        offset: u64,
        /// What is missing.
        reason: String,
    },
    /// A field holds what it must not.
    #[error("{path}: {field} is {value}; {remedy}")]
    Field {
        /// The file.
        path: PathBuf,
        /// Column, key, data set or row and column.
        field: String,
        /// What it holds.
        value: String,
        /// What it should hold, or what to do.
        remedy: String,
    },
    /// The times are no spike trains.
    #[error("{path}: {source}")]
    Trains {
        /// The file.
        path: PathBuf,
        /// Unit, spike and time.
        source: TrainError,
    },
    /// The format is read only, or this build leaves it out.
    #[error("{path}: {format} {reason}")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The format.
        format: Format,
        /// What cannot be done, and what can.
        reason: String,
    },
}

impl FormatError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read { path: path.to_owned(), source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write { path: path.to_owned(), source }
    }

    pub(crate) fn foreign(path: &Path, format: Format, reason: impl std::fmt::Display) -> Self {
        Self::Foreign { path: path.to_owned(), format, reason: one_line(reason) }
    }

    pub(crate) fn truncated(path: &Path, offset: usize, reason: impl std::fmt::Display) -> Self {
        Self::Truncated { path: path.to_owned(), offset: offset as u64, reason: one_line(reason) }
    }

    pub(crate) fn field(
        path: &Path,
        field: impl std::fmt::Display,
        value: impl std::fmt::Display,
        remedy: impl std::fmt::Display,
    ) -> Self {
        Self::Field {
            path: path.to_owned(),
            field: one_line(field),
            value: one_line(value),
            remedy: one_line(remedy),
        }
    }
}

/// What is said, without the line breaks that a damaged file or the error of a library may bring along.
fn one_line(text: impl std::fmt::Display) -> String {
    text.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
