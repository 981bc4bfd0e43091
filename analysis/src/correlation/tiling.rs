//! Spike-time tiling coefficient (Cutts & Eglen 2014, J Neurosci 34, 14288), which does not grow with the firing rates.
//!
//! `STTC = ((P_A - T_B) / (1 - P_A T_B) + (P_B - T_A) / (1 - P_B T_A)) / 2`
//!
//! P_A is the share of spikes of A within ±dt of a spike of B; T_A the share of the span within ±dt of a spike of A. A term
//! 0/0 (P = T = 1) counts as 1.
//!
//! Whether two spikes lie within dt does not depend on when they happen: the only slack is `1e-8 dt`, for times that differ
//! by dt up to rounding. Elephant 1.2.1 also allows `1e-5 t`, so that at t = 100 s two spikes 5.5 ms apart lie within 5 ms.

use crate::pairs::SymmetricMatrix;
use synfire_datasets::trains::SpikeTrains;

/// Slack of dt, relative.
const TOLERANCE: f64 = 1e-8;

/// Share of spikes of `a` that lie within `reach_s` of a spike of `b`.
fn share_near(a: &[f64], b: &[f64], reach_s: f64) -> f64 {
    let mut next = 0;
    let mut near = 0u64;
    for &time_s in a {
        while next < b.len() && time_s - b[next] > reach_s {
            next += 1;
        }
        near += u64::from(next < b.len() && b[next] - time_s <= reach_s);
    }
    near as f64 / a.len() as f64
}

/// Share of the span from `start_s` to `stop_s` that lies within `dt_s` of a spike.
fn share_tiled(train: &[f64], start_s: f64, stop_s: f64, dt_s: f64) -> f64 {
    let (Some(first), Some(last)) = (train.first(), train.last()) else { return 0.0 };
    let between: f64 = train.windows(2).map(|pair| (pair[1] - pair[0]).min(2.0 * dt_s)).sum();
    (between + (first - start_s).min(dt_s) + (stop_s - last).min(dt_s)) / (stop_s - start_s)
}

/// One half of the coefficient.
fn term(p: f64, t: f64) -> f64 {
    if p * t == 1.0 { 1.0 } else { (p - t) / (1.0 - p * t) }
}

fn coefficient(a: &[f64], b: &[f64], tiled_a: f64, tiled_b: f64, dt_s: f64) -> f64 {
    if a.is_empty() || b.is_empty() {
        return f64::NAN;
    }
    let reach_s = dt_s * (1.0 + TOLERANCE);
    0.5 * term(share_near(a, b, reach_s), tiled_b) + 0.5 * term(share_near(b, a, reach_s), tiled_a)
}

/// The tiling coefficient of two trains, -1 to 1, over the span from `start_s` to `stop_s` with reach `dt_s` > 0, all in
/// seconds (definition in the [module](self)). NaN where a train is empty.
///
/// ```
/// use synfire_analysis::correlation::tiling_coefficient;
///
/// let (a, b) = ([1.0, 3.0, 5.0], [1.001, 3.002, 5.004]);
/// assert_eq!(tiling_coefficient(&a, &b, 0.0, 6.0, 0.005), 1.0);
/// assert!(tiling_coefficient(&a, &[2.0, 4.0], 0.0, 6.0, 0.005) < 0.0);
/// ```
#[must_use]
pub fn tiling_coefficient(a: &[f64], b: &[f64], start_s: f64, stop_s: f64, dt_s: f64) -> f64 {
    let tiled = |train| share_tiled(train, start_s, stop_s, dt_s);
    coefficient(a, b, tiled(a), tiled(b), dt_s)
}

/// The tiling coefficients of all pairs of units with reach `dt_s` in seconds.
///
/// ```
/// use synfire_analysis::correlation::tiling_matrix;
/// use synfire_datasets::trains::SpikeTrains;
///
/// let trains = SpikeTrains::new(&[&[1.0, 3.0][..], &[1.001, 3.001], &[]], 0.0, 6.0)?;
/// let tiling = tiling_matrix(&trains, 0.005);
/// assert!(tiling.get(0, 1) == 1.0 && tiling.get(0, 2).is_nan());
/// # Ok::<(), synfire_datasets::trains::TrainError>(())
/// ```
#[must_use]
pub fn tiling_matrix(trains: &SpikeTrains, dt_s: f64) -> SymmetricMatrix {
    let tiled: Vec<f64> =
        trains.iter().map(|train| share_tiled(train, trains.start_s(), trains.stop_s(), dt_s)).collect();
    let pair = |i: usize, j: usize| coefficient(trains.train(i), trains.train(j), tiled[i], tiled[j], dt_s);
    SymmetricMatrix::from_pairs(trains.len(), |i| pair(i, i), pair)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spikes_5_5_ms_apart_are_not_within_5_ms_at_any_time() {
        for time_s in [1.0, 100.0, 10_000.0] {
            let value = tiling_coefficient(&[time_s], &[time_s + 0.0055], time_s - 1.0, time_s + 1.0, 0.005);
            assert!((value + 0.005).abs() < 1e-9, "{value} at {time_s} s");
        }
    }

    #[test]
    fn spikes_exactly_dt_apart_are_near_however_their_times_are_rounded() {
        for k in 0..1000 {
            let time_s = f64::from(k) * 0.1;
            assert_eq!(share_near(&[time_s], &[time_s + 0.005], 0.005 * (1.0 + TOLERANCE)), 1.0, "{time_s}");
        }
    }

    fn train() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(0u32..4000, 1..40).prop_map(|mut ticks| {
            ticks.sort_unstable();
            ticks.into_iter().map(|tick| f64::from(tick) / 1024.0).collect()
        })
    }

    proptest! {
        #[test]
        fn shares_are_those_of_a_double_loop(a in train(), b in train(), ticks in 1u32..200) {
            let dt_s = f64::from(ticks) / 1024.0;
            let near = a.iter().filter(|s| b.iter().any(|t| (*s - t).abs() <= dt_s)).count();
            prop_assert_eq!(share_near(&a, &b, dt_s), near as f64 / a.len() as f64);
            // All times are multiples of 1/1024: the tiled share of the cells between them, looked at in their middle.
            let covered = (0..4000u32).filter(|cell| {
                let middle_s = (f64::from(*cell) + 0.5) / 1024.0;
                a.iter().any(|t| (t - middle_s).abs() <= dt_s)
            });
            let share = share_tiled(&a, 0.0, 4000.0 / 1024.0, dt_s);
            prop_assert!((share - covered.count() as f64 / 4000.0).abs() < 1e-12);
        }

        #[test]
        fn a_shift_in_time_changes_nothing(a in train(), b in train(), shift in 0u32..1_000_000) {
            let shift_s = f64::from(shift);
            let shifted = |train: &[f64]| train.iter().map(|t| t + shift_s).collect::<Vec<_>>();
            let here = tiling_coefficient(&a, &b, 0.0, 4.0, 0.01);
            let there = tiling_coefficient(&shifted(&a), &shifted(&b), shift_s, shift_s + 4.0, 0.01);
            prop_assert!((here - there).abs() < 1e-9, "{} {}", here, there);
            prop_assert!((here - tiling_coefficient(&b, &a, 0.0, 4.0, 0.01)).abs() < 1e-12);
        }
    }
}
