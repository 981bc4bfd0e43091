//! What a spike coding means for hardware: at which virtual time steps a channel fires, and how many of its spikes carry a
//! weight other than 1 and so need a shift.
//!
//! A channel's spikes are told by one number, its *pattern*: for bitwise codings the bits that fire (bit b is the step of
//! weight 2^b), for rate codings how many of the first steps hold a spike.

use serde::{Deserialize, Serialize};
use synfire_datasets::spikes::Activity;

/// A spike coding, by its name in records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpikeCoding {
    /// One spike a step while count remains; unsigned.
    Binary,
    /// Signed rate code.
    Ternary,
    /// Bits of the count; unsigned.
    Bitwise,
    /// Bits of the magnitude, with the sign.
    BitwiseSigned,
    /// Bits of the two's complement.
    TwosComplement,
}

impl SpikeCoding {
    /// Whether steps have weights 2^b.
    #[must_use]
    pub fn is_bitwise(self) -> bool {
        !matches!(self, Self::Binary | Self::Ternary)
    }

    /// The pattern of a channel with spike count `count` in the vector of `activity`.
    #[must_use]
    pub fn pattern(self, count: i32, activity: &Activity) -> u32 {
        match self {
            Self::Binary | Self::Bitwise => count.abs_diff(activity.zero_point),
            Self::Ternary | Self::BitwiseSigned => count.unsigned_abs(),
            Self::TwosComplement => {
                count as u32 & (u32::MAX >> (u32::BITS - activity.steps.clamp(1, u32::BITS)))
            }
        }
    }

    /// Steps at which the channel fires, or, for the joined pattern of several, at which any of them does.
    #[must_use]
    pub fn firing_steps(self, pattern: u32) -> u32 {
        if self.is_bitwise() { pattern.count_ones() } else { pattern }
    }

    /// The pattern of channels taken together: it fires where any of them fires.
    #[must_use]
    pub fn join(self, a: u32, b: u32) -> u32 {
        if self.is_bitwise() { a | b } else { a.max(b) }
    }

    /// Spikes of the channel whose weight is not 1 or -1.
    #[must_use]
    pub fn shifted_spikes(self, pattern: u32) -> u32 {
        if self.is_bitwise() { (pattern >> 1).count_ones() } else { 0 }
    }
}
