//! Generated trains against the closed forms of their processes, within five standard errors.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::trains::SpikeTrains;

const SPAN: Span = Span { start_s: -5.0, stop_s: 195.0 };
const UNITS: usize = 40;

fn intervals(trains: &SpikeTrains) -> Vec<f64> {
    trains.iter().flat_map(|train| train.windows(2).map(|pair| pair[1] - pair[0])).collect()
}

fn mean_and_cv(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
    (mean, variance.sqrt() / mean)
}

/// Checks rate and CV; the count of a renewal process has variance CV^2 times its mean in the long run.
fn assert_rate_and_cv(process: Process, rate_hz: f64, cv: f64) {
    let trains = process.trains(UNITS, SPAN, 7).unwrap();
    let expected = rate_hz * 200.0 * UNITS as f64;
    let spikes = trains.spikes() as f64;
    assert!((spikes - expected).abs() < 5.0 * cv * expected.sqrt(), "{process:?}: {spikes} for {expected}");
    let found = mean_and_cv(&intervals(&trains)).1;
    assert!(
        (found - cv).abs() < 5.0 * cv.max(0.2) * 1.5 / expected.sqrt(),
        "{process:?}: CV {found} for {cv}"
    );
}

#[test]
fn poisson_intervals_have_cv_1_and_less_with_a_refractory_time() {
    assert_rate_and_cv(Process::Poisson { rate_hz: 20.0, refractory_s: 0.0 }, 20.0, 1.0);
    let refractory = Process::Poisson { rate_hz: 50.0, refractory_s: 0.01 };
    assert_rate_and_cv(refractory, 50.0, 0.5);
    let least = intervals(&refractory.trains(UNITS, SPAN, 3).unwrap()).into_iter().fold(1.0, f64::min);
    assert!((0.01 - 1e-9..0.0101).contains(&least), "{least}");
}

#[test]
fn gamma_intervals_have_cv_1_by_the_root_of_their_shape() {
    for shape in [0.5_f64, 1.0, 4.0, 25.0] {
        assert_rate_and_cv(Process::Gamma { rate_hz: 20.0, shape }, 20.0, 1.0 / shape.sqrt());
    }
}

#[test]
fn a_jittered_clock_has_cv_root_2_times_jitter_by_period() {
    assert_rate_and_cv(Process::Regular { rate_hz: 10.0, jitter_s: 0.005 }, 10.0, 2.0_f64.sqrt() * 0.05);
    let clock = Process::Regular { rate_hz: 10.0, jitter_s: 0.0 }.trains(1, SPAN, 1).unwrap();
    assert_eq!(clock.spikes(), 2000);
    assert!(intervals(&clock).iter().all(|interval_s| (interval_s - 0.1).abs() < 1e-9));
}

#[test]
fn every_process_has_its_rate_from_the_start() {
    let span = Span { start_s: 2.0, stop_s: 2.004 };
    for process in [
        Process::Poisson { rate_hz: 100.0, refractory_s: 0.008 },
        Process::Gamma { rate_hz: 100.0, shape: 6.0 },
        Process::Regular { rate_hz: 100.0, jitter_s: 0.02 },
    ] {
        let spikes = process.trains(20_000, span, 11).unwrap().spikes() as f64;
        assert!((spikes - 8000.0).abs() < 5.0 * 8000.0_f64.sqrt(), "{process:?}: {spikes} for 8000");
    }
}

#[test]
fn a_changing_rate_gives_the_integral_of_the_rate_as_counts() {
    let span = Span { start_s: 0.0, stop_s: 100.0 };
    let rate = |time_s: f64| 30.0 * (1.0 + (std::f64::consts::TAU * time_s).sin());
    let trains = inhomogeneous_poisson(rate, 60.0, UNITS, span, 5).unwrap();
    // Over the first half of each period the rate integrates to 15 + 30 / pi, over the second to 15 - 30 / pi.
    let first = trains.iter().flatten().filter(|time_s| time_s.fract() < 0.5).count() as f64;
    let second = trains.spikes() as f64 - first;
    for (found, integral) in
        [(first, 15.0 + 30.0 / std::f64::consts::PI), (second, 15.0 - 30.0 / std::f64::consts::PI)]
    {
        let expected = integral * 100.0 * UNITS as f64;
        assert!((found - expected).abs() < 5.0 * expected.sqrt(), "{found} for {expected}");
    }
    assert!(inhomogeneous_poisson(rate, 50.0, UNITS, span, 5).unwrap_err().to_string().contains("peak_hz"));
}

#[test]
fn shared_spikes_correlate_counts_as_asked_and_leave_each_unit_poisson() {
    let span = Span { start_s: 0.0, stop_s: 400.0 };
    let trains = correlated_poisson(20.0, 0.3, 8, span, 2).unwrap();
    let (_, cv) = mean_and_cv(&intervals(&trains));
    assert!((cv - 1.0).abs() < 0.02, "{cv}");
    let counts: Vec<Vec<f64>> = trains
        .iter()
        .map(|train| {
            let mut counts = vec![0.0; 4000];
            train.iter().for_each(|time_s| counts[((time_s / 0.1) as usize).min(3999)] += 1.0);
            counts
        })
        .collect();
    let mean = 2.0;
    let covariance =
        |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / 4000.0;
    let mut sum = 0.0;
    for i in 0..8 {
        for j in 0..i {
            let scale = (covariance(&counts[i], &counts[i]) * covariance(&counts[j], &counts[j])).sqrt();
            sum += covariance(&counts[i], &counts[j]) / scale;
        }
    }
    // Twenty-eight pairs, each known to about 1 / sqrt(4000); the pairs share units, hence no smaller error is claimed.
    assert!((sum / 28.0 - 0.3).abs() < 5.0 / 4000.0_f64.sqrt(), "{}", sum / 28.0);
}

#[test]
fn a_train_depends_on_the_seed_and_its_unit_alone() {
    let process = Process::Gamma { rate_hz: 10.0, shape: 2.0 };
    let (few, many) = (process.trains(3, SPAN, 9).unwrap(), process.trains(5, SPAN, 9).unwrap());
    for unit in 0..3 {
        assert_eq!(few.train(unit), many.train(unit));
        assert_ne!(few.train(unit), many.train(unit + 1));
    }
    assert_ne!(few.train(0), process.trains(1, SPAN, 10).unwrap().train(0));
}

#[test]
fn parameters_out_of_range_are_named() {
    let error = |process: Process| process.trains(1, SPAN, 0).unwrap_err().to_string();
    assert!(error(Process::Poisson { rate_hz: f64::NAN, refractory_s: 0.0 }).contains("rate_hz is NaN"));
    assert!(
        error(Process::Poisson { rate_hz: 500.0, refractory_s: 0.002 }).contains("refractory_s is 0.002")
    );
    assert!(error(Process::Gamma { rate_hz: 1.0, shape: 0.0 }).contains("shape is 0"));
    assert!(error(Process::Regular { rate_hz: 1.0, jitter_s: -1.0 }).contains("jitter_s is -1"));
    let backwards = Span { start_s: 1.0, stop_s: 0.0 };
    let silent = Process::Poisson { rate_hz: 0.0, refractory_s: 0.0 };
    assert!(silent.trains(1, backwards, 0).unwrap_err().to_string().contains("stop_s is 0"));
    assert_eq!(silent.trains(2, SPAN, 0).unwrap().spikes(), 0);
    assert!(correlated_poisson(1.0, 0.0, 1, SPAN, 0).unwrap_err().to_string().contains("correlation is 0"));
}
