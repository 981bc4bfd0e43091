//! The folder of a sweep: one file a pass, which appears whole or not at all.

use super::{Grid, Measured, Pass};
use crate::datasets::whole_file;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Raised whenever what is measured changes, so that older files are not taken for it.
const VERSION: u32 = 1;

/// Folder of the passes.
const PASSES: &str = "passes";

/// Why the folder of a sweep does not do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be written.
    #[error("cannot write {path}: {source}; check free space and permissions, or sweep into another folder")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of it cannot be read.
    #[error("cannot read {path}: {source}; check that it is readable, or remove it")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of it is no pass of a sweep.
    #[error("{path} is not a pass of a sweep: {source}; remove it, and the pass is measured again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The folder holds something that is not a sweep.
    #[error("{path} is not empty and holds no sweep; choose another folder")]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
}

/// A file of a pass.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Digest of all that the pass depends on.
    digest: String,
    measured: Measured,
}

/// The folder of a sweep.
#[derive(Debug)]
pub struct Store {
    passes: PathBuf,
}

impl Store {
    /// Opens or makes the folder `dir`.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] if it holds anything but a sweep, [`StoreError::Write`] if it cannot be made.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let passes = dir.join(PASSES);
        let empty = fs::read_dir(dir).map_or(true, |mut entries| entries.next().is_none());
        if !empty && !passes.is_dir() {
            return Err(StoreError::Foreign { path: dir.to_owned() });
        }
        fs::create_dir_all(&passes).map_err(|source| StoreError::Write { path: passes.clone(), source })?;
        Ok(Self { passes })
    }

    /// Whether `pass` was measured.
    ///
    /// # Errors
    /// [`StoreError::Read`], [`StoreError::Damaged`].
    pub fn holds(&self, grid: &Grid, pass: &Pass) -> Result<bool, StoreError> {
        if self.path(grid, pass).exists() { self.load(grid, pass).map(|_| true) } else { Ok(false) }
    }

    /// What `pass` gave.
    ///
    /// # Errors
    /// As for [`holds`](Self::holds).
    pub fn load(&self, grid: &Grid, pass: &Pass) -> Result<Measured, StoreError> {
        let path = self.path(grid, pass);
        let text = fs::read(&path).map_err(|source| StoreError::Read { path: path.clone(), source })?;
        let kept: Kept =
            serde_json::from_slice(&text).map_err(|source| StoreError::Damaged { path, source })?;
        Ok(kept.measured)
    }

    /// Keeps what `pass` gave.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn keep(&self, grid: &Grid, pass: &Pass, measured: &Measured) -> Result<(), StoreError> {
        let path = self.path(grid, pass);
        let kept = Kept { digest: digest(grid, pass), measured: measured.clone() };
        let text = serde_json::to_vec_pretty(&kept)
            .map_err(|source| StoreError::Damaged { path: path.clone(), source })?;
        whole_file::write(&path, &text).map_err(|source| StoreError::Write { path, source })
    }

    fn path(&self, grid: &Grid, pass: &Pass) -> PathBuf {
        self.passes.join(format!("{}.json", &digest(grid, pass)[..16]))
    }
}

/// SHA-256 of all that the figures of a pass depend on, hexadecimal.
fn digest(grid: &Grid, pass: &Pass) -> String {
    let text = &grid.texts[pass.text];
    let (name, convention) = &grid.conventions[pass.convention];
    let of_spikes = pass.neuron.map(|neuron| {
        serde_json::json!({
            "k": neuron.k(), "codings": grid.codings, "hardware": grid.hardware, "opponent": grid.opponent,
            "fallback": grid.fallback, "fetch": grid.fetch,
        })
    });
    let identity = serde_json::json!({
        "version": VERSION, "synfire": env!("CARGO_PKG_VERSION"), "model": grid.models[pass.model].digest,
        "text": [text.name.clone(), hexadecimal(&Sha256::digest(&text.bytes))], "tokens": grid.tokens,
        "convention": [serde_json::json!(name), serde_json::json!(convention)], "spikes": of_spikes,
    });
    hexadecimal(&Sha256::digest(identity.to_string()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
