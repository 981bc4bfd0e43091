//! Dense opponents of the spikes, on the same process, memory rules and digital periphery.
//!
//! | opponent | multiply-adds | weights |
//! |---|---|---|
//! | fp16 | FP16 | 16 bits, all |
//! | int8 | INT8 product, INT32 sum | 8 bits, all |
//! | int8-skip | of channels with s != 0, a count above 127 as two INT8 words | 8 bits, by the blocks of these channels, once a token |
//! | quantised | activations of b = ceil(log2(T + 1)) bits and sign, T the largest \|s\| of the vector | 8 bits, all |
//!
//! `int8-skip` multiplies the very counts that the spikes carry, so it has their sparsity. `quantised` is the network that Yan et
//! al. (arXiv 2409.08290) call the fair opponent of T unit steps. Dense products keep their sums in registers; skipping
//! in an input-major layout sweeps accumulators in memory, as the spikes do. Inputs are scaled by their largest |x| and rounded.
//! A device that is not event-driven prices a multiply-add as its synaptic event.

use super::blocks::Fetch;
use super::counting::EnergyCounts;
use super::periphery::{self, Widths};
use super::profile::{HardwareProfile, Quantity};
use super::report_bound::{FP16_MAC_PJ, INT8_MAC_PJ};
use super::spiking::ProjectionWork;
use super::work::{Component, Operation, Work};
use serde::Serialize;
use synfire_datasets::spikes::Projection;

/// A dense way to compute the same projections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Opponent {
    /// FP16 multiply-adds.
    #[default]
    Fp16,
    /// INT8 multiply-adds.
    Int8,
    /// INT8 multiply-adds of channels that are not zero.
    Int8Skip,
    /// As many bits as the largest count needs.
    Quantised,
}

/// The name is not an opponent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown baseline '{0}'; choose fp16, int8, int8-skip or quantised")]
pub struct UnknownOpponent(pub String);

impl Opponent {
    /// Every opponent.
    pub const ALL: [Self; 4] = [Self::Fp16, Self::Int8, Self::Int8Skip, Self::Quantised];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fp16 => "fp16",
            Self::Int8 => "int8",
            Self::Int8Skip => "int8-skip",
            Self::Quantised => "quantised",
        }
    }

    /// Energy of one multiply-add in the report's bound, in pJ.
    #[must_use]
    pub fn bound_mac_pj(self) -> f64 {
        if self == Self::Fp16 { FP16_MAC_PJ } else { INT8_MAC_PJ }
    }

    /// Whether `profile` prices its multiply-adds.
    #[must_use]
    pub fn is_priced_by(self, profile: &HardwareProfile) -> bool {
        let prices = |quantity| profile.index(quantity).is_some();
        match self {
            _ if !profile.event_driven => prices(Quantity::SynapticEvent),
            Self::Fp16 => prices(Quantity::Fp16Multiply) && prices(Quantity::Fp16Add),
            _ => prices(Quantity::Int8Multiply) && prices(Quantity::Int32Add),
        }
    }
}

impl std::fmt::Display for Opponent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Opponent {
    type Err = UnknownOpponent;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|o| o.name() == name).ok_or_else(|| UnknownOpponent(name.to_owned()))
    }
}

/// The operations of `opponent` for the tokens and shapes of `counts`.
#[must_use]
pub fn opponent_work(
    counts: &EnergyCounts,
    opponent: Opponent,
    profile: &HardwareProfile,
    fetch: Fetch,
) -> Work {
    let mut work = Work::default();
    let kept = fetch.kept();
    let (word_bits, bytes) = if opponent == Opponent::Fp16 { (16, 2) } else { (8, 1) };
    let fetched = |row: &super::VectorCounts| match opponent {
        Opponent::Int8Skip => row.fetched_bits(kept),
        _ => row.dense_bits(kept) * bytes,
    };
    for ((layer, projection), row) in counts.rows() {
        let mut part = ProjectionWork { work: &mut work, layer, projection, row };
        part.add(Component::Leakage, Operation::Time, row.macs);
        if !profile.event_driven && profile.index(Quantity::SynapticEvent).is_some() {
            part.simple(Component::SynapticEvents, Quantity::SynapticEvent, row.macs);
            part.simple(Component::Firing, Quantity::NeuronUpdate, row.channels.into());
        } else {
            part.multiply_adds(opponent);
            part.weights(fetched(row), bytes as u64);
            if opponent == Opponent::Int8Skip {
                part.accumulators(row.active_macs, fetch.layout);
            }
        }
        if opponent == Opponent::Fp16 {
            if projection != Projection::Query {
                part.simple(Component::Rescale, Quantity::Fp16Add, row.outputs.into());
            }
            part.activations(1);
        } else {
            if profile.event_driven {
                part.quantise(1);
            }
            part.rescale();
            part.activations(2);
        }
    }
    let quantised_cache = opponent != Opponent::Fp16;
    let widths = Widths { projection_bits: word_bits, cache_bits: word_bits.into(), quantised_cache };
    periphery::add(&mut work, counts, profile, widths, fetched);
    work
}

impl ProjectionWork<'_> {
    fn multiply_adds(&mut self, opponent: Opponent) {
        let row = self.row;
        let component = Component::Arithmetic;
        match opponent {
            Opponent::Fp16 => {
                self.simple(component, Quantity::Fp16Multiply, row.macs);
                self.simple(component, Quantity::Fp16Add, row.macs);
            }
            Opponent::Int8 => {
                self.simple(component, Quantity::Int8Multiply, row.macs);
                self.simple(component, Quantity::Int32Add, row.macs);
            }
            Opponent::Int8Skip => {
                self.simple(component, Quantity::Int8Multiply, row.active_macs);
                self.simple(component, Quantity::Int32Add, row.active_macs);
            }
            Opponent::Quantised => {
                self.add(component, Operation::MultiplyBits, row.quantised_mac_bits);
                self.simple(component, Quantity::Int32Add, row.macs);
            }
        }
    }
}
