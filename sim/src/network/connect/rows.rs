//! The synapses of a projection onto one partition of its targets.

use super::CheckedProjection;
use super::checked::LONGEST_DRAWN;
use super::rules::Synapse;
use crate::network::error::KeyError;
use crate::network::random::{Key, Stream, Use};
use std::ops::Range;

/// Neurons that a partition of a population has at most: targets take two bytes.
pub(crate) const LARGEST_PART: u32 = 1 << 16;

/// Synapses, source by source: those of a source lie at `first[source]..first[source + 1]`, in order of delay, then target.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Rows {
    pub(crate) first: Vec<u32>,
    /// Index of each target in its partition.
    pub(crate) targets: Vec<u16>,
    pub(crate) weights: Weights,
    pub(crate) delays: Delays,
}

/// Weights of synapses.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Weights {
    /// The same for all.
    Constant(f64),
    /// One each.
    Drawn(Vec<f32>),
}

impl Default for Weights {
    fn default() -> Self {
        Self::Constant(0.0)
    }
}

/// Delays of synapses in steps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Delays {
    /// The same for all.
    Constant(u32),
    /// One each.
    Drawn(Vec<u8>),
}

impl Default for Delays {
    fn default() -> Self {
        Self::Constant(1)
    }
}

impl Rows {
    /// Builds the synapses of projection number `number` onto `part` of its targets. Synapses are gone through twice: to
    /// count those of each source, and to put them into their place.
    pub(crate) fn build(
        projection: &CheckedProjection,
        number: u32,
        seed: u64,
        part: Range<u32>,
    ) -> Result<Self, KeyError> {
        let key = |what| Key::new(seed, what, number);
        let (ends, connections) = (projection.ends, key(Use::Connections));
        let sources = ends.sizes[0] as usize;
        let mut next = vec![0u64; sources + 1];
        projection.pattern.for_each(ends, connections, part.clone(), &mut |synapse| {
            if part.contains(&synapse.target) {
                next[synapse.source as usize + 1] += 1;
            }
        });
        for source in 0..sources {
            next[source + 1] += next[source];
        }
        let total = next.last().copied().unwrap_or(0);
        if u32::try_from(total).is_err() {
            let problem =
                format!("{total} synapses on one partition; use more threads, or split the projection");
            return Err(KeyError::new("rule", problem));
        }
        let first: Vec<u32> = next.iter().map(|first| *first as u32).collect();
        let total = total as usize;
        let (weight, constant) = (projection.constant_weight(), projection.constant_delay());
        let drawn = if weight.is_none() { total } else { 0 };
        let (mut targets, mut weights) = (vec![0u16; total], vec![0f32; drawn]);
        let mut delays = vec![0u8; if constant.is_none() { total } else { 0 }];
        let (weight_key, delay_key) = (key(Use::Weights), key(Use::Delays));
        let mut drawer = Drawer { element: None, weight: weight_key.stream(0), delay: delay_key.stream(0) };
        let mut out_of_range = None;
        let mut place = |drafts: &mut Vec<Draft>| {
            drafts.sort_by_key(|draft| draft.source);
            for draft in drafts.drain(..) {
                let next = &mut next[draft.source as usize];
                let place = *next as usize;
                *next += 1;
                targets[place] = draft.target;
                weights.get_mut(place).into_iter().for_each(|weight| *weight = draft.weight);
                delays.get_mut(place).into_iter().for_each(|delay| *delay = draft.delay);
            }
        };
        let mut drafts = Vec::with_capacity(DRAFTS);
        projection.pattern.for_each(ends, connections, part.clone(), &mut |synapse: Synapse| {
            if drawer.element != Some(synapse.element) {
                let (weight, delay) = (weight_key.stream(synapse.element), delay_key.stream(synapse.element));
                drawer = Drawer { element: Some(synapse.element), weight, delay };
            }
            let weight = if drawn > 0 { projection.weight.draw(&mut drawer.weight) } else { 0.0 };
            let delay = if constant.is_none() { projection.delay_steps.draw(&mut drawer.delay) } else { 1.0 };
            if !part.contains(&synapse.target) {
                return;
            }
            let travelled = projection.travel.as_ref().map_or(0.0, |travel| {
                travel.steps_per_um * travel.geometry.distance_um(synapse.source, synapse.target)
            });
            let (weight, delay) = (weight * synapse.weight, delay * synapse.delay + travelled);
            let steps = delay.round().max(1.0);
            if steps > f64::from(LONGEST_DRAWN) {
                out_of_range = Some(steps);
            }
            let target = (synapse.target - part.start) as u16;
            drafts.push(Draft { source: synapse.source, target, delay: steps as u8, weight: weight as f32 });
            if drafts.len() == DRAFTS {
                place(&mut drafts);
            }
        });
        place(&mut drafts);
        if let Some(steps) = out_of_range {
            let problem =
                format!("a delay of {steps} steps; where delays differ, {LONGEST_DRAWN} steps are the most");
            return Err(KeyError::new("delay_ms", problem));
        }
        let mut rows = Self {
            first,
            targets,
            weights: weight.map_or(Weights::Drawn(weights), Weights::Constant),
            delays: constant.map_or(Delays::Drawn(delays), |steps| Delays::Constant(steps.round() as u32)),
        };
        rows.sort();
        Ok(rows)
    }

    /// Puts the synapses of each source in order of delay, then target; equal ones keep their order. Most rules give them in order
    /// of the target, and delays take few values, so that counting sorts them.
    fn sort(&mut self) {
        let (least, longest) = self.delay_range().unwrap_or_default();
        let mut row = Vec::new();
        let mut next = vec![0u32; (longest - least) as usize + 2];
        for ends in self.first.windows(2) {
            let range = ends[0] as usize..ends[1] as usize;
            let sorted = self.targets[range.clone()].is_sorted();
            if sorted && least == longest {
                continue;
            }
            row.clear();
            row.extend(range.clone().map(|i| {
                let delay = if let Delays::Drawn(delays) = &self.delays { delays[i] } else { 0 };
                let weight = if let Weights::Drawn(weights) = &self.weights { weights[i] } else { 0.0 };
                (delay, self.targets[i], weight)
            }));
            if !sorted {
                row.sort_by_key(|(_, target, _)| *target);
            }
            next.fill(0);
            let of = |delay: u8| u32::from(delay).saturating_sub(least) as usize;
            row.iter().for_each(|(delay, ..)| next[of(*delay) + 1] += 1);
            (1..next.len()).for_each(|delay| next[delay] += next[delay - 1]);
            for (delay, target, weight) in &row {
                let place = range.start + next[of(*delay)] as usize;
                next[of(*delay)] += 1;
                self.targets[place] = *target;
                if let Delays::Drawn(delays) = &mut self.delays {
                    delays[place] = *delay;
                }
                if let Weights::Drawn(weights) = &mut self.weights {
                    weights[place] = *weight;
                }
            }
        }
    }

    /// Least and largest delay in steps; `None` without synapses.
    pub(crate) fn delay_range(&self) -> Option<(u32, u32)> {
        if self.targets.is_empty() {
            return None;
        }
        match &self.delays {
            Delays::Constant(steps) => Some((*steps, *steps)),
            Delays::Drawn(steps) => Some((u32::from(*steps.iter().min()?), u32::from(*steps.iter().max()?))),
        }
    }

    /// The largest number of synapses of one target, of `targets` in the partition.
    pub(crate) fn largest_indegree(&self, targets: usize) -> u32 {
        let mut counts = vec![0u32; targets];
        self.targets.iter().for_each(|target| counts[usize::from(*target)] += 1);
        counts.into_iter().max().unwrap_or(0)
    }

    /// Bytes that the synapses take.
    pub(crate) fn bytes(&self) -> usize {
        let weights = if let Weights::Drawn(weights) = &self.weights { 4 * weights.len() } else { 0 };
        let delays = if let Delays::Drawn(delays) = &self.delays { delays.len() } else { 0 };
        4 * self.first.len() + 2 * self.targets.len() + weights + delays
    }

    /// The weight of a synapse.
    pub(crate) fn weight(&self, place: usize) -> f64 {
        match &self.weights {
            Weights::Constant(weight) => *weight,
            Weights::Drawn(weights) => f64::from(weights[place]),
        }
    }

    /// The delay of a synapse in steps.
    pub(crate) fn delay(&self, place: usize) -> u32 {
        match &self.delays {
            Delays::Constant(steps) => *steps,
            Delays::Drawn(steps) => u32::from(steps[place]),
        }
    }

    /// The range of the synapses of a source.
    pub(crate) fn row(&self, source: u32) -> Range<usize> {
        let source = source as usize;
        match (self.first.get(source), self.first.get(source + 1)) {
            (Some(&first), Some(&last)) => first as usize..last as usize,
            _ => 0..0,
        }
    }
}

/// Synapses that are put into their rows together: as many as the caches hold, so that each row is visited for several.
const DRAFTS: usize = 1 << 16;

/// A synapse on the way to its row.
struct Draft {
    source: u32,
    target: u16,
    delay: u8,
    weight: f32,
}

/// The streams that draw for one element.
struct Drawer {
    element: Option<u64>,
    weight: Stream,
    delay: Stream,
}
