//! Synapses that are listed.

use super::{Each, Synapse};
use crate::network::error::{KeyError, finite, require};

/// A list that was checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Listed {
    pairs: Vec<[u32; 2]>,
    /// Multiples of the projection's weight, if they are given.
    weights: Option<Vec<f64>>,
    /// Multiples of the projection's delay, if they are given.
    delays: Option<Vec<f64>>,
}

impl Listed {
    pub(super) fn pairs(pairs: &[[u32; 2]], sizes: [u32; 2]) -> Result<Self, KeyError> {
        let listed = Self { pairs: pairs.to_vec(), ..Self::default() };
        listed.check(sizes, |number| format!("pairs[{number}]"))
    }

    pub(super) fn synapses(synapses: &[(u32, u32, f64, f64)], sizes: [u32; 2]) -> Result<Self, KeyError> {
        let listed = Self {
            pairs: synapses.iter().map(|of| [of.0, of.1]).collect(),
            weights: Some(synapses.iter().map(|of| of.2).collect()),
            delays: Some(synapses.iter().map(|of| of.3).collect()),
        };
        listed.check(sizes, |number| format!("synapses[{number}]"))
    }

    fn check(self, [sources, targets]: [u32; 2], key: impl Fn(usize) -> String) -> Result<Self, KeyError> {
        for (number, [source, target]) in self.pairs.iter().enumerate() {
            require(
                *source < sources && *target < targets,
                &key(number),
                format_args!("[{source}, {target}]"),
                &format!("there are {sources} sources and {targets} targets, counted from 0"),
            )?;
        }
        for (number, weight) in self.weights.iter().flatten().enumerate() {
            finite(&key(number), *weight)?;
        }
        for (number, delay) in self.delays.iter().flatten().enumerate() {
            require(delay.is_finite() && *delay > 0.0, &key(number), delay, "give a delay above 0")?;
        }
        Ok(self)
    }

    pub(super) fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    pub(super) fn delays(&self) -> Option<&[f64]> {
        self.delays.as_deref()
    }

    /// Goes through all synapses.
    pub(super) fn for_each(&self, each: Each<'_>) {
        for (number, [source, target]) in self.pairs.iter().enumerate() {
            let of = |values: &Option<Vec<f64>>| values.as_ref().map_or(1.0, |values| values[number]);
            let plain = Synapse::plain(*source, *target, number as u64);
            each(Synapse { weight: of(&self.weights), delay: of(&self.delays), ..plain });
        }
    }
}
