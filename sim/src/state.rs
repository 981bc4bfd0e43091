//! What a model remembers of the tokens before, as plain data: named tensors, layer by layer, that can be written down and
//! taken up again.
//!
//! A layer's tensors do not depend on which process has the layer, nor on how the text was cut into pieces:
//!
//! | tensor | shape | of |
//! |---|---|---|
//! | `linear.state` | `[kv heads, K, K]` f32 | linear attention: S before the chunk of tokens that is not full yet |
//! | `linear.forget` | `[kv heads, K]` f32 | the product of its gates |
//! | `linear.keys`, `linear.values` | `[kv heads, tokens, K]` f32 | its keys, as far as they are remembered, and values |
//! | `softmax.keys` | `[kv heads, K, tokens]` f32 or i8 | softmax attention: keys in sight of the next token |
//! | `softmax.values` | `[kv heads, tokens, K]` f32 or i8 | their values |
//! | `softmax.key_scales`, `softmax.value_scales` | `[kv heads, tokens]` f32 | INT8 scales, 1 for f32 |
//! | `sinks.keys`, ... | as `softmax.*` | keys and values of the sink tokens, where there are |
//!
//! A branch names its tensors with its own prefix, so that a layer of several branches keeps them side by side.

use crate::error::SimError;
use std::collections::BTreeMap;

/// Numbers of a tensor, row by row.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// 32-bit floating point.
    F32(Vec<f32>),
    /// 8-bit integers.
    I8(Vec<i8>),
}

/// A tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers: as many as the product of the shape.
    pub numbers: Numbers,
}

/// What one layer remembers.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerState {
    /// Layer, from 0.
    pub layer: u16,
    /// Tokens seen.
    pub position: u32,
    /// Tensors by name.
    pub tensors: BTreeMap<String, Tensor>,
}

/// A type of number that states hold.
pub(crate) trait Number: Copy + Default {
    fn pack(numbers: Vec<Self>) -> Numbers;
    fn unpack(numbers: &Numbers) -> Option<&[Self]>;
}

impl Number for f32 {
    fn pack(numbers: Vec<Self>) -> Numbers {
        Numbers::F32(numbers)
    }

    fn unpack(numbers: &Numbers) -> Option<&[Self]> {
        match numbers {
            Numbers::F32(numbers) => Some(numbers),
            Numbers::I8(_) => None,
        }
    }
}

impl Number for i8 {
    fn pack(numbers: Vec<Self>) -> Numbers {
        Numbers::I8(numbers)
    }

    fn unpack(numbers: &Numbers) -> Option<&[Self]> {
        match numbers {
            Numbers::I8(numbers) => Some(numbers),
            Numbers::F32(_) => None,
        }
    }
}

impl LayerState {
    /// The state of `layer` after `position` tokens, still without tensors.
    #[must_use]
    pub fn new(layer: u16, position: u32) -> Self {
        Self { layer, position, tensors: BTreeMap::new() }
    }

    pub(crate) fn put<T: Number>(&mut self, name: &str, shape: &[usize], numbers: Vec<T>) {
        self.tensors.insert(name.to_owned(), Tensor { shape: shape.to_vec(), numbers: T::pack(numbers) });
    }

    /// The shape of a tensor.
    pub(crate) fn shape(&self, name: &str) -> Result<&[usize], SimError> {
        let missing = || self.wrong(name, "missing".to_owned(), "there".to_owned());
        self.tensors.get(name).map(|tensor| tensor.shape.as_slice()).ok_or_else(missing)
    }

    /// The numbers of a tensor, which must have `shape` and be of type `T`.
    pub(crate) fn get<T: Number>(&self, name: &str, shape: &[usize]) -> Result<&[T], SimError> {
        let found = self.shape(name)?;
        let size = shape.iter().try_fold(1usize, |size, n| size.checked_mul(*n));
        let numbers = self.tensors.get(name).and_then(|tensor| T::unpack(&tensor.numbers));
        numbers
            .filter(|numbers| found == shape && Some(numbers.len()) == size)
            .ok_or_else(|| self.wrong(name, format!("{found:?}"), format!("{shape:?} of another type")))
    }

    fn wrong(&self, tensor: &str, found: String, expected: String) -> SimError {
        SimError::State { layer: self.layer, tensor: tensor.to_owned(), found, expected }
    }
}
