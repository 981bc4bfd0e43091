//! Neuron models whose equations have a closed solution between events: to any later time in one go, and to the threshold.

use super::crossing::{Term, first_crossing};
use crate::network::error::KeyError;
use crate::network::neuron::{LifDelta, LifExp, NeuronModel, current_to_potential};

/// A leaky integrate-and-fire neuron with up to two currents that decay exponentially. Potentials are from E_L, times in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ClosedForm {
    tau_m_ms: f64,
    c_m_pf: f64,
    /// Time constant of the current of each receptor; none where spikes make the potential jump.
    tau_syn_ms: Option<[f64; 2]>,
    /// Where the potential tends to without input.
    rest: f64,
    threshold: f64,
    pub(super) reset: f64,
    pub(super) t_ref_ms: f64,
}

impl ClosedForm {
    /// The model, if it has a closed form; none for given spikes.
    pub(crate) fn of(model: &NeuronModel) -> Result<Option<Self>, KeyError> {
        let of = match model {
            NeuronModel::Replay(_) => return Ok(None),
            NeuronModel::LifExp(p) => Self::exponential(p),
            NeuronModel::LifDelta(p) => Self::delta(p),
            _ => {
                let problem =
                    format!("{}; the event scheduler takes lif_exp, lif_delta and replay", model.name());
                return Err(KeyError::new("neuron", problem));
            }
        };
        let syn = of.tau_syn_ms.into_iter().flatten();
        if syn.into_iter().any(|tau_ms| tau_ms == of.tau_m_ms) {
            let problem = format!("{} ms, as of a synapse; the event scheduler needs another", of.tau_m_ms);
            return Err(KeyError::new(format!("neuron.{}.tau_m_ms", model.name()), problem));
        }
        Ok(Some(of))
    }

    fn exponential(p: &LifExp) -> Self {
        Self {
            tau_m_ms: p.tau_m_ms,
            c_m_pf: p.c_m_pf,
            tau_syn_ms: Some([p.tau_syn_ex_ms, p.tau_syn_in_ms]),
            rest: p.i_e_pa * p.tau_m_ms / p.c_m_pf,
            threshold: p.v_th_mv - p.e_l_mv,
            reset: p.v_reset_mv - p.e_l_mv,
            t_ref_ms: p.t_ref_ms,
        }
    }

    fn delta(p: &LifDelta) -> Self {
        Self {
            tau_m_ms: p.tau_m_ms,
            c_m_pf: p.c_m_pf,
            tau_syn_ms: None,
            rest: p.i_e_pa * p.tau_m_ms / p.c_m_pf,
            threshold: p.v_th_mv - p.e_l_mv,
            reset: p.v_reset_mv - p.e_l_mv,
            t_ref_ms: p.t_ref_ms,
        }
    }

    /// The variables after `ms`; the potential stays where it is while the neuron is refractory.
    pub(super) fn advance(&self, [v, ex, inh]: [f64; 3], ms: f64, refractory: bool) -> [f64; 3] {
        let mut moved = v;
        if !refractory {
            moved = v * (-ms / self.tau_m_ms).exp() - self.rest * (-ms / self.tau_m_ms).exp_m1();
        }
        let Some([tau_ex_ms, tau_in_ms]) = self.tau_syn_ms else { return [moved, ex, inh] };
        if !refractory {
            moved += ex * current_to_potential(tau_ex_ms, self.tau_m_ms, self.c_m_pf, ms);
            moved += inh * current_to_potential(tau_in_ms, self.tau_m_ms, self.c_m_pf, ms);
        }
        [moved, ex * (-ms / tau_ex_ms).exp(), inh * (-ms / tau_in_ms).exp()]
    }

    /// The variables after a spike of this weight arrived at a receptor.
    pub(super) fn receive(
        &self,
        mut state: [f64; 3],
        receptor: usize,
        weight: f64,
        refractory: bool,
    ) -> [f64; 3] {
        match self.tau_syn_ms {
            Some(_) => state[1 + receptor] += weight,
            None if !refractory => state[0] += weight,
            None => {}
        }
        state
    }

    /// The time to the threshold without further input, if it is ever reached.
    pub(super) fn threshold_in_ms(&self, [v, ex, inh]: [f64; 3]) -> Option<f64> {
        let rate = 1.0 / self.tau_m_ms;
        let mut terms = [Term { rate: 0.0, amplitude: self.rest - self.threshold }; 4];
        terms[1] = Term { rate, amplitude: v - self.rest };
        let Some(taus_ms) = self.tau_syn_ms else { return first_crossing(&terms[..2]) };
        for (place, (tau_ms, current)) in [2, 3].into_iter().zip(taus_ms.into_iter().zip([ex, inh])) {
            let amplitude = current / self.c_m_pf / (rate - 1.0 / tau_ms);
            terms[place] = Term { rate: 1.0 / tau_ms, amplitude };
            terms[1].amplitude -= amplitude;
        }
        first_crossing(&terms)
    }
}
