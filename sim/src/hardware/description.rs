//! A chip as plain data: a mesh of tiles, the cores on them, and what every operation costs.
//!
//! Each operation has an energy (pJ) and a latency (ns). A core works in the order of a neuromorphic pipeline:
//!
//! ```text
//! message ─▶ axon in ─▶ synapse, one event each ─▶ dendrite ─▶ soma: access, update, spike ─▶ axon out ─▶ mesh
//! ```
//!
//! The tiles of a mesh of `columns` x `rows` are numbered column by column: tile t lies at x = t / rows,
//! y = t mod rows, and going north raises y. Cores are numbered tile by tile.

use serde::Serialize;

/// What one operation costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Energy, pJ.
    pub energy_pj: f64,
    /// Time for which the unit is taken, ns.
    pub latency_ns: f64,
}

/// A direction of the mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Towards larger y.
    North,
    /// Towards larger x.
    East,
    /// Towards smaller y.
    South,
    /// Towards smaller x.
    West,
}

impl Direction {
    /// All four, in the order in which links are numbered.
    pub const ALL: [Self; 4] = [Self::North, Self::East, Self::South, Self::West];

    /// The name in files and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::North => "north",
            Self::East => "east",
            Self::South => "south",
            Self::West => "west",
        }
    }
}

/// What a hop costs in each direction, indexed by [`Direction`].
pub type Hops = [Cost; 4];

/// A named unit whose one operation has a cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unit {
    /// Name that networks refer to.
    pub name: String,
    /// Cost of one operation.
    pub cost: Cost,
}

/// What the neurons of a soma unit compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SomaModel {
    /// Leaky integrate-and-fire in Loihi's fixed point.
    LeakyIntegrateFire,
    /// TrueNorth's neuron with an additive leak.
    Truenorth,
    /// No neuron: spikes come from outside.
    Input,
}

/// The unit that holds and updates neurons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Soma {
    /// Name that networks refer to.
    pub name: String,
    /// What its neurons compute.
    pub model: SomaModel,
    /// Looking at a neuron, every step.
    pub access: Cost,
    /// Computing a neuron that has something to compute.
    pub update: Cost,
    /// Firing.
    pub spike: Cost,
}

/// A kind of core: capacities, and units in the order in which they are taken if a network names none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoreKind {
    /// Neurons that fit.
    pub neurons: usize,
    /// Bytes of synapses that fit, if limited.
    pub synapse_bytes: Option<u64>,
    /// Input axons that fit, if limited.
    pub axons_in: Option<usize>,
    /// Power while switched on, mW.
    pub leakage_mw: f64,
    /// A message coming in.
    pub axon_in: Cost,
    /// Synapse units; one event each.
    pub synapses: Vec<Unit>,
    /// Dendrite units; one event each.
    pub dendrites: Vec<Unit>,
    /// Soma units.
    pub somas: Vec<Soma>,
    /// A message going out.
    pub axon_out: Cost,
}

/// A tile: a router, and the cores behind it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tile {
    /// Cost of a hop that leaves the tile (time) or reaches it last (energy).
    pub hops: Hops,
    /// Kind of each core, an index into [`Chip::kinds`].
    pub cores: Vec<usize>,
}

/// How cores agree on time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sync {
    /// Every time step ends with a barrier over the chip; its latency (ns) by the number of tiles in use: the entry of
    /// the largest number that is not larger, the first one below it.
    Barrier(Vec<(usize, f64)>),
    /// No common time: cores wait for their inputs only.
    Handshake,
}

impl Sync {
    /// Latency of a barrier over `tiles` tiles, ns; 0 without barriers.
    #[must_use]
    pub fn latency_ns(&self, tiles: usize) -> f64 {
        match self {
            Self::Barrier(table) => table
                .iter()
                .take_while(|(from, _)| *from <= tiles)
                .last()
                .or(table.first())
                .map_or(0.0, |entry| entry.1),
            Self::Handshake => 0.0,
        }
    }
}

/// A chip.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chip {
    /// Short name.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// Where the constants come from, and whether they were measured, simulated or estimated.
    pub source: String,
    /// Tiles from west to east.
    pub columns: usize,
    /// Tiles from south to north.
    pub rows: usize,
    /// Messages that the buffer behind a link holds.
    pub link_buffer: usize,
    /// How cores agree on time.
    pub sync: Sync,
    /// Kinds of cores.
    pub kinds: Vec<CoreKind>,
    /// The tiles, at most `columns` x `rows`.
    pub tiles: Vec<Tile>,
}

/// Where a core lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CorePlace {
    /// Tile.
    pub tile: usize,
    /// Number within the tile.
    pub offset: usize,
    /// Kind, an index into [`Chip::kinds`].
    pub kind: usize,
}

impl Chip {
    /// Most tiles, and most cores, that a description may have.
    pub const LARGEST: usize = 1 << 16;

    /// All cores, tile by tile.
    #[must_use]
    pub fn cores(&self) -> Vec<CorePlace> {
        let of_tile = |(tile, t): (usize, &Tile)| {
            t.cores
                .iter()
                .enumerate()
                .map(move |(offset, kind)| CorePlace { tile, offset, kind: *kind })
                .collect::<Vec<_>>()
        };
        self.tiles.iter().enumerate().flat_map(of_tile).collect()
    }

    /// Number of cores.
    #[must_use]
    pub fn core_count(&self) -> usize {
        self.tiles.iter().map(|tile| tile.cores.len()).sum()
    }

    /// Column and row of a tile.
    #[must_use]
    pub fn position(&self, tile: usize) -> (usize, usize) {
        let rows = self.rows.max(1);
        (tile / rows, tile % rows)
    }

    /// Hops from tile to tile: columns and rows apart.
    #[must_use]
    pub fn hops(&self, from: usize, to: usize) -> (usize, usize) {
        let ((x, y), (u, v)) = (self.position(from), self.position(to));
        (x.abs_diff(u), y.abs_diff(v))
    }

    /// Checks what the rest of the module relies on; `Err` holds the key and the reason.
    pub(crate) fn check(&self) -> Result<(), (String, String)> {
        let wrong = |key: &str, reason: String| Err((key.to_owned(), reason));
        if self.columns == 0 || self.rows == 0 {
            return wrong("mesh", format!("{} x {} tiles: both must be at least 1", self.columns, self.rows));
        }
        if self.tiles.len() > self.columns.saturating_mul(self.rows) {
            let tiles = self.tiles.len();
            return wrong(
                "tiles",
                format!("{tiles} tiles do not fit a mesh of {} x {}", self.columns, self.rows),
            );
        }
        if self.tiles.is_empty() || self.core_count() == 0 {
            return wrong("tiles", "there are no cores".to_owned());
        }
        if self.core_count() > Self::LARGEST {
            return wrong("tiles", format!("more than {} cores", Self::LARGEST));
        }
        if self.link_buffer == 0 {
            return wrong("link_buffer", "0 holds no message: it must be at least 1".to_owned());
        }
        for (what, cost) in self.costs() {
            for value in [cost.energy_pj, cost.latency_ns] {
                if !(0.0..=1e12).contains(&value) {
                    return wrong(&what, format!("{value} must lie between 0 and 1e12"));
                }
            }
        }
        Ok(())
    }

    /// Every cost with its name.
    fn costs(&self) -> Vec<(String, Cost)> {
        let mut costs = Vec::new();
        for tile in &self.tiles {
            costs.extend(
                Direction::ALL.iter().zip(tile.hops).map(|(d, cost)| (format!("hop {}", d.name()), cost)),
            );
        }
        for kind in &self.kinds {
            costs.push(("axon_in".to_owned(), kind.axon_in));
            costs.push(("axon_out".to_owned(), kind.axon_out));
            costs.extend(kind.synapses.iter().chain(&kind.dendrites).map(|u| (u.name.clone(), u.cost)));
            for soma in &kind.somas {
                costs.extend([soma.access, soma.update, soma.spike].map(|cost| (soma.name.clone(), cost)));
            }
        }
        if let Sync::Barrier(table) = &self.sync {
            costs.extend(table.iter().map(|e| ("sync".to_owned(), Cost { energy_pj: 0.0, latency_ns: e.1 })));
        }
        costs
    }
}
