//! What a checkpoint's weights tell: nonzero synapses of each input channel, zero weights, bytes.

use std::collections::BTreeMap;
use synfire_datasets::checkpoint::{Attention, Checkpoint, CheckpointError, Linear, QuantisedLinear};
use synfire_datasets::spikes::Projection;

/// The synapses that leave one coded input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fan {
    /// Nonzero outgoing weights of each input channel.
    pub nonzero: Vec<u32>,
    /// Outputs: weights of an input channel, zeros included.
    pub outputs: u64,
}

impl Fan {
    /// Of a row-major matrix `[outputs, inputs]`. An incomplete last row is left out.
    #[must_use]
    pub fn of<W: Copy + PartialEq + Default>(weights: &[W], inputs: usize) -> Self {
        let mut fan = Self { nonzero: vec![0; inputs], outputs: 0 };
        for row in weights.chunks_exact(inputs.max(1)) {
            fan.outputs += 1;
            for (n, weight) in fan.nonzero.iter_mut().zip(row) {
                *n += u32::from(*weight != W::default());
            }
        }
        fan
    }

    fn add(&mut self, matrix: &QuantisedLinear) {
        self.outputs += matrix.outputs as u64;
        self.nonzero.resize(matrix.inputs, 0);
        for (n, synapses) in self.nonzero.iter_mut().zip(matrix.values.chunks_exact(matrix.outputs.max(1))) {
            *n += synapses.iter().filter(|w| **w != 0).count() as u32;
        }
    }

    /// Weights.
    #[must_use]
    pub fn weights(&self) -> u64 {
        self.outputs * self.nonzero.len() as u64
    }

    /// Weights that are 0.
    #[must_use]
    pub fn zeros(&self) -> u64 {
        self.weights() - self.nonzero.iter().map(|n| u64::from(*n)).sum::<u64>()
    }

    /// Connection sparsity: zero weights over weights. NaN without weights.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        self.zeros() as f64 / self.weights() as f64
    }
}

/// The synapses of every coded input of a model, as INT8 after quantisation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connections {
    pub(super) fans: BTreeMap<(u16, Projection), Fan>,
    /// Keys that a query of each softmax layer sees at most.
    keys: BTreeMap<u16, u64>,
}

impl Connections {
    /// Of the given layers of a checkpoint. Where `window_holds_one_more`, a window of w holds w + 1 keys (the convention of
    /// the release).
    ///
    /// # Errors
    /// [`CheckpointError`] where a tensor holds what it must not.
    pub fn load(
        checkpoint: &Checkpoint,
        layers: impl IntoIterator<Item = u16>,
        window_holds_one_more: bool,
    ) -> Result<Self, CheckpointError> {
        let mut connections = Self::default();
        let config = checkpoint.config();
        for layer in layers {
            let Some(attention) = config.layers.get(usize::from(layer)).copied() else { continue };
            let gate = (attention == Attention::Gla).then_some(Linear::Gate);
            let attn: Vec<Linear> =
                [Linear::Query, Linear::Key, Linear::Value].into_iter().chain(gate).collect();
            for (projection, linears) in [
                (Projection::AttnIn, attn.as_slice()),
                (Projection::OIn, &[Linear::Output]),
                (Projection::MlpIn, &[Linear::MlpGate, Linear::MlpUp]),
                (Projection::DownIn, &[Linear::MlpDown]),
            ] {
                let mut fan = Fan::default();
                for linear in linears {
                    fan.add(&checkpoint.quantised(usize::from(layer), *linear)?);
                }
                connections.fans.insert((layer, projection), fan);
            }
            let window = config.window as u64;
            match attention {
                Attention::Gla => {}
                Attention::Full | Attention::ParallelFull => _ = connections.keys.insert(layer, u64::MAX),
                Attention::Window | Attention::ParallelWindow => {
                    let keys = window.saturating_add(u64::from(window_holds_one_more));
                    connections.keys.insert(layer, keys);
                }
            }
        }
        Ok(connections)
    }

    /// The synapses of a coded input; none for queries, whose spikes meet cached keys.
    #[must_use]
    pub fn fan(&self, layer: u16, projection: Projection) -> Option<&Fan> {
        self.fans.get(&(layer, projection))
    }

    /// Keys that the query of a token sees; `None` where the layer has no softmax attention.
    #[must_use]
    pub fn keys(&self, layer: u16, token: u32) -> Option<u64> {
        self.keys.get(&layer).map(|most| (u64::from(token) + 1).min(*most))
    }

    /// Every coded input with its synapses.
    pub fn iter(&self) -> impl Iterator<Item = (u16, Projection, &Fan)> {
        self.fans.iter().map(|((layer, projection), fan)| (*layer, *projection, fan))
    }
}

/// Bytes of one type of number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footprint {
    /// Type: `F32`, `BF16`, `I8`.
    pub dtype: String,
    /// Numbers.
    pub numbers: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Parameters and buffers of a checkpoint as stored, by type of number.
#[must_use]
pub fn footprint(checkpoint: &Checkpoint) -> Vec<Footprint> {
    let of = |(dtype, (numbers, bytes))| Footprint { dtype, numbers, bytes };
    checkpoint.sizes().into_iter().map(of).collect()
}
