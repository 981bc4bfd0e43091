//! What the first thread of a rank does at the end of a window: it meets the other ranks, and tells the observer of rank 0 what
//! happened, in order of time.
//!
//! A rank brings to a meeting, in words of four bytes: whether it asks to stop, then for each step and population the number of
//! those who fired, and their numbers. To rank 0 it brings for each recorder the number of its recorded neurons, and row by row
//! what they have.

use super::part::Probe;
use super::step::{Crew, Output};
use crate::network::error::NetworkError;
use crate::network::meeting::Meeting;
use crate::network::observer::{Observer, ObserverError};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// Speaks for the threads of this rank.
pub(super) struct Reporter<'a, 'b> {
    crew: &'a Crew<'a>,
    /// Of the own partitions.
    probes: &'a [Vec<Probe>],
    first_neuron: &'a [u32],
    meeting: &'b dyn Meeting,
    observer: &'b mut dyn Observer,
    /// This rank asks all to stop.
    asks: bool,
    pub(super) failure: Option<NetworkError>,
}

/// What a rank has of a recorder in a window: neurons, and their values row by row.
#[derive(Default)]
struct Rows {
    width: usize,
    values: Vec<f64>,
}

impl<'a, 'b> Reporter<'a, 'b> {
    pub(super) fn new(
        crew: &'a Crew<'a>,
        probes: &'a [Vec<Probe>],
        first_neuron: &'a [u32],
        meeting: &'b dyn Meeting,
        observer: &'b mut dyn Observer,
    ) -> Self {
        Self { crew, probes, first_neuron, meeting, observer, asks: false, failure: None }
    }

    /// Tells the other ranks who fired, and hears it from them.
    pub(super) fn meet(&mut self, window: u64) {
        let asked = self.exchange(window);
        let asked = asked.unwrap_or_else(|error| {
            self.failure.get_or_insert(NetworkError::Meeting(error));
            true
        });
        if asked {
            // All ranks know, so all end with this window.
            self.crew.last_window.fetch_min(window + 1, Ordering::AcqRel);
        }
    }

    /// Whether any rank asks to stop.
    fn exchange(&mut self, window: u64) -> Result<bool, ObserverError> {
        let (_, steps) = self.crew.window(window);
        let (side, own) = ((window % 2) as usize, self.crew.own());
        let mut words = vec![u32::from(self.asks)];
        {
            let outputs: Vec<_> = self.crew.outputs[own.clone()]
                .iter()
                .map(|output| output[side].read().unwrap_or_else(PoisonError::into_inner))
                .collect();
            for step in 0..steps as usize {
                for population in 0..self.first_neuron.len() {
                    let place = words.len();
                    words.push(0);
                    for output in &outputs {
                        words.extend_from_slice(&output[population].fired[step]);
                    }
                    words[place] = (words.len() - place - 1) as u32;
                }
            }
        }
        let messages = self.meeting.share(words.into_iter().flat_map(u32::to_le_bytes).collect())?;
        let mut asked = false;
        for (rank, message) in messages.iter().enumerate() {
            let mut words = message.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word));
            asked |= words.next().is_none_or(|asks| asks != 0);
            // Slots of the ranks before, of the own partitions, of the ranks after.
            let slot = match rank.cmp(&self.meeting.rank()) {
                std::cmp::Ordering::Less => rank,
                std::cmp::Ordering::Equal => continue,
                std::cmp::Ordering::Greater => rank + own.len() - 1,
            };
            let mut output = self.crew.outputs[slot][side].write().unwrap_or_else(PoisonError::into_inner);
            for step in 0..steps as usize {
                for part in output.iter_mut() {
                    part.fired.resize_with(part.fired.len().max(steps as usize), Vec::new);
                    let fired = &mut part.fired[step];
                    fired.clear();
                    let count = words.next().unwrap_or(0) as usize;
                    fired.extend(words.by_ref().take(count));
                }
            }
        }
        Ok(asked)
    }

    /// Tells the observer of a window.
    pub(super) fn report(&mut self, window: u64) {
        let goes_on = self.tell(window);
        let goes_on = goes_on.unwrap_or_else(|error| {
            self.failure.get_or_insert(error);
            false
        });
        self.asks |= !goes_on;
        if self.asks && self.meeting.ranks() == 1 {
            // Another thread may have passed the check of this window, but none that of the next.
            self.crew.last_window.fetch_min(window + 2, Ordering::AcqRel);
        }
    }

    fn tell(&mut self, window: u64) -> Result<bool, NetworkError> {
        let (start, steps) = self.crew.window(window);
        let rows = self.rows(window).map_err(NetworkError::Meeting)?;
        if self.failure.is_some() {
            return Ok(false);
        }
        self.observe(window, &rows).map_err(NetworkError::Recorder)?;
        self.observer.reached(self.time_ms(start + steps - 1)).map_err(NetworkError::Recorder)
    }

    fn time_ms(&self, step: u64) -> f64 {
        (step + 1) as f64 * self.crew.course.dt_ms
    }

    /// Tells of spikes and recorded values, on rank 0.
    fn observe(&mut self, window: u64, rows: &[Vec<Rows>]) -> Result<(), ObserverError> {
        if self.meeting.rank() > 0 {
            return Ok(());
        }
        let (start, steps) = self.crew.window(window);
        let side = (window % 2) as usize;
        {
            let outputs: Vec<_> = self
                .crew
                .outputs
                .iter()
                .map(|output| output[side].read().unwrap_or_else(PoisonError::into_inner))
                .collect();
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
                    self.observer.spikes(self.time_ms(start + step), &neurons)?;
                }
            }
        }
        for recorder in 0..self.recorders() {
            let Some(probe) = self.probes.iter().flatten().find(|probe| probe.recorder == recorder) else {
                continue;
            };
            let mut values = Vec::new();
            for (row, step) in probe.recorded(start, steps).enumerate() {
                values.clear();
                for of in rows.iter().filter_map(|of| of.get(recorder)) {
                    values.extend_from_slice(
                        of.values.get(row * of.width..(row + 1) * of.width).unwrap_or(&[]),
                    );
                }
                self.observer.values(recorder, self.time_ms(step), &values)?;
            }
        }
        Ok(())
    }

    fn recorders(&self) -> usize {
        self.probes.iter().flatten().map(|probe| probe.recorder + 1).max().unwrap_or(0)
    }

    /// What was recorded in a window, by rank and recorder; of all ranks on rank 0.
    fn rows(&self, window: u64) -> Result<Vec<Vec<Rows>>, ObserverError> {
        let (start, steps) = self.crew.window(window);
        let probes = || self.probes.iter().flatten();
        if probes().all(|probe| probe.recorded(start, steps).next().is_none()) {
            return Ok(Vec::new());
        }
        let own = self.own_rows(window);
        if self.meeting.ranks() == 1 {
            return Ok(vec![own]);
        }
        let mut message = Vec::new();
        for rows in &own {
            message.extend((rows.width as u64).to_le_bytes());
            message.extend((rows.values.len() as u64).to_le_bytes());
            message.extend(rows.values.iter().flat_map(|value| value.to_le_bytes()));
        }
        let messages = self.meeting.gather(message)?;
        Ok(messages.iter().map(|message| read_rows(message)).collect())
    }

    /// What the own partitions recorded, by recorder.
    fn own_rows(&self, window: u64) -> Vec<Rows> {
        let (start, steps) = self.crew.window(window);
        let side = (window % 2) as usize;
        let outputs: Vec<_> = self.crew.outputs[self.crew.own()]
            .iter()
            .map(|output| output[side].read().unwrap_or_else(PoisonError::into_inner))
            .collect();
        (0..self.recorders())
            .map(|recorder| {
                // The pieces of the recorded neurons, partition after partition.
                let pieces: Vec<_> = self
                    .probes
                    .iter()
                    .zip(&outputs)
                    .flat_map(|(probes, output)| {
                        probes.iter().zip(output.iter().flat_map(|part| &part.values))
                    })
                    .filter(|(probe, _)| probe.recorder == recorder)
                    .collect();
                let width = pieces.iter().map(|(probe, _)| probe.neurons.len()).sum();
                let rows = pieces.first().map_or(0, |(probe, _)| probe.recorded(start, steps).count());
                let values = (0..rows).flat_map(|row| {
                    pieces.iter().flat_map(move |(probe, values)| {
                        let width = probe.neurons.len();
                        values.get(row * width..(row + 1) * width).into_iter().flatten().copied()
                    })
                });
                Rows { width, values: values.collect() }
            })
            .collect()
    }
}

fn read_rows(message: &[u8]) -> Vec<Rows> {
    let mut words = message.as_chunks().0.iter();
    let mut rows = Vec::new();
    while let (Some(width), Some(count)) = (words.next(), words.next()) {
        let [width, count] = [width, count].map(|word| u64::from_le_bytes(*word) as usize);
        let values = words.by_ref().take(count).map(|word| f64::from_le_bytes(*word)).collect();
        rows.push(Rows { width, values });
    }
    rows
}

/// Room for what the partitions of this rank and the other ranks do in a window, in order of their neurons.
pub(super) fn outputs(
    populations: usize,
    partitions: usize,
    meeting: &dyn Meeting,
) -> Vec<[std::sync::RwLock<Output>; 2]> {
    let slots = partitions + meeting.ranks() - 1;
    let output = || std::sync::RwLock::new((0..populations).map(|_| Default::default()).collect());
    (0..slots).map(|_| [output(), output()]).collect()
}
