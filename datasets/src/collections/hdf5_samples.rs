//! Spiking Heidelberg Digits and Spiking Speech Commands: spoken words through a model of the cochlea, 700 channels (Cramer et
//! al. 2022), all samples of a split in one file.

use super::{Collection, Split};
use crate::formats::{Format, FormatError};
use std::path::Path;

const DIGITS: &[&str] = &[
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "null", "eins", "zwei",
    "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun",
];
const COMMANDS: &[&str] = &[
    "yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go", "backward", "bed", "bird", "cat",
    "dog", "eight", "five", "follow", "forward", "four", "happy", "house", "learn", "marvin", "nine", "one",
    "seven", "sheila", "six", "three", "tree", "two", "visual", "wow", "zero",
];

/// The samples of `shd_train.h5` or `shd_test.h5` in `folder`.
///
/// # Errors
/// [`FormatError`]: a missing or damaged file, a class beyond 20, the split is validation, which there is none of, or the
/// feature `hdf5` is left out.
pub fn shd(folder: &Path, split: Split) -> Result<Collection, FormatError> {
    let name = match split {
        Split::Train => "shd_train.h5",
        Split::Test => "shd_test.h5",
        Split::Validation => {
            return Err(FormatError::field(folder, "split", "validation", "choose train or test"));
        }
    };
    collection(&folder.join(name), DIGITS)
}

/// The samples of `ssc_train.h5`, `ssc_valid.h5` or `ssc_test.h5` in `folder`.
///
/// # Errors
/// As for [`shd`], with 35 classes.
pub fn ssc(folder: &Path, split: Split) -> Result<Collection, FormatError> {
    let name = match split {
        Split::Train => "ssc_train.h5",
        Split::Validation => "ssc_valid.h5",
        Split::Test => "ssc_test.h5",
    };
    collection(&folder.join(name), COMMANDS)
}

#[cfg(feature = "hdf5")]
fn collection(path: &Path, classes: &'static [&'static str]) -> Result<Collection, FormatError> {
    let labels = crate::formats::samples(path)?.labels;
    let Some(labels) = labels else {
        return Err(FormatError::field(path, "labels", "missing", "download the file again"));
    };
    let sources = labels.iter().enumerate().map(|(index, label)| {
        let class = usize::try_from(*label).ok().filter(|class| *class < classes.len()).ok_or_else(|| {
            let remedy = format_args!("sample {index}: give 0 to {}", classes.len() - 1);
            FormatError::field(path, "labels", label, remedy)
        })?;
        Ok(super::Source { path: path.to_owned(), class, index, span_s: None })
    });
    let sources = sources.collect::<Result<_, FormatError>>()?;
    Ok(Collection { classes, format: Format::Shd, sources })
}

#[cfg(not(feature = "hdf5"))]
fn collection(path: &Path, _: &'static [&'static str]) -> Result<Collection, FormatError> {
    Err(crate::formats::without_hdf5(path, Format::Shd))
}
