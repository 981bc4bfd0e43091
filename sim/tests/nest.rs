//! The same network in NEST and here: spike for spike, potential for potential. `tests/golden/nest` at the top of the repository
//! holds NEST's values and the script that makes them.
#![allow(clippy::unwrap_used)]

mod common;

use common::golden::{Generator, Golden, lif_exp, spikes};
use synfire_sim::network::description::{Population, Projection, Recorder, Rule, Run, Scheduler};
use synfire_sim::network::neuron::{
    AdEx, Izhikevich, LifAlpha, LifCondExp, LifDelta, NeuronModel, WeightUnit,
};
use synfire_sim::network::{Kept, Network, Simulation};

const NEURONS: u64 = 1000;
const EXCITATORY: u64 = 800;
const GOLDEN: &str = "nest/nest.safetensors";

/// A projection of the script: from the excitatory neurons?, in-degree, weight, delay in ms.
type Row = (bool, u64, f64, f64);

fn network(neuron: NeuronModel, rows: &[Row], scheduler: Scheduler) -> (Network, Vec<f64>) {
    let mut draw = Generator(1);
    let start = (0..NEURONS).map(|_| -65.0 + draw.below(15_000) as f64 / 1000.0).collect();
    let projection = rows
        .iter()
        .map(|&(excitatory, degree, weight, delay_ms)| {
            let (first, size) = if excitatory { (0, EXCITATORY) } else { (EXCITATORY, NEURONS - EXCITATORY) };
            let pairs = (0..NEURONS)
                .flat_map(|target| std::iter::repeat_n(target, degree as usize))
                .map(|target| [(first + draw.below(size)) as u32, target as u32])
                .collect();
            let projection = Projection::new("cells", "cells", Rule::Pairs(pairs), delay_ms);
            match neuron.weight_unit() {
                WeightUnit::Millivolt => projection.weight_mv(weight),
                WeightUnit::Picoampere => projection.weight_pa(weight),
                WeightUnit::Nanosiemens => projection.weight_ns(weight),
            }
        })
        .collect();
    let recorder = (0..10).map(|i| Recorder::new("cells", "v_mv").first(100 * i).interval_ms(1.0)).collect();
    let network = Network {
        projection,
        recorder,
        ..Network::new("as in NEST", Run::new(1000.0).scheduler(scheduler)).population(Population::new(
            "cells",
            NEURONS as u32,
            neuron,
        ))
    };
    (network, start)
}

fn run(neuron: NeuronModel, rows: &[Row], threads: usize) -> Kept {
    let (network, start) = network(neuron, rows, Scheduler::Step);
    let mut simulation = Simulation::build(&network, threads).unwrap();
    assert!(simulation.set_variable("cells", "v_mv", &start));
    let mut kept = Kept::default();
    simulation.run(network.run.duration_ms, &mut kept).unwrap();
    kept
}

/// Largest difference of potentials in mV. NEST's come recorded neuron after recorded neuron at each ms.
fn difference_mv(kept: &Kept, nest_v_mv: &[f64]) -> f64 {
    let ours = (0..1000).flat_map(|ms| kept.values.iter().map(move |values| values[ms]));
    ours.zip(nest_v_mv).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn equals_nest(model: &str, neuron: NeuronModel, rows: &[Row], most_mv: f64) {
    let golden = Golden::read(GOLDEN);
    let (nest, nest_v_mv) = (golden.spikes(model), golden.real(&format!("{model}.v")));
    assert!(nest.len() > 4000 && nest_v_mv.len() == 10_000, "{}", nest.len());
    for threads in [1, 2, 3] {
        let kept = run(neuron.clone(), rows, threads);
        assert_eq!(spikes(&kept), nest, "{threads} threads");
        let difference_mv = difference_mv(&kept, &nest_v_mv);
        assert!(difference_mv < most_mv, "{threads} threads: {difference_mv} mV");
    }
}

#[test]
fn exponential_currents_equal_nest_spike_for_spike() {
    let rows = [(true, 40, 30.0, 1.5), (true, 40, 25.5, 0.8), (false, 20, -120.0, 1.1)];
    equals_nest("lif_exp", NeuronModel::LifExp(lif_exp()), &rows, 1e-9);
}

#[test]
fn alpha_currents_equal_nest_spike_for_spike() {
    let neuron = LifAlpha {
        tau_m_ms: 15.0,
        e_l_mv: -65.0,
        v_th_mv: -50.0,
        tau_syn_in_ms: 5.0,
        i_e_pa: 300.0,
        ..LifAlpha::default()
    };
    let rows = [(true, 40, 15.0, 1.5), (true, 40, 12.5, 0.8), (false, 20, -60.0, 1.1)];
    equals_nest("lif_alpha", NeuronModel::LifAlpha(neuron), &rows, 1e-9);
}

#[test]
fn jumps_of_the_potential_equal_nest_spike_for_spike() {
    let neuron =
        LifDelta { tau_m_ms: 15.0, e_l_mv: -65.0, v_th_mv: -50.0, i_e_pa: 300.0, ..LifDelta::default() };
    let rows = [(true, 40, 0.15, 1.5), (true, 40, 0.1, 0.8), (false, 20, -0.6, 1.1)];
    equals_nest("lif_delta", NeuronModel::LifDelta(neuron), &rows, 1e-9);
}

#[test]
fn izhikevich_neurons_equal_nest_spike_for_spike() {
    let neuron = Izhikevich { i_e: 6.0, ..Izhikevich::default() };
    let rows = [(true, 40, 0.4, 1.5), (true, 40, 0.3, 0.8), (false, 20, -1.0, 1.1)];
    equals_nest("izhikevich", NeuronModel::Izhikevich(neuron), &rows, 1e-9);
}

/// Both solve the equations to some 1e-5 mV only, so that at some time a spike moves by a step, and the network then takes
/// another way.
#[test]
fn adaptive_exponential_neurons_equal_nest_until_a_spike_moves_by_a_step() {
    let neuron =
        AdEx { t_ref_ms: 2.0, tau_syn_ex_ms: 2.0, tau_syn_in_ms: 5.0, i_e_pa: 800.0, ..AdEx::default() };
    let rows = [(true, 40, 20.0, 1.5), (true, 40, 15.0, 0.8), (false, 20, -60.0, 1.1)];
    let nest = Golden::read(GOLDEN).spikes("adex");
    let ours = spikes(&run(NeuronModel::AdEx(neuron), &rows, 2));
    let same = ours.iter().zip(&nest).take_while(|(a, b)| a == b).count();
    assert!(2 * same > nest.len(), "{same} of {} spikes equal", nest.len());
    assert!(ours.len().abs_diff(nest.len()) < nest.len() / 100, "{}", ours.len());
}

#[test]
fn conductances_equal_nest_spike_for_spike() {
    let neuron = LifCondExp {
        g_l_ns: 16.0,
        e_l_mv: -65.0,
        e_in_mv: -80.0,
        v_th_mv: -50.0,
        v_reset_mv: -70.0,
        tau_syn_ex_ms: 2.0,
        tau_syn_in_ms: 5.0,
        i_e_pa: 280.0,
        ..LifCondExp::default()
    };
    let rows = [(true, 40, 0.5, 1.5), (true, 40, 0.4, 0.8), (false, 20, -6.0, 1.1)];
    // NEST's method is adaptive; neither is exact.
    equals_nest("lif_cond_exp", NeuronModel::LifCondExp(neuron), &rows, 1e-4);
}

/// NEST looks for crossings at events and at the ends of steps only, and so does not see a peak between them; none decides here.
#[test]
fn event_driven_spikes_equal_nest_s_precise_ones_to_1e_9_ms() {
    let rows = [(true, 40, 30.0, 1.5), (true, 40, 25.5, 0.8), (false, 20, -120.0, 1.1)];
    let (network, start) = network(NeuronModel::LifExp(lif_exp()), &rows, Scheduler::Event);
    let mut simulation = Simulation::build(&network, 1).unwrap();
    assert!(simulation.set_variable("cells", "v_mv", &start));
    let mut kept = Kept::default();
    simulation.run(200.0, &mut kept).unwrap();
    simulation.run(network.run.duration_ms - 200.0, &mut kept).unwrap();
    let golden = Golden::read(GOLDEN);
    let (times_ms, neurons) = (golden.real("precise.time_ms"), golden.whole("precise.neuron"));
    let same = kept.neurons.iter().zip(&neurons).take_while(|(a, b)| a == b).count();
    let worst =
        kept.times_ms.iter().zip(&times_ms).take(same).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert_eq!(kept.neurons, neurons);
    assert!(worst < 1e-9, "{worst} ms");
}
