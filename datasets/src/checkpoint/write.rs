//! Writes a checkpoint as a stream: tensors in the order of a plan, any number of bytes at a time, into one safetensors file
//! or numbered shards with an index. Nothing but what is being written is held in memory.
//!
//! Everything is written to a hidden folder beside the destination, which takes its name at the end: a checkpoint that
//! exists is whole.

use super::CheckpointError;
use half::{bf16, f16};
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A tensor that is going to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorPlan {
    /// Its name.
    pub name: String,
    /// Type of its numbers.
    pub dtype: Dtype,
    /// Its shape.
    pub shape: Vec<usize>,
}

impl TensorPlan {
    /// Bytes of the tensor.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let bits = self.shape.iter().map(|n| *n as u64).product::<u64>() * self.dtype.bitsize() as u64;
        bits / 8
    }
}

/// Bytes that a shard holds unless it is one larger tensor.
pub const SHARD_BYTES: u64 = 5_000_000_000;

/// A checkpoint on its way to the disk; one that is dropped before [`Self::finish`] leaves nothing behind.
#[derive(Debug)]
pub struct CheckpointWriter {
    dir: PathBuf,
    partial: PathBuf,
    overwrite: bool,
    plan: Vec<TensorPlan>,
    /// Index of the first tensor of each shard, and the end of the plan.
    shards: Vec<usize>,
    /// Shards begun.
    begun: usize,
    out: Option<BufWriter<File>>,
    /// The tensor being written, and its bytes that are there.
    tensor: usize,
    filled: u64,
    /// Numbers in their type on disk, kept to spare allocations.
    encoded: Vec<u8>,
}

impl CheckpointWriter {
    /// A checkpoint of the tensors of `plan`, in shards of at most `shard_bytes` (see [`SHARD_BYTES`]), that becomes the
    /// folder `dir`. A checkpoint that is there already is replaced only if `overwrite`, at the end.
    ///
    /// # Errors
    /// [`CheckpointError::File`] if the folder exists (and, with `overwrite`, is no checkpoint) or cannot be made.
    pub fn create(
        dir: &Path,
        plan: Vec<TensorPlan>,
        shard_bytes: u64,
        overwrite: bool,
    ) -> Result<Self, CheckpointError> {
        let occupied = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
        if occupied && !overwrite {
            return Err(wrong(dir, "the folder is not empty; give another one, or ask to overwrite it"));
        }
        if occupied && !dir.join("config.json").exists() {
            return Err(wrong(
                dir,
                "the folder holds no checkpoint and is not overwritten; give another one",
            ));
        }
        let Some(name) = dir.file_name() else {
            return Err(wrong(dir, "not the name of a folder; give the folder to write"));
        };
        let partial = dir.with_file_name(format!(".{}.partial", name.to_string_lossy()));
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(io(&partial))?;
        }
        fs::create_dir_all(&partial).map_err(io(&partial))?;
        let shards = shards(&plan, shard_bytes);
        let mut writer = Self {
            dir: dir.to_owned(),
            partial,
            overwrite,
            plan,
            shards,
            begun: 0,
            out: None,
            tensor: 0,
            filled: 0,
            encoded: Vec::new(),
        };
        writer.begin_if_due()?;
        Ok(writer)
    }

    /// Bytes of tensors written so far.
    #[must_use]
    pub fn written_bytes(&self) -> u64 {
        self.plan.iter().take(self.tensor).map(TensorPlan::bytes).sum::<u64>() + self.filled
    }

    /// The tensor whose bytes come next; `None` when all are there.
    #[must_use]
    pub fn tensor(&self) -> Option<&TensorPlan> {
        self.plan.get(self.tensor)
    }

    /// Bytes of all tensors.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.plan.iter().map(TensorPlan::bytes).sum()
    }

    /// Writes the next bytes, little-endian. They may end one tensor and begin the next.
    ///
    /// # Errors
    /// [`CheckpointError::File`] if the disk refuses, or if there are more bytes than tensors.
    pub fn bytes(&mut self, mut bytes: &[u8]) -> Result<(), CheckpointError> {
        while !bytes.is_empty() {
            let left = self.tensor().map_or(0, |tensor| tensor.bytes() - self.filled);
            let (now, later) = bytes.split_at(bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
            match &mut self.out {
                Some(out) if !now.is_empty() => out.write_all(now).map_err(io(&self.partial))?,
                _ => return Err(wrong(&self.dir, "more numbers than the plan has")),
            }
            self.filled += now.len() as u64;
            bytes = later;
            self.begin_if_due()?;
        }
        Ok(())
    }

    /// Writes the next numbers in the type of the tensor they belong to: all of one tensor.
    ///
    /// # Errors
    /// As for [`Self::bytes`]; [`CheckpointError::Tensor`] for a tensor of integers.
    pub fn numbers(&mut self, numbers: &[f32]) -> Result<(), CheckpointError> {
        let mut encoded = std::mem::take(&mut self.encoded);
        encoded.clear();
        match self.tensor().map(|tensor| tensor.dtype) {
            Some(Dtype::BF16) => encode(numbers, &mut encoded, |v| bf16::from_f32(v).to_le_bytes()),
            Some(Dtype::F16) => encode(numbers, &mut encoded, |v| f16::from_f32(v).to_le_bytes()),
            Some(Dtype::F32) | None => encode(numbers, &mut encoded, f32::to_le_bytes),
            Some(other) => {
                return Err(CheckpointError::Tensor {
                    file: self.dir.display().to_string(),
                    tensor: self.tensor().map(|tensor| tensor.name.clone()).unwrap_or_default(),
                    found: format!("of type {other:?}"),
                    expected: "BF16, F16 or F32".to_owned(),
                });
            }
        }
        let written = self.bytes(&encoded);
        self.encoded = encoded;
        written
    }

    /// Writes `config` as `config.json` and other small files (name and bytes), and gives the folder its name.
    ///
    /// # Errors
    /// [`CheckpointError::File`] if tensors are missing or the disk refuses.
    pub fn finish(mut self, config: &[u8], files: &[(String, Vec<u8>)]) -> Result<(), CheckpointError> {
        if let Some(tensor) = self.tensor() {
            return Err(wrong(&self.dir, &format!("tensor '{}' was not written to its end", tensor.name)));
        }
        self.close()?;
        if self.shards.len() > 2 {
            self.write_index()?;
        }
        let files = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        for (name, bytes) in files.chain([("config.json", config)]) {
            let path = self.partial.join(name);
            fs::write(&path, bytes).map_err(io(&path))?;
        }
        if self.overwrite && self.dir.exists() {
            fs::remove_dir_all(&self.dir).map_err(io(&self.dir))?;
        } else if self.dir.exists() {
            fs::remove_dir(&self.dir).map_err(io(&self.dir))?;
        }
        fs::rename(&self.partial, &self.dir).map_err(io(&self.dir))
    }

    fn write_index(&self) -> Result<(), CheckpointError> {
        let mut map = BTreeMap::new();
        for (shard, span) in self.shards.windows(2).enumerate() {
            let tensors = self.plan.get(span[0]..span[1]).unwrap_or_default();
            map.extend(tensors.iter().map(|tensor| (tensor.name.clone(), self.shard_name(shard))));
        }
        let index =
            serde_json::json!({ "metadata": { "total_size": self.total_bytes() }, "weight_map": map });
        let path = self.partial.join("model.safetensors.index.json");
        fs::write(&path, format!("{index:#}\n")).map_err(io(&path))
    }

    fn shard_name(&self, shard: usize) -> String {
        match self.shards.len() - 1 {
            1 => "model.safetensors".to_owned(),
            count => format!("model-{:05}-of-{count:05}.safetensors", shard + 1),
        }
    }

    /// Moves to the next tensor while the present one is full, and to the next shard where it begins one.
    fn begin_if_due(&mut self) -> Result<(), CheckpointError> {
        loop {
            if self.out.is_none() && self.begun + 1 < self.shards.len() {
                self.begin_shard()?;
            }
            match self.tensor() {
                Some(tensor) if tensor.bytes() == self.filled => {}
                _ => return Ok(()),
            }
            self.tensor += 1;
            self.filled = 0;
            if self.shards.get(self.begun) == Some(&self.tensor) {
                self.close()?;
            }
        }
    }

    fn begin_shard(&mut self) -> Result<(), CheckpointError> {
        let span = self.shards[self.begun]..self.shards[self.begun + 1];
        let path = self.partial.join(self.shard_name(self.begun));
        let mut offset = 0;
        let infos = self.plan[span].iter().map(|tensor| {
            let start = offset;
            offset += tensor.bytes() as usize;
            let (dtype, shape) = (tensor.dtype, tensor.shape.clone());
            (tensor.name.clone(), TensorInfo { dtype, shape, data_offsets: (start, offset) })
        });
        let format = [("format".to_owned(), "pt".to_owned())].into();
        let header = Metadata::new(Some(format), infos.collect())
            .map_err(|e| wrong(&path, &e.to_string()))
            .and_then(|m| serde_json::to_vec(&m).map_err(|e| wrong(&path, &e.to_string())))?;
        let padded = header.len().next_multiple_of(8);
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&path).map_err(io(&path))?);
        let padding = vec![b' '; padded - header.len()];
        for bytes in [&(padded as u64).to_le_bytes()[..], &header, &padding] {
            out.write_all(bytes).map_err(io(&path))?;
        }
        self.out = Some(out);
        self.begun += 1;
        Ok(())
    }

    fn close(&mut self) -> Result<(), CheckpointError> {
        let Some(out) = self.out.take() else { return Ok(()) };
        let file = out.into_inner().map_err(|e| io(&self.partial)(e.into_error()))?;
        file.sync_all().map_err(io(&self.partial))
    }
}

impl Drop for CheckpointWriter {
    fn drop(&mut self) {
        self.out = None;
        let _ = fs::remove_dir_all(&self.partial);
    }
}

fn encode<const N: usize>(numbers: &[f32], out: &mut Vec<u8>, narrow: impl Fn(f32) -> [u8; N]) {
    out.resize(numbers.len() * N, 0);
    for (bytes, number) in out.as_chunks_mut::<N>().0.iter_mut().zip(numbers) {
        *bytes = narrow(*number);
    }
}

/// Where shards of at most `most` bytes begin in `plan`, and its end.
fn shards(plan: &[TensorPlan], most: u64) -> Vec<usize> {
    let (mut starts, mut bytes) = (vec![0], 0u64);
    for (i, tensor) in plan.iter().enumerate() {
        if bytes > 0 && bytes + tensor.bytes() > most {
            starts.push(i);
            bytes = 0;
        }
        bytes += tensor.bytes();
    }
    starts.push(plan.len());
    starts
}

fn wrong(path: &Path, reason: &str) -> CheckpointError {
    CheckpointError::File { file: path.display().to_string(), reason: reason.to_owned() }
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> CheckpointError {
    move |e| wrong(path, &format!("cannot be written: {e}"))
}

#[cfg(test)]
mod tests;
