//! The event-driven scheduler: neurons are looked at only when a spike reaches them or when they reach their threshold, and spike
//! times are bound to no grid.
//!
//! Each event brings a neuron's state to its time by the closed solution, changes it, and foretells the next crossing of the
//! threshold; what was foretold before lapses. A spike queues one event for each delay in the row of its synapses, not one for each
//! synapse. Events of one time are taken in a fixed order: arrivals before spikes, then by projection and neuron. Order of
//! operations and refractoriness are those of NEST's `iaf_psc_exp_ps` (Hanuschkin, Kunkel, Helias, Morrison & Diesmann 2010, Front
//! Neuroinform 4, 113).

pub(crate) mod closed_form;
mod crossing;
mod queue;
pub(crate) mod state;

use super::part::Part;
use super::step::Partition;
use crate::network::connect::Delays;
use crate::network::error::NetworkError;
use crate::network::observer::Observer;
use crate::network::random::{Key, Stream};
use closed_form::ClosedForm;
use queue::{Event, Queue, What};

/// Times that differ by less are one: what arrives at the very end of refractoriness is lost, as in the step scheduler.
const SAME_MS: f64 = 1e-9;

/// Poisson input of a population.
#[derive(Debug, Clone)]
pub(crate) struct Arrivals {
    pub(crate) population: usize,
    pub(crate) receptor: usize,
    pub(crate) weight: f64,
    pub(crate) rate_hz: f64,
    pub(crate) key: Key,
}

/// What event-driven neurons have beside their variables, and what is to come.
#[derive(Debug)]
pub(crate) struct Events {
    /// By population; none for sources.
    models: Vec<Option<ClosedForm>>,
    /// By population: time in ms and neuron of each given spike, ascending.
    given: Vec<Vec<(f64, u32)>>,
    pub(crate) arrivals: Vec<Arrivals>,
    /// Stream of each neuron of each of them.
    pub(crate) streams: Vec<Vec<Stream>>,
    /// By partition, then by population.
    pub(crate) lazy: Vec<Vec<Vec<Lazy>>>,
    /// By recorder: partition, population and number of each of its probes.
    probes: Vec<Vec<[usize; 3]>>,
    queue: Queue,
    now_ms: f64,
    dt_ms: f64,
    /// Until when crossings were foretold.
    foretold_ms: f64,
}

/// The time of a neuron's state.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lazy {
    pub(crate) since_ms: f64,
    /// End of refractoriness.
    pub(crate) ready_ms: f64,
    /// Number of the last foretelling; older ones have lapsed.
    version: u32,
}

impl Events {
    pub(crate) fn new(
        models: Vec<Option<ClosedForm>>,
        given: Vec<Vec<(f64, u32)>>,
        arrivals: Vec<Arrivals>,
        partitions: &[Partition],
        dt_ms: f64,
    ) -> Self {
        let lazy = partitions
            .iter()
            .map(|partition| {
                partition.parts.iter().map(|part| vec![Lazy::default(); part.range.len()]).collect()
            })
            .collect();
        let mut events = Self {
            models,
            given,
            streams: Vec::new(),
            arrivals,
            lazy,
            probes: probes(partitions),
            queue: Queue::default(),
            now_ms: 0.0,
            dt_ms,
            foretold_ms: 0.0,
        };
        let sizes: Vec<u32> = (0..events.models.len())
            .map(|population| partitions.last().map_or(0, |last| last.parts[population].range.end))
            .collect();
        for number in 0..events.arrivals.len() {
            let arrivals = &events.arrivals[number];
            let neurons = 0..sizes[arrivals.population];
            let streams = neurons.clone().map(|neuron| arrivals.key.stream(u64::from(neuron))).collect();
            events.streams.push(streams);
            neurons.for_each(|neuron| events.next_arrival(number as u32, neuron));
        }
        (0..events.given.len()).for_each(|population| events.next_given(population as u32, 0));
        (0..events.probes.len()).for_each(|recorder| events.next_probe(partitions, recorder, 1));
        events
    }

    /// Queues values of a recorder.
    fn next_probe(&mut self, partitions: &[Partition], recorder: usize, count: u64) {
        let Some([partition, population, number]) = self.probes[recorder].first() else { return };
        let every = partitions[*partition].parts[*population].probes[*number].every;
        let time_ms = (count * every) as f64 * self.dt_ms;
        self.queue.push(Event { time_ms, what: What::Probe { recorder: recorder as u32, count } });
    }

    /// Queues a given spike.
    fn next_given(&mut self, population: u32, number: u32) {
        let given = self.given.get(population as usize).and_then(|given| given.get(number as usize));
        if let Some((time_ms, _)) = given {
            self.queue.push(Event { time_ms: *time_ms, what: What::Given { population, number } });
        }
    }

    /// Queues the next arrival of a Poisson input.
    fn next_arrival(&mut self, arrivals: u32, neuron: u32) {
        let rate_hz = self.arrivals[arrivals as usize].rate_hz;
        let gap_ms = 1000.0 * self.streams[arrivals as usize][neuron as usize].exponential() / rate_hz;
        if gap_ms.is_finite() {
            self.queue
                .push(Event { time_ms: self.now_ms + gap_ms, what: What::Arrival { arrivals, neuron } });
        }
    }
}

/// The probes of each recorder, in order of their neurons.
fn probes(partitions: &[Partition]) -> Vec<Vec<[usize; 3]>> {
    let mut of = Vec::new();
    for (partition, parts) in partitions.iter().enumerate() {
        for (population, part) in parts.parts.iter().enumerate() {
            for (number, probe) in part.probes.iter().enumerate() {
                of.resize(of.len().max(probe.recorder + 1), Vec::new());
                of[probe.recorder].push([partition, population, number]);
            }
        }
    }
    of
}

/// Goes on to the end of step `stop`; gives the step that was reached, which comes early if the observer asks to stop, as it may
/// about every ms. Recorders have values at the ends of steps, and delays are in steps.
pub(crate) fn run(
    partitions: &mut [Partition],
    events: &mut Events,
    first_neuron: &[u32],
    stop: u64,
    observer: &mut dyn Observer,
) -> Result<u64, NetworkError> {
    let (dt_ms, mut asked_ms) = (events.dt_ms, events.now_ms);
    let (mut stop, mut stop_ms) = (stop, stop as f64 * dt_ms);
    let mut run = Running { partitions, events, first_neuron };
    run.foretell_all(stop_ms);
    while let Some(event) = run.events.queue.pop_until(stop_ms) {
        run.events.now_ms = event.time_ms;
        run.take(event, observer).map_err(NetworkError::Recorder)?;
        if event.time_ms - asked_ms > 1.0 {
            asked_ms = event.time_ms;
            if !observer.reached(asked_ms).map_err(NetworkError::Recorder)? {
                // All that happens in this step still does: a state is of the end of a step.
                let step = (asked_ms / dt_ms).ceil() as u64;
                stop = stop.min(if (step as f64 * dt_ms) < asked_ms { step + 1 } else { step });
                stop_ms = stop as f64 * dt_ms;
            }
        }
    }
    run.events.now_ms = stop_ms;
    observer.reached(stop_ms).map_err(NetworkError::Recorder)?;
    Ok(stop)
}

struct Running<'a> {
    partitions: &'a mut [Partition],
    events: &'a mut Events,
    first_neuron: &'a [u32],
}

impl Running<'_> {
    /// Foretells the crossings of all neurons up to `until_ms`.
    fn foretell_all(&mut self, until_ms: f64) {
        self.events.foretold_ms = until_ms;
        for partition in 0..self.partitions.len() {
            for population in 0..self.first_neuron.len() {
                for local in 0..self.partitions[partition].parts[population].range.len() {
                    self.foretell([partition, population, local]);
                }
            }
        }
    }

    fn take(
        &mut self,
        event: Event,
        observer: &mut dyn Observer,
    ) -> Result<(), crate::network::observer::ObserverError> {
        match event.what {
            What::Row { partition, projection, place, end, sent_ms } => {
                self.deliver(
                    [partition as usize, projection as usize],
                    place as usize..end as usize,
                    sent_ms,
                );
            }
            What::Arrival { arrivals, neuron } => {
                let Arrivals { population, receptor, weight, .. } = self.events.arrivals[arrivals as usize];
                let partition = self.partitions.partition_point(|p| p.parts[population].range.end <= neuron);
                let local = neuron - self.partitions[partition].parts[population].range.start;
                self.receive([partition, population, local as usize], receptor, weight);
                self.events.next_arrival(arrivals, neuron);
            }
            What::Spike { place, version } => {
                let place = place.map(|number| number as usize);
                if self.lazy(place).version == version {
                    let neuron = self.fire(place);
                    observer.spikes(event.time_ms, &[self.first_neuron[place[1]] + neuron])?;
                }
            }
            What::Given { population, number } => {
                let (_, neuron) = self.events.given[population as usize][number as usize];
                observer.spikes(event.time_ms, &[self.first_neuron[population as usize] + neuron])?;
                self.send(population as usize, neuron);
                self.events.next_given(population, number + 1);
            }
            What::Probe { recorder, count } => {
                let mut values = Vec::new();
                for [partition, population, number] in self.events.probes[recorder as usize].clone() {
                    let probe = self.partitions[partition].parts[population].probes[number].clone();
                    values.extend(probe.neurons.map(|local| {
                        self.state_at([partition, population, local])[probe.variable] + probe.offset
                    }));
                }
                observer.values(recorder as usize, event.time_ms, &values)?;
                self.events.next_probe(self.partitions, recorder as usize, count + 1);
            }
        }
        Ok(())
    }

    fn lazy(&mut self, [partition, population, local]: [usize; 3]) -> &mut Lazy {
        &mut self.events.lazy[partition][population][local]
    }

    fn part(&mut self, [partition, population, _]: [usize; 3]) -> &mut Part {
        &mut self.partitions[partition].parts[population]
    }

    /// The variables of a neuron now.
    fn state_at(&mut self, place: [usize; 3]) -> [f64; 3] {
        let now_ms = self.events.now_ms;
        let Lazy { since_ms, ready_ms, .. } = *self.lazy(place);
        let mut state = [0.0; 3];
        let Some(model) = self.events.models[place[1]] else { return state };
        for (value, variable) in state.iter_mut().zip(&self.part(place).state.variables) {
            *value = variable[place[2]];
        }
        // The part of the way during which the potential is held, and the rest of it.
        let held_ms = ready_ms.clamp(since_ms, now_ms.max(since_ms));
        if held_ms > since_ms {
            state = model.advance(state, held_ms - since_ms, true);
        }
        if now_ms > held_ms { model.advance(state, now_ms - held_ms, false) } else { state }
    }

    fn set(&mut self, place: [usize; 3], state: [f64; 3]) {
        for (value, variable) in state.iter().zip(&mut self.part(place).state.variables) {
            variable[place[2]] = *value;
        }
        self.lazy(place).since_ms = self.events.now_ms;
    }

    /// Queues the next crossing of a neuron whose state is of `since_ms`.
    fn foretell(&mut self, place: [usize; 3]) {
        let Some(model) = self.events.models[place[1]] else { return };
        let horizon_ms = self.events.foretold_ms;
        let Lazy { since_ms, ready_ms, .. } = *self.lazy(place);
        let mut state = [0.0; 3];
        for (value, variable) in state.iter_mut().zip(&self.part(place).state.variables) {
            *value = variable[place[2]];
        }
        let from_ms = ready_ms.max(since_ms);
        if from_ms > since_ms {
            state = model.advance(state, from_ms - since_ms, true);
        }
        let lazy = self.lazy(place);
        lazy.version = lazy.version.wrapping_add(1);
        let version = lazy.version;
        let time_ms = model.threshold_in_ms(state).map(|ms| from_ms + ms);
        if let Some(time_ms) = time_ms.filter(|time_ms| *time_ms <= horizon_ms) {
            let what = What::Spike { place: place.map(|number| number as u32), version };
            self.events.queue.push(Event { time_ms, what });
        }
    }

    fn receive(&mut self, place: [usize; 3], receptor: usize, weight: f64) {
        let Some(model) = self.events.models[place[1]] else { return };
        let refractory = self.events.now_ms <= self.lazy(place).ready_ms + SAME_MS;
        let state = self.state_at(place);
        self.set(place, model.receive(state, receptor, weight, refractory));
        self.foretell(place);
    }

    /// A neuron fires now: resets it and sends its spike on its way. Gives its number in the population.
    fn fire(&mut self, place: [usize; 3]) -> u32 {
        let neuron = self.part(place).range.start + place[2] as u32;
        let Some(model) = self.events.models[place[1]] else { return neuron };
        let now_ms = self.events.now_ms;
        let [_, ex, inh] = self.state_at(place);
        self.set(place, [model.reset, ex, inh]);
        self.lazy(place).ready_ms = now_ms + model.t_ref_ms;
        self.foretell(place);
        self.send(place[1], neuron);
        neuron
    }

    /// Sends a spike of a neuron on its way.
    fn send(&mut self, population: usize, neuron: u32) {
        for partition in 0..self.partitions.len() {
            for projection in 0..self.partitions[partition].projections.len() {
                let of = &self.partitions[partition].projections[projection];
                let row = of.rows.row(neuron);
                if of.source == population {
                    self.queue_row([partition, projection], row, self.events.now_ms);
                }
            }
        }
    }

    /// Queues the delivery of the synapses `row`, of which those of the least delay come first.
    fn queue_row(&mut self, [partition, projection]: [usize; 2], row: std::ops::Range<usize>, sent_ms: f64) {
        if row.is_empty() {
            return;
        }
        let delay = self.partitions[partition].projections[projection].rows.delay(row.start);
        let (partition, projection) = (partition as u32, projection as u32);
        let (place, end) = (row.start as u32, row.end as u32);
        let what = What::Row { partition, projection, place, end, sent_ms };
        self.events.queue.push(Event { time_ms: sent_ms + f64::from(delay) * self.events.dt_ms, what });
    }

    fn deliver(&mut self, at: [usize; 2], row: std::ops::Range<usize>, sent_ms: f64) {
        let of = &self.partitions[at[0]].projections[at[1]];
        let delay = of.rows.delay(row.start);
        let same = match &of.rows.delays {
            Delays::Constant(_) => row.len(),
            Delays::Drawn(delays) => {
                delays[row.clone()].iter().take_while(|d| u32::from(**d) == delay).count()
            }
        };
        let (population, receptor) = (of.target, of.receptor);
        for synapse in row.start..row.start + same {
            let rows = &self.partitions[at[0]].projections[at[1]].rows;
            let (local, weight) = (usize::from(rows.targets[synapse]), rows.weight(synapse));
            self.receive([at[0], population, local], receptor, weight);
        }
        self.queue_row(at, row.start + same..row.end, sent_ms);
    }
}
