//! Connection rules against what they promise, and the step scheduler against itself: threads and pauses change no spike.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use std::collections::HashSet;
use synfire_sim::network::{Connection, Kept, Network, Simulation};

fn parse(text: &str) -> Network {
    Network::parse(text, "test.toml").unwrap()
}

/// Two populations and one projection between them.
fn connected(rule: &str, more: &str, seed: u64, threads: usize) -> Vec<Connection> {
    let text = format!(
        "name = 'test'
         run = {{ duration_ms = 1, seed = {seed} }}
         [[population]]
         name = 'a'
         size = 400
         neuron.lif_delta = {{}}
         [[projection]]
         source = 'a'
         target = 'a'
         rule = {rule}
         {more}"
    );
    let mut connections = Simulation::build(&parse(&text), threads).unwrap().connections(0);
    connections.sort_by_key(|c| (c.source, c.target, (c.delay_ms * 10.0).round() as u32, c.weight.to_bits()));
    connections
}

const PLAIN: &str = "weight_mv = 1\ndelay_ms = 1";

fn degrees(connections: &[Connection], of: impl Fn(&Connection) -> u32) -> Vec<u32> {
    let mut degrees = vec![0; 400];
    connections.iter().for_each(|connection| degrees[of(connection) as usize] += 1);
    degrees
}

#[test]
fn every_target_has_the_fixed_indegree_and_sources_are_drawn_evenly() {
    let connections = connected("{ fixed_indegree = 50 }", PLAIN, 1, 2);
    assert!(degrees(&connections, |c| c.target).iter().all(|degree| *degree == 50));
    // Binomial with mean 50 and standard deviation 7: chi-squared of 399 degrees of freedom has standard deviation 28.
    let chi2: f64 =
        degrees(&connections, |c| c.source).iter().map(|d| (f64::from(*d) - 50.0).powi(2) / 50.0).sum();
    assert!((chi2 - 399.0).abs() < 5.0 * 28.2, "{chi2}");
}

#[test]
fn every_source_has_the_fixed_outdegree_and_the_total_is_the_fixed_total() {
    let connections = connected("{ fixed_outdegree = 30 }", PLAIN, 1, 3);
    assert!(degrees(&connections, |c| c.source).iter().all(|degree| *degree == 30));
    let total = connected("{ fixed_total = 12345 }", PLAIN, 1, 2);
    assert_eq!(total.len(), 12_345);
    let mean = 12_345.0 / 400.0;
    for of in [|c: &Connection| c.source, |c: &Connection| c.target] {
        let chi2: f64 = degrees(&total, of).iter().map(|d| (f64::from(*d) - mean).powi(2) / mean).sum();
        assert!((chi2 - 399.0).abs() < 5.0 * 28.2, "{chi2}");
    }
}

#[test]
fn pairs_are_connected_with_the_fixed_probability() {
    let connections = connected("{ fixed_probability = 0.1 }", PLAIN, 4, 2);
    // 160 000 pairs: mean 16 000, standard deviation 120.
    assert!(connections.len().abs_diff(16_000) < 600, "{}", connections.len());
    let pairs: HashSet<_> = connections.iter().map(|c| (c.source, c.target)).collect();
    assert_eq!(pairs.len(), connections.len());
    let spread: f64 =
        degrees(&connections, |c| c.target).iter().map(|d| (f64::from(*d) - 40.0).powi(2)).sum();
    assert!((spread / 400.0 - 36.0).abs() < 13.0, "variance {}", spread / 400.0);
    assert_eq!(connected("{ fixed_probability = 0.0 }", PLAIN, 4, 1).len(), 0);
    assert_eq!(connected("{ fixed_probability = 1.0 }", PLAIN, 4, 1).len(), 160_000);
}

#[test]
fn autapses_and_multapses_are_left_out_where_they_are_not_allowed() {
    let strict = format!("{PLAIN}\nallow_autapses = false\nallow_multapses = false");
    for rule in
        ["{ fixed_indegree = 350 }", "{ fixed_indegree = 30 }", "{ fixed_outdegree = 399 }", "'all_to_all'"]
    {
        let connections = connected(rule, &strict, 2, 2);
        let pairs: HashSet<_> = connections.iter().map(|c| (c.source, c.target)).collect();
        assert_eq!(pairs.len(), connections.len(), "{rule}");
        assert!(connections.iter().all(|c| c.source != c.target), "{rule}");
    }
    assert_eq!(connected("'one_to_one'", PLAIN, 1, 3).iter().filter(|c| c.source == c.target).count(), 400);
    let listed = connected("{ pairs = [[3, 7], [399, 0], [3, 7]] }", PLAIN, 1, 2);
    assert_eq!(listed.iter().map(|c| (c.source, c.target)).collect::<Vec<_>>(), [(3, 7), (3, 7), (399, 0)]);
}

#[test]
fn synapses_are_the_same_whatever_the_number_of_threads() {
    let drawn = "weight_mv = { normal = { mean = 1.0, sd = 0.3 } }\ndelay_ms = { uniform = { low = 0.5, high = 3.0 } }";
    for rule in [
        "{ fixed_indegree = 20 }",
        "{ fixed_outdegree = 20 }",
        "{ fixed_probability = 0.05 }",
        "{ fixed_total = 5000 }",
        "'all_to_all'",
        "{ pairs = [[1, 2], [399, 399]] }",
    ] {
        let one = connected(rule, drawn, 9, 1);
        assert_eq!(one, connected(rule, drawn, 9, 3), "{rule}");
        assert_ne!(one, connected(rule, drawn, 10, 1), "{rule}");
    }
}

/// A small network with two models, three kinds of rings, and delays from one step on.
fn lively(seed: u64, least_ms: f64) -> Network {
    parse(&format!(
        "name = 'lively'
         run = {{ duration_ms = 60, seed = {seed} }}
         [[population]]
         name = 'a'
         size = 130
         neuron.lif_exp = {{ t_ref_ms = 0.5, i_e_pa = 100 }}
         initial.v_mv = {{ uniform = {{ low = -70, high = -55 }} }}
         [[population]]
         name = 'b'
         size = 77
         neuron.lif_delta = {{ t_ref_ms = 0.3 }}
         [[projection]]
         source = 'a'
         target = 'b'
         rule = {{ fixed_indegree = 20 }}
         weight_mv = {{ normal = {{ mean = 1.5, sd = 0.5 }} }}
         delay_ms = {{ uniform = {{ low = {least_ms}, high = 3.0 }} }}
         [[projection]]
         source = 'b'
         target = 'a'
         rule = {{ fixed_probability = 0.2 }}
         weight_pa = -40
         delay_ms = {least_ms}
         [[projection]]
         source = 'a'
         target = 'a'
         rule = {{ fixed_outdegree = 10 }}
         weight_pa = {{ lognormal = {{ mean = 40, sd = 20 }} }}
         delay_ms = 1.3
         [[drive]]
         target = 'a'
         rate_hz = 5000
         weight_pa = 60
         [[recorder]]
         population = 'a'
         variable = 'i_ex_pa'
         first = 30
         count = 90
         interval_ms = 0.7"
    ))
}

/// Runs in pieces of these durations in ms.
fn pieces(network: &Network, threads: usize, pieces: &[f64]) -> Kept {
    let mut simulation = Simulation::build(network, threads).unwrap();
    let mut kept = Kept::default();
    for duration_ms in pieces {
        simulation.run(*duration_ms, &mut kept).unwrap();
    }
    kept
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn threads_and_pauses_change_no_spike_and_no_value(
        seed in 0u64..1000, threads in 2usize..5, least in 1u32..12, cut in 1u32..599, cut_again in 1u32..599,
    ) {
        let network = lively(seed, f64::from(least) / 10.0);
        let whole = pieces(&network, 1, &[60.0]);
        prop_assert!(whole.neurons.len() > 100, "{} spikes", whole.neurons.len());
        prop_assert_eq!(whole.values[0].len(), 85 * 90);
        let (first, second) = (cut.min(cut_again), cut.max(cut_again));
        let cuts = [first, second - first, 600 - second].map(|steps| f64::from(steps) / 10.0);
        let split = pieces(&network, threads, &cuts);
        prop_assert_eq!(whole, split);
    }
}

#[test]
fn a_run_that_is_asked_to_stop_stops_soon_and_goes_on_where_it_was() {
    struct Until(Kept, f64);
    impl synfire_sim::network::Observer for Until {
        fn spikes(
            &mut self,
            time_ms: f64,
            neurons: &[u32],
        ) -> Result<(), synfire_sim::network::ObserverError> {
            self.0.spikes(time_ms, neurons)
        }
        fn reached(&mut self, time_ms: f64) -> Result<bool, synfire_sim::network::ObserverError> {
            Ok(time_ms < self.1)
        }
    }
    let network = lively(3, 1.0);
    let mut simulation = Simulation::build(&network, 2).unwrap();
    let mut until = Until(Kept::default(), 20.0);
    let reached_ms = simulation.run(60.0, &mut until).unwrap();
    assert!((20.0..23.1).contains(&reached_ms), "{reached_ms}");
    simulation.run(60.0 - reached_ms, &mut until.0).unwrap();
    let whole = pieces(&network, 2, &[60.0]);
    assert_eq!((until.0.times_ms, until.0.neurons), (whole.times_ms, whole.neurons));
}

#[test]
fn what_cannot_be_is_named_by_its_key() {
    let with = |what: &str| {
        let text = format!(
            "name = 'x'
             run.duration_ms = 10
             [[population]]
             name = 'a'
             size = 10
             neuron.lif_exp.c_m_pf = 250
             {what}"
        );
        match Network::parse(&text, "x.toml") {
            Ok(network) => Simulation::build(&network, 1).err().map(|error| error.to_string()),
            Err(error) => Some(error.to_string()),
        }
        .unwrap()
    };
    let projection = |more: &str| with(&format!("[[projection]]\nsource = 'a'\ntarget = 'a'\n{more}"));
    let cases = [
        (with("sise = 3"), "x.toml: population.a.sise: unknown field `sise`"),
        (
            with("neuron.lif_exp.tau_m_ms = -1"),
            "x: population.a.neuron.lif_exp.tau_m_ms: -1; give a finite number above 0",
        ),
        (
            with("neuron.lif_exp.t_ref_ms = 0.25"),
            "x: population.a.neuron.lif_exp.t_ref_ms: 0.25 ms is no multiple of dt",
        ),
        (
            with("neuron.lif_exp.v_th_mv = 'x'"),
            "x.toml: population.a.neuron.lif_exp.v_th_mv: invalid type: string",
        ),
        (with("initial.v = 1"), "x: population.a.initial.v: 'v'; lif_exp has v_mv, i_ex_pa, i_in_pa"),
        (
            projection("rule = 'all_to_all'\nweight_mv = 1\ndelay_ms = 1"),
            "x: projection.0.weight_mv: synapses of 'a' (lif_exp) take weight_pa",
        ),
        (
            projection("rule = 'all_to_all'\nweight_pa = 1\ndelay_ms = 0.01"),
            "x: projection.0.delay_ms: 0.01; give at least a step (0.1 ms)",
        ),
        (
            projection("rule = { fixed_probability = 2 }\nweight_pa = 1\ndelay_ms = 1"),
            "x: projection.0.rule.fixed_probability: 2; give a probability",
        ),
        (
            projection("rule = { fixed_indegre = 2 }\nweight_pa = 1\ndelay_ms = 1"),
            "x.toml: projection.0.rule: unknown variant `fixed_indegre`",
        ),
        (
            with("[[drive]]\ntarget = 'b'\nrate_hz = 1\nweight_pa = 1"),
            "x: drive.0.target: there is no population 'b'; there are a",
        ),
        (
            with("[[recorder]]\npopulation = 'a'\nvariable = 'v_mv'\nfirst = 9\ncount = 2"),
            "x: recorder.0.first, count: neurons 9 to 11; there are 10",
        ),
    ];
    for (found, expected) in cases {
        assert!(found.starts_with(expected) && !found.contains('\n'), "{found}\n{expected}");
    }
}
