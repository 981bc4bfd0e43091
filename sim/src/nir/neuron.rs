//! Neurons and integrators: the coefficients of a step, and the step. The equations stand at the head of [`super`].
//!
//! Over a step of length dt with x held, `e = exp(-dt/tau)` and `k` the part of the membrane's rise that a decaying
//! current causes, the exact solution is
//!
//! ```text
//! LI, LIF:  v <- e v + r (1 - e) x + v_leak (1 - e)
//! Cuba:     v <- e_m v + r k i + r w_in (1 - e_m - k) x + v_leak (1 - e_m)
//!           i <- e_s i + w_in (1 - e_s) x
//!           k = (e_s - e_m) tau_syn / (tau_syn - tau_mem), or (dt/tau_mem) e_m for equal time constants
//! ```
//!
//! and with x a charge at the start of the step, v rises by `e r x/tau`; i by `e_s w_in x/tau_syn`, and v by r k times
//! `w_in x/tau_syn`.

use super::signal::Signal;
use super::{Drive, Method, NetworkError, Options};
use synfire_datasets::nir::{NodeKind, Tensor};

/// Coefficients of every neuron of a layer.
#[derive(Debug)]
pub(super) struct Neurons {
    membrane: Membrane,
    current: Option<Current>,
    /// Threshold and reset; `None` for integrators.
    firing: Option<[Vec<f32>; 2]>,
    /// v at the start.
    start: Vec<f32>,
}

/// v <- decay v + current_gain i + input_gain x + leak.
#[derive(Debug, Default)]
struct Membrane {
    decay: Vec<f32>,
    current_gain: Vec<f32>,
    input_gain: Vec<f32>,
    leak: Vec<f32>,
}

/// i <- decay i + gain x.
#[derive(Debug, Default)]
struct Current {
    decay: Vec<f32>,
    gain: Vec<f32>,
    /// Whether v sees the new current (forward Euler) or the old one.
    first: bool,
}

/// Potentials, and the currents of those that have them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NeuronState {
    pub(super) v: Vec<f32>,
    pub(super) i: Vec<f32>,
}

/// Part of a step that is left after it, and what is made up by then: `e^-dt/tau` and `1 - e^-dt/tau`, or Euler's.
struct Leak {
    kept: f64,
    made: f64,
}

impl Leak {
    fn new(tau_s: f64, options: &Options) -> Self {
        let steps = options.dt_s / tau_s;
        match options.method {
            Method::Euler => Self { kept: 1.0 - steps, made: steps },
            Method::Exact => Self { kept: (-steps).exp(), made: -(-steps).exp_m1() },
        }
    }

    /// Gain of an input: held for the step, or given at its start.
    fn gain(&self, tau_s: f64, options: &Options) -> f64 {
        match (options.drive, options.method) {
            (Drive::Current, _) => self.made,
            (Drive::Charge, Method::Euler) => 1.0 / tau_s,
            (Drive::Charge, Method::Exact) => self.kept / tau_s,
        }
    }
}

impl Neurons {
    /// The coefficients of `size` neurons of a node, whose graph was checked; `None` if the node is no neuron.
    pub(super) fn new(
        name: &str,
        kind: &NodeKind,
        size: usize,
        options: &Options,
    ) -> Result<Option<Self>, NetworkError> {
        if !kind.has_state() {
            return Ok(None);
        }
        let parameters = kind.neuron_parameters();
        let of = |field: &str| parameters.iter().find(|(name, _)| *name == field).map(|(_, values)| *values);
        let at = |values: Option<&Tensor<f64>>, index, missing| {
            values.and_then(|values| values.at(index)).unwrap_or(missing)
        };
        if options.method == Method::Euler {
            for field in ["tau", "tau_mem", "tau_syn"] {
                let least = of(field).and_then(|taus| taus.values.iter().copied().reduce(f64::min));
                if let Some(tau_s) = least.filter(|tau_s| *tau_s < options.dt_s) {
                    let (node, dt_s) = (name.to_owned(), options.dt_s);
                    return Err(NetworkError::Unstable { node, field, tau_s, dt_s });
                }
            }
        }
        let (tau, tau_syn) = (of("tau").or(of("tau_mem")), of("tau_syn"));
        let mut membrane = Membrane::default();
        let mut current =
            tau_syn.map(|_| Current { first: options.method == Method::Euler, ..Current::default() });
        let mut start = Vec::with_capacity(size);
        for index in 0..size {
            let r = at(of("r"), index, 1.0);
            let Some(tau_s) = tau.and_then(|tau| tau.at(index)) else {
                // An integrator: dv/dt = r x.
                let charge = match options.drive {
                    Drive::Current => options.dt_s,
                    Drive::Charge => 1.0,
                };
                membrane.decay.push(1.0);
                membrane.input_gain.push((r * charge) as f32);
                membrane.leak.push(0.0);
                start.push(at(of("v_reset"), index, 0.0) as f32);
                continue;
            };
            let v_leak = at(of("v_leak"), index, 0.0);
            let leak = Leak::new(tau_s, options);
            membrane.decay.push(leak.kept as f32);
            membrane.leak.push((v_leak * leak.made) as f32);
            start.push(v_leak as f32);
            let (Some(current), Some(tau_syn_s)) = (&mut current, tau_syn.and_then(|tau| tau.at(index)))
            else {
                membrane.input_gain.push((r * leak.gain(tau_s, options)) as f32);
                continue;
            };
            let w_in = at(of("w_in"), index, 1.0);
            let synapse = Leak::new(tau_syn_s, options);
            current.decay.push(synapse.kept as f32);
            current.gain.push((w_in * synapse.gain(tau_syn_s, options)) as f32);
            match options.method {
                Method::Euler => membrane.current_gain.push((r * leak.made) as f32),
                Method::Exact => {
                    let k = rise(tau_syn_s, tau_s, options.dt_s, leak.kept);
                    membrane.current_gain.push((r * k) as f32);
                    membrane.input_gain.push(match options.drive {
                        Drive::Current => (r * w_in * (leak.made - k)) as f32,
                        Drive::Charge => (r * w_in * k / tau_syn_s) as f32,
                    });
                }
            }
        }
        let each = |field| {
            let values = of(field)?;
            (0..size).map(|index| values.at(index).map(|value| value as f32)).collect::<Option<Vec<f32>>>()
        };
        let firing = each("v_threshold").zip(each("v_reset")).map(|(threshold, reset)| [threshold, reset]);
        Ok(Some(Self { membrane, current, firing, start }))
    }

    pub(super) fn start(&self) -> NeuronState {
        let currents = self.current.as_ref().map_or(0, |current| current.gain.len());
        NeuronState { v: self.start.clone(), i: vec![0.0; currents] }
    }

    /// One step: spikes of neurons, potentials of integrators.
    pub(super) fn step(&self, state: &mut NeuronState, input: &Signal, output: &mut Signal) {
        let (m, x) = (&self.membrane, &input.values);
        match &self.current {
            None => {
                for (((v, decay), (gain, leak)), x) in
                    state.v.iter_mut().zip(&m.decay).zip(m.input_gain.iter().zip(&m.leak)).zip(x)
                {
                    *v = decay * *v + gain * x + leak;
                }
            }
            Some(current) if current.first => {
                for (((i, decay), gain), x) in
                    state.i.iter_mut().zip(&current.decay).zip(&current.gain).zip(x)
                {
                    *i = decay * *i + gain * x;
                }
                for (((v, decay), (gain, leak)), i) in
                    state.v.iter_mut().zip(&m.decay).zip(m.current_gain.iter().zip(&m.leak)).zip(&state.i)
                {
                    *v = decay * *v + gain * i + leak;
                }
            }
            Some(current) => {
                for (((v, decay), (gain, leak)), (i, (input_gain, x))) in state
                    .v
                    .iter_mut()
                    .zip(&m.decay)
                    .zip(m.current_gain.iter().zip(&m.leak))
                    .zip(state.i.iter().zip(m.input_gain.iter().zip(x)))
                {
                    *v = decay * *v + gain * i + input_gain * x + leak;
                }
                for (((i, decay), gain), x) in
                    state.i.iter_mut().zip(&current.decay).zip(&current.gain).zip(x)
                {
                    *i = decay * *i + gain * x;
                }
            }
        }
        let Some([threshold, reset]) = &self.firing else {
            output.values.copy_from_slice(&state.v);
            output.rescan();
            return;
        };
        output.clear();
        for (index, ((v, threshold), reset)) in (0..).zip(state.v.iter_mut().zip(threshold).zip(reset)) {
            if *v > *threshold {
                *v = *reset;
                output.values[index as usize] = 1.0;
                output.active.push(index);
            }
        }
    }
}

/// k of the exact solution, without cancellation for time constants that are close.
fn rise(tau_syn_s: f64, tau_s: f64, dt_s: f64, kept: f64) -> f64 {
    let apart = dt_s * (tau_syn_s - tau_s) / (tau_s * tau_syn_s);
    let slope = if apart == 0.0 { 1.0 } else { apart.exp_m1() / apart };
    dt_s / tau_s * kept * slope
}
