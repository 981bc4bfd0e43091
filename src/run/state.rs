//! The state of a run on disk: what to go on from after an interruption.
//!
//! ```text
//! RUN/state/PASS/part-00003-layer-007.safetensors   what layer 7 remembers after part 3 of the text
//! RUN/state/PASS/part-00003-text.safetensors        what predicting the text cost up to there
//! ```
//!
//! `PASS` is `dense` or `spiking`. Tensors are named as in [`crate::sim::state`]; the header's metadata has one entry
//! `synfire`, JSON with `layer`, `position` and `facts` (what was counted and recorded of the layer so far). Files are written
//! beside and renamed, so that what has its name is whole. A part of the state is whole if every layer and the text have it,
//! whoever wrote them; older ones are removed, so that the folder stays as large as what the model remembers, twice.

use crate::datasets::whole_file;
use crate::sim::state::{LayerState, Numbers, Tensor};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// Key of the metadata in the header of a file.
const KEY: &str = "synfire";
const SUFFIX: &str = ".safetensors";

/// Why a state could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Writing, renaming or removing failed.
    #[error("cannot write {path}: {source}; check free space and permissions")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Reading failed.
    #[error("cannot read {path}: {source}; check that it exists and is readable")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not a state.
    #[error("{path} is not the state of a run ({reason}); remove the folder 'state' to begin the run anew")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Part and layer of a file; no layer for that of the text.
type Key = (u32, Option<u16>);

/// What a file of a state says beside its tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Header {
    /// The layer; none for the text.
    layer: Option<u16>,
    position: u32,
    facts: serde_json::Value,
}

/// The state of one pass of a run.
#[derive(Debug, Clone)]
pub struct StateFolder {
    folder: PathBuf,
    /// Layers of the pass, whoever has them.
    layers: Vec<u16>,
}

impl StateFolder {
    /// The state of the pass called `pass` through `layers`, of a run folder's folder `state`.
    #[must_use]
    pub fn new(state: &Path, pass: &str, layers: Vec<u16>) -> Self {
        Self { folder: state.join(pass), layers }
    }

    /// Creates the folder.
    ///
    /// # Errors
    /// [`StateError::Write`].
    pub fn create(&self) -> Result<(), StateError> {
        fs::create_dir_all(&self.folder).map_err(written(&self.folder))
    }

    /// The last part after which every layer and the text have a state; `None` before the first.
    ///
    /// # Errors
    /// [`StateError::Read`] if the folder cannot be listed.
    pub fn last_whole(&self) -> Result<Option<u32>, StateError> {
        let found: BTreeSet<Key> = self.list()?.into_iter().map(|(key, _)| key).collect();
        let parts: BTreeSet<u32> = found.iter().map(|(part, _)| *part).collect();
        Ok(parts.into_iter().rev().find(|part| self.has_all(*part, &found)))
    }

    fn has_all(&self, part: u32, found: &BTreeSet<Key>) -> bool {
        let wanted = self.layers.iter().map(|layer| Some(*layer)).chain([None]);
        wanted.into_iter().all(|layer| found.contains(&(part, layer)))
    }

    /// Writes what a layer remembers after `part`, and `facts` of it.
    ///
    /// # Errors
    /// [`StateError::Write`].
    pub fn write_layer(
        &self,
        part: u32,
        state: &LayerState,
        facts: serde_json::Value,
    ) -> Result<(), StateError> {
        let header = Header { layer: Some(state.layer), position: state.position, facts };
        self.write(part, &header, &state.tensors)
    }

    /// Writes what is known of the text after `part`, of `position` tokens. If the whole part of the state is there now, those
    /// before are removed.
    ///
    /// # Errors
    /// [`StateError::Write`], [`StateError::Read`].
    pub fn write_text(&self, part: u32, position: u32, facts: serde_json::Value) -> Result<(), StateError> {
        self.write(part, &Header { layer: None, position, facts }, &BTreeMap::new())?;
        if self.last_whole()? == Some(part) {
            for ((older, _), path) in self.list()?.into_iter().filter(|((other, _), _)| *other < part) {
                debug_assert!(older < part);
                fs::remove_file(&path).map_err(written(&path))?;
            }
        }
        Ok(())
    }

    /// What a layer remembers after `part`, and the facts of it.
    ///
    /// # Errors
    /// [`StateError::Read`], [`StateError::Damaged`].
    pub fn read_layer(&self, part: u32, layer: u16) -> Result<(LayerState, serde_json::Value), StateError> {
        let (header, tensors) = self.read(part, Some(layer))?;
        Ok((LayerState { layer, position: header.position, tensors }, header.facts))
    }

    /// The position of the text after `part`, and the facts of it.
    ///
    /// # Errors
    /// [`StateError::Read`], [`StateError::Damaged`].
    pub fn read_text(&self, part: u32) -> Result<(u32, serde_json::Value), StateError> {
        self.read(part, None).map(|(header, _)| (header.position, header.facts))
    }

    fn path(&self, part: u32, layer: Option<u16>) -> PathBuf {
        let of = layer.map_or("text".to_owned(), |layer| format!("layer-{layer:03}"));
        self.folder.join(format!("part-{part:05}-{of}{SUFFIX}"))
    }

    /// The files there are, by part and layer.
    fn list(&self) -> Result<Vec<(Key, PathBuf)>, StateError> {
        let unreadable = |source| StateError::Read { path: self.folder.clone(), source };
        let entries = match fs::read_dir(&self.folder) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(unreadable)?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            if let Some(key) = entry.file_name().to_str().and_then(parse) {
                found.push((key, entry.path()));
            }
        }
        Ok(found)
    }

    fn write(
        &self,
        part: u32,
        header: &Header,
        tensors: &BTreeMap<String, Tensor>,
    ) -> Result<(), StateError> {
        let path = self.path(part, header.layer);
        let foreign = |reason: String| StateError::Damaged { path: path.clone(), reason };
        let bytes: Vec<(&String, &Tensor, Vec<u8>)> =
            tensors.iter().map(|(name, tensor)| (name, tensor, bytes_of(&tensor.numbers))).collect();
        let views: Result<Vec<_>, _> = bytes
            .iter()
            .map(|(name, tensor, bytes)| {
                TensorView::new(dtype(&tensor.numbers), tensor.shape.clone(), bytes).map(|view| (*name, view))
            })
            .collect();
        let views = views.map_err(|e| foreign(e.to_string()))?;
        let json = serde_json::to_string(header).map_err(|e| foreign(e.to_string()))?;
        let metadata = HashMap::from([(KEY.to_owned(), json)]);
        let bytes = serialize(views, Some(metadata)).map_err(|e| foreign(e.to_string()))?;
        whole_file::write(&path, &bytes).map_err(written(&path))
    }

    fn read(&self, part: u32, layer: Option<u16>) -> Result<(Header, BTreeMap<String, Tensor>), StateError> {
        let path = self.path(part, layer);
        let bytes = fs::read(&path).map_err(|source| StateError::Read { path: path.clone(), source })?;
        parse_file(&bytes, layer).map_err(|reason| StateError::Damaged { path, reason })
    }
}

fn parse_file(bytes: &[u8], layer: Option<u16>) -> Result<(Header, BTreeMap<String, Tensor>), String> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
    let json = metadata.metadata().as_ref().and_then(|entries| entries.get(KEY));
    let json = json.ok_or_else(|| format!("its metadata has no '{KEY}'"))?;
    let header: Header = serde_json::from_str(json).map_err(|e| e.to_string())?;
    if header.layer != layer {
        return Err(format!("it is of layer {:?}", header.layer));
    }
    let mut tensors = BTreeMap::new();
    for (name, view) in SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?.iter() {
        let data = view.data();
        let numbers = match view.dtype() {
            Dtype::F32 => {
                Numbers::F32(data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
            }
            Dtype::I8 => Numbers::I8(data.iter().map(|b| *b as i8).collect()),
            other => return Err(format!("'{name}' is of type {other:?}")),
        };
        tensors.insert(name.to_owned(), Tensor { shape: view.shape().to_vec(), numbers });
    }
    Ok((header, tensors))
}

fn parse(name: &str) -> Option<Key> {
    let (part, of) = name.strip_prefix("part-")?.strip_suffix(SUFFIX)?.split_once('-')?;
    let layer = match of.strip_prefix("layer-") {
        Some(layer) => Some(layer.parse().ok()?),
        None if of == "text" => None,
        None => return None,
    };
    Some((part.parse().ok()?, layer))
}

fn dtype(numbers: &Numbers) -> Dtype {
    match numbers {
        Numbers::F32(_) => Dtype::F32,
        Numbers::I8(_) => Dtype::I8,
    }
}

fn bytes_of(numbers: &Numbers) -> Vec<u8> {
    match numbers {
        Numbers::F32(numbers) => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Numbers::I8(numbers) => numbers.iter().map(|x| *x as u8).collect(),
    }
}

fn written(path: &Path) -> impl FnOnce(std::io::Error) -> StateError + use<> {
    let path = path.to_owned();
    move |source| StateError::Write { path, source }
}
