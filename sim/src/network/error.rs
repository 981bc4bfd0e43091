//! What can be wrong with a description of a network, or go wrong in a run.

use super::state::StateError;

/// Why a network cannot be built or run.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The file cannot be read.
    #[error("{file}: cannot be read: {reason}; give a TOML description of a network")]
    Read {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// Not TOML.
    #[error("{file}: not TOML: {reason}")]
    Syntax {
        /// The file.
        file: String,
        /// Where and why, on one line.
        reason: String,
    },
    /// A key is missing, unknown, or has a value that cannot be.
    #[error("{network}: {key}: {problem}")]
    Key {
        /// The file, or the name of the network.
        network: String,
        /// Path of the key, such as `population.excitatory.neuron.lif_exp.tau_m_ms`.
        key: String,
        /// The value and the remedy.
        problem: String,
    },
    /// Whoever records gave up.
    #[error("recording: {0}")]
    Recorder(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another rank did not say what it was to say.
    #[error("meeting the other ranks: {0}")]
    Meeting(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A state cannot be saved or taken up.
    #[error(transparent)]
    State(#[from] StateError),
}

/// A key and what is wrong with its value, before the network has a name to report.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeyError {
    pub(crate) key: String,
    pub(crate) problem: String,
}

impl KeyError {
    pub(crate) fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { key: key.into(), problem: problem.into() }
    }

    /// The same below the key `parent`.
    pub(crate) fn below(self, parent: impl std::fmt::Display) -> Self {
        let key = if self.key.is_empty() { parent.to_string() } else { format!("{parent}.{}", self.key) };
        Self { key, ..self }
    }

    pub(crate) fn of(self, network: &str) -> NetworkError {
        NetworkError::Key { network: network.to_owned(), key: self.key, problem: self.problem }
    }
}

/// An error for `key` unless `holds`.
pub(crate) fn require(
    holds: bool,
    key: &str,
    value: impl std::fmt::Display,
    remedy: &str,
) -> Result<(), KeyError> {
    if holds { Ok(()) } else { Err(KeyError::new(key, format!("{value}; {remedy}"))) }
}

/// Checks that a number is finite and above zero.
pub(crate) fn positive(key: &str, value: f64) -> Result<(), KeyError> {
    require(value.is_finite() && value > 0.0, key, value, "give a finite number above 0")
}

/// Checks that a number is finite.
pub(crate) fn finite(key: &str, value: f64) -> Result<(), KeyError> {
    require(value.is_finite(), key, value, "give a finite number")
}

/// Checks that a number is finite and not negative.
pub(crate) fn not_negative(key: &str, value: f64) -> Result<(), KeyError> {
    require(value.is_finite() && value >= 0.0, key, value, "give a finite number from 0")
}
