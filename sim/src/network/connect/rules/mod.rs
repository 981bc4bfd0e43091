//! Who is connected with whom: each rule as the sequence of its synapses, which can be gone through more than once.

mod convolution;
mod distance;
mod listed;
mod uniform;

use crate::network::description::{Population, Projection, Rule, list};
use crate::network::error::KeyError;
use crate::network::random::Key;
use convolution::Window;
use distance::ByDistance;
use listed::Listed;
use std::ops::Range;
use uniform::Uniform;

/// A synapse before it has a weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Synapse {
    pub(super) source: u32,
    pub(super) target: u32,
    /// Whose stream draws its weight and delay; synapses of one element follow each other.
    pub(super) element: u64,
    /// What the projection's weight is taken times.
    pub(super) weight: f64,
    /// What the projection's delay is taken times.
    pub(super) delay: f64,
}

impl Synapse {
    fn plain(source: u32, target: u32, element: u64) -> Self {
        Self { source, target, element, weight: 1.0, delay: 1.0 }
    }
}

/// What is called with every synapse.
type Each<'a> = &'a mut dyn FnMut(Synapse);

/// Between whom a projection connects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ends {
    /// Neurons of the source and of the target population.
    pub(super) sizes: [u32; 2],
    /// Whether both populations are one, whose neurons may not be connected with themselves.
    pub(super) not_itself: bool,
    pub(super) allow_multapses: bool,
}

impl Ends {
    fn may(self, source: u32, target: u32) -> bool {
        !self.not_itself || source != target
    }
}

/// A rule that was checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Pattern {
    Uniform(Uniform),
    ByDistance(ByDistance),
    Convolution(Window),
    Listed(Listed),
}

impl Pattern {
    pub(super) fn new(
        rule: &Rule,
        projection: &Projection,
        source: &Population,
        target: &Population,
        ends: Ends,
    ) -> Result<Self, KeyError> {
        let below = |key: &'static str| move |error: KeyError| error.below(key);
        let pattern = match rule {
            Rule::File(path) => return Self::new(&list::read(path)?, projection, source, target, ends),
            Rule::DistanceDependent(rule) => ByDistance::new(rule, source, target)
                .map(Self::ByDistance)
                .map_err(below("distance_dependent")),
            Rule::Convolution(rule) => {
                Window::new(rule, source, target).map(Self::Convolution).map_err(below("convolution"))
            }
            Rule::Pairs(pairs) => Listed::pairs(pairs, ends.sizes).map(Self::Listed),
            Rule::Synapses(synapses) => Listed::synapses(synapses, ends.sizes).map(Self::Listed),
            Rule::AllToAll => Ok(Self::Uniform(Uniform::AllToAll)),
            Rule::OneToOne => Uniform::one_to_one(ends).map(Self::Uniform),
            Rule::FixedProbability(p) => Uniform::fixed_probability(*p).map(Self::Uniform),
            Rule::FixedIndegree(n) => Uniform::fixed_indegree(*n, ends).map(Self::Uniform),
            Rule::FixedOutdegree(n) => Uniform::fixed_outdegree(*n, ends).map(Self::Uniform),
            Rule::FixedTotal(n) => {
                Uniform::fixed_total(*n, projection.allow_autapses, ends).map(Self::Uniform)
            }
        };
        pattern.map_err(below("rule"))
    }

    /// What the weights of synapses are multiples of the projection's by, if they differ.
    pub(super) fn weights(&self) -> Option<&[f64]> {
        match self {
            Self::Uniform(_) | Self::ByDistance(_) => None,
            Self::Convolution(window) => Some(window.weights()),
            Self::Listed(listed) => listed.weights(),
        }
    }

    /// What the delays of synapses are multiples of the projection's by, if they differ.
    pub(super) fn delays(&self) -> Option<&[f64]> {
        if let Self::Listed(listed) = self { listed.delays() } else { None }
    }

    /// Goes through the synapses onto the targets of `part`, and through some onto others. Those of a source come in order of
    /// their targets, except for fixed out-degrees and lists.
    pub(super) fn for_each(&self, ends: Ends, key: Key, part: Range<u32>, each: Each<'_>) {
        match self {
            Self::Uniform(rule) => rule.for_each(ends, key, part, each),
            Self::ByDistance(rule) => {
                rule.for_each(key, part, |source, target| ends.may(source, target), each);
            }
            Self::Convolution(rule) => rule.for_each(part, each),
            Self::Listed(rule) => rule.for_each(each),
        }
    }
}
