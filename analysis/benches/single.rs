//! Statistics of single trains on 1000 gamma-renewal units of 10 Hz over 100 s, a million spikes, as other tools are timed on.
//!
//! `RAYON_NUM_THREADS=1 cargo bench -p synfire-analysis --bench single` times one core.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use synfire_analysis::intervals::{TableOptions, Variability, cv, cv2, fano_factor, intervals, lv, table};
use synfire_analysis::rates::{
    Kernel, RateEstimator, RateOptions, Shape, mean_rates_hz, optimal_kernel_bandwidth_s, time_histogram,
};
use synfire_datasets::trains::SpikeTrains;

const UNITS: u64 = 1000;
const DURATION_S: f64 = 100.0;
const RATE_HZ: f64 = 10.0;

/// Uniform numbers in (0, 1] (SplitMix64).
fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 * 2f64.powi(-53) + 2f64.powi(-54)
}

fn gamma_trains() -> SpikeTrains {
    let train = |unit| {
        let (mut state, mut t, mut times_s) = (unit, 0.0, Vec::new());
        loop {
            t -= (uniform(&mut state) * uniform(&mut state)).ln() / (2.0 * RATE_HZ);
            if t >= DURATION_S {
                return times_s;
            }
            times_s.push(t);
        }
    };
    SpikeTrains::new(&(0..UNITS).map(train).collect::<Vec<Vec<f64>>>(), 0.0, DURATION_S).unwrap()
}

fn single(c: &mut Criterion) {
    let trains = gamma_trains();
    let each = |f: fn(&[f64]) -> f64| trains.iter().map(f).sum::<f64>();
    c.bench_function("mean_rate", |b| b.iter(|| mean_rates_hz(black_box(&trains))));
    c.bench_function("isi", |b| b.iter(|| trains.iter().map(intervals).collect::<Vec<_>>()));
    c.bench_function("cv", |b| b.iter(|| each(cv)));
    c.bench_function("cv2", |b| b.iter(|| each(cv2)));
    c.bench_function("lv", |b| b.iter(|| each(lv)));
    c.bench_function("cv_cv2_lv_lvr", |b| b.iter(|| each(|train| Variability::of(train, 0.005).lvr)));
    c.bench_function("fano", |b| b.iter(|| fano_factor(trains.iter().map(|train| train.len() as u64))));
    c.bench_function("time_histogram_5ms", |b| b.iter(|| time_histogram(&trains, 0.005).unwrap()));
    c.bench_function("interval_table", |b| b.iter(|| table(&trains, &TableOptions::default()).unwrap()));
    c.bench_function("bandwidth", |b| b.iter(|| optimal_kernel_bandwidth_s(black_box(trains.train(0)))));

    let hundred: Vec<&[f64]> = trains.iter().take(100).collect();
    let hundred = SpikeTrains::new(&hundred, 0.0, DURATION_S).unwrap();
    let mut group = c.benchmark_group("rate_100units_1ms");
    group.sample_size(20);
    for shape in [Shape::Gaussian, Shape::Rectangular, Shape::Alpha] {
        let options = RateOptions::new(Kernel::new(shape, 0.05), 0.001);
        group.bench_function(shape.name(), |b| {
            b.iter(|| RateEstimator::new(&options, 0.0, DURATION_S).unwrap().rates(&hundred).unwrap());
        });
    }
    let options = RateOptions::new(Kernel::new(Shape::Gaussian, 0.05), 0.001);
    group.bench_function("population_of_1000", |b| {
        b.iter(|| RateEstimator::new(&options, 0.0, DURATION_S).unwrap().population(&trains));
    });
    group.finish();
}

criterion_group!(benches, single);
criterion_main!(benches);
