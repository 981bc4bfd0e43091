//! Everything that a model computes on a short text, as safetensors, for comparison with another implementation.
//!
//! | tensor | shape | meaning |
//! |---|---|---|
//! | `input_ids` | `[T]` i64 | the tokens |
//! | `layers.N.{attn_in,o_in,mlp_in,down_in}.counts` / `.threshold` | `[T, width]` i16 / `[T]` f32 | spike counts, V_th |
//! | `layers.N.query.counts` / `.threshold` | `[T, heads, head size]` / `[T, heads]` | softmax attention only |
//! | `layers.N.out` | `[T, hidden]` f32 | residual stream after layer N |
//! | `logits` | `[T, vocabulary]` f32 | after the final norm and the LM head |
//!
//! Counts beyond 16 bits make their tensor i32. The whole trace is held in memory.

use crate::datasets::spikes::Projection;
use crate::datasets::whole_file::WholeFile;
use crate::sim::error::SimError;
use crate::sim::evaluate::CHUNK;
use crate::sim::model::Model;
use crate::sim::recorder::{CodedInput, Recorder, RecorderError};
use ndarray::ArrayView2;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Why a trace could not be made or written.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The model did not run.
    #[error(transparent)]
    Sim(#[from] SimError),
    /// The file could not be written.
    #[error("{path}: {reason}; choose a file in a folder that can be written")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Counts, thresholds, layer outputs and logits of one pass.
#[derive(Debug, Default)]
pub struct Trace {
    tensors: BTreeMap<String, Tensor>,
}

#[derive(Debug)]
struct Tensor {
    /// Shape of one token's part.
    shape: Vec<usize>,
    numbers: Numbers,
}

#[derive(Debug)]
enum Numbers {
    Ids(Vec<i64>),
    Counts(Vec<i32>),
    Floats(Vec<f32>),
}

impl Trace {
    /// Runs `model` over `tokens`; `progress` hears the number of tokens read.
    ///
    /// # Errors
    /// [`TraceError::Sim`].
    pub fn of(model: &Model, tokens: &[u32], mut progress: impl FnMut(usize)) -> Result<Self, TraceError> {
        let mut trace = Self::default();
        let ids = tokens.iter().map(|t| i64::from(*t)).collect();
        trace.tensors.insert("input_ids".to_owned(), Tensor { shape: vec![], numbers: Numbers::Ids(ids) });
        let mut session = model.start();
        for chunk in tokens.chunks(CHUNK) {
            let logits = session.advance(chunk, &mut trace)?;
            trace.floats("logits".to_owned(), vec![logits.ncols()], logits.iter().copied());
            progress(session.position() as usize);
        }
        Ok(trace)
    }

    /// Names and shapes of the tensors.
    pub fn shapes(&self) -> impl Iterator<Item = (&str, Vec<usize>)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.full_shape()))
    }

    /// Writes the trace; the file appears whole or not at all.
    ///
    /// # Errors
    /// [`TraceError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), TraceError> {
        let failed = |reason: String| TraceError::Write { path: path.to_owned(), reason };
        let data: Vec<(&String, Dtype, Vec<usize>, Vec<u8>)> = self
            .tensors
            .iter()
            .map(|(name, tensor)| {
                let (dtype, bytes) = tensor.numbers.bytes();
                (name, dtype, tensor.full_shape(), bytes)
            })
            .collect();
        let views: Result<Vec<_>, _> = data
            .iter()
            .map(|(name, dtype, shape, bytes)| {
                TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name.as_str(), view))
            })
            .collect();
        let views = views.map_err(|e| failed(e.to_string()))?;
        let whole = WholeFile::prepare(path);
        safetensors::serialize_to_file(views, None, whole.tmp()).map_err(|e| failed(e.to_string()))?;
        whole.rename().map_err(|e| failed(e.to_string()))
    }

    fn floats(&mut self, name: String, shape: Vec<usize>, values: impl Iterator<Item = f32>) {
        let tensor =
            self.tensors.entry(name).or_insert(Tensor { shape, numbers: Numbers::Floats(Vec::new()) });
        if let Numbers::Floats(floats) = &mut tensor.numbers {
            floats.extend(values);
        }
    }

    fn counts(&mut self, name: String, shape: Vec<usize>, values: impl Iterator<Item = i32>) {
        let tensor =
            self.tensors.entry(name).or_insert(Tensor { shape, numbers: Numbers::Counts(Vec::new()) });
        if let Numbers::Counts(counts) = &mut tensor.numbers {
            counts.extend(values);
        }
    }
}

impl Recorder for Trace {
    fn coded(&mut self, coded: &CodedInput<'_>) -> Result<(), RecorderError> {
        let name = format!("layers.{}.{}", coded.layer, coded.projection);
        let (_, heads, channels) = coded.counts.dim();
        let (counts_shape, threshold_shape) = match coded.projection {
            Projection::Query => (vec![heads, channels], vec![heads]),
            _ => (vec![heads * channels], vec![]),
        };
        self.counts(format!("{name}.counts"), counts_shape, coded.counts.iter().copied());
        self.floats(format!("{name}.threshold"), threshold_shape, coded.thresholds.iter().copied());
        Ok(())
    }

    fn layer_output(&mut self, layer: u16, _: u32, x: ArrayView2<'_, f32>) -> Result<(), RecorderError> {
        self.floats(format!("layers.{layer}.out"), vec![x.ncols()], x.iter().copied());
        Ok(())
    }
}

impl Tensor {
    fn full_shape(&self) -> Vec<usize> {
        let numbers = match &self.numbers {
            Numbers::Ids(v) => v.len(),
            Numbers::Counts(v) => v.len(),
            Numbers::Floats(v) => v.len(),
        };
        let tokens = numbers / self.shape.iter().product::<usize>().max(1);
        std::iter::once(tokens).chain(self.shape.iter().copied()).collect()
    }
}

impl Numbers {
    fn bytes(&self) -> (Dtype, Vec<u8>) {
        match self {
            Self::Ids(v) => (Dtype::I64, v.iter().flat_map(|n| n.to_le_bytes()).collect()),
            Self::Floats(v) => (Dtype::F32, v.iter().flat_map(|n| n.to_le_bytes()).collect()),
            Self::Counts(v) => match v.iter().map(|n| i16::try_from(*n)).collect::<Result<Vec<_>, _>>() {
                Ok(narrow) => (Dtype::I16, narrow.iter().flat_map(|n| n.to_le_bytes()).collect()),
                Err(_) => (Dtype::I32, v.iter().flat_map(|n| n.to_le_bytes()).collect()),
            },
        }
    }
}
