//! When a sum of exponentials first reaches zero, without missing a crossing however short.
//!
//! `f(t) = sum of a_i exp(-r_i t)` of n terms has at most n - 1 zeros: times `exp(r_0 t)`, its derivative is such a sum of n - 1
//! terms (Rolle). So the zeros of the sum of two terms bracket those of three, and these those of four. Between brackets the
//! function is monotonous, and Newton's method that falls back on bisection finds its zero to rounding. What is found depends on
//! the terms alone and not on how far ahead somebody looks, so that a run that pauses foretells the same bits again.

/// Terms at most: a constant, the membrane, two synapses.
const MOST: usize = 4;

/// `amplitude exp(-rate t)`, the rate in 1/ms.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Term {
    pub(super) rate: f64,
    pub(super) amplitude: f64,
}

/// The first time from 0 on at which the sum of `terms` is not negative; `None` if it stays negative. Rates are not negative; at
/// most four are different.
pub(super) fn first_crossing(terms: &[Term]) -> Option<f64> {
    let mut sorted = [Term::default(); MOST];
    let mut count = 0;
    for term in terms.iter().filter(|term| term.amplitude != 0.0) {
        match sorted[..count].iter_mut().find(|known| known.rate == term.rate) {
            Some(known) => known.amplitude += term.amplitude,
            None if count < MOST => {
                sorted[count] = *term;
                count += 1;
            }
            None => {}
        }
    }
    let sorted = &mut sorted[..count];
    if sorted.iter().map(|term| term.amplitude).sum::<f64>() >= 0.0 {
        return Some(0.0);
    }
    // Each term is largest at the start, or tends to zero: no crossing if that is not enough.
    let constant: f64 = sorted.iter().filter(|term| term.rate == 0.0).map(|term| term.amplitude).sum();
    let most: f64 = sorted.iter().filter(|term| term.rate > 0.0).map(|term| term.amplitude.max(0.0)).sum();
    if constant + most < 0.0 {
        return None;
    }
    sorted.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let mut zeros = [0.0; MOST];
    let found = zeros_of(sorted, &mut zeros);
    zeros[..found].first().copied()
}

/// All zeros from 0 on at which the sum changes its sign, ascending; gives their number. Rates ascend.
fn zeros_of(terms: &[Term], zeros: &mut [f64; MOST]) -> usize {
    let [first, rest @ ..] = terms else { return 0 };
    if rest.is_empty() {
        return 0;
    }
    // Relative to the slowest term all others decay, so nothing overflows.
    let mut scaled = [Term::default(); MOST];
    let mut slope = [Term::default(); MOST];
    for (i, term) in terms.iter().enumerate() {
        scaled[i] = Term { rate: term.rate - first.rate, amplitude: term.amplitude };
    }
    for (i, term) in scaled[1..terms.len()].iter().enumerate() {
        slope[i] = Term { rate: term.rate, amplitude: -term.amplitude * term.rate };
    }
    let scaled = &scaled[..terms.len()];
    let mut turns = [0.0; MOST];
    let turning = zeros_of(&slope[..rest.len()], &mut turns);
    let mut found = 0;
    let (mut low, mut at_low) = (0.0, value(scaled, 0.0));
    for high in turns[..turning].iter().copied() {
        let at_high = value(scaled, high);
        if (at_low < 0.0) != (at_high < 0.0) && found < MOST {
            zeros[found] = zero_between(scaled, low, high, at_low < 0.0);
            found += 1;
        }
        (low, at_low) = (high, at_high);
    }
    // In the end the slowest term is left.
    if (at_low < 0.0) != (first.amplitude < 0.0)
        && let Some(high) = beyond(scaled, low)
        && found < MOST
    {
        zeros[found] = zero_between(scaled, low, high, at_low < 0.0);
        found += 1;
    }
    found
}

/// A time after `low`, the last turn, at which the sum has the sign that it keeps: twice as far each time, from the fastest term's
/// time constant on.
fn beyond(terms: &[Term], low: f64) -> Option<f64> {
    let [slowest, .., fastest] = terms else { return None };
    let mut ahead = 1.0 / fastest.rate;
    while ahead.is_finite() {
        if (value(terms, low + ahead) < 0.0) == (slowest.amplitude < 0.0) {
            return Some(low + ahead);
        }
        ahead *= 2.0;
    }
    None
}

fn value(terms: &[Term], t: f64) -> f64 {
    terms.iter().map(|term| term.amplitude * (-term.rate * t).exp()).sum()
}

/// The zero between `low` and `high`, where the sum is monotonous and rises or falls through zero.
fn zero_between(terms: &[Term], mut low: f64, mut high: f64, rises: bool) -> f64 {
    let mut t = 0.5 * (low + high);
    for _ in 0..200 {
        let (mut value, mut slope) = (0.0, 0.0);
        for term in terms {
            let part = term.amplitude * (-term.rate * t).exp();
            value += part;
            slope -= term.rate * part;
        }
        if (value < 0.0) == rises {
            low = t;
        } else {
            high = t;
        }
        let newton = t - value / slope;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - t).abs() <= 1e-15 * t.abs() || next == low || next == high {
            return next;
        }
        t = next;
    }
    t
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn term(rate: f64, amplitude: f64) -> Term {
        Term { rate, amplitude }
    }

    #[test]
    fn a_charging_membrane_crosses_where_its_logarithm_says() {
        // 20 (1 - exp(-t / 10)) = 15
        let t = first_crossing(&[term(0.0, 5.0), term(0.1, -20.0)]).unwrap();
        assert!((t - 10.0 * 4f64.ln()).abs() < 1e-13, "{t}");
        assert_eq!(first_crossing(&[term(0.0, -0.1), term(0.1, -20.0), term(0.2, 19.0)]), None);
        assert_eq!(first_crossing(&[term(0.0, -1.0), term(0.1, 1.0)]), Some(0.0));
    }

    #[test]
    fn a_peak_between_two_looks_is_not_missed() {
        // exp(-t/10) - exp(-t/2) has its peak 0.534992 at t = 4.0236; above the threshold for 0.08 ms only.
        let peak = 0.534_992_2;
        let t = first_crossing(&[term(0.0, -peak + 1e-5), term(0.1, 1.0), term(0.5, -1.0)]).unwrap();
        assert!((t - 4.0236).abs() < 0.05, "{t}");
        assert_eq!(first_crossing(&[term(0.0, -peak - 1e-5), term(0.1, 1.0), term(0.5, -1.0)]), None);
    }

    proptest! {
        #[test]
        fn the_first_crossing_is_the_one_that_a_fine_grid_finds(
            amplitudes in prop::array::uniform4(-5.0f64..5.0), m in 5.0f64..30.0, a in 0.3f64..4.9, b in 31.0f64..60.0,
        ) {
            let terms = [term(0.0, amplitudes[0]), term(1.0 / m, amplitudes[1]), term(1.0 / a, amplitudes[2]), term(1.0 / b, amplitudes[3])];
            prop_assume!(value(&terms, 0.0) < -1e-9);
            let found = first_crossing(&terms).filter(|t| *t <= 200.0);
            let grid = (1..=200_000).map(|i| f64::from(i) * 1e-3).find(|t| value(&terms, *t) >= 0.0);
            match (found, grid) {
                (Some(found), Some(grid)) => {
                    prop_assert!(found <= grid + 1e-9 && value(&terms, found).abs() < 1e-9, "{} {}", found, grid);
                    // What lies earlier than the grid's is a peak between its points.
                    prop_assert!(grid - found < 1.001e-3 || value(&terms, found + 1e-3) < 1e-9);
                }
                (None, Some(grid)) => prop_assert!(false, "missed {}", grid),
                (Some(found), None) => prop_assert!(value(&terms, found).abs() < 1e-9),
                (None, None) => {}
            }
        }
    }
}
