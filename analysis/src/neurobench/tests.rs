//! The metrics against NeuroBench's own values (`tests/golden/neurobench`), and of runs against brute force.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::sparsity::{Accumulator, SpikePattern};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::Arc;
use synfire_datasets::checkpoint::{Checkpoint, Linear};
use synfire_datasets::spikes::{Activity, Projection};

fn golden() -> Value {
    serde_json::from_str(include_str!("../../tests/golden/neurobench/neurobench.json")).unwrap()
}

/// All numbers of a nested array, row by row.
fn numbers(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(rows) => rows.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap() as f32],
    }
}

#[test]
fn synaptic_operations_and_connection_sparsity_are_neurobenchs() {
    let golden = golden();
    let (mut operations, mut zeros, mut weights) = (SynapticOperations::default(), 0, 0);
    for layer in golden["connections"].as_array().unwrap() {
        let inputs = layer["weight"][0].as_array().unwrap().len();
        let fan = Fan::of(&numbers(&layer["weight"]), inputs);
        (zeros, weights) = (zeros + fan.zeros(), weights + fan.weights());
        for call in layer["calls"].as_array().unwrap() {
            operations.call(&numbers(call), &fan.nonzero, fan.outputs);
        }
    }
    let metrics = &golden["metrics"];
    let samples = metrics["samples"].as_f64().unwrap();
    for (ours, name) in [
        (operations.dense, "Dense"),
        (operations.effective_macs, "Effective_MACs"),
        (operations.effective_acs, "Effective_ACs"),
    ] {
        assert_eq!(ours as f64 / samples, metrics["synaptic_operations"][name].as_f64().unwrap(), "{name}");
    }
    assert!(operations.effective_acs > 0 && operations.effective_macs > 0);
    let sparsity = (zeros as f64 / weights as f64 * 1e4).round() / 1e4;
    assert_eq!(sparsity, metrics["connection_sparsity"].as_f64().unwrap());
}

#[test]
fn activation_sparsity_is_neurobenchs() {
    let golden = golden();
    let spikes: Vec<f32> =
        golden["neurons"].as_array().unwrap().iter().flat_map(|layer| numbers(&layer["spikes"])).collect();
    let counts: Vec<i32> = spikes.iter().map(|spike| *spike as i32).collect();
    let activity = Activity {
        token: 0,
        layer: 0,
        projection: Projection::MlpIn,
        head: 0,
        threshold: 1.0,
        steps: 1,
        zero_point: 0,
        neurons: counts.len() as u32,
        spikes: counts.iter().sum::<i32>() as u64,
        silent: counts.iter().filter(|s| **s == 0).count() as u32,
        synaptic_operations: 0,
    };
    let mut sums = crate::sparsity::Sparsity::default();
    sums.observe(&activity, &counts);
    let theirs = golden["metrics"]["activation_sparsity"].as_f64().unwrap();
    assert!((sums.silent_share() - theirs).abs() < 1e-15 && (sums.sparsity() - theirs).abs() < 1e-15);
}

#[test]
fn membrane_updates_are_neurobenchs_and_tell_decay_apart() {
    let golden = golden();
    let mut updates = MembraneUpdates::default();
    for layer in golden["neurons"].as_array().unwrap() {
        let steps = |name: &str| layer[name].as_array().unwrap().iter().map(numbers).collect::<Vec<_>>();
        let (before, after, currents) = (steps("before"), steps("after"), steps("currents"));
        for (step, ((before, after), current)) in before.iter().zip(&after).zip(&currents).enumerate() {
            let driven: Vec<bool> = current.iter().zip(before).map(|(i, v)| *i != 0.0 || *v > 1.0).collect();
            updates.observe((step > 0).then_some(before), after, &driven);
        }
    }
    let samples = golden["metrics"]["samples"].as_f64().unwrap();
    assert_eq!(updates.total() as f64 / samples, golden["metrics"]["membrane_updates"].as_f64().unwrap());
    assert!(updates.decay > 0 && updates.event > 0, "{updates:?}");
}

#[test]
fn the_footprint_counts_bytes_by_type() {
    let golden = golden();
    let of = |tensor: &Value| tensor[0].as_u64().unwrap() * tensor[1].as_u64().unwrap();
    let bytes: u64 = golden["sizes"].as_array().unwrap().iter().map(of).sum();
    assert_eq!(golden["metrics"]["footprint_bytes"], bytes, "numbers times bytes of a number, over tensors");
    let checkpoint = Checkpoint::builtin().unwrap();
    let sizes = footprint(&checkpoint);
    assert_eq!(sizes.iter().map(|f| f.numbers).sum::<u64>(), checkpoint.parameters());
    assert!(sizes.iter().all(|f| f.bytes == f.numbers * if f.dtype == "F32" { 4 } else { 2 }), "{sizes:?}");
}

#[test]
fn connections_of_a_checkpoint_are_its_nonzero_int8_weights() {
    let checkpoint = Checkpoint::builtin().unwrap();
    let connections = Connections::load(&checkpoint, [0, 1], false).unwrap();
    let fan = connections.fan(1, Projection::MlpIn).unwrap();
    let matrices = [Linear::MlpGate, Linear::MlpUp].map(|l| checkpoint.quantised(1, l).unwrap());
    let nonzero = |channel: usize| -> usize {
        matrices
            .iter()
            .map(|m| (0..m.outputs).filter(|o| m.values[channel * m.outputs + o] != 0).count())
            .sum()
    };
    assert_eq!(fan.outputs as usize, matrices.iter().map(|m| m.outputs).sum::<usize>());
    assert!((0..fan.nonzero.len()).all(|channel| fan.nonzero[channel] as usize == nonzero(channel)));
    let window = checkpoint.config().window as u64;
    assert_eq!((connections.keys(0, 9), connections.keys(1, 9)), (None, Some(10)));
    assert_eq!(connections.keys(1, u32::MAX), Some(window));
    assert_eq!(Connections::load(&checkpoint, [1], true).unwrap().keys(1, u32::MAX), Some(window + 1));
}

proptest! {
    #[test]
    fn operations_of_a_run_are_a_walk_over_its_spikes_and_weights(
        counts in prop::collection::vec(prop_oneof![Just(0), -1i32..2, -40i32..40], 6),
        weights in prop::collection::vec(-2i8..3, 24),
    ) {
        let mut connections = Connections::default();
        connections.fans.insert((0, Projection::OIn), Fan::of(&weights, 6));
        let spikes: u64 = counts.iter().map(|s| u64::from(s.unsigned_abs().count_ones())).sum();
        let activity = Activity {
            token: 0, layer: 0, projection: Projection::OIn, head: 0, threshold: 1.0, steps: 6, zero_point: 0, neurons: 6,
            spikes, silent: 0, synaptic_operations: 4 * spikes,
        };
        let mut run = RunOperations::new(Arc::new(connections), SpikePattern::Bits);
        run.observe(&activity, &counts);
        let (mut effective, mut events) = (0u64, 0u64);
        for (i, weight) in weights.iter().enumerate().filter(|(_, w)| **w != 0) {
            let s = counts[i % 6];
            effective += u64::from(s != 0 && *weight != 0);
            events += (0..32).filter(|bit| s.unsigned_abs() >> bit & 1 == 1).count() as u64;
        }
        let binary = counts.iter().all(|s| s.abs() <= 1);
        let (macs, acs) = if binary { (0, effective) } else { (effective, 0) };
        prop_assert_eq!(run.counts, SynapticOperations { dense: 24, effective_macs: macs, effective_acs: acs });
        prop_assert_eq!((run.event_acs, run.integrations, run.resets), (events, 6, spikes));
    }
}
