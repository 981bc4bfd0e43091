//! A network of spiking neurons on a chip, time step by time step, with a barrier after each.

use super::estimate::Estimate;
use crate::hardware::ChipError;
use crate::hardware::description::Chip;
use crate::hardware::network::{Axon, MappedNetwork, Network};
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
    way: Vec<(f64, u64)>,
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
        let way = |axon: &Axon| {
            let (from, to) = (cores[axon.source as usize], cores[axon.core as usize]);
            let crossed = crate::hardware::mesh::crossings(chip, from.tile, to.tile);
            let hops: f64 =
                crossed.iter().map(|(_, d)| chip.tiles[to.tile].hops[*d as usize].energy_pj).sum();
            let ends = chip.kinds[from.kind].axon_out.energy_pj + chip.kinds[to.kind].axon_in.energy_pj;
            (hops + ends, crossed.len() as u64)
        };
        let way = network.axons().iter().map(way).collect();
        let estimate = Estimate::new(chip, &network, barrier_s);
        Ok(Self { network, estimate, barrier_s, way, totals: StepTotals::default() })
    }

    /// Simulates one time step.
    ///
    /// # Errors
    /// [`ChipError::InputDriven`].
    pub fn step(&mut self) -> Result<(), ChipError> {
        let counts = self.network.step()?;
        let totals = &mut self.totals;
        totals.updated += counts.updated;
        totals.fired += counts.fired;
        totals.soma_pj += counts.soma_pj;
        totals.time_s += self.estimate.time_s(&self.network);
        totals.barrier_s += self.barrier_s;
        totals.steps += 1;
        Ok(())
    }

    /// What the steps so far came to. Energies of messages are those of an axon times the messages along it, summed.
    #[must_use]
    pub fn totals(&self) -> StepTotals {
        let mut totals = self.totals;
        let sent = self.network.sent_along().iter();
        for ((axon, (network_pj, hops)), sent) in self.network.axons().iter().zip(&self.way).zip(sent) {
            let messages = *sent as f64;
            totals.messages += sent;
            totals.synaptic_events += sent * u64::from(axon.synapses);
            totals.hops += sent * hops;
            totals.synapse_pj += messages * axon.synapse_pj;
            totals.dendrite_pj += messages * axon.dendrite_pj;
            totals.network_pj += messages * network_pj;
        }
        totals
    }
}
