//! Adaptive exponential integrate-and-fire neuron (Brette & Gerstner 2005, J Neurophysiol 94, 3637) with synaptic currents that
//! decay exponentially.
//!
//! ```text
//! C_m dV/dt = -g_L (V - E_L) + g_L Delta_T exp((V - V_T) / Delta_T) - w + I_ex + I_in + I_e
//! tau_w dw/dt = a (V - E_L) - w,    tau_syn dI/dt = -I
//! V >= V_peak: spike, V = V_reset for t_ref, w += b
//! ```
//!
//! The currents are exact. Potential and adaptation take the classical Runge-Kutta method of fourth order in eight parts of a step;
//! the exponential takes no potential above V_peak, as in NEST's `aeif_psc_exp`. A spike ends its part of the step, and carries
//! the time of the step's end; spikes of one neuron are at least a step apart.

use super::exponential::exp;
use super::{Step, refractory_steps};
use crate::network::error::{KeyError, finite, positive, require};
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters; those left out are NEST's, which are the paper's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdEx {
    /// Capacitance of the membrane in pF.
    pub c_m_pf: f64,
    /// Leak conductance in nS.
    pub g_l_ns: f64,
    /// Resting potential in mV.
    pub e_l_mv: f64,
    /// Threshold of the exponential in mV.
    pub v_t_mv: f64,
    /// Slope of the exponential in mV.
    pub delta_t_mv: f64,
    /// Potential in mV at which a spike ends.
    pub v_peak_mv: f64,
    /// Potential after a spike in mV.
    pub v_reset_mv: f64,
    /// Refractory time in ms.
    pub t_ref_ms: f64,
    /// Time constant of the adaptation in ms.
    pub tau_w_ms: f64,
    /// Coupling of the adaptation to the potential in nS.
    pub a_ns: f64,
    /// What a spike adds to the adaptation in pA.
    pub b_pa: f64,
    /// Time constant of excitatory currents in ms.
    pub tau_syn_ex_ms: f64,
    /// Time constant of inhibitory currents in ms.
    pub tau_syn_in_ms: f64,
    /// Constant current in pA.
    pub i_e_pa: f64,
}

impl Default for AdEx {
    fn default() -> Self {
        Self {
            c_m_pf: 281.0,
            g_l_ns: 30.0,
            e_l_mv: -70.6,
            v_t_mv: -50.4,
            delta_t_mv: 2.0,
            v_peak_mv: 0.0,
            v_reset_mv: -60.0,
            t_ref_ms: 0.0,
            tau_w_ms: 144.0,
            a_ns: 4.0,
            b_pa: 80.5,
            tau_syn_ex_ms: 0.2,
            tau_syn_in_ms: 2.0,
            i_e_pa: 0.0,
        }
    }
}

/// Parts of a step.
const PARTS: u32 = 8;

/// What a part of a step takes; potentials from E_L, times in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Propagators {
    h: f64,
    by_c: f64,
    leak: f64,
    v_t: f64,
    slope: f64,
    by_slope: f64,
    peak: f64,
    reset: f64,
    by_tau_w: f64,
    a: f64,
    b: f64,
    current: f64,
    /// Decay of the current of each receptor over half a part.
    half_decay: [f64; 2],
    refractory: i32,
}

impl AdEx {
    pub(super) fn propagators(&self, dt_ms: f64) -> Result<Propagators, KeyError> {
        for (key, value) in [
            ("c_m_pf", self.c_m_pf),
            ("g_l_ns", self.g_l_ns),
            ("delta_t_mv", self.delta_t_mv),
            ("tau_w_ms", self.tau_w_ms),
            ("tau_syn_ex_ms", self.tau_syn_ex_ms),
            ("tau_syn_in_ms", self.tau_syn_in_ms),
        ] {
            positive(key, value)?;
        }
        for (key, value) in [
            ("e_l_mv", self.e_l_mv),
            ("v_t_mv", self.v_t_mv),
            ("a_ns", self.a_ns),
            ("b_pa", self.b_pa),
            ("i_e_pa", self.i_e_pa),
        ] {
            finite(key, value)?;
        }
        super::check_threshold(self.v_peak_mv, self.v_reset_mv)
            .map_err(|error| KeyError::new("v_peak_mv", error.problem))?;
        let largest = (self.v_peak_mv - self.v_t_mv) / self.delta_t_mv;
        require(largest < 600.0, "v_peak_mv", self.v_peak_mv, "its exponential overflows; lower it")?;
        let h = dt_ms / f64::from(PARTS);
        Ok(Propagators {
            h,
            by_c: 1.0 / self.c_m_pf,
            leak: self.g_l_ns,
            v_t: self.v_t_mv - self.e_l_mv,
            slope: self.delta_t_mv,
            by_slope: 1.0 / self.delta_t_mv,
            peak: self.v_peak_mv - self.e_l_mv,
            reset: self.v_reset_mv - self.e_l_mv,
            by_tau_w: 1.0 / self.tau_w_ms,
            a: self.a_ns,
            b: self.b_pa,
            current: self.i_e_pa,
            half_decay: [self.tau_syn_ex_ms, self.tau_syn_in_ms].map(|tau_ms| (-0.5 * h / tau_ms).exp()),
            refractory: refractory_steps(self.t_ref_ms, dt_ms)?,
        })
    }
}

impl Propagators {
    pub(super) fn advance(&self, step: &mut Step<'_>) {
        if let ([v, ex, inh, w], [in_ex, in_in]) = (&mut *step.variables, &*step.input) {
            advance(self, [v, ex, inh, w], step.refractory, [in_ex.sums(), in_in.sums()], step.fired);
        }
    }

    #[inline(always)]
    fn slopes(&self, v: f64, w: f64, current: f64) -> (f64, f64) {
        let v = v.min(self.peak);
        let spike = self.leak * self.slope * exp((v - self.v_t) * self.by_slope);
        ((spike - self.leak * v - w + current) * self.by_c, (self.a * v - w) * self.by_tau_w)
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
fn advance(
    p: &Propagators,
    [v, ex, inh, w]: [&mut [f64]; 4],
    refractory: &mut [i32],
    [in_ex, in_in]: [&[f64]; 2],
    fired: &mut [u8],
) {
    let state = v.iter_mut().zip(ex).zip(inh).zip(w).zip(refractory);
    for (((((v, ex), inh), w), refractory), ((in_ex, in_in), fired)) in
        state.zip(in_ex.iter().zip(in_in).zip(fired))
    {
        let held = *refractory != 0;
        let (mut potential, mut adaptation) = (*v, *w);
        let mut spiked = false;
        for _ in 0..PARTS {
            let start = *ex + *inh + p.current;
            let (half_ex, half_in) = (*ex * p.half_decay[0], *inh * p.half_decay[1]);
            let half = half_ex + half_in + p.current;
            (*ex, *inh) = (half_ex * p.half_decay[0], half_in * p.half_decay[1]);
            let end = *ex + *inh + p.current;
            let still = held | (spiked & (p.refractory > 0));
            let moves = if still { 0.0 } else { 1.0 };
            let (v1, w1) = p.slopes(potential, adaptation, start);
            let (v1, at) = (moves * v1, 0.5 * p.h);
            let (v2, w2) = p.slopes(potential + at * v1, adaptation + at * w1, half);
            let v2 = moves * v2;
            let (v3, w3) = p.slopes(potential + at * v2, adaptation + at * w2, half);
            let v3 = moves * v3;
            let (v4, w4) = p.slopes(potential + p.h * v3, adaptation + p.h * w3, end);
            potential += p.h / 6.0 * (v1 + 2.0 * (v2 + v3) + moves * v4);
            adaptation += p.h / 6.0 * (w1 + 2.0 * (w2 + w3) + w4);
            let fires = !still & (potential >= p.peak);
            potential = if fires { p.reset } else { potential };
            adaptation = if fires { adaptation + p.b } else { adaptation };
            spiked |= fires;
        }
        *v = potential;
        *w = adaptation;
        *ex += *in_ex;
        *inh += *in_in;
        *refractory = if spiked { p.refractory } else { *refractory - i32::from(held) };
        *fired = u8::from(spiked);
    }
}
