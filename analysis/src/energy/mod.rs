//! Energy of spiking computation.

mod report_bound;

pub use report_bound::{EnergyBound, FP16_MAC_PJ, INT8_ADD_PJ, INT8_MAC_PJ, report_bound};
