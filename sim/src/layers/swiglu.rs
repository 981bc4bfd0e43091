//! SwiGLU feed-forward block: `down(silu(gate(h)) * up(h))`.

use super::linear::{Context, LayerLinear};
use crate::error::SimError;
use crate::options::{Convention, Spiking};
use ndarray::{Array2, s};
use synfire_datasets::checkpoint::{Checkpoint, Linear};
use synfire_datasets::spikes::Projection;

#[derive(Debug)]
pub(crate) struct SwiGlu {
    pub(super) gate_up: LayerLinear,
    down: LayerLinear,
}

impl SwiGlu {
    pub(crate) fn load(
        checkpoint: &Checkpoint,
        layer: usize,
        spiking: Option<Spiking>,
        convention: Convention,
    ) -> Result<Self, SimError> {
        let load = |projection, linears: &[Linear], spiking| {
            LayerLinear::load(checkpoint, layer, projection, linears, spiking)
        };
        let down_spiking = spiking.filter(|_| convention.code_down_projection);
        Ok(Self {
            gate_up: load(Projection::MlpIn, &[Linear::MlpGate, Linear::MlpUp], spiking)?,
            down: load(Projection::DownIn, &[Linear::MlpDown], down_spiking)?,
        })
    }

    /// `h` `[tokens, hidden]`, already normed, to the same shape.
    pub(crate) fn forward(
        &self,
        h: &Array2<f32>,
        context: &mut Context<'_>,
    ) -> Result<Array2<f32>, SimError> {
        let gate_up = self.gate_up.forward(h, context)?;
        self.finish(&gate_up, context)
    }

    /// From the outputs of the gate and up projections to those of the block.
    pub(super) fn finish(
        &self,
        gate_up: &Array2<f32>,
        context: &mut Context<'_>,
    ) -> Result<Array2<f32>, SimError> {
        self.down.forward(&activate(gate_up), context)
    }
}

/// `silu(gate) * up` of gates and ups side by side, `[tokens, 2 inner]`.
pub(super) fn activate(gate_up: &Array2<f32>) -> Array2<f32> {
    let width = gate_up.ncols() / 2;
    let mut hidden = gate_up.slice(s![.., ..width]).mapv(|g| g / (1.0 + (-g).exp()));
    hidden *= &gate_up.slice(s![.., width..]);
    hidden
}
