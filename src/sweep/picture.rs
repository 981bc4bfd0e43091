//! Accuracy against sparsity and against energy over the grid, beside the rows that the report published.

use super::{Measured, PUBLISHED};
use crate::analysis::plot::scatter::{Labelled, Scatter, ScatterRow};

/// The picture of a sweep: bits per byte against sparsity, bits per byte against energy, and the published accuracy against the
/// published sparsity. Points are labelled with k.
#[must_use]
pub fn picture(passes: &[Measured]) -> ScatterRow {
    let accuracy = |pass: &Measured| pass.bits.per_byte.unwrap_or(pass.bits.per_token);
    let unit = if passes.iter().all(|pass| pass.bits.per_byte.is_some()) { "byte" } else { "token" };
    let y_label = format!("bits per {unit} (lower is better)");
    let (mut sparsity, mut energy) = (Vec::new(), Vec::new());
    for pass in passes.iter().filter(|pass| pass.k.is_some()) {
        let label = pass.k.map_or_else(String::new, |k| format!("k {k}"));
        for coding in &pass.codings {
            let group = group_name(passes, pass, &coding.coding.to_string());
            let point = |x: f64| Labelled { x, y: accuracy(pass), label: label.clone() };
            add(&mut sparsity, group.clone(), point(100.0 * coding.sparsity));
            for on in &coding.energies {
                let name = [group.as_str(), on.hardware.as_str()].join(" ").trim().to_owned();
                add(&mut energy, name, point(1e-6 * on.energy_pj_per_token[0]));
            }
        }
    }
    let published = PUBLISHED.iter().map(|row| Labelled {
        x: 100.0 * row.sparsity,
        y: row.average_accuracy,
        label: format!("k {}", row.k),
    });
    if let [(name, _)] = &mut sparsity[..] {
        "this sweep".clone_into(name);
    }
    ScatterRow(vec![
        Scatter {
            title: "Accuracy against sparsity".to_owned(),
            x_label: "silent cells of channel and virtual time step (%)".to_owned(),
            y_label: y_label.clone(),
            groups: sparsity,
            ..Scatter::default()
        },
        Scatter {
            title: "Accuracy against energy".to_owned(),
            x_label: "energy of a token, full estimate of what is priced (uJ)".to_owned(),
            y_label,
            groups: energy,
            ..Scatter::default()
        },
        Scatter {
            title: "As published: SpikingBrain-7B, table 11".to_owned(),
            x_label: "sparsity as published, window of 3 steps (%)".to_owned(),
            y_label: "average accuracy (higher is better)".to_owned(),
            groups: vec![("SpikingBrain report".to_owned(), published.collect())],
            ..Scatter::default()
        },
    ])
}

/// What of a pass differs within the sweep.
fn group_name(passes: &[Measured], pass: &Measured, coding: &str) -> String {
    let names = |p: &Measured| [p.model.clone(), p.text.clone(), p.convention.clone()];
    let mut parts: Vec<String> = Vec::new();
    for (i, name) in names(pass).into_iter().enumerate() {
        if passes.iter().any(|other| names(other)[i] != name) {
            parts.push(name);
        }
    }
    if pass.codings.len() > 1 {
        parts.push(coding.to_owned());
    }
    parts.join(", ")
}

fn add(groups: &mut Vec<(String, Vec<Labelled>)>, name: String, point: Labelled) {
    match groups.iter_mut().find(|(other, _)| *other == name) {
        Some((_, points)) => points.push(point),
        None => groups.push((name, vec![point])),
    }
}
