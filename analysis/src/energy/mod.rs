//! Energy of spiking computation: how much of the SpikingBrain report's claimed saving survives, and why.
//!
//! ```text
//! record or live run ─▶ EnergyCounts ─▶ Work (operations) ─▶ x HardwareProfile ─▶ Estimate, Comparison
//! ```
//!
//! [`EnergyCounts`] counts in exact integers. [`spiking_work`] and [`opponent_work`] turn counts into operations, on the same
//! rules for memory and digital periphery. [`Estimate`] prices operations by a [`profile::HardwareProfile`] and lists what is not
//! priced. [`Comparison`] sets the spikes against an opponent and walks from the report's bound ([`report_bound`]) to the
//! full estimate.

mod blocks;
mod breakeven;
mod coding;
mod comparison;
mod counting;
mod estimate;
mod opponents;
mod periphery;
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
pub use report_bound::{EnergyBound, FP16_MAC_PJ, INT8_ADD_PJ, INT8_MAC_PJ, report_bound};
pub use sensitivity::{Sensitivity, sensitivity};
pub use spiking::spiking_work;
pub use tables::{component_table, layer_table, sensitivity_table, unpriced_table, waterfall_table};
pub use work::{Component, Item, Operation, Work};
