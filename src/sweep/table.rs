//! The table of a sweep: one row for a model, text, convention, k, coding and hardware.

use super::{Measured, MeasuredCoding, MeasuredEnergy};
use crate::accuracy::Bits;
use crate::analysis::table::{Column, Table, Values};
use std::collections::BTreeSet;

/// One row, with the dense pass beside it.
struct Row<'a> {
    pass: &'a Measured,
    dense: Option<&'a Bits>,
    coding: &'a MeasuredCoding,
    energy: &'a MeasuredEnergy,
}

/// The rows of all spiking passes in their order; each stands beside the dense pass of its model, text and convention.
#[must_use]
pub fn table(passes: &[Measured]) -> Table {
    let dense = |pass: &Measured| {
        let same = |other: &&Measured| {
            other.k.is_none()
                && (&other.model, &other.text, &other.convention)
                    == (&pass.model, &pass.text, &pass.convention)
        };
        passes.iter().find(same).map(|dense| &dense.bits)
    };
    let rows: Vec<Row<'_>> = passes
        .iter()
        .flat_map(|pass| pass.codings.iter().map(move |coding| (pass, coding)))
        .flat_map(|(pass, coding)| {
            coding.energies.iter().map(move |energy| Row { pass, dense: dense(pass), coding, energy })
        })
        .collect();
    let text = |value: fn(&Row<'_>) -> String| Values::Text(rows.iter().map(value).collect());
    let real = |value: fn(&Row<'_>) -> f64| Values::Real(rows.iter().map(value).collect());
    let integer = |value: fn(&Row<'_>) -> i64| Values::Integer(rows.iter().map(value).collect());
    Table::new("sweep", "Accuracy, sparsity and energy over the grid")
        .key("model", "model", text(|r| r.pass.model.clone()))
        .key("text", "text", text(|r| r.pass.text.clone()))
        .key("convention", "convention", text(|r| r.pass.convention.clone()))
        .key("k", "k", real(|r| r.pass.k.map_or(f64::NAN, f64::from)))
        .key("coding", "coding", text(|r| r.coding.coding.to_string()))
        .key("hardware", "hardware", text(|r| r.energy.hardware.clone()))
        .column("tokens", "tokens", "", "tokens read", integer(|r| r.pass.tokens as i64))
        .column(
            "bits_per_byte",
            "bits/byte",
            "",
            "mean bits that predicting a byte of the text cost, as spikes",
            real(|r| per_byte(&r.pass.bits)),
        )
        .column(
            "dense_bits_per_byte",
            "dense",
            "",
            "the same of the dense model",
            real(|r| r.dense.map_or(f64::NAN, per_byte)),
        )
        .column(
            "mean_spikes_per_channel",
            "spikes/ch.",
            "",
            "spikes of a channel at a token in the mean",
            real(|r| r.coding.mean_spikes_per_channel),
        )
        .column(
            "silent_share",
            "silent",
            "%",
            "share of channels whose spike count is 0",
            real(|r| r.coding.silent_share),
        )
        .column(
            "sparsity",
            "sparsity",
            "%",
            crate::analysis::sparsity::SPARSITY_DEFINITION,
            real(|r| r.coding.sparsity),
        )
        .column(
            "share_at_most_7",
            "|s|<=7",
            "%",
            "share of channels whose spike count is at most 7 in magnitude",
            real(|r| r.coding.share_at_most_7),
        )
        .column(
            "share_above_16",
            "|s|>16",
            "%",
            "share of channels whose spike count is above 16 in magnitude",
            real(|r| r.coding.share_above_16),
        )
        .column(
            "largest_count",
            "max |s|",
            "",
            "largest spike count in magnitude",
            integer(|r| i64::from(r.coding.largest_count)),
        )
        .column(
            "synaptic_operations_per_token",
            "syn. ops",
            "1/token",
            "spikes times the synapses that each reaches",
            real(|r| r.coding.synaptic_operations_per_token),
        )
        .column(
            "bound_pj_per_mac",
            "bound",
            "pJ/MAC",
            "the report's idealised bound: spikes per channel times the energy of an INT8 add",
            real(|r| r.coding.bound_pj_per_mac),
        )
        .column(
            "energy_pj_per_token",
            "energy",
            "pJ/token",
            "full estimate of what the hardware prices",
            real(|r| r.energy.energy_pj_per_token[0]),
        )
        .column(
            "energy_low_pj_per_token",
            "low",
            "pJ/token",
            "with every constant at the low end of its range",
            real(|r| r.energy.energy_pj_per_token[1]),
        )
        .column(
            "energy_high_pj_per_token",
            "high",
            "pJ/token",
            "with every constant at the high end of its range",
            real(|r| r.energy.energy_pj_per_token[2]),
        )
        .column(
            "opponent_pj_per_token",
            "opponent",
            "pJ/token",
            "full estimate of the dense opponent",
            real(|r| r.energy.opponent_pj_per_token),
        )
        .column(
            "saving",
            "saved",
            "%",
            "share of the opponent's energy that is saved; negative if spikes take more",
            real(|r| r.energy.saving[0]),
        )
}

/// The table for people, in two: accuracy and sparsity, then energy. What is the same in every row is left out.
#[must_use]
pub fn views(table: &Table) -> [Table; 2] {
    let keys = ["model", "text", "convention", "k", "coding", "hardware"];
    let varying: Vec<&str> =
        keys.into_iter().filter(|key| find(table, key).is_some_and(|c| distinct(&c.values) > 1)).collect();
    let first_hardware = |row: usize| match find(table, "hardware").map(|c| &c.values) {
        Some(Values::Text(names)) => names.get(row) == names.first(),
        _ => true,
    };
    let all = |_: usize| true;
    let of_passes: Vec<&str> = varying.iter().copied().filter(|key| *key != "hardware").collect();
    let accuracy =
        ["bits_per_byte", "dense_bits_per_byte", "mean_spikes_per_channel", "silent_share", "sparsity"];
    let shares = ["share_at_most_7", "share_above_16", "largest_count", "bound_pj_per_mac"];
    let energy = ["energy_pj_per_token", "energy_low_pj_per_token", "energy_high_pj_per_token"];
    let against = ["opponent_pj_per_token", "saving"];
    let name = |title: &str| Table::new(table.name, title);
    [
        pick(
            table,
            name("Accuracy and sparsity"),
            &[&of_passes[..], &accuracy, &shares].concat(),
            first_hardware,
        ),
        in_microjoules(pick(table, name("Energy"), &[&varying[..], &energy, &against].concat(), all)),
    ]
}

fn find<'a>(table: &'a Table, name: &str) -> Option<&'a Column> {
    table.columns.iter().find(|column| column.name == name)
}

fn distinct(values: &Values) -> usize {
    let texts: BTreeSet<String> = match values {
        Values::Text(v) => v.iter().cloned().collect(),
        Values::Integer(v) => v.iter().map(i64::to_string).collect(),
        Values::Real(v) => v.iter().map(f64::to_string).collect(),
    };
    texts.len()
}

/// The columns called `names`, and the rows that `keep` names by number.
fn pick(table: &Table, mut into: Table, names: &[&str], keep: impl Fn(usize) -> bool) -> Table {
    for column in names.iter().filter_map(|name| find(table, name)) {
        let values = match &column.values {
            Values::Text(v) => Values::Text(kept(v, &keep)),
            Values::Integer(v) => Values::Integer(kept(v, &keep)),
            Values::Real(v) => Values::Real(kept(v, &keep)),
        };
        into.columns.push(Column { values, ..column.clone() });
    }
    into
}

fn kept<T: Clone>(values: &[T], keep: impl Fn(usize) -> bool) -> Vec<T> {
    values.iter().enumerate().filter(|(row, _)| keep(*row)).map(|(_, value)| value.clone()).collect()
}

/// Energies of a token in uJ, which take less room.
fn in_microjoules(mut table: Table) -> Table {
    for column in table.columns.iter_mut().filter(|column| column.unit == "pJ/token") {
        column.unit = "uJ/token";
        if let Values::Real(values) = &mut column.values {
            values.iter_mut().for_each(|value| *value *= 1e-6);
        }
    }
    table
}

fn per_byte(bits: &Bits) -> f64 {
    bits.per_byte.unwrap_or(f64::NAN)
}
