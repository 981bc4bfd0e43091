//! Spiking networks in SANA-FE's format on a chip.

use anyhow::Result;
use serde_json::json;
use std::path::Path;
use synfire::analysis::table::{Table, Values};
use synfire::sim::hardware::description::Chip;
use synfire::sim::hardware::sanafe::parse_network;
use synfire::sim::hardware::{StepSimulation, StepTotals, read_text};

/// The network in `path`, at its start.
pub(super) fn open(chip: &Chip, path: &Path) -> Result<StepSimulation> {
    let network = parse_network(&read_text(path)?, &path.display().to_string(), chip)?;
    Ok(StepSimulation::new(chip, &network)?)
}

/// Runs it for `steps` time steps.
pub(super) fn simulate(simulation: &mut StepSimulation, steps: u64) -> Result<StepTotals> {
    for _ in 0..steps {
        simulation.step()?;
    }
    Ok(simulation.totals())
}

/// What it came to, as tables: energy by component, and counts.
pub(super) fn tables(chip: &Chip, totals: &StepTotals) -> Vec<Table> {
    let parts = [
        ("synapse", totals.synapse_pj),
        ("dendrite", totals.dendrite_pj),
        ("soma", totals.soma_pj),
        ("network", totals.network_pj),
        ("total", totals.energy_pj()),
    ];
    let names = Values::Text(parts.iter().map(|(name, _)| (*name).to_owned()).collect());
    let energies = Values::Real(parts.iter().map(|(_, pj)| pj * 1e-3).collect());
    let counts = [
        ("time steps", "", totals.steps as f64, "steps of the network that were simulated"),
        ("synaptic events", "", totals.synaptic_events as f64, "synapses that messages worked through"),
        ("messages", "", totals.messages as f64, "spikes times the axons they are sent along"),
        ("hops", "", totals.hops as f64, "links between tiles that messages went over"),
        ("neurons updated", "", totals.updated as f64, "updates of a neuron's potential, over all steps"),
        ("neurons fired", "", totals.fired as f64, "spikes, over all steps"),
        ("simulated time", "us", totals.time_s * 1e6, "time the chip takes"),
        ("of which barriers", "us", totals.barrier_s * 1e6, "time of the barriers at the ends of steps"),
    ];
    let energy =
        Table::new("energy", format!("Energy on {}", chip.name)).key("component", "component", names).column(
            "energy_nj",
            "energy",
            "nJ",
            "operations of the component times their energy on this chip",
            energies,
        );
    let text = |of: fn(&(&str, &'static str, f64, &'static str)) -> &'static str| {
        Values::Text(counts.iter().map(|row| of(row).to_owned()).collect())
    };
    let work = Table::new("work", "Work and time")
        .key("what", "what", Values::Text(counts.iter().map(|row| row.0.to_owned()).collect()))
        .key("value", "value", Values::Real(counts.iter().map(|row| row.2).collect()))
        .key("unit", "unit", text(|row| row.1))
        .key("meaning", "meaning", text(|row| row.3));
    vec![energy, work]
}

/// The record of the simulation.
pub(super) fn record(chip: &Chip, input: &Path, totals: &StepTotals) -> serde_json::Value {
    json!({ "schema_version": 1, "kind": "network", "input": input, "chip": chip.name, "totals": totals, "energy_pj": totals.energy_pj() })
}
