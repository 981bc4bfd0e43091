//! What the variables of neurons start at.

use super::description::Population;
use super::error::KeyError;
use super::neuron::State;
use super::random::{Key, Use};
use std::ops::Range;

/// The number of a variable of the model.
pub(super) fn variable(population: &Population, name: &str) -> Result<usize, KeyError> {
    let known = population.neuron.variables();
    known.iter().position(|variable| *variable == name).ok_or_else(|| {
        let problem = format!("'{name}'; {} has {}", population.neuron.name(), known.join(", "));
        KeyError::new("", problem)
    })
}

/// Checks the values that a description gives.
pub(super) fn check_initial(population: &Population) -> Result<(), KeyError> {
    for (name, value) in &population.initial {
        variable(population, name).and_then(|_| value.check()).map_err(|error| error.below(name))?;
    }
    Ok(())
}

/// The state at the start.
pub(super) fn initial(population: &Population, number: usize, seed: u64, range: Range<u32>) -> State {
    let variables = population.neuron.variables().iter().enumerate().map(|(variable, name)| {
        let Some(value) = population.initial.get(*name) else {
            return vec![population.neuron.start(variable); range.len()];
        };
        let offset = if variable == 0 { population.neuron.rest_mv() } else { 0.0 };
        let key = Key::new(seed, Use::Neurons, (number as u32) << 4 | variable as u32);
        range.clone().map(|neuron| value.draw(&mut key.stream(u64::from(neuron))) - offset).collect()
    });
    State { variables: variables.collect(), refractory: vec![0; range.len()] }
}
