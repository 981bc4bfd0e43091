//! Data sets of labelled recordings, as their publishers lay them out in folders. Samples are read one at a time.
//!
//! | data set | layout |
//! |---|---|
//! | [`n_mnist`] | `Train/0/00002.bin` to `Test/9/...`: a folder for each digit |
//! | [`dvs_gesture`] | `trials_to_train.txt` names `user01_led.aedat`, beside which lies `user01_led_labels.csv` |
//! | [`shd`], [`ssc`] | `shd_train.h5`, `shd_test.h5`; `ssc_train.h5`, `ssc_valid.h5`, `ssc_test.h5` (feature `hdf5`) |
//!
//! ```
//! use synfire_datasets::collections::{Split, n_mnist};
//!
//! // A stand-in: one event of one digit.
//! let folder = tempfile::tempdir()?;
//! std::fs::create_dir_all(folder.path().join("Train/7"))?;
//! std::fs::write(folder.path().join("Train/7/00001.bin"), [3, 5, 0x80, 0x01, 0x00])?;
//! let digits = n_mnist(folder.path(), Split::Train)?;
//! for sample in digits.iter() {
//!     let sample = sample?;
//!     assert_eq!((digits.classes[sample.class], &sample.recording.times_s[..]), ("7", &[256e-6][..]));
//! }
//! assert_eq!(digits.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod dvs_gesture;
mod hdf5_samples;
mod n_mnist;

#[cfg(test)]
mod tests;

pub use dvs_gesture::dvs_gesture;
pub use hdf5_samples::{shd, ssc};
pub use n_mnist::n_mnist;

use crate::formats::{self, Format, FormatError, ReadOptions};
use crate::trains::Recording;
use crate::transform::crop_time;
use std::path::{Path, PathBuf};

/// A part of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// To train on.
    Train,
    /// To choose by, where the publishers set some apart.
    Validation,
    /// To test on.
    Test,
}

/// A labelled recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its spikes or events.
    pub recording: Recording,
    /// Its class, an index into [`Collection::classes`].
    pub class: usize,
}

/// Where a sample lies, before it is read.
#[derive(Debug, Clone, PartialEq)]
struct Source {
    path: PathBuf,
    class: usize,
    /// Which sample of the file.
    index: usize,
    /// Start and end in seconds, where the sample is a part of the file.
    span_s: Option<(f64, f64)>,
}

/// The samples of one split of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// Names of the classes.
    pub classes: &'static [&'static str],
    format: Format,
    sources: Vec<Source>,
}

impl Collection {
    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether there are no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Class of a sample, which is known without reading it; `None` beyond the last.
    #[must_use]
    pub fn class(&self, sample: usize) -> Option<usize> {
        self.sources.get(sample).map(|source| source.class)
    }

    /// File of a sample; `None` beyond the last.
    #[must_use]
    pub fn path(&self, sample: usize) -> Option<&Path> {
        self.sources.get(sample).map(|source| source.path.as_path())
    }

    /// Reads one sample; `None` beyond the last.
    #[must_use]
    pub fn read(&self, sample: usize) -> Option<Result<Sample, FormatError>> {
        let source = self.sources.get(sample)?;
        Some(self.whole(source).and_then(|recording| source.cut(&recording)))
    }

    /// Reads all samples, one at a time and in order. A file that holds many is read once for those that follow each other.
    pub fn iter(&self) -> impl Iterator<Item = Result<Sample, FormatError>> {
        let mut last: Option<(&Source, Recording)> = None;
        self.sources.iter().map(move |source| {
            let recording = match last.take() {
                Some((before, recording)) if (&before.path, before.index) == (&source.path, source.index) => {
                    recording
                }
                _ => self.whole(source)?,
            };
            let sample = source.cut(&recording);
            last = Some((source, recording));
            sample
        })
    }

    /// The recording that a sample is or is part of.
    fn whole(&self, source: &Source) -> Result<Recording, FormatError> {
        let options =
            ReadOptions { format: Some(self.format), sample: source.index, ..ReadOptions::default() };
        formats::read(&source.path, &options)
    }
}

impl Source {
    fn cut(&self, recording: &Recording) -> Result<Sample, FormatError> {
        let recording = match self.span_s {
            None => recording.clone(),
            Some((start_s, stop_s)) => crop_time(recording, start_s, stop_s)
                .map_err(|error| FormatError::field(&self.path, "label", error, "correct the labels"))?,
        };
        Ok(Sample { recording, class: self.class })
    }
}

/// Names of what is in a folder, in order.
fn names(folder: &Path, expected: &str) -> Result<Vec<String>, FormatError> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        FormatError::field(folder, "folder", format_args!("not readable ({error})"), expected)
    })?;
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(FormatError::read(folder))?;
    names.sort_unstable();
    Ok(names)
}
