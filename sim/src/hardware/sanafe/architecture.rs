//! SANA-FE's `architecture:` files.

use super::yaml::{self, Node, Value};
use crate::hardware::ChipError;
use crate::hardware::description::{Chip, CoreKind, Cost, Direction, Soma, SomaModel, Sync, Tile, Unit};

/// Most copies that a range may ask for.
const MOST_COPIES: usize = Chip::LARGEST;

/// Parses the text of an architecture; `file` names it in errors.
///
/// # Errors
/// [`ChipError::File`] with the line, for whatever the model does not have.
pub fn parse_architecture(text: &str, file: &str) -> Result<Chip, ChipError> {
    let root = yaml::parse(text, file)?;
    let architecture = root.need("architecture", file)?;
    let attributes = architecture.need("attributes", file)?;
    let whole = |key| attributes.need(key, file)?.parse::<usize>(file, "a whole number");
    let mut chip = Chip {
        name: architecture.need("name", file)?.text(file)?.to_owned(),
        title: "read from a SANA-FE architecture".to_owned(),
        source: file.to_owned(),
        columns: whole("width")?,
        rows: whole("height")?,
        link_buffer: whole("link_buffer_size")?,
        sync: sync(attributes, file)?,
        kinds: Vec::new(),
        tiles: Vec::new(),
    };
    for tile in architecture.need("tile", file)?.items() {
        let hops = hops(tile.need("attributes", file)?, file)?;
        let mut cores = Vec::new();
        for core in tile.need("core", file)?.items() {
            let kind = chip.kinds.len();
            chip.kinds.push(core_kind(core, file)?);
            cores.extend(vec![kind; copies(core, file)?.len()]);
        }
        for _ in copies(tile, file)? {
            chip.tiles.push(Tile { hops, cores: cores.clone() });
        }
        if chip.core_count() > Chip::LARGEST {
            return Err(tile.error(file, format_args!("more than {} cores", Chip::LARGEST)));
        }
    }
    chip.check().map_err(|(key, reason)| architecture.error(file, format_args!("{key}: {reason}")))?;
    Ok(chip)
}

/// The names that `name: x[0..3]` stands for.
fn copies(node: &Node, file: &str) -> Result<Vec<String>, ChipError> {
    let named = node.need("name", file)?;
    let name = named.text(file)?;
    match super::range(name) {
        Some((_, None)) => Ok(vec![name.to_owned()]),
        Some((stem, Some(range))) if range.end() - range.start() < MOST_COPIES => {
            Ok(range.map(|i| format!("{stem}[{i}]")).collect())
        }
        _ => Err(named.error(file, format_args!("'{name}' is not a range such as core[0..3]"))),
    }
}

fn sync(attributes: &Node, file: &str) -> Result<Sync, ChipError> {
    let latency = attributes.get("latency_sync", file)?;
    let ns = |node: &Node| Ok::<f64, ChipError>(node.number(file)? * 1e9);
    let model = attributes.get("sync_model", file)?.map_or(Ok("fixed"), |node| node.text(file))?;
    let table = match (model, latency) {
        ("fixed", None) => vec![(0, 0.0)],
        ("fixed", Some(node)) => vec![(0, ns(node)?)],
        ("table", Some(Node { value: Value::Map(entries), line })) => {
            let mut table = Vec::with_capacity(entries.len());
            for (tiles, node) in entries {
                let tiles = tiles.trim().parse().map_err(|_| {
                    ChipError::file(
                        file,
                        format_args!("line {line}"),
                        format_args!("'{tiles}' is not a number of tiles"),
                    )
                })?;
                table.push((tiles, ns(node)?));
            }
            table.sort_by_key(|entry: &(usize, f64)| entry.0);
            table
        }
        ("table", Some(node)) => {
            node.items().iter().enumerate().map(|(i, n)| Ok((i, ns(n)?))).collect::<Result<_, ChipError>>()?
        }
        ("table", None) => return Err(attributes.error(file, "sync_model 'table' needs 'latency_sync'")),
        (other, _) => {
            return Err(
                attributes.error(file, format_args!("sync_model '{other}' is neither fixed nor table"))
            );
        }
    };
    Ok(Sync::Barrier(table))
}

/// Energy and latency under `energy_X` and `latency_X`, from J and s.
fn cost(node: &Node, what: &str, file: &str) -> Result<Cost, ChipError> {
    let of = |kind: &str| node.need(&format!("{kind}_{what}"), file)?.number(file);
    Ok(Cost { energy_pj: of("energy")? * 1e12, latency_ns: of("latency")? * 1e9 })
}

fn hops(attributes: &Node, file: &str) -> Result<[Cost; 4], ChipError> {
    let mut hops = [Cost::default(); 4];
    for (direction, hop) in Direction::ALL.into_iter().zip(&mut hops) {
        *hop = cost(attributes, &format!("{}_hop", direction.name()), file)?;
    }
    Ok(hops)
}

fn core_kind(core: &Node, file: &str) -> Result<CoreKind, ChipError> {
    let attributes = core.need("attributes", file)?;
    let buffer = attributes.need("buffer_position", file)?;
    let inside = attributes.get("buffer_inside_unit", file)?.map_or(Ok(false), |node| node.flag(file))?;
    if buffer.text(file)? != "soma" || inside {
        return Err(buffer.error(file, "only a time-step buffer before the soma is supported (buffer_position: soma, buffer_inside_unit: false)"));
    }
    let single = |section: &str, what: &str| {
        let units = core.need(section, file)?;
        match units.items() {
            [unit] => cost(unit.need("attributes", file)?, what, file),
            _ => Err(units.error(file, format_args!("one {section} unit is expected"))),
        }
    };
    let kind = CoreKind {
        neurons: attributes.need("max_neurons_supported", file)?.parse(file, "a whole number")?,
        synapse_bytes: None,
        axons_in: None,
        leakage_mw: 0.0,
        axon_in: single("axon_in", "message_in")?,
        synapses: units(core, "synapse", "process_spike", "current_based", file)?,
        dendrites: units(core, "dendrite", "update", "accumulator", file)?,
        somas: somas(core, file)?,
        axon_out: single("axon_out", "message_out")?,
    };
    let dendrite = |u: &Unit| {
        kind.synapses.iter().any(|s| s.name == u.name) || kind.somas.iter().any(|s| s.name == u.name)
    };
    if let Some(unit) = kind.dendrites.iter().find(|u| dendrite(u)) {
        return Err(core.error(
            file,
            format_args!("unit '{}' stands in two sections: units that do both are not supported", unit.name),
        ));
    }
    Ok(kind)
}

/// Units with one operation. Those of another model are left out, since no network can be simulated on them; the first of
/// a section must be known, because networks that name no unit get it.
fn units(core: &Node, section: &str, what: &str, model: &str, file: &str) -> Result<Vec<Unit>, ChipError> {
    let mut units = Vec::new();
    for node in core.need(section, file)?.items() {
        let attributes = node.need("attributes", file)?;
        let named = attributes.need("model", file)?;
        if named.text(file)? != model || attributes.get("plugin", file)?.is_some() {
            if units.is_empty() {
                return Err(
                    named.error(file, format_args!("the first {section} unit must be of model '{model}'"))
                );
            }
            continue;
        }
        let cost = cost(attributes, what, file)?;
        units.extend(copies(node, file)?.into_iter().map(|name| Unit { name, cost }));
    }
    Ok(units)
}

fn somas(core: &Node, file: &str) -> Result<Vec<Soma>, ChipError> {
    let mut somas = Vec::new();
    for node in core.need("soma", file)?.items() {
        let attributes = node.need("attributes", file)?;
        let named = attributes.need("model", file)?;
        let model = match named.text(file)? {
            "leaky_integrate_fire" => SomaModel::LeakyIntegrateFire,
            "truenorth" => SomaModel::Truenorth,
            "input" => SomaModel::Input,
            other => {
                let known = "leaky_integrate_fire, truenorth and input";
                return Err(named.error(file, format_args!("soma model '{other}' is not one of {known}")));
            }
        };
        if let Some(noise) = attributes.get("noise", file)? {
            return Err(noise.error(file, "noise from a file is not supported: remove 'noise'"));
        }
        let of = |what| cost(attributes, what, file);
        let (access, update, spike) = (of("access_neuron")?, of("update_neuron")?, of("spike_out")?);
        somas.extend(copies(node, file)?.into_iter().map(|name| Soma { name, model, access, update, spike }));
    }
    Ok(somas)
}
