//! Adaptive exponential integrate-and-fire neuron (Brette & Gerstner 2005, J Neurophysiol 94, 3637) with synaptic currents that
//! decay exponentially.
//!
//! ```text
//! C_m dV/dt = -g_L (V - E_L) + g_L Delta_T exp((V - V_T) / Delta_T) - w + I_ex + I_in + I_e
//! tau_w dw/dt = a (V - E_L) - w,    tau_syn dI/dt = -I
//! V >= V_peak: spike, V = V_reset for t_ref, w += b
//! ```
//!
//! The currents are exact. Potential and adaptation take the classical Runge-Kutta method of fourth order in two parts of a step,
//! as long as the potential is below V_T + 2 Delta_T. Above, it runs away: its slope grows millions of times up to V_peak. There
//!
//! ```text
//! u = exp((V_T - V) / Delta_T),    C_m du/dt = -g_L + u (g_L (V - E_L) + w - I) / Delta_T
//! ```
//!
//! falls to nearly 0 along a straight line, so that a step that comes there is taken for this neuron alone, in finer parts, with
//! u for V, and V_peak is crossed at its time within the part. The adaptation and, without refractoriness, the potential go on from
//! there. A spike carries the time of the step's end, as in NEST's `aeif_psc_exp`; spikes of one neuron are at least a step apart.

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

/// Parts of a step below the upstroke of spikes, and within.
const PARTS: u32 = 2;
const FINE_PARTS: u32 = 32;

/// What a part of a step takes; potentials from E_L, times in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Propagators {
    dt: f64,
    by_c: f64,
    leak: f64,
    v_t: f64,
    slope: f64,
    by_slope: f64,
    /// Where a step is taken in finer parts.
    upstroke: f64,
    peak: f64,
    /// exp((V_T - V_peak) / Delta_T).
    u_peak: f64,
    reset: f64,
    by_tau_w: f64,
    a: f64,
    b: f64,
    current: f64,
    by_tau_syn: [f64; 2],
    /// Decay of the current of each receptor over half a part.
    half_decay: [f64; 2],
    /// Over a step.
    decay: [f64; 2],
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
        let taus = [self.tau_syn_ex_ms, self.tau_syn_in_ms];
        let half_ms = 0.5 * dt_ms / f64::from(PARTS);
        let upstroke = (self.v_t_mv + 2.0 * self.delta_t_mv).min(self.v_peak_mv) - self.e_l_mv;
        Ok(Propagators {
            dt: dt_ms,
            by_c: 1.0 / self.c_m_pf,
            leak: self.g_l_ns,
            v_t: self.v_t_mv - self.e_l_mv,
            slope: self.delta_t_mv,
            by_slope: 1.0 / self.delta_t_mv,
            upstroke,
            peak: self.v_peak_mv - self.e_l_mv,
            u_peak: (-largest).exp(),
            reset: self.v_reset_mv - self.e_l_mv,
            by_tau_w: 1.0 / self.tau_w_ms,
            a: self.a_ns,
            b: self.b_pa,
            current: self.i_e_pa,
            by_tau_syn: taus.map(|tau_ms| 1.0 / tau_ms),
            half_decay: taus.map(|tau_ms| (-half_ms / tau_ms).exp()),
            decay: taus.map(|tau_ms| (-dt_ms / tau_ms).exp()),
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

    /// Slopes of the potential and of the adaptation.
    #[inline(always)]
    fn slopes(&self, v: f64, w: f64, current: f64) -> (f64, f64) {
        let v = v.min(self.peak);
        let spike = self.leak * self.slope * exp((v - self.v_t) * self.by_slope);
        ((spike - self.leak * v - w + current) * self.by_c, (self.a * v - w) * self.by_tau_w)
    }

    /// A step of one neuron that comes to the upstroke: potential and adaptation at its end, and whether it spiked.
    fn spiking_step(&self, [mut v, mut w]: [f64; 2], currents: [f64; 2]) -> ([f64; 2], bool) {
        let current = |t: f64| {
            let [ex, inh] = [0, 1].map(|receptor| currents[receptor] * exp(-t * self.by_tau_syn[receptor]));
            ex + inh + self.current
        };
        let part = self.dt / f64::from(FINE_PARTS);
        let (mut left, mut spiked) = (self.dt, false);
        while left > 0.0 {
            let (t, h) = (self.dt - left, part.min(left));
            let by_u = v >= self.upstroke;
            let slopes = |[x, w]: [f64; 2], t: f64| {
                if by_u {
                    let v = self.v_t - self.slope * x.max(self.u_peak).ln();
                    let pull = x * self.by_slope * (self.leak * v + w - current(t));
                    [(pull - self.leak) * self.by_c, (self.a * v - w) * self.by_tau_w]
                } else {
                    let (v, w) = self.slopes(x, w, current(t));
                    [v, w]
                }
            };
            let (x, x_peak) =
                if by_u { (exp((self.v_t - v) * self.by_slope), self.u_peak) } else { (v, self.peak) };
            let start = slopes([x, w], t);
            let end = runge_kutta([x, w], t, h, &slopes);
            let crosses = if by_u { end[0] <= x_peak } else { end[0] >= x_peak };
            if crosses {
                let share =
                    crossing([x - x_peak, end[0] - x_peak], [h * start[0], h * slopes(end, t + h)[0]]);
                w += if by_u {
                    // u falls along a line, and V has its logarithm's mean.
                    let integral = |u: f64| u * (u.ln() - 1.0);
                    let mean = (integral(x) - integral(x_peak)) / (x - x_peak);
                    share * h * (self.a * (self.v_t - self.slope * mean) - w) * self.by_tau_w
                } else {
                    share * (end[1] - w)
                };
                (v, w) = (self.reset, w + self.b);
                left -= share * h;
                spiked = true;
                if self.refractory > 0 {
                    let rest = self.a * self.reset;
                    return ([v, rest + (w - rest) * exp(-left * self.by_tau_w)], true);
                }
            } else {
                v = if by_u { self.v_t - self.slope * end[0].ln() } else { end[0] };
                w = end[1];
                left -= h;
            }
        }
        ([v, w], spiked)
    }
}

/// The classical method of fourth order, from time `t` on.
fn runge_kutta(y: [f64; 2], t: f64, h: f64, slopes: &impl Fn([f64; 2], f64) -> [f64; 2]) -> [f64; 2] {
    let along = |slope: [f64; 2], h: f64| [y[0] + h * slope[0], y[1] + h * slope[1]];
    let first = slopes(y, t);
    let second = slopes(along(first, 0.5 * h), t + 0.5 * h);
    let third = slopes(along(second, 0.5 * h), t + 0.5 * h);
    let last = slopes(along(third, h), t + h);
    [0, 1].map(|i| y[i] + h / 6.0 * (first[i] + 2.0 * (second[i] + third[i]) + last[i]))
}

/// Where, as a share of the way, a cubic with these values, of different sign, and slopes at 0 and 1 is 0.
fn crossing(values: [f64; 2], slopes: [f64; 2]) -> f64 {
    let cubic = |s: f64| {
        let r = 1.0 - s;
        r * r * ((1.0 + 2.0 * s) * values[0] + s * slopes[0])
            + s * s * ((1.0 + 2.0 * r) * values[1] - r * slopes[1])
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..48 {
        let middle = 0.5 * (low + high);
        // Beyond the crossing where the sign is not that of the start.
        if cubic(middle) * values[0] > 0.0 { low = middle } else { high = middle }
    }
    low
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
fn advance(
    p: &Propagators,
    [v, ex, inh, w]: [&mut [f64]; 4],
    refractory: &mut [i32],
    [in_ex, in_in]: [&[f64]; 2],
    fired: &mut [u8],
) {
    let h = p.dt / f64::from(PARTS);
    // Marks who comes to the upstroke, and leaves them where they are.
    let state = v.iter_mut().zip(&*ex).zip(&*inh).zip(&mut *w).zip(&mut *refractory);
    for (((((v, ex), inh), w), refractory), fired) in state.zip(&mut *fired) {
        let held = *refractory != 0;
        let moves = if held { 0.0 } else { 1.0 };
        let (mut potential, mut adaptation, mut ex, mut inh) = (*v, *w, *ex, *inh);
        for _ in 0..PARTS {
            let start = ex + inh + p.current;
            let (half_ex, half_in) = (ex * p.half_decay[0], inh * p.half_decay[1]);
            let half = half_ex + half_in + p.current;
            (ex, inh) = (half_ex * p.half_decay[0], half_in * p.half_decay[1]);
            let end = ex + inh + p.current;
            let (v1, w1) = p.slopes(potential, adaptation, start);
            let (v1, at) = (moves * v1, 0.5 * h);
            let (v2, w2) = p.slopes(potential + at * v1, adaptation + at * w1, half);
            let v2 = moves * v2;
            let (v3, w3) = p.slopes(potential + at * v2, adaptation + at * w2, half);
            let v3 = moves * v3;
            let (v4, w4) = p.slopes(potential + h * v3, adaptation + h * w3, end);
            potential += h / 6.0 * (v1 + 2.0 * (v2 + v3) + moves * v4);
            adaptation += h / 6.0 * (w1 + 2.0 * (w2 + w3) + w4);
        }
        let runs_away = !held & ((*v >= p.upstroke) | (potential >= p.upstroke));
        *v = if runs_away { *v } else { potential };
        *w = if runs_away { *w } else { adaptation };
        *refractory -= i32::from(held);
        *fired = u8::from(runs_away);
    }
    let state = v.iter_mut().zip(&*ex).zip(&*inh).zip(w).zip(refractory);
    for (((((v, ex), inh), w), refractory), fired) in state.zip(fired).filter(|(_, fired)| **fired != 0) {
        let ([potential, adaptation], spiked) = p.spiking_step([*v, *w], [*ex, *inh]);
        (*v, *w) = (potential, adaptation);
        *refractory = if spiked { p.refractory } else { 0 };
        *fired = u8::from(spiked);
    }
    for ((ex, inh), (in_ex, in_in)) in ex.iter_mut().zip(inh).zip(in_ex.iter().zip(in_in)) {
        *ex = *ex * p.decay[0] + *in_ex;
        *inh = *inh * p.decay[1] + *in_in;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crossing_of_a_cubic_is_its_root() {
        // (s - 0.3) (s^2 + 1): values and slopes at both ends.
        let found = crossing([-0.3, 1.4], [1.0, 3.4]);
        assert!((found - 0.3).abs() < 1e-12, "{found}");
        assert_eq!(crossing([0.0, 1.0], [1.0, 1.0]), 0.0);
    }
}
