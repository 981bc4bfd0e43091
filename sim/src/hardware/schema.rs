//! Chips in our own TOML, and those that are part of the program.
//!
//! Every key carries its unit; keys that do not exist are refused with their line. A chip has one kind of core:
//!
//! ```toml
//! name = "small"
//! source = "an example"
//! mesh = { columns = 2, rows = 1, link_buffer = 4, north = { energy_pj = 1, latency_ns = 1 }, ... }
//! core = { per_tile = 1, neurons = 64, axon_in = { energy_pj = 1, latency_ns = 1 }, ... }
//! ```
//!
//! Without `[[sync.barrier]]` cores know no common time.

use super::ChipError;
use super::description::{Chip, CoreKind, Cost, Soma, SomaModel, Sync, Tile, Unit};
use serde::Deserialize;
use std::path::Path;

/// Names and texts of the chips that are part of the program.
pub const SHIPPED: &[(&str, &str)] =
    &[("loihi", include_str!("chips/loihi.toml")), ("asynchronous", include_str!("chips/asynchronous.toml"))];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChipFile {
    name: String,
    #[serde(default)]
    title: String,
    source: String,
    mesh: MeshTable,
    #[serde(default)]
    sync: SyncTable,
    core: CoreTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeshTable {
    columns: usize,
    rows: usize,
    link_buffer: usize,
    north: Cost,
    east: Cost,
    south: Cost,
    west: Cost,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SyncTable {
    #[serde(default)]
    barrier: Vec<BarrierTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BarrierTable {
    tiles: usize,
    latency_ns: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CoreTable {
    per_tile: usize,
    neurons: usize,
    synapse_bytes: Option<u64>,
    axons_in: Option<usize>,
    #[serde(default)]
    leakage_mw: f64,
    axon_in: Cost,
    axon_out: Cost,
    synapse: Vec<UnitTable>,
    dendrite: Vec<UnitTable>,
    soma: Vec<SomaTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitTable {
    name: String,
    cost: Cost,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SomaTable {
    name: String,
    model: SomaModel,
    access: Cost,
    update: Cost,
    spike: Cost,
}

impl Chip {
    /// Parses the TOML text of a chip; `file` names it in errors.
    ///
    /// # Errors
    /// [`ChipError::File`], with the line or the key.
    pub fn parse(text: &str, file: &str) -> Result<Self, ChipError> {
        let parsed: ChipFile = toml::from_str(text).map_err(|e| {
            let line =
                e.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            ChipError::file(file, format_args!("line {line}"), e.message())
        })?;
        let tiles = parsed.mesh.columns.saturating_mul(parsed.mesh.rows);
        let per_tile = parsed.core.per_tile;
        if tiles.saturating_mul(per_tile.max(1)) > Self::LARGEST {
            return Err(ChipError::file(file, "mesh", format_args!("more than {} cores", Self::LARGEST)));
        }
        let hops = [parsed.mesh.north, parsed.mesh.east, parsed.mesh.south, parsed.mesh.west];
        let mut barriers: Vec<_> = parsed.sync.barrier.iter().map(|b| (b.tiles, b.latency_ns)).collect();
        barriers.sort_by_key(|barrier| barrier.0);
        let chip = Self {
            name: parsed.name,
            title: parsed.title,
            source: parsed.source,
            columns: parsed.mesh.columns,
            rows: parsed.mesh.rows,
            link_buffer: parsed.mesh.link_buffer,
            sync: if barriers.is_empty() { Sync::Handshake } else { Sync::Barrier(barriers) },
            kinds: vec![core_kind(parsed.core)],
            tiles: vec![Tile { hops, cores: vec![0; per_tile] }; tiles],
        };
        let kind = &chip.kinds[0];
        if kind.synapses.is_empty() || kind.dendrites.is_empty() || kind.somas.is_empty() {
            return Err(ChipError::file(file, "core", "a core needs a synapse, a dendrite and a soma unit"));
        }
        chip.check().map_err(|(key, reason)| ChipError::file(file, key, reason))?;
        Ok(chip)
    }

    /// A chip of the program by its name, or a file by its path: our TOML, or SANA-FE's YAML (`.yaml`, `.yml`).
    ///
    /// # Errors
    /// [`ChipError`], naming file, place and value.
    pub fn load(name_or_path: &str) -> Result<Self, ChipError> {
        if let Some((name, text)) = SHIPPED.iter().find(|(name, _)| *name == name_or_path) {
            return Self::parse(text, name);
        }
        let path = Path::new(name_or_path);
        if !path.exists() {
            let known = SHIPPED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            return Err(ChipError::Unknown { name: name_or_path.to_owned(), known });
        }
        let text = read_text(path)?;
        match path.extension().and_then(|e| e.to_str()) {
            Some("yaml" | "yml") => super::sanafe::parse_architecture(&text, name_or_path),
            _ => Self::parse(&text, name_or_path),
        }
    }
}

/// The text of a file of bounded size.
///
/// # Errors
/// [`ChipError::Read`], [`ChipError::File`].
pub fn read_text(path: &Path) -> Result<String, ChipError> {
    let read = |source| ChipError::Read { path: path.to_owned(), source };
    let bytes = std::fs::metadata(path).map_err(read)?.len();
    if bytes > super::sanafe::LARGEST_FILE_BYTES {
        let limit = super::sanafe::LARGEST_FILE_BYTES;
        return Err(ChipError::file(
            &path.display().to_string(),
            "size",
            format_args!("{bytes} bytes are more than {limit}"),
        ));
    }
    std::fs::read_to_string(path).map_err(read)
}

fn core_kind(core: CoreTable) -> CoreKind {
    let units =
        |tables: Vec<UnitTable>| tables.into_iter().map(|u| Unit { name: u.name, cost: u.cost }).collect();
    let soma = |s: SomaTable| Soma {
        name: s.name,
        model: s.model,
        access: s.access,
        update: s.update,
        spike: s.spike,
    };
    CoreKind {
        neurons: core.neurons,
        synapse_bytes: core.synapse_bytes,
        axons_in: core.axons_in,
        leakage_mw: core.leakage_mw,
        axon_in: core.axon_in,
        synapses: units(core.synapse),
        dendrites: units(core.dendrite),
        somas: core.soma.into_iter().map(soma).collect(),
        axon_out: core.axon_out,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Chip, SHIPPED};
    use crate::hardware::description::Sync;

    #[test]
    fn the_chips_of_the_program_are_sound() {
        let cores: Vec<usize> =
            SHIPPED.iter().map(|(name, _)| Chip::load(name).unwrap().core_count()).collect();
        assert_eq!(cores, [128, 128]);
        assert_eq!(Chip::load("loihi").unwrap().sync.latency_ns(28), 1400.0);
        assert_eq!(Chip::load("asynchronous").unwrap().sync, Sync::Handshake);
    }

    #[test]
    fn a_key_that_does_not_exist_is_refused_with_its_line() {
        let text = SHIPPED[0].1.replace("link_buffer = 16", "link_bufer = 16");
        let error = Chip::parse(&text, "chip.toml").unwrap_err().to_string();
        assert!(error.starts_with("chip.toml, line 9: unknown field `link_bufer`"), "{error}");
    }

    #[test]
    fn values_out_of_range_are_refused_by_their_key() {
        for (from, to, key) in [
            ("link_buffer = 16", "link_buffer = 0", "link_buffer"),
            ("111", "-1", "axon_out"),
            ("rows = 4", "rows = 0", "mesh"),
        ] {
            let error = Chip::parse(&SHIPPED[0].1.replace(from, to), "chip.toml").unwrap_err().to_string();
            assert!(error.starts_with(&format!("chip.toml, {key}: ")), "{error}");
        }
    }
}
