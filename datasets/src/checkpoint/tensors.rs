//! Tensors of one or several safetensors files, memory-mapped.

use super::CheckpointError;
use super::matrix::{Dtype, Numbers};
use super::quantised::Int8Values;
use memmap2::Mmap;
use safetensors::SafeTensors;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a file: mapped, or part of the program.
#[derive(Debug)]
pub(super) enum Bytes {
    Mapped(Mmap),
    Static(&'static [u8]),
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Static(bytes) => bytes,
        }
    }
}

#[derive(Debug)]
struct Shard {
    file: String,
    bytes: Arc<Bytes>,
}

#[derive(Debug)]
struct Entry {
    shard: usize,
    dtype: safetensors::Dtype,
    shape: Vec<usize>,
    start: usize,
    end: usize,
}

/// All tensors of a checkpoint by name.
#[derive(Debug)]
pub(super) struct Tensors {
    shards: Vec<Shard>,
    entries: BTreeMap<String, Entry>,
    index: String,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Tensors {
    /// `model.safetensors`, or the shards that `model.safetensors.index.json` names.
    pub(super) fn open(dir: &Path) -> Result<Self, CheckpointError> {
        let single = dir.join("model.safetensors");
        let index = dir.join("model.safetensors.index.json");
        if single.exists() {
            return Self::new(
                vec![(single.display().to_string(), map(&single)?)],
                &single.display().to_string(),
            );
        }
        let index_name = index.display().to_string();
        let wrong = |reason: String| CheckpointError::File { file: index_name.clone(), reason };
        let text = std::fs::read(&index).map_err(|e| {
            wrong(format!("{e}; a checkpoint needs model.safetensors or this index with its shards"))
        })?;
        let map_of: Index =
            serde_json::from_slice(&text).map_err(|e| wrong(format!("not an index of shards: {e}")))?;
        let mut names: Vec<&String> = map_of.weight_map.values().collect();
        names.sort_unstable();
        names.dedup();
        if let Some(name) = names.iter().find(|n| Path::new(n).components().count() != 1 || n.contains(".."))
        {
            return Err(wrong(format!("shard '{name}' is not a file beside the index")));
        }
        let shards: Result<Vec<_>, _> = names
            .into_iter()
            .map(|name| map(&dir.join(name)).map(|bytes| (dir.join(name).display().to_string(), bytes)))
            .collect();
        let tensors = Self::new(shards?, &index_name)?;
        match map_of.weight_map.keys().find(|name| !tensors.entries.contains_key(*name)) {
            Some(name) => Err(CheckpointError::MissingTensor { file: index_name, tensor: name.clone() }),
            None => Ok(tensors),
        }
    }

    /// Tensors of files given as name and bytes; `index` is what errors about missing tensors name.
    pub(super) fn new(files: Vec<(String, Bytes)>, index: &str) -> Result<Self, CheckpointError> {
        let mut tensors = Self { shards: Vec::new(), entries: BTreeMap::new(), index: index.to_owned() };
        for (shard, (file, bytes)) in files.into_iter().enumerate() {
            let parsed = SafeTensors::deserialize(&bytes).map_err(|e| CheckpointError::File {
                file: file.clone(),
                reason: format!("not a whole safetensors file ({e}); copy it again"),
            })?;
            for (name, view) in parsed.iter() {
                let start = view.data().as_ptr() as usize - bytes.as_ptr() as usize;
                let (shape, end) = (view.shape().to_vec(), start + view.data().len());
                tensors
                    .entries
                    .insert(name.to_owned(), Entry { shard, dtype: view.dtype(), shape, start, end });
            }
            tensors.shards.push(Shard { file, bytes: Arc::new(bytes) });
        }
        Ok(tensors)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Numbers in all tensors but those whose name ends in `except`.
    pub(super) fn numbers(&self, except: &str) -> u64 {
        let count = |e: &Entry| e.shape.iter().map(|n| *n as u64).product::<u64>();
        self.entries.iter().filter(|(name, _)| !name.ends_with(except)).map(|(_, e)| count(e)).sum()
    }

    /// Numbers and bytes of all tensors by type.
    pub(super) fn sizes(&self) -> BTreeMap<String, (u64, u64)> {
        let mut sizes: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for entry in self.entries.values() {
            let (numbers, bytes) = sizes.entry(format!("{:?}", entry.dtype)).or_default();
            *numbers += entry.shape.iter().map(|n| *n as u64).product::<u64>();
            *bytes += (entry.end - entry.start) as u64;
        }
        sizes
    }

    /// Type, shape and bytes of a tensor as they are in the file.
    pub(super) fn raw(&self, name: &str) -> Option<(safetensors::Dtype, &[usize], &[u8])> {
        let entry = self.entries.get(name)?;
        let bytes = self.shards.get(entry.shard)?.bytes.get(entry.start..entry.end)?;
        Some((entry.dtype, &entry.shape, bytes))
    }

    /// The file that holds `name`; the index if none does.
    pub(super) fn file_of(&self, name: &str) -> &str {
        self.entries.get(name).map_or(&self.index, |e| &self.shards[e.shard].file)
    }

    /// The numbers of `name`, which must have `shape` and a floating-point type.
    pub(super) fn get(&self, name: &str, shape: &[usize]) -> Result<Numbers, CheckpointError> {
        let entry = self.entry(name, shape)?;
        let dtype = match entry.dtype {
            safetensors::Dtype::F32 => Dtype::F32,
            safetensors::Dtype::F16 => Dtype::F16,
            safetensors::Dtype::BF16 => Dtype::Bf16,
            other => return Err(self.wrong(name, format!("of type {other:?}"), "BF16, F16 or F32")),
        };
        Ok(Numbers::new(Arc::clone(&self.shards[entry.shard].bytes), entry.start..entry.end, dtype))
    }

    /// The INT8 numbers of `name`, which must have `shape`.
    pub(super) fn int8(&self, name: &str, shape: &[usize]) -> Result<Int8Values, CheckpointError> {
        let entry = self.entry(name, shape)?;
        match entry.dtype {
            safetensors::Dtype::I8 => {
                Ok(Int8Values::view(Arc::clone(&self.shards[entry.shard].bytes), entry.start..entry.end))
            }
            other => Err(self.wrong(name, format!("of type {other:?}"), "I8")),
        }
    }

    fn entry(&self, name: &str, shape: &[usize]) -> Result<&Entry, CheckpointError> {
        match self.entries.get(name) {
            None => Err(CheckpointError::MissingTensor { file: self.index.clone(), tensor: name.to_owned() }),
            Some(entry) if entry.shape != shape => {
                Err(self.wrong(name, format!("of shape {:?}", entry.shape), &format!("{shape:?}")))
            }
            Some(entry) => Ok(entry),
        }
    }

    fn wrong(&self, name: &str, found: String, expected: &str) -> CheckpointError {
        let (file, tensor) = (self.file_of(name).to_owned(), name.to_owned());
        CheckpointError::Tensor { file, tensor, found, expected: expected.to_owned() }
    }

    /// Adds the bytes of every file to `hash`, in order.
    pub(super) fn hash(&self, hash: &mut Sha256) {
        for shard in &self.shards {
            hash.update(&shard.bytes[..]);
        }
    }
}

fn map(path: &Path) -> Result<Bytes, CheckpointError> {
    let wrong = |reason: String| CheckpointError::File { file: path.display().to_string(), reason };
    let file = File::open(path).map_err(|e| wrong(format!("{e}; a shard of the checkpoint is missing")))?;
    // SAFETY: the map is read-only and private; a file that another process shortens meanwhile is outside what any
    // reader of mapped checkpoints can guard against, and is documented on `Checkpoint::open`.
    let map = unsafe { Mmap::map(&file) }.map_err(|e| wrong(e.to_string()))?;
    Ok(Bytes::Mapped(map))
}
