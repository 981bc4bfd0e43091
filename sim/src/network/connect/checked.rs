//! A projection whose populations, weights and delays were checked.

use crate::network::description::{Drive, Population, Projection, Receptor, Rule, Value};
use crate::network::error::{KeyError, finite, require};
use crate::network::neuron::WeightUnit;
use crate::network::synapse::SynapseModel;

/// A projection between populations by number, with delays in steps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CheckedProjection {
    pub(crate) source: usize,
    pub(crate) target: usize,
    pub(crate) rule: Rule,
    pub(crate) weight: Value,
    /// In steps, before rounding.
    pub(crate) delay_steps: Value,
    pub(crate) receptor: usize,
    pub(crate) synapse: SynapseModel,
    pub(crate) allow_autapses: bool,
    pub(crate) allow_multapses: bool,
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
        let weight = weight(to, [projection.weight_mv, projection.weight_pa, projection.weight_ns])?;
        let key = to.neuron.weight_unit().key();
        weight.check().map_err(|error| error.below(key))?;
        let (receptor, factor) = receptor(to, projection.receptor, weight.mean())?;
        projection.delay_ms.check().map_err(|error| error.below("delay_ms"))?;
        let delay_steps = projection.delay_ms.scaled(1.0 / dt_ms);
        if let Some(steps) = delay_steps.constant() {
            require(
                (0.5..LONGEST).contains(&steps),
                "delay_ms",
                projection.delay_ms.mean(),
                &format!("give at least a step ({dt_ms} ms) and less than {} ms", LONGEST * dt_ms),
            )?;
        }
        projection.synapse.check().map_err(|error| error.below("synapse"))?;
        check_rule(projection, populations[source].size, to.size, source == target)?;
        Ok(Self {
            source,
            target,
            rule: projection.rule.clone(),
            weight: weight.scaled(factor),
            delay_steps,
            receptor,
            synapse: projection.synapse.scaled(factor),
            allow_autapses: projection.allow_autapses,
            allow_multapses: projection.allow_multapses,
        })
    }
}

fn check_rule(projection: &Projection, sources: u32, targets: u32, same: bool) -> Result<(), KeyError> {
    let distinct = |key: &str, n: u32, of: u32| {
        let most = if projection.allow_multapses {
            u32::MAX
        } else {
            of - u32::from(same && !projection.allow_autapses)
        };
        require(n <= most && (n == 0 || of > 0), key, n, &format!("there are {most} different neurons"))?;
        let alone = n > 0 && same && !projection.allow_autapses && of == 1;
        require(!alone, key, n, "a single neuron has no other to be connected with; allow autapses")
    };
    match &projection.rule {
        Rule::AllToAll => Ok(()),
        Rule::OneToOne => require(
            sources == targets,
            "rule.one_to_one",
            format_args!("{sources} sources and {targets} targets"),
            "give populations of one size",
        ),
        Rule::FixedProbability(p) => {
            require((0.0..=1.0).contains(p), "rule.fixed_probability", p, "give a probability from 0 to 1")
        }
        Rule::FixedIndegree(n) => distinct("rule.fixed_indegree", *n, sources),
        Rule::FixedOutdegree(n) => distinct("rule.fixed_outdegree", *n, targets),
        Rule::FixedTotal(n) => {
            let plain = projection.allow_autapses && projection.allow_multapses;
            require(plain, "rule.fixed_total", n, "it allows autapses and multapses; leave both switched on")
        }
        Rule::Pairs(pairs) => {
            for (number, [source, target]) in pairs.iter().enumerate() {
                require(
                    *source < sources && *target < targets,
                    &format!("rule.pairs[{number}]"),
                    format_args!("[{source}, {target}]"),
                    &format!("there are {sources} sources and {targets} targets, counted from 0"),
                )?;
            }
            Ok(())
        }
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
