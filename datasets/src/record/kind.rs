//! What a record holds of the spikes: all of them, their counts, or only what each vector did; of all tokens and neurons or of
//! a sample.

use super::schema::Table;
use crate::spikes::Projection;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// What is recorded beside the activity of every vector, which always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// Every spike with its virtual time step.
    #[default]
    Events,
    /// The spike count of every neuron and token that spiked.
    Counts,
    /// Nothing more.
    Activity,
}

/// The name is not that of a [`RecordKind`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of record '{0}'; choose events, counts or activity")]
pub struct UnknownRecordKind(pub String);

impl RecordKind {
    /// The name in manifests and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Counts => "counts",
            Self::Activity => "activity",
        }
    }

    /// The table that holds it, beside that of activity.
    pub(crate) fn table(self) -> Option<Table> {
        match self {
            Self::Events => Some(Table::Spikes),
            Self::Counts => Some(Table::Counts),
            Self::Activity => None,
        }
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for RecordKind {
    type Err = UnknownRecordKind;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = [Self::Events, Self::Counts, Self::Activity];
        known.into_iter().find(|kind| kind.name() == name).ok_or_else(|| UnknownRecordKind(name.to_owned()))
    }
}

/// Which tokens and neurons have their spikes (or counts) recorded: about one in so many, chosen by a hash of where they are,
/// so that the choice is the same in every run and on every machine. Activity is always recorded of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampling {
    /// One token in so many, the same in all layers.
    pub tokens_one_in: NonZeroU32,
    /// One neuron in so many, the same at all tokens.
    pub neurons_one_in: NonZeroU32,
    /// Another seed chooses others.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { tokens_one_in: NonZeroU32::MIN, neurons_one_in: NonZeroU32::MIN, seed: 0 }
    }
}

impl Sampling {
    /// Whether every token and neuron is recorded.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.tokens_one_in.get() == 1 && self.neurons_one_in.get() == 1
    }

    /// What is recorded of the tokens and neurons, in words; `None` if all are.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        match (self.tokens_one_in.get(), self.neurons_one_in.get()) {
            (1, 1) => None,
            (tokens, 1) => Some(format!("one token in {tokens}")),
            (1, neurons) => Some(format!("one neuron in {neurons}")),
            (tokens, neurons) => Some(format!("one token in {tokens}, one neuron in {neurons}")),
        }
    }

    /// Whether the spikes of the token at this position are recorded.
    #[must_use]
    pub fn keeps_token(&self, token: u32) -> bool {
        self.keeps(self.tokens_one_in, u64::from(token))
    }

    /// Whether the spikes of a neuron are recorded; queries count head by head.
    #[must_use]
    pub fn keeps_neuron(&self, layer: u16, projection: Projection, neuron: u32) -> bool {
        let place = (u64::from(layer) << 40) | ((projection as u64) << 32) | u64::from(neuron);
        self.keeps(self.neurons_one_in, place | 1 << 63)
    }

    fn keeps(&self, one_in: NonZeroU32, place: u64) -> bool {
        one_in.get() == 1 || mixed(mixed(self.seed) ^ place).is_multiple_of(u64::from(one_in.get()))
    }
}

/// The output function of SplitMix64 (Steele, Lea and Flood 2014), after its increment.
fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_hash_is_splitmix64() {
        // First outputs of the authors' C program for the seeds 0 and 1234567.
        assert_eq!(mixed(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(mixed(1_234_567), 6_457_827_717_110_365_317);
    }

    #[test]
    fn a_sample_has_about_its_share_and_another_seed_has_others() {
        let sampling =
            |seed| Sampling { neurons_one_in: NonZeroU32::new(8).unwrap(), seed, ..Sampling::default() };
        let kept = |seed| -> Vec<u32> {
            (0..80_000).filter(|n| sampling(seed).keeps_neuron(3, Projection::DownIn, *n)).collect()
        };
        // Binomial: 10 000 in the mean, standard deviation 94.
        assert!(kept(0).len().abs_diff(10_000) < 400, "{}", kept(0).len());
        let both = kept(1).iter().filter(|n| kept(0).binary_search(n).is_ok()).take(2000).count();
        assert!(both.abs_diff(1250) < 200, "{both}");
        assert!((0..100).all(|token| sampling(0).keeps_token(token)), "tokens are whole");
    }

    #[test]
    fn layers_and_projections_have_samples_of_their_own() {
        let sampling = Sampling { neurons_one_in: NonZeroU32::new(2).unwrap(), ..Sampling::default() };
        let kept = |layer, projection| -> Vec<bool> {
            (0..64).map(|n| sampling.keeps_neuron(layer, projection, n)).collect()
        };
        assert_ne!(kept(0, Projection::AttnIn), kept(1, Projection::AttnIn));
        assert_ne!(kept(0, Projection::AttnIn), kept(0, Projection::OIn));
    }
}
