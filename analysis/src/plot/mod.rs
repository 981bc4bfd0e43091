//! Pictures, as PNG or SVG.

pub mod raster;

use plotters::style::{FontStyle, register_font};
use std::path::PathBuf;
use std::sync::Once;

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
    #[error("nothing to draw: the range of tokens or of neurons is empty")]
    Empty,
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

/// The font of every picture; for SVG, where the viewer chooses, only its metrics are used.
pub(crate) const FONT: &str = "sans-serif";

/// Registers the font that is part of the program, once.
pub(crate) fn with_font() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        for style in [FontStyle::Normal, FontStyle::Bold] {
            let _ = register_font(FONT, style, epaint_default_fonts::UBUNTU_LIGHT);
        }
    });
}
