//! Izhikevich's neuron (2003, IEEE Trans Neural Netw 14, 1569).
//!
//! ```text
//! dv/dt = 0.04 v^2 + 5 v + 140 - u + I,    du/dt = a (b v - u)        v in mV, t in ms
//! v >= v_peak: spike, v = c, u += d;       v += w at the arrival of a spike
//! ```
//!
//! Forward Euler, as the model was published for and as NEST's `izhikevich` with `consistent_integration` takes it.

use super::Step;
use crate::network::error::{KeyError, finite};
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters; those left out are of regular spiking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Izhikevich {
    /// Rate of the recovery in 1/ms.
    pub a: f64,
    /// Sensitivity of the recovery to the potential.
    pub b: f64,
    /// Potential after a spike in mV.
    pub c_mv: f64,
    /// What a spike adds to the recovery.
    pub d: f64,
    /// Potential in mV at which a spike ends.
    pub v_peak_mv: f64,
    /// Constant input in the model's own unit, mV/ms.
    pub i_e: f64,
}

impl Default for Izhikevich {
    fn default() -> Self {
        Self { a: 0.02, b: 0.2, c_mv: -65.0, d: 8.0, v_peak_mv: 30.0, i_e: 0.0 }
    }
}

/// Parameters and the step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Propagators {
    p: Izhikevich,
    dt_ms: f64,
}

impl Izhikevich {
    pub(super) fn propagators(&self, dt_ms: f64) -> Result<Propagators, KeyError> {
        for (key, value) in [
            ("a", self.a),
            ("b", self.b),
            ("c_mv", self.c_mv),
            ("d", self.d),
            ("v_peak_mv", self.v_peak_mv),
            ("i_e", self.i_e),
        ] {
            finite(key, value)?;
        }
        Ok(Propagators { p: self.clone(), dt_ms })
    }
}

impl Propagators {
    pub(super) fn advance(&self, step: &mut Step<'_>) {
        if let ([v, u], [input]) = (&mut *step.variables, &*step.input) {
            advance(&self.p, self.dt_ms, v, u, input.sums(), step.fired);
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
fn advance(p: &Izhikevich, dt_ms: f64, v: &mut [f64], u: &mut [f64], input: &[f64], fired: &mut [u8]) {
    for (((v, u), input), fired) in v.iter_mut().zip(u).zip(input).zip(fired) {
        let (v_old, u_old) = (*v, *u);
        let next = v_old + dt_ms * (0.04 * v_old * v_old + 5.0 * v_old + 140.0 - u_old + p.i_e) + *input;
        let recovered = u_old + dt_ms * p.a * (p.b * v_old - u_old);
        let fires = next >= p.v_peak_mv;
        *v = if fires { p.c_mv } else { next };
        *u = if fires { recovered + p.d } else { recovered };
        *fired = u8::from(fires);
    }
}
