//! The clock-driven scheduler: all neurons advance by steps of one length.
//!
//! Neurons act on each other no sooner than the least delay D of the network, so all of them advance through a window of D
//! steps without hearing of each other (Morrison, Mehring, Geisel, Aertsen & Diesmann 2005, Neural Comput 17, 1776). Populations
//! are split into partitions, one or more a thread. In a window each thread advances its partitions and lists who fired; then
//! all meet; then each thread delivers the spikes of everybody to its own neurons. Lists are double, so that one meeting a
//! window is enough.
//!
//! A spike at the end of step s over a delay of d steps is added at the end of step s + d. Sums are in order of the step of the
//! spike, the projection and the source, so that no bit of the result depends on the number of threads or on where a run pauses.

use super::barrier::Barrier;
use super::part::{Part, PartOutput, Probe};
use super::ring::Ring;
use crate::network::connect::Rows;
use crate::network::error::NetworkError;
use crate::network::observer::{Observer, ObserverError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// A part of every population, with all synapses onto it.
#[derive(Debug)]
pub(crate) struct Partition {
    /// By population.
    pub(crate) parts: Vec<Part>,
    /// In order of the source population, then of the description.
    pub(crate) projections: Vec<PartProjection>,
}

/// The synapses of a projection onto a partition.
#[derive(Debug)]
pub(crate) struct PartProjection {
    /// Its number in the description.
    pub(crate) number: usize,
    pub(crate) source: usize,
    pub(crate) target: usize,
    pub(crate) receptor: usize,
    pub(crate) ring: usize,
    pub(crate) rows: Rows,
}

/// How a run goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course {
    pub(crate) dt_ms: f64,
    pub(crate) start: u64,
    pub(crate) steps: u64,
    /// Least delay in steps.
    pub(crate) window: u64,
    pub(crate) threads: usize,
}

/// What a partition did in a window, by population.
type Output = Vec<PartOutput>;

/// Advances; gives the step that was reached, which comes early if the observer asked to stop.
pub(crate) fn run(
    partitions: &mut [Partition],
    first_neuron: &[u32],
    course: Course,
    observer: &mut dyn Observer,
) -> Result<u64, NetworkError> {
    let populations = first_neuron.len();
    let outputs: Vec<[RwLock<Output>; 2]> = (0..partitions.len())
        .map(|_| [(); 2].map(|()| RwLock::new((0..populations).map(|_| PartOutput::default()).collect())))
        .collect();
    let probes: Vec<Vec<Probe>> = partitions.iter().map(Partition::probes).collect();
    let each = partitions.len().div_ceil(course.threads.clamp(1, partitions.len().max(1)));
    let mut shares: Vec<(usize, &mut [Partition])> = partitions.chunks_mut(each).enumerate().collect();
    let crew = Crew {
        course,
        outputs: &outputs,
        barrier: Barrier::new(shares.len() as u32),
        last_window: AtomicU64::new(course.steps.div_ceil(course.window)),
        each,
    };
    if shares.is_empty() || course.steps == 0 {
        return Ok(course.start + course.steps);
    }
    let (_, own) = shares.remove(0);
    let mut reporter = Reporter { crew: &crew, probes: &probes, first_neuron, observer, failure: None };
    std::thread::scope(|scope| {
        for (number, share) in shares {
            let crew = &crew;
            scope.spawn(move || crew.work(number, share, &mut |_| {}));
        }
        crew.work(0, own, &mut |window| reporter.report(window));
    });
    match reporter.failure {
        Some(error) => Err(error),
        None => {
            Ok(course.start + (crew.last_window.load(Ordering::Acquire) * course.window).min(course.steps))
        }
    }
}

/// What the threads share.
struct Crew<'a> {
    course: Course,
    outputs: &'a [[RwLock<Output>; 2]],
    barrier: Barrier,
    /// Windows that are run.
    last_window: AtomicU64,
    /// Partitions of a thread.
    each: usize,
}

impl Crew<'_> {
    /// First step of a window, and its steps.
    fn window(&self, window: u64) -> (u64, u64) {
        let done = window * self.course.window;
        (self.course.start + done, self.course.window.min(self.course.steps - done))
    }

    /// What one thread does; `report` is called when the spikes of a window are known.
    fn work(&self, thread: usize, share: &mut [Partition], report: &mut dyn FnMut(u64)) {
        let mut window = 0;
        while window < self.last_window.load(Ordering::Acquire) {
            let (start, steps) = self.window(window);
            let side = (window % 2) as usize;
            for (partition, outputs) in share.iter_mut().zip(&self.outputs[thread * self.each..]) {
                let mut output = outputs[side].write().unwrap_or_else(PoisonError::into_inner);
                for (part, output) in partition.parts.iter_mut().zip(output.iter_mut()) {
                    part.advance(start, steps, output);
                }
            }
            self.barrier.wait();
            report(window);
            let outputs: Vec<_> = self
                .outputs
                .iter()
                .map(|output| output[side].read().unwrap_or_else(PoisonError::into_inner))
                .collect();
            for partition in share.iter_mut() {
                for step in 0..steps {
                    for output in &partition.projections {
                        let ring = &mut partition.parts[output.target].rings[output.ring];
                        deliver(ring, output, &outputs, start + step, step as usize);
                    }
                }
            }
            window += 1;
        }
    }
}

/// Delivers the spikes of one step along a projection.
fn deliver(
    ring: &mut Ring,
    projection: &PartProjection,
    outputs: &[RwLockReadGuard<'_, Output>],
    step: u64,
    index: usize,
) {
    for output in outputs {
        let fired = output.get(projection.source).and_then(|part| part.fired.get(index));
        if let Some(fired) = fired.filter(|fired| !fired.is_empty()) {
            ring.deliver(&projection.rows, step, fired);
        }
    }
}

/// Tells the observer what happened, in order of time.
struct Reporter<'a, 'b> {
    crew: &'a Crew<'a>,
    probes: &'a [Vec<Probe>],
    first_neuron: &'a [u32],
    observer: &'b mut dyn Observer,
    failure: Option<NetworkError>,
}

impl Reporter<'_, '_> {
    fn report(&mut self, window: u64) {
        let goes_on = self.tell(window);
        let goes_on = goes_on.unwrap_or_else(|error| {
            self.failure.get_or_insert(NetworkError::Recorder(error));
            false
        });
        if !goes_on {
            // Another thread may have passed the check of this window, but none that of the next.
            self.crew.last_window.fetch_min(window + 2, Ordering::AcqRel);
        }
    }

    fn tell(&mut self, window: u64) -> Result<bool, ObserverError> {
        if self.failure.is_some() {
            return Ok(false);
        }
        let (start, steps) = self.crew.window(window);
        let side = (window % 2) as usize;
        let outputs: Vec<_> = self
            .crew
            .outputs
            .iter()
            .map(|output| output[side].read().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let time_ms = |step: u64| (step + 1) as f64 * self.crew.course.dt_ms;
        let mut neurons = Vec::new();
        for step in 0..steps {
            neurons.clear();
            for (population, first) in self.first_neuron.iter().enumerate() {
                for output in &outputs {
                    let fired = output.get(population).and_then(|part| part.fired.get(step as usize));
                    neurons.extend(fired.into_iter().flatten().map(|neuron| first + neuron));
                }
            }
            if !neurons.is_empty() {
                self.observer.spikes(time_ms(start + step), &neurons)?;
            }
        }
        for recorder in 0..self.recorders() {
            self.values(recorder, start, steps, &outputs, &time_ms)?;
        }
        self.observer.reached(time_ms(start + steps - 1))
    }

    fn recorders(&self) -> usize {
        self.probes.iter().flatten().map(|probe| probe.recorder + 1).max().unwrap_or(0)
    }

    fn values(
        &mut self,
        recorder: usize,
        start: u64,
        steps: u64,
        outputs: &[RwLockReadGuard<'_, Output>],
        time_ms: &dyn Fn(u64) -> f64,
    ) -> Result<(), ObserverError> {
        // The pieces of the recorded neurons, partition after partition.
        let mut pieces = Vec::new();
        for (partition, output) in self.probes.iter().zip(outputs) {
            let mut of_population = output.iter().flat_map(|part| &part.values);
            for probe in partition {
                let values = of_population.next();
                if let Some(values) = values.filter(|_| probe.recorder == recorder) {
                    pieces.push((probe, values));
                }
            }
        }
        let Some((probe, _)) = pieces.first() else { return Ok(()) };
        for (row, step) in probe.recorded(start, steps).enumerate() {
            let values: Vec<f64> = pieces
                .iter()
                .flat_map(|(probe, values)| {
                    let width = probe.neurons.len();
                    values.get(row * width..(row + 1) * width).into_iter().flatten().copied()
                })
                .collect();
            self.observer.values(recorder, time_ms(step), &values)?;
        }
        Ok(())
    }
}

impl Partition {
    /// The probes of all parts, population by population.
    fn probes(&self) -> Vec<Probe> {
        self.parts.iter().flat_map(|part| part.probes.iter().cloned()).collect()
    }
}
