//! Hardware profiles: what an operation costs on a chip, value by value with source and kind.
//!
//! A profile is a TOML file. Units are in the names of the keys; what a chip's sources do not give is left out, and then it
//! is *not priced*: an estimate lists it and never takes it for zero.
//!
//! ```toml
//! name = "mine"
//! title = "My chip"
//! process_nm = 28            # optional
//! event_driven = true        # false: every synapse is computed once a token, spike or no spike
//! on_chip_kib = 4096         # optional: models whose weights are larger are read from off chip
//! neurons_per_core = 1024    # optional: a spike goes to ceil(outputs / this) cores
//!
//! [arithmetic]
//! int32_add_pj = { value = 0.1, low = 0.08, high = 0.12, kind = "measured", source = "data sheet" }
//!
//! [[memory]]                 # any number; an array lies in the smallest that holds it, else in the last
//! capacity_kib = 32
//! access_bits = 64
//! read_pj_per_access = { value = 20, kind = "simulated", source = "SPICE" }
//! ```
//!
//! Other sections: `[event]`, `[mesh]` (with `columns`, `rows`), `[off_chip]` (with `access_bits`), `[static]` (leakage in mW and
//! `synaptic_events_per_s`, from which the time of the work follows). [`Quantity`] lists every key. A profile with
//! `synaptic_event_pj` charges that for fetch and accumulation together; one with `neuron_update_pj` charges that for firing.

mod parse;
mod quantity;
mod shipped;

pub use parse::ProfileError;
pub use quantity::Quantity;
pub use shipped::SHIPPED;

use serde::{Deserialize, Serialize};

/// How a value was obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Measured on silicon.
    Measured,
    /// Simulated, as by SPICE.
    Simulated,
    /// Estimated; the source says how.
    Estimated,
}

/// One value of a profile.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Constant {
    /// Section and key, as `arithmetic.int32_add_pj` or `memory.8KiB.read_pj_per_access`.
    pub key: String,
    /// The value, in the unit that the key names.
    pub value: f64,
    /// Lower end of the source's range; the value where it gives none.
    pub low: f64,
    /// Upper end of the source's range; the value where it gives none.
    pub high: f64,
    /// How it was obtained.
    pub kind: Kind,
    /// Where it is from.
    pub source: String,
}

/// An on-chip memory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Memory {
    /// Capacity of one array, in KiB; `None` if the source does not say: it holds anything.
    pub capacity_kib: Option<u64>,
    /// Bits of an access.
    pub access_bits: u64,
    /// Index of the read energy in [`HardwareProfile::constants`].
    pub read: Option<usize>,
    /// Index of the write energy.
    pub write: Option<usize>,
}

/// What operations cost on a chip.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HardwareProfile {
    /// Short name, for the command line.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Process, in nm.
    pub process_nm: Option<u32>,
    /// Whether only spikes cause synaptic work; if not, every synapse is computed once a token.
    pub event_driven: bool,
    /// Memory on chip for weights, in KiB; `None`: as large as the model.
    pub on_chip_kib: Option<u64>,
    /// Neurons of a core; `None`: one core holds every projection.
    pub neurons_per_core: Option<u64>,
    /// Columns and rows of the mesh of cores (or of their tiles).
    pub mesh: Option<[u64; 2]>,
    /// Bits of an off-chip access.
    pub off_chip_bits: Option<u64>,
    /// Synaptic events (or multiply-adds) a second, from which the time of the work follows.
    pub synaptic_events_per_s: Option<f64>,
    /// Every value.
    pub constants: Vec<Constant>,
    /// Memories, smallest first.
    pub memories: Vec<Memory>,
    /// Index into `constants` by quantity.
    #[serde(skip)]
    quantities: Vec<Option<usize>>,
}

impl HardwareProfile {
    /// Index in [`Self::constants`] of a quantity; `None` if the profile does not price it.
    #[must_use]
    pub fn index(&self, quantity: Quantity) -> Option<usize> {
        self.quantities.get(quantity as usize).copied().flatten()
    }

    /// The value of a quantity; `None` if the profile does not price it.
    #[must_use]
    pub fn get(&self, quantity: Quantity) -> Option<&Constant> {
        self.constants.get(self.index(quantity)?)
    }

    /// The memory that holds an array of `bytes`: the smallest that is large enough, else the largest.
    #[must_use]
    pub fn memory_for(&self, bytes: u64) -> Option<&Memory> {
        let holds = |m: &&Memory| m.capacity_kib.is_none_or(|kib| kib.saturating_mul(1024) >= bytes);
        self.memories.iter().find(holds).or(self.memories.last())
    }

    /// KerasSpiking's device formula: `synaptic operations x pJ + neuron updates x pJ`, in pJ; `None` if the profile
    /// lacks one of the two. Devices that are not event-driven take all connections as synaptic operations.
    ///
    /// ```
    /// # use synfire_analysis::energy::profile::HardwareProfile;
    /// let loihi = HardwareProfile::shipped("loihi-coarse")?;
    /// assert_eq!(loihi.device_energy_pj(1000.0, 10.0), Some(1000.0 * 27.1 + 10.0 * 81.0));
    /// # Ok::<(), synfire_analysis::energy::profile::ProfileError>(())
    /// ```
    #[must_use]
    pub fn device_energy_pj(&self, synaptic_operations: f64, neuron_updates: f64) -> Option<f64> {
        let synapse = self.get(Quantity::SynapticEvent)?.value;
        let neuron = self.get(Quantity::NeuronUpdate)?.value;
        Some(synaptic_operations * synapse + neuron_updates * neuron)
    }

    /// The profile with every energy scaled by `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let mut scaled = self.clone();
        for constant in &mut scaled.constants {
            constant.value *= factor;
            constant.low *= factor;
            constant.high *= factor;
        }
        scaled
    }
}
