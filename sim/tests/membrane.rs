//! Potentials of single neurons whose equations have no closed form, against their solution to many digits. `tests/golden/membrane`
//! at the top of the repository holds the solution and the script that makes it.
#![allow(clippy::unwrap_used)]

use serde::Deserialize;
use std::collections::BTreeMap;
use synfire_sim::network::description::{Population, Projection, Receptor, Recorder, Rule, Run};
use synfire_sim::network::neuron::{NeuronModel, ReplaySource, WeightUnit};
use synfire_sim::network::{Kept, Network, Simulation};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/membrane/membrane.json");
const STEPS: u64 = 5000;
/// Spikes that arrive at each receptor.
const ARRIVALS: [usize; 2] = [1500, 100];

#[derive(Deserialize)]
struct Golden {
    neuron: NeuronModel,
    weights: [f64; 2],
    v_mv: Vec<f64>,
    steps: Vec<u32>,
    nest: Nest,
}

#[derive(Deserialize)]
struct Nest {
    equal_spikes: usize,
    largest_difference_mv: f64,
}

/// Times in ms at which the spikes of each receptor are sent, a step before they arrive; by Knuth's MMIX generator, as in the
/// script.
fn sent_ms() -> [Vec<f64>; 2] {
    let mut state = 1u64;
    ARRIVALS.map(|spikes| {
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % (STEPS - 2)
        };
        (0..spikes).map(|_| (1 + draw()) as f64 * 0.1).collect()
    })
}

fn network(golden: &Golden) -> Network {
    let mut network = Network::new("one cell", Run::new(STEPS as f64 * 0.1))
        .population(Population::new("cell", 1, golden.neuron.clone()))
        .recorder(Recorder::new("cell", "v_mv").interval_ms(1.0));
    let current = golden.neuron.weight_unit() == WeightUnit::Picoampere;
    let receptors = [("excitatory", Receptor::Excitatory, 1.0), ("inhibitory", Receptor::Inhibitory, -1.0)];
    for ((times_ms, weight), (name, receptor, sign)) in
        sent_ms().into_iter().zip(golden.weights).zip(receptors)
    {
        // A neuron for each spike: several may be sent at a time.
        let size = times_ms.len() as u32;
        let neurons = (0..size).collect();
        let projection = Projection::new(name, "cell", Rule::AllToAll, 0.1).receptor(receptor);
        network =
            network.population(Population::new(name, size, ReplaySource { times_ms, neurons })).projection(
                if current { projection.weight_pa(sign * weight) } else { projection.weight_ns(weight) },
            );
    }
    network
}

/// Largest difference in mV from the solution; all spikes of the neuron are at the right steps.
fn difference_mv(name: &str) -> (f64, Nest) {
    let text = std::fs::read_to_string(GOLDEN).unwrap();
    let mut golden: BTreeMap<String, Golden> = serde_json::from_str(&text).unwrap();
    let golden = golden.remove(name).unwrap();
    let network = network(&golden);
    let mut simulation = Simulation::build(&network, 1).unwrap();
    let mut kept = Kept::default();
    simulation.run(network.run.duration_ms, &mut kept).unwrap();
    let spikes = kept.times_ms.iter().zip(&kept.neurons).filter(|(_, neuron)| **neuron == 0);
    let steps: Vec<u32> = spikes.map(|(time_ms, _)| (time_ms * 10.0).round() as u32).collect();
    let worst = kept.values[0].iter().zip(&golden.v_mv).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(golden.steps.len() > 9 && golden.v_mv.len() == 500);
    assert_eq!(steps, golden.steps, "{worst} mV");
    assert_eq!(golden.nest.equal_spikes, steps.len());
    (worst, golden.nest)
}

#[test]
fn conductances_follow_the_solution_as_closely_as_nest_does() {
    for name in ["coba", "fast"] {
        let (difference_mv, nest) = difference_mv(name);
        assert!(difference_mv < 1e-5 && nest.largest_difference_mv < 1e-5, "{name}: {difference_mv} mV");
    }
}

#[test]
fn adaptive_exponential_neurons_follow_the_solution_as_closely_as_nest_does() {
    let (difference_mv, nest) = difference_mv("adex");
    assert!(difference_mv < 1e-4 && nest.largest_difference_mv < 1e-4, "{difference_mv} mV");
}
