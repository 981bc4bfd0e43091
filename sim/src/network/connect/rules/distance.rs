//! Pairs connected with a probability that depends on their distance.

use super::{Each, Synapse};
use crate::network::connect::geometry::Geometry;
use crate::network::description::{DistanceDependent, Kernel, Population};
use crate::network::error::{KeyError, positive, require};
use crate::network::random::Key;
use std::ops::Range;

/// A checked rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ByDistance {
    rule: DistanceDependent,
    geometry: Geometry,
}

impl ByDistance {
    pub(super) fn new(
        rule: &DistanceDependent,
        source: &Population,
        target: &Population,
    ) -> Result<Self, KeyError> {
        let DistanceDependent { kernel, probability, cutoff_um } = rule;
        match kernel {
            Kernel::Gaussian { sigma_um } => positive("kernel.gaussian.sigma_um", *sigma_um)?,
            Kernel::Exponential { length_um } => positive("kernel.exponential.length_um", *length_um)?,
            Kernel::Disc => {}
        }
        let is_one = (0.0..=1.0).contains(probability);
        require(is_one, "probability", probability, "give a probability from 0 to 1")?;
        positive("cutoff_um", *cutoff_um)?;
        Ok(Self { rule: *rule, geometry: Geometry::new(source, target)? })
    }

    /// Goes through the synapses onto the targets of `part`; `other` says which pairs may be connected.
    pub(super) fn for_each(
        &self,
        key: Key,
        part: Range<u32>,
        other: impl Fn(u32, u32) -> bool,
        each: Each<'_>,
    ) {
        for target in part {
            let mut stream = key.stream(u64::from(target));
            self.geometry.within(target, self.rule.cutoff_um, &mut |source, distance_um| {
                // A pair that may not be connected draws too, so that the others do not change.
                let chosen = stream.uniform() <= self.probability(distance_um);
                if chosen && other(source, target) {
                    each(Synapse::plain(source, target, u64::from(target)));
                }
            });
        }
    }

    fn probability(&self, distance_um: f64) -> f64 {
        let kernel = match self.rule.kernel {
            Kernel::Gaussian { sigma_um } => (-0.5 * (distance_um / sigma_um).powi(2)).exp(),
            Kernel::Exponential { length_um } => (-distance_um / length_um).exp(),
            Kernel::Disc => 1.0,
        };
        self.rule.probability * kernel
    }
}
