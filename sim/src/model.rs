//! A language model of spiking layers: embeddings, decoder layers, final norm, LM head.
//!
//! A [`Session`] moves through a text in pieces of any size; its state is constant (linear and window attention) or grows
//! with the context (full attention only). Pieces of one token (decoding) and of many (prefill) do the same arithmetic in
//! the same order.

use crate::error::SimError;
use crate::options::ModelOptions;
use crate::recorder::Recorder;
use crate::stage::{Part, Stage, StageSession, layers};
use crate::state::LayerState;
use ndarray::Array2;
use synfire_datasets::checkpoint::Checkpoint;

/// A loaded model: the one stage that is first and last.
#[derive(Debug)]
pub struct Model(Stage);

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
        let layers = layers(checkpoint.config(), options)?;
        Ok(Self(Stage::load(checkpoint, options, &Part { layers, first: true, last: true })?))
    }

    /// Number of tokens that the model knows.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.0.vocabulary()
    }

    /// A session at the start of a text.
    #[must_use]
    pub fn start(&self) -> Session<'_> {
        Session(self.0.start())
    }

    /// A session that goes on from `states`, as [`Session::save`] gave them.
    ///
    /// # Errors
    /// As for [`Stage::resume`].
    pub fn resume(&self, states: &[LayerState]) -> Result<Session<'_>, SimError> {
        self.0.resume(states).map(Session)
    }
}

/// A model on its way through a text.
#[derive(Debug, Clone)]
pub struct Session<'m>(StageSession<'m>);

impl Session<'_> {
    /// Tokens seen so far.
    #[must_use]
    pub fn position(&self) -> u32 {
        self.0.position()
    }

    /// Reads `tokens` and returns the logits `[tokens, vocabulary]` of what follows each.
    ///
    /// # Errors
    /// [`SimError::Token`] for a token outside the vocabulary, [`SimError::Neuron`] or [`SimError::Logits`] where numbers
    /// are not finite, [`SimError::Recorder`] if the recorder gives up. After an error the session is not to be used on.
    pub fn advance(&mut self, tokens: &[u32], recorder: &mut dyn Recorder) -> Result<Array2<f32>, SimError> {
        let mut x = self.0.embed(tokens)?;
        self.0.advance(&mut x, recorder)?;
        self.0.logits(&x)
    }

    /// What each layer remembers, to go on from by [`Model::resume`].
    #[must_use]
    pub fn save(&self) -> Vec<LayerState> {
        self.0.save()
    }
}
