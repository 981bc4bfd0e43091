//! Load and spikes of the routed experts of a mixture, from the activity of a run.
//!
//! Where a token was sent is told by its `expert_down_in` vectors, one an expert. With N experts, c_i tokens sent to expert i
//! of a layer and p_i = c_i / sum c:
//!
//! ```text
//! entropy = -sum p_i log2 p_i  [bits],  log2 N where all are used alike       imbalance = max c / mean c, 1 at the least
//! two-scale sparsity = 1 - (experts active / N) (1 - silent share of their inner neurons)
//! ```
//!
//! The last is the share of (expert, neuron) cells of a token that do not fire: those of experts that are not chosen, and the
//! silent ones of those that are.

use crate::table::{Table, Values};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use synfire_datasets::record::{Architecture, RecordError, RunReader};
use synfire_datasets::spikes::{Activity, Projection};

/// What [`LayerLoad::two_scale_sparsity`] means; it belongs beside the number.
pub const TWO_SCALE_DEFINITION: &str = "share of (expert, inner neuron) cells of a token that do not fire: 1 - (active experts / all experts) x (1 - silent share of the inner neurons of active experts); the shared expert is left out";

/// What one expert of a layer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Expert {
    /// Tokens sent to it.
    pub tokens: u64,
    /// Spikes of its inner neurons.
    pub spikes: u64,
    /// Channel samples of its inner neurons.
    pub channels: u64,
    /// Those that are silent.
    pub silent: u64,
    /// Spikes that it was sent, at the input that it shares.
    pub input_spikes: u64,
    /// Channel samples of that input.
    pub input_channels: u64,
}

/// Load and spikes by layer and expert.
#[derive(Debug, Clone)]
pub struct Experts {
    experts: usize,
    dense_layers: Vec<u16>,
    layers: BTreeMap<u16, LayerLoad>,
    /// Spikes and channels of the shared input of tokens whose experts have not been heard of, of one layer.
    inputs: HashMap<u32, (u64, u64)>,
    inputs_of: Option<u16>,
    matched: bool,
}

/// The experts of one layer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LayerLoad {
    /// Tokens seen.
    pub tokens: u64,
    /// Expert by expert.
    pub experts: Vec<Expert>,
}

impl Experts {
    /// For a run of a model of this shape; `None` if it has no mixture of experts.
    #[must_use]
    pub fn of(architecture: &Architecture) -> Option<Self> {
        const MOST_EXPERTS: u64 = 1 << 16;
        let mixture = architecture.mixture.as_ref().filter(|m| (1..=MOST_EXPERTS).contains(&m.experts))?;
        Some(Self {
            experts: mixture.experts as usize,
            dense_layers: mixture.dense_layers.clone(),
            layers: BTreeMap::new(),
            inputs: HashMap::new(),
            inputs_of: None,
            matched: false,
        })
    }

    /// Of a recorded run; `None` if its model has no mixture of experts.
    ///
    /// # Errors
    /// [`RecordError`] where the record is damaged.
    pub fn read(reader: &RunReader) -> Result<Option<Self>, RecordError> {
        let Some(mut experts) = reader.manifest().architecture.as_ref().and_then(Self::of) else {
            return Ok(None);
        };
        for rows in reader.activity()? {
            rows?.iter().for_each(|row| experts.observe(row));
        }
        Ok(Some(experts))
    }

    /// Adds one coded vector, in the order recorded. Memory grows with the tokens of a piece of text, not with the run.
    pub fn observe(&mut self, activity: &Activity) {
        let layer = activity.layer;
        match activity.projection {
            Projection::MlpIn if !self.dense_layers.contains(&layer) => {
                if self.matched || self.inputs_of != Some(layer) {
                    self.inputs.clear();
                    (self.matched, self.inputs_of) = (false, Some(layer));
                }
                self.inputs.insert(activity.token, (activity.spikes, activity.neurons.into()));
                self.layer(layer).tokens += 1;
            }
            Projection::ExpertDownIn => {
                self.matched = true;
                let of_input =
                    self.inputs.get(&activity.token).copied().filter(|_| self.inputs_of == Some(layer));
                let Some(expert) = self.layer(layer).experts.get_mut(usize::from(activity.head)) else {
                    return;
                };
                expert.tokens += 1;
                expert.spikes += activity.spikes;
                expert.channels += u64::from(activity.neurons);
                expert.silent += u64::from(activity.silent);
                let (spikes, channels) = of_input.unwrap_or_default();
                expert.input_spikes += spikes;
                expert.input_channels += channels;
            }
            _ => {}
        }
    }

    fn layer(&mut self, layer: u16) -> &mut LayerLoad {
        let new = || LayerLoad { tokens: 0, experts: vec![Expert::default(); self.experts] };
        self.layers.entry(layer).or_insert_with(new)
    }

    /// The layers in which tokens were sent to experts.
    pub fn layers(&self) -> impl Iterator<Item = (u16, &LayerLoad)> {
        let used = |(_, load): &(&u16, &LayerLoad)| load.experts.iter().any(|expert| expert.tokens > 0);
        self.layers.iter().filter(used).map(|(layer, load)| (*layer, load))
    }

    /// All layers as one, expert by expert of the same number.
    #[must_use]
    pub fn pooled(&self) -> LayerLoad {
        let mut all = LayerLoad { tokens: 0, experts: vec![Expert::default(); self.experts] };
        for (_, load) in self.layers() {
            all.tokens += load.tokens;
            for (mine, theirs) in all.experts.iter_mut().zip(&load.experts) {
                mine.tokens += theirs.tokens;
                mine.spikes += theirs.spikes;
                mine.channels += theirs.channels;
                mine.silent += theirs.silent;
                mine.input_spikes += theirs.input_spikes;
                mine.input_channels += theirs.input_channels;
            }
        }
        all
    }

    /// One row a layer: how evenly its experts are used, and how sparse it is.
    #[must_use]
    pub fn load_table(&self) -> Table {
        let loads: Vec<(u16, &LayerLoad)> = self.layers().collect();
        let real = |of: fn(&LayerLoad) -> f64| Values::Real(loads.iter().map(|(_, load)| of(load)).collect());
        let integer = |of: fn(&LayerLoad) -> u64| {
            Values::Integer(loads.iter().map(|(_, load)| of(load) as i64).collect())
        };
        let layers = Values::Integer(loads.iter().map(|(layer, _)| i64::from(*layer)).collect());
        Table::new("expert_load", "Use of experts")
            .key("layer", "layer", layers)
            .column("tokens", "tokens", "", "tokens that the layer read", integer(|l| l.tokens))
            .column("experts", "experts", "", "routed experts N", integer(|l| l.experts.len() as u64))
            .column("used", "used", "", "experts that a token was sent to", integer(|l| l.used() as u64))
            .column("entropy_bits", "entropy", "bits", "of the shares p of tokens sent to each expert, -sum p log2 p; log2 N where all are used alike", real(LayerLoad::entropy_bits))
            .column("imbalance", "imbalance", "", "tokens of the most used expert over the mean of all", real(LayerLoad::imbalance))
            .column("inner_silent", "inner silent", "%", "channel samples of the inner neurons of active experts that are silent", real(LayerLoad::silent_share))
            .column("two_scale_sparsity", "two-scale", "%", TWO_SCALE_DEFINITION, real(LayerLoad::two_scale_sparsity))
    }

    /// One row a layer and expert: tokens and spikes.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut rows: Vec<(u16, usize, f64, Expert)> = Vec::new();
        for (layer, load) in self.layers() {
            let sent = load.sent() as f64;
            let row = |(e, expert): (usize, &Expert)| (layer, e, expert.tokens as f64 / sent, *expert);
            rows.extend(load.experts.iter().enumerate().map(row));
        }
        let integer =
            |of: fn(&Expert) -> u64| Values::Integer(rows.iter().map(|row| of(&row.3) as i64).collect());
        let share = |of: fn(&Expert) -> (u64, u64)| {
            let quotient = |(a, b): (u64, u64)| a as f64 / b as f64;
            Values::Real(rows.iter().map(|row| quotient(of(&row.3))).collect())
        };
        Table::new("experts", "Experts")
            .key("layer", "layer", Values::Integer(rows.iter().map(|row| i64::from(row.0)).collect()))
            .key("expert", "expert", Values::Integer(rows.iter().map(|row| row.1 as i64).collect()))
            .column("tokens", "tokens", "", "tokens sent to the expert", integer(|e| e.tokens))
            .column(
                "load",
                "load",
                "%",
                "of the tokens sent to any expert of the layer",
                Values::Real(rows.iter().map(|row| row.2).collect()),
            )
            .column("spikes", "spikes", "", "spikes of its inner neurons", integer(|e| e.spikes))
            .column(
                "spikes_per_channel",
                "spikes/ch.",
                "",
                "the same over channel samples",
                share(|e| (e.spikes, e.channels)),
            )
            .column(
                "silent_share",
                "silent",
                "%",
                "channel samples of its inner neurons that are silent",
                share(|e| (e.silent, e.channels)),
            )
            .column(
                "input_spikes_per_channel",
                "in spikes/ch.",
                "",
                "spikes a channel at the input that it shares, over the tokens sent to it",
                share(|e| (e.input_spikes, e.input_channels)),
            )
    }
}

impl LayerLoad {
    fn sent(&self) -> u64 {
        self.experts.iter().map(|expert| expert.tokens).sum()
    }

    /// Experts that a token was sent to.
    #[must_use]
    pub fn used(&self) -> usize {
        self.experts.iter().filter(|expert| expert.tokens > 0).count()
    }

    /// Entropy of the load, in bits.
    #[must_use]
    pub fn entropy_bits(&self) -> f64 {
        let sent = self.sent() as f64;
        let shares = self.experts.iter().map(|expert| expert.tokens as f64 / sent);
        shares.filter(|p| *p > 0.0).map(|p| -p * p.log2()).sum()
    }

    /// Tokens of the most used expert over the mean of all.
    #[must_use]
    pub fn imbalance(&self) -> f64 {
        let most = self.experts.iter().map(|expert| expert.tokens).max().unwrap_or(0);
        most as f64 * self.experts.len() as f64 / self.sent() as f64
    }

    /// Share of the inner channel samples of active experts that are silent.
    #[must_use]
    pub fn silent_share(&self) -> f64 {
        let channels: u64 = self.experts.iter().map(|expert| expert.channels).sum();
        self.experts.iter().map(|expert| expert.silent).sum::<u64>() as f64 / channels as f64
    }

    /// See [`TWO_SCALE_DEFINITION`].
    #[must_use]
    pub fn two_scale_sparsity(&self) -> f64 {
        let active = self.sent() as f64 / (self.tokens as f64 * self.experts.len() as f64);
        1.0 - active * (1.0 - self.silent_share())
    }
}

#[cfg(test)]
mod tests;
