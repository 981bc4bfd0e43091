//! `synfire chip show`: what a chip is made of.

use crate::commands::output::print;
use anyhow::Result;
use clap::Args;
use std::io::Write;
use synfire::analysis::table::{Table, Values};
use synfire::sim::hardware::SHIPPED;
use synfire::sim::hardware::description::{Chip, Cost, Direction, Sync};

#[derive(Args)]
pub(super) struct ChipShow {
    /// Chip of the program, or path of a TOML file or of a SANA-FE architecture (.yaml)
    #[arg(value_name = "NAME|FILE")]
    name: Option<String>,
    /// As JSON
    #[arg(long, requires = "name")]
    json: bool,
    /// The text of a chip of the program, to start one's own from
    #[arg(long, requires = "name", conflicts_with = "json")]
    toml: bool,
}

impl ChipShow {
    pub(super) fn execute(self) -> Result<()> {
        let mut out = std::io::stdout().lock();
        let Some(name) = &self.name else {
            let chips: Vec<Chip> =
                SHIPPED.iter().map(|(name, _)| Chip::load(name)).collect::<Result<_, _>>()?;
            let text = |of: fn(&Chip) -> String| Values::Text(chips.iter().map(of).collect());
            let table = Table::new("chips", "Chips")
                .key("name", "name", text(|c| c.name.clone()))
                .key("title", "chip", text(|c| c.title.clone()))
                .key(
                    "cores",
                    "cores",
                    Values::Integer(chips.iter().map(|c| c.core_count() as i64).collect()),
                );
            return Ok(print(&mut out, &[table])?);
        };
        let chip = Chip::load(name)?;
        if self.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&chip)?)?;
        } else if let Some((_, text)) = SHIPPED.iter().find(|(shipped, _)| self.toml && shipped == name) {
            write!(out, "{text}")?;
        } else {
            print(&mut out, &[costs(&chip)])?;
            for line in facts(&chip) {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }
}

/// Every operation with what it costs.
fn costs(chip: &Chip) -> Table {
    let mut rows: Vec<(String, Cost)> = Vec::new();
    for (number, kind) in chip.kinds.iter().enumerate() {
        let of = |what: &str| {
            if chip.kinds.len() > 1 { format!("core kind {number}: {what}") } else { what.to_owned() }
        };
        rows.push((of("axon in"), kind.axon_in));
        rows.extend(kind.synapses.iter().map(|u| (of(&format!("synapse {}", u.name)), u.cost)));
        rows.extend(kind.dendrites.iter().map(|u| (of(&format!("dendrite {}", u.name)), u.cost)));
        let mut last = None;
        for soma in &kind.somas {
            // Input units often come by the hundred.
            let costs = [soma.access, soma.update, soma.spike];
            if last == Some((soma.model, costs)) {
                continue;
            }
            last = Some((soma.model, costs));
            let parts = ["access", "update", "spike"];
            rows.extend(
                parts
                    .iter()
                    .zip(costs)
                    .map(|(part, cost)| (of(&format!("soma {}: {part}", soma.name)), cost)),
            );
        }
        rows.push((of("axon out"), kind.axon_out));
    }
    if let Some(tile) = chip.tiles.first() {
        rows.extend(
            Direction::ALL.iter().zip(tile.hops).map(|(d, cost)| (format!("hop {}", d.name()), cost)),
        );
    }
    let real = |of: fn(&Cost) -> f64| Values::Real(rows.iter().map(|(_, cost)| of(cost)).collect());
    Table::new("chip", format!("{}: {}", chip.name, chip.title))
        .key("operation", "operation", Values::Text(rows.iter().map(|(name, _)| name.clone()).collect()))
        .column("energy_pj", "energy", "pJ", "", real(|c| c.energy_pj))
        .column("latency_ns", "latency", "ns", "", real(|c| c.latency_ns))
}

fn facts(chip: &Chip) -> Vec<String> {
    let mut lines = vec![
        format!(
            "mesh: {} x {} tiles, {} cores, link buffers of {}",
            chip.columns,
            chip.rows,
            chip.core_count(),
            chip.link_buffer
        ),
        match &chip.sync {
            Sync::Handshake => "time: none in common, handshakes only".to_owned(),
            Sync::Barrier(table) => {
                let entries: Vec<String> =
                    table.iter().map(|(tiles, ns)| format!("{ns} ns from {tiles} tiles")).collect();
                format!("time: a barrier after every step, {}", entries.join(", "))
            }
        },
    ];
    for kind in &chip.kinds {
        let limit = |what: &str, most: Option<u64>| most.map_or(String::new(), |n| format!(", {n} {what}"));
        lines.push(format!(
            "core: {} neurons{}{}, {} mW leakage",
            kind.neurons,
            limit("bytes of synapses", kind.synapse_bytes),
            limit("input axons", kind.axons_in.map(|n| n as u64)),
            kind.leakage_mw
        ));
    }
    lines.push(format!("source: {}", chip.source));
    lines
}
