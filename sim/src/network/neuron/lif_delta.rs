//! Leaky integrate-and-fire neuron with synapses that make the potential jump.
//!
//! ```text
//! tau_m dV/dt = -(V - E_L) + tau_m I_e / C_m,     V += w at the arrival of a spike
//! V >= V_th: spike, V = V_reset for t_ref
//! ```
//!
//! Steps are exact (Rotter & Diesmann 1999, Biol Cybern 81, 381). Order within a step, as in NEST's `iaf_psc_delta` with
//! `refractory_input` off: decay, arriving spikes, threshold; what arrives during refractoriness is lost; a spike carries the
//! time of the step's end.

use super::reset::Reset;
use super::{Step, check_threshold, refractory_steps};
use crate::network::error::{KeyError, finite, positive};
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters; those left out are NEST's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LifDelta {
    /// Time constant of the membrane in ms.
    pub tau_m_ms: f64,
    /// Capacitance of the membrane in pF; only `i_e_pa` meets it.
    pub c_m_pf: f64,
    /// Refractory time in ms.
    pub t_ref_ms: f64,
    /// Resting potential in mV.
    pub e_l_mv: f64,
    /// Threshold in mV.
    pub v_th_mv: f64,
    /// Potential after a spike in mV.
    pub v_reset_mv: f64,
    /// Constant current in pA.
    pub i_e_pa: f64,
}

impl Default for LifDelta {
    fn default() -> Self {
        Self {
            tau_m_ms: 10.0,
            c_m_pf: 250.0,
            t_ref_ms: 2.0,
            e_l_mv: -70.0,
            v_th_mv: -55.0,
            v_reset_mv: -70.0,
            i_e_pa: 0.0,
        }
    }
}

/// What a step multiplies with; potentials from E_L.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Propagators {
    decay: f64,
    drive: f64,
    reset: Reset,
}

impl LifDelta {
    pub(super) fn propagators(&self, dt_ms: f64) -> Result<Propagators, KeyError> {
        positive("tau_m_ms", self.tau_m_ms)?;
        positive("c_m_pf", self.c_m_pf)?;
        finite("e_l_mv", self.e_l_mv)?;
        finite("i_e_pa", self.i_e_pa)?;
        check_threshold(self.v_th_mv, self.v_reset_mv)?;
        Ok(Propagators {
            decay: (-dt_ms / self.tau_m_ms).exp(),
            drive: -(-dt_ms / self.tau_m_ms).exp_m1() * self.tau_m_ms / self.c_m_pf * self.i_e_pa,
            reset: Reset {
                threshold: self.v_th_mv - self.e_l_mv,
                potential: self.v_reset_mv - self.e_l_mv,
                refractory: refractory_steps(self.t_ref_ms, dt_ms)?,
            },
        })
    }
}

impl Propagators {
    pub(super) fn advance(&self, step: &mut Step<'_>) -> bool {
        let ([v], [input]) = (&mut *step.variables, &*step.input) else { return false };
        advance(self, v, step.refractory, input.sums(), step.fired)
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
fn advance(p: &Propagators, v: &mut [f64], refractory: &mut [i32], input: &[f64], fired: &mut [u8]) -> bool {
    let mut reached = 0;
    for ((v, refractory), input) in v.iter_mut().zip(&*refractory).zip(input) {
        // Refractory ones go through the same sum: a store under a mask would be many times slower.
        let (decay, drive) = if *refractory == 0 { (p.decay, p.drive + *input) } else { (1.0, 0.0) };
        let next = *v * decay + drive;
        reached |= u64::from(next >= p.reset.threshold);
        *v = next;
    }
    p.reset.apply(reached != 0, v, refractory, fired)
}
