//! What rank 0 decides for all: the network, the folder, and from where it starts.

use super::super::run::free_folder;
use super::Simulate;
use super::summary::completed_ms;
use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use synfire::datasets::record::FolderLock;
use synfire::network::{remove_state, state_file};
use synfire::sim::network::Network;

/// What all ranks do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    /// The description, as TOML: numbers are the same bits when they were read.
    pub(super) network: String,
    /// Threads of a rank.
    pub(super) threads: usize,
    /// Where it is recorded, if it is.
    pub(super) folder: Option<PathBuf>,
    pub(super) start: Start,
    /// The right to write to the folder, which rank 0 keeps.
    #[serde(skip)]
    _lock: Option<FolderLock>,
}

/// Where a run starts.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Start {
    /// At 0 ms.
    Beginning { overwrite: bool },
    /// At a saved state.
    State(PathBuf),
}

impl Order {
    /// A new run of `network`.
    pub(super) fn begun(options: &Simulate, network: &Network, threads: usize) -> Result<Self> {
        let folder = match &options.out {
            _ if options.no_record => None,
            Some(folder) => Some(folder.clone()),
            None => Some(free_folder(Path::new("runs"), &network.name)?),
        };
        let lock = folder.as_deref().map(FolderLock::take).transpose()?;
        let start = Start::Beginning { overwrite: options.overwrite };
        Ok(Self { network: network.to_toml()?, threads, folder, start, _lock: lock })
    }

    /// The run in `folder`; `None` if it is complete.
    pub(super) fn resumed(options: &Simulate, folder: &Path, threads: usize) -> Result<Option<Self>> {
        let description = folder.join("network.toml");
        if !description.exists() {
            bail!("{}: no run of 'synfire simulate'; it has no network.toml", folder.display());
        }
        let lock = Some(FolderLock::take(folder)?);
        let mut network = Network::read(&description, &[])?;
        let state = state_file(folder);
        network.run.duration_ms = options.duration_ms.unwrap_or(network.run.duration_ms);
        if let Some(completed_ms) = completed_ms(folder)? {
            if (completed_ms - network.run.duration_ms).abs() < 0.5 * network.run.dt_ms {
                if !options.keep_state {
                    remove_state(folder)?;
                }
                return Ok(None);
            }
            if !state.exists() {
                bail!(
                    "{} is complete, and its state was not kept (--keep-state); run {} anew",
                    folder.display(),
                    description.display()
                );
            }
        }
        let start = if state.exists() { Start::State(state) } else { Start::Beginning { overwrite: true } };
        let (network, folder) = (network.to_toml()?, Some(folder.to_owned()));
        Ok(Some(Self { network, threads, folder, start, _lock: lock }))
    }
}
