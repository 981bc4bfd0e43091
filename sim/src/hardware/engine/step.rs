//! A network of spiking neurons on a chip, time step by time step, with a barrier after each.

use super::estimate::Estimate;
use crate::hardware::ChipError;
use crate::hardware::description::Chip;
use crate::hardware::network::{MappedNetwork, Network};
use serde::Serialize;

/// What a run came to: counts, energy by component (pJ) and time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct StepTotals {
    /// Time steps.
    pub steps: u64,
    /// Synaptic events: synapses that messages worked through.
    pub synaptic_events: u64,
    /// Messages sent.
    pub messages: u64,
    /// Hops of all messages.
    pub hops: u64,
    /// Neurons updated, summed over steps.
    pub updated: u64,
    /// Neurons fired, summed over steps.
    pub fired: u64,
    /// Energy of synapses.
    pub synapse_pj: f64,
    /// Energy of dendrites.
    pub dendrite_pj: f64,
    /// Energy of somas: access, update, spike.
    pub soma_pj: f64,
    /// Energy of the network: axon out, hops, axon in.
    pub network_pj: f64,
    /// Simulated time, s.
    pub time_s: f64,
    /// Part of it that barriers take, s.
    pub barrier_s: f64,
}

impl StepTotals {
    /// Energy of all components, pJ.
    #[must_use]
    pub fn energy_pj(&self) -> f64 {
        self.synapse_pj + self.dendrite_pj + self.soma_pj + self.network_pj
    }
}

/// A running simulation.
#[derive(Debug, Clone)]
pub struct StepSimulation {
    network: MappedNetwork,
    estimate: Estimate,
    barrier_s: f64,
    /// Of each axon: energy in the network of a message along it (pJ), and its hops.
    way: Vec<(f64, u32)>,
    totals: StepTotals,
}

impl StepSimulation {
    /// Puts `network` on `chip`.
    ///
    /// # Errors
    /// [`ChipError::Mapping`] if it does not fit as it is mapped.
    pub fn new(chip: &Chip, network: &Network) -> Result<Self, ChipError> {
        let network = MappedNetwork::new(chip, network)?;
        let cores = chip.cores();
        let barrier_s = chip.sync.latency_ns(network.tiles_in_use(chip)) * 1e-9;
        let sources = network.sources();
        let way = |(axon, source): (&crate::hardware::network::Axon, &u32)| {
            let (from, to) = (cores[*source as usize], cores[axon.core as usize]);
            let crossed = crate::hardware::mesh::crossings(chip, from.tile, to.tile);
            let hops: f64 =
                crossed.iter().map(|(_, d)| chip.tiles[to.tile].hops[*d as usize].energy_pj).sum();
            let ends = chip.kinds[from.kind].axon_out.energy_pj + chip.kinds[to.kind].axon_in.energy_pj;
            (hops + ends, crossed.len() as u32)
        };
        let way = network.axons().iter().zip(&sources).map(way).collect();
        let estimate = Estimate::new(chip, &network, &sources, barrier_s);
        Ok(Self { network, estimate, barrier_s, way, totals: StepTotals::default() })
    }

    /// Simulates one time step.
    ///
    /// # Errors
    /// [`ChipError::InputDriven`].
    pub fn step(&mut self) -> Result<(), ChipError> {
        let counts = self.network.step()?;
        let totals = &mut self.totals;
        let axons = self.network.axons();
        for message in self.network.all_sent() {
            let index = message.axon as usize;
            let (axon, (network_pj, hops)) = (&axons[index], self.way[index]);
            totals.synaptic_events += axon.synapses.len() as u64;
            totals.synapse_pj += axon.synapse_pj;
            totals.dendrite_pj += axon.dendrite_pj;
            totals.network_pj += network_pj;
            totals.hops += u64::from(hops);
        }
        totals.messages += self.network.all_sent().len() as u64;
        totals.updated += counts.updated;
        totals.fired += counts.fired;
        totals.soma_pj += counts.soma_pj;
        totals.time_s += self.estimate.time_s(&self.network);
        totals.barrier_s += self.barrier_s;
        totals.steps += 1;
        Ok(())
    }

    /// What the steps so far came to.
    #[must_use]
    pub fn totals(&self) -> &StepTotals {
        &self.totals
    }
}
