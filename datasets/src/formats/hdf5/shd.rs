//! Spiking Heidelberg Digits and Spiking Speech Commands (Cramer et al. 2022): many samples a file.
//!
//! | data set | holds |
//! |---|---|
//! | `spikes/times` | a list of times in seconds for each sample, float16, float32 or float64 |
//! | `spikes/units` | as many units (of 700 channels of a cochlea) |
//! | `labels` | the class of each sample |

use super::{Table, open};
use crate::formats::table::Rows;
use crate::formats::{Format, FormatError, ReadOptions};
use crate::trains::Recording;
use std::path::Path;

const TIMES: &str = "spikes/times";
const UNITS: &str = "spikes/units";
const LABELS: &str = "labels";

/// The samples of a file of [`Format::Shd`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Samples {
    /// How many there are.
    pub count: usize,
    /// Class of each one, where the file tells it.
    pub labels: Option<Vec<i64>>,
}

/// Counts the samples of a file of [`Format::Shd`] and reads their classes.
///
/// # Errors
/// [`FormatError`]: the file is missing, foreign or damaged.
pub fn samples(path: &Path) -> Result<Samples, FormatError> {
    let file = open(path, Format::Shd)?;
    let count = Table::open(path, &file, TIMES, 1)?.len();
    let labels = match file.link_exists(LABELS) {
        true => Some(Table::open(path, &file, LABELS, 1)?.all()?),
        false => None,
    };
    match labels.as_ref().map(Vec::len) {
        Some(found) if found != count => {
            let value = format_args!("{found} classes");
            Err(FormatError::field(path, LABELS, value, format_args!("give one for each of {count} samples")))
        }
        _ => Ok(Samples { count, labels }),
    }
}

/// Reads one sample.
pub(in crate::formats) fn read(path: &Path, options: &ReadOptions) -> Result<Recording, FormatError> {
    let file = open(path, Format::Shd)?;
    let (times, units) = (Table::open(path, &file, TIMES, 1)?, Table::open(path, &file, UNITS, 1)?);
    let (sample, count) = (options.sample, times.len().min(units.len()));
    if sample >= count {
        let remedy = match count {
            0 => "the file has no samples".to_owned(),
            _ => format!("the file has samples 0 to {}", count - 1),
        };
        return Err(FormatError::field(path, "sample", sample, remedy));
    }
    let (times_s, units) = (times.row::<f64>(sample)?, units.row::<i64>(sample)?);
    if times_s.len() != units.len() {
        let value = format_args!("{} for sample {sample}", units.len());
        return Err(FormatError::field(
            path,
            UNITS,
            value,
            format_args!("give one for each of {} times", times_s.len()),
        ));
    }
    Rows { times_s, units, ..Rows::default() }.recording(path, options)
}
