//! How many spikes a count was sent as, and when: the shape of a coding, from the count alone.
//!
//! The codings of the simulator fall into three shapes (SpikingBrain report, section 3.3). With m = |s - zero point| and T
//! the steps of the vector:
//!
//! | pattern | codings | spikes of a count | steps with a spike |
//! |---|---|---|---|
//! | rate | binary, ternary | m | the first m |
//! | bits | bitwise, bitwise-signed | bits set in m | bit T-1-t at step t |
//! | two's complement | twos-complement | bits set in the T bits of s | bit T-1-t at step t |

use std::str::FromStr;
use synfire_datasets::spikes::Activity;

/// The shape of a coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpikePattern {
    /// One spike a step while count remains.
    Rate,
    /// The bits of the magnitude, most significant first.
    Bits,
    /// The bits of the two's complement, most significant first.
    TwosComplement,
}

/// The name is not that of a coding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown coding '{0}'; known are binary, ternary, bitwise, bitwise-signed, twos-complement")]
pub struct UnknownPattern(pub String);

impl FromStr for SpikePattern {
    type Err = UnknownPattern;

    /// The pattern of a coding by the coding's name, as the manifest of a run has it.
    fn from_str(coding: &str) -> Result<Self, UnknownPattern> {
        match coding {
            "binary" | "ternary" => Ok(Self::Rate),
            "bitwise" | "bitwise-signed" => Ok(Self::Bits),
            "twos-complement" => Ok(Self::TwosComplement),
            _ => Err(UnknownPattern(coding.to_owned())),
        }
    }
}

impl SpikePattern {
    /// Spikes that the count `s` of a vector was sent as.
    #[must_use]
    pub fn spikes(self, activity: &Activity, s: i32) -> u32 {
        self.spikes_in_last(u32::MAX, activity, s)
    }

    /// Spikes of the count `s` in the last `window` steps of its vector.
    #[must_use]
    pub fn spikes_in_last(self, window: u32, activity: &Activity, s: i32) -> u32 {
        let magnitude = s.abs_diff(activity.zero_point);
        match self {
            Self::Rate => magnitude.saturating_sub(activity.steps.saturating_sub(window)),
            Self::Bits => (magnitude & low_bits(window)).count_ones(),
            Self::TwosComplement => (s as u32 & low_bits(window.min(activity.steps))).count_ones(),
        }
    }
}

/// A mask of the lowest `n` bits.
fn low_bits(n: u32) -> u32 {
    if n >= u32::BITS { u32::MAX } else { (1 << n) - 1 }
}
