//! A sweep: one model after the other over a grid of k, convention, coding, text and hardware, into one table.
//!
//! The spike counts of a pass depend on model, text, convention and k; coding and hardware only on the counts. A [`Pass`]
//! therefore reads the text once and gives the rows of all codings and hardware. Each finished pass is a file in the folder
//! of the sweep, named by the digest of all that it depends on, so that an interrupted sweep goes on where it stopped, and a
//! larger grid adds to a smaller one. The table is always made from those files: it does not show which run made them.
//!
//! ```text
//! SWEEP/passes/0123456789abcdef.json   what one pass measured
//! SWEEP/sweep.parquet                  one row for a model, text, convention, k, coding and hardware
//! ```

mod grid;
mod measure;
mod picture;
mod published;
mod store;
mod table;

pub use grid::{Grid, Model, Pass, Text};
pub use measure::{Measured, MeasuredCoding, MeasuredEnergy};
pub use picture::picture;
pub use published::{PUBLISHED, PublishedRow, published_table};
pub use store::{Store, StoreError};
pub use table::{table, views};

use crate::analysis::energy::CountError;
use crate::sim::error::SimError;
use rayon::prelude::*;

/// Why a sweep stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// A model did not run.
    #[error("{what}: {source}")]
    Sim {
        /// The pass.
        what: String,
        /// Why.
        source: SimError,
    },
    /// Its spikes could not be counted.
    #[error("{what}: {source}")]
    Count {
        /// The pass.
        what: String,
        /// Why.
        source: CountError,
    },
    /// The folder of the sweep does not read or write.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Hears how a sweep goes on; called from several threads.
pub trait Progress: Sync {
    /// So many more tokens were read.
    fn read(&self, tokens: u64);
    /// Whether to go on.
    fn go_on(&self) -> bool;
}

/// Measures the passes of `grid` that `store` does not hold yet, in parallel, and gives all of them in the order of the grid.
///
/// # Errors
/// [`SweepError`]; what was measured before stays in the store.
pub fn run(grid: &Grid, store: &Store, progress: &dyn Progress) -> Result<Vec<Measured>, SweepError> {
    let passes = grid.passes();
    passes.par_iter().try_for_each(|pass| {
        if store.holds(grid, pass)? {
            return Ok(());
        }
        let measured = measure::measure(grid, pass, progress)?;
        Ok::<(), SweepError>(store.keep(grid, pass, &measured)?)
    })?;
    passes.iter().map(|pass| Ok(store.load(grid, pass)?)).collect()
}
