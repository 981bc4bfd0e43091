//! What a state on disk has of plastic synapses: numbers in rows, one for each neuron of the source or of the target population,
//! that are the same whatever the partitions.
//!
//! Traces of sources and targets, and resources, are as after the last spike that is in the row. Spikes of targets that may still
//! be looked back at, or are not known to all synapses, are bits; whoever goes on takes them up once more, one after the other.

use super::Plastic;
use super::stdp;
use super::trace::Trace;
use super::tsodyks_markram;
use crate::network::connect::Rows;
use safetensors::Dtype;
use std::ops::Range;

/// A kind of number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::network) enum Kind {
    U,
    X,
    LastStep,
    Weights,
    SourceTrace,
    SourceStep,
    TargetTrace,
    TargetStep,
    TargetSpikes,
}

/// A tensor: its name, the kind of its numbers, and how many a row has.
pub(in crate::network) type Field = (&'static str, Kind, Dtype, usize);

impl Kind {
    /// Whether there is a row for each source, of which all partitions have all, or one for each target.
    pub(in crate::network) fn of_sources(self) -> bool {
        matches!(self, Self::U | Self::X | Self::LastStep | Self::SourceTrace | Self::SourceStep)
    }
}

impl Plastic {
    /// The tensors of the state. That of the spikes of targets is the narrowest, and taken last.
    pub(in crate::network) fn fields(&self) -> Vec<Field> {
        match self {
            Self::TsodyksMarkram(_) => vec![
                ("u", Kind::U, Dtype::F64, 1),
                ("x", Kind::X, Dtype::F64, 1),
                ("last_step", Kind::LastStep, Dtype::U64, 1),
            ],
            Self::Stdp(synapses) => vec![
                ("weights", Kind::Weights, Dtype::F64, synapses.largest_indegree),
                ("source_trace", Kind::SourceTrace, Dtype::F64, 1),
                ("source_step", Kind::SourceStep, Dtype::U64, 1),
                ("target_trace", Kind::TargetTrace, Dtype::F64, 1),
                ("target_step", Kind::TargetStep, Dtype::U64, 1),
                ("target_spikes", Kind::TargetSpikes, Dtype::U8, synapses.spike_bytes()),
            ],
        }
    }

    /// Adds the rows of `neurons` to `bytes`: numbers of sources, or of targets in the partition. `now` is the next step.
    pub(in crate::network) fn pack(&self, kind: Kind, neurons: Range<usize>, now: u64, bytes: &mut Vec<u8>) {
        match self {
            Self::TsodyksMarkram(synapses) => synapses.pack(kind, neurons, bytes),
            Self::Stdp(synapses) => synapses.pack(kind, neurons, now, bytes),
        }
    }

    /// Takes the rows of all sources, or of all targets in the partition.
    pub(in crate::network) fn unpack(&mut self, kind: Kind, rows: &Rows, now: u64, bytes: &[u8]) {
        match self {
            Self::TsodyksMarkram(synapses) => synapses.unpack(kind, bytes),
            Self::Stdp(synapses) => synapses.unpack(kind, rows, now, bytes),
        }
    }
}

impl tsodyks_markram::Synapses {
    fn pack(&self, kind: Kind, sources: Range<usize>, bytes: &mut Vec<u8>) {
        for resources in &self.resources[sources] {
            bytes.extend(match kind {
                Kind::U => resources.u.to_le_bytes(),
                Kind::X => resources.x.to_le_bytes(),
                _ => resources.last.to_le_bytes(),
            });
        }
    }

    fn unpack(&mut self, kind: Kind, bytes: &[u8]) {
        for (resources, number) in self.resources.iter_mut().zip(bytes.as_chunks().0) {
            match kind {
                Kind::U => resources.u = f64::from_le_bytes(*number),
                Kind::X => resources.x = f64::from_le_bytes(*number),
                _ => resources.last = u64::from_le_bytes(*number),
            }
        }
    }
}

impl stdp::Synapses {
    /// Bytes of a row of spikes, a bit for each step that can be looked back at.
    fn spike_bytes(&self) -> usize {
        self.state.targets.reach.div_ceil(8) as usize
    }

    fn pack(&self, kind: Kind, neurons: Range<usize>, now: u64, bytes: &mut Vec<u8>) {
        let state = &self.state;
        for neuron in neurons {
            let start = bytes.len();
            match kind {
                Kind::Weights => {
                    for synapse in self.columns.get(self.columns.of(neuron)) {
                        bytes.extend(state.weights[synapse.place as usize].to_le_bytes());
                    }
                    bytes.resize(start + size_of::<f64>() * self.largest_indegree, 0);
                }
                Kind::SourceTrace => bytes.extend(state.sources[neuron].value.to_le_bytes()),
                Kind::SourceStep => bytes.extend(state.sources[neuron].step.to_le_bytes()),
                Kind::TargetTrace => bytes.extend(state.targets.base(neuron, now).value.to_le_bytes()),
                Kind::TargetStep => bytes.extend(state.targets.base(neuron, now).step.to_le_bytes()),
                Kind::TargetSpikes => {
                    bytes.resize(start + self.spike_bytes(), 0);
                    for step in state.targets.recent(neuron, now) {
                        let ago = (now - 1 - step) as usize;
                        bytes[start + ago / 8] |= 1 << (ago % 8);
                    }
                }
                Kind::U | Kind::X | Kind::LastStep => {}
            }
        }
    }

    fn unpack(&mut self, kind: Kind, rows: &Rows, now: u64, bytes: &[u8]) {
        match kind {
            Kind::Weights => {
                let width = (size_of::<f64>() * self.largest_indegree).max(1);
                for (target, row) in bytes.chunks_exact(width).enumerate() {
                    let column = self.columns.get(self.columns.of(target));
                    for (synapse, weight) in column.iter().zip(row.as_chunks().0) {
                        self.state.weights[synapse.place as usize] = f64::from_le_bytes(*weight);
                    }
                }
            }
            Kind::SourceTrace => {
                let values = bytes.as_chunks().0.iter().map(|value| f64::from_le_bytes(*value));
                self.state.sources.iter_mut().zip(values).for_each(|(trace, value)| trace.value = value);
            }
            Kind::SourceStep => {
                let steps = bytes.as_chunks().0.iter().map(|step| u64::from_le_bytes(*step));
                self.state.sources.iter_mut().zip(steps).for_each(|(trace, step)| trace.step = step);
            }
            Kind::TargetTrace | Kind::TargetStep => {
                let targets = &mut self.state.targets;
                for (neuron, number) in bytes.as_chunks().0.iter().enumerate() {
                    let last = targets.last(neuron);
                    let base = match kind {
                        Kind::TargetTrace => Trace { value: f64::from_le_bytes(*number), ..last },
                        _ => Trace { step: u64::from_le_bytes(*number), ..last },
                    };
                    targets.start_from(neuron, base);
                }
            }
            Kind::TargetSpikes => {
                for (target, row) in bytes.chunks_exact(self.spike_bytes()).enumerate() {
                    for ago in (0..8 * row.len() as u64).rev() {
                        if row[ago as usize / 8] >> (ago % 8) & 1 == 1 {
                            self.take_up(rows, target, now - 1 - ago, now);
                        }
                    }
                }
            }
            Kind::U | Kind::X | Kind::LastStep => {}
        }
    }
}
