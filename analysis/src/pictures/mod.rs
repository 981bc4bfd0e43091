//! Statistics as pictures: what joins the numbers of this crate with the plain drawings of [`crate::plot`].
//!
//! The command draws them one by one, the report puts them into its page.

mod experts;
mod record;
mod tokens;
mod trains;

pub use experts::experts;
pub use record::{counts, sparsity};
pub use tokens::SpikesOverTokens;
pub use trains::{correlation, intervals, rates};

use crate::binning::BinningError;

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The data hold none of what is to be drawn.
    #[error("nothing to draw: no {what}; choose other data")]
    Nothing {
        /// What is missing.
        what: &'static str,
    },
    /// Spike trains cannot be binned.
    #[error(transparent)]
    Binning(#[from] BinningError),
}
