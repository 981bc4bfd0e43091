//! Synapses sorted into axons.

use super::{Axon, MappedNetwork, Weights, find};
use crate::hardware::network::Network;

impl MappedNetwork {
    /// Sorts the synapses of each neuron by the core that they lie on.
    pub(super) fn add_axons(
        &mut self,
        network: &Network,
        order: &[(usize, usize, usize)],
        slot_of: &[u32],
        dendrite_of: &[usize],
    ) {
        // By counting, since networks have many more synapses than neurons: first those of each neuron, then their cores.
        let mut end = vec![0_usize; order.len() + 1];
        for edge in &network.edges {
            end[slot_of[edge.from as usize] as usize + 1] += 1;
        }
        for slot in 0..order.len() {
            end[slot + 1] += end[slot];
        }
        let mut edges = vec![0_u32; network.edges.len()];
        for (index, edge) in network.edges.iter().enumerate() {
            let place = &mut end[slot_of[edge.from as usize] as usize];
            edges[*place] = index as u32;
            *place += 1;
        }
        let core_of = |edge: u32| {
            let to = network.edges[edge as usize].to;
            network.neurons[to as usize].mapped.map_or(0, |(core, _)| core)
        };
        let mut weights = Vec::with_capacity(edges.len());
        let mut start = 0;
        for (slot, (source, ..)) in order.iter().enumerate() {
            self.first_axon.push(self.axons.len());
            let own = &mut edges[start..end[slot]];
            start = end[slot];
            own.sort_by_cached_key(|edge| core_of(*edge));
            for burst in own.chunk_by(|a, b| core_of(*a) == core_of(*b)) {
                let core = core_of(burst[0]);
                let kind = &self.kinds[self.kind_of_core[core]];
                let mut axon = Axon {
                    source: *source as u32,
                    core: core as u32,
                    synapses: burst.len() as u32,
                    synapse_pj: 0.0,
                    dendrite_pj: 0.0,
                    service_s: kind.axon_in.latency_ns * 1e-9,
                };
                self.first_synapse.push(self.targets.len() as u32);
                for edge in burst {
                    let edge = &network.edges[*edge as usize];
                    let to = edge.to as usize;
                    let unit = find(&kind.synapses, |u| &u.name, &network.neurons[to].synapse).unwrap_or(0);
                    let (synapse, dendrite) =
                        (kind.synapses[unit].cost, kind.dendrites[dendrite_of[to]].cost);
                    axon.synapse_pj += synapse.energy_pj;
                    axon.dendrite_pj += dendrite.energy_pj;
                    axon.service_s += (synapse.latency_ns + dendrite.latency_ns) * 1e-9;
                    self.targets.push(slot_of[to]);
                    weights.push(edge.weight + 0.0);
                }
                self.axons.push(axon);
            }
        }
        self.first_axon.push(self.axons.len());
        self.first_synapse.push(self.targets.len() as u32);
        self.sent = vec![0; self.axons.len()];
        let short = weights.iter().all(|w| f64::from(*w as f32) == *w);
        self.weights = match short {
            true => Weights::Short(weights.iter().map(|w| *w as f32).collect()),
            false => Weights::Long(weights),
        };
    }
}
