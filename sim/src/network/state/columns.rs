//! The tensors of a state: what of the simulation each holds, as rows of bytes in order of the neurons.

use super::super::scheduler::event::state::{InFlight, Pending};
use super::super::simulation::Simulation;
use super::super::synapse::Plastic;
use super::super::synapse::saved::Kind;
use safetensors::Dtype;
use std::ops::Range;

/// A tensor, `[rows, width]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) rows: usize,
    pub(super) width: usize,
    of: Of,
}

/// What a tensor holds; populations and what they have by number.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Of {
    Neurons(usize, OfNeuron),
    Flight(OfFlight),
}

/// One row for each neuron of a population.
#[derive(Debug, Clone, Copy, PartialEq)]
enum OfNeuron {
    Variable(usize),
    Refractory,
    Ring(usize),
    SinceMs,
    ReadyMs,
    /// Of a drive.
    NextMs(usize),
    Drawn(usize),
    /// Of a projection, by its place in the partitions.
    Synapses(usize, Kind),
}

/// One row for each spike on its way.
#[derive(Debug, Clone, Copy, PartialEq)]
enum OfFlight {
    Population,
    Neuron,
    SentMs,
}

impl Column {
    /// Bytes of a row.
    pub(super) fn row_bytes(&self) -> usize {
        self.width * self.dtype.bitsize() / 8
    }

    /// The pieces that a simulation takes of it: the partition and the rows.
    pub(super) fn pieces(&self, simulation: &Simulation) -> Vec<(usize, Range<usize>)> {
        match self.of {
            // All partitions have all sources.
            Of::Neurons(_, OfNeuron::Synapses(_, kind)) if kind.of_sources() => {
                (0..simulation.partitions.len()).map(|partition| (partition, 0..self.rows)).collect()
            }
            Of::Neurons(population, _) => simulation
                .partitions
                .iter()
                .map(|partition| &partition.parts[population].range)
                .map(|range| range.start as usize..range.end as usize)
                .enumerate()
                .collect(),
            Of::Flight(_) => vec![(0, 0..self.rows)],
        }
    }
}

/// The tensors of a simulation's state, the widest numbers first; `in_flight` spikes are on their way.
pub(super) fn columns(simulation: &Simulation, in_flight: usize) -> Vec<Column> {
    let mut columns = Vec::new();
    for (number, span) in simulation.populations.iter().enumerate() {
        let mut column = |name: &str, dtype: Dtype, width: usize, of: OfNeuron| {
            let (name, rows) = (format!("population.{number}.{name}"), span.size as usize);
            columns.push(Column { name, dtype, rows, width, of: Of::Neurons(number, of) });
        };
        for (variable, name) in simulation.models[number].variables().iter().enumerate() {
            column(name, Dtype::F64, 1, OfNeuron::Variable(variable));
        }
        if simulation.events.is_some() {
            column("since_ms", Dtype::F64, 1, OfNeuron::SinceMs);
            column("ready_ms", Dtype::F64, 1, OfNeuron::ReadyMs);
            continue;
        }
        column("refractory", Dtype::I32, 1, OfNeuron::Refractory);
        let rings = simulation.partitions.first().map_or(&[][..], |first| &first.parts[number].rings);
        for (ring, cells) in rings.iter().enumerate() {
            let dtype = if cells.counts().is_some() { Dtype::U16 } else { Dtype::F64 };
            column(&format!("ring.{ring}"), dtype, cells.slots(), OfNeuron::Ring(ring));
        }
    }
    if let Some(events) = &simulation.events {
        for (drive, arrivals) in events.arrivals.iter().enumerate() {
            let rows = simulation.populations[arrivals.population].size as usize;
            let mut column = |name: &str, dtype: Dtype, of: OfNeuron| {
                let (name, of) = (format!("drive.{drive}.{name}"), Of::Neurons(arrivals.population, of));
                columns.push(Column { name, dtype, rows, width: 1, of });
            };
            column("next_ms", Dtype::F64, OfNeuron::NextMs(drive));
            column("drawn", Dtype::U64, OfNeuron::Drawn(drive));
        }
        for (name, dtype, of) in [
            ("in_flight.population", Dtype::U32, OfFlight::Population),
            ("in_flight.neuron", Dtype::U32, OfFlight::Neuron),
            ("in_flight.sent_ms", Dtype::F64, OfFlight::SentMs),
        ] {
            let (name, of) = (name.to_owned(), Of::Flight(of));
            columns.push(Column { name, dtype, rows: in_flight, width: 1, of });
        }
    }
    for (place, of) in
        simulation.partitions.first().into_iter().flat_map(|p| p.projections.iter().enumerate())
    {
        for (name, kind, dtype, width) in
            of.plastic.iter().flat_map(Plastic::fields).filter(|field| field.3 > 0)
        {
            let population = if kind.of_sources() { of.source } else { of.target };
            let (name, rows) = (
                format!("projection.{}.{name}", of.number),
                simulation.populations[population].size as usize,
            );
            let of = Of::Neurons(population, OfNeuron::Synapses(place, kind));
            columns.push(Column { name, dtype, rows, width, of });
        }
    }
    columns.sort_by_key(|column| std::cmp::Reverse(column.dtype.bitsize()));
    columns
}

/// The bytes of all neurons of a tensor.
pub(super) fn pack(simulation: &Simulation, pending: &Pending, column: &Column) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(column.rows * column.row_bytes());
    let (population, of) = match column.of {
        Of::Neurons(population, of) => (population, of),
        Of::Flight(of) => {
            for spike in &pending.in_flight {
                match of {
                    OfFlight::Population => bytes.extend(spike.population.to_le_bytes()),
                    OfFlight::Neuron => bytes.extend(spike.neuron.to_le_bytes()),
                    OfFlight::SentMs => bytes.extend(spike.sent_ms.to_le_bytes()),
                }
            }
            return bytes;
        }
    };
    let out = &mut bytes;
    for (number, partition) in simulation.partitions.iter().enumerate() {
        let part = &partition.parts[population];
        let (first, end) = (part.range.start as usize, part.range.end as usize);
        let lazy = simulation.events.as_ref().map_or(&[][..], |events| &events.lazy[number][population]);
        match of {
            OfNeuron::Variable(variable) => {
                put(out, part.state.variables[variable].iter().map(|x| x.to_le_bytes()));
            }
            OfNeuron::SinceMs => put(out, lazy.iter().map(|lazy| lazy.since_ms.to_le_bytes())),
            OfNeuron::ReadyMs => put(out, lazy.iter().map(|lazy| lazy.ready_ms.to_le_bytes())),
            OfNeuron::NextMs(drive) => {
                put(out, pending.arrivals_ms[drive][first..end].iter().map(|x| x.to_le_bytes()));
            }
            OfNeuron::Refractory => put(out, part.state.refractory.iter().map(|x| x.to_le_bytes())),
            OfNeuron::Drawn(drive) => {
                let streams =
                    simulation.events.as_ref().map_or(&[][..], |events| &events.streams[drive][first..end]);
                put(out, streams.iter().map(|stream| stream.drawn().to_le_bytes()));
            }
            OfNeuron::Synapses(place, kind) => {
                let neurons = if kind.of_sources() { first..end } else { 0..end - first };
                if let Some(plastic) = &partition.projections[place].plastic {
                    plastic.pack(kind, neurons, simulation.step, out);
                }
            }
            OfNeuron::Ring(ring) => {
                let ring = &part.rings[ring];
                let places = ring.places(end - first);
                match (ring.counts(), ring.sums()) {
                    (Some(cells), _) => put(out, places.map(|place| cells[place].to_le_bytes())),
                    (None, Some(cells)) => put(out, places.map(|place| cells[place].to_le_bytes())),
                    (None, None) => {}
                }
            }
        }
    }
    bytes
}

/// Puts a piece of a tensor into its place: rows `rows` in partition `number`.
pub(super) fn unpack(
    simulation: &mut Simulation,
    pending: &mut Pending,
    column: &Column,
    (number, rows): (usize, Range<usize>),
    bytes: &[u8],
) {
    let (population, of) = match column.of {
        Of::Neurons(population, of) => (population, of),
        Of::Flight(of) => {
            let none = InFlight { population: 0, neuron: 0, sent_ms: 0.0 };
            pending.in_flight.resize(rows.len(), none);
            let spikes = pending.in_flight.iter_mut();
            match of {
                OfFlight::Population => spikes.zip(u32s(bytes)).for_each(|(spike, x)| spike.population = x),
                OfFlight::Neuron => spikes.zip(u32s(bytes)).for_each(|(spike, x)| spike.neuron = x),
                OfFlight::SentMs => spikes.zip(f64s(bytes)).for_each(|(spike, x)| spike.sent_ms = x),
            }
            return;
        }
    };
    let partition = &mut simulation.partitions[number];
    let part = &mut partition.parts[population];
    match (of, &mut simulation.events) {
        (OfNeuron::Synapses(place, kind), _) => {
            let projection = &mut partition.projections[place];
            if let Some(plastic) = &mut projection.plastic {
                plastic.unpack(kind, &projection.rows, simulation.step, bytes);
            }
        }
        (OfNeuron::Variable(variable), _) => fill(&mut part.state.variables[variable], f64s(bytes)),
        (OfNeuron::Refractory, _) => fill(&mut part.state.refractory, i32s(bytes)),
        (OfNeuron::Ring(ring), _) => {
            let ring = &mut part.rings[ring];
            let places = ring.places(rows.len());
            if let Some(cells) = ring.counts_mut() {
                places.zip(u16s(bytes)).for_each(|(place, count)| cells[place] = count);
            } else if let Some(cells) = ring.sums_mut() {
                places.zip(f64s(bytes)).for_each(|(place, sum)| cells[place] = sum);
            }
            if bytes.iter().any(|byte| *byte != 0) {
                ring.expect(simulation.step);
            }
        }
        (OfNeuron::SinceMs, Some(events)) => {
            events.lazy[number][population]
                .iter_mut()
                .zip(f64s(bytes))
                .for_each(|(lazy, x)| lazy.since_ms = x);
        }
        (OfNeuron::ReadyMs, Some(events)) => {
            events.lazy[number][population]
                .iter_mut()
                .zip(f64s(bytes))
                .for_each(|(lazy, x)| lazy.ready_ms = x);
        }
        (OfNeuron::NextMs(drive), Some(events)) => {
            pending.arrivals_ms.resize(events.arrivals.len(), Vec::new());
            let times_ms = &mut pending.arrivals_ms[drive];
            times_ms.resize(column.rows, f64::INFINITY);
            fill(&mut times_ms[rows], f64s(bytes));
        }
        (OfNeuron::Drawn(drive), Some(events)) => {
            events.streams[drive][rows].iter_mut().zip(u64s(bytes)).for_each(|(stream, x)| stream.skip_to(x));
        }
        (OfNeuron::SinceMs | OfNeuron::ReadyMs | OfNeuron::NextMs(_) | OfNeuron::Drawn(_), None) => {}
    }
}

fn put<const N: usize>(bytes: &mut Vec<u8>, numbers: impl Iterator<Item = [u8; N]>) {
    numbers.for_each(|number| bytes.extend_from_slice(&number));
}

fn fill<T>(places: &mut [T], numbers: impl Iterator<Item = T>) {
    places.iter_mut().zip(numbers).for_each(|(place, number)| *place = number);
}

fn f64s(bytes: &[u8]) -> impl Iterator<Item = f64> {
    bytes.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes))
}

fn u64s(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes))
}

fn u32s(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes))
}

fn i32s(bytes: &[u8]) -> impl Iterator<Item = i32> {
    bytes.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes))
}

fn u16s(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes))
}
