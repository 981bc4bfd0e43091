//! Leaky integrate-and-fire neuron whose threshold adapts (ALIF of Bellec, Salaj, Subramoney, Legenstein & Maass 2018, NeurIPS;
//! GLIF with spike-induced threshold of Teeter et al. 2018, Nat Commun 9, 709).
//!
//! ```text
//! potential and currents as of `lif_exp`
//! tau_a da/dt = -a,    V >= V_th + a: spike, V = V_reset for t_ref, a += beta
//! ```
//!
//! Steps are exact; the adaptation decays during refractoriness too. A spike carries the time of the step's end.

use super::lif_exp::current_to_potential;
use super::{Step, check_threshold, refractory_steps};
use crate::network::error::{KeyError, finite, positive};
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Alif {
    /// Time constant of the membrane in ms.
    pub tau_m_ms: f64,
    /// Capacitance of the membrane in pF.
    pub c_m_pf: f64,
    /// Refractory time in ms.
    pub t_ref_ms: f64,
    /// Resting potential in mV.
    pub e_l_mv: f64,
    /// Threshold without adaptation in mV.
    pub v_th_mv: f64,
    /// Potential after a spike in mV.
    pub v_reset_mv: f64,
    /// Time constant of excitatory currents in ms.
    pub tau_syn_ex_ms: f64,
    /// Time constant of inhibitory currents in ms.
    pub tau_syn_in_ms: f64,
    /// Time constant of the adaptation in ms.
    pub tau_a_ms: f64,
    /// What a spike adds to the threshold in mV.
    pub beta_mv: f64,
    /// Constant current in pA.
    pub i_e_pa: f64,
}

impl Default for Alif {
    fn default() -> Self {
        Self {
            tau_m_ms: 20.0,
            c_m_pf: 250.0,
            t_ref_ms: 2.0,
            e_l_mv: -70.0,
            v_th_mv: -55.0,
            v_reset_mv: -70.0,
            tau_syn_ex_ms: 2.0,
            tau_syn_in_ms: 2.0,
            tau_a_ms: 200.0,
            beta_mv: 1.6,
            i_e_pa: 0.0,
        }
    }
}

/// What a step multiplies with; potentials from E_L.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Propagators {
    decay: f64,
    drive: f64,
    of_current: [f64; 2],
    current_decay: [f64; 2],
    adaptation_decay: f64,
    beta: f64,
    threshold: f64,
    reset: f64,
    refractory: i32,
}

impl Alif {
    pub(super) fn propagators(&self, dt_ms: f64) -> Result<Propagators, KeyError> {
        for (key, value) in [
            ("tau_m_ms", self.tau_m_ms),
            ("c_m_pf", self.c_m_pf),
            ("tau_syn_ex_ms", self.tau_syn_ex_ms),
            ("tau_syn_in_ms", self.tau_syn_in_ms),
            ("tau_a_ms", self.tau_a_ms),
        ] {
            positive(key, value)?;
        }
        finite("e_l_mv", self.e_l_mv)?;
        finite("beta_mv", self.beta_mv)?;
        finite("i_e_pa", self.i_e_pa)?;
        check_threshold(self.v_th_mv, self.v_reset_mv)?;
        let of = |tau_syn_ms: f64| current_to_potential(tau_syn_ms, self.tau_m_ms, self.c_m_pf, dt_ms);
        Ok(Propagators {
            decay: (-dt_ms / self.tau_m_ms).exp(),
            drive: -(-dt_ms / self.tau_m_ms).exp_m1() * self.tau_m_ms / self.c_m_pf * self.i_e_pa,
            of_current: [of(self.tau_syn_ex_ms), of(self.tau_syn_in_ms)],
            current_decay: [(-dt_ms / self.tau_syn_ex_ms).exp(), (-dt_ms / self.tau_syn_in_ms).exp()],
            adaptation_decay: (-dt_ms / self.tau_a_ms).exp(),
            beta: self.beta_mv,
            threshold: self.v_th_mv - self.e_l_mv,
            reset: self.v_reset_mv - self.e_l_mv,
            refractory: refractory_steps(self.t_ref_ms, dt_ms)?,
        })
    }
}

impl Propagators {
    pub(super) fn advance(&self, step: &mut Step<'_>) {
        if let ([v, ex, inh, a], [in_ex, in_in]) = (&mut *step.variables, &*step.input) {
            advance(self, [v, ex, inh, a], step.refractory, [in_ex.sums(), in_in.sums()], step.fired);
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
fn advance(
    p: &Propagators,
    [v, ex, inh, a]: [&mut [f64]; 4],
    refractory: &mut [i32],
    [in_ex, in_in]: [&[f64]; 2],
    fired: &mut [u8],
) {
    let state = v.iter_mut().zip(ex).zip(inh).zip(a).zip(refractory);
    for (((((v, ex), inh), a), refractory), ((in_ex, in_in), fired)) in
        state.zip(in_ex.iter().zip(in_in).zip(fired))
    {
        let ready = *refractory == 0;
        let moved = *v * p.decay + *ex * p.of_current[0] + *inh * p.of_current[1] + p.drive;
        let next = if ready { moved } else { *v };
        *ex = *ex * p.current_decay[0] + *in_ex;
        *inh = *inh * p.current_decay[1] + *in_in;
        let adapted = *a * p.adaptation_decay;
        let fires = ready & (next >= p.threshold + adapted);
        *a = if fires { adapted + p.beta } else { adapted };
        *v = if fires { p.reset } else { next };
        *refractory = if fires { p.refractory } else { *refractory - i32::from(!ready) };
        *fired = u8::from(fires);
    }
}
