//! N-MNIST: MNIST's digits as seen by an event camera that moves (Orchard et al. 2015), 34 x 34 pixels, one file a digit.

use super::{Collection, Source, Split, names};
use crate::formats::{Format, FormatError};
use std::path::Path;

const CLASSES: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const EXPECTED: &str = "give the folder that holds Train and Test, in each a folder for every digit";

/// The samples in `Train` or `Test` of `folder`.
///
/// # Errors
/// [`FormatError::Field`] where the folder lacks the split or any sample of it, or the split is validation, which there
/// is none of.
pub fn n_mnist(folder: &Path, split: Split) -> Result<Collection, FormatError> {
    let part = match split {
        Split::Train => "Train",
        Split::Test => "Test",
        Split::Validation => {
            return Err(FormatError::field(folder, "split", "validation", "choose train or test"));
        }
    };
    let part = folder.join(part);
    let mut sources = Vec::new();
    for digit in names(&part, EXPECTED)? {
        let Some(class) = CLASSES.iter().position(|name| *name == digit) else { continue };
        let digit = part.join(digit);
        let files = names(&digit, EXPECTED)?.into_iter().filter(|name| name.ends_with(".bin"));
        sources.extend(files.map(|name| Source { path: digit.join(name), class, index: 0, span_s: None }));
    }
    if sources.is_empty() {
        return Err(FormatError::field(&part, "folder", "without samples", EXPECTED));
    }
    Ok(Collection { classes: CLASSES, format: Format::NMnist, sources })
}
