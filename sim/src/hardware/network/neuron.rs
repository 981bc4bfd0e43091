//! The neurons of SANA-FE's built-in soma models, step by step.
//!
//! Leaky integrate-and-fire as on Loihi, for the membrane potential v and the input i of a step (none, or a current):
//!
//! ```text
//! u ← input_decay · u + i        v ← ⌊leak_decay · v · 64⌋ / 64 + bias + u        (no leak in the first step)
//! v > threshold: fires, v ← reset (hard) or v − threshold (soft), silent for `refractory_delay` steps, this one counted
//! v < reverse_threshold: v ← reverse_reset (hard), v − reverse_threshold (soft) or reverse_threshold (saturate)
//! ```
//!
//! ⌊ ⌋ cuts towards zero: Loihi keeps six fractional bits. TrueNorth's neuron leaks by addition and fires from its
//! threshold on. A neuron is *updated*, and pays for it, if before the step its potential is not 0, if any message came
//! in, if it has a bias, or if it is told to; every other neuron is only looked at.

use std::sync::Arc;

/// What happens to the potential at a threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reset {
    /// Nothing.
    #[default]
    None,
    /// The threshold is taken off.
    Soft,
    /// It is set to the reset value.
    Hard,
    /// It is set to the threshold.
    Saturate,
}

/// Parameters of a neuron of any model; each model reads its own.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "named and explained as in the equations above")]
pub struct Attributes {
    pub threshold: f64,
    pub reverse_threshold: f64,
    pub reset: f64,
    pub reverse_reset: f64,
    pub reset_mode: Reset,
    pub reverse_reset_mode: Reset,
    pub leak_decay: f64,
    pub input_decay: f64,
    /// Leak of TrueNorth's neuron, taken off the size of the potential.
    pub leak: f64,
    /// Whether that leak pulls towards 0; otherwise it is added.
    pub leak_towards_zero: bool,
    pub bias: f64,
    /// Whether the neuron pays for an update every step.
    pub force_update: bool,
    pub refractory_delay: u32,
    /// Potential before the first step, of integrate-and-fire; TrueNorth's neuron starts from 0.
    pub potential: f64,
    /// Of an input: whether it fires, step by step; silent thereafter. Neurons of one unit share a unit's last list.
    pub spikes: Option<Arc<[bool]>>,
    /// Of an input: it fires every ⌊1 / rate⌋ steps.
    pub rate: f64,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            threshold: 0.0,
            reverse_threshold: 0.0,
            reset: 0.0,
            reverse_reset: 0.0,
            reset_mode: Reset::Hard,
            reverse_reset_mode: Reset::None,
            leak_decay: 1.0,
            input_decay: 0.0,
            leak: 0.0,
            leak_towards_zero: true,
            bias: 0.0,
            force_update: false,
            refractory_delay: 0,
            potential: 0.0,
            spikes: None,
            rate: 0.0,
        }
    }
}

/// What a neuron did in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Did {
    pub(super) updated: bool,
    pub(super) fired: bool,
}

/// An input that nothing reached: the one value that a sum of finite currents cannot have, since weights of −0 are
/// taken as 0.
pub(super) const NO_INPUT: f64 = -0.0;

/// Whether messages reached a neuron.
pub(super) fn is_input(current: f64) -> bool {
    current.to_bits() != NO_INPUT.to_bits()
}

/// The state of a neuron.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct State {
    pub(super) potential: f64,
    pub(super) current: f64,
    pub(super) refractory: u32,
}

/// What most neurons of integrate-and-fire need: parameters that are looked at every step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain {
    leak_decay: f64,
    bias: f64,
    threshold: f64,
    reset: f64,
}

impl Plain {
    /// The parameters, if the neuron needs no others.
    pub(super) fn of(a: &Attributes) -> Option<Self> {
        let plain = a.input_decay == 0.0
            && a.reset_mode == Reset::Hard
            && a.reverse_reset_mode == Reset::None
            && a.refractory_delay == 0
            && !a.force_update;
        plain.then_some(Self {
            leak_decay: a.leak_decay,
            bias: a.bias,
            threshold: a.threshold,
            reset: a.reset,
        })
    }

    /// One step of the equations above; `input` is [`NO_INPUT`] or a current.
    #[inline]
    pub(super) fn step(&self, potential: &mut f64, input: f64, first: bool) -> Did {
        let mut v = *potential;
        let updated = v != 0.0 || is_input(input) || self.bias != 0.0;
        if !updated && self.threshold >= 0.0 {
            return Did { updated: false, fired: false };
        }
        if !first {
            v *= self.leak_decay;
        }
        v = f64::from((v * 64.0) as i32) / 64.0 + self.bias;
        v += input;
        let fired = v > self.threshold;
        *potential = if fired { self.reset } else { v };
        Did { updated: updated || fired, fired }
    }
}

/// One step of leaky integrate-and-fire with all its parameters.
pub(super) fn integrate_and_fire(a: &Attributes, state: &mut State, input: f64, first: bool) -> Did {
    let updated = state.potential != 0.0 || is_input(input) || a.bias != 0.0 || a.force_update;
    if !first {
        state.current *= a.input_decay;
        state.potential *= a.leak_decay;
    }
    state.potential = f64::from((state.potential * 64.0) as i32) / 64.0;
    let mut fired = false;
    if state.refractory == 0 {
        state.potential += a.bias;
        state.current += input;
        state.potential += state.current;
        if state.potential > a.threshold {
            match a.reset_mode {
                Reset::Hard => state.potential = a.reset,
                Reset::Soft => state.potential -= a.threshold,
                Reset::None | Reset::Saturate => {}
            }
            state.refractory = a.refractory_delay;
            fired = true;
        }
        if state.potential < a.reverse_threshold {
            match a.reverse_reset_mode {
                Reset::Hard => state.potential = a.reverse_reset,
                Reset::Soft => state.potential -= a.reverse_threshold,
                Reset::Saturate => state.potential = a.reverse_threshold,
                Reset::None => {}
            }
        }
    }
    state.refractory = state.refractory.saturating_sub(1);
    Did { updated: updated || fired, fired }
}

/// One step of TrueNorth's neuron.
pub(super) fn truenorth(a: &Attributes, state: &mut State, input: f64) -> Did {
    let v = &mut state.potential;
    let updated = *v != 0.0 || is_input(input) || a.bias != 0.0 || a.force_update;
    if !a.leak_towards_zero {
        *v += a.leak;
    } else if *v > 0.0 {
        *v -= a.leak;
    } else if *v < 0.0 {
        *v += a.leak;
    }
    *v += a.bias + input;
    let fired = *v >= a.threshold;
    if fired {
        match a.reset_mode {
            Reset::Hard => *v = a.reset,
            Reset::Soft => *v -= a.threshold,
            Reset::Saturate => *v = a.threshold,
            Reset::None => {}
        }
    } else if *v <= a.reverse_threshold {
        match a.reverse_reset_mode {
            Reset::Hard => *v = a.reverse_reset,
            Reset::Soft => *v += a.reverse_threshold,
            Reset::Saturate => *v = a.reverse_threshold,
            Reset::None => {}
        }
    }
    Did { updated: updated || fired, fired }
}

/// An input unit: its neurons take their spikes from one list, one after another.
#[derive(Debug, Clone, Default)]
pub(super) struct InputUnit {
    spikes: Option<Arc<[bool]>>,
    next: usize,
    rate: f64,
}

impl InputUnit {
    /// Takes on what a neuron of the unit is given.
    pub(super) fn configure(&mut self, a: &Attributes) {
        if a.spikes.is_some() {
            self.spikes.clone_from(&a.spikes);
        }
        if a.rate > 0.0 {
            self.rate = a.rate;
        }
    }

    /// Whether the next neuron of the unit fires in `step`, counted from 1.
    pub(super) fn fires(&mut self, step: u64) -> bool {
        let listed = self.spikes.as_ref().and_then(|s| s.get(self.next)).copied();
        self.next += usize::from(listed.is_some());
        let every = if self.rate > 0.0 { (1.0 / self.rate) as u64 } else { 0 };
        listed == Some(true) || (every > 0 && step.is_multiple_of(every))
    }
}
