//! Spiking networks in SANA-FE's format on a chip.

use anyhow::Result;
use serde_json::json;
use std::path::Path;
use synfire::analysis::table::{Table, Values};
use synfire::sim::hardware::description::Chip;
use synfire::sim::hardware::sanafe::parse_network;
use synfire::sim::hardware::{StepSimulation, StepTotals, read_text};

/// Runs the network in `path` for `steps` time steps.
pub(super) fn simulate(chip: &Chip, path: &Path, steps: u64) -> Result<StepTotals> {
    let file = path.display().to_string();
    let network = parse_network(&read_text(path)?, &file, chip)?;
    let mut simulation = StepSimulation::new(chip, &network)?;
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
    let names = |of: &[(&str, f64)]| Values::Text(of.iter().map(|(name, _)| (*name).to_owned()).collect());
    let values = |of: &[(&str, f64)], scale: f64| Values::Real(of.iter().map(|(_, v)| v * scale).collect());
    let counts = [
        ("time steps", totals.steps as f64),
        ("synaptic events", totals.synaptic_events as f64),
        ("messages", totals.messages as f64),
        ("hops", totals.hops as f64),
        ("neurons updated", totals.updated as f64),
        ("neurons fired", totals.fired as f64),
        ("simulated time [us]", totals.time_s * 1e6),
        ("of which barriers [us]", totals.barrier_s * 1e6),
    ];
    let energy = Table::new("energy", format!("Energy on {}", chip.name))
        .key("component", "component", names(&parts))
        .column("energy_nj", "energy", "nJ", "", values(&parts, 1e-3));
    let work = Table::new("work", "Work and time").key("what", "what", names(&counts)).key(
        "value",
        "value",
        values(&counts, 1.0),
    );
    vec![energy, work]
}

/// The record of the simulation.
pub(super) fn record(chip: &Chip, input: &Path, totals: &StepTotals) -> serde_json::Value {
    json!({ "schema_version": 1, "kind": "network", "input": input, "chip": chip.name, "totals": totals, "energy_pj": totals.energy_pj() })
}
