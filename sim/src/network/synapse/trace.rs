//! Traces of spikes: sums that each spike raises by 1 and that decay between spikes.

use super::decay::Decay;
use std::collections::VecDeque;

/// The trace of a neuron, right after its last spike.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Trace {
    pub(super) value: f64,
    /// Step of the last spike; before the first it does not matter.
    pub(super) step: u64,
}

impl Trace {
    /// The trace at `step`, which is not before the last spike.
    #[inline]
    pub(super) fn at(self, step: u64, decay: &Decay) -> f64 {
        self.value * decay.after(step - self.step)
    }

    /// A spike at `step`.
    pub(super) fn spike(&mut self, step: u64, decay: &Decay) {
        *self = Self { value: self.at(step, decay) + 1.0, step };
    }
}

/// Traces of many neurons that can be looked up some steps later, as they were.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Traces {
    last: Vec<Trace>,
    /// Traces after spikes before the last one, as far as a look-up can reach back.
    earlier: Vec<VecDeque<Trace>>,
    /// Look-ups reach back by this many steps at most.
    pub(super) reach: u64,
}

impl Traces {
    pub(super) fn new(neurons: usize, reach: u64) -> Self {
        Self { last: vec![Trace::default(); neurons], earlier: vec![VecDeque::new(); neurons], reach }
    }

    /// A spike at `step`; look-ups for later steps than this follow.
    pub(super) fn spike(&mut self, neuron: usize, step: u64, decay: &Decay) {
        let earlier = &mut self.earlier[neuron];
        // One that is out of reach is kept, for what it leaves to those within.
        while earlier.get(1).is_some_and(|trace| trace.step + self.reach <= step) {
            earlier.pop_front();
        }
        earlier.push_back(self.last[neuron]);
        self.last[neuron].spike(step, decay);
    }

    /// The trace that spikes before `step` have left at `step`.
    #[inline]
    pub(super) fn before(&self, neuron: usize, step: u64, decay: &Decay) -> f64 {
        let last = self.last[neuron];
        if last.step < step {
            return last.at(step, decay);
        }
        let earlier = self.earlier[neuron].iter().rev().find(|trace| trace.step < step);
        earlier.map_or(0.0, |trace| trace.at(step, decay))
    }

    /// The trace that look-ups from step `now` on start from, after the last spike that is out of their reach.
    pub(super) fn base(&self, neuron: usize, now: u64) -> Trace {
        let out_of_reach = |trace: &Trace| trace.step + self.reach < now;
        self.all(neuron).rev().find(out_of_reach).unwrap_or_default()
    }

    /// Steps of the spikes within the reach of look-ups from step `now` on.
    pub(super) fn recent(&self, neuron: usize, now: u64) -> impl Iterator<Item = u64> {
        // Only the trace before the first spike is 0.
        self.all(neuron)
            .filter(move |trace| trace.value > 0.0 && trace.step + self.reach >= now)
            .map(|t| t.step)
    }

    /// Forgets all spikes of a neuron, for a trace to start from.
    pub(super) fn start_from(&mut self, neuron: usize, base: Trace) {
        self.last[neuron] = base;
        self.earlier[neuron].clear();
    }

    /// The last trace of a neuron.
    pub(super) fn last(&self, neuron: usize) -> Trace {
        self.last[neuron]
    }

    fn all(&self, neuron: usize) -> impl DoubleEndedIterator<Item = Trace> {
        self.earlier[neuron].iter().chain(std::iter::once(&self.last[neuron])).copied()
    }

    pub(super) fn bytes(&self) -> usize {
        let earlier: usize = self.earlier.iter().map(|traces| traces.capacity() * size_of::<Trace>()).sum();
        size_of_val(&*self.last) + size_of_val(&*self.earlier) + earlier
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_trace_in_reach_is_the_sum_over_the_spikes_before_it(
            gaps in proptest::collection::vec(1u64..30, 1..60), reach in 1u64..80,
        ) {
            let decay = Decay::new(2.0, 0.1);
            let mut traces = Traces::new(2, reach);
            let mut spikes: Vec<u64> = Vec::new();
            for gap in gaps {
                let now = spikes.last().map_or(10, |last| last + gap);
                for later in 1..=gap.min(5) {
                    // All steps that a synapse may ask for just before the next spike.
                    let at = now + later - gap.min(5);
                    for step in at.saturating_sub(reach)..=at.saturating_sub(1) {
                        let sum: f64 =
                            spikes.iter().filter(|s| **s < step).map(|s| (-((step - s) as f64) / 20.0).exp()).sum();
                        let found = traces.before(1, step, &decay);
                        prop_assert!((found - sum).abs() < 1e-12, "{} {} {}", step, found, sum);
                    }
                }
                traces.spike(1, now, &decay);
                spikes.push(now);
                prop_assert!(traces.earlier[1].len() as u64 <= reach + 2);
            }
            prop_assert_eq!(traces.before(0, 1000, &decay), 0.0);
        }
    }
}
