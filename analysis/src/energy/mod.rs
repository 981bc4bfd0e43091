//! Energy of spiking computation: how much of the SpikingBrain report's claimed saving survives, and why.
//!
//! ```text
//! record or live run ─▶ EnergyCounts ─▶ Work (operations) ─▶ x HardwareProfile ─▶ Estimate, Comparison
//! ```
//!
//! [`EnergyCounts`] counts in exact integers. [`spiking_work`] and [`opponent_work`] turn counts into operations, on the same
//! rules for memory and digital periphery. [`Estimate`] prices operations by a [`profile::HardwareProfile`] and lists what is not
//! priced. [`Comparison`] sets the spikes against an opponent and walks from the report's bound ([`report_bound()`]) to the
//! full estimate. [`break_even`] and [`sensitivity()`] say where the answer turns and what it hangs on.
//!
//! ```
//! use synfire_analysis::energy::profile::HardwareProfile;
//! use synfire_analysis::energy::{Comparison, EnergyCounts, Fetch, Opponent, SpikeCoding};
//! use synfire_datasets::checkpoint::Attention;
//! use synfire_datasets::record::Architecture;
//! use synfire_datasets::spikes::{Activity, Projection};
//!
//! let shape = Architecture {
//!     vocab_size: 256, hidden_size: 4, intermediate_size: 8, heads: 1, kv_heads: 1, head_size: 4,
//!     layers: vec![Attention::Gla], window_keys: None, down_projection_coded: true, weight_group: 128,
//!     sink_tokens: 0, branches_normalised: false, mixture: None,
//! };
//! let mut counts = EnergyCounts::new(shape, SpikeCoding::BitwiseSigned)?;
//! let activity = Activity {
//!     token: 0, layer: 0, projection: Projection::MlpIn, head: 0, threshold: 0.5, steps: 3, zero_point: 0,
//!     neurons: 4, spikes: 3, silent: 2, synaptic_operations: 3 * 16,
//! };
//! counts.observe(&activity, &[0, -5, 0, 1])?;
//! let chip = HardwareProfile::shipped("asynchronous")?;
//! let comparison = Comparison::new(&counts, &chip, Opponent::Fp16, &chip, Fetch::default());
//! assert!(comparison.saving.value < comparison.bound.fp16_saving);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blocks;
mod breakeven;
mod coding;
mod comparison;
mod counting;
mod estimate;
mod opponents;
mod periphery;
mod pictures;
pub mod profile;
mod ratio;
mod report_bound;
mod sensitivity;
mod spiking;
mod tables;
#[cfg(test)]
mod tests;
mod work;

pub use blocks::{BlockSizeError, Fetch, Layout, Occupancy, Refetch};
pub use breakeven::{BreakEven, CurvePoint, break_even};
pub use coding::SpikeCoding;
pub use comparison::{Comparison, Step};
pub use counting::{CountError, EnergyCounts, VectorCounts};
pub use estimate::{Cost, Estimate, Interval, Unpriced};
pub use opponents::{Opponent, UnknownOpponent, opponent_work};
pub use pictures::tornado;
pub use report_bound::{EnergyBound, FP16_MAC_PJ, INT8_ADD_PJ, INT8_MAC_PJ, report_bound};
pub use sensitivity::{Sensitivity, sensitivity};
pub use spiking::spiking_work;
pub use tables::{component_table, layer_table, sensitivity_table, unpriced_table, waterfall_table};
pub use work::{Component, Item, Operation, Work};
