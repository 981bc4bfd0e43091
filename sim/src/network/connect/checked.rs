//! A projection whose populations, weights and delays were checked.

use super::geometry::Geometry;
use super::rules::{Ends, Pattern};
use crate::network::description::{Drive, Population, Projection, Receptor, Value};
use crate::network::error::{KeyError, finite, not_negative, require};
use crate::network::neuron::WeightUnit;
use crate::network::synapse::SynapseModel;

/// A projection between populations by number, with delays in steps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CheckedProjection {
    pub(crate) source: usize,
    pub(crate) target: usize,
    pub(super) ends: Ends,
    pub(super) pattern: Pattern,
    pub(super) weight: Value,
    /// In steps, before rounding.
    pub(super) delay_steps: Value,
    /// What the distance between neurons adds to the delay.
    pub(super) travel: Option<Travel>,
    pub(crate) receptor: usize,
    pub(crate) synapse: SynapseModel,
}

/// Delay by distance.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Travel {
    pub(super) steps_per_um: f64,
    pub(super) geometry: Geometry,
}

/// Longest delay that is drawn, in steps: it takes a byte.
pub(crate) const LONGEST_DRAWN: u32 = u8::MAX as u32;
/// Longest delay in steps.
const LONGEST: f64 = 65_535.0;

/// The population of this name.
pub(crate) fn population(populations: &[Population], key: &str, name: &str) -> Result<usize, KeyError> {
    populations.iter().position(|p| p.name == name).ok_or_else(|| {
        let names: Vec<&str> = populations.iter().take(12).map(|p| p.name.as_str()).collect();
        KeyError::new(key, format!("there is no population '{name}'; there are {}", names.join(", ")))
    })
}

/// The one weight that is given, if it is in the unit of the target.
pub(crate) fn weight<V: Copy>(target: &Population, weights: [Option<V>; 3]) -> Result<V, KeyError> {
    let unit = target.neuron.weight_unit();
    let units = [WeightUnit::Millivolt, WeightUnit::Picoampere, WeightUnit::Nanosiemens];
    let mut found = None;
    for (given, of) in weights.into_iter().zip(units) {
        match given {
            Some(weight) if of == unit => found = Some(weight),
            Some(_) => {
                let problem =
                    format!("synapses of '{}' ({}) take {}", target.name, target.neuron.name(), unit.key());
                return Err(KeyError::new(of.key(), problem));
            }
            None => {}
        }
    }
    found.ok_or_else(|| {
        let problem = format!("missing; give the weight for '{}' ({})", target.name, target.neuron.name());
        KeyError::new(unit.key(), problem)
    })
}

/// The number of the receptor that a weight of this sign acts on, and the factor that the weight is taken times.
pub(crate) fn receptor(
    target: &Population,
    asked: Option<Receptor>,
    mean: f64,
) -> Result<(usize, f64), KeyError> {
    if target.neuron.receptors() == 1 {
        require(asked.is_none(), "receptor", "given", "leave it out: these neurons have one receptor only")?;
        return Ok((0, 1.0));
    }
    let receptor = asked.unwrap_or(if mean < 0.0 { Receptor::Inhibitory } else { Receptor::Excitatory });
    // A conductance has no sign: a negative weight says that it is inhibitory, as in NEST.
    let conductance = target.neuron.weight_unit() == WeightUnit::Nanosiemens;
    let factor = if conductance && mean < 0.0 { -1.0 } else { 1.0 };
    if conductance && mean < 0.0 && receptor == Receptor::Excitatory {
        let problem = format!("{mean}; an excitatory conductance is not negative");
        return Err(KeyError::new(WeightUnit::Nanosiemens.key(), problem));
    }
    Ok((receptor as usize, factor))
}

impl CheckedProjection {
    /// Checks `projection` between `populations` for steps of `dt_ms`.
    pub(crate) fn new(
        projection: &Projection,
        populations: &[Population],
        dt_ms: f64,
    ) -> Result<Self, KeyError> {
        let source = population(populations, "source", &projection.source)?;
        let target = population(populations, "target", &projection.target)?;
        let to = &populations[target];
        require(to.neuron.receptors() > 0, "target", &to.name, "is a source, which takes no synapses")?;
        let from = &populations[source];
        let not_itself = source == target && !projection.allow_autapses;
        let ends =
            Ends { sizes: [from.size, to.size], not_itself, allow_multapses: projection.allow_multapses };
        let pattern = Pattern::new(&projection.rule, projection, from, to, ends)?;
        let weight = weight(to, [projection.weight_mv, projection.weight_pa, projection.weight_ns])?;
        let key = to.neuron.weight_unit().key();
        weight.check().map_err(|error| error.below(key))?;
        let multiples = pattern.weights();
        if to.neuron.weight_unit() == WeightUnit::Nanosiemens {
            let least = multiples.into_iter().flatten().copied().fold(0.0, f64::min);
            let remedy = "conductances are not negative: give inhibitory synapses a projection of their own";
            require(least >= 0.0, "rule", format_args!("a weight of {least}"), remedy)?;
        }
        let mean = multiples.map_or(1.0, |all| all.iter().sum::<f64>() / all.len().max(1) as f64);
        let (receptor, factor) = receptor(to, projection.receptor, weight.mean() * mean)?;
        projection.delay_ms.check().map_err(|error| error.below("delay_ms"))?;
        let delay_steps = projection.delay_ms.scaled(1.0 / dt_ms);
        if let Some(steps) = delay_steps.constant() {
            let multiples = pattern.delays().unwrap_or(&[1.0]);
            let (least, most) = multiples
                .iter()
                .fold((f64::MAX, 0.0f64), |(least, most), by| (least.min(*by), most.max(*by)));
            require(
                multiples.is_empty() || (least * steps >= 0.5 && most * steps < LONGEST),
                "delay_ms",
                projection.delay_ms.mean(),
                &format!("give at least a step ({dt_ms} ms) and less than {} ms", LONGEST * dt_ms),
            )?;
        }
        projection.synapse.check().map_err(|error| error.below("synapse"))?;
        let per_um = projection.delay_ms_per_um;
        not_negative("delay_ms_per_um", per_um)?;
        let travel = if per_um > 0.0 {
            let geometry = Geometry::new(from, to).map_err(|error| error.below("delay_ms_per_um"))?;
            Some(Travel { steps_per_um: per_um / dt_ms, geometry })
        } else {
            None
        };
        let (weight, synapse) = (weight.scaled(factor), projection.synapse.scaled(factor));
        Ok(Self { source, target, ends, pattern, weight, delay_steps, travel, receptor, synapse })
    }

    /// The weight that all synapses share, if they do.
    pub(crate) fn constant_weight(&self) -> Option<f64> {
        self.weight.constant().filter(|_| self.pattern.weights().is_none())
    }

    /// The delay in steps that all synapses share, if they do.
    pub(super) fn constant_delay(&self) -> Option<f64> {
        self.delay_steps.constant().filter(|_| self.pattern.delays().is_none() && self.travel.is_none())
    }
}

/// The receptor and weight of a drive.
pub(crate) fn drive_target(drive: &Drive, target: &Population) -> Result<(usize, f64), KeyError> {
    require(target.neuron.receptors() > 0, "target", &target.name, "is a source, which takes no synapses")?;
    let given = weight(target, [drive.weight_mv, drive.weight_pa, drive.weight_ns])?;
    finite(target.neuron.weight_unit().key(), given)?;
    let (receptor, factor) = receptor(target, drive.receptor, given)?;
    Ok((receptor, factor * given))
}
