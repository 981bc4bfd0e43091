//! A decoder layer: `x <- x + attn(rms_norm(x));  x <- x + mlp(rms_norm(x))`.

use super::attention::{AttentionState, SoftmaxAttention};
use super::gla::{GatedLinearAttention, GlaState};
use super::linear::Context;
use super::moe::MixtureOfExperts;
use super::norm::RmsNorm;
use super::parallel::{ParallelAttention, ParallelState};
use super::swiglu::SwiGlu;
use crate::error::SimError;
use crate::options::{Execution, ModelOptions};
use crate::state::LayerState;
use ndarray::Array2;
use synfire_datasets::checkpoint::{Attention, Checkpoint, Norm};

#[derive(Debug)]
pub(crate) struct Block {
    layer: u16,
    attention_norm: RmsNorm,
    attention: Mixer,
    mlp_norm: RmsNorm,
    mlp: FeedForward,
}

#[derive(Debug)]
enum FeedForward {
    Dense(SwiGlu),
    Experts(MixtureOfExperts),
}

#[derive(Debug)]
enum Mixer {
    Gla(GatedLinearAttention),
    Softmax(SoftmaxAttention),
    Parallel(ParallelAttention),
}

/// What a layer remembers of the tokens before.
#[derive(Debug, Clone)]
pub(crate) enum BlockState {
    Gla(GlaState),
    Softmax(AttentionState),
    Parallel(ParallelState),
}

impl Block {
    pub(crate) fn load(
        checkpoint: &Checkpoint,
        layer: usize,
        options: &ModelOptions,
    ) -> Result<Self, SimError> {
        let eps = checkpoint.config().norm_eps;
        let spiking = match options.execution {
            Execution::Dense => None,
            Execution::Spiking(spiking) => Some(spiking),
        };
        let (config, convention) = (checkpoint.config(), options.convention);
        let attention = match config.layers.get(layer) {
            Some(attention) if attention.is_parallel() => {
                Mixer::Parallel(ParallelAttention::load(checkpoint, layer, spiking, convention)?)
            }
            Some(Attention::Gla) => Mixer::Gla(GatedLinearAttention::load(checkpoint, layer, spiking)?),
            _ => Mixer::Softmax(SoftmaxAttention::load(checkpoint, layer, spiking, convention)?),
        };
        let mlp = match (checkpoint.router(layer)?, config.mixture_of(layer)) {
            (Some(router), Some(mixture)) => FeedForward::Experts(MixtureOfExperts::load(
                checkpoint,
                layer,
                router,
                mixture.per_token,
                spiking,
                convention,
            )?),
            _ => FeedForward::Dense(SwiGlu::load(checkpoint, layer, spiking, convention)?),
        };
        Ok(Self {
            layer: layer as u16,
            attention_norm: RmsNorm::new(checkpoint.norm(layer, Norm::Attention)?, eps),
            attention,
            mlp_norm: RmsNorm::new(checkpoint.norm(layer, Norm::Mlp)?, eps),
            mlp,
        })
    }

    pub(crate) fn layer(&self) -> u16 {
        self.layer
    }

    pub(crate) fn start(&self) -> BlockState {
        match &self.attention {
            Mixer::Gla(gla) => BlockState::Gla(gla.start()),
            Mixer::Softmax(attention) => BlockState::Softmax(attention.start()),
            Mixer::Parallel(attention) => BlockState::Parallel(attention.start()),
        }
    }

    /// The state of this layer after `position` tokens, as plain data.
    pub(crate) fn save(&self, state: &BlockState, position: u32) -> LayerState {
        let mut saved = LayerState::new(self.layer, position);
        match (&self.attention, state) {
            (Mixer::Gla(gla), BlockState::Gla(state)) => gla.save(state, &mut saved),
            (Mixer::Softmax(attention), BlockState::Softmax(state)) => attention.save(state, &mut saved),
            (Mixer::Parallel(attention), BlockState::Parallel(state)) => attention.save(state, &mut saved),
            _ => {}
        }
        saved
    }

    /// What [`save`](Self::save) gave, taken up again.
    pub(crate) fn restore(&self, saved: &LayerState) -> Result<BlockState, SimError> {
        Ok(match &self.attention {
            Mixer::Gla(gla) => BlockState::Gla(gla.restore(saved)?),
            Mixer::Softmax(attention) => BlockState::Softmax(attention.restore(saved)?),
            Mixer::Parallel(attention) => BlockState::Parallel(attention.restore(saved)?),
        })
    }

    /// Moves the residual stream `x` `[tokens, hidden]` through the layer.
    pub(crate) fn forward(
        &self,
        x: &mut Array2<f32>,
        state: &mut BlockState,
        context: &mut Context<'_>,
    ) -> Result<(), SimError> {
        let h = self.attention_norm.forward(x);
        *x += &match (&self.attention, state) {
            (Mixer::Gla(gla), BlockState::Gla(state)) => gla.forward(&h, state, context)?,
            (Mixer::Softmax(attention), BlockState::Softmax(state)) => {
                attention.forward(&h, state, context)?
            }
            (Mixer::Parallel(attention), BlockState::Parallel(state)) => {
                attention.forward(&h, state, context)?
            }
            _ => return Err(SimError::ForeignState),
        };
        let h = self.mlp_norm.forward(x);
        *x += &match &self.mlp {
            FeedForward::Dense(mlp) => mlp.forward(&h, context)?,
            FeedForward::Experts(experts) => experts.forward(&h, context)?,
        };
        Ok(())
    }
}
