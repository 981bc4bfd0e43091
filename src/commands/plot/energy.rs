//! Pictures of the energy estimate.

use super::{Kind, Plot};
use crate::commands::energy::count;
use anyhow::{Context, Result};
use synfire::analysis::energy::profile::HardwareProfile;
use synfire::analysis::energy::{Comparison, Fetch, break_even, sensitivity, tornado};
use synfire::datasets::record::RunReader;

/// How far a constant without a range is moved.
const MOVED_SHARE: f64 = 0.2;

impl Plot {
    /// A picture of the energy estimate, which is always of the whole run.
    pub(super) fn energy(&self) -> Result<()> {
        let profile = HardwareProfile::load(&self.hardware).context("--hardware")?;
        let (fallback, fetch) = (HardwareProfile::shipped("45nm")?, Fetch::default());
        let counts = count(&RunReader::open(&self.input)?)?;
        let comparison = Comparison::new(&counts, &profile, self.baseline, &fallback, fetch);
        let curves = || break_even(&counts, &profile, &comparison, fetch);
        match self.kind {
            Kind::Waterfall => self.write(&comparison.waterfall()),
            Kind::Breakeven => self.write(&curves().spike_curves(&comparison)),
            Kind::Blocks => self.write(&curves().block_curves(&comparison)),
            Kind::Sensitivity => self.write(&tornado(&comparison, &sensitivity(&comparison, MOVED_SHARE))),
            _ => self.write(&comparison.component_bars()),
        }
    }
}
