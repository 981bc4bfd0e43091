//! The clock-driven scheduler: all neurons advance by steps of one length.
//!
//! Neurons act on each other no sooner than the least delay D of the network, so all of them advance through a window of D
//! steps without hearing of each other (Morrison, Mehring, Geisel, Aertsen & Diesmann 2005, Neural Comput 17, 1776). Populations
//! are split into partitions, one or more a thread. In a window each thread advances its partitions and lists who fired; then
//! all meet; then each thread delivers the spikes of everybody to its own neurons. Lists are double, so that one meeting a
//! window is enough; where other ranks have partitions too, these meet next, and the threads once more.
//!
//! A spike at the end of step s over a delay of d steps is added at the end of step s + d. Sums are in order of the step of the
//! spike, the projection and the source, so that no bit of the result depends on the number of threads or on where a run pauses.

use super::barrier::Barrier;
use super::part::{Part, PartOutput, Probe, Scratch};
use super::report::{Reporter, outputs};
use crate::network::connect::Rows;
use crate::network::error::NetworkError;
use crate::network::meeting::Meeting;
use crate::network::observer::Observer;
use crate::network::synapse::Plastic;
use std::ops::Range;
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
    /// Without weights where these change.
    pub(crate) rows: Rows,
    /// None if the synapses are static.
    pub(crate) plastic: Option<Plastic>,
}

impl PartProjection {
    /// The weight of a synapse now.
    pub(crate) fn weight(&self, place: usize) -> f64 {
        self.plastic.as_ref().and_then(|p| p.weight(place)).unwrap_or_else(|| self.rows.weight(place))
    }
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

/// What a partition, or another rank, did in a window, by population.
pub(super) type Output = Vec<PartOutput>;

/// Advances; gives the step that was reached, which comes early if an observer asked to stop.
pub(crate) fn run(
    partitions: &mut [Partition],
    first_neuron: &[u32],
    course: Course,
    meeting: &dyn Meeting,
    observer: &mut dyn Observer,
) -> Result<u64, NetworkError> {
    let outputs = outputs(first_neuron.len(), partitions.len(), meeting);
    let probes: Vec<Vec<Probe>> = partitions.iter().map(Partition::probes).collect();
    let each = partitions.len().div_ceil(course.threads.clamp(1, partitions.len().max(1)));
    let own = meeting.rank()..meeting.rank() + partitions.len();
    let mut shares: Vec<(usize, &mut [Partition])> = partitions.chunks_mut(each).enumerate().collect();
    let crew = Crew {
        course,
        outputs: &outputs,
        own,
        others: meeting.ranks() > 1,
        barrier: Barrier::new(shares.len() as u32),
        last_window: AtomicU64::new(course.steps.div_ceil(course.window)),
        each,
    };
    if shares.is_empty() || course.steps == 0 {
        return Ok(course.start + course.steps);
    }
    let (_, own) = shares.remove(0);
    let mut reporter = Reporter::new(&crew, &probes, first_neuron, meeting, observer);
    std::thread::scope(|scope| {
        for (number, share) in shares {
            let crew = &crew;
            scope.spawn(move || crew.work(number, share, None));
        }
        crew.work(0, own, Some(&mut reporter));
    });
    match reporter.failure {
        Some(error) => Err(error),
        None => {
            Ok(course.start + (crew.last_window.load(Ordering::Acquire) * course.window).min(course.steps))
        }
    }
}

/// What the threads share.
pub(super) struct Crew<'a> {
    pub(super) course: Course,
    /// Of the ranks before, of the own partitions, of the ranks after.
    pub(super) outputs: &'a [[RwLock<Output>; 2]],
    own: Range<usize>,
    /// There are other ranks.
    others: bool,
    barrier: Barrier,
    /// Windows that are run.
    pub(super) last_window: AtomicU64,
    /// Partitions of a thread.
    each: usize,
}

impl Crew<'_> {
    /// First step of a window, and its steps.
    pub(super) fn window(&self, window: u64) -> (u64, u64) {
        let done = window * self.course.window;
        (self.course.start + done, self.course.window.min(self.course.steps - done))
    }

    /// Where the outputs of the own partitions are.
    pub(super) fn own(&self) -> Range<usize> {
        self.own.clone()
    }

    /// What one thread does; one of them reports.
    fn work(&self, thread: usize, share: &mut [Partition], mut reporter: Option<&mut Reporter<'_, '_>>) {
        let (mut window, mut scratch) = (0, Scratch::default());
        while window < self.last_window.load(Ordering::Acquire) {
            let (start, steps) = self.window(window);
            let side = (window % 2) as usize;
            for (partition, outputs) in
                share.iter_mut().zip(&self.outputs[self.own.start + thread * self.each..])
            {
                let mut output = outputs[side].write().unwrap_or_else(PoisonError::into_inner);
                for (part, output) in partition.parts.iter_mut().zip(output.iter_mut()) {
                    part.advance(start, steps, output, &mut scratch);
                }
            }
            self.barrier.wait();
            if self.others {
                if let Some(reporter) = &mut reporter {
                    reporter.meet(window);
                }
                self.barrier.wait();
            }
            if let Some(reporter) = &mut reporter {
                reporter.report(window);
            }
            let outputs: Vec<_> = self
                .outputs
                .iter()
                .map(|output| output[side].read().unwrap_or_else(PoisonError::into_inner))
                .collect();
            for (partition, own) in share.iter_mut().zip(&outputs[self.own.start + thread * self.each..]) {
                for step in 0..steps {
                    for projection in &mut partition.projections {
                        let part = &mut partition.parts[projection.target];
                        deliver(part, projection, (&outputs, own), start + step, step as usize);
                    }
                }
            }
            window += 1;
        }
    }
}

/// Delivers the spikes of one step along a projection, with the outputs of all partitions and of its own.
fn deliver(
    part: &mut Part,
    projection: &mut PartProjection,
    (outputs, own): (&[RwLockReadGuard<'_, Output>], &Output),
    step: u64,
    index: usize,
) {
    let (source, target) = (projection.source, projection.target);
    let sources = outputs.iter().filter_map(|output| output.get(source)?.fired.get(index));
    let sources = sources.filter(|fired| !fired.is_empty()).map(Vec::as_slice);
    let ring = &mut part.rings[projection.ring];
    match &mut projection.plastic {
        None => sources.for_each(|fired| ring.deliver(&projection.rows, step, fired)),
        Some(plastic) => {
            let targets = own.get(target).and_then(|part| part.fired.get(index)).into_iter().flatten();
            let first = part.range.start;
            plastic.step(ring, &projection.rows, step, sources, targets.map(|neuron| neuron - first));
        }
    }
}

impl Partition {
    /// The probes of all parts, population by population.
    fn probes(&self) -> Vec<Probe> {
        self.parts.iter().flat_map(|part| part.probes.iter().cloned()).collect()
    }
}
