//! Rates and intervals of runs, whose time is counted in tokens or virtual steps.

use super::runs::Runs;
use super::{Analyze, ClockName};
use anyhow::{Result, bail};
use synfire::analysis::clock::{Clock, ClockError, RunTrains, run_trains};
use synfire::analysis::intervals::{TableOptions, table};
use synfire::analysis::table::{Column, Table, Values};
use synfire::datasets::spikes::Projection;

/// What one layer and projection of a run did.
struct Row {
    run: String,
    layer: u16,
    projection: Projection,
    by_neuron: Table,
}

/// One row a run, layer and projection: the means over its neurons of what `intervals` tells of each.
pub(super) fn table_of_runs(runs: &Runs, analyze: &Analyze) -> Result<Table> {
    if analyze.tick_ms.is_some_and(|ms| !(ms > 0.0 && ms.is_finite())) {
        bail!("--tick-ms {}: give a positive number of ms", analyze.tick_ms.unwrap_or_default());
    }
    let base = if analyze.clock == ClockName::Tokens { Clock::TOKENS } else { Clock::STEPS };
    let clock = Clock { tick_ms: analyze.tick_ms, ..base };
    let options = TableOptions { clock, fano_window: None, ..TableOptions::default() };
    let layers = runs.layers();
    let mut rows = Vec::new();
    for (name, reader) in runs.names().into_iter().zip(runs.readers()) {
        let recorded = reader.manifest().layers.iter().filter(|layer| layers.contains(layer));
        for (layer, projection) in recorded.flat_map(|layer| Projection::ALL.map(|p| (*layer, p))) {
            match run_trains(reader, &RunTrains { layer, projection, clock, tokens: None }) {
                Ok(trains) => rows.push(Row {
                    run: name.clone(),
                    layer,
                    projection,
                    by_neuron: table(&trains, &options)?,
                }),
                Err(ClockError::Nothing { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    let unit = clock.time_unit();
    let many = runs.names().len() > 1;
    let mut result = Table::new(
        "rates",
        format!("Rates and intervals by layer and input, time in {unit}: means over neurons"),
    );
    if many {
        result = result.key("run", "run", Values::Text(rows.iter().map(|row| row.run.clone()).collect()));
    }
    result = result
        .key("layer", "layer", Values::Integer(rows.iter().map(|row| i64::from(row.layer)).collect()))
        .key("projection", "input", Values::Text(rows.iter().map(|row| row.projection.to_string()).collect()))
        .column(
            "neurons",
            "neurons",
            "",
            "neurons (channels) of the input, silent ones included",
            Values::Integer(rows.iter().map(|row| row.by_neuron.rows() as i64).collect()),
        );
    let columns = rows.first().map_or(&[][..], |row| &row.by_neuron.columns);
    for column in columns.iter().filter(|column| matches!(column.values, Values::Real(_))) {
        let values = rows.iter().map(|row| mean(&row.by_neuron, column.name)).collect();
        result.columns.push(Column { values: Values::Real(values), ..column.clone() });
    }
    Ok(result)
}

/// Mean of a column over the neurons for which it is defined; NaN if there are none.
fn mean(table: &Table, name: &str) -> f64 {
    let Some(Values::Real(values)) = table.columns.iter().find(|c| c.name == name).map(|c| &c.values) else {
        return f64::NAN;
    };
    let defined = || values.iter().filter(|value| !value.is_nan());
    defined().sum::<f64>() / defined().count() as f64
}
