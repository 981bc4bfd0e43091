//! What can go wrong with chips, networks on them and placements.

use std::path::PathBuf;

/// Why a chip or network could not be read, placed or simulated.
#[derive(Debug, thiserror::Error)]
pub enum ChipError {
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file does not say what is expected of it.
    #[error("{file}, {place}: {reason}")]
    File {
        /// The file, or the name of a chip that is part of the program.
        file: String,
        /// Line or key.
        place: String,
        /// What is wrong, and the remedy.
        reason: String,
    },
    /// Neither a chip of the program nor a file.
    #[error("no chip '{name}': give the path of a file, or one of {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Chips there are.
        known: String,
    },
    /// A network does not fit the chip it is mapped to.
    #[error("neuron {neuron}: {reason}")]
    Mapping {
        /// Group and number of the neuron.
        neuron: String,
        /// What is wrong, and the remedy.
        reason: String,
    },
    /// A model does not fit the chip.
    #[error(
        "the model needs {needed} cores of this kind and chip '{chip}' has {cores}: use a chip of {needed} cores or fewer layers"
    )]
    Capacity {
        /// The chip.
        chip: String,
        /// Cores that would do.
        needed: usize,
        /// Cores there are.
        cores: usize,
    },
    /// A record does not say what a simulation needs.
    #[error("{0}")]
    Record(String),
    /// An input neuron received a spike.
    #[error("input neuron {neuron} receives current {current} at step {step}: inputs take no edges")]
    InputDriven {
        /// Group and number of the neuron.
        neuron: String,
        /// Sum of the weights.
        current: f64,
        /// Time step, from 1.
        step: u64,
    },
    /// The simulation stopped with messages under way.
    #[error("deadlock: {waiting} messages are under way and none can move")]
    Deadlock {
        /// Messages in the mesh.
        waiting: u64,
    },
    /// Time ran past what the clock of the simulation holds.
    #[error(
        "the simulated time passes {limit_s} s, the most that its clock holds: simulate fewer steps or tokens"
    )]
    Clock {
        /// The limit.
        limit_s: f64,
    },
}

impl ChipError {
    /// An error at a place of a file.
    pub(crate) fn file(file: &str, place: impl std::fmt::Display, reason: impl std::fmt::Display) -> Self {
        Self::File { file: file.to_owned(), place: place.to_string(), reason: reason.to_string() }
    }
}
