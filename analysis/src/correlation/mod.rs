//! How the spikes of two units go together: [`matrix`] of counts in bins, [`cross_correlogram()`] over lags, [`tiling`]
//! coefficient of spike times, and the [`timescale`] of one train.

mod cells_by_bin;
mod coincidences;
pub mod cross_correlogram;
pub mod matrix;
mod table;
pub mod tiling;
pub mod timescale;

pub(crate) use coincidences::Coincidences;
pub use cross_correlogram::{CrossCorrelogram, LagError, cross_correlogram};
pub use matrix::{correlation_matrix, covariance_matrix};
pub use table::{most_correlated, table};
pub use tiling::{tiling_coefficient, tiling_matrix};
pub use timescale::timescale_s;
