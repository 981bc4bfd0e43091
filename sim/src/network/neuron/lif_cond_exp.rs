//! Leaky integrate-and-fire neuron with synaptic conductances that decay exponentially.
//!
//! ```text
//! C_m dV/dt = -g_L (V - E_L) - g_ex (V - E_ex) - g_in (V - E_in) + I_e
//! tau_syn dg/dt = -g,    g += w at the arrival of a spike;    V >= V_th: spike, V = V_reset for t_ref
//! ```
//!
//! The conductances are exact. The potential obeys `dV/ds = A(s) - T(s) V` over a step, s from 0 to 1, and takes Magnus' method of
//! fourth order (Blanes, Casas, Oteo & Ros 2009, Phys Rep 470, 151) with the exact mean and first moment of the conductances:
//!
//! ```text
//! V(1) = V(0) + (A0 - T0 V(0) + A1 T0 - T1 A0) (1 - exp(-T0)) / T0
//! A0, T0: means of A and T,    A1, T1: means of (s - 1/2) A and (s - 1/2) T
//! ```
//!
//! All four are linear in the conductances at the start of the step, and A of a receptor is its T times its reversal potential, so
//! that the squares of a conductance cancel in the bracket: it is `c + l_ex g_ex + l_in g_in + x g_ex g_in - T0 V(0)`, six
//! multiplications with addition. These are fused, which gives the same bits on every processor.
//!
//! For steps of 0.1 ms it is within some 1e-6 mV of the solution, as is NEST's `iaf_cond_exp`, an adaptive Runge-Kutta method;
//! Brian's `exponential_euler` holds conductances at the step's start. Order within a step as in NEST: integrate, threshold,
//! arriving spikes. A spike carries the time of the step's end.

use super::exponential::{SHORT, mean_decay, mean_decay_below};
use super::reset::Reset;
use super::{Arriving, Step, check_threshold, refractory_steps, with_pairs};
use crate::network::error::{KeyError, finite, positive};
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters; those left out are NEST's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LifCondExp {
    /// Leak conductance in nS.
    pub g_l_ns: f64,
    /// Capacitance of the membrane in pF.
    pub c_m_pf: f64,
    /// Refractory time in ms.
    pub t_ref_ms: f64,
    /// Resting potential in mV.
    pub e_l_mv: f64,
    /// Reversal potential of excitatory synapses in mV.
    pub e_ex_mv: f64,
    /// Reversal potential of inhibitory synapses in mV.
    pub e_in_mv: f64,
    /// Threshold in mV.
    pub v_th_mv: f64,
    /// Potential after a spike in mV.
    pub v_reset_mv: f64,
    /// Time constant of excitatory conductances in ms.
    pub tau_syn_ex_ms: f64,
    /// Time constant of inhibitory conductances in ms.
    pub tau_syn_in_ms: f64,
    /// Constant current in pA.
    pub i_e_pa: f64,
}

impl Default for LifCondExp {
    fn default() -> Self {
        Self {
            g_l_ns: 16.6667,
            c_m_pf: 250.0,
            t_ref_ms: 2.0,
            e_l_mv: -70.0,
            e_ex_mv: 0.0,
            e_in_mv: -85.0,
            v_th_mv: -55.0,
            v_reset_mv: -60.0,
            tau_syn_ex_ms: 0.2,
            tau_syn_in_ms: 2.0,
            i_e_pa: 0.0,
        }
    }
}

/// What a step multiplies with; potentials from E_L.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Propagators {
    /// T0 of the leak, and of each receptor by its conductance at the start of the step.
    leak: f64,
    decays: [f64; 2],
    /// What moves the potential: by the current, by each conductance, by the product of both.
    current: f64,
    moves: [f64; 2],
    cross: f64,
    /// Decay of the conductance of each receptor.
    decay: [f64; 2],
    reset: Reset,
}

impl LifCondExp {
    pub(super) fn propagators(&self, dt_ms: f64) -> Result<Propagators, KeyError> {
        positive("g_l_ns", self.g_l_ns)?;
        positive("c_m_pf", self.c_m_pf)?;
        positive("tau_syn_ex_ms", self.tau_syn_ex_ms)?;
        positive("tau_syn_in_ms", self.tau_syn_in_ms)?;
        for (key, value) in [
            ("e_l_mv", self.e_l_mv),
            ("e_ex_mv", self.e_ex_mv),
            ("e_in_mv", self.e_in_mv),
            ("i_e_pa", self.i_e_pa),
        ] {
            finite(key, value)?;
        }
        check_threshold(self.v_th_mv, self.v_reset_mv)?;
        let taus = [self.tau_syn_ex_ms, self.tau_syn_in_ms];
        let reversal = [self.e_ex_mv - self.e_l_mv, self.e_in_mv - self.e_l_mv];
        let step_by_c = dt_ms / self.c_m_pf;
        let (leak, current) = (step_by_c * self.g_l_ns, step_by_c * self.i_e_pa);
        let t0 = taus.map(|tau_ms| -(-dt_ms / tau_ms).exp_m1() * tau_ms / dt_ms * step_by_c);
        let t1 = taus.map(|tau_ms| step_by_c * first_moment(dt_ms / tau_ms));
        let moves = |r: usize| t0[r] * reversal[r] + t1[r] * (leak * reversal[r] - current);
        Ok(Propagators {
            leak,
            decays: t0,
            current,
            moves: [moves(0), moves(1)],
            cross: (reversal[0] - reversal[1]) * (t1[0] * t0[1] - t1[1] * t0[0]),
            decay: taus.map(|tau_ms| (-dt_ms / tau_ms).exp()),
            reset: Reset {
                threshold: self.v_th_mv - self.e_l_mv,
                potential: self.v_reset_mv - self.e_l_mv,
                refractory: refractory_steps(self.t_ref_ms, dt_ms)?,
            },
        })
    }
}

/// The integral of `(s - 1/2) exp(-x s)` over s from 0 to 1.
fn first_moment(x: f64) -> f64 {
    if x > 1.0 {
        return (1.0 - (1.0 + x) * (-x).exp()) / (x * x) + 0.5 * (-x).exp_m1() / x;
    }
    // The closed form cancels here; its series is -exp(-x/2) times the sum of (x/2)^(2k+1) / (2 (2k+1)! (2k+3)).
    let (half, mut power, mut sum) = (0.5 * x, 0.25 * x, 0.0);
    for k in 0..8 {
        let n = f64::from(2 * k + 1);
        sum += power / (n + 2.0);
        power *= half * half / ((n + 1.0) * (n + 2.0));
    }
    -(-half).exp() * sum
}

impl Propagators {
    pub(super) fn advance(&self, step: &mut Step<'_>) -> bool {
        let [v, ex, inh] = &mut *step.variables else { return false };
        let (state, fired) = (([&mut **v, ex, inh], &mut *step.refractory), &mut *step.fired);
        with_pairs!(step.input, |input| advance(self, state, input, fired))
    }

    /// T0, and what the potential moves by if it does not decay on the way.
    #[inline(always)]
    fn pull(&self, v: f64, ex: f64, inh: f64) -> (f64, f64) {
        let t0 = self.decays[1].mul_add(inh, self.decays[0].mul_add(ex, self.leak));
        let by_inh = self.cross.mul_add(ex, self.moves[1]);
        (t0, (-t0).mul_add(v, by_inh.mul_add(inh, self.moves[0].mul_add(ex, self.current))))
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn advance<I: Iterator<Item = (f64, f64)>>(
    p: &Propagators,
    ([v, ex, inh], refractory): ([&mut [f64]; 3], &mut [i32]),
    input: I,
    fired: &mut [u8],
) -> bool {
    let (mut long, mut reached) = (0, 0);
    for (((v, ex), inh), refractory) in v.iter_mut().zip(&*ex).zip(&*inh).zip(&*refractory) {
        let (t0, pull) = p.pull(*v, *ex, *inh);
        let is_long = !(0.0..=SHORT).contains(&t0);
        // Who does not move is moved by 0: a store under a mask would be many times slower.
        let next = mean_decay_below(t0).mul_add(if (*refractory != 0) | is_long { 0.0 } else { pull }, *v);
        long |= u64::from(is_long);
        reached |= u64::from(next >= p.reset.threshold);
        *v = next;
    }
    if long != 0 {
        for (((v, ex), inh), refractory) in v.iter_mut().zip(&*ex).zip(&*inh).zip(&*refractory) {
            let (t0, pull) = p.pull(*v, *ex, *inh);
            if *refractory == 0 && !(0.0..=SHORT).contains(&t0) {
                *v += pull * mean_decay(t0);
                reached |= u64::from(*v >= p.reset.threshold);
            }
        }
    }
    for ((ex, inh), (in_ex, in_in)) in ex.iter_mut().zip(inh).zip(input) {
        *ex = ex.mul_add(p.decay[0], in_ex);
        *inh = inh.mul_add(p.decay[1], in_in);
    }
    p.reset.apply(reached != 0, v, refractory, fired)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_moment_is_its_integral_whether_by_series_or_closed_form() {
        for x in [1e-6, 0.01, 0.5, 0.999, 1.001, 3.0, 20.0] {
            // Midpoint rule with 100 000 intervals.
            let n = 100_000;
            let middles = (0..n).map(|i| (f64::from(i) + 0.5) / f64::from(n));
            let sum: f64 = middles.map(|s| (s - 0.5) * (-x * s).exp() / f64::from(n)).sum();
            assert!((first_moment(x) / sum - 1.0).abs() < 1e-6, "{x}: {} {sum}", first_moment(x));
        }
    }
}
