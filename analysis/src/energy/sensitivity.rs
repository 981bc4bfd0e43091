//! Which constant moves the result most: the energy ratio with each constant at the ends of its range, the others at their
//! values. A constant without a range is moved by a stated share.

use super::comparison::Comparison;
use super::ratio::{self, Shared};
use serde::Serialize;

/// How one constant moves the energy ratio.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sensitivity {
    /// Profile and key of the constant.
    pub constant: String,
    /// Its low end, in its own unit.
    pub low: f64,
    /// Its high end.
    pub high: f64,
    /// Whether the ends are the source's (if not, the value less and more the stated share).
    pub range_of_source: bool,
    /// Energy of the spikes over the opponent's with the constant at its low end.
    pub ratio_at_low: f64,
    /// The same at its high end.
    pub ratio_at_high: f64,
}

impl Sensitivity {
    /// How far the ratio moves.
    #[must_use]
    pub fn swing(&self) -> f64 {
        (self.ratio_at_high - self.ratio_at_low).abs()
    }
}

/// Every constant in the comparison, the one that moves the ratio most first; `share` is how far one without a range moves
/// (0.2 for 20 %).
#[must_use]
pub fn sensitivity(comparison: &Comparison, share: f64) -> Vec<Sensitivity> {
    let constants: Vec<Shared> = comparison.constants().iter().map(|(_, shared)| *shared).collect();
    let mut all: Vec<Sensitivity> = comparison
        .constants()
        .iter()
        .enumerate()
        .map(|(i, (name, shared))| {
            let range_of_source = shared.low < shared.high;
            let (low, high) = if range_of_source {
                (shared.low, shared.high)
            } else {
                (shared.value * (1.0 - share).max(0.0), shared.value * (1.0 + share))
            };
            let ratio_at = |value: f64| {
                let mut moved = constants.clone();
                if let Some(constant) = moved.get_mut(i) {
                    constant.value = value;
                }
                ratio::ratio(&moved)
            };
            let (ratio_at_low, ratio_at_high) = (ratio_at(low), ratio_at(high));
            Sensitivity { constant: name.clone(), low, high, range_of_source, ratio_at_low, ratio_at_high }
        })
        .collect();
    all.sort_by(|a, b| b.swing().total_cmp(&a.swing()).then_with(|| a.constant.cmp(&b.constant)));
    all
}
