//! Leaky integrate-and-fire neuron with synaptic currents that decay exponentially.
//!
//! ```text
//! C_m dV/dt = -C_m (V - E_L) / tau_m + I_ex + I_in + I_e
//! tau_syn dI/dt = -I,    I += w at the arrival of a spike;    V >= V_th: spike, V = V_reset for t_ref
//! ```
//!
//! Steps are exact (Rotter & Diesmann 1999, Biol Cybern 81, 381). Order within a step, as in NEST's `iaf_psc_exp`: the
//! potential with the currents of the step's start, decay of the currents, arriving spikes, threshold. Currents go on during
//! refractoriness. A spike carries the time of the step's end.

use super::reset::Reset;
use super::{Arriving, Step, check_threshold, refractory_steps, with_pairs};
use crate::network::error::{KeyError, finite, positive};
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::hint::select_unpredictable;

/// Parameters; those left out are NEST's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LifExp {
    /// Time constant of the membrane in ms.
    pub tau_m_ms: f64,
    /// Capacitance of the membrane in pF.
    pub c_m_pf: f64,
    /// Refractory time in ms.
    pub t_ref_ms: f64,
    /// Resting potential in mV.
    pub e_l_mv: f64,
    /// Threshold in mV.
    pub v_th_mv: f64,
    /// Potential after a spike in mV.
    pub v_reset_mv: f64,
    /// Time constant of excitatory currents in ms.
    pub tau_syn_ex_ms: f64,
    /// Time constant of inhibitory currents in ms.
    pub tau_syn_in_ms: f64,
    /// Constant current in pA.
    pub i_e_pa: f64,
}

impl Default for LifExp {
    fn default() -> Self {
        Self {
            tau_m_ms: 10.0,
            c_m_pf: 250.0,
            t_ref_ms: 2.0,
            e_l_mv: -70.0,
            v_th_mv: -55.0,
            v_reset_mv: -70.0,
            tau_syn_ex_ms: 2.0,
            tau_syn_in_ms: 2.0,
            i_e_pa: 0.0,
        }
    }
}

/// What a step multiplies with; potentials from E_L.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Propagators {
    decay: f64,
    drive: f64,
    /// Potential by the current of each receptor.
    of_current: [f64; 2],
    /// Decay of the current of each receptor.
    current_decay: [f64; 2],
    reset: Reset,
}

impl LifExp {
    pub(super) fn propagators(&self, dt_ms: f64) -> Result<Propagators, KeyError> {
        positive("tau_m_ms", self.tau_m_ms)?;
        positive("c_m_pf", self.c_m_pf)?;
        positive("tau_syn_ex_ms", self.tau_syn_ex_ms)?;
        positive("tau_syn_in_ms", self.tau_syn_in_ms)?;
        finite("e_l_mv", self.e_l_mv)?;
        finite("i_e_pa", self.i_e_pa)?;
        check_threshold(self.v_th_mv, self.v_reset_mv)?;
        let of = |tau_syn_ms: f64| current_to_potential(tau_syn_ms, self.tau_m_ms, self.c_m_pf, dt_ms);
        Ok(Propagators {
            decay: (-dt_ms / self.tau_m_ms).exp(),
            drive: -(-dt_ms / self.tau_m_ms).exp_m1() * self.tau_m_ms / self.c_m_pf * self.i_e_pa,
            of_current: [of(self.tau_syn_ex_ms), of(self.tau_syn_in_ms)],
            current_decay: [(-dt_ms / self.tau_syn_ex_ms).exp(), (-dt_ms / self.tau_syn_in_ms).exp()],
            reset: Reset {
                threshold: self.v_th_mv - self.e_l_mv,
                potential: self.v_reset_mv - self.e_l_mv,
                refractory: refractory_steps(self.t_ref_ms, dt_ms)?,
            },
        })
    }
}

/// Potential in mV after `dt_ms` by a current that starts at 1 pA and decays with `tau_syn_ms`:
/// `(exp(-h/tau_m) - exp(-h/tau_s)) tau_m tau_s / (C (tau_m - tau_s))`, written so that equal time constants are no exception.
pub(crate) fn current_to_potential(tau_syn_ms: f64, tau_m_ms: f64, c_m_pf: f64, dt_ms: f64) -> f64 {
    // With x = h (1/tau_s - 1/tau_m): exp(-h/tau_m) h/C (1 - exp(-x)) / x.
    let x = dt_ms * (1.0 / tau_syn_ms - 1.0 / tau_m_ms);
    let ratio = if x == 0.0 { 1.0 } else { -(-x).exp_m1() / x };
    (-dt_ms / tau_m_ms).exp() * dt_ms / c_m_pf * ratio
}

impl Propagators {
    pub(super) fn advance(&self, step: &mut Step<'_>) -> bool {
        let [v, ex, inh] = &mut *step.variables else { return false };
        let (state, fired) = (([&mut **v, ex, inh], &mut *step.refractory), &mut *step.fired);
        with_pairs!(step.input, |input| advance(self, state, input, fired))
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn advance<I: Iterator<Item = (f64, f64)>>(
    p: &Propagators,
    ([v, ex, inh], refractory): ([&mut [f64]; 3], &mut [i32]),
    input: I,
    fired: &mut [u8],
) -> bool {
    let mut reached = 0;
    let state = v.iter_mut().zip(ex).zip(inh).zip(refractory.iter());
    for ((((v, ex), inh), refractory), (in_ex, in_in)) in state.zip(input) {
        let by_current = p.of_current[1].mul_add(*inh, p.of_current[0].mul_add(*ex, p.drive));
        let moved = p.decay.mul_add(*v, by_current);
        // Chosen before it is stored: a store under a mask is many times slower.
        let next = select_unpredictable(*refractory == 0, moved, *v);
        *ex = ex.mul_add(p.current_decay[0], in_ex);
        *inh = inh.mul_add(p.current_decay[1], in_in);
        reached |= u64::from(next >= p.reset.threshold);
        *v = next;
    }
    p.reset.apply(reached != 0, v, refractory, fired)
}
