//! Work: how many operations of each kind, and which part of the computation they belong to.

use super::profile::{HardwareProfile, Quantity};
use serde::Serialize;
use std::collections::BTreeMap;
use synfire_datasets::spikes::Projection;

macro_rules! components {
    ($($variant:ident $name:literal $definition:literal),* $(,)?) => {
        /// A part of the computation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Component {
            $(#[doc = $definition] $variant),*
        }

        impl Component {
            /// Every component.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Name for people.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What it holds.
            #[must_use]
            pub fn definition(self) -> &'static str {
                match self { $(Self::$variant => $definition),* }
            }
        }
    };
}

components! {
    SynapticEvents "synaptic events" "fetch of a weight and its accumulation, where the profile prices them as one",
    Arithmetic "synaptic arithmetic" "additions of weights to INT32 accumulators; multiply-adds of an opponent",
    Shifts "shifts" "shifts of weights by the weight of their step",
    WeightFetch "weight fetch" "weights, and for queries cached keys, read in blocks",
    Accumulators "accumulators" "INT32 accumulators read and written, where a channel sweeps all outputs",
    Threshold "threshold" "mean of |x| and its division by k; an opponent's largest |x|",
    Firing "firing" "x divided by the threshold and rounded, or updates of neurons; an opponent's quantisation",
    Spikes "spike generation" "a spike put out",
    Routing "routing" "spikes sent to the cores that hold their outputs",
    Control "control" "handshake and detection of an event",
    Rescale "rescaling" "accumulators to activations: group scales, threshold, bias, zero point",
    Activations "activations" "inputs read and outputs written",
    State "linear-attention state" "state [K, K] of each key-value head read and written, with its arithmetic",
    Cache "key-value cache" "keys and values written, values read for every query head",
    Attention "attention" "rotary embedding, softmax, sum of values",
    FeedForward "feed-forward" "SwiGLU; the down projection where it is not coded",
    Norms "norms" "RMS norms and residual sums",
    Head "embedding and LM head" "FP16 weights and products of the LM head, a row of the embedding",
    OffChip "off-chip weights" "weights that come from off chip, on top of their on-chip fetch",
    Leakage "leakage and idle" "static power over the time of the work",
}

impl Component {
    /// Whether it is digital periphery, the same for spikes and for an opponent up to the width of numbers.
    #[must_use]
    pub fn is_periphery(self) -> bool {
        matches!(
            self,
            Self::Rescale
                | Self::Activations
                | Self::State
                | Self::Cache
                | Self::Attention
                | Self::FeedForward
                | Self::Norms
                | Self::Head
        )
    }
}

/// What is done; how it is counted is told in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// One of the quantities of a profile (times).
    Simple(Quantity),
    /// INT8 times b bits, taken as b / 8 of an INT8 multiplication: an array multiplier grows with the product of its widths,
    /// as Horowitz's 0.2 pJ for 8 x 8 and 3.1 pJ for 32 x 32 bits show (bits b).
    MultiplyBits,
    /// On-chip read of an array of this many bytes (bits).
    Read {
        /// Size of the array, which decides the memory that it lies in.
        array_bytes: u64,
    },
    /// On-chip write (bits).
    Write {
        /// Size of the array.
        array_bytes: u64,
    },
    /// Off-chip access (bits).
    OffChip,
    /// Hops of a message between two cores drawn at random from the mesh, east or west (messages).
    HorizontalHops,
    /// The same north or south (messages).
    VerticalHops,
    /// Time of a synaptic event or multiply-add (times).
    Time,
}

impl Operation {
    /// Constant that prices it and how much of it one count takes; `None` if the profile does not.
    pub(super) fn price(self, profile: &HardwareProfile) -> Option<(usize, f64)> {
        let mean_distance = |side: u64| (side as f64 - 1.0 / side as f64) / 3.0;
        match self {
            Self::Simple(quantity) => Some((profile.index(quantity)?, 1.0)),
            Self::MultiplyBits => Some((profile.index(Quantity::Int8Multiply)?, 1.0 / 8.0)),
            Self::Read { array_bytes } => {
                let memory = profile.memory_for(array_bytes)?;
                Some((memory.read?, 1.0 / memory.access_bits as f64))
            }
            Self::Write { array_bytes } => {
                let memory = profile.memory_for(array_bytes)?;
                Some((memory.write?, 1.0 / memory.access_bits as f64))
            }
            Self::OffChip => Some((profile.index(Quantity::OffChip)?, 1.0 / profile.off_chip_bits? as f64)),
            Self::HorizontalHops => {
                Some((profile.index(Quantity::HorizontalHop)?, mean_distance(profile.mesh?[0])))
            }
            Self::VerticalHops => {
                Some((profile.index(Quantity::VerticalHop)?, mean_distance(profile.mesh?[1])))
            }
            Self::Time => {
                const PJ_PER_S_OF_A_MW: f64 = 1e9;
                Some((profile.index(Quantity::Leakage)?, PJ_PER_S_OF_A_MW / profile.synaptic_events_per_s?))
            }
        }
    }

    /// Name for people.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Simple(quantity) => quantity.meaning().to_owned(),
            Self::MultiplyBits => "INT8 multiplication by few bits".to_owned(),
            Self::Read { .. } => "on-chip read, bits".to_owned(),
            Self::Write { .. } => "on-chip write, bits".to_owned(),
            Self::OffChip => "off-chip access, bits".to_owned(),
            Self::HorizontalHops => "hops east or west, messages".to_owned(),
            Self::VerticalHops => "hops north or south, messages".to_owned(),
            Self::Time => "leakage over the time of the work, synaptic events".to_owned(),
        }
    }
}

/// Where in the model an operation belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Item {
    /// Layer; `None` for what is outside the layers.
    pub layer: Option<u16>,
    /// Coded input; `None` for periphery.
    pub projection: Option<Projection>,
    /// Part of the computation.
    pub component: Component,
    /// What is done.
    pub operation: Operation,
}

/// Operations of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    items: BTreeMap<Item, u128>,
}

impl Work {
    pub(super) fn add(
        &mut self,
        layer: Option<u16>,
        projection: Option<Projection>,
        component: Component,
        operation: Operation,
        count: u128,
    ) {
        if count > 0 {
            *self.items.entry(Item { layer, projection, component, operation }).or_default() += count;
        }
    }

    /// The operations and how often each is done, in a fixed order.
    pub fn items(&self) -> impl Iterator<Item = (Item, u128)> + '_ {
        self.items.iter().map(|(item, count)| (*item, *count))
    }
}
