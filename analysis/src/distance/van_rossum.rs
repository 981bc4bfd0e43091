//! van Rossum distance (van Rossum 2001, Neural Comput 13, 751): each spike becomes a step that decays with tau; the distance
//! is the norm of the difference of the two traces.
//!
//! `D_ij = sqrt(K_ii + K_jj - 2 K_ij)`, `K_ij = sum_a sum_b exp(-|a - b| / tau)` over the spikes a of i and b of j.
//!
//! This is Elephant's normalisation: one spike against none is 1 (the paper's own scale gives 1/sqrt 2). The double sum takes
//! one pass over both trains: `exp(-(a - b) / tau)` of all earlier spikes of the other train is that of its last one times its
//! "markage" (Houghton & Kreuz 2012, Network 23, 48). No exponential is left in the pass: times are kept as whole and
//! fractional multiples of tau, whose exponentials are computed once.

use crate::pairs::SymmetricMatrix;
use synfire_datasets::trains::SpikeTrains;

/// `exp(-k)` is 0 in double precision from here on.
const WHOLE_DECAYS: usize = 746;

/// A spike at `whole + f` times tau after the start of the span, 0 <= f < 1.
struct Trace {
    whole: i64,
    /// `exp(-f)`.
    down: f64,
    /// `exp(f)` times the trace of its train right after the spike (1 + markage).
    up: f64,
}

/// The spikes of a train as traces.
fn traces(train: &[f64], start_s: f64, tau_s: f64) -> Vec<Trace> {
    let mut height = 0.0;
    let mut last = 0.0;
    let trace = |&time_s: &f64| {
        let position = (time_s - start_s) / tau_s;
        height = 1.0 + height * f64::exp(last - position);
        last = position;
        let fraction = position - position.floor();
        Trace { whole: position.floor() as i64, down: (-fraction).exp(), up: fraction.exp() * height }
    };
    train.iter().map(trace).collect()
}

/// `exp(-(later - earlier) / tau)` times the trace after the earlier spike.
#[inline]
fn meet(later: &Trace, earlier: &Trace, decays: &[f64]) -> f64 {
    let whole = (later.whole - earlier.whole) as usize;
    decays.get(whole).map_or(0.0, |decay| later.down * earlier.up * decay)
}

/// `K_ij` of two trains: each spike meets the last one of the other train before it, of two at the same time only the one
/// of `a`.
fn product(a: &[Trace], a_s: &[f64], b: &[Trace], b_s: &[f64], decays: &[f64]) -> f64 {
    let mut sum = 0.0;
    let mut j = 0;
    for (i, spike) in a.iter().enumerate() {
        while j < b.len() && b_s[j] <= a_s[i] {
            if i > 0 {
                sum += meet(&b[j], &a[i - 1], decays);
            }
            j += 1;
        }
        if j > 0 {
            sum += meet(spike, &b[j - 1], decays);
        }
    }
    if let Some(last) = a.last() {
        sum += b[j..].iter().map(|spike| meet(spike, last, decays)).sum::<f64>();
    }
    sum
}

/// `K_ij` in the limit tau = 0: pairs of spikes at the same time.
fn coincidences(a_s: &[f64], b_s: &[f64]) -> f64 {
    let mut from = 0;
    let mut pairs = 0;
    for time_s in a_s {
        while b_s.get(from).is_some_and(|other| other < time_s) {
            from += 1;
        }
        pairs += b_s[from..].iter().take_while(|other| *other == time_s).count();
    }
    pairs as f64
}

/// The distances of all pairs of units with the time constant `tau_s` in seconds (definition in the [module](self)). At
/// tau = ∞ it is `|n - m|` for n and m spikes, at tau = 0 the square root of `n + m` less 2 for each coincidence (Elephant
/// returns `sqrt(n + m)` even for equal trains). NaN where tau is negative or NaN.
///
/// ```
/// use synfire_analysis::distance::van_rossum_matrix;
/// use synfire_datasets::trains::SpikeTrains;
///
/// let trains = SpikeTrains::new(&[&[1.0][..], &[1.5], &[]], 0.0, 3.0)?;
/// let distances = van_rossum_matrix(&trains, 0.5);
/// assert!((distances.get(0, 1) - (2.0 - 2.0 * f64::exp(-1.0)).sqrt()).abs() < 1e-15);
/// assert_eq!(distances.get(0, 2), 1.0);
/// # Ok::<(), synfire_datasets::trains::TrainError>(())
/// ```
#[must_use]
pub fn van_rossum_matrix(trains: &SpikeTrains, tau_s: f64) -> SymmetricMatrix {
    if tau_s.is_nan() || tau_s < 0.0 {
        return SymmetricMatrix::from_pairs(trains.len(), |_| f64::NAN, |_, _| f64::NAN);
    }
    // Beyond 2^52 tau a time has no fraction of tau left: only equal times are near.
    let multiples = trains.duration_s() / tau_s;
    if multiples.is_nan() || multiples >= 2f64.powi(52) {
        return distances(trains.len(), |i, j| coincidences(trains.train(i), trains.train(j)));
    }
    let traced: Vec<Vec<Trace>> = trains.iter().map(|train| traces(train, trains.start_s(), tau_s)).collect();
    let decays: Vec<f64> = (0..WHOLE_DECAYS).map(|k| (-(k as f64)).exp()).collect();
    distances(trains.len(), |i, j| product(&traced[i], trains.train(i), &traced[j], trains.train(j), &decays))
}

fn distances(units: usize, product: impl Fn(usize, usize) -> f64 + Sync + Send) -> SymmetricMatrix {
    let norms: Vec<f64> = (0..units).map(|i| product(i, i)).collect();
    let pair = |i: usize, j: usize| (norms[i] + norms[j] - 2.0 * product(i, j)).max(0.0).sqrt();
    SymmetricMatrix::from_pairs(units, |_| 0.0, pair)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn train() -> impl Strategy<Value = Vec<f64>> {
        // Coarse times, so that spikes coincide.
        prop::collection::vec(0u32..300, 0..30).prop_map(|mut ticks| {
            ticks.sort_unstable();
            ticks.into_iter().map(|tick| 5.0 + f64::from(tick) * 0.01).collect()
        })
    }

    fn brute(a: &[f64], b: &[f64], tau_s: f64) -> f64 {
        let product = |x: &[f64], y: &[f64]| -> f64 {
            x.iter().flat_map(|s| y.iter().map(move |t| (-(s - t).abs() / tau_s).exp())).sum()
        };
        (product(a, a) + product(b, b) - 2.0 * product(a, b)).max(0.0).sqrt()
    }

    proptest! {
        #[test]
        fn one_pass_gives_the_double_sum(a in train(), b in train(), tau_s in 0.001..50.0) {
            let matrix = van_rossum_matrix(&SpikeTrains::new(&[&a, &b, &a], 5.0, 8.0).unwrap(), tau_s);
            // The square root of a difference: equal up to the rounding of the terms.
            let expected = brute(&a, &b, tau_s);
            let terms = (a.len() + b.len()).pow(2) as f64;
            prop_assert!((matrix.get(0, 1).powi(2) - expected.powi(2)).abs() <= 1e-13 * (1.0 + terms));
            prop_assert_eq!(matrix.get(0, 2), 0.0);
        }

        #[test]
        fn the_triangle_inequality_holds(a in train(), b in train(), c in train(), tau_s in 0.001..50.0) {
            let d = van_rossum_matrix(&SpikeTrains::new(&[&a, &b, &c], 5.0, 8.0).unwrap(), tau_s);
            prop_assert!(d.get(0, 2) <= d.get(0, 1) + d.get(1, 2) + 1e-6);
        }
    }

    #[test]
    fn limits_of_tau_count_coincidences_and_spikes() {
        let trains = SpikeTrains::new(&[&[1.0, 2.0, 3.0][..], &[1.0, 2.5]], 0.0, 3.0).unwrap();
        for tau_s in [0.0, 1e-310, 1e-20, 1e-6] {
            assert!((van_rossum_matrix(&trains, tau_s).get(0, 1) - 3f64.sqrt()).abs() < 1e-12, "{tau_s}");
        }
        assert_eq!(van_rossum_matrix(&trains, f64::INFINITY).get(0, 1), 1.0);
        assert!(van_rossum_matrix(&trains, -1.0).get(0, 0).is_nan());
    }
}
