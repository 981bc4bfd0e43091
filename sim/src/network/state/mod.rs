//! The state of a network on disk: what to go on from, with any number of threads and ranks, as if there had been no pause.
//!
//! One safetensors file. `p` is the number of a population, `n` its neurons; numbers are little-endian.
//!
//! | tensor | shape | of |
//! |---|---|---|
//! | `population.p.VARIABLE` | `[n, 1]` f64 | a variable of the model; potentials count from rest |
//! | `population.p.refractory` | `[n, 1]` i32 | steps that a neuron stays refractory |
//! | `population.p.ring.r` | `[n, slots]` u16 or f64 | what arrives at step s, in slot s modulo the slots: spikes, or weights summed |
//! | `projection.j.u`, `.x`, `.last_step` | `[sources, 1]` f64, f64, u64 | short-term plasticity: right after a source's last spike |
//! | `projection.j.weights` | `[targets, most]` f64 | STDP: of each target in order of delay, then source; 0 where it has fewer than the most |
//! | `projection.j.source_trace`, `.source_step` | `[sources, 1]` f64, u64 | STDP: trace right after a source's last spike, and its step |
//! | `projection.j.target_trace`, `.target_step` | `[targets, 1]` f64, u64 | STDP: the same after the last spike that is not in the next row |
//! | `projection.j.target_spikes` | `[targets, bytes]` u8 | STDP: bit b of the row: it fired b + 1 steps ago; up to the longest delay |
//! | `population.p.since_ms`, `.ready_ms` | `[n, 1]` f64 | event scheduler: time of the variables, end of refractoriness |
//! | `drive.d.next_ms`, `.drawn` | `[n, 1]` f64, u64 | event scheduler: next spike of the input, random words drawn so far |
//! | `in_flight.population`, `.neuron`, `.sent_ms` | `[spikes, 1]` u32, u32, f64 | event scheduler: spikes that have synapses to reach yet |
//!
//! The step scheduler has rings, the event scheduler none. Everything else that is random is a function of seed, neuron and step.
//! The header's metadata has one entry `synfire`, JSON with `format`, `synfire_version`, the step that was reached, and a SHA-256
//! of all in the description that decides about spikes: a state is of one network, of any duration and with any recorders. The file
//! is written beside and renamed, and no more than a tensor of it is held in memory.

mod columns;
mod file;

use super::description::{Network, Run};
use super::error::NetworkError;
use super::meeting::{Alone, Meeting};
use super::scheduler::event::state::Pending;
use super::simulation::Simulation;
use columns::{Column, columns, pack, unpack};
use file::{StateReader, write_state};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Version of the format.
const FORMAT: u32 = 1;

/// Why a state could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Writing or renaming failed.
    #[error("cannot write {}: {source}; check free space and permissions", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Reading failed.
    #[error("cannot read {}: {source}; check that it exists and is readable", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a state.
    #[error("{} is not the state of a network ({reason}); begin the run anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The state is of another network or of another Synfire.
    #[error("{} is of {found}, not of {expected}; give what it was saved with, or begin the run anew", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What it is of.
        found: String,
        /// What it was to be of.
        expected: String,
    },
}

/// What a state says beside its tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Header {
    format: u32,
    synfire_version: String,
    /// SHA-256 of what decides about spikes.
    network: String,
    /// Steps done.
    step: u64,
    /// Spikes on their way, of the event scheduler.
    in_flight: usize,
}

impl Simulation {
    /// Writes the state to `path`.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("state.safetensors");
    /// # use synfire_sim::network::{Kept, Network, Simulation};
    /// # let network = Network::parse(
    /// #     "name = 'one'
    /// #      [run]
    /// #      duration_ms = 100
    /// #      [[population]]
    /// #      name = 'cell'
    /// #      size = 1
    /// #      neuron.lif_exp = { i_e_pa = 500 }",
    /// #     "one.toml",
    /// # )?;
    /// let mut simulation = Simulation::build(&network, 2)?;
    /// simulation.run(15.0, &mut ())?;
    /// simulation.save(&path)?;
    /// let mut simulation = Simulation::restore(&network, 1, &path)?;
    /// let mut kept = Kept::default();
    /// simulation.run(85.0, &mut kept)?;
    /// assert_eq!((simulation.time_ms(), kept.times_ms[0]), (100.0, 29.8));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`NetworkError::State`].
    pub fn save(&self, path: &Path) -> Result<(), NetworkError> {
        self.save_among(&Alone, path)
    }

    /// The same as a rank of `meeting`; rank 0 writes the file.
    ///
    /// # Errors
    /// [`NetworkError::State`], [`NetworkError::Meeting`].
    pub fn save_among(&self, meeting: &dyn Meeting, path: &Path) -> Result<(), NetworkError> {
        let pending =
            self.events.as_ref().map_or_else(Pending::default, |events| events.pending(&self.partitions));
        let header = Header {
            format: FORMAT,
            synfire_version: env!("CARGO_PKG_VERSION").to_owned(),
            network: self.digest.clone(),
            step: self.step,
            in_flight: pending.in_flight.len(),
        };
        let columns = columns(self, header.in_flight);
        let mut gather =
            |column: &Column| meeting.gather(pack(self, &pending, column)).map_err(NetworkError::Meeting);
        if meeting.rank() == 0 {
            return write_state(path, &header, &columns, &mut gather);
        }
        columns.iter().try_for_each(|column| gather(column).map(drop))
    }

    /// Builds `network`, which must be the one whose state was saved to `path`, on `threads` threads, and takes up that state.
    /// Duration and recorders may be others.
    ///
    /// # Errors
    /// [`NetworkError::State`], and as for [`build`](Self::build).
    pub fn restore(network: &Network, threads: usize, path: &Path) -> Result<Self, NetworkError> {
        Self::restore_among(&Alone, network, threads, path)
    }

    /// The same as a rank of `meeting`, whatever the number of ranks that saved it; all read the file.
    ///
    /// # Errors
    /// As for [`restore`](Self::restore), and [`NetworkError::Meeting`].
    pub fn restore_among(
        meeting: &dyn Meeting,
        network: &Network,
        threads: usize,
        path: &Path,
    ) -> Result<Self, NetworkError> {
        let mut file = StateReader::open(path)?;
        file.check(&digest(network))?;
        let mut simulation = Self::build_among(meeting, network, threads)?;
        simulation.step = file.header().step;
        let mut pending = Pending::default();
        for column in columns(&simulation, file.header().in_flight) {
            for piece in column.pieces(&simulation) {
                let bytes = file.rows(&column, piece.1.clone())?;
                unpack(&mut simulation, &mut pending, &column, piece, &bytes);
            }
        }
        if let Some(events) = &mut simulation.events {
            events.take_up(&mut simulation.partitions, simulation.step, &pending);
        }
        Ok(simulation)
    }
}

/// SHA-256 of what decides about the spikes of a network.
pub(super) fn digest(network: &Network) -> String {
    let Network { name: _, description: _, run, population, projection, drive, recorder: _ } = network;
    let Run { duration_ms: _, dt_ms, seed, scheduler } = run;
    let deciding = serde_json::to_vec(&(dt_ms, seed, scheduler, population, projection, drive));
    Sha256::digest(deciding.unwrap_or_default()).iter().map(|byte| format!("{byte:02x}")).collect()
}
