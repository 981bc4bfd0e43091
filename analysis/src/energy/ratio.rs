//! Range of a ratio of two energies over the ranges of the constants that both share.
//!
//! Energies are linear in the constants, `(a . c) / (b . c)`, and each constant lies in its own range, so the extremes are at
//! corners. At the extreme r, constant i is at its high end if `a_i - r b_i` has the sign that helps (Dinkelbach 1967);
//! repeating with the new r converges in a few rounds.

/// Rounds after which the extreme has long been found.
const ROUNDS: usize = 100;

/// One constant in both energies: its amounts and its range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shared {
    pub(super) above: f64,
    pub(super) below: f64,
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Ratio with every constant at its value.
pub(super) fn ratio(constants: &[Shared]) -> f64 {
    at(constants, |c| c.value)
}

/// Smallest and largest ratio over all ranges; they hold [`ratio`] in spite of rounding.
pub(super) fn bounds(constants: &[Shared]) -> (f64, f64) {
    let extreme = |sign: f64| {
        let mut r = ratio(constants);
        for _ in 0..ROUNDS {
            let next = at(constants, |c| if sign * (c.above - r * c.below) > 0.0 { c.high } else { c.low });
            if next == r || !next.is_finite() {
                break;
            }
            r = next;
        }
        r
    };
    let middle = ratio(constants);
    (extreme(-1.0).min(middle), extreme(1.0).max(middle))
}

fn at(constants: &[Shared], value: impl Fn(&Shared) -> f64) -> f64 {
    let sum = |amount: fn(&Shared) -> f64| constants.iter().map(|c| amount(c) * value(c)).sum::<f64>();
    sum(|c| c.above) / sum(|c| c.below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_bounds_are_those_of_the_best_and_worst_corner(
            raw in prop::collection::vec((0.0f64..9.0, 0.1f64..9.0, 0.1f64..2.0, 0.0f64..2.0), 1..8),
        ) {
            let constants: Vec<Shared> = raw
                .iter()
                .map(|&(above, below, low, width)| {
                    Shared { above, below, value: low + width / 2.0, low, high: low + width }
                })
                .collect();
            let corner = |mask: usize| {
                let sum = |amount: fn(&Shared) -> f64| {
                    let ends = constants.iter().enumerate();
                    ends.map(|(i, c)| amount(c) * if mask >> i & 1 == 1 { c.high } else { c.low }).sum::<f64>()
                };
                sum(|c| c.above) / sum(|c| c.below)
            };
            let corners = (0..1 << constants.len()).map(corner);
            let (low, high) = corners.fold((f64::MAX, f64::MIN), |(l, h), r| (l.min(r), h.max(r)));
            let (found_low, found_high) = bounds(&constants);
            prop_assert!((found_low - low).abs() <= 1e-9 * high && (found_high - high).abs() <= 1e-9 * high);
            prop_assert!((found_low..=found_high).contains(&ratio(&constants)));
        }
    }
}
