//! Rates and intervals against values of Elephant 1.2.1; see golden/elephant_single/README.md.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use synfire_analysis::intervals::{
    Variability, autocorrelation, cv, cv2, fano_factor, lv, lvr, serial_correlation,
};
use synfire_analysis::rates::{
    Grid, Kernel, RateEstimator, RateOptions, Scratch, Shape, instantaneous_rate, mean_rate_hz,
    optimal_kernel_bandwidth_s, time_histogram,
};
use synfire_datasets::trains::SpikeTrains;

#[derive(Deserialize)]
struct Golden {
    trains: BTreeMap<String, Train>,
    variability: BTreeMap<String, Measures>,
    long: Measures,
    fano: f64,
    histograms: Vec<Histogram>,
    rates: Vec<Rate>,
    bandwidths: Vec<Bandwidth>,
    autocorrelations: Vec<Autocorrelation>,
    serial_correlations: Vec<Serial>,
}

#[derive(Deserialize)]
struct Train {
    #[serde(deserialize_with = "exact")]
    times: Vec<f64>,
    start: f64,
    stop: f64,
}

#[derive(Deserialize)]
struct Measures {
    rate: f64,
    cv: Option<f64>,
    cv2: Option<f64>,
    lv: Option<f64>,
    lvr: Option<f64>,
    lvr_2ms: Option<f64>,
}

#[derive(Deserialize)]
struct Histogram {
    trains: Vec<String>,
    width: f64,
    counts: Vec<u64>,
    mean: Vec<f64>,
    rate: Vec<f64>,
}

#[derive(Deserialize)]
struct Rate {
    trains: Vec<String>,
    kernel: String,
    sigma: f64,
    sampling: f64,
    cutoff: f64,
    centred: bool,
    reversed: bool,
    border: bool,
    rate: Vec<f64>,
}

#[derive(Deserialize)]
struct Bandwidth {
    #[serde(deserialize_with = "exact")]
    times: Vec<f64>,
    sigma: f64,
}

#[derive(Deserialize)]
struct Autocorrelation {
    train: String,
    width: f64,
    counts: Vec<u64>,
}

#[derive(Deserialize)]
struct Serial {
    train: String,
    lag: usize,
    r: f64,
}

#[derive(Deserialize)]
struct Fixture {
    trains: Vec<Vec<f64>>,
    cv: Vec<f64>,
    cv2: Vec<f64>,
    lv: Vec<f64>,
    lvr: Vec<f64>,
    fano: f64,
    rate_sum: f64,
}

/// Times to the last bit, which serde_json does not keep in numbers.
fn exact<'de, D: serde::Deserializer<'de>>(text: D) -> Result<Vec<f64>, D::Error> {
    String::deserialize(text)?
        .split_whitespace()
        .map(|t| t.parse().map_err(serde::de::Error::custom))
        .collect()
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/elephant_single/elephant.json")).unwrap()
}

impl Golden {
    /// The named trains over the span of the first.
    fn together(&self, names: &[String]) -> SpikeTrains {
        let first = &self.trains[&names[0]];
        let times: Vec<&[f64]> = names.iter().map(|name| &self.trains[name].times[..]).collect();
        SpikeTrains::new(&times, first.start, first.stop).unwrap()
    }
}

#[track_caller]
fn close(name: &str, ours: f64, elephant: Option<f64>) {
    let agrees = elephant.map_or(ours.is_nan(), |e| (ours - e).abs() <= 1e-9 * e.abs() + 1e-12);
    assert!(agrees, "{name}: {ours} for {elephant:?}");
}

#[track_caller]
fn measures_agree(name: &str, times_s: &[f64], expected: &Measures) {
    close(name, cv(times_s), expected.cv);
    close(name, cv2(times_s), expected.cv2);
    close(name, lv(times_s), expected.lv);
    close(name, lvr(times_s, 0.005), expected.lvr);
    let together = Variability::of(times_s, 0.002);
    close(name, together.cv, expected.cv);
    close(name, together.cv2, expected.cv2);
    close(name, together.lv, expected.lv);
    close(name, together.lvr, expected.lvr_2ms);
}

#[test]
fn rate_and_variability_are_elephants_for_random_and_degenerate_trains() {
    let golden = golden();
    for (name, expected) in &golden.variability {
        let Train { times, start, stop } = &golden.trains[name];
        close(name, mean_rate_hz(times, *start, *stop), Some(expected.rate));
        measures_agree(name, times, expected);
    }
}

#[test]
fn a_hundred_thousand_spikes_lose_no_accuracy() {
    let times_s: Vec<f64> =
        (0..100_000).map(|i| 0.01 * f64::from(i) + 0.004 * f64::from((i * 7919) % 1000) / 1000.0).collect();
    measures_agree("long", &times_s, &golden().long);
}

#[test]
fn the_fano_factor_is_elephants() {
    let golden = golden();
    let counts = golden.trains.values().filter(|t| t.start == 0.0).map(|t| t.times.len() as u64);
    close("fano", fano_factor(counts), Some(golden.fano));
}

#[test]
fn time_histograms_put_times_on_edges_where_elephant_does() {
    let golden = golden();
    for expected in &golden.histograms {
        let histogram = time_histogram(&golden.together(&expected.trains), expected.width).unwrap();
        assert_eq!(histogram.counts, expected.counts, "{:?}, {} s", expected.trains, expected.width);
        for (ours, theirs) in histogram.mean().iter().zip(&expected.mean) {
            close("mean", *ours, Some(*theirs));
        }
        for (ours, theirs) in histogram.rate_hz().iter().zip(&expected.rate) {
            close("rate", *ours, Some(*theirs));
        }
    }
}

#[test]
fn instantaneous_rates_are_elephants_sample_by_sample() {
    let golden = golden();
    for (case, expected) in golden.rates.iter().enumerate() {
        let shape: Shape = expected.kernel.parse().unwrap();
        let kernel = Kernel { shape, sigma_s: expected.sigma, reversed: expected.reversed };
        let options = RateOptions {
            cutoff: expected.cutoff,
            centred: expected.centred,
            border_correction: expected.border,
            grid: Grid::Stretched,
            ..RateOptions::new(kernel, expected.sampling)
        };
        let trains = golden.together(&expected.trains);
        let estimator = RateEstimator::new(&options, trains.start_s(), trains.stop_s()).unwrap();
        let ours =
            if trains.len() > 1 { estimator.population(&trains) } else { estimator.rate(trains.train(0)) };
        assert_eq!(ours.len(), expected.rate.len(), "case {case}");
        let peak = expected.rate.iter().copied().fold(0.0, f64::max);
        for (i, (ours, theirs)) in ours.iter().zip(&expected.rate).enumerate() {
            assert!(
                (ours - theirs).abs() <= 1e-9 * peak,
                "case {case}, {:?} {}, sample {i}: {ours} for {theirs}",
                expected.trains,
                expected.kernel
            );
        }
        let whole = options.cutoff.max(kernel.least_cutoff()) * expected.sigma / expected.sampling;
        if (whole - whole.round()).abs() < 1e-9 {
            let exact = RateEstimator::new(
                &RateOptions { grid: Grid::Exact, ..options },
                trains.start_s(),
                trains.stop_s(),
            );
            let exact = exact.unwrap().rates(&trains).unwrap();
            assert!(
                trains.len() > 1
                    || exact.unit(0).iter().zip(&ours).all(|(a, b)| (a - b).abs() <= 1e-9 * peak)
            );
        }
    }
}

#[test]
fn automatic_bandwidths_are_elephants() {
    for expected in golden().bandwidths {
        close("sigma", optimal_kernel_bandwidth_s(&expected.times).unwrap(), Some(expected.sigma));
    }
}

#[test]
fn autocorrelations_are_elephants_cross_correlation_with_itself() {
    let golden = golden();
    for expected in &golden.autocorrelations {
        let Train { times, start, stop } = &golden.trains[&expected.train];
        let lags = expected.counts.len() - 1;
        let ours = autocorrelation(times, *start, *stop, expected.width, lags).unwrap();
        assert_eq!(ours.counts, expected.counts, "{}, {} s", expected.train, expected.width);
    }
}

#[test]
fn serial_correlations_are_those_of_numpy() {
    let golden = golden();
    for expected in &golden.serial_correlations {
        let ours = serial_correlation(&golden.trains[&expected.train].times, expected.lag);
        close(&expected.train, ours, Some(expected.r));
    }
}

#[test]
fn the_fixture_of_three_trains_gives_elephants_values() {
    let fixture: Fixture = serde_json::from_str(include_str!("golden/elephant_single/fixture.json")).unwrap();
    for (i, times_s) in fixture.trains.iter().enumerate() {
        close("cv", cv(times_s), Some(fixture.cv[i]));
        close("cv2", cv2(times_s), Some(fixture.cv2[i]));
        close("lv", lv(times_s), Some(fixture.lv[i]));
        close("lvr", lvr(times_s, 0.005), Some(fixture.lvr[i]));
    }
    close("fano", fano_factor(fixture.trains.iter().map(|t| t.len() as u64)), Some(fixture.fano));
    let options = RateOptions::new(Kernel::new(Shape::Gaussian, 0.05), 0.001);
    let sum: f64 = instantaneous_rate(&fixture.trains[0], 0.0, 10.0, &options).unwrap().iter().sum();
    close("sum of rates", sum, Some(fixture.rate_sum));
}

#[test]
fn an_exact_grid_integrates_to_the_spikes_where_elephant_does_not() {
    let integral = |grid| {
        let options = RateOptions { grid, ..RateOptions::new(Kernel::new(Shape::Gaussian, 0.3), 0.2) };
        instantaneous_rate(&[5.1], 0.0, 10.0, &options).unwrap().iter().sum::<f64>() * 0.2
    };
    assert!((integral(Grid::Exact) - 1.0).abs() < 1e-5);
    assert!((integral(Grid::Stretched) - 1.0).abs() > 0.05);
}

fn any_train() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(1e-3f64..0.2, 3..80).prop_map(|isis| {
        isis.iter()
            .scan(0.0, |t, isi| {
                *t += isi;
                Some(*t)
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn variability_depends_neither_on_origin_nor_on_unit(
        times_s in any_train(),
        shift in -100.0f64..100.0,
        scale in 0.01f64..100.0,
    ) {
        let moved: Vec<f64> = times_s.iter().map(|t| (t + shift) * scale).collect();
        let (a, b) = (Variability::of(&times_s, 0.005), Variability::of(&moved, 0.005 * scale));
        for (a, b) in [(a.cv, b.cv), (a.cv2, b.cv2), (a.lv, b.lv), (a.lvr, b.lvr)] {
            prop_assert!((a - b).abs() < 1e-8 * (1.0 + a), "{} and {}", a, b);
        }
    }

    #[test]
    fn a_rate_moves_with_its_train_and_adds_up_over_spikes(times_s in any_train(), periods in 0u32..500) {
        let centres: Vec<f64> = times_s.iter().map(|t| (t / 0.01).floor() * 0.01 + 0.005).collect();
        let options = RateOptions::new(Kernel::new(Shape::Alpha, 0.03), 0.01);
        let shift = 0.01 * f64::from(periods);
        let moved: Vec<f64> = centres.iter().map(|t| t + shift).collect();
        let plain = instantaneous_rate(&centres, -5.0, 25.0, &options).unwrap();
        let shifted = instantaneous_rate(&moved, -5.0, 25.0, &options).unwrap();
        for i in 0..plain.len() - periods as usize {
            prop_assert!((plain[i] - shifted[i + periods as usize]).abs() < 1e-8);
        }
        let estimator = RateEstimator::new(&options, -5.0, 25.0).unwrap();
        let mut sum = vec![0.0; estimator.len()];
        let (mut one, mut scratch) = (vec![0.0; estimator.len()], Scratch::default());
        for time_s in &centres {
            estimator.rate_into(&[*time_s], &mut scratch, &mut one);
            sum.iter_mut().zip(&one).for_each(|(s, o)| *s += o);
        }
        prop_assert!(plain.iter().zip(&sum).all(|(p, s)| (p - s).abs() < 1e-8));
    }
}
