//! A network that was built and can be run.

use super::connect::Rows;
use super::error::NetworkError;
use super::meeting::{Alone, Meeting};
use super::neuron::NeuronModel;
use super::observer::Observer;
use super::scheduler::event::{self, Events};
use super::scheduler::step::{Course, PartProjection, Partition, run};
use super::synapse::Plastic;

/// Where the neurons of a population are among those of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Name of the population.
    pub name: String,
    /// Number of its first neuron.
    pub first: u32,
    /// Neurons.
    pub size: u32,
}

/// A synapse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Connection {
    /// Number of the source in its population.
    pub source: u32,
    /// Number of the target in its population.
    pub target: u32,
    /// Weight in the unit of the target; conductances have no sign.
    pub weight: f64,
    /// Delay in ms.
    pub delay_ms: f64,
}

/// A network that was built: its neurons' state and its synapses.
///
/// ```
/// use synfire_sim::network::{Kept, Network, Simulation};
/// let network = Network::parse(
///     "name = 'one'
///      [run]
///      duration_ms = 100
///      [[population]]
///      name = 'cell'
///      size = 1
///      neuron.lif_exp = { i_e_pa = 500 }",
///     "one.toml",
/// )?;
/// let mut simulation = Simulation::build(&network, 1)?;
/// let mut kept = Kept::default();
/// simulation.run(network.run.duration_ms, &mut kept)?;
/// // tau_m ln(20 / 5) = 13.86 ms to the threshold, then every 2 ms more.
/// assert_eq!(&kept.times_ms[..2], &[13.9, 29.8]);
/// # Ok::<(), synfire_sim::network::NetworkError>(())
/// ```
#[derive(Debug)]
pub struct Simulation {
    pub(super) name: String,
    /// Of what decides about its spikes.
    pub(super) digest: String,
    pub(super) dt_ms: f64,
    pub(super) step: u64,
    pub(super) window: u64,
    pub(super) threads: usize,
    pub(super) populations: Vec<Span>,
    /// By population.
    pub(super) models: Vec<NeuronModel>,
    /// Of all ranks.
    pub(super) synapses: u64,
    /// Of this rank, as are its events.
    pub(super) partitions: Vec<Partition>,
    /// Of the event-driven scheduler.
    pub(super) events: Option<Events>,
}

impl Simulation {
    /// The time reached in ms.
    #[must_use]
    pub fn time_ms(&self) -> f64 {
        self.step as f64 * self.dt_ms
    }

    /// The populations, in order of their neurons.
    #[must_use]
    pub fn populations(&self) -> &[Span] {
        &self.populations
    }

    /// Neurons of the network.
    #[must_use]
    pub fn neurons(&self) -> u32 {
        self.populations.last().map_or(0, |span| span.first + span.size)
    }

    /// Synapses of the network.
    #[must_use]
    pub fn synapses(&self) -> u64 {
        self.synapses
    }

    /// Bytes that all synapses take, with the table of their sources and what changes at them; those of this rank only.
    #[must_use]
    pub fn synapse_bytes(&self) -> u64 {
        let projections = self.partitions.iter().flat_map(|partition| &partition.projections);
        projections.map(|of| of.rows.bytes() + of.plastic.as_ref().map_or(0, Plastic::bytes)).sum::<usize>()
            as u64
    }

    /// Synapses of this rank.
    #[must_use]
    pub fn own_synapses(&self) -> u64 {
        self.rows().map(|rows| rows.targets.len() as u64).sum()
    }

    /// The synapses of projection number `projection` of the description with their weights now, in order of target partition,
    /// source, delay and target; none if there is no such projection. Of a rank those onto its own neurons, as are the values of
    /// variables.
    #[must_use]
    pub fn connections(&self, projection: usize) -> Vec<Connection> {
        self.parts_of(projection)
            .flat_map(|(of, first)| {
                (0..self.populations[of.source].size).flat_map(move |source| self.row(of, first, source))
            })
            .collect()
    }

    /// Those of one source, in order of target, then of delay.
    #[must_use]
    pub fn connections_from(&self, projection: usize, source: u32) -> Vec<Connection> {
        let rows = self.parts_of(projection).flat_map(|(of, first)| self.row(of, first, source));
        let mut connections: Vec<Connection> = rows.collect();
        connections.sort_by_key(|connection| connection.target);
        connections
    }

    /// A projection in each partition, with the number of the partition's first target.
    fn parts_of(&self, projection: usize) -> impl Iterator<Item = (&PartProjection, u32)> {
        self.partitions.iter().flat_map(move |partition| {
            let of = partition.projections.iter().filter(move |of| of.number == projection);
            of.map(move |of| (of, partition.parts[of.target].range.start))
        })
    }

    /// The synapses of a source in a partition whose first target is `first`.
    fn row(&self, of: &PartProjection, first: u32, source: u32) -> impl Iterator<Item = Connection> {
        of.rows.row(source).map(move |place| Connection {
            source,
            target: first + u32::from(of.rows.targets[place]),
            weight: of.weight(place),
            delay_ms: f64::from(of.rows.delay(place)) * self.dt_ms,
        })
    }

    fn rows(&self) -> impl Iterator<Item = &Rows> {
        self.partitions.iter().flat_map(|partition| &partition.projections).map(|of| &of.rows)
    }

    /// Values of a variable of all neurons of a population, in its unit; `None` if there is no such population or variable.
    #[must_use]
    pub fn variable(&self, population: &str, variable: &str) -> Option<Vec<f64>> {
        let (number, variable, offset) = self.place(population, variable)?;
        let parts =
            self.partitions.iter().map(|partition| &partition.parts[number].state.variables[variable]);
        Some(parts.flatten().map(|value| value + offset).collect())
    }

    /// Sets a variable of all neurons of a population, in its unit; false if there is no such population or variable, or
    /// the number of values is another than that of the neurons.
    pub fn set_variable(&mut self, population: &str, variable: &str, values: &[f64]) -> bool {
        let Some((number, variable, offset)) = self.place(population, variable) else { return false };
        if values.len() != self.populations[number].size as usize {
            return false;
        }
        for partition in &mut self.partitions {
            let part = &mut partition.parts[number];
            let own = &values[part.range.start as usize..part.range.end as usize];
            for (place, value) in part.state.variables[variable].iter_mut().zip(own) {
                *place = value - offset;
            }
        }
        true
    }

    /// Number of a population and of a variable, and what the variable counts from.
    fn place(&self, population: &str, variable: &str) -> Option<(usize, usize, f64)> {
        let number = self.populations.iter().position(|span| span.name == population)?;
        let model = self.models.get(number)?;
        let variable = model.variables().iter().position(|name| *name == variable)?;
        Some((number, variable, if variable == 0 { model.rest_mv() } else { 0.0 }))
    }

    /// Goes on for `duration_ms`, rounded to steps; gives the time that was reached, which comes early if the observer asks.
    ///
    /// # Errors
    /// [`NetworkError::Key`] for a duration that is no time from 0 on, [`NetworkError::Recorder`].
    pub fn run(&mut self, duration_ms: f64, observer: &mut dyn Observer) -> Result<f64, NetworkError> {
        self.run_among(&Alone, duration_ms, observer)
    }

    /// The same as a rank of `meeting`. The observer of rank 0 is told all, those of other ranks only what time was reached; any of
    /// them may ask all ranks to stop.
    ///
    /// # Errors
    /// As for [`run`](Self::run), and [`NetworkError::Meeting`].
    pub fn run_among(
        &mut self,
        meeting: &dyn Meeting,
        duration_ms: f64,
        observer: &mut dyn Observer,
    ) -> Result<f64, NetworkError> {
        let steps = (duration_ms / self.dt_ms).round();
        if !(0.0..9e15).contains(&steps) {
            let (network, key) = (self.name.clone(), "run.duration_ms".to_owned());
            let problem = format!("{duration_ms}; give a time from 0 ms");
            return Err(NetworkError::Key { network, key, problem });
        }
        let course = Course {
            dt_ms: self.dt_ms,
            start: self.step,
            steps: steps as u64,
            window: self.window,
            threads: self.threads,
        };
        let first: Vec<u32> = self.populations.iter().map(|span| span.first).collect();
        if let Some(events) = &mut self.events {
            let stop = self.step + steps as u64;
            self.step = event::run(&mut self.partitions, events, &first, stop, observer)?;
            return Ok(self.time_ms());
        }
        self.step = run(&mut self.partitions, &first, course, meeting, observer)?;
        Ok(self.time_ms())
    }
}
