//! The report of a recorded run: one pass over its coded vectors for the statistics, one over its spikes for the raster; where the
//! record has a sample of spikes, one more over the activity of all.

use super::number::{figure, integer, percentage};
use super::raster::{RasterData, RasterLimits};
use super::statistics::Statistics;
use super::{Fact, Figure, Report, ReportError};
use crate::energy::report_bound;
use crate::sparsity::SPARSITY_DEFINITION;
use serde_json::Value;
use synfire_datasets::record::{Manifest, RecordKind, RunReader, Status};

/// The report of the run that `reader` opened.
///
/// # Errors
/// [`ReportError::Record`] where the record is damaged.
pub fn report(reader: &RunReader, limits: &RasterLimits) -> Result<Report, ReportError> {
    let found = Statistics::read(reader)?;
    let manifest = reader.manifest();
    let of = text_of(manifest).map_or_else(String::new, |text| format!(" of {text}"));
    let subtitle = format!("{} tokens{of}, read as spikes", integer(found.tokens));
    Ok(Report {
        warning: warning(&found, manifest),
        figures: figures(&found, manifest),
        facts: facts(manifest),
        raster: RasterData::of_run(reader, limits)?,
        sections: found.sections(&manifest.model.name)?,
        provenance: provenance(manifest),
        ..Report::new(manifest.model.name.clone(), subtitle)
    })
}

/// That the run was cut short, and what of the page is of a sample or missing.
fn warning(found: &Statistics, manifest: &Manifest) -> Option<String> {
    let cut = (manifest.status == Status::Incomplete).then(|| {
        let tokens = integer(found.tokens);
        format!("This run was cut short: what follows is about the {tokens} tokens recorded whole.")
    });
    let partial = manifest.record == RecordKind::Activity || !manifest.sampling.is_whole();
    let left_out = manifest.leaves_out().filter(|_| partial).map(|what| {
        let rest = match manifest.tells_counts() {
            true => "spike counts, neurons and energy are of this sample",
            false => "spike counts, neurons and energy need the counts of all neurons and are left out",
        };
        format!("The record holds {what}. Sparsity and activity over the text are of all; {rest}.")
    });
    let warnings: Vec<String> = cut.into_iter().chain(left_out).collect();
    (!warnings.is_empty()).then(|| warnings.join(" "))
}

fn text_of(manifest: &Manifest) -> Option<&str> {
    manifest.options.get("text").and_then(Value::as_str)
}

fn figures(found: &Statistics, manifest: &Manifest) -> Vec<Figure> {
    let all = found.sparsity.pooled();
    let per_token = |n: u64| figure(n as f64 / found.tokens as f64);
    let mut figures = vec![
        Figure::new(
            "spikes per channel",
            figure(all.mean_spikes_per_channel()),
            "",
            "mean over all coded inputs and tokens",
        ),
        Figure::new("silent channels", percentage(all.silent_share()), "%", "spike count of 0 at a token"),
        Figure::new("sparsity", percentage(all.sparsity()), "%", SPARSITY_DEFINITION),
        Figure::new("spikes per token", per_token(all.spikes), "", format!("{} in all", integer(all.spikes))),
        Figure::new(
            "synaptic operations per token",
            per_token(all.synaptic_operations),
            "",
            "spikes times the synapses that each reaches",
        ),
    ];
    figures.extend(manifest.summary.as_ref().and_then(accuracy));
    let bound = report_bound(all.mean_spikes_per_channel());
    figures.push(Figure::new(
        "energy per MAC, idealised",
        figure(bound.energy_per_mac_pj),
        "pJ",
        format!(
            "45 nm, adds only; an INT8 MAC takes {} times as much, an FP16 MAC {} times",
            figure(bound.int8_ratio),
            figure(bound.fp16_ratio)
        ),
    ));
    figures
}

/// What the coding cost, where the run told.
fn accuracy(summary: &Value) -> Option<Figure> {
    let bits = |of: &str| {
        let bits = summary.get("accuracy")?.get(of)?;
        let per_byte = bits.get("per_byte").and_then(Value::as_f64);
        per_byte.map(|bits| (bits, "byte")).or_else(|| Some((bits.get("per_token")?.as_f64()?, "token")))
    };
    let (coded, unit) = bits("coded")?;
    let note = bits("dense").map_or_else(
        || "of the text, predicted as spikes".to_owned(),
        |(dense, _)| format!("of the text, predicted as spikes; dense: {dense:.4}"),
    );
    Some(Figure::new("bits per ".to_owned() + unit, format!("{coded:.4}"), "", note))
}

fn facts(manifest: &Manifest) -> Vec<Fact> {
    let model = &manifest.model;
    let mut facts = vec![Fact::new("model", &model.name), Fact::new("architecture", &model.family)];
    facts.push(Fact::new("size", &model.description));
    if let Value::Object(options) = &manifest.options {
        for (key, value) in options.iter().filter(|(key, value)| *key != "model" && !value.is_null()) {
            facts.push(Fact::new(key, in_words(value)));
        }
    }
    let list = |items: Vec<String>| items.join(", ");
    facts.push(Fact::new("layers recorded", list(manifest.layers.iter().map(u16::to_string).collect())));
    facts.push(Fact::new(
        "inputs recorded",
        list(manifest.projections.iter().map(ToString::to_string).collect()),
    ));
    facts.extend(manifest.leaves_out().map(|what| Fact::new("recorded are", what)));
    facts.retain(|fact| !fact.value.is_empty());
    facts
}

/// An option as a person would write it.
fn in_words(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let field =
                |(key, value): (&String, &Value)| format!("{}: {}", key.replace('_', " "), in_words(value));
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        }
    }
}

fn provenance(manifest: &Manifest) -> Vec<Fact> {
    let mut facts = vec![
        Fact::new("command", &manifest.command),
        Fact::new("recorded by", format!("synfire {}", manifest.synfire_version)),
        Fact::new("reported by", format!("synfire {}", env!("CARGO_PKG_VERSION"))),
        Fact::new("record schema", manifest.schema_version.to_string()),
        Fact::new("SHA-256 of the weights", &manifest.model.digest),
    ];
    if manifest.status == Status::Complete {
        facts.push(Fact::new("spikes recorded", integer(manifest.spike_rows.max(manifest.count_rows))));
        facts.push(Fact::new("vectors recorded", integer(manifest.activity_rows)));
    }
    facts.retain(|fact| !fact.value.is_empty());
    facts
}
