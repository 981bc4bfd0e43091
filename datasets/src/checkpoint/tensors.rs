//! Tensors of one or several safetensors files. A file is mapped when a tensor of it is asked for, so that who has a few layers
//! of a model maps their files only.

use super::CheckpointError;
use super::matrix::{Dtype, Numbers};
use super::quantised::Int8Values;
use memmap2::Mmap;
use rayon::prelude::*;
use safetensors::SafeTensors;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Bytes of a file that are read at a time to hash it.
const READ_BYTES: usize = 1 << 20;

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
    /// The open file, unless it is part of the program.
    handle: Option<File>,
    bytes: OnceLock<Arc<Bytes>>,
}

#[derive(Debug)]
pub(super) struct Entry {
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
            return Self::new(vec![Shard::open(&single)?], &single.display().to_string());
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
        let shards: Result<Vec<_>, _> = names.into_iter().map(|name| Shard::open(&dir.join(name))).collect();
        let tensors = Self::new(shards?, &index_name)?;
        match map_of.weight_map.keys().find(|name| !tensors.entries.contains_key(*name)) {
            Some(name) => Err(CheckpointError::MissingTensor { file: index_name, tensor: name.clone() }),
            None => Ok(tensors),
        }
    }

    /// Tensors that are part of the program, under the name `file` in errors.
    pub(super) fn of_program(bytes: &'static [u8], file: &str) -> Result<Self, CheckpointError> {
        let bytes = OnceLock::from(Arc::new(Bytes::Static(bytes)));
        Self::new(vec![Shard { file: file.to_owned(), handle: None, bytes }], file)
    }

    /// The tensors of `shards`; `index` is what errors about missing tensors name.
    fn new(shards: Vec<Shard>, index: &str) -> Result<Self, CheckpointError> {
        let mut entries = BTreeMap::new();
        for (shard, of) in shards.iter().enumerate() {
            // Looked at through a map of its own, which goes again.
            let bytes = match of.bytes.get() {
                Some(bytes) => Arc::clone(bytes),
                None => Arc::new(of.map()?),
            };
            let parsed = SafeTensors::deserialize(&bytes).map_err(|e| CheckpointError::File {
                file: of.file.clone(),
                reason: format!("not a whole safetensors file ({e}); copy it again"),
            })?;
            for (name, view) in parsed.iter() {
                let start = view.data().as_ptr() as usize - bytes.as_ptr() as usize;
                let (shape, end) = (view.shape().to_vec(), start + view.data().len());
                entries.insert(name.to_owned(), Entry { shard, dtype: view.dtype(), shape, start, end });
            }
        }
        Ok(Self { shards, entries, index: index.to_owned() })
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

    /// The type of a tensor in the file.
    pub(super) fn dtype(&self, name: &str) -> Option<safetensors::Dtype> {
        self.entries.get(name).map(|entry| entry.dtype)
    }

    /// The bytes of a tensor as they are in the file.
    pub(super) fn raw(&self, name: &str) -> Result<&[u8], CheckpointError> {
        let Some(entry) = self.entries.get(name) else { return Err(self.missing(name)) };
        Ok(self.shards[entry.shard].bytes()?.get(entry.start..entry.end).unwrap_or_default())
    }

    /// The file that holds `name`; the index if none does.
    pub(super) fn file_of(&self, name: &str) -> &str {
        self.entries.get(name).map_or(&self.index, |e| &self.shards[e.shard].file)
    }

    /// The numbers of `name`, which must have `shape` and a floating-point type.
    pub(super) fn get(&self, name: &str, shape: &[usize]) -> Result<Numbers, CheckpointError> {
        let (entry, dtype) = self.checked(name, shape)?;
        Ok(Numbers::new(Arc::clone(self.shards[entry.shard].bytes()?), entry.start..entry.end, dtype))
    }

    /// The INT8 numbers of `name`, which must have `shape`.
    pub(super) fn int8(&self, name: &str, shape: &[usize]) -> Result<Int8Values, CheckpointError> {
        let entry = self.checked_int8(name, shape)?;
        Ok(Int8Values::view(Arc::clone(self.shards[entry.shard].bytes()?), entry.start..entry.end))
    }

    /// Checks that `name` is there, of `shape` and a floating-point type; its file stays unmapped.
    pub(super) fn checked(&self, name: &str, shape: &[usize]) -> Result<(&Entry, Dtype), CheckpointError> {
        let entry = self.entry(name, shape)?;
        let dtype = match entry.dtype {
            safetensors::Dtype::F32 => Dtype::F32,
            safetensors::Dtype::F16 => Dtype::F16,
            safetensors::Dtype::BF16 => Dtype::Bf16,
            other => return Err(self.wrong(name, format!("of type {other:?}"), "BF16, F16 or F32")),
        };
        Ok((entry, dtype))
    }

    /// Checks that `name` is there, of `shape` and INT8; its file stays unmapped.
    pub(super) fn checked_int8(&self, name: &str, shape: &[usize]) -> Result<&Entry, CheckpointError> {
        let entry = self.entry(name, shape)?;
        match entry.dtype {
            safetensors::Dtype::I8 => Ok(entry),
            other => Err(self.wrong(name, format!("of type {other:?}"), "I8")),
        }
    }

    fn entry(&self, name: &str, shape: &[usize]) -> Result<&Entry, CheckpointError> {
        match self.entries.get(name) {
            None => Err(self.missing(name)),
            Some(entry) if entry.shape != shape => {
                Err(self.wrong(name, format!("of shape {:?}", entry.shape), &format!("{shape:?}")))
            }
            Some(entry) => Ok(entry),
        }
    }

    fn missing(&self, name: &str) -> CheckpointError {
        CheckpointError::MissingTensor { file: self.index.clone(), tensor: name.to_owned() }
    }

    fn wrong(&self, name: &str, found: String, expected: &str) -> CheckpointError {
        let (file, tensor) = (self.file_of(name).to_owned(), name.to_owned());
        CheckpointError::Tensor { file, tensor, found, expected: expected.to_owned() }
    }

    /// SHA-256 of each file, in order.
    pub(super) fn digests(&self) -> Result<Vec<[u8; 32]>, CheckpointError> {
        self.shards.par_iter().map(Shard::digest).collect()
    }
}

impl Shard {
    fn open(path: &Path) -> Result<Self, CheckpointError> {
        let file = path.display().to_string();
        let handle = File::open(path).map_err(|e| CheckpointError::File {
            file: file.clone(),
            reason: format!("{e}; a shard of the checkpoint is missing"),
        })?;
        Ok(Self { file, handle: Some(handle), bytes: OnceLock::new() })
    }

    fn bytes(&self) -> Result<&Arc<Bytes>, CheckpointError> {
        match self.bytes.get() {
            Some(bytes) => Ok(bytes),
            None => {
                let map = Arc::new(self.map()?);
                Ok(self.bytes.get_or_init(|| map))
            }
        }
    }

    fn map(&self) -> Result<Bytes, CheckpointError> {
        let Some(handle) = &self.handle else { return Ok(Bytes::Static(&[])) };
        // SAFETY: the map is read-only and private; a file that another process shortens meanwhile is outside what any
        // reader of mapped checkpoints can guard against, and is documented on `Checkpoint::open`.
        unsafe { Mmap::map(handle) }.map(Bytes::Mapped).map_err(|e| self.unreadable(&e))
    }

    /// SHA-256 of the file. It is read and not mapped: a model larger than memory would push out what is in use.
    fn digest(&self) -> Result<[u8; 32], CheckpointError> {
        let mut hash = Sha256::new();
        if self.handle.is_none() {
            hash.update(&self.bytes()?[..]);
            return Ok(hash.finalize().into());
        }
        let mut file = File::open(&self.file).map_err(|e| self.unreadable(&e))?;
        let mut piece = vec![0; READ_BYTES];
        loop {
            match file.read(&mut piece).map_err(|e| self.unreadable(&e))? {
                0 => return Ok(hash.finalize().into()),
                read => hash.update(&piece[..read]),
            }
        }
    }

    fn unreadable(&self, error: &std::io::Error) -> CheckpointError {
        CheckpointError::File { file: self.file.clone(), reason: error.to_string() }
    }
}
