//! Neuron models: one file each, with its parameters, its equations and its step.
//!
//! The state of a population is plain data ([`State`]): one array for each variable of the model, and a counter of refractory
//! steps. A step takes slices of both, adds what arrives, and marks who fires; the loops over neurons are free of branches,
//! so that the compiler vectorises them, and go through the state once: it is what the caches are read for. Variables count potentials from the resting potential E_L.

mod adex;
mod alif;
mod exponential;
mod izhikevich;
mod lif_alpha;
mod lif_cond_exp;
mod lif_delta;
mod lif_exp;
mod reset;
pub(crate) mod source;
mod spikingbrain;

pub use adex::AdEx;
pub use alif::Alif;
pub use izhikevich::Izhikevich;
pub use lif_alpha::LifAlpha;
pub use lif_cond_exp::LifCondExp;
pub use lif_delta::LifDelta;
pub use lif_exp::LifExp;
pub(crate) use lif_exp::current_to_potential;
pub use source::{InhomogeneousPoissonSource, PoissonSource, RegularSource, ReplaySource};
pub use spikingbrain::SpikingBrain;

use super::error::KeyError;
use super::random::Key;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use source::Source;

/// What a neuron is, with its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NeuronModel {
    /// Leaky integrate-and-fire, synapses that make the potential jump.
    LifDelta(LifDelta),
    /// Leaky integrate-and-fire, synaptic currents that decay exponentially.
    LifExp(LifExp),
    /// Leaky integrate-and-fire, synaptic currents shaped as alpha functions.
    LifAlpha(LifAlpha),
    /// Leaky integrate-and-fire, synaptic conductances that decay exponentially.
    LifCondExp(LifCondExp),
    /// Leaky integrate-and-fire with an adaptive threshold, synaptic currents that decay exponentially.
    Alif(Alif),
    /// Adaptive exponential integrate-and-fire, synaptic currents that decay exponentially.
    #[serde(rename = "adex")]
    AdEx(AdEx),
    /// Izhikevich's neuron, synapses that make the potential jump.
    Izhikevich(Izhikevich),
    /// SpikingBrain's integrate-and-fire with soft reset and a threshold that follows the input, synapses that make the
    /// potential jump.
    #[serde(rename = "spikingbrain")]
    SpikingBrain(SpikingBrain),
    /// Poisson spikes.
    Poisson(PoissonSource),
    /// Poisson spikes whose rate changes.
    InhomogeneousPoisson(InhomogeneousPoissonSource),
    /// Spikes at equal intervals.
    Regular(RegularSource),
    /// Given spikes.
    Replay(ReplaySource),
}

/// Each model's parameters are a model.
macro_rules! from_parameters {
    ($($parameters:ident => $model:ident),* $(,)?) => {
        $(impl From<$parameters> for NeuronModel {
            fn from(parameters: $parameters) -> Self {
                Self::$model(parameters)
            }
        })*
    };
}

from_parameters! {
    LifDelta => LifDelta,
    LifExp => LifExp,
    LifAlpha => LifAlpha,
    LifCondExp => LifCondExp,
    Alif => Alif,
    AdEx => AdEx,
    Izhikevich => Izhikevich,
    SpikingBrain => SpikingBrain,
    PoissonSource => Poisson,
    InhomogeneousPoissonSource => InhomogeneousPoisson,
    RegularSource => Regular,
    ReplaySource => Replay,
}

/// What the weight of a synapse is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightUnit {
    /// A jump of the potential in mV: key `weight_mv`.
    Millivolt,
    /// A current in pA: key `weight_pa`.
    Picoampere,
    /// A conductance in nS: key `weight_ns`.
    Nanosiemens,
}

impl WeightUnit {
    /// The key of a weight in this unit.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Millivolt => "weight_mv",
            Self::Picoampere => "weight_pa",
            Self::Nanosiemens => "weight_ns",
        }
    }
}

/// The state of the neurons of a population, or of a part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// One array for each variable of the model, one number for each neuron.
    pub variables: Vec<Vec<f64>>,
    /// Steps that each neuron stays refractory.
    pub refractory: Vec<i32>,
}

/// A model with its parameters, made ready for a step of fixed length.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stepper {
    Delta(lif_delta::Propagators),
    Exp(lif_exp::Propagators),
    Alpha(lif_alpha::Propagators),
    CondExp(lif_cond_exp::Propagators),
    Alif(alif::Propagators),
    AdEx(adex::Propagators),
    Izhikevich(izhikevich::Propagators),
    SpikingBrain(spikingbrain::Propagators),
    Source(Source),
}

/// A part of a population during one step.
pub(crate) struct Step<'a> {
    /// Its number.
    pub(crate) number: u64,
    /// Number of the first neuron in the population.
    pub(crate) first: u32,
    /// The variables of the model.
    pub(crate) variables: &'a mut [&'a mut [f64]],
    pub(crate) refractory: &'a mut [i32],
    /// What arrives in this step, receptor by receptor.
    pub(crate) input: &'a mut [Arriving<'a>],
    /// Set to 1 where a neuron fires, else to 0; left as it is if none fires.
    pub(crate) fired: &'a mut [u8],
}

/// What arrives at a receptor in a step.
pub(crate) enum Arriving<'a> {
    /// Sums in the unit of the weights.
    Sums(&'a mut [f64]),
    /// Spikes of synapses of one weight; only for models that [empty](Stepper::empties) them, and for all receptors at once.
    Counts { weight: f64, cells: &'a mut [u16] },
}

impl Default for Arriving<'_> {
    fn default() -> Self {
        Self::Sums(&mut [])
    }
}

impl Arriving<'_> {
    /// The sums; none where spikes are counted.
    fn sums(&self) -> &[f64] {
        if let Self::Sums(sums) = self { sums } else { &[] }
    }
}

/// `body` with what arrives at two receptors as an iterator of pairs, compiled for sums and for counts; both are emptied after it,
/// in one go, which takes fewer stores than one by one.
macro_rules! with_pairs {
    ($input:expr, |$pairs:ident| $body:expr) => {
        match $input {
            [Arriving::Counts { weight: w_ex, cells: ex }, Arriving::Counts { weight: w_in, cells: inh }] => {
                let weighted = |(ex, inh): (&u16, &u16)| (*w_ex * f64::from(*ex), *w_in * f64::from(*inh));
                let $pairs = ex.iter().zip(inh.iter()).map(weighted);
                let value = $body;
                ex.fill(0);
                inh.fill(0);
                value
            }
            [Arriving::Sums(ex), Arriving::Sums(inh)] => {
                let $pairs = ex.iter().copied().zip(inh.iter().copied());
                let value = $body;
                ex.fill(0.0);
                inh.fill(0.0);
                value
            }
            _ => false,
        }
    };
}
use with_pairs;

impl NeuronModel {
    /// Name in descriptions.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::LifDelta(_) => "lif_delta",
            Self::LifExp(_) => "lif_exp",
            Self::LifAlpha(_) => "lif_alpha",
            Self::LifCondExp(_) => "lif_cond_exp",
            Self::Alif(_) => "alif",
            Self::AdEx(_) => "adex",
            Self::Izhikevich(_) => "izhikevich",
            Self::SpikingBrain(_) => "spikingbrain",
            Self::Poisson(_) => "poisson",
            Self::InhomogeneousPoisson(_) => "inhomogeneous_poisson",
            Self::Regular(_) => "regular",
            Self::Replay(_) => "replay",
        }
    }

    /// The unit of the weights of its synapses.
    #[must_use]
    pub fn weight_unit(&self) -> WeightUnit {
        match self {
            Self::LifExp(_) | Self::LifAlpha(_) | Self::Alif(_) | Self::AdEx(_) => WeightUnit::Picoampere,
            Self::LifCondExp(_) => WeightUnit::Nanosiemens,
            _ => WeightUnit::Millivolt,
        }
    }

    /// Receptors: 1 if all synapses act alike, 2 for excitatory and inhibitory ones, 0 for sources.
    #[must_use]
    pub fn receptors(&self) -> usize {
        match self {
            Self::LifDelta(_) | Self::Izhikevich(_) | Self::SpikingBrain(_) => 1,
            Self::LifExp(_) | Self::LifAlpha(_) | Self::LifCondExp(_) | Self::Alif(_) | Self::AdEx(_) => 2,
            Self::Poisson(_) | Self::InhomogeneousPoisson(_) | Self::Regular(_) | Self::Replay(_) => 0,
        }
    }

    /// Names of the variables of its state; the first is the potential.
    #[must_use]
    pub fn variables(&self) -> &'static [&'static str] {
        match self {
            Self::LifDelta(_) => &["v_mv"],
            Self::LifExp(_) => &["v_mv", "i_ex_pa", "i_in_pa"],
            Self::LifAlpha(_) => &["v_mv", "i_ex_pa", "i_in_pa", "di_ex_pa_per_ms", "di_in_pa_per_ms"],
            Self::LifCondExp(_) => &["v_mv", "g_ex_ns", "g_in_ns"],
            Self::Alif(_) => &["v_mv", "i_ex_pa", "i_in_pa", "a_mv"],
            Self::AdEx(_) => &["v_mv", "i_ex_pa", "i_in_pa", "w_pa"],
            Self::Izhikevich(_) => &["v_mv", "u"],
            Self::SpikingBrain(_) => &["v_mv", "u_mv", "m_mv"],
            _ => &[],
        }
    }

    /// The potential in mV from which the first variable counts; it starts there too, unless a start value says other.
    #[must_use]
    pub fn rest_mv(&self) -> f64 {
        match self {
            Self::LifDelta(p) => p.e_l_mv,
            Self::LifExp(p) => p.e_l_mv,
            Self::LifAlpha(p) => p.e_l_mv,
            Self::LifCondExp(p) => p.e_l_mv,
            Self::Alif(p) => p.e_l_mv,
            Self::AdEx(p) => p.e_l_mv,
            _ => 0.0,
        }
    }

    /// What variable number `variable` starts at where a description says nothing, potentials counted from rest.
    pub(crate) fn start(&self, variable: usize) -> f64 {
        match (self, variable) {
            (Self::Izhikevich(p), 0) => p.c_mv,
            (Self::Izhikevich(p), 1) => p.b * p.c_mv,
            (Self::SpikingBrain(p), 2) => p.start_mean(),
            _ => 0.0,
        }
    }

    /// The parameters, checked and made ready for steps of `dt_ms`.
    pub(crate) fn stepper(&self, dt_ms: f64, size: u32, key: Key) -> Result<Stepper, KeyError> {
        let stepper = match self {
            Self::LifDelta(p) => p.propagators(dt_ms).map(Stepper::Delta),
            Self::LifExp(p) => p.propagators(dt_ms).map(Stepper::Exp),
            Self::LifAlpha(p) => p.propagators(dt_ms).map(Stepper::Alpha),
            Self::LifCondExp(p) => p.propagators(dt_ms).map(Stepper::CondExp),
            Self::Alif(p) => p.propagators(dt_ms).map(Stepper::Alif),
            Self::AdEx(p) => p.propagators(dt_ms).map(Stepper::AdEx),
            Self::Izhikevich(p) => p.propagators(dt_ms).map(Stepper::Izhikevich),
            Self::SpikingBrain(p) => p.propagators(dt_ms).map(Stepper::SpikingBrain),
            Self::Poisson(p) => p.source(dt_ms, key).map(Stepper::Source),
            Self::InhomogeneousPoisson(p) => p.source(dt_ms, key).map(Stepper::Source),
            Self::Regular(p) => p.source(dt_ms).map(Stepper::Source),
            Self::Replay(p) => p.source(dt_ms, size).map(Stepper::Source),
        };
        stepper.map_err(|error| error.below(self.name()))
    }
}

impl Stepper {
    /// Whether it empties what arrives and takes counts too.
    pub(crate) fn empties(&self) -> bool {
        matches!(self, Self::Exp(_) | Self::CondExp(_))
    }

    /// Advances a part of a population by one step; false if it is known that none fires.
    pub(crate) fn advance(&self, step: &mut Step<'_>) -> bool {
        match self {
            Self::Delta(p) => return p.advance(step),
            Self::Exp(p) => return p.advance(step),
            Self::CondExp(p) => return p.advance(step),
            Self::Alpha(p) => p.advance(step),
            Self::Alif(p) => p.advance(step),
            Self::AdEx(p) => p.advance(step),
            Self::Izhikevich(p) => p.advance(step),
            Self::SpikingBrain(p) => p.advance(step),
            Self::Source(p) => p.fire(step.number, step.first, step.fired),
        }
        true
    }
}

/// Refractory time in whole steps.
fn refractory_steps(t_ref_ms: f64, dt_ms: f64) -> Result<i32, KeyError> {
    let steps = (t_ref_ms / dt_ms).round();
    let fits = t_ref_ms.is_finite() && (0.0..1e9).contains(&steps);
    if !fits {
        return Err(KeyError::new("t_ref_ms", format!("{t_ref_ms}; give a time from 0 ms")));
    }
    if (steps * dt_ms - t_ref_ms).abs() > 1e-9 * t_ref_ms.max(dt_ms) {
        let problem = format!("{t_ref_ms} ms is no multiple of dt = {dt_ms} ms; give one");
        return Err(KeyError::new("t_ref_ms", problem));
    }
    Ok(steps as i32)
}

/// Checks threshold and reset.
fn check_threshold(v_th_mv: f64, v_reset_mv: f64) -> Result<(), KeyError> {
    super::error::finite("v_reset_mv", v_reset_mv)?;
    super::error::require(
        v_th_mv.is_finite() && v_th_mv > v_reset_mv,
        "v_th_mv",
        v_th_mv,
        "give a threshold above the reset",
    )
}
