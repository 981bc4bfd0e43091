//! What will arrive at neurons: one slot a step, reused in a ring.
//!
//! Synapses of one constant weight add up as whole numbers in two bytes a neuron: quick, small enough for the caches, and the same
//! in whatever order spikes come. Other weights are summed in double precision, in order of step, projection and source.

use super::prefetch::Prefetch;
use crate::network::connect::{Delays, LARGEST_PART, Rows, Weights};
use crate::network::neuron::Arriving;
use multiversion::multiversion;
use std::ops::Range;

/// Reach of the targets of a row: any u16 lies within, so that no index needs a check.
const REACH: usize = LARGEST_PART as usize;

/// Slots of one kind of input for the neurons of a part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ring {
    pub(crate) receptor: usize,
    slots: usize,
    /// From one slot to the next; no power of two, for the caches' sake.
    stride: usize,
    /// Last step at which something may arrive.
    until: u64,
    cells: Cells,
}

#[derive(Debug, Clone, PartialEq)]
enum Cells {
    /// Spikes of synapses of this weight.
    Counts { weight: f64, cells: Vec<u16> },
    /// Summed weights.
    Sums(Vec<f64>),
}

impl Ring {
    /// A ring of `slots` slots for `neurons` neurons; of counts if all synapses have one weight.
    pub(crate) fn new(receptor: usize, weight: Option<f64>, neurons: usize, slots: usize) -> Self {
        let stride = neurons.next_multiple_of(64) + 64;
        let length = stride * slots + REACH;
        let cells = match weight {
            Some(weight) => Cells::Counts { weight, cells: vec![0; length] },
            None => Cells::Sums(vec![0.0; length]),
        };
        Self { receptor, slots, stride, until: 0, cells }
    }

    /// Adds what arrives at `step` for the neurons from `from` on to `input`, or puts it in its place if it is `first`, and
    /// empties it.
    pub(crate) fn take(&mut self, step: u64, from: usize, first: bool, input: &mut [f64]) {
        let start = (step % self.slots as u64) as usize * self.stride + from;
        match &mut self.cells {
            Cells::Counts { weight, cells } => {
                take_counts(*weight, first, &mut cells[start..start + input.len()], input);
            }
            Cells::Sums(cells) => take_sums(first, &mut cells[start..start + input.len()], input),
        }
    }

    /// Slots of a neuron.
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    /// The cells, if they count.
    pub(crate) fn counts(&self) -> Option<&[u16]> {
        if let Cells::Counts { cells, .. } = &self.cells { Some(cells) } else { None }
    }

    /// The cells, if they are sums.
    pub(crate) fn sums(&self) -> Option<&[f64]> {
        if let Cells::Sums(cells) = &self.cells { Some(cells) } else { None }
    }

    /// The same, to be changed by one who says what to [expect](Self::expect).
    pub(crate) fn counts_mut(&mut self) -> Option<&mut [u16]> {
        if let Cells::Counts { cells, .. } = &mut self.cells { Some(cells) } else { None }
    }

    /// The same, to be changed by one who says what to [expect](Self::expect).
    pub(crate) fn sums_mut(&mut self) -> Option<&mut [f64]> {
        if let Cells::Sums(cells) = &mut self.cells { Some(cells) } else { None }
    }

    /// Where the cells of `neurons` neurons are: neuron after neuron, each slot by slot.
    pub(crate) fn places(&self, neurons: usize) -> impl Iterator<Item = usize> + use<> {
        let (slots, stride) = (self.slots, self.stride);
        (0..neurons).flat_map(move |neuron| (0..slots).map(move |slot| slot * stride + neuron))
    }

    /// Whether something may arrive at `step` or later; if not, all cells are 0.
    pub(crate) fn is_expected(&self, step: u64) -> bool {
        step <= self.until
    }

    /// Notes that spikes of `step` are delivered.
    pub(crate) fn expect(&mut self, step: u64) {
        self.until = self.until.max(step + self.slots as u64);
    }

    /// Whether it counts spikes.
    pub(crate) fn is_counting(&self) -> bool {
        matches!(self.cells, Cells::Counts { .. })
    }

    /// What arrives at `step` for `neurons` of the part, to be taken and emptied by their model.
    pub(crate) fn arriving(&mut self, step: u64, neurons: Range<usize>) -> Arriving<'_> {
        let start = (step % self.slots as u64) as usize * self.stride;
        let places = start + neurons.start..start + neurons.end;
        match &mut self.cells {
            Cells::Counts { weight, cells } => {
                Arriving::Counts { weight: *weight, cells: &mut cells[places] }
            }
            Cells::Sums(cells) => Arriving::Sums(&mut cells[places]),
        }
    }

    /// Delivers spikes of `sources` at `step` along `rows`.
    pub(crate) fn deliver(&mut self, rows: &Rows, step: u64, sources: &[u32]) {
        self.expect(step);
        let slot = |delay: u32| ((step + u64::from(delay)) % self.slots as u64) as usize * self.stride;
        match (&mut self.cells, &rows.weights, &rows.delays) {
            (Cells::Counts { cells, .. }, _, Delays::Constant(delay)) => {
                let Some(cells) = reach(cells, slot(*delay)) else { return };
                Prefetch::new(rows, sources).rows().for_each(|row| count(cells, &rows.targets[row]));
            }
            (Cells::Sums(cells), Weights::Constant(weight), Delays::Constant(delay)) => {
                let Some(cells) = reach(cells, slot(*delay)) else { return };
                for row in Prefetch::new(rows, sources).rows() {
                    for &target in &rows.targets[row] {
                        cells[usize::from(target)] += weight;
                    }
                }
            }
            (Cells::Sums(cells), Weights::Drawn(weights), Delays::Constant(delay)) => {
                let Some(cells) = reach(cells, slot(*delay)) else { return };
                for row in Prefetch::new(rows, sources).rows() {
                    for (&target, &weight) in rows.targets[row.clone()].iter().zip(&weights[row]) {
                        cells[usize::from(target)] += f64::from(weight);
                    }
                }
            }
            (cells, weights, Delays::Drawn(delays)) => {
                let mut starts = [0; 256];
                (0..).zip(&mut starts).for_each(|(delay, start)| *start = slot(delay));
                for row in Prefetch::new(rows, sources).rows() {
                    let places = rows.targets[row.clone()]
                        .iter()
                        .zip(&delays[row.clone()])
                        .map(|(target, delay)| starts[usize::from(*delay)] + usize::from(*target));
                    match (&mut *cells, weights) {
                        (Cells::Counts { cells, .. }, _) => places.for_each(|place| cells[place] += 1),
                        (Cells::Sums(cells), Weights::Constant(weight)) => {
                            places.for_each(|place| cells[place] += weight);
                        }
                        (Cells::Sums(cells), Weights::Drawn(weights)) => {
                            for (place, weight) in places.zip(&weights[row]) {
                                cells[place] += f64::from(*weight);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Delivers a spike of `source` at `step` along `rows`, with weights of its own: `weight` gives that of each synapse by its
    /// place. Only for rings of sums.
    #[inline]
    pub(crate) fn deliver_weighted(
        &mut self,
        rows: &Rows,
        step: u64,
        source: u32,
        mut weight: impl FnMut(usize) -> f64,
    ) {
        self.expect(step);
        let Cells::Sums(cells) = &mut self.cells else { return };
        let slot = |delay: u32| ((step + u64::from(delay)) % self.slots as u64) as usize * self.stride;
        match &rows.delays {
            Delays::Constant(delay) => {
                let Some(cells) = reach(cells, slot(*delay)) else { return };
                for place in rows.row(source) {
                    cells[usize::from(rows.targets[place])] += weight(place);
                }
            }
            Delays::Drawn(delays) => {
                // Synapses come in order of delay, so that most have the slot of the one before.
                let (mut last, mut start) = (0, slot(0));
                for place in rows.row(source) {
                    if delays[place] != last {
                        last = delays[place];
                        start = slot(u32::from(last));
                    }
                    cells[start + usize::from(rows.targets[place])] += weight(place);
                }
            }
        }
    }
}

/// The cells from `start` on, as many as a row can reach.
fn reach<T>(cells: &mut [T], start: usize) -> Option<&mut [T; REACH]> {
    cells.get_mut(start..start + REACH)?.try_into().ok()
}

/// One spike more for each of `targets`: the loop that most of the time of a large network is spent in.
#[inline]
fn count(cells: &mut [u16; REACH], targets: &[u16]) {
    for &target in targets {
        let cell = &mut cells[usize::from(target)];
        *cell = cell.wrapping_add(1);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
fn take_counts(weight: f64, first: bool, cells: &mut [u16], input: &mut [f64]) {
    if first {
        for (cell, input) in cells.iter_mut().zip(input) {
            *input = weight * f64::from(*cell);
            *cell = 0;
        }
    } else {
        for (cell, input) in cells.iter_mut().zip(input) {
            *input += weight * f64::from(*cell);
            *cell = 0;
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
fn take_sums(first: bool, cells: &mut [f64], input: &mut [f64]) {
    if first {
        input.fill(0.0);
    }
    for (cell, input) in cells.iter_mut().zip(input) {
        *input += *cell;
        *cell = 0.0;
    }
}
