//! The ready-made networks against NEST, in distribution: rates, irregularity and correlation over five seeds.
//! `tests/golden/network_statistics` holds NEST's values and the script that makes them.
//!
//! `cargo test --test network_statistics -- --nocapture` prints the tables of `benches/README.md`.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use synfire::analysis::binning::BinnedTrains;
use synfire::analysis::correlation::correlation_matrix;
use synfire::analysis::intervals::cv;
use synfire::datasets::trains::SpikeTrains;
use synfire::sim::network::{Kept, Network, Simulation};

const SEEDS: std::ops::RangeInclusive<u64> = 1..=5;
/// Bins of the correlation, and how many neurons of each population it takes, as in the script.
const BIN_S: f64 = 0.005;
const NEURONS: usize = 200;
const QUANTITIES: [&str; 3] = ["rate_hz", "cv", "correlation"];

/// Rate, mean CV of the intervals and mean correlation of the spike counts of each population, after `start_ms`.
fn statistics(network: &Network, start_ms: f64) -> Vec<[f64; 3]> {
    let mut simulation = Simulation::build(network, 2).unwrap();
    let mut kept = Kept::default();
    simulation.run(network.run.duration_ms, &mut kept).unwrap();
    let (start_s, stop_s) = (start_ms / 1000.0, network.run.duration_ms / 1000.0);
    let mut times_s = vec![Vec::new(); simulation.neurons() as usize];
    for (time_ms, neuron) in kept.times_ms.iter().zip(&kept.neurons).filter(|(t, _)| **t > start_ms + 1e-6) {
        times_s[*neuron as usize].push(time_ms / 1000.0);
    }
    let of = |span: &synfire::sim::network::Span| {
        let trains = &times_s[span.first as usize..(span.first + span.size) as usize];
        let spikes: usize = trains.iter().map(Vec::len).sum();
        let cvs: Vec<f64> = trains.iter().filter(|train| train.len() > 2).map(|train| cv(train)).collect();
        let first = SpikeTrains::new(&trains[..trains.len().min(NEURONS)], start_s, stop_s).unwrap();
        let matrix = correlation_matrix(&BinnedTrains::new(&first, BIN_S).unwrap());
        [spikes as f64 / f64::from(span.size) / (stop_s - start_s), mean(&cvs), matrix.summary().mean]
    };
    simulation.populations().iter().map(of).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Mean and its standard error.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (centre, (squares / (values.len() as f64 - 1.0) / values.len() as f64).sqrt())
}

fn golden(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/network_statistics");
    serde_json::from_str(&std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap()).unwrap()
}

/// For each population and quantity, how many standard errors of the difference the means are apart. Prints a row for each.
fn apart(name: &str) -> Vec<f64> {
    let golden = golden(name);
    let number = |key: &str| golden[key].as_f64().unwrap();
    let mut network = Network::ready_made(name, number("scale"), &[]).unwrap().unwrap();
    network.run.duration_ms = number("duration_ms");
    let runs: Vec<Vec<[f64; 3]>> = SEEDS
        .map(|seed| {
            network.run.seed = seed;
            statistics(&network, number("start_ms"))
        })
        .collect();
    let mut apart = Vec::new();
    for (population, of) in network.population.iter().enumerate() {
        for (quantity, key) in QUANTITIES.iter().enumerate() {
            let theirs: Option<Vec<f64>> =
                golden["populations"][&of.name][key].as_array().unwrap().iter().map(Value::as_f64).collect();
            // The stimulus of coba has no spikes left.
            let Some(theirs) = theirs.filter(|theirs| theirs.iter().any(|value| *value != 0.0)) else {
                continue;
            };
            let ours: Vec<f64> = runs.iter().map(|run| run[population][quantity]).collect();
            let (our_mean, our_error) = mean_and_error(&ours);
            let (their_mean, their_error) = mean_and_error(&theirs);
            let errors = (our_mean - their_mean) / our_error.hypot(their_error);
            println!(
                "| {name} | {} | {key} | {our_mean:.4} ± {our_error:.4} | {their_mean:.4} ± {their_error:.4} | {errors:+.1} |",
                of.name
            );
            apart.push(errors);
        }
    }
    apart
}

/// The difference of two means of five seeds each is Student's t of some 8 degrees of freedom in units of its standard error: one
/// of thirteen lies beyond 2 by chance. Populations of one network do so together.
fn fires_as_in_nest(name: &str) {
    let apart = apart(name);
    let beyond = |errors: f64| apart.iter().filter(|apart| apart.abs() > errors).count();
    assert!(apart.len() >= 6 && apart.iter().all(|apart| apart.is_finite()), "{apart:?}");
    assert!(3 * beyond(2.0) <= apart.len() && beyond(5.0) == 0, "{name}: {apart:.1?} standard errors");
}

#[test]
fn brunel_s_network_fires_as_in_nest() {
    fires_as_in_nest("brunel2000");
}

#[test]
fn vogels_and_abbott_s_networks_fire_as_in_nest() {
    fires_as_in_nest("vogels-abbott-cuba");
    fires_as_in_nest("vogels-abbott-coba");
}

#[test]
fn a_tenth_of_the_cortical_microcircuit_fires_as_in_nest() {
    fires_as_in_nest("potjans-diesmann");
}

#[test]
fn activity_with_conductances_lasts_for_every_seed() {
    let mut network = Network::ready_made("vogels-abbott-coba", 1.0, &[]).unwrap().unwrap();
    for seed in 11..=16 {
        network.run.seed = seed;
        let rate_hz = statistics(&network, 900.0)[0][0];
        assert!((10.0..30.0).contains(&rate_hz), "seed {seed}: {rate_hz} Hz in the last 100 ms");
    }
}
