//! Leaky integrate-and-fire neuron with synaptic currents shaped as alpha functions.
//!
//! ```text
//! C_m dV/dt = -C_m (V - E_L) / tau_m + I_ex + I_in + I_e,    V >= V_th: spike, V = V_reset for t_ref
//! I(t) = w e (t / tau_syn) exp(-t / tau_syn) after the arrival of a spike: largest, w, at t = tau_syn
//! ```
//!
//! Steps are exact (Rotter & Diesmann 1999, Biol Cybern 81, 381); their order is that of NEST's `iaf_psc_alpha`: the potential
//! with the currents of the step's start, the currents, arriving spikes (which change the slope of a current), threshold.

use super::lif_exp::current_to_potential;
use super::{Step, check_threshold, refractory_steps};
use crate::network::error::{KeyError, finite, positive};
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters; those left out are NEST's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LifAlpha {
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
    /// Rise time of excitatory currents in ms.
    pub tau_syn_ex_ms: f64,
    /// Rise time of inhibitory currents in ms.
    pub tau_syn_in_ms: f64,
    /// Constant current in pA.
    pub i_e_pa: f64,
}

impl Default for LifAlpha {
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

/// What a step multiplies the current of one receptor with.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Current {
    decay: f64,
    /// Current by its slope.
    of_slope: f64,
    /// Potential by the current.
    potential: f64,
    /// Potential by the slope of the current.
    potential_of_slope: f64,
    /// Slope at the arrival of a spike of weight 1.
    jump: f64,
}

/// What a step multiplies with; potentials from E_L.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Propagators {
    decay: f64,
    drive: f64,
    ex: Current,
    inh: Current,
    threshold: f64,
    reset: f64,
    refractory: i32,
}

impl LifAlpha {
    pub(super) fn propagators(&self, dt_ms: f64) -> Result<Propagators, KeyError> {
        positive("tau_m_ms", self.tau_m_ms)?;
        positive("c_m_pf", self.c_m_pf)?;
        positive("tau_syn_ex_ms", self.tau_syn_ex_ms)?;
        positive("tau_syn_in_ms", self.tau_syn_in_ms)?;
        finite("e_l_mv", self.e_l_mv)?;
        finite("i_e_pa", self.i_e_pa)?;
        check_threshold(self.v_th_mv, self.v_reset_mv)?;
        let current = |tau_ms: f64| Current {
            decay: (-dt_ms / tau_ms).exp(),
            of_slope: dt_ms * (-dt_ms / tau_ms).exp(),
            potential: current_to_potential(tau_ms, self.tau_m_ms, self.c_m_pf, dt_ms),
            potential_of_slope: slope_to_potential(tau_ms, self.tau_m_ms, self.c_m_pf, dt_ms),
            jump: std::f64::consts::E / tau_ms,
        };
        Ok(Propagators {
            decay: (-dt_ms / self.tau_m_ms).exp(),
            drive: -(-dt_ms / self.tau_m_ms).exp_m1() * self.tau_m_ms / self.c_m_pf * self.i_e_pa,
            ex: current(self.tau_syn_ex_ms),
            inh: current(self.tau_syn_in_ms),
            threshold: self.v_th_mv - self.e_l_mv,
            reset: self.v_reset_mv - self.e_l_mv,
            refractory: refractory_steps(self.t_ref_ms, dt_ms)?,
        })
    }
}

/// Potential in mV after `dt_ms` by a current `t exp(-t / tau_syn)` (in pA, t in ms):
/// `exp(-h/tau_m) h^2 / C` times the integral of `s exp(-x s)` over s from 0 to 1, with `x = h (1/tau_syn - 1/tau_m)`.
fn slope_to_potential(tau_syn_ms: f64, tau_m_ms: f64, c_m_pf: f64, dt_ms: f64) -> f64 {
    let x = dt_ms * (1.0 / tau_syn_ms - 1.0 / tau_m_ms);
    let integral = if x.abs() < 0.5 {
        // The closed form cancels here; its series is the sum of (-x)^k / (k! (k + 2)).
        let (mut term, mut sum) = (1.0, 0.0);
        for k in 0..20 {
            sum += term / f64::from(k + 2);
            term *= -x / f64::from(k + 1);
        }
        sum
    } else {
        (1.0 - (-x).exp() * (1.0 + x)) / (x * x)
    };
    (-dt_ms / tau_m_ms).exp() * dt_ms * dt_ms / c_m_pf * integral
}

impl Propagators {
    pub(super) fn advance(&self, step: &mut Step<'_>) {
        if let ([v, ex, inh, dex, din], [in_ex, in_in]) = (&mut *step.variables, &*step.input) {
            advance(self, [v, ex, inh, dex, din], step.refractory, [in_ex.sums(), in_in.sums()], step.fired);
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
fn advance(
    p: &Propagators,
    [v, ex, inh, dex, din]: [&mut [f64]; 5],
    refractory: &mut [i32],
    [in_ex, in_in]: [&[f64]; 2],
    fired: &mut [u8],
) {
    let state = v.iter_mut().zip(ex).zip(inh).zip(dex).zip(din).zip(refractory);
    for ((((((v, ex), inh), dex), din), refractory), ((in_ex, in_in), fired)) in
        state.zip(in_ex.iter().zip(in_in).zip(fired))
    {
        let ready = *refractory == 0;
        let by_ex = p.ex.potential_of_slope * *dex + p.ex.potential * *ex;
        let by_in = p.inh.potential_of_slope * *din + p.inh.potential * *inh;
        let next = if ready { p.drive + by_ex + by_in + p.decay * *v } else { *v };
        *ex = p.ex.of_slope * *dex + p.ex.decay * *ex;
        *dex = p.ex.decay * *dex + p.ex.jump * *in_ex;
        *inh = p.inh.of_slope * *din + p.inh.decay * *inh;
        *din = p.inh.decay * *din + p.inh.jump * *in_in;
        let fires = ready & (next >= p.threshold);
        *v = if fires { p.reset } else { next };
        *refractory = if fires { p.refractory } else { *refractory - i32::from(!ready) };
        *fired = u8::from(fires);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_potential_by_a_slope_is_its_integral_near_and_far_from_equal_time_constants() {
        for tau_syn_ms in [0.15, 2.0, 9.999, 10.0, 10.001, 40.0] {
            let (tau_m_ms, c_m_pf, dt_ms) = (10.0, 250.0, 0.1);
            // Midpoint rule with 20 000 intervals.
            let n = 20_000;
            let h = dt_ms / f64::from(n);
            let sum: f64 = (0..n)
                .map(|i| (f64::from(i) + 0.5) * h)
                .map(|s| (-(dt_ms - s) / tau_m_ms).exp() * s * (-s / tau_syn_ms).exp() * h / c_m_pf)
                .sum();
            let found = slope_to_potential(tau_syn_ms, tau_m_ms, c_m_pf, dt_ms);
            assert!((found / sum - 1.0).abs() < 1e-8, "{tau_syn_ms}: {found} {sum}");
        }
    }
}
