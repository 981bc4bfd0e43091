//! Neurons one by one: those that never or always spike, and how unevenly activity is spread over neurons and over tokens.
//!
//! The rate of a neuron at a token is r = |s|. Over n rates, Treves and Rolls (1991, *Network* 2:371) measure
//!
//! ```text
//! a = (sum r / n)^2 / (sum r^2 / n)
//! ```
//!
//! and Vinje and Gallant (2000, *Science* 287:1273) turn it into a sparseness of 0 (all rates alike) to 1 (one rate alone):
//! `S = (1 - a) / (1 - 1/n)`. *Population sparseness* takes S over the neurons of a coded vector and averages over vectors;
//! *lifetime sparseness* takes S over the tokens of a neuron and averages over neurons. S is not defined where every rate is
//! 0 or n is 1; such vectors and neurons are left out of the mean.
//!
//! Memory is a few sums a neuron, however long the record. The mean over vectors is kept in units of 2^-40, so that it does
//! not depend on the order in which records are merged.

use super::Accumulator;
use std::collections::BTreeMap;
use synfire_datasets::spikes::{Activity, Projection};

/// Units in 1 of the sum of population sparseness.
const UNITS: f64 = (1u64 << 40) as f64;

/// What one neuron did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Neuron {
    /// Tokens at which its count was not 0.
    active: u64,
    /// Sum of |s|.
    sum: u64,
    /// Sum of s^2.
    squares: u128,
}

/// The neurons that one vector has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Population {
    vectors: u64,
    neurons: Vec<Neuron>,
}

/// Sums over tokens for every neuron seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neurons {
    populations: BTreeMap<(u16, Projection, u16), Population>,
    /// Sum of the population sparseness of vectors, in units of 2^-40.
    sparseness: u128,
    /// Vectors in that sum.
    vectors: u64,
}

/// What [`Neurons`] comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeuronFigures {
    /// Neurons seen.
    pub neurons: u64,
    /// Neurons without a spike at any token.
    pub dead: u64,
    /// Neurons with a spike at every token.
    pub always_active: u64,
    /// Mean population sparseness; NaN where none is defined.
    pub population_sparseness: f64,
    /// Mean lifetime sparseness; NaN where none is defined.
    pub lifetime_sparseness: f64,
}

/// Sparseness S of `n` rates by their sum and the sum of their squares.
fn sparseness(n: u64, sum: u64, squares: u128) -> Option<f64> {
    let (n, sum, squares) = (n as f64, sum as f64, squares as f64);
    (n > 1.0 && squares > 0.0).then(|| ((1.0 - sum * sum / (n * squares)) / (1.0 - 1.0 / n)).clamp(0.0, 1.0))
}

impl Neurons {
    /// The figures of all neurons seen.
    #[must_use]
    pub fn figures(&self) -> NeuronFigures {
        let mut figures = NeuronFigures {
            neurons: 0,
            dead: 0,
            always_active: 0,
            population_sparseness: self.sparseness as f64 / UNITS / self.vectors as f64,
            lifetime_sparseness: f64::NAN,
        };
        let (mut lifetime, mut defined) = (0.0, 0u64);
        for population in self.populations.values() {
            for neuron in &population.neurons {
                figures.neurons += 1;
                figures.dead += u64::from(neuron.active == 0);
                figures.always_active += u64::from(neuron.active == population.vectors);
                if let Some(s) = sparseness(population.vectors, neuron.sum, neuron.squares) {
                    lifetime += s;
                    defined += 1;
                }
            }
        }
        figures.lifetime_sparseness = lifetime / defined as f64;
        figures
    }

    /// Tokens at which each neuron of a layer and projection was active, and tokens seen: `(active, tokens)`, neurons in
    /// order, queries head by head.
    pub fn active_tokens(&self, layer: u16, projection: Projection) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.populations
            .range((layer, projection, 0)..=(layer, projection, u16::MAX))
            .flat_map(|(_, population)| population.neurons.iter().map(|n| (n.active, population.vectors)))
    }
}

impl Accumulator for Neurons {
    fn observe(&mut self, activity: &Activity, counts: &[i32]) {
        let key = (activity.layer, activity.projection, activity.head);
        let population = self.populations.entry(key).or_default();
        population.vectors += 1;
        if population.neurons.len() < counts.len() {
            population.neurons.resize(counts.len(), Neuron::default());
        }
        let (mut sum, mut squares) = (0u64, 0u128);
        for (neuron, s) in population.neurons.iter_mut().zip(counts) {
            let rate = u64::from(s.unsigned_abs());
            let square = u128::from(rate) * u128::from(rate);
            neuron.active += u64::from(rate > 0);
            neuron.sum += rate;
            neuron.squares += square;
            sum += rate;
            squares += square;
        }
        if let Some(s) = sparseness(counts.len() as u64, sum, squares) {
            self.sparseness += (s * UNITS).round() as u128;
            self.vectors += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.sparseness += other.sparseness;
        self.vectors += other.vectors;
        for (key, theirs) in &other.populations {
            let ours = self.populations.entry(*key).or_default();
            ours.vectors += theirs.vectors;
            ours.neurons.resize(ours.neurons.len().max(theirs.neurons.len()), Neuron::default());
            for (ours, theirs) in ours.neurons.iter_mut().zip(&theirs.neurons) {
                ours.active += theirs.active;
                ours.sum += theirs.sum;
                ours.squares += theirs.squares;
            }
        }
    }
}
