//! Statistics, energy estimates and pictures of recorded spikes.
//!
//! ```
//! use synfire_analysis::{energy::report_bound, sparsity::SparsityTable};
//! use synfire_datasets::spikes::{Activity, Projection};
//!
//! let activity = Activity {
//!     token: 0, layer: 0, projection: Projection::MlpIn, head: 0, threshold: 0.5, steps: 3, zero_point: 0,
//!     neurons: 4, spikes: 3, silent: 2, synaptic_operations: 30,
//! };
//! let mut table = SparsityTable::default();
//! table.observe(&activity, &[0, -5, 0, 1]);
//! let all = table.pooled();
//! assert_eq!((all.mean_spikes_per_channel(), all.silent_share(), all.sparsity()), (0.75, 0.5, 0.75));
//! assert!(report_bound(all.mean_spikes_per_channel()).fp16_ratio > 60.0);
//! ```

pub mod binning;
pub mod clock;
pub mod correlation;
pub mod distance;
pub mod energy;
pub mod experts;
pub mod information;
pub mod intervals;
pub mod neurobench;
pub mod pairs;
pub mod pictures;
pub mod plot;
pub mod rates;
pub mod report;
#[cfg(feature = "polars")]
pub mod scan;
pub mod sparsity;
pub mod stream;
pub mod synchrony;
pub mod table;
