//! Plastic synapses in NEST and here: what each spike carries, and networks whose synapses change. `tests/golden/plasticity` at the
//! top of the repository holds NEST's values and the script that makes them.
#![allow(clippy::unwrap_used)]

mod common;

use common::golden::{Generator, Golden, lif_exp, spikes};
use proptest::prelude::*;
use synfire_sim::network::description::{Population, Projection, Rule, Run};
use synfire_sim::network::synapse::{Stdp, SynapseModel, TsodyksMarkram};
use synfire_sim::network::{Kept, Network, Simulation};

fn golden() -> Golden {
    Golden::read("plasticity/plasticity.safetensors")
}

/// What each of the spikes `pre` carries over a synapse of `weight_pa` onto a neuron that fires at the steps `post`. Currents decay
/// within a step, so that the inhibitory one is what arrived; a strong excitatory one makes the neuron fire a step later.
fn carried(synapse: &str, weight_pa: f64, delay: u32, pre: &[u32], post: &[u32]) -> Vec<f64> {
    let times = |steps: &[u32], earlier: u32| -> String {
        let times: Vec<String> =
            steps.iter().map(|step| format!("{:.1}", f64::from(step - earlier) / 10.0)).collect();
        format!("times_ms = [{}], neurons = [{}]", times.join(","), vec!["0"; steps.len()].join(","))
    };
    let text = format!(
        "name = 'pair'
         run = {{ duration_ms = 2010 }}
         [[population]]
         name = 'pre'
         size = 1
         neuron.replay = {{ {} }}
         [[population]]
         name = 'makes post fire'
         size = 1
         neuron.replay = {{ {} }}
         [[population]]
         name = 'post'
         size = 1
         neuron.lif_exp = {{ t_ref_ms = 0, tau_syn_ex_ms = 1e-4, tau_syn_in_ms = 1e-4 }}
         [[projection]]
         source = 'makes post fire'
         target = 'post'
         rule = 'one_to_one'
         weight_pa = 1e9
         delay_ms = 0.1
         [[projection]]
         source = 'pre'
         target = 'post'
         rule = 'one_to_one'
         receptor = 'inhibitory'
         weight_pa = {weight_pa}
         delay_ms = {}
         synapse = {synapse}
         [[recorder]]
         population = 'post'
         variable = 'i_in_pa'",
        times(pre, 0),
        times(post, 2),
        f64::from(delay) / 10.0,
    );
    let network = Network::parse(&text, "pair.toml").unwrap();
    let mut simulation = Simulation::build(&network, 1).unwrap();
    let mut kept = Kept::default();
    simulation.run(network.run.duration_ms, &mut kept).unwrap();
    let fired = kept.times_ms.iter().zip(&kept.neurons).filter(|(_, neuron)| **neuron == 2);
    let fired: Vec<u32> = fired.map(|(time_ms, _)| (time_ms * 10.0).round() as u32).collect();
    assert_eq!(fired, post, "the target fires as it should");
    pre.iter().map(|step| kept.values[0][(step + delay - 1) as usize]).collect()
}

fn assert_equal(name: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{name}");
    for (number, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let close = (a - b).abs() <= 1e-12 * b.abs();
        assert!(close, "{name}, {number}: {a}, in NEST {b}");
    }
}

#[test]
fn what_tsodyks_markram_synapses_carry_equals_nest() {
    for (name, parameters) in [
        ("depression", "u = 0.5, tau_rec_ms = 800, tau_facil_ms = 0"),
        ("facilitation", "u = 0.03, tau_rec_ms = 130, tau_facil_ms = 530"),
        ("both", "u = 0.3, tau_rec_ms = 250, tau_facil_ms = 90"),
    ] {
        let name = format!("tsodyks.{name}");
        let pre = golden().whole(&format!("{name}.pre"));
        let ours = carried(&format!("{{ tsodyks_markram = {{ {parameters} }} }}"), 2.0, 10, &pre, &[]);
        assert_equal(&name, &ours, &golden().real(&format!("{name}.weight")));
    }
}

#[test]
fn what_stdp_synapses_carry_equals_nest() {
    for (name, parameters, delay, weight_pa) in [
        (
            "multiplicative",
            "tau_plus_ms = 20, tau_minus_ms = 20, lambda = 0.05, alpha = 1.05, mu_plus = 1, mu_minus = 1, w_max = 2",
            15,
            0.6,
        ),
        (
            "additive",
            "tau_plus_ms = 16.8, tau_minus_ms = 33.7, lambda = 0.1, alpha = 0.9, mu_plus = 0, mu_minus = 0, w_max = 2",
            10,
            1.9,
        ),
        (
            "between",
            "tau_plus_ms = 12, tau_minus_ms = 25, lambda = 0.08, alpha = 1.2, mu_plus = 0.4, mu_minus = 0.3, w_max = 3",
            1,
            1.1,
        ),
        (
            "negative",
            "tau_plus_ms = 30, tau_minus_ms = 10, lambda = 0.06, alpha = 0.7, mu_plus = 0.2, mu_minus = 1, w_max = -2",
            73,
            -1.3,
        ),
    ] {
        let name = format!("stdp.{name}");
        let (pre, post) = (golden().whole(&format!("{name}.pre")), golden().whole(&format!("{name}.post")));
        let ours = carried(&format!("{{ stdp = {{ {parameters} }} }}"), weight_pa, delay, &pre, &post);
        assert_equal(&name, &ours, &golden().real(&format!("{name}.weight")));
    }
}

const NEURONS: u32 = 200;
const EXCITATORY: u32 = 160;

/// The network of the script, and where its potentials start.
fn network(synapse: &SynapseModel, weight_pa: f64) -> (Network, Vec<f64>) {
    let neuron = lif_exp();
    let mut draw = Generator(1);
    let start = (0..NEURONS).map(|_| -65.0 + draw.below(15_000) as f64 / 1000.0).collect();
    let sizes = [("excitatory", EXCITATORY), ("inhibitory", NEURONS - EXCITATORY)];
    let mut projection = Vec::new();
    let mut connect = |source: usize, target: usize, weight_pa: f64, delay_ms: f64, pairs| {
        let model = if source == 0 { synapse.clone() } else { SynapseModel::Static };
        let (source, target) = (sizes[source].0, sizes[target].0);
        projection.push(
            Projection::new(source, target, Rule::Pairs(pairs), delay_ms).weight_pa(weight_pa).synapse(model),
        );
    };
    for delay_ms in [1.5, 0.8] {
        let mut source = || draw.below(u64::from(EXCITATORY)) as u32;
        let pairs = (0..EXCITATORY).flat_map(|target| (0..20).map(move |_| target));
        connect(0, 0, weight_pa, delay_ms, pairs.map(|target| [source(), target]).collect());
    }
    let mut source = || draw.below(u64::from(NEURONS - EXCITATORY)) as u32;
    for (target, (_, size)) in sizes.iter().enumerate() {
        let pairs = (0..*size).flat_map(|target| (0..10).map(move |_| target));
        connect(1, target, -120.0, 1.1, pairs.map(|target| [source(), target]).collect());
    }
    let population = |(name, size)| Population::new(name, size, neuron.clone());
    let network = Network {
        population: sizes.map(population).to_vec(),
        projection,
        ..Network::new("as in NEST", Run::new(1000.0))
    };
    (network, start)
}

fn build(network: &Network, start: &[f64], threads: usize) -> Simulation {
    let mut simulation = Simulation::build(network, threads).unwrap();
    let (excitatory, inhibitory) = start.split_at(EXCITATORY as usize);
    assert!(simulation.set_variable("excitatory", "v_mv", excitatory));
    assert!(simulation.set_variable("inhibitory", "v_mv", inhibitory));
    simulation
}

fn assert_same_spikes(kept: &Kept, name: &str) {
    let (ours, theirs) = (spikes(kept), golden().spikes(name));
    let same = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
    assert!(ours == theirs, "{name}: {same} equal, of {} and in NEST {}", ours.len(), theirs.len());
}

#[test]
fn a_network_with_tsodyks_markram_synapses_equals_nest_spike_for_spike() {
    let model = TsodyksMarkram { u: 0.25, tau_rec_ms: 150.0, tau_facil_ms: 60.0 };
    let (network, start) = network(&SynapseModel::TsodyksMarkram(model), 150.0);
    for threads in [1, 3] {
        let mut kept = Kept::default();
        build(&network, &start, threads).run(1000.0, &mut kept).unwrap();
        assert_same_spikes(&kept, "network.tsodyks");
    }
}

fn learning() -> (Network, Vec<f64>) {
    let stdp = Stdp {
        tau_plus_ms: 15.0,
        tau_minus_ms: 25.0,
        lambda: 0.02,
        alpha: 1.1,
        mu_plus: 0.3,
        mu_minus: 0.6,
        w_max: 120.0,
    };
    network(&SynapseModel::Stdp(stdp), 60.0)
}

/// Source, target and weight of each plastic synapse, in this order.
fn weights(simulation: &Simulation) -> Vec<(u32, u32, f64)> {
    let connections = (0..2).flat_map(|projection| simulation.connections(projection));
    let mut weights: Vec<_> = connections.map(|c| (c.source, c.target, c.weight)).collect();
    weights.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
    weights
}

/// NEST changes a weight when its source fires only, so that it is looked at after the last spike of each source.
#[test]
fn a_network_with_stdp_equals_nest_spike_for_spike_and_weight_for_weight() {
    let (network, start) = learning();
    let (step, neuron) = (golden().whole("network.stdp.step"), golden().whole("network.stdp.neuron"));
    let mut last = [0; EXCITATORY as usize];
    step.iter().zip(&neuron).filter(|(_, n)| **n < EXCITATORY).for_each(|(s, n)| last[*n as usize] = *s);
    assert!(last.iter().all(|step| *step > 0), "every source has fired");
    let mut pauses = last.to_vec();
    pauses.push(10_000);
    pauses.sort_unstable();
    pauses.dedup();
    let mut simulation = build(&network, &start, 2);
    let (mut kept, mut ours, mut reached) = (Kept::default(), Vec::new(), 0);
    for pause in pauses {
        simulation.run(f64::from(pause - reached) / 10.0, &mut kept).unwrap();
        reached = pause;
        if last.contains(&pause) {
            ours.extend(
                weights(&simulation).into_iter().filter(|(source, _, _)| last[*source as usize] == pause),
            );
        }
    }
    assert_same_spikes(&kept, "network.stdp");
    ours.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
    let (sources, targets) = (golden().whole("network.stdp.source"), golden().whole("network.stdp.target"));
    assert_eq!(ours.iter().map(|(source, _, _)| *source).collect::<Vec<_>>(), sources);
    assert_eq!(ours.iter().map(|(_, target, _)| *target).collect::<Vec<_>>(), targets);
    let ours: Vec<f64> = ours.iter().map(|(_, _, weight)| *weight).collect();
    assert_equal("weights", &ours, &golden().real("network.stdp.weight"));
}

/// A network whose plastic synapses have delays and weights of their own, onto more than one block of neurons.
fn lively(synapse: &str, seed: u64) -> Network {
    let text = format!(
        "name = 'lively'
         run = {{ duration_ms = 80, seed = {seed} }}
         [[population]]
         name = 'a'
         size = 150
         neuron.lif_exp = {{ t_ref_ms = 0.5 }}
         [[drive]]
         target = 'a'
         rate_hz = 9000
         weight_pa = 60
         [[projection]]
         source = 'a'
         target = 'a'
         rule = {{ fixed_indegree = 30 }}
         weight_pa = {{ uniform = {{ low = 5, high = 60 }} }}
         delay_ms = {{ uniform = {{ low = 0.3, high = 6 }} }}
         synapse = {synapse}
         [[projection]]
         source = 'a'
         target = 'a'
         rule = {{ fixed_probability = 0.1 }}
         weight_pa = -40
         delay_ms = 1.1"
    );
    Network::parse(&text, "lively.toml").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn threads_and_pauses_change_no_spike_and_no_weight(
        seed in 0u64..1000, threads in 2usize..4, stdp in proptest::bool::ANY, cut in 1u32..799, cut_again in 1u32..799,
    ) {
        let network = lively(
            if stdp { "{ stdp = { lambda = 0.1, w_max = 80, mu_plus = 0.5 } }" } else { "{ tsodyks_markram = {} }" },
            seed,
        );
        let run = |threads: usize, pieces: &[u32]| {
            let mut simulation = Simulation::build(&network, threads).unwrap();
            let (mut kept, before) = (Kept::default(), weights(&simulation));
            for steps in pieces {
                simulation.run(f64::from(*steps) / 10.0, &mut kept).unwrap();
            }
            (kept, before, weights(&simulation))
        };
        let (kept, before, after) = run(1, &[800]);
        prop_assert!(kept.neurons.len() > 100, "{} spikes", kept.neurons.len());
        prop_assert_eq!(before != after, stdp);
        let (first, second) = (cut.min(cut_again), cut.max(cut_again));
        prop_assert_eq!((kept, before, after), run(threads, &[first, second - first, 800 - second]));
    }
}

#[test]
fn what_synapses_cannot_be_is_named_by_its_key() {
    let built = |synapse: &str, more: &str| {
        let text = format!(
            "name = 'x'
             [run]
             duration_ms = 10
             {more}
             [[population]]
             name = 'a'
             size = 10
             neuron.lif_exp.c_m_pf = 250
             [[projection]]
             source = 'a'
             target = 'a'
             rule = 'all_to_all'
             weight_pa = 30
             delay_ms = 1
             synapse = {synapse}"
        );
        let network = Network::parse(&text, "x.toml").map_err(|error| error.to_string())?;
        Simulation::build(&network, 1)
            .map(|simulation| simulation.synapses())
            .map_err(|error| error.to_string())
    };
    assert_eq!(built("'static'", ""), Ok(100));
    assert_eq!(built("{ stdp = {} }", ""), Ok(100));
    for (synapse, more, expected) in [
        ("'stdp'", "", "x.toml: projection.0.synapse"),
        ("{ stdp = { tau_plus = 3 } }", "", "x.toml: projection.0.synapse.stdp.tau_plus: unknown field"),
        (
            "{ stdp = { tau_plus_ms = 0 } }",
            "",
            "x: projection.0.synapse.stdp.tau_plus_ms: 0; give a finite number",
        ),
        (
            "{ stdp = { w_max = 20 } }",
            "",
            "x: projection.0.synapse.stdp.w_max: 20; a synapse starts at 30, give",
        ),
        (
            "{ stdp = { w_max = -90 } }",
            "",
            "x: projection.0.synapse.stdp.w_max: -90; a synapse starts at 30, give",
        ),
        ("{ tsodyks_markram = { u = 2 } }", "", "x: projection.0.synapse.tsodyks_markram.u: 2; give a share"),
        (
            "{ stdp = {} }",
            "scheduler = 'event'",
            "x: projection.0.synapse: stdp; synapses are static with the event",
        ),
    ] {
        let found = built(synapse, more).unwrap_err();
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}
