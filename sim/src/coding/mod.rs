//! Spike codings: signed spike counts to spikes over virtual time steps, and back (SpikingBrain report, section 3.3;
//! the release's Int2Spike).
//!
//! | coding | spikes at a step | steps T (smallest) | weight of step t |
//! |---|---|---|---|
//! | binary | {0, 1} while count remains | max s | 1 |
//! | ternary | {-1, 0, 1} while count remains | max \|s\| | 1 |
//! | bitwise | {0, 1}, most significant bit first | max(1, ceil(log2(max s + 1))) | 2^(T-1-t) |
//! | bitwise-signed | bits of \|s\| with the sign of s | max(1, ceil(log2(max \|s\| + 1))) | 2^(T-1-t) |
//! | twos-complement | {0, 1} | max(2, ceil(log2(max \|s\| + 1)) + 1) | -2^(T-1) first, then 2^(T-1-t) |
//!
//! Binary and bitwise know no negative spikes: where a vector has negative counts they code `s - z` with the zero point
//! `z = min(s)`, and the receiver adds `z` times the sum of its weights.

mod events;

pub use events::{Spike, Spikes};

use serde::{Deserialize, Serialize};

/// How counts become spikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coding {
    /// Rate code: one spike a step while count remains; unsigned.
    Binary,
    /// Signed rate code.
    Ternary,
    /// Bits of the count, most significant first; unsigned.
    Bitwise,
    /// Bits of the magnitude with the sign of the count ("bitwise bidirectional" in the report).
    #[default]
    BitwiseSigned,
    /// Bits of the two's complement; the first step has a negative weight.
    TwosComplement,
}

/// The name is not a coding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown coding '{0}'; choose one of binary, ternary, bitwise, bitwise-signed, twos-complement")]
pub struct UnknownCoding(pub String);

impl Coding {
    /// Every coding.
    pub const ALL: [Self; 5] =
        [Self::Binary, Self::Ternary, Self::Bitwise, Self::BitwiseSigned, Self::TwosComplement];

    /// The name in records and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Ternary => "ternary",
            Self::Bitwise => "bitwise",
            Self::BitwiseSigned => "bitwise-signed",
            Self::TwosComplement => "twos-complement",
        }
    }

    /// Codes the counts of one vector in the fewest steps.
    ///
    /// ```
    /// # use synfire_sim::coding::Coding;
    /// let train = Coding::BitwiseSigned.encode(&[5, 0, -1]);
    /// assert_eq!(train.steps(), 3);
    /// let values: Vec<_> = train.spikes().map(|s| (s.step, s.neuron, s.value())).collect();
    /// assert_eq!(values, [(0, 0, 4), (2, 0, 1), (2, 2, -1)]);
    /// assert_eq!(train.decode(train.spikes()), [5, 0, -1]);
    /// ```
    #[must_use]
    pub fn encode(self, counts: &[i32]) -> SpikeCode<'_> {
        let (mut low, mut high) = (0i32, 0i32);
        for s in counts {
            low = low.min(*s);
            high = high.max(*s);
        }
        let signed_top = low.unsigned_abs().max(high.unsigned_abs());
        let (zero_point, steps) = match self {
            Self::Binary => (low, high.abs_diff(low)),
            Self::Ternary => (0, signed_top),
            Self::Bitwise => (low, bits(high.abs_diff(low)).max(1)),
            Self::BitwiseSigned => (0, bits(signed_top).max(1)),
            Self::TwosComplement => (0, (bits(signed_top) + 1).max(2)),
        };
        SpikeCode { coding: self, counts, steps, zero_point }
    }
}

fn bits(value: u32) -> u32 {
    u32::BITS - value.leading_zeros()
}

impl std::fmt::Display for Coding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Coding {
    type Err = UnknownCoding;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|c| c.name() == name).ok_or_else(|| UnknownCoding(name.to_owned()))
    }
}

/// The spike trains of one vector of counts.
#[derive(Debug, Clone, Copy)]
pub struct SpikeCode<'a> {
    coding: Coding,
    counts: &'a [i32],
    steps: u32,
    zero_point: i32,
}

impl<'a> SpikeCode<'a> {
    /// The counts that are coded.
    #[must_use]
    pub fn counts(&self) -> &'a [i32] {
        self.counts
    }

    /// Virtual time steps T.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// What is added to every decoded count; 0 unless the coding is unsigned and a count negative.
    #[must_use]
    pub fn zero_point(&self) -> i32 {
        self.zero_point
    }

    /// The spikes in order of time, neurons ascending within a step.
    #[must_use]
    pub fn spikes(&self) -> Spikes {
        Spikes::new(self)
    }

    /// Number of spikes, without walking through them.
    #[must_use]
    pub fn spike_count(&self) -> u64 {
        let total = |f: fn(&Self, i32) -> u32| self.counts.iter().map(|s| u64::from(f(self, *s))).sum();
        match self.coding {
            Coding::Binary => total(|code, s| s.abs_diff(code.zero_point)),
            Coding::Ternary => total(|_, s| s.unsigned_abs()),
            Coding::Bitwise => total(|code, s| s.abs_diff(code.zero_point).count_ones()),
            Coding::BitwiseSigned => total(|_, s| s.unsigned_abs().count_ones()),
            Coding::TwosComplement => total(|code, s| code.pattern(s).count_ones()),
        }
    }

    /// Sums `spikes` into counts, the inverse of [`Self::spikes`]. Spikes of neurons beyond the vector are ignored.
    #[must_use]
    pub fn decode(&self, spikes: impl IntoIterator<Item = Spike>) -> Vec<i32> {
        let mut counts = vec![self.zero_point; self.counts.len()];
        for spike in spikes {
            if let Some(count) = counts.get_mut(spike.neuron as usize) {
                *count = count.wrapping_add(spike.value());
            }
        }
        counts
    }

    /// The T bits of the two's complement of `s`.
    fn pattern(&self, s: i32) -> u32 {
        s as u32 & (u32::MAX >> (u32::BITS - self.steps.min(u32::BITS)))
    }
}
