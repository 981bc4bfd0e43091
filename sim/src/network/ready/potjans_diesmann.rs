//! The cortical microcircuit of Potjans & Diesmann (2014, Cereb Cortex 24, 785): 1 mm2 of early sensory cortex, four layers with an
//! excitatory and an inhibitory population each, 77 169 neurons and 0.3 billion synapses.
//!
//! A smaller circuit of `scale` has that share of the neurons and of the synapses of each neuron; weights grow by
//! `1 / sqrt(scale)` and a constant current makes up for the mean input that is missing, from the rates of the full circuit
//! (van Albada, Helias & Diesmann 2015, PLoS Comput Biol 11, e1004490). At a tenth, rates are 0.75 to 0.9 of the full ones, in
//! layer 2/3 0.45 to 0.67 (in NEST as here).

use crate::network::description::{
    Distribution, Drive, Network, Population, Projection, Receptor, Rule, Run,
};
use crate::network::neuron::LifExp;

const NAMES: [&str; 8] = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"];
/// Neurons (table 5 of the paper).
const SIZES: [f64; 8] = [20_683.0, 5_834.0, 21_915.0, 5_479.0, 4_850.0, 1_065.0, 14_395.0, 2_948.0];
/// Probability of at least one synapse between a target (row) and a source (column) (table 5).
const PROBABILITIES: [[f64; 8]; 8] = [
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
    [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
];
/// External synapses of a neuron (table 5), each of 8 Hz.
const EXTERNAL: [f64; 8] = [1600.0, 1500.0, 2100.0, 1900.0, 2000.0, 1900.0, 2900.0, 2100.0];
const EXTERNAL_HZ: f64 = 8.0;
/// Rates in Hz of the full circuit (NEST's reference implementation), for the current of smaller ones.
const RATES_HZ: [f64; 8] = [0.943, 3.026, 4.368, 5.882, 7.733, 8.664, 1.096, 7.851];
/// Height of an excitatory postsynaptic potential in mV, and how much stronger inhibitory ones are.
const PSP_MV: f64 = 0.15;
const INHIBITION: f64 = -4.0;
const TAU_M_MS: f64 = 10.0;
const TAU_SYN_MS: f64 = 0.5;
const C_M_PF: f64 = 250.0;

/// The current in pA of a postsynaptic potential of 1 mV: the potential by an exponential current peaks at
/// `tau_m tau_s / (C (tau_s - tau_m)) (q^(tau_m / (tau_s - tau_m)) - q^(tau_s / (tau_s - tau_m)))` with `q = tau_m / tau_s`.
fn current_of_potential() -> f64 {
    let (difference, q) = (TAU_SYN_MS - TAU_M_MS, TAU_M_MS / TAU_SYN_MS);
    let shape = q.powf(TAU_M_MS / difference) - q.powf(TAU_SYN_MS / difference);
    C_M_PF * difference / (TAU_M_MS * TAU_SYN_MS * shape)
}

/// The circuit, or a part of it.
pub(super) fn network(scale: f64) -> Network {
    let unit_pa = PSP_MV * current_of_potential();
    let grow = 1.0 / scale.sqrt();
    let size = |population: usize| (SIZES[population] * scale).round().max(1.0);
    // The paper's exception: L4E to L23E is twice as strong.
    let weight_pa = |target: usize, source: usize| match (target, source) {
        (0, 2) => 2.0 * unit_pa,
        (_, source) if source % 2 == 1 => INHIBITION * unit_pa,
        _ => unit_pa,
    };
    // Synapses of the full circuit: pairs are drawn with repetition until a pair is connected with this probability.
    let total = |target: usize, source: usize| {
        let pairs = SIZES[target] * SIZES[source];
        (-PROBABILITIES[target][source]).ln_1p() / (-1.0 / pairs).ln_1p()
    };
    let mut network = Network::new("potjans-diesmann", Run::new(1000.0)).description(
        "Cortical microcircuit of four layers (Potjans & Diesmann 2014, Cereb Cortex 24, 785), with Poisson input.",
    );
    for target in 0..NAMES.len() {
        let recurrent: f64 = (0..NAMES.len())
            .map(|source| {
                weight_pa(target, source) * total(target, source) / SIZES[target] * RATES_HZ[source]
            })
            .sum();
        let external = unit_pa * EXTERNAL[target] * EXTERNAL_HZ;
        let missing_pa = 1e-3 * TAU_SYN_MS * (1.0 - scale.sqrt()) * (recurrent + external);
        let neuron = LifExp {
            tau_m_ms: TAU_M_MS,
            c_m_pf: C_M_PF,
            t_ref_ms: 2.0,
            e_l_mv: -65.0,
            v_th_mv: -50.0,
            v_reset_mv: -65.0,
            tau_syn_ex_ms: TAU_SYN_MS,
            tau_syn_in_ms: TAU_SYN_MS,
            i_e_pa: missing_pa,
        };
        let v_mv = Distribution::Normal { mean: -58.0, sd: 10.0, min: None, max: None };
        network = network
            .population(Population::new(NAMES[target], size(target) as u32, neuron).initial("v_mv", v_mv))
            .drive(
                Drive::new(NAMES[target], EXTERNAL[target] * EXTERNAL_HZ * scale).weight_pa(grow * unit_pa),
            );
        for source in (0..NAMES.len()).filter(|source| PROBABILITIES[target][*source] > 0.0) {
            let mean = grow * weight_pa(target, source);
            let inhibitory = source % 2 == 1;
            let (min, max) = if inhibitory { (None, Some(0.0)) } else { (Some(0.0), None) };
            let delay = if inhibitory { 0.75 } else { 1.5 };
            let delay_ms =
                Distribution::Normal { mean: delay, sd: 0.5 * delay, min: Some(0.1), max: Some(10.0) };
            let rule = Rule::FixedTotal((total(target, source) * scale * scale).round() as u64);
            network = network.projection(
                Projection::new(NAMES[source], NAMES[target], rule, delay_ms)
                    .weight_pa(Distribution::Normal { mean, sd: 0.1 * mean.abs(), min, max })
                    .receptor(if inhibitory { Receptor::Inhibitory } else { Receptor::Excitatory }),
            );
        }
    }
    network
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::neuron::NeuronModel;

    #[test]
    fn the_circuit_has_the_published_weights_and_sizes() {
        let network = network(1.0);
        // 87.8 pA for 0.15 mV; 77 169 neurons, 0.3 billion synapses.
        let weight = network.projection[0].weight_pa.map_or(0.0, |weight| weight.mean());
        assert!((weight - 87.81).abs() < 0.01, "{weight}");
        assert_eq!(network.population.iter().map(|population| population.size).sum::<u32>(), 77_169);
        let synapses: u64 = network
            .projection
            .iter()
            .map(|projection| if let Rule::FixedTotal(n) = projection.rule { n } else { 0 })
            .sum();
        assert!((298_000_000..300_000_000).contains(&synapses), "{synapses}");
        assert!(network.population.iter().all(
            |population| matches!(&population.neuron, NeuronModel::LifExp(neuron) if neuron.i_e_pa == 0.0)
        ));
    }
}
