//! From a description to a network that runs: checks everything, splits populations into partitions, builds the synapses in
//! parallel.

use super::connect::{CheckedProjection, LARGEST_PART, Rows, drive_target, population};
use super::description::{Network, Scheduler};
use super::error::{KeyError, NetworkError, not_negative, positive, require};
use super::initial::{check_initial, initial, variable};
use super::meeting::{Alone, Meeting};
use super::neuron::{NeuronModel, Stepper};
use super::observer::ObserverError;
use super::poisson::{LARGEST_MEAN, PoissonTable};
use super::random::{BLOCK, Key, Use};
use super::scheduler::event::closed_form::ClosedForm;
use super::scheduler::event::{Arrivals, Events};
use super::scheduler::part::{Part, PartDrive, Probe};
use super::scheduler::ring::Ring;
use super::scheduler::step::{PartProjection, Partition};
use super::simulation::{Simulation, Span};
use super::synapse::{Plastic, Reach};
use rayon::prelude::*;
use std::ops::Range;

/// Neurons of a network at most.
const MOST_NEURONS: u64 = 1 << 31;
/// Longest least delay that a window takes: longer windows gain nothing and take memory.
const LONGEST_WINDOW: u32 = 64;
/// Rings of counts of a population at most; further weights are summed.
const MOST_COUNTS: usize = 6;

impl Simulation {
    /// Builds a network that runs on `threads` threads.
    ///
    /// # Errors
    /// [`NetworkError::Key`] names the key whose value cannot be.
    pub fn build(network: &Network, threads: usize) -> Result<Self, NetworkError> {
        Self::build_among(&Alone, network, threads)
    }

    /// Builds what a rank of `meeting` has of a network: near equal parts of the neurons, with all synapses onto them. Each rank runs
    /// on `threads` threads.
    ///
    /// # Errors
    /// As for [`build`](Self::build), and [`NetworkError::Meeting`].
    pub fn build_among(
        meeting: &dyn Meeting,
        network: &Network,
        threads: usize,
    ) -> Result<Self, NetworkError> {
        let named = |error: KeyError| error.of(&network.name);
        let plan = Plan::new(network, threads, meeting).map_err(named)?;
        let rows = plan.all_rows().map_err(named)?;
        let extent = Extent::of(&rows, &plan).among(meeting).map_err(NetworkError::Meeting)?;
        plan.build(rows, &extent).map_err(named)
    }
}

/// A description that was checked.
struct Plan<'a> {
    network: &'a Network,
    threads: usize,
    populations: Vec<Span>,
    steppers: Vec<Stepper>,
    projections: Vec<CheckedProjection>,
    /// Ranges of each partition of this rank, by population.
    parts: Vec<Vec<Range<u32>>>,
}

/// What rings need to know of all synapses, of whichever rank.
#[derive(Debug, PartialEq)]
struct Extent {
    /// Least and longest delay in steps.
    delays: [u32; 2],
    synapses: u64,
    /// By projection: the most synapses of one target.
    indegrees: Vec<u32>,
}

impl Extent {
    fn of(rows: &[Vec<Rows>], plan: &Plan<'_>) -> Self {
        let ranges = rows.iter().flatten().filter_map(Rows::delay_range);
        let (least, longest) =
            ranges.fold((u32::MAX, 1), |(least, longest), (a, b)| (least.min(a), longest.max(b)));
        let indegree = |(number, projection): (usize, &CheckedProjection)| {
            let parts = plan.parts.iter().map(|parts| parts[projection.target].len());
            rows.iter().zip(parts).map(|(rows, n)| rows[number].largest_indegree(n)).max().unwrap_or(0)
        };
        Self {
            delays: [least, longest],
            synapses: rows.iter().flatten().map(|rows| rows.targets.len() as u64).sum(),
            indegrees: plan.projections.iter().enumerate().map(indegree).collect(),
        }
    }

    /// That of all ranks together.
    fn among(mut self, meeting: &dyn Meeting) -> Result<Self, ObserverError> {
        let [least, longest] = self.delays.map(u64::from);
        let words =
            [least, longest, self.synapses].into_iter().chain(self.indegrees.iter().map(|n| u64::from(*n)));
        let messages = meeting.share(words.flat_map(u64::to_le_bytes).collect())?;
        self.synapses = 0;
        for message in &messages {
            let words: Vec<u64> =
                message.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
            let [least, longest, synapses, indegrees @ ..] = &words[..] else {
                return Err("a rank said less than it was to".into());
            };
            self.delays = [self.delays[0].min(*least as u32), self.delays[1].max(*longest as u32)];
            self.synapses += synapses;
            self.indegrees
                .iter_mut()
                .zip(indegrees)
                .for_each(|(own, other)| *own = (*own).max(*other as u32));
        }
        Ok(self)
    }
}

impl<'a> Plan<'a> {
    fn new(network: &'a Network, threads: usize, meeting: &dyn Meeting) -> Result<Self, KeyError> {
        let run = &network.run;
        positive("run.dt_ms", run.dt_ms)?;
        require(
            meeting.ranks() == 1 || run.scheduler == Scheduler::Step,
            "run.scheduler",
            "event",
            "only the step scheduler is shared out over ranks; run it as one process",
        )?;
        not_negative("run.duration_ms", run.duration_ms)?;
        let (mut populations, mut steppers) = (Vec::new(), Vec::new());
        let mut neurons = 0u64;
        for (number, population) in network.population.iter().enumerate() {
            let at = |error: KeyError| error.below(format_args!("population.{}", population.name));
            let again = network.population[..number].iter().any(|other| other.name == population.name);
            require(!again, "name", &population.name, "there is another one of this name").map_err(at)?;
            population.check_size().map_err(at)?;
            let key = Key::new(run.seed, Use::Sources, number as u32);
            let stepper = population.neuron.stepper(run.dt_ms, population.size, key);
            steppers.push(stepper.map_err(|error| at(error.below("neuron")))?);
            check_initial(population).map_err(|error| at(error.below("initial")))?;
            populations.push(Span {
                name: population.name.clone(),
                first: neurons as u32,
                size: population.size,
            });
            neurons += u64::from(population.size);
            require(neurons < MOST_NEURONS, "size", population.size, "a network has fewer than 2^31 neurons")
                .map_err(at)?;
        }
        let projections = network
            .projection
            .iter()
            .enumerate()
            .map(|(number, projection)| {
                CheckedProjection::new(projection, &network.population, run.dt_ms)
                    .map_err(|error| error.below(format_args!("projection.{number}")))
            })
            .collect::<Result<_, _>>()?;
        let largest = populations.iter().map(|span| span.size).max().unwrap_or(0);
        // All threads of all ranks have as many partitions, as near as can be.
        let all_threads = (threads.max(1) * meeting.ranks()) as u32;
        let partitions = all_threads.max(largest.div_ceil(LARGEST_PART - BLOCK as u32));
        let partitions = partitions.next_multiple_of(all_threads);
        let own = partitions / meeting.ranks() as u32;
        let first = meeting.rank() as u32 * own;
        let parts = (first..first + own)
            .map(|k| populations.iter().map(|span| part(span.size, k, partitions)).collect())
            .collect();
        Ok(Self { network, threads, populations, steppers, projections, parts })
    }

    /// The synapses, on all threads.
    fn all_rows(&self) -> Result<Vec<Vec<Rows>>, KeyError> {
        match rayon::ThreadPoolBuilder::new().num_threads(self.threads.max(1)).build() {
            Ok(pool) => pool.install(|| self.rows()),
            Err(_) => self.rows(),
        }
    }

    fn build(self, mut rows: Vec<Vec<Rows>>, extent: &Extent) -> Result<Simulation, KeyError> {
        let [least, longest] = extent.delays;
        let mut rings = vec![Vec::new(); self.populations.len()];
        let places: Vec<usize> = (0..self.projections.len())
            .map(|number| self.ring(number, u64::from(extent.indegrees[number]), &mut rings))
            .collect();
        // Rows go to the partitions in order of their source, then of the description.
        let mut order: Vec<usize> = (0..self.projections.len()).collect();
        order.sort_by_key(|number| self.projections[*number].source);
        let mut partitions = Vec::new();
        for (of, parts) in rows.iter_mut().zip(&self.parts) {
            let projections = order
                .iter()
                .map(|&number| {
                    let CheckedProjection { source, target, receptor, synapse, .. } =
                        &self.projections[number];
                    let reach = Reach {
                        sources: self.populations[*source].size as usize,
                        targets: parts[*target].len(),
                        longest_delay: longest,
                        largest_indegree: extent.indegrees[number],
                    };
                    let mut rows = std::mem::take(&mut of[number]);
                    let plastic = Plastic::new(synapse, self.network.run.dt_ms, &mut rows, reach)
                        .map_err(|error| error.below(format_args!("projection.{number}.synapse")))?;
                    let (source, target, receptor) = (*source, *target, *receptor);
                    Ok(PartProjection {
                        number,
                        source,
                        target,
                        receptor,
                        ring: places[number],
                        plastic,
                        rows,
                    })
                })
                .collect::<Result<_, KeyError>>()?;
            let parts = parts
                .iter()
                .enumerate()
                .map(|(population, range)| self.part(population, range, &rings[population], longest))
                .collect::<Result<_, _>>()?;
            partitions.push(Partition { parts, projections });
        }
        let events = match self.network.run.scheduler {
            Scheduler::Step => None,
            Scheduler::Event => Some(self.events(&partitions)?),
        };
        Ok(Simulation {
            events,
            name: self.network.name.clone(),
            digest: super::state::digest(self.network),
            dt_ms: self.network.run.dt_ms,
            step: 0,
            synapses: extent.synapses,
            window: u64::from(least.min(LONGEST_WINDOW)),
            threads: self.threads.max(1),
            populations: self.populations,
            models: self.network.population.iter().map(|population| population.neuron.clone()).collect(),
            partitions,
        })
    }

    /// The synapses: by partition, then by projection.
    fn rows(&self) -> Result<Vec<Vec<Rows>>, KeyError> {
        let seed = self.network.run.seed;
        self.parts
            .par_iter()
            .map(|parts| {
                self.projections
                    .par_iter()
                    .enumerate()
                    .map(|(number, projection)| {
                        Rows::build(projection, number as u32, seed, parts[projection.target].clone())
                            .map_err(|error| error.below(format_args!("projection.{number}")))
                    })
                    .collect()
            })
            .collect()
    }

    /// The ring of projection `number`, with at most `most` synapses onto one target, among those of its target: receptor, weight if
    /// it counts, and the largest count.
    fn ring(&self, number: usize, most: u64, rings: &mut [Vec<(usize, Option<f64>, u64)>]) -> usize {
        let projection = &self.projections[number];
        // Weights that change are summed.
        let mut weight = projection.constant_weight().filter(|_| projection.synapse.is_static());
        let own = &mut rings[projection.target];
        if let Some(place) = own.iter().position(|ring| ring.0 == projection.receptor && ring.1 == weight) {
            // What arrives in a step is at most a spike from each synapse.
            if weight.is_none() || own[place].2 + most <= u64::from(u16::MAX) {
                own[place].2 += most;
                return place;
            }
            weight = None;
        }
        let counts = own.iter().filter(|ring| ring.1.is_some()).count();
        if most > u64::from(u16::MAX) || counts >= MOST_COUNTS {
            weight = None;
        }
        if let Some(place) = own.iter().position(|ring| ring.0 == projection.receptor && ring.1 == weight) {
            return place;
        }
        own.push((projection.receptor, weight, most));
        own.len() - 1
    }

    fn part(
        &self,
        population: usize,
        range: &Range<u32>,
        rings: &[(usize, Option<f64>, u64)],
        slots: u32,
    ) -> Result<Part, KeyError> {
        let described = &self.network.population[population];
        let neurons = range.len();
        Ok(Part {
            range: range.clone(),
            receptors: described.neuron.receptors(),
            stepper: self.steppers[population].clone(),
            state: initial(described, population, self.network.run.seed, range.clone()),
            rings: rings.iter().map(|ring| Ring::new(ring.0, ring.1, neurons, slots as usize)).collect(),
            drives: self.drives(population)?,
            probes: self.probes(population, range)?,
        })
    }

    /// The event-driven state, for the scheduler of this name.
    fn events(&self, partitions: &[Partition]) -> Result<Events, KeyError> {
        for (number, projection) in self.projections.iter().enumerate() {
            let remedy = "synapses are static with the event scheduler; set run.scheduler to step";
            let model = &projection.synapse;
            require(model.is_static(), &format!("projection.{number}.synapse"), model.name(), remedy)?;
        }
        let models = self
            .network
            .population
            .iter()
            .map(|population| {
                let at = |error: KeyError| error.below(format_args!("population.{}", population.name));
                ClosedForm::of(&population.neuron).map_err(at)
            })
            .collect::<Result<_, _>>()?;
        let mut arrivals = Vec::new();
        for (number, drive) in self.network.drive.iter().enumerate() {
            let at = |error: KeyError| error.below(format_args!("drive.{number}"));
            let target = population(&self.network.population, "target", &drive.target).map_err(at)?;
            let (receptor, weight) = drive_target(drive, &self.network.population[target]).map_err(at)?;
            let key = Key::new(self.network.run.seed, Use::Arrivals, number as u32);
            arrivals.push(Arrivals { population: target, receptor, weight, rate_hz: drive.rate_hz, key });
        }
        let given = self.network.population.iter().map(|population| match &population.neuron {
            NeuronModel::Replay(replay) => replay.spikes(),
            _ => Vec::new(),
        });
        Ok(Events::new(models, given.collect(), arrivals, partitions, self.network.run.dt_ms))
    }

    fn drives(&self, population_number: usize) -> Result<Vec<PartDrive>, KeyError> {
        let mut drives = Vec::new();
        for (number, drive) in self.network.drive.iter().enumerate() {
            let at = |error: KeyError| error.below(format_args!("drive.{number}"));
            let target = population(&self.network.population, "target", &drive.target).map_err(at)?;
            if target != population_number {
                continue;
            }
            let (receptor, weight) = drive_target(drive, &self.network.population[target]).map_err(at)?;
            let mean = drive.rate_hz * self.network.run.dt_ms / 1000.0;
            require(
                (0.0..=LARGEST_MEAN).contains(&mean),
                "rate_hz",
                drive.rate_hz,
                &format!("give a rate from 0 Hz with at most {LARGEST_MEAN} spikes a step"),
            )
            .map_err(at)?;
            drives.push(PartDrive {
                receptor,
                weight,
                key: Key::new(self.network.run.seed, Use::Drive, number as u32),
                table: PoissonTable::new(mean),
            });
        }
        Ok(drives)
    }

    fn probes(&self, population_number: usize, range: &Range<u32>) -> Result<Vec<Probe>, KeyError> {
        let mut probes = Vec::new();
        for (number, recorder) in self.network.recorder.iter().enumerate() {
            let at = |error: KeyError| error.below(format_args!("recorder.{number}"));
            let of = population(&self.network.population, "population", &recorder.population).map_err(at)?;
            if of != population_number {
                continue;
            }
            let described = &self.network.population[of];
            let variable = variable(described, &recorder.variable).map_err(|e| at(e.below("variable")))?;
            let size = u64::from(described.size);
            let end = u64::from(recorder.first) + u64::from(recorder.count);
            require(
                end <= size,
                "first, count",
                format_args!("neurons {} to {end}", recorder.first),
                &format!("there are {size}"),
            )
            .map_err(at)?;
            let dt_ms = self.network.run.dt_ms;
            let every = (recorder.interval_ms.unwrap_or(dt_ms) / dt_ms).round();
            require(
                (1.0..1e15).contains(&every),
                "interval_ms",
                recorder.interval_ms.unwrap_or(0.0),
                "give at least a step",
            )
            .map_err(at)?;
            let within = recorder.first.max(range.start)..(end as u32).min(range.end);
            let neurons = within.start.saturating_sub(range.start) as usize
                ..within.end.saturating_sub(range.start) as usize;
            let neurons = if neurons.start < neurons.end { neurons } else { 0..0 };
            let offset = if variable == 0 { described.neuron.rest_mv() } else { 0.0 };
            probes.push(Probe { recorder: number, variable, offset, neurons, every: every as u64 });
        }
        Ok(probes)
    }
}

/// Neurons of part `k` of `parts`: near equal parts that start at blocks of [`BLOCK`].
fn part(size: u32, k: u32, parts: u32) -> Range<u32> {
    let at = |k: u32| {
        let even = (u64::from(size) * u64::from(k) / u64::from(parts)) as u32;
        if k == parts { size } else { even.next_multiple_of(BLOCK as u32).min(size) }
    };
    at(k)..at(k + 1)
}
