//! Neuron models against closed forms, sources against what they promise, and the two schedulers against each other.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use synfire_sim::network::{Kept, Network, Simulation};

fn run(text: &str) -> Kept {
    let network = Network::parse(text, "test.toml").unwrap();
    let mut simulation = Simulation::build(&network, 2).unwrap();
    let mut kept = Kept::default();
    simulation.run(network.run.duration_ms, &mut kept).unwrap();
    kept
}

fn one(neuron: &str, size: u32, duration_ms: f64) -> Kept {
    run(&format!(
        "name = 'x'\nrun.duration_ms = {duration_ms}\n[[population]]\nname = 'a'\nsize = {size}\nneuron.{neuron}"
    ))
}

#[test]
fn an_adaptive_threshold_rises_by_beta_and_decays_with_its_time_constant() {
    let kept = one("alif = { i_e_pa = 500, beta_mv = 3, tau_a_ms = 150 }", 1, 300.0);
    // Closed form on the grid: 40 mV (1 - exp(-t / 20 ms)) from the end of refractoriness against 15 mV + a(t).
    let (mut expected, mut free_since, mut a, mut a_since) = (Vec::new(), 0u32, 0.0f64, 0u32);
    for step in 1..=3000u32 {
        if step <= free_since {
            continue;
        }
        let v = 40.0 * (1.0 - (-f64::from(step - free_since) * 0.1 / 20.0).exp());
        let threshold = a * (-f64::from(step - a_since) * 0.1 / 150.0).exp();
        if v >= 15.0 + threshold {
            expected.push(f64::from(step));
            (a, a_since, free_since) = (threshold + 3.0, step, step + 20);
        }
    }
    let found: Vec<f64> = kept.times_ms.iter().map(|t| (t * 10.0).round()).collect();
    assert!(expected.len() > 9, "{}", expected.len());
    assert_eq!(found, expected);
}

#[test]
fn sources_fire_at_their_times_and_rates() {
    let regular = one("regular = { interval_ms = 2.5, first_ms = 1 }", 2, 7.0);
    assert_eq!(
        (regular.times_ms, regular.neurons),
        (vec![1.0, 1.0, 3.5, 3.5, 6.0, 6.0], vec![0, 1, 0, 1, 0, 1])
    );
    let replay = one("replay = { times_ms = [3, 0.1, 3], neurons = [199, 7, 70] }", 200, 5.0);
    assert_eq!((replay.times_ms, replay.neurons), (vec![0.1, 3.0, 3.0], vec![7, 70, 199]));
    // 300 neurons, 1 s at 50 Hz: 15 000 spikes, less 1 in 400 that would share a step; standard deviation 122.
    let poisson = one("poisson = { rate_hz = 50 }", 300, 1000.0);
    assert!((poisson.neurons.len() as f64 - 14_963.0).abs() < 500.0, "{}", poisson.neurons.len());
    let modulated =
        one("inhomogeneous_poisson = { times_ms = [100, 300], rates_hz = [100, 20] }", 300, 500.0);
    let count =
        |from: f64, to: f64| modulated.times_ms.iter().filter(|t| **t > from && **t <= to).count() as f64;
    assert_eq!(count(0.0, 100.0), 0.0);
    assert!((count(100.0, 300.0) - 5970.0).abs() < 320.0 && (count(300.0, 500.0) - 1199.0).abs() < 150.0);
}

/// Given spikes onto neurons that jump: all crossings are at arrivals, which lie on the grid, so both schedulers are exact.
fn jumping(scheduler: &str, seed: u64, spikes: &[(u32, u32)]) -> Kept {
    let times: Vec<String> =
        spikes.iter().map(|(step, _)| format!("{:.1}", f64::from(*step) / 10.0)).collect();
    let neurons: Vec<String> = spikes.iter().map(|(_, neuron)| neuron.to_string()).collect();
    run(&format!(
        "name = 'jumping'
         run = {{ duration_ms = 60, seed = {seed}, scheduler = '{scheduler}' }}
         [[population]]
         name = 'given'
         size = 20
         neuron.replay = {{ times_ms = [{}], neurons = [{}] }}
         [[population]]
         name = 'cells'
         size = 80
         neuron.lif_delta = {{ t_ref_ms = 1.7 }}
         [[projection]]
         source = 'given'
         target = 'cells'
         rule = {{ fixed_indegree = 8 }}
         weight_mv = {{ uniform = {{ low = 4.1, high = 7.3 }} }}
         delay_ms = {{ uniform = {{ low = 0.2, high = 4.0 }} }}
         [[projection]]
         source = 'cells'
         target = 'cells'
         rule = {{ fixed_probability = 0.1 }}
         weight_mv = {{ uniform = {{ low = 0.5, high = 3.5 }} }}
         delay_ms = 1.3",
        times.join(", "),
        neurons.join(", "),
    ))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn both_schedulers_give_the_same_spikes_where_both_are_exact(
        seed in 0u64..1000, spikes in prop::collection::vec((1u32..500, 0u32..20), 60..200),
    ) {
        let listed = |kept: &Kept| {
            let mut spikes: Vec<(u32, u32)> =
                kept.times_ms.iter().map(|t| (t * 10.0).round() as u32).zip(kept.neurons.iter().copied()).collect();
            spikes.sort_unstable();
            spikes.dedup();
            spikes
        };
        let (step, event) = (jumping("step", seed, &spikes), jumping("event", seed, &spikes));
        prop_assume!(spikes.iter().collect::<std::collections::HashSet<_>>().len() == spikes.len());
        prop_assert!(step.neurons.iter().filter(|neuron| **neuron >= 20).count() > 10);
        prop_assert_eq!(listed(&step), listed(&event));
        prop_assert!(event.times_ms.iter().all(|t| (t * 10.0 - (t * 10.0).round()).abs() < 1e-9));
    }
}

#[test]
fn an_event_driven_neuron_with_poisson_input_has_the_mean_potential_of_its_drive() {
    // Mean 12 000 Hz x 0.1 mV x 10 ms = 12 mV above rest, variance half of the product with the weight: 0.6 mV2.
    let kept = run("name = 'x'
         run = { duration_ms = 400, scheduler = 'event' }
         [[population]]
         name = 'a'
         size = 50
         neuron.lif_delta = { v_th_mv = 0 }
         [[drive]]
         target = 'a'
         rate_hz = 12000
         weight_mv = 0.1
         [[recorder]]
         population = 'a'
         variable = 'v_mv'
         count = 50
         interval_ms = 10");
    let late = &kept.values[0][10 * 50..];
    let mean = late.iter().sum::<f64>() / late.len() as f64;
    let variance = late.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / late.len() as f64;
    assert!((mean + 58.0).abs() < 0.15 && (variance - 0.6).abs() < 0.15, "{mean} {variance}");
}
