//! Histogram of spike counts (figure 9 of the SpikingBrain report).
//!
//! Counts up to 1023 in magnitude have a bin each; beyond, a bin is a power of two wide, so that memory stays bounded
//! whatever outliers come.

use super::Accumulator;
use serde::Serialize;
use synfire_datasets::spikes::Activity;

/// Magnitudes below this have a bin each.
const EXACT: u32 = 1024;

/// Channel samples by spike count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Histogram {
    /// By bin of the magnitude: counts of 0 and above.
    positive: Vec<u64>,
    /// By bin of the magnitude: counts below 0.
    negative: Vec<u64>,
}

/// Channel samples whose count is `low..=high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bin {
    /// Smallest count.
    pub low: i64,
    /// Largest count.
    pub high: i64,
    /// Channel samples.
    pub channels: u64,
}

fn bin_of(magnitude: u32) -> usize {
    if magnitude < EXACT { magnitude as usize } else { (EXACT + magnitude.ilog2() - EXACT.ilog2()) as usize }
}

/// Smallest and largest magnitude of a bin.
fn ends(bin: usize) -> (i64, i64) {
    match (bin as i64).checked_sub(i64::from(EXACT)) {
        Some(beyond) if beyond >= 0 => {
            let low = i64::from(EXACT) << beyond;
            (low, 2 * low - 1)
        }
        _ => (bin as i64, bin as i64),
    }
}

impl Histogram {
    /// The bins that are not empty, counts ascending.
    pub fn bins(&self) -> impl Iterator<Item = Bin> + '_ {
        let below = self.negative.iter().enumerate().rev().map(|(bin, n)| {
            let (low, high) = ends(bin);
            Bin { low: -high, high: -low, channels: *n }
        });
        let above = self.positive.iter().enumerate().map(|(bin, n)| {
            let (low, high) = ends(bin);
            Bin { low, high, channels: *n }
        });
        below.chain(above).filter(|bin| bin.channels > 0)
    }

    /// Channel samples.
    #[must_use]
    pub fn channels(&self) -> u64 {
        self.positive.iter().chain(&self.negative).sum()
    }

    /// Bins for people: a bin for each count up to 16 in magnitude, then one for each doubling.
    #[must_use]
    pub fn folded(&self) -> Vec<Bin> {
        let mut folded: Vec<Bin> = Vec::new();
        for bin in self.bins() {
            let (low, high) = coarse(bin.low);
            match folded.last_mut() {
                Some(last) if last.low == low => last.channels += bin.channels,
                _ => folded.push(Bin { low, high, channels: bin.channels }),
            }
        }
        folded
    }
}

/// The bin for people that a count lies in.
fn coarse(s: i64) -> (i64, i64) {
    let magnitude = s.abs();
    let (low, high) = if magnitude <= 16 {
        (magnitude, magnitude)
    } else {
        let power = 1i64 << magnitude.ilog2();
        (power.max(17), 2 * power - 1)
    };
    if s < 0 { (-high, -low) } else { (low, high) }
}

impl Accumulator for Histogram {
    fn observe(&mut self, _: &Activity, counts: &[i32]) {
        for s in counts {
            let side = if *s < 0 { &mut self.negative } else { &mut self.positive };
            let bin = bin_of(s.unsigned_abs());
            if bin >= side.len() {
                side.resize(bin + 1, 0);
            }
            if let Some(n) = side.get_mut(bin) {
                *n += 1;
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        for (mine, others) in [(&mut self.positive, &other.positive), (&mut self.negative, &other.negative)] {
            mine.resize(mine.len().max(others.len()), 0);
            mine.iter_mut().zip(others).for_each(|(mine, other)| *mine += other);
        }
    }
}
