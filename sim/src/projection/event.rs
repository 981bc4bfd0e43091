//! The event-driven engine: a spike adds its shifted weights to the accumulators of its group.
//!
//! Weights lie input-major, so that the synapses of a neuron are one stream of bytes. Sums wrap, so partial sums may
//! leave the range (two's complement starts with its largest weight) as long as the result fits.

use crate::coding::Spikes;
use multiversion::multiversion;
use synfire_datasets::checkpoint::QuantisedLinear;

/// Stacks matrices `[inputs, outputs]` side by side.
pub(super) fn input_major(matrices: &[QuantisedLinear], inputs: usize, outputs: usize) -> Vec<i8> {
    let mut weights = Vec::with_capacity(inputs * outputs);
    for i in 0..inputs {
        weights.extend(matrices.iter().flat_map(|m| &m.values[i * m.outputs..][..m.outputs]));
    }
    weights
}

/// Adds every spike to `accumulators` (`[groups, outputs]`).
pub(super) fn deliver(
    weights: &[i8],
    outputs: usize,
    group_size: usize,
    spikes: Spikes,
    accumulators: &mut [i32],
) {
    for spike in spikes {
        let neuron = spike.neuron as usize;
        let synapses = &weights[neuron * outputs..][..outputs];
        let group = &mut accumulators[neuron / group_size * outputs..][..outputs];
        let shift = spike.weight.trailing_zeros();
        if spike.value() > 0 {
            add(group, synapses, shift);
        } else {
            subtract(group, synapses, shift);
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw", "x86_64+avx2"))]
fn add(accumulators: &mut [i32], weights: &[i8], shift: u32) {
    for (acc, w) in accumulators.iter_mut().zip(weights) {
        *acc = acc.wrapping_add(i32::from(*w).wrapping_shl(shift));
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw", "x86_64+avx2"))]
fn subtract(accumulators: &mut [i32], weights: &[i8], shift: u32) {
    for (acc, w) in accumulators.iter_mut().zip(weights) {
        *acc = acc.wrapping_sub(i32::from(*w).wrapping_shl(shift));
    }
}
