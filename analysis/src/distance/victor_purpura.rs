//! Victor-Purpura distance (Victor & Purpura 1996, J Neurophysiol 76, 1310): the least cost of turning one train into the
//! other by adding or deleting a spike (cost 1) or moving one by dt (cost q |dt|).
//!
//! Moving a spike further than 2/q costs more than deleting and adding it, so with n and m spikes
//!
//! `D = n + m - max sum (2 - q |dt|)`
//!
//! over matchings that do not cross, of spikes less than 2/q apart. The maximum is found by dynamic programming over that
//! band alone: exact, with work n + m + the pairs within 2/q instead of n m.

use crate::pairs::SymmetricMatrix;
use synfire_datasets::trains::SpikeTrains;

/// The most that matching saves. `best` is scratch.
///
/// Before each spike of `a`, `best[k]` is the most that the earlier ones save with the first k spikes of `b`; spikes of `b`
/// beyond its end have met none of `a` yet and save no more than its last value.
fn saving(a: &[f64], b: &[f64], per_second: f64, best: &mut Vec<f64>) -> f64 {
    best.clear();
    best.push(0.0);
    let mut last = 0.0;
    let mut from = 0;
    for &time_s in a {
        while from < b.len() && (time_s - b[from]) * per_second >= 2.0 {
            from += 1;
        }
        if from >= best.len() {
            best.resize(from + 1, last);
        }
        let mut before = best[from];
        let mut here = before;
        for (k, &other_s) in (from + 1..).zip(&b[from..]) {
            let cost = (time_s - other_s).abs() * per_second;
            if cost >= 2.0 {
                break;
            }
            let matched = before + (2.0 - cost);
            if let Some(saved) = best.get_mut(k) {
                before = *saved;
                here = if before > here { before } else { here };
                here = if matched > here { matched } else { here };
                *saved = here;
            } else {
                here = if matched > here { matched } else { here };
                best.push(here);
            }
        }
        last = best[best.len() - 1];
    }
    last
}

/// Cost 0 is free moves; an infinite cost, as a finite one, moves a spike by 0 for nothing.
fn checked(cost_hz: f64) -> f64 {
    if cost_hz >= 0.0 { cost_hz.min(f64::MAX) } else { f64::NAN }
}

fn distance(a: &[f64], b: &[f64], cost_hz: f64, best: &mut Vec<f64>) -> f64 {
    if cost_hz.is_nan() { f64::NAN } else { (a.len() + b.len()) as f64 - saving(a, b, cost_hz, best) }
}

/// The distance of two trains of ascending times in seconds, with the cost q = `cost_hz` of moving a spike by one second, in
/// 1/s (definition in the [module](self)). At q = 0 it is `|n - m|`; at q = ∞ it is `n + m` less 2 for each coincidence
/// (Elephant returns `n + m` even for equal trains). NaN where q is negative or NaN.
///
/// ```
/// use synfire_analysis::distance::victor_purpura;
///
/// assert_eq!(victor_purpura(&[1.0, 2.0], &[1.0, 2.25], 2.0), 0.5); // moves 2.0 to 2.25
/// assert_eq!(victor_purpura(&[1.0, 2.0], &[1.0, 9.0], 2.0), 2.0); // deletes 2.0, adds 9.0
/// ```
#[must_use]
pub fn victor_purpura(a: &[f64], b: &[f64], cost_hz: f64) -> f64 {
    distance(a, b, checked(cost_hz), &mut Vec::with_capacity(b.len() + 1))
}

/// The distances of all pairs of units with the cost q = `cost_hz` in 1/s, as [`victor_purpura()`] gives them.
///
/// ```
/// use synfire_analysis::distance::victor_purpura_matrix;
/// use synfire_datasets::trains::SpikeTrains;
///
/// let trains = SpikeTrains::new(&[&[1.0, 2.0][..], &[1.0, 2.25], &[]], 0.0, 3.0)?;
/// let distances = victor_purpura_matrix(&trains, 2.0);
/// assert_eq!((distances.get(0, 1), distances.get(0, 2)), (0.5, 2.0));
/// # Ok::<(), synfire_datasets::trains::TrainError>(())
/// ```
#[must_use]
pub fn victor_purpura_matrix(trains: &SpikeTrains, cost_hz: f64) -> SymmetricMatrix {
    let cost_hz = checked(cost_hz);
    SymmetricMatrix::from_rows(trains.len(), Vec::new, |best, i, row| {
        for (value, j) in row.iter_mut().zip(i..) {
            *value = if i == j { 0.0 } else { distance(trains.train(i), trains.train(j), cost_hz, best) };
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The edit distance by its definition.
    fn edit_distance(a: &[f64], b: &[f64], q: f64) -> f64 {
        let mut cost = vec![vec![0.0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                cost[i][j] = match (i, j) {
                    (0, _) => j as f64,
                    (_, 0) => i as f64,
                    _ => (cost[i - 1][j - 1] + q * (a[i - 1] - b[j - 1]).abs())
                        .min(cost[i - 1][j] + 1.0)
                        .min(cost[i][j - 1] + 1.0),
                };
            }
        }
        cost[a.len()][b.len()]
    }

    fn train() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(0.0..3.0f64, 0..30).prop_map(|mut times| {
            times.sort_unstable_by(f64::total_cmp);
            times
        })
    }

    proptest! {
        #[test]
        fn the_band_gives_the_edit_distance(a in train(), b in train(), q in prop_oneof![Just(0.0), 0.01..100.0]) {
            let distance = victor_purpura(&a, &b, q);
            prop_assert!((distance - edit_distance(&a, &b, q)).abs() < 1e-11);
        }

        #[test]
        fn it_is_a_metric(a in train(), b in train(), c in train(), q in 0.01..100.0) {
            let d = |x: &[f64], y: &[f64]| victor_purpura(x, y, q);
            prop_assert_eq!(d(&a, &a), 0.0);
            prop_assert!((d(&a, &b) - d(&b, &a)).abs() < 1e-11);
            prop_assert!(d(&a, &c) <= d(&a, &b) + d(&b, &c) + 1e-11);
        }
    }

    #[test]
    fn limits_of_the_cost_count_spikes_and_coincidences() {
        let (a, b) = ([1.0, 2.0, 3.0], [1.0, 2.5]);
        assert_eq!(victor_purpura(&a, &b, 0.0), 1.0);
        assert_eq!(victor_purpura(&a, &b, f64::INFINITY), 3.0);
        assert!(victor_purpura(&a, &b, -1.0).is_nan() && victor_purpura(&a, &b, f64::NAN).is_nan());
    }
}
