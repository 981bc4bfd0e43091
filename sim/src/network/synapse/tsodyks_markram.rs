//! Short-term plasticity: each spike of the source uses up some of what its synapses can release, which recovers, and raises the
//! share that the next one uses, which sinks again.
//!
//! ```text
//! at a spike, t after the last one:   u <- U + u (1 - U) exp(-t / tau_facil)
//!                                     x <- 1 + (x - x u - 1) exp(-t / tau_rec)     with the u of the last spike
//! the synapse carries                 x u w
//! ```
//!
//! u: share of the resources that a spike uses; x: resources there are, of 1; the first spike meets x = 1 and u = U. Model: Tsodyks
//! & Markram 1997, PNAS 94, 719; in this form, which only looks at spikes: Maass & Markram 2002, Neural Networks 15, 155, eqs 4 and
//! 5, as in NEST's `tsodyks2_synapse`. All synapses of a source in a projection have one u and x: the state is 24 bytes a source and
//! partition, and none a synapse.

use super::decay::Decay;
use crate::network::connect::{Rows, Weights};
use crate::network::error::{KeyError, not_negative, positive, require};
use crate::network::scheduler::ring::Ring;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters; those left out are NEST's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TsodyksMarkram {
    /// Share of the resources that a first spike uses, U; above 0, up to 1.
    pub u: f64,
    /// Time constant in ms with which used resources recover.
    pub tau_rec_ms: f64,
    /// Time constant in ms with which facilitation decays; 0 for none.
    pub tau_facil_ms: f64,
}

impl Default for TsodyksMarkram {
    fn default() -> Self {
        Self { u: 0.5, tau_rec_ms: 800.0, tau_facil_ms: 0.0 }
    }
}

impl TsodyksMarkram {
    pub(super) fn check(&self) -> Result<(), KeyError> {
        require(self.u > 0.0 && self.u <= 1.0, "u", self.u, "give a share above 0, up to 1")?;
        positive("tau_rec_ms", self.tau_rec_ms)?;
        not_negative("tau_facil_ms", self.tau_facil_ms)
    }
}

/// What the synapses of a source have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Resources {
    pub(super) u: f64,
    pub(super) x: f64,
    /// Step of the last spike.
    pub(super) last: u64,
}

/// Before the first spike, whose step then does not matter: from u = 0 and x = 1 it finds u = U and x = 1.
const FULL: Resources = Resources { u: 0.0, x: 1.0, last: 0 };

/// The resources of each source, and how they change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Synapses {
    u: f64,
    recovery: Decay,
    facilitation: Decay,
    pub(super) resources: Vec<Resources>,
}

impl Synapses {
    pub(super) fn new(model: &TsodyksMarkram, dt_ms: f64, sources: usize) -> Self {
        Self {
            u: model.u,
            recovery: Decay::new(model.tau_rec_ms, dt_ms),
            facilitation: Decay::new(model.tau_facil_ms, dt_ms),
            resources: vec![FULL; sources],
        }
    }

    /// A spike of `source` at `step`; gives what weights are taken times.
    fn spike(&mut self, source: u32, step: u64) -> f64 {
        let Some(Resources { u, x, last }) = self.resources.get_mut(source as usize) else { return 0.0 };
        let steps = step - *last;
        *x = 1.0 + (*x - *x * *u - 1.0) * self.recovery.after(steps);
        *u = self.u + *u * (1.0 - self.u) * self.facilitation.after(steps);
        *last = step;
        *x * *u
    }

    /// Sends a spike of `source` at `step`.
    pub(super) fn send(&mut self, ring: &mut Ring, rows: &Rows, step: u64, source: u32) {
        let factor = self.spike(source, step);
        match &rows.weights {
            Weights::Constant(weight) => ring.deliver_weighted(rows, step, source, |_| factor * weight),
            Weights::Drawn(weights) => {
                ring.deliver_weighted(rows, step, source, |place| factor * f64::from(weights[place]));
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.resources)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp)]
    use super::*;

    /// With a fixed interval T, facilitation p = exp(-T / tau_facil) and recovery q = exp(-T / tau_rec) the fixed point is
    /// u = U / (1 - (1 - U) p) and x = (1 - q) / (1 - (1 - u) q).
    #[test]
    fn regular_spikes_lead_to_the_fixed_point() {
        for (u, tau_rec_ms, tau_facil_ms, interval) in [
            (0.5, 800.0, 0.0, 200),
            (0.1, 100.0, 1000.0, 333),
            (1.0, 50.0, 20.0, 10),
            (0.03, 130.0, 530.0, 4000),
        ] {
            let model = TsodyksMarkram { u, tau_rec_ms, tau_facil_ms };
            let mut synapses = Synapses::new(&model, 0.1, 3);
            assert_eq!(synapses.spike(1, 77), u, "the first spike meets full resources");
            let factor = (1..5000).map(|n| synapses.spike(1, 77 + n * interval)).last();
            let interval_ms = 0.1 * interval as f64;
            let (p, q) = ((-interval_ms / tau_facil_ms).exp(), (-interval_ms / tau_rec_ms).exp());
            let steady = u / (1.0 - (1.0 - u) * p);
            let expected = steady * (1.0 - q) / (1.0 - (1.0 - steady) * q);
            assert!(
                factor.is_some_and(|factor| (factor / expected - 1.0).abs() < 1e-12),
                "{factor:?} {expected}"
            );
            assert_eq!((synapses.resources[0], synapses.resources[2]), (FULL, FULL));
        }
    }
}
