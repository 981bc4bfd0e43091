//! What can go wrong in a simulation.

use crate::neuron::NeuronError;
use crate::projection::ProjectionError;
use crate::recorder::RecorderError;
use synfire_datasets::checkpoint::CheckpointError;
use synfire_datasets::spikes::Projection;

/// Why a model could not be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The checkpoint is not sound.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Projections do not fit each other.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// Layers were asked for that the model does not have.
    #[error("layers {first}-{last} asked for, the model has layers 0-{top}")]
    Layers {
        /// First layer asked for.
        first: usize,
        /// Last layer asked for.
        last: usize,
        /// Last layer there is.
        top: usize,
    },
    /// A token is not in the vocabulary.
    #[error(
        "token {id} at position {position} is not in the vocabulary of {vocabulary}: was another tokenizer used?"
    )]
    Token {
        /// The token.
        id: u32,
        /// Where it stands among those given.
        position: usize,
        /// Size of the vocabulary.
        vocabulary: usize,
    },
    /// The input of a projection could not be coded.
    #[error("layer {layer}, {projection}, token {token}: {source}")]
    Neuron {
        /// Layer, from 0.
        layer: u16,
        /// The coded input.
        projection: Projection,
        /// Position of the token in the run.
        token: u32,
        /// Why.
        source: NeuronError,
    },
    /// The embedding of a token holds NaN or infinite numbers.
    #[error("the embedding of token id {id} is not finite; the checkpoint is damaged, copy it again")]
    Embedding {
        /// The token's number in the vocabulary.
        id: u32,
    },
    /// The logits are NaN or infinite.
    #[error(
        "the logits of token {token} are not finite: the LM head or another weight holds NaN or infinite numbers; copy the checkpoint again"
    )]
    Logits {
        /// Position of the token in the run.
        token: u32,
    },
    /// More tokens than positions fit the record.
    #[error("a run holds at most {} tokens", u32::MAX)]
    TooLong,
    /// A state was used with a model that did not make it.
    #[error("this state belongs to another model")]
    ForeignState,
    /// A tensor of a state does not fit the layer.
    #[error(
        "the state of layer {layer} has '{tensor}' {found}, expected {expected}: it belongs to another model or other options"
    )]
    State {
        /// Layer, from 0.
        layer: u16,
        /// The tensor.
        tensor: String,
        /// What it is like.
        found: String,
        /// What the layer needs.
        expected: String,
    },
    /// A model cannot be cut into so many stages.
    #[error("{stages} stages asked for of {layers} layers; each needs one: ask for 1 to {layers}")]
    Stages {
        /// Stages asked for.
        stages: usize,
        /// Layers there are.
        layers: usize,
    },
    /// The text is too short to be predicted.
    #[error("{tokens} tokens given, at least 2 are needed to predict one from another")]
    TooShort {
        /// Tokens given.
        tokens: usize,
    },
    /// The temperature of sampling.
    #[error(
        "temperature {0} is not usable: it must be finite and not negative (0 takes the likeliest token)"
    )]
    Temperature(f32),
    /// The recorder gave up.
    #[error(transparent)]
    Recorder(RecorderError),
}
