//! What a run comes to: as a table, as JSON, as the manifest of its folder.

use anyhow::{Context, Result};
use std::path::Path;
use synfire::analysis::table::{Table, Values};
use synfire::datasets::whole_file;
use synfire::network::PopulationActivity;
use synfire::sim::network::{Network, Simulation};

/// What the manifest says: it depends on network and seed alone.
pub(super) fn summary(
    network: &Network,
    simulation: &Simulation,
    activity: &[PopulationActivity],
    complete: bool,
) -> serde_json::Value {
    serde_json::json!({
        "network": network.name,
        "status": if complete { "complete" } else { "incomplete" },
        "synfire_version": env!("CARGO_PKG_VERSION"),
        "seed": network.run.seed,
        "dt_ms": network.run.dt_ms,
        "duration_ms": simulation.time_ms(),
        "neurons": simulation.neurons(),
        "synapses": simulation.synapses(),
        "spikes": activity.iter().map(|population| population.spikes).sum::<u64>(),
        "populations": simulation.populations().iter().zip(activity).map(|(span, activity)| {
            let mut row = serde_json::to_value(activity).unwrap_or_default();
            row["first_unit"] = span.first.into();
            row
        }).collect::<Vec<_>>(),
    })
}

/// The duration that the run in `folder` came to, if its manifest says that it is complete.
pub(super) fn completed_ms(folder: &Path) -> Result<Option<f64>> {
    let path = folder.join("manifest.json");
    if !path.exists() {
        return Ok(None);
    }
    let at = || format!("{}: no manifest of a run", path.display());
    let bytes = std::fs::read(&path).with_context(at)?;
    let manifest: serde_json::Value = serde_json::from_slice(&bytes).with_context(at)?;
    Ok(manifest["duration_ms"].as_f64().filter(|_| manifest["status"] == "complete"))
}

/// Removes the manifest of a run that is no longer what it says.
pub(super) fn remove_manifest(folder: &Path) -> Result<()> {
    let path = folder.join("manifest.json");
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
}

/// Replaces the manifest in one step, so that a reader sees it whole or not at all.
pub(super) fn write_manifest(folder: &Path, summary: &serde_json::Value) -> Result<()> {
    let path = folder.join("manifest.json");
    whole_file::write(&path, &serde_json::to_vec_pretty(summary)?).with_context(|| path.display().to_string())
}

/// One row a population.
pub(super) fn table(network: &Network, activity: &[PopulationActivity]) -> Table {
    let real = |of: fn(&PopulationActivity) -> f64| Values::Real(activity.iter().map(of).collect());
    let name = activity.iter().map(|population| population.name.clone()).collect();
    let whole = |of: fn(&PopulationActivity) -> u64| {
        Values::Integer(activity.iter().map(|population| of(population) as i64).collect())
    };
    Table::new("populations", format!("{}, seed {}", network.name, network.run.seed))
        .key("population", "population", Values::Text(name))
        .key("neurons", "neurons", whole(|population| u64::from(population.neurons)))
        .column("spikes", "spikes", "", "", whole(|population| population.spikes))
        .column(
            "rate_hz",
            "rate",
            "Hz",
            "spikes by neurons and biological time",
            real(|population| population.rate_hz),
        )
        .column(
            "cv",
            "CV",
            "",
            "mean coefficient of variation of the intervals, of neurons with three spikes or more",
            real(|population| population.cv.unwrap_or(f64::NAN)),
        )
        .column(
            "synchrony",
            "synchrony",
            "",
            "variance by mean of the population's spike counts in bins of 3 ms; 1 for independent Poisson neurons",
            real(|population| population.synchrony.unwrap_or(f64::NAN)),
        )
}
