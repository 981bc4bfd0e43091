//! Spike files of the field, read into a [`Recording`] and, where the format allows, written from one.
//!
//! [`read`] tells the format by the content of the file, then by its name. One file of this folder is one format.

mod error;

pub use error::FormatError;

use crate::trains::Recording;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// A kind of spike file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Apache Parquet with one row a spike: `time_s` or `time_ms`, `unit`, optional `channel` and `polarity`.
    Parquet,
    /// Comma-separated values with a header line and the columns of [`Format::Parquet`].
    Csv,
    /// NumPy archive with the arrays of [`Format::Parquet`].
    Npz,
    /// Neurodata Without Borders 2: the `units` table of an HDF5 file.
    Nwb,
    /// Spiking Heidelberg Digits and Spiking Speech Commands: HDF5 with ragged `spikes/times` and `spikes/units`.
    Shd,
    /// N-MNIST and N-Caltech101: 40-bit address events.
    NMnist,
    /// AEDAT 3.1 of iniVation's cAER and jAER.
    Aedat3,
    /// AEDAT 4 of iniVation's DV.
    Aedat4,
    /// Prophesee EVT 2.0 RAW.
    Evt2,
    /// Prophesee EVT 3.0 RAW.
    Evt3,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 10] = [
        Self::Parquet,
        Self::Csv,
        Self::Npz,
        Self::Nwb,
        Self::Shd,
        Self::NMnist,
        Self::Aedat3,
        Self::Aedat4,
        Self::Evt2,
        Self::Evt3,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Npz => "npz",
            Self::Nwb => "nwb",
            Self::Shd => "shd",
            Self::NMnist => "n-mnist",
            Self::Aedat3 => "aedat3",
            Self::Aedat4 => "aedat4",
            Self::Evt2 => "evt2",
            Self::Evt3 => "evt3",
        }
    }

    /// Whether [`write`] knows it.
    #[must_use]
    pub fn can_be_written(self) -> bool {
        matches!(self, Self::Parquet | Self::Csv | Self::Npz | Self::Nwb)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The name is not one of [`Format::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown format '{0}'; choose one of parquet, csv, npz, nwb, shd, n-mnist, aedat3, aedat4, evt2, evt3"
)]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|f| f.name() == name).ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// How to read a file; the default finds everything out by itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOptions {
    /// The format, where neither content nor name tells it.
    pub format: Option<Format>,
    /// Which sample of a file that holds many ([`Format::Shd`]); the first by default.
    pub sample: usize,
    /// Start of the observation in seconds, where the file does not tell it; 0, or the first spike if earlier, by default.
    pub start_s: Option<f64>,
    /// End of the observation in seconds, where the file does not tell it; the last spike by default.
    pub stop_s: Option<f64>,
}

/// Reads a spike file.
///
/// # Errors
/// [`FormatError`]: the file is missing, foreign, cut off or holds what it must not.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Recording, FormatError> {
    let _ = options;
    Err(FormatError::Unknown { path: path.to_owned(), known: Format::ALL.map(Format::name).join(", ") })
}
