//! Lists of synapses in CSV files: columns `source` and `target`, and `weight` and `delay` if they differ; lines that start with `#`
//! are comments.

use super::Rule;
use crate::network::error::KeyError;
use std::path::Path;

const COLUMNS: [&str; 4] = ["source", "target", "weight", "delay"];

/// Reads a file: pairs, or synapses with weights and delays.
pub(crate) fn read(path: &Path) -> Result<Rule, KeyError> {
    let at =
        |what: std::fmt::Arguments<'_>| KeyError::new("rule.file", format!("{}: {what}", path.display()));
    let failed = |error: csv::Error| at(format_args!("{error}"));
    let mut builder = csv::ReaderBuilder::new();
    let mut reader = builder.trim(csv::Trim::All).comment(Some(b'#')).from_path(path).map_err(failed)?;
    let header = reader.headers().map_err(failed)?.clone();
    if let Some(unknown) = header.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(at(format_args!("column '{unknown}'; there may be {}", COLUMNS.join(", "))));
    }
    let [source, target, weight, delay] = COLUMNS.map(|name| header.iter().position(|is| is == name));
    let (Some(source), Some(target)) = (source, target) else {
        return Err(at(format_args!("a column is missing; give source and target")));
    };
    let mut synapses = Vec::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let line = record.position().map_or(0, csv::Position::line);
        let bad = |column: usize| {
            let (name, value) = (&header[column], &record[column]);
            at(format_args!("line {line}: {name}: '{value}'; give a number"))
        };
        let neuron = |column: usize| record[column].parse::<u32>().map_err(|_| bad(column));
        let multiple = |column: Option<usize>| match column {
            Some(column) => record[column].parse::<f64>().map_err(|_| bad(column)),
            None => Ok(1.0),
        };
        synapses.push((neuron(source)?, neuron(target)?, multiple(weight)?, multiple(delay)?));
    }
    if weight.is_none() && delay.is_none() {
        return Ok(Rule::Pairs(synapses.iter().map(|of| [of.0, of.1]).collect()));
    }
    Ok(Rule::Synapses(synapses))
}
