//! Spike files of the field, read into a [`Recording`] and, where the format allows, written from one.
//!
//! [`read`] tells the format by the content of the file, then by its name. One file or folder here is one format; what
//! the tables among them (Parquet, CSV, NPZ) share is in `table.rs`.
//!
//! ```
//! use synfire_datasets::formats::{self, ReadOptions};
//! use synfire_datasets::trains::Recording;
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("two-units.csv");
//! std::fs::write(&path, "time_ms,unit\n12.5,3\n4,7\n")?;
//! let recording = formats::read(&path, &ReadOptions::default())?;
//! assert_eq!((&recording.times_s[..], &recording.unit_ids[..]), (&[0.004, 0.0125][..], &[3, 7][..]));
//!
//! let copy = folder.path().join("two-units.parquet");
//! formats::write(&copy, &recording, None)?;
//! assert_eq!(formats::read(&copy, &ReadOptions::default())?, recording);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod csv;
mod detect;
mod error;
mod events;
#[cfg(feature = "hdf5")]
pub(crate) mod hdf5;
mod npz;
pub mod parquet;
mod table;

pub use error::FormatError;
#[cfg(feature = "hdf5")]
pub use hdf5::{Samples, samples};

#[cfg(test)]
mod tests;

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

    /// The format that the extension of `path` names: parquet, csv, npz, nwb, h5 or hdf5 (SHD), bin (N-MNIST), aedat
    /// (AEDAT 3), aedat4 or raw (EVT 3).
    #[must_use]
    pub fn by_extension(path: &Path) -> Option<Self> {
        detect::by_extension(path)
    }

    /// Whether [`write()`] knows it.
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

/// Reads a spike file. Rows that are not in order of time are sorted (stable).
///
/// # Errors
/// [`FormatError`]: the file is missing, foreign, cut off or holds what it must not.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Recording, FormatError> {
    let format = match options.format {
        Some(format) => format,
        None => detect::detect(path)?,
    };
    match format {
        Format::Parquet => parquet::read(path, options),
        Format::Csv => csv::read(path, options),
        Format::Npz => npz::read(path, options),
        #[cfg(feature = "hdf5")]
        Format::Nwb => hdf5::read_nwb(path, options),
        #[cfg(feature = "hdf5")]
        Format::Shd => hdf5::read_shd(path, options),
        #[cfg(not(feature = "hdf5"))]
        Format::Nwb | Format::Shd => Err(without_hdf5(path, format)),
        Format::NMnist => events::read(path, options, events::nmnist::parse),
        Format::Aedat3 => events::read(path, options, events::aedat3::parse),
        Format::Aedat4 => events::read(path, options, events::aedat4::parse),
        Format::Evt2 => events::read(path, options, events::evt2::parse),
        Format::Evt3 => events::read(path, options, events::evt3::parse),
    }
}

/// Writes a recording, in the format of the file's extension unless one is given. The file has its name only once it is
/// whole; an earlier file of that name is replaced.
///
/// # Errors
/// [`FormatError::Unsupported`] for a format that is only read, [`FormatError::Unknown`] for an extension that names
/// none, [`FormatError::Field`] if the columns of the recording do not fit together, [`FormatError::Write`].
pub fn write(path: &Path, recording: &Recording, format: Option<Format>) -> Result<(), FormatError> {
    let format = format.or_else(|| Format::by_extension(path)).ok_or_else(|| detect::unknown(path))?;
    table::check(path, recording)?;
    match format {
        Format::Parquet => parquet::write(path, recording),
        Format::Csv => csv::write(path, recording),
        Format::Npz => npz::write(path, recording),
        #[cfg(feature = "hdf5")]
        Format::Nwb => hdf5::write_nwb(path, recording),
        #[cfg(not(feature = "hdf5"))]
        Format::Nwb => Err(without_hdf5(path, format)),
        Format::Shd | Format::NMnist | Format::Aedat3 | Format::Aedat4 | Format::Evt2 | Format::Evt3 => {
            let reason = "is only read; write parquet, csv, npz or nwb".to_owned();
            Err(FormatError::Unsupported { path: path.to_owned(), format, reason })
        }
    }
}

#[cfg(not(feature = "hdf5"))]
pub(crate) fn without_hdf5(path: &Path, format: Format) -> FormatError {
    let reason =
        "is an HDF5 file, which this build leaves out; build Synfire with the feature hdf5".to_owned();
    FormatError::Unsupported { path: path.to_owned(), format, reason }
}
