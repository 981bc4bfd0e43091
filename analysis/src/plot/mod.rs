//! Pictures, as PNG or SVG.
//!
//! Each kind of picture is a plain struct of numbers, names and units, in a file of its own, that knows nothing of how its
//! numbers came about. [`Picture::draw`] writes it to a file, [`Picture::svg`] gives it as text to put into a page. The same
//! data give the same bytes.
//!
//! ```
//! use synfire_analysis::plot::{Picture, histogram::Histogram};
//!
//! let picture = Histogram {
//!     title: "Firing rates of 6 units".to_owned(),
//!     label: "rate (Hz)".to_owned(),
//!     height_label: "units".to_owned(),
//!     edges: vec![0.0, 10.0, 20.0, 30.0],
//!     heights: vec![3.0, 2.0, 1.0],
//!     log: false,
//!     marks: vec![("mean 11.7 Hz".to_owned(), 11.7)],
//! };
//! assert!(picture.svg()?.contains("mean 11.7 Hz"));
//! # Ok::<(), synfire_analysis::plot::PlotError>(())
//! ```

mod axis;
mod panel;
mod scene;
pub(crate) mod style;

pub mod bands;
pub mod chip_map;
pub mod correlation;
pub mod counts;
pub mod curves;
pub mod heat_map;
pub mod histogram;
pub mod raster;
pub mod scatter;
pub mod stacked_bars;
pub mod tornado;
pub mod train_raster;
pub mod waterfall;

pub use scene::Scene;

use std::path::{Path, PathBuf};

/// Something that can be drawn.
pub trait Picture {
    /// Lays the picture out.
    ///
    /// # Errors
    /// [`PlotError`] for data that cannot be drawn.
    fn scene(&self) -> Result<Scene, PlotError>;

    /// Draws to `path`, by its extension PNG or SVG; the file appears whole or not at all.
    ///
    /// # Errors
    /// [`PlotError`].
    fn draw(&self, path: &Path) -> Result<(), PlotError> {
        self.scene()?.write(path)
    }

    /// The picture as an SVG document.
    ///
    /// # Errors
    /// [`PlotError`].
    fn svg(&self) -> Result<String, PlotError> {
        self.scene()?.svg()
    }
}

/// Why a picture could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// Neither PNG nor SVG.
    #[error("{path}: unknown kind of picture; end the name in .png or .svg")]
    Extension {
        /// The file asked for.
        path: PathBuf,
    },
    /// There is nothing to draw.
    #[error("nothing to draw: no {what}; choose a wider selection")]
    Empty {
        /// What is missing.
        what: &'static str,
    },
    /// A value is not a number, or not finite.
    #[error("{what} {index} is {value}; only finite numbers can be drawn")]
    NotFinite {
        /// What the value is.
        what: &'static str,
        /// Its index.
        index: usize,
        /// The value.
        value: f64,
    },
    /// Two columns that belong together differ in length.
    #[error("{found} {what}, {expected} are needed")]
    Length {
        /// What there is too much or too little of.
        what: &'static str,
        /// How many are needed.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A logarithmic axis has a value that has no logarithm.
    #[error("{what} is {value}; a logarithmic axis needs numbers above 0")]
    NotPositive {
        /// What the value is.
        what: &'static str,
        /// The value.
        value: f64,
    },
    /// The file could not be written.
    #[error("{path}: {reason}; choose a folder that can be written")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The drawing library refused.
    #[error("drawing failed: {0}")]
    Drawing(String),
}

/// Refuses columns that differ in length.
fn same_length(what: &'static str, expected: usize, found: usize) -> Result<(), PlotError> {
    if expected == found { Ok(()) } else { Err(PlotError::Length { what, expected, found }) }
}
