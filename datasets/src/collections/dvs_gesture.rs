//! DVS-Gesture: hand gestures of 29 people before an event camera of 128 x 128 pixels (Amir et al. 2017), one AEDAT 3.1 file
//! for each person and light.
//!
//! `trials_to_train.txt` and `trials_to_test.txt` name the files, one a line. Beside `NAME.aedat`, `NAME_labels.csv` has the
//! columns class (from 1), startTime_usec and endTime_usec: a sample is what lies between.

use super::{Collection, Source, Split};
use crate::formats::{Format, FormatError};
use std::path::Path;

const CLASSES: &[&str] = &[
    "hand clapping",
    "right hand wave",
    "left hand wave",
    "right arm clockwise",
    "right arm counter-clockwise",
    "left arm clockwise",
    "left arm counter-clockwise",
    "arm roll",
    "air drums",
    "air guitar",
    "other gestures",
];

/// The gestures of the files that `folder` lists for a split.
///
/// # Errors
/// [`FormatError`]: a list or labels that are missing or make no sense, or the split is validation, which there is none of.
pub fn dvs_gesture(folder: &Path, split: Split) -> Result<Collection, FormatError> {
    let list = match split {
        Split::Train => "trials_to_train.txt",
        Split::Test => "trials_to_test.txt",
        Split::Validation => {
            return Err(FormatError::field(folder, "split", "validation", "choose train or test"));
        }
    };
    let list = folder.join(list);
    let text = std::fs::read_to_string(&list).map_err(FormatError::read(&list))?;
    let mut sources = Vec::new();
    for name in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let path = folder.join(name);
        let Some(stem) = name.strip_suffix(".aedat").filter(|_| path.parent() == Some(folder)) else {
            let value = format_args!("'{name}'");
            return Err(FormatError::field(&list, "line", value, "name .aedat files of this folder"));
        };
        let labels = folder.join(format!("{stem}_labels.csv"));
        for (class, span_s) in gestures(&labels)? {
            sources.push(Source { path: path.clone(), class, index: 0, span_s: Some(span_s) });
        }
    }
    if sources.is_empty() {
        return Err(FormatError::field(&list, "list", "without files", "name .aedat files, one a line"));
    }
    Ok(Collection { classes: CLASSES, format: Format::Aedat3, sources })
}

/// Class, and start and end in seconds.
type Gesture = (usize, (f64, f64));

/// The gestures that a file of labels lists.
fn gestures(labels: &Path) -> Result<Vec<Gesture>, FormatError> {
    let text = std::fs::read_to_string(labels).map_err(FormatError::read(labels))?;
    let rows = text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty());
    rows.map(|(row, line)| {
        let wrong = || {
            let remedy = "give class (1 to 11), startTime_usec and endTime_usec, the end after the start";
            FormatError::field(labels, format_args!("line {}", row + 1), format_args!("'{line}'"), remedy)
        };
        let values = line.split(',').map(|value| value.trim().parse::<u64>());
        let values = values.collect::<Result<Vec<_>, _>>().map_err(|_| wrong())?;
        let [class @ 1..=11, start_us, stop_us] = values[..] else { return Err(wrong()) };
        if stop_us < start_us {
            return Err(wrong());
        }
        Ok((class as usize - 1, (start_us as f64 / 1e6, stop_us as f64 / 1e6)))
    })
    .collect()
}
