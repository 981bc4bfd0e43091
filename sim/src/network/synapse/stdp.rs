//! Spike-timing-dependent plasticity of pairs of spikes: a synapse grows when its target fires soon after its source, and shrinks
//! when it fires before.
//!
//! ```text
//! source fires (spike at the synapse):    w <- w - w_max lambda alpha (w / w_max)^mu_minus   K_minus       not below 0
//!                                         the synapse carries w;   K_plus <- K_plus + 1
//! target fires (known at the synapse):    w <- w + w_max lambda      (1 - w / w_max)^mu_plus K_plus        not above w_max
//!                                         K_minus <- K_minus + 1
//! between spikes:                         K_plus, K_minus decay with tau_plus, tau_minus
//! ```
//!
//! Rule: Guetig, Aharonov, Rotter & Sompolinsky 2003, J Neurosci 23, 3697; mu = 0 is additive (Song, Miller & Abbott 2000, Nat
//! Neurosci 3, 919), mu = 1 multiplicative. All pairs of spikes count. The whole delay d is dendritic, as in NEST's `stdp_synapse`: a
//! spike of the source meets the synapse at once, one of the target d later; two that meet there in one step do nothing to each other
//! (Morrison, Diesmann & Gerstner 2008, Biol Cybern 98, 459).
//!
//! NEST keeps the spikes of a target until each of its sources has fired; here a spike of the target changes its synapses as soon as
//! it is known there, which gives the same weights at spikes of the source and needs no more memory for silent sources. A synapse
//! takes 16 bytes beside its row, for the weight and the way back from the target; a source 16; a target about 100.

use super::Reach;
use super::columns::Columns;
use super::decay::Decay;
use super::trace::{Trace, Traces};
use crate::network::connect::{Rows, Weights};
use crate::network::error::{KeyError, finite, not_negative, positive, require};
use crate::network::scheduler::ring::Ring;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Parameters; those left out are NEST's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Stdp {
    /// Time constant in ms of potentiation, that is of the trace of the source.
    pub tau_plus_ms: f64,
    /// Time constant in ms of depression, that is of the trace of the target.
    pub tau_minus_ms: f64,
    /// Size of a step of the weight, as a share of `w_max`.
    pub lambda: f64,
    /// Depression by potentiation.
    pub alpha: f64,
    /// How potentiation depends on the weight: 0 not at all, 1 in proportion to what is missing to `w_max`.
    pub mu_plus: f64,
    /// How depression depends on the weight: 0 not at all, 1 in proportion to it.
    pub mu_minus: f64,
    /// The largest weight, in the unit and with the sign of the projection's weight. The least one is 0.
    pub w_max: f64,
}

impl Default for Stdp {
    fn default() -> Self {
        Self {
            tau_plus_ms: 20.0,
            tau_minus_ms: 20.0,
            lambda: 0.01,
            alpha: 1.0,
            mu_plus: 1.0,
            mu_minus: 1.0,
            w_max: 100.0,
        }
    }
}

impl Stdp {
    pub(super) fn check(&self) -> Result<(), KeyError> {
        positive("tau_plus_ms", self.tau_plus_ms)?;
        positive("tau_minus_ms", self.tau_minus_ms)?;
        not_negative("lambda", self.lambda)?;
        not_negative("alpha", self.alpha)?;
        not_negative("mu_plus", self.mu_plus)?;
        not_negative("mu_minus", self.mu_minus)?;
        finite("w_max", self.w_max)?;
        require(self.w_max != 0.0, "w_max", self.w_max, "give the largest weight, which is not 0")
    }
}

/// A number to the power of mu.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Power {
    Zero,
    One,
    Other(f64),
}

impl Power {
    fn new(mu: f64) -> Self {
        match mu {
            0.0 => Self::Zero,
            1.0 => Self::One,
            _ => Self::Other(mu),
        }
    }

    #[inline]
    fn of(self, x: f64) -> f64 {
        match self {
            Self::Zero => 1.0,
            Self::One => x,
            Self::Other(mu) => x.powf(mu),
        }
    }
}

/// How weights change.
#[derive(Debug, Clone, PartialEq)]
struct Change {
    lambda: f64,
    alpha: f64,
    plus: Power,
    minus: Power,
    w_max: f64,
}

impl Change {
    /// The weight after a spike of the target that meets this trace of the source.
    #[inline]
    fn potentiated(&self, weight: f64, trace: f64) -> f64 {
        let share = weight / self.w_max;
        let share = share + self.lambda * self.plus.of(1.0 - share) * trace;
        if share < 1.0 { share * self.w_max } else { self.w_max }
    }

    /// The weight after a spike of the source that meets this trace of the target.
    #[inline]
    fn depressed(&self, weight: f64, trace: f64) -> f64 {
        let share = weight / self.w_max;
        let share = share - self.alpha * self.lambda * self.minus.of(share) * trace;
        if share > 0.0 { share * self.w_max } else { 0.0 }
    }
}

/// The weight that a synapse starts at, if it is one.
fn start(weight: f64, w_max: f64) -> Result<f64, KeyError> {
    let share = weight / w_max;
    // Drawn weights are rounded to single precision, some above the largest one.
    if (0.0..=1.0 + f64::from(f32::EPSILON)).contains(&share) {
        return Ok(if share > 1.0 { w_max } else { weight });
    }
    let problem = format!("{w_max}; a synapse starts at {weight}, give weights from 0 to w_max");
    Err(KeyError::new("w_max", problem))
}

/// What a run changes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    /// By place in the rows.
    pub(super) weights: Vec<f64>,
    pub(super) sources: Vec<Trace>,
    pub(super) targets: Traces,
    /// By step modulo their number: spikes of targets that become known to synapses then.
    due: Vec<Vec<Due>>,
}

/// A spike of a target that becomes known to its synapses from number `from` of the columns on, up to `end`; to those of a longer
/// delay later.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Due {
    from: u32,
    end: u32,
}

/// The synapses of a projection onto a partition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Synapses {
    change: Change,
    decay_plus: Decay,
    decay_minus: Decay,
    pub(super) columns: Columns,
    pub(super) state: State,
    /// The most synapses that one target has, in whichever partition.
    pub(super) largest_indegree: usize,
}

impl Synapses {
    /// Weights move from `rows` to the state.
    pub(super) fn new(model: &Stdp, dt_ms: f64, rows: &mut Rows, reach: Reach) -> Result<Self, KeyError> {
        let weights = (0..rows.targets.len()).map(|place| start(rows.weight(place), model.w_max));
        let weights = weights.collect::<Result<_, _>>()?;
        rows.weights = Weights::default();
        Ok(Self {
            change: Change {
                lambda: model.lambda,
                alpha: model.alpha,
                plus: Power::new(model.mu_plus),
                minus: Power::new(model.mu_minus),
                w_max: model.w_max,
            },
            decay_plus: Decay::new(model.tau_plus_ms, dt_ms),
            decay_minus: Decay::new(model.tau_minus_ms, dt_ms),
            columns: Columns::new(rows, reach.targets),
            state: State {
                weights,
                sources: vec![Trace::default(); reach.sources],
                targets: Traces::new(reach.targets, u64::from(reach.longest_delay)),
                due: vec![Vec::new(); reach.longest_delay as usize + 1],
            },
            largest_indegree: reach.largest_indegree as usize,
        })
    }

    /// Takes the spikes of `step`: of `sources`, and of `targets` by their number in the partition.
    pub(super) fn step<'a>(
        &mut self,
        ring: &mut Ring,
        rows: &Rows,
        step: u64,
        sources: impl Iterator<Item = &'a u32>,
        targets: impl Iterator<Item = u32>,
    ) {
        // In this order two spikes that meet at a synapse in one step do not see each other.
        self.potentiate(rows, step);
        sources.for_each(|source| self.send(ring, rows, step, *source));
        for target in targets.map(|target| target as usize) {
            self.state.targets.spike(target, step, &self.decay_minus);
            let Range { start, end } = self.columns.of(target);
            self.expect(rows, step, Due { from: start, end });
        }
    }

    /// Spikes of targets that become known at `step` change their synapses.
    fn potentiate(&mut self, rows: &Rows, step: u64) {
        let slot = (step % self.state.due.len() as u64) as usize;
        let mut due = std::mem::take(&mut self.state.due[slot]);
        for Due { from, end } in due.drain(..) {
            let column = self.columns.get(from..end);
            let Some(delay) = column.first().map(|first| rows.delay(first.place as usize)) else { continue };
            let mut known = 0;
            for synapse in column.iter().take_while(|synapse| rows.delay(synapse.place as usize) == delay) {
                let trace = self.state.sources[synapse.source as usize].at(step, &self.decay_plus);
                let weight = &mut self.state.weights[synapse.place as usize];
                *weight = self.change.potentiated(*weight, trace);
                known += 1;
            }
            self.expect(rows, step - u64::from(delay), Due { from: from + known, end });
        }
        self.state.due[slot] = due;
    }

    /// A spike of a target at `step`, before step `now`, is taken up once more: its trace, and what is not known yet.
    pub(super) fn take_up(&mut self, rows: &Rows, target: usize, step: u64, now: u64) {
        self.state.targets.spike(target, step, &self.decay_minus);
        let Range { start, end } = self.columns.of(target);
        let known = |place: u32| step + u64::from(rows.delay(place as usize)) < now;
        let column = self.columns.get(start..end);
        let from = start + column.partition_point(|synapse| known(synapse.place)) as u32;
        self.expect(rows, step, Due { from, end });
    }

    /// A spike of a target at `step` will become known to synapses `due`.
    fn expect(&mut self, rows: &Rows, step: u64, due: Due) {
        if let Some(first) = self.columns.get(due.from..due.end).first() {
            let known = step + u64::from(rows.delay(first.place as usize));
            let slots = self.state.due.len() as u64;
            self.state.due[(known % slots) as usize].push(due);
        }
    }

    /// Sends a spike of `source` at `step`.
    fn send(&mut self, ring: &mut Ring, rows: &Rows, step: u64, source: u32) {
        let State { weights, sources, targets, .. } = &mut self.state;
        ring.deliver_weighted(rows, step, source, |place| {
            let (target, delay) = (usize::from(rows.targets[place]), u64::from(rows.delay(place)));
            let trace = targets.before(target, step.saturating_sub(delay), &self.decay_minus);
            let weight = &mut weights[place];
            *weight = self.change.depressed(*weight, trace);
            *weight
        });
        sources[source as usize].spike(step, &self.decay_plus);
    }

    pub(super) fn bytes(&self) -> usize {
        let State { weights, sources, targets, due } = &self.state;
        let due: usize =
            due.iter().map(|due| size_of::<Vec<Due>>() + due.capacity() * size_of::<Due>()).sum();
        size_of_val(&**weights) + size_of_val(&**sources) + targets.bytes() + due + self.columns.bytes()
    }
}
