//! Against stored values of SANA-FE: a chip and a network of our own making, run through both.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use synfire_sim::hardware::sanafe::{parse_architecture, parse_network};
use synfire_sim::hardware::{StepSimulation, StepTotals, read_text};

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/chip").join(name)
}

fn run(steps: u64) -> StepTotals {
    let text = |name: &str| read_text(&golden(name)).unwrap();
    let chip = parse_architecture(&text("architecture.yaml"), "architecture.yaml").unwrap();
    let network = parse_network(&text("network.yaml"), "network.yaml", &chip).unwrap();
    let mut simulation = StepSimulation::new(&chip, &network).unwrap();
    for _ in 0..steps {
        simulation.step().unwrap();
    }
    simulation.totals()
}

#[test]
fn counts_energies_and_time_are_those_of_sanafe() {
    let stored: serde_json::Value =
        serde_json::from_str(&read_text(&golden("expected.json")).unwrap()).unwrap();
    for expected in stored["runs"].as_array().unwrap() {
        let ours = run(expected["steps"].as_u64().unwrap());
        let counts = [
            ("spikes", ours.synaptic_events),
            ("packets_sent", ours.messages),
            ("neurons_updated", ours.updated),
            ("neurons_fired", ours.fired),
        ];
        for (name, count) in counts {
            assert_eq!(count, expected[name].as_u64().unwrap(), "{name}");
        }
        let energies = [
            ("synapse", ours.synapse_pj),
            ("dendrite", ours.dendrite_pj),
            ("soma", ours.soma_pj),
            ("network", ours.network_pj),
            ("total", ours.energy_pj()),
        ];
        for (name, pj) in energies {
            let joule = expected["energy"][name].as_f64().unwrap();
            assert!((pj * 1e-12 - joule).abs() <= 1e-9 * joule, "{name}: {pj} pJ, {joule} J");
        }
        let time_s = expected["sim_time"].as_f64().unwrap();
        assert!((ours.time_s - time_s).abs() <= 0.01 * time_s, "{} s, {time_s} s", ours.time_s);
    }
}

#[test]
fn what_the_models_do_not_have_is_refused_with_its_line() {
    let text = read_text(&golden("architecture.yaml")).unwrap();
    let chip = parse_architecture(&text, "a.yaml").unwrap();
    let network = read_text(&golden("network.yaml")).unwrap();
    let cases = [
        ("threshold: 2,", "treshold: 2,", "n.yaml, line 19: no model has an attribute 'treshold'"),
        ("rate: 0.25", "poisson: 0.25", "random input is not supported"),
        ("core: 5.1", "core: 5.9", "'5.9' is no core (tile.core) of chip 'uneven'"),
        ("type: conv2d", "type: conv3d", "edges of type 'conv3d'"),
        ("maps.0..15", "mops.0..15", "there is no group 'mops'"),
        ("kernel_count: 8", "kernel_count: 9", "the convolution has 36 target neurons, group 'maps' 32"),
    ];
    for (from, to, message) in cases {
        assert!(network.contains(from), "{from}");
        let error = parse_network(&network.replacen(from, to, 1), "n.yaml", &chip).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let wrong = text.replacen("buffer_position: soma", "buffer_position: axon_out", 1);
    let error = parse_architecture(&wrong, "a.yaml").unwrap_err().to_string();
    assert!(error.starts_with("a.yaml, line 12: only a time-step buffer before the soma"), "{error}");
}

#[test]
fn a_neuron_without_a_core_and_a_full_core_are_errors_that_name_it() {
    let text = read_text(&golden("architecture.yaml")).unwrap();
    let network = read_text(&golden("network.yaml")).unwrap();
    let chip = parse_architecture(&text, "a.yaml").unwrap();
    let unmapped = network.replace("  - maps.0..15: {core: 5.1}\n", "");
    let error = StepSimulation::new(&chip, &parse_network(&unmapped, "n.yaml", &chip).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "neuron maps.0: is mapped to no core");
    let small =
        parse_architecture(&text.replace("max_neurons_supported: 64", "max_neurons_supported: 13"), "a.yaml")
            .unwrap();
    let error = StepSimulation::new(&small, &parse_network(&network, "n.yaml", &small).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "neuron image.35: core 0.1 holds 13 neurons and is full");
}
