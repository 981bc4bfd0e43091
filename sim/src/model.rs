//! A language model of spiking layers: embeddings, decoder layers, final norm, LM head.
//!
//! A [`Session`] moves through a text in pieces of any size; its state is constant (linear and window attention) or grows
//! with the context (full attention only). Pieces of one token (decoding) and of many (prefill) do the same arithmetic in
//! the same order.

use crate::error::SimError;
use crate::layers::block::{Block, BlockState};
use crate::layers::linear::Context;
use crate::layers::norm::RmsNorm;
use crate::options::ModelOptions;
use crate::projection::StackedDense;
use crate::recorder::Recorder;
use ndarray::Array2;
use synfire_datasets::checkpoint::{Checkpoint, DenseLinear, DenseMatrix};

/// A loaded model.
#[derive(Debug)]
pub struct Model {
    embeddings: DenseMatrix,
    blocks: Vec<Block>,
    norm: RmsNorm,
    head: StackedDense,
}

impl Model {
    /// Loads the layers that `options` asks for; INT8 weights are quantised here, dense ones stay in the memory map.
    ///
    /// ```
    /// use synfire_datasets::checkpoint::Checkpoint;
    /// use synfire_sim::{model::Model, options::ModelOptions};
    ///
    /// let model = Model::load(&Checkpoint::builtin()?, &ModelOptions::default())?;
    /// let logits = model.start().advance(b"To be, or not to ".map(u32::from).as_slice(), &mut ())?;
    /// assert_eq!(logits.dim(), (17, 256));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SimError::Layers`] for layers that the model lacks, [`SimError::Checkpoint`] for tensors that are not sound.
    pub fn load(checkpoint: &Checkpoint, options: &ModelOptions) -> Result<Self, SimError> {
        let config = checkpoint.config();
        let top = config.layers.len().saturating_sub(1);
        let layers = options.layers.clone().unwrap_or(0..=top);
        if layers.is_empty() || *layers.end() > top {
            return Err(SimError::Layers { first: *layers.start(), last: *layers.end(), top });
        }
        let blocks: Result<Vec<_>, _> = layers.map(|layer| Block::load(checkpoint, layer, options)).collect();
        let head = DenseLinear { weight: checkpoint.lm_head()?, bias: None };
        Ok(Self {
            embeddings: checkpoint.embeddings()?,
            blocks: blocks?,
            norm: RmsNorm::new(checkpoint.final_norm()?, config.norm_eps),
            head: StackedDense::new(vec![head])?,
        })
    }

    /// Number of tokens that the model knows.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.embeddings.rows()
    }

    /// A session at the start of a text.
    #[must_use]
    pub fn start(&self) -> Session<'_> {
        Session { model: self, states: self.blocks.iter().map(Block::start).collect(), position: 0 }
    }

    fn embed(&self, tokens: &[u32]) -> Result<Array2<f32>, SimError> {
        let vocabulary = self.vocabulary();
        let mut x = Array2::zeros((tokens.len(), self.embeddings.cols()));
        for ((position, id), mut row) in tokens.iter().enumerate().zip(x.rows_mut()) {
            match row.as_slice_mut() {
                Some(row) if (*id as usize) < vocabulary => self.embeddings.row_into(*id as usize, row),
                _ => return Err(SimError::Token { id: *id, position, vocabulary }),
            }
        }
        Ok(x)
    }
}

/// A model on its way through a text.
#[derive(Debug, Clone)]
pub struct Session<'m> {
    model: &'m Model,
    states: Vec<BlockState>,
    position: u32,
}

impl Session<'_> {
    /// Tokens seen so far.
    #[must_use]
    pub fn position(&self) -> u32 {
        self.position
    }

    /// Reads `tokens` and returns the logits `[tokens, vocabulary]` of what follows each.
    ///
    /// # Errors
    /// [`SimError::Token`] for a token outside the vocabulary, [`SimError::Neuron`] or [`SimError::Logits`] where numbers
    /// are not finite, [`SimError::Recorder`] if the recorder gives up. After an error the session is not to be used on.
    pub fn advance(&mut self, tokens: &[u32], recorder: &mut dyn Recorder) -> Result<Array2<f32>, SimError> {
        let first_token = self.position;
        let count = u32::try_from(tokens.len()).map_err(|_| SimError::TooLong)?;
        let next = first_token.checked_add(count).ok_or(SimError::TooLong)?;
        let mut x = self.model.embed(tokens)?;
        for (block, state) in self.model.blocks.iter().zip(&mut self.states) {
            let mut context = Context { layer: block.layer(), first_token, recorder: &mut *recorder };
            block.forward(&mut x, state, &mut context)?;
            recorder.layer_output(block.layer(), first_token, x.view()).map_err(SimError::Recorder)?;
        }
        let logits = self.model.head.forward(self.model.norm.forward(&x).view());
        if let Some(row) = logits.rows().into_iter().position(|row| row.iter().any(|l| !l.is_finite())) {
            return Err(SimError::Logits { token: first_token + row as u32 });
        }
        self.position = next;
        Ok(logits)
    }
}
