//! `manifest.json`: what was run, with what, and whether it completed.

use super::RecordError;
use super::architecture::Architecture;
use super::kind::{RecordKind, Sampling};
use super::writer::Recorded;
use crate::spikes::Projection;
use crate::whole_file;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Version of the folder layout and of its columns; a reader refuses newer ones.
pub const SCHEMA_VERSION: u32 = 2;

/// File name of the manifest.
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const MANIFEST_TMP: &str = "manifest.json.tmp";

/// Whether a run reached its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Running, interrupted or killed: what the closed parts hold is valid, the rest is missing.
    Incomplete,
    /// Everything was recorded.
    Complete,
}

/// The model that was run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// Name, or the path it was loaded from.
    pub name: String,
    /// SHA-256 of the weights, hexadecimal.
    #[serde(default)]
    pub digest: String,
    /// Architecture family, as in the checkpoint's `model_type`.
    #[serde(default)]
    pub family: String,
    /// One line for people: layers, width, parameters.
    #[serde(default)]
    pub description: String,
}

/// The contents of `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// Version of Synfire that recorded.
    pub synfire_version: String,
    /// Whether the run completed.
    pub status: Status,
    /// The command line, or another account of what recorded.
    pub command: String,
    /// The model.
    pub model: ModelSummary,
    /// Options of the run, as the command understood them.
    pub options: serde_json::Value,
    /// What the run summed up to; only in complete runs.
    pub summary: Option<serde_json::Value>,
    /// Tokens recorded; 0 until the run is finished or interrupted.
    pub tokens: u64,
    /// Layers that were recorded, from 0.
    pub layers: Vec<u16>,
    /// Projections that were recorded.
    #[serde(default)]
    pub projections: Vec<Projection>,
    /// What is recorded beside activity; all spikes in runs recorded before there was a choice.
    #[serde(default)]
    pub record: RecordKind,
    /// Which tokens and neurons have it recorded.
    #[serde(default)]
    pub sampling: Sampling,
    /// Shape of the model; absent in runs recorded before manifests had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<Architecture>,
    /// Rows in `spikes/`; filled in by the writer at the end.
    #[serde(default)]
    pub spike_rows: u64,
    /// Parts in `spikes/`; filled in by the writer at the end.
    #[serde(default)]
    pub spike_parts: u64,
    /// Rows in `counts/`; filled in by the writer at the end.
    #[serde(default)]
    pub count_rows: u64,
    /// Parts in `counts/`; filled in by the writer at the end.
    #[serde(default)]
    pub count_parts: u64,
    /// Rows in `activity/`; filled in by the writer at the end.
    #[serde(default)]
    pub activity_rows: u64,
    /// Parts in `activity/`; filled in by the writer at the end.
    #[serde(default)]
    pub activity_parts: u64,
}

/// The part of a manifest that every version has.
#[derive(Deserialize)]
struct Header {
    schema_version: u32,
    #[serde(rename = "synfire_version")]
    _synfire_version: String,
}

/// What tells the manifest of a network's run from that of a model's.
#[derive(Deserialize)]
struct OfNetwork {
    #[serde(rename = "populations")]
    _populations: serde::de::IgnoredAny,
    schema_version: Option<u32>,
}

impl Manifest {
    /// The manifest of a run that is about to start and records `layers` and every projection.
    #[must_use]
    pub fn new(
        command: impl Into<String>,
        model: ModelSummary,
        options: serde_json::Value,
        layers: Vec<u16>,
    ) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            synfire_version: env!("CARGO_PKG_VERSION").to_owned(),
            status: Status::Incomplete,
            command: command.into(),
            model,
            options,
            summary: None,
            tokens: 0,
            layers,
            projections: Projection::ALL.to_vec(),
            record: RecordKind::default(),
            sampling: Sampling::default(),
            architecture: None,
            spike_rows: 0,
            spike_parts: 0,
            count_rows: 0,
            count_parts: 0,
            activity_rows: 0,
            activity_parts: 0,
        }
    }

    /// Whether the record tells the spike counts of whole vectors, at least of a sample of tokens.
    #[must_use]
    pub fn tells_counts(&self) -> bool {
        self.record != RecordKind::Activity && self.sampling.neurons_one_in.get() == 1
    }

    /// What statistics of spike counts are of, in a sentence; `None` where the record tells the counts of every token.
    #[must_use]
    pub fn counts_note(&self) -> Option<String> {
        let one_in = self.sampling.tokens_one_in;
        (self.tells_counts() && one_in.get() > 1)
            .then(|| format!("Of a sample: the record holds the spikes of about one token in {one_in}."))
    }

    /// What the record leaves out, in words; `None` if it has every spike.
    #[must_use]
    pub fn leaves_out(&self) -> Option<String> {
        let what = match self.record {
            RecordKind::Events => "spikes",
            RecordKind::Counts => "spike counts without steps",
            RecordKind::Activity => return Some("activity without spikes".to_owned()),
        };
        match self.sampling.words() {
            Some(sample) => Some(format!("{what} of {sample}")),
            None => (self.record != RecordKind::Events).then(|| what.to_owned()),
        }
    }

    /// The manifest of a run that ended after `tokens` tokens, of which each layer has `recorded` so much: complete if it has
    /// a summary.
    #[must_use]
    pub fn ended(
        self,
        summary: Option<serde_json::Value>,
        tokens: u64,
        recorded: &BTreeMap<u16, Recorded>,
    ) -> Self {
        let sum = |of: fn(&Recorded) -> u64| recorded.values().map(of).sum();
        let parts = sum(|layer| u64::from(layer.parts));
        let events = |kind| if self.record == kind { (sum(|layer| layer.event_rows), parts) } else { (0, 0) };
        let (spike_rows, spike_parts) = events(RecordKind::Events);
        let (count_rows, count_parts) = events(RecordKind::Counts);
        Self {
            status: if summary.is_some() { Status::Complete } else { Status::Incomplete },
            summary,
            tokens,
            spike_rows,
            spike_parts,
            count_rows,
            count_parts,
            activity_rows: sum(|layer| layer.activity_rows),
            activity_parts: parts,
            ..self
        }
    }

    /// Reads the manifest of the run folder `dir`.
    pub(crate) fn read(dir: &Path) -> Result<Self, RecordError> {
        let path = dir.join(MANIFEST);
        let text = fs::read(&path).map_err(RecordError::read(&path))?;
        let foreign = |source| RecordError::Manifest { path: path.clone(), source };
        if serde_json::from_slice::<OfNetwork>(&text).is_ok_and(|manifest| manifest.schema_version.is_none())
        {
            return Err(RecordError::Network { path: dir.to_owned() });
        }
        let Header { schema_version: found, .. } = serde_json::from_slice(&text).map_err(foreign)?;
        if found > SCHEMA_VERSION {
            return Err(RecordError::NewerSchema { path, found, supported: SCHEMA_VERSION });
        }
        serde_json::from_slice(&text).map_err(foreign)
    }

    /// Whether `dir` has a manifest of any version.
    pub(crate) fn is_in(dir: &Path) -> bool {
        fs::read(dir.join(MANIFEST)).is_ok_and(|text| serde_json::from_slice::<Header>(&text).is_ok())
    }

    /// Replaces the manifest of `dir` in one step, so that a reader sees the old or the new one whole.
    ///
    /// # Errors
    /// [`RecordError::Write`] if it cannot be written.
    pub fn write(&self, dir: &Path) -> Result<(), RecordError> {
        let path = dir.join(MANIFEST);
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|source| RecordError::Manifest { path: path.clone(), source })?;
        text.push(b'\n');
        whole_file::write(&path, &text).map_err(RecordError::write(&path))
    }
}
