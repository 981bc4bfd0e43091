//! A part of a population: its neurons' state, what arrives at them, and how they advance through a window of steps.

use super::ring::Ring;
use crate::network::flags::for_each_set;
use crate::network::neuron::{Arriving, State, Step, Stepper};
use crate::network::poisson::PoissonTable;
use crate::network::random::{BLOCK, Key};
use std::ops::Range;

/// Neurons that advance together through all steps of a window, while their state is in the nearest cache.
const NEURONS: usize = 8 * BLOCK;
/// Variables of a model, and receptors, at most.
const MOST_VARIABLES: usize = 8;
const MOST_RECEPTORS: usize = 2;

/// Neurons `range` of a population.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Starts at a multiple of [`BLOCK`].
    pub(crate) range: Range<u32>,
    pub(crate) receptors: usize,
    pub(crate) stepper: Stepper,
    pub(crate) state: State,
    pub(crate) rings: Vec<Ring>,
    pub(crate) drives: Vec<PartDrive>,
    pub(crate) probes: Vec<Probe>,
}

/// Independent Poisson input.
#[derive(Debug, Clone)]
pub(crate) struct PartDrive {
    pub(crate) receptor: usize,
    pub(crate) weight: f64,
    pub(crate) key: Key,
    pub(crate) table: PoissonTable,
}

/// A variable that is recorded.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    pub(crate) recorder: usize,
    pub(crate) variable: usize,
    /// Added to the variable.
    pub(crate) offset: f64,
    /// Neurons within the part.
    pub(crate) neurons: Range<usize>,
    /// Steps from one value to the next.
    pub(crate) every: u64,
}

/// Memory of a thread for the block that it advances.
#[derive(Debug)]
pub(crate) struct Scratch {
    input: [[f64; NEURONS]; MOST_RECEPTORS],
    fired: [u8; NEURONS],
}

impl Default for Scratch {
    fn default() -> Self {
        Self { input: [[0.0; NEURONS]; MOST_RECEPTORS], fired: [0; NEURONS] }
    }
}

/// What a part did in a window.
#[derive(Debug, Default)]
pub(crate) struct PartOutput {
    /// Neurons of the population that fired, step by step, ascending.
    pub(crate) fired: Vec<Vec<u32>>,
    /// Values of each probe: those of one recorded step together.
    pub(crate) values: Vec<Vec<f64>>,
}

impl Probe {
    /// Steps of the window that starts at `start` and has `steps` steps at whose end values are recorded.
    pub(crate) fn recorded(&self, start: u64, steps: u64) -> impl Iterator<Item = u64> + use<> {
        let every = self.every;
        (start..start + steps).filter(move |step| (step + 1).is_multiple_of(every))
    }
}

impl Part {
    /// Advances by `steps` steps from `start` on, none of which can be reached by a spike of the same window.
    pub(crate) fn advance(&mut self, start: u64, steps: u64, output: &mut PartOutput, scratch: &mut Scratch) {
        let neurons = self.state.refractory.len();
        output.fired.resize_with(output.fired.len().max(steps as usize), Vec::new);
        output.fired.iter_mut().for_each(Vec::clear);
        output.values.resize_with(self.probes.len(), Vec::new);
        for (probe, values) in self.probes.iter().zip(&mut output.values) {
            values.clear();
            values.resize(probe.recorded(start, steps).count() * probe.neurons.len(), 0.0);
        }
        let direct = self.direct(start);
        for from in (0..neurons).step_by(NEURONS) {
            let block = from..(from + NEURONS).min(neurons);
            for step in start..start + steps {
                let any = self.step(step, block.clone(), direct, scratch);
                if let Some(list) = output.fired.get_mut((step - start) as usize).filter(|_| any) {
                    collect(&scratch.fired[..block.len()], self.range.start + from as u32, list);
                }
                self.probe(start, step, block.clone(), output);
            }
        }
    }

    /// The ring of each receptor, if the model can take what arrives from `start` on from the rings themselves: one for each
    /// receptor, all of one kind, and nothing else.
    fn direct(&self, start: u64) -> Option<[usize; MOST_RECEPTORS]> {
        if !self.drives.is_empty() || !self.stepper.empties() {
            return None;
        }
        let mut direct = [0; MOST_RECEPTORS];
        for (receptor, direct) in direct.iter_mut().enumerate().take(self.receptors) {
            let mut of = (0..self.rings.len()).filter(|number| self.rings[*number].receptor == receptor);
            let mut expected = of.clone().filter(|number| self.rings[*number].is_expected(start));
            *direct = expected.next().or_else(|| of.next())?;
            if expected.next().is_some() || self.rings[*direct].is_counting() != self.rings[0].is_counting() {
                return None;
            }
        }
        Some(direct)
    }

    /// Advances `block` by a step, with the rings that are to be taken from; false if it is known that none fires.
    fn step(
        &mut self,
        step: u64,
        block: Range<usize>,
        direct: Option<[usize; MOST_RECEPTORS]>,
        scratch: &mut Scratch,
    ) -> bool {
        let mut arriving: [Arriving<'_>; MOST_RECEPTORS] = Default::default();
        if let Some(direct) = direct {
            for (number, ring) in self.rings.iter_mut().enumerate() {
                let receptor = ring.receptor;
                if direct[receptor] == number {
                    arriving[receptor] = ring.arriving(step, block.clone());
                }
            }
        } else {
            self.sum(step, block.clone(), &mut scratch.input);
            for (arriving, sums) in arriving.iter_mut().zip(&mut scratch.input) {
                *arriving = Arriving::Sums(&mut sums[..block.len()]);
            }
        }
        let mut variables: [&mut [f64]; MOST_VARIABLES] = Default::default();
        let count = self.state.variables.len().min(MOST_VARIABLES);
        for (place, variable) in variables.iter_mut().zip(&mut self.state.variables) {
            *place = &mut variable[block.clone()];
        }
        self.stepper.advance(&mut Step {
            number: step,
            first: self.range.start + block.start as u32,
            variables: &mut variables[..count],
            refractory: &mut self.state.refractory[block.clone()],
            input: &mut arriving[..self.receptors],
            fired: &mut scratch.fired[..block.len()],
        })
    }

    /// The sums of what arrives at each receptor.
    fn sum(&mut self, step: u64, block: Range<usize>, input: &mut [[f64; NEURONS]; MOST_RECEPTORS]) {
        let mut first = [true; MOST_RECEPTORS];
        for ring in self.rings.iter_mut().filter(|ring| ring.is_expected(step)) {
            let first = std::mem::replace(&mut first[ring.receptor], false);
            ring.take(step, block.start, first, &mut input[ring.receptor][..block.len()]);
        }
        for (input, _) in input.iter_mut().zip(first).filter(|(_, first)| *first) {
            input.fill(0.0);
        }
        for drive in &self.drives {
            let first = (self.range.start as usize + block.start) / BLOCK;
            let input = &mut input[drive.receptor][..block.len()];
            for (number, input) in (first as u32..).zip(input.chunks_mut(BLOCK)) {
                drive.table.add(drive.key, number, step, drive.weight, input);
            }
        }
    }

    fn probe(&self, start: u64, step: u64, block: Range<usize>, output: &mut PartOutput) {
        for (probe, values) in self.probes.iter().zip(&mut output.values) {
            if !(step + 1).is_multiple_of(probe.every) {
                continue;
            }
            let neurons = probe.neurons.start.max(block.start)..probe.neurons.end.min(block.end);
            if neurons.is_empty() {
                continue;
            }
            let row = ((step + 1) / probe.every - start / probe.every - 1) as usize * probe.neurons.len();
            let place = row + neurons.start - probe.neurons.start;
            let from = &self.state.variables[probe.variable][neurons];
            for (value, variable) in values[place..].iter_mut().zip(from) {
                *value = variable + probe.offset;
            }
        }
    }
}

/// Adds the numbers of those who fired.
fn collect(fired: &[u8], first: u32, list: &mut Vec<u32>) {
    for (first, flags) in (first..).step_by(BLOCK).zip(fired.chunks(BLOCK)) {
        // Without a way out of the loop it is one of vectors.
        if flags.iter().fold(0, |any, flag| any | flag) != 0 {
            for_each_set(flags, |place| list.push(first + place as u32));
        }
    }
}
