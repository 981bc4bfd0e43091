//! A network laid out on the cores of a chip: what one time step computes, and the messages it sends.
//!
//! Neurons lie core by core, in the order in which a core updates them. All synapses of a neuron onto one core are an
//! *axon*: a spike sends one message to each core that it reaches, and the core works through the synapses of the axon as
//! one burst. What a burst costs is known beforehand, so that a message is one event however many synapses it has.

mod axons;

use super::neuron::{self, Did, InputUnit, NO_INPUT, Plain, State};
use super::{Attributes, Network};
use crate::hardware::ChipError;
use crate::hardware::description::{Chip, CoreKind, SomaModel};
use std::ops::Range;

/// A neuron's synapses onto one core.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axon {
    /// Core that the neuron lies on.
    pub(crate) source: u32,
    /// Core that the synapses lie on.
    pub(crate) core: u32,
    /// Number of synapses.
    pub(crate) synapses: u32,
    /// Energy of the synapses and of the dendrites they drive, pJ.
    pub(crate) synapse_pj: f64,
    pub(crate) dendrite_pj: f64,
    /// Time that the core takes for a message, axon in included, s.
    pub(crate) service_s: f64,
}

/// Weights of all synapses; as 32-bit numbers where that changes none, since a run is bound by reading them.
#[derive(Debug, Clone)]
enum Weights {
    Short(Vec<f32>),
    Long(Vec<f64>),
}

/// A spike on its way to one core.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Message {
    /// Index of the axon.
    pub(crate) axon: u32,
    /// Time that the sending core worked since its last message until this one left, s.
    pub(crate) generation_s: f64,
}

/// Neurons of one core that use the same soma unit and follow each other.
#[derive(Debug, Clone)]
struct Segment {
    core: usize,
    neurons: Range<usize>,
    soma: usize,
    /// Number of the input unit, of inputs.
    input: usize,
    /// Whether all neurons are plain integrate-and-fire.
    plain: bool,
}

/// Counts of a time step or of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct SomaCounts {
    pub(crate) updated: u64,
    pub(crate) fired: u64,
    pub(crate) soma_pj: f64,
}

/// A network that can be stepped.
#[derive(Debug, Clone)]
pub struct MappedNetwork {
    kinds: Vec<CoreKind>,
    kind_of_core: Vec<usize>,
    segments: Vec<Segment>,
    /// Attributes, state and input of each neuron, in the order of the cores; plain parameters where they do.
    attributes: Vec<Attributes>,
    plain: Vec<Option<Plain>>,
    potential: Vec<f64>,
    state: Vec<State>,
    input: Vec<f64>,
    inputs: Vec<InputUnit>,
    /// Labels for errors.
    labels: Vec<String>,
    /// First axon of each neuron, and one more.
    first_axon: Vec<usize>,
    axons: Vec<Axon>,
    /// First synapse of each axon, and one more.
    first_synapse: Vec<u32>,
    targets: Vec<u32>,
    weights: Weights,
    /// Messages sent along each axon so far.
    sent: Vec<u64>,
    /// Messages of the last step, those of a core together.
    messages: Vec<Message>,
    /// First message of each core, and one more.
    first_message: Vec<usize>,
    /// Work of each core after its last message, s.
    rest_s: Vec<f64>,
    step: u64,
}

impl MappedNetwork {
    /// Lays `network` out on `chip` as it says itself.
    ///
    /// # Errors
    /// [`ChipError::Mapping`] for a neuron without core, a full core or a unit that the core does not have.
    pub fn new(chip: &Chip, network: &Network) -> Result<Self, ChipError> {
        let cores = chip.cores();
        let wrong =
            |neuron: usize, reason: String| ChipError::Mapping { neuron: network.label(neuron), reason };
        let mut order = Vec::with_capacity(network.neurons.len());
        for (index, neuron) in network.neurons.iter().enumerate() {
            let (core, rank) =
                neuron.mapped.ok_or_else(|| wrong(index, "is mapped to no core".to_owned()))?;
            order.push((core, rank, index));
        }
        order.sort_unstable();
        let mut slot_of = vec![0_u32; order.len()];
        let mut dendrite_of = vec![0; order.len()];
        let mut mapped = Self {
            kinds: chip.kinds.clone(),
            kind_of_core: cores.iter().map(|core| core.kind).collect(),
            segments: Vec::new(),
            attributes: Vec::with_capacity(order.len()),
            plain: Vec::with_capacity(order.len()),
            potential: Vec::with_capacity(order.len()),
            state: Vec::with_capacity(order.len()),
            input: vec![NO_INPUT; order.len()],
            inputs: Vec::new(),
            labels: Vec::with_capacity(order.len()),
            first_axon: Vec::with_capacity(order.len() + 1),
            axons: Vec::new(),
            first_synapse: Vec::new(),
            targets: Vec::with_capacity(network.edges.len()),
            weights: Weights::Long(Vec::new()),
            sent: Vec::new(),
            messages: Vec::new(),
            first_message: vec![0; cores.len() + 1],
            rest_s: vec![0.0; cores.len()],
            step: 0,
        };
        let mut on_core = 0;
        for (slot, &(core, _, index)) in order.iter().enumerate() {
            let place = cores.get(core).ok_or_else(|| wrong(index, format!("core {core} does not exist")))?;
            let kind = &chip.kinds[place.kind];
            let neuron = &network.neurons[index];
            on_core = if slot > 0 && order[slot - 1].0 == core { on_core + 1 } else { 1 };
            if on_core > kind.neurons {
                return Err(wrong(
                    index,
                    format!(
                        "core {}.{} holds {} neurons and is full",
                        place.tile, place.offset, kind.neurons
                    ),
                ));
            }
            let missing = |what: &str, name: &Option<String>| {
                let unit = name.as_deref().map_or("of any name".to_owned(), |name| format!("'{name}'"));
                wrong(index, format!("core {}.{} has no {what} unit {unit}", place.tile, place.offset))
            };
            let soma =
                find(&kind.somas, |s| &s.name, &neuron.soma).ok_or_else(|| missing("soma", &neuron.soma))?;
            dendrite_of[index] = find(&kind.dendrites, |u| &u.name, &neuron.dendrite)
                .ok_or_else(|| missing("dendrite", &neuron.dendrite))?;
            find(&kind.synapses, |u| &u.name, &neuron.synapse)
                .ok_or_else(|| missing("synapse", &neuron.synapse))?;
            slot_of[index] = slot as u32;
            mapped.add(core, slot, soma, kind.somas[soma].model, &neuron.attributes);
            mapped.labels.push(network.label(index));
        }
        mapped.add_axons(network, &order, &slot_of, &dendrite_of);
        Ok(mapped)
    }

    /// Adds the neuron in `slot` to the segment it belongs to.
    fn add(&mut self, core: usize, slot: usize, soma: usize, model: SomaModel, attributes: &Attributes) {
        let plain = if model == SomaModel::LeakyIntegrateFire { Plain::of(attributes) } else { None };
        let input = self
            .segments
            .iter()
            .rev()
            .take_while(|s| s.core == core)
            .find(|s| s.soma == soma)
            .map(|s| s.input);
        let input = input.unwrap_or(self.inputs.len());
        if input == self.inputs.len() {
            self.inputs.push(InputUnit::default());
        }
        self.inputs[input].configure(attributes);
        match self.segments.last_mut() {
            Some(last) if last.core == core && last.soma == soma && last.plain == plain.is_some() => {
                last.neurons.end = slot + 1;
            }
            _ => self.segments.push(Segment {
                core,
                neurons: slot..slot + 1,
                soma,
                input,
                plain: plain.is_some(),
            }),
        }
        let potential = if model == SomaModel::LeakyIntegrateFire { attributes.potential } else { 0.0 };
        self.potential.push(potential);
        self.state.push(State { potential, ..State::default() });
        self.attributes.push(attributes.clone());
        self.plain.push(plain);
    }

    /// Tiles with at least one neuron.
    pub(crate) fn tiles_in_use(&self, chip: &Chip) -> usize {
        let cores = chip.cores();
        let mut tiles: Vec<usize> = self.segments.iter().map(|segment| cores[segment.core].tile).collect();
        tiles.dedup();
        tiles.len()
    }

    /// Axons, by the index in messages.
    pub(crate) fn axons(&self) -> &[Axon] {
        &self.axons
    }

    /// Messages sent along each axon so far.
    pub(crate) fn sent_along(&self) -> &[u64] {
        &self.sent
    }

    /// Messages that `core` sent in the last step, in order, and its work after them, s.
    pub(crate) fn sent(&self, core: usize) -> (&[Message], f64) {
        (&self.messages[self.first_message[core]..self.first_message[core + 1]], self.rest_s[core])
    }

    /// Computes a time step: updates every neuron, then lets every message of the step arrive.
    pub(crate) fn step(&mut self) -> Result<SomaCounts, ChipError> {
        self.step += 1;
        self.messages.clear();
        self.rest_s.fill(0.0);
        let mut counts = SomaCounts::default();
        let mut core = 0;
        for index in 0..self.segments.len() {
            let segment = self.segments[index].clone();
            while core < segment.core {
                core += 1;
                self.first_message[core] = self.messages.len();
            }
            self.step_segment(&segment, &mut counts)?;
        }
        self.first_message[core + 1..].fill(self.messages.len());
        self.deliver();
        Ok(counts)
    }

    /// Lets every message of the step arrive.
    fn deliver(&mut self) {
        let (first, targets, input) = (&self.first_synapse, &self.targets, &mut self.input);
        for message in &self.messages {
            let axon = message.axon as usize;
            self.sent[axon] += 1;
            let burst = first[axon] as usize..first[axon + 1] as usize;
            let to = targets[burst.clone()].iter();
            match &self.weights {
                Weights::Short(weights) => {
                    to.zip(&weights[burst])
                        .for_each(|(to, weight)| input[*to as usize] += f64::from(*weight));
                }
                Weights::Long(weights) => {
                    to.zip(&weights[burst]).for_each(|(to, weight)| input[*to as usize] += weight);
                }
            }
        }
    }

    fn step_segment(&mut self, segment: &Segment, counts: &mut SomaCounts) -> Result<(), ChipError> {
        let kind = &self.kinds[self.kind_of_core[segment.core]];
        let soma = &kind.somas[segment.soma];
        let first = self.step == 1;
        let axon_out_s = kind.axon_out.latency_ns * 1e-9;
        let mut rest_s = self.rest_s[segment.core];
        // Work since the last message: neurons looked at, updated, fired.
        let (mut looked_at, mut updated, mut fired) = (0_u32, 0_u32, 0_u32);
        let (mut all_updated, mut all_fired) = (0_u64, 0_u64);
        for slot in segment.neurons.clone() {
            let input = std::mem::replace(&mut self.input[slot], NO_INPUT);
            let did = match soma.model {
                SomaModel::LeakyIntegrateFire => match &self.plain[slot] {
                    Some(plain) if segment.plain => plain.step(&mut self.potential[slot], input, first),
                    _ => neuron::integrate_and_fire(
                        &self.attributes[slot],
                        &mut self.state[slot],
                        input,
                        first,
                    ),
                },
                SomaModel::Truenorth => {
                    neuron::truenorth(&self.attributes[slot], &mut self.state[slot], input)
                }
                SomaModel::Input if input != 0.0 => {
                    let (neuron, step) = (self.labels[slot].clone(), self.step);
                    return Err(ChipError::InputDriven { neuron, current: input, step });
                }
                SomaModel::Input => {
                    let fired = self.inputs[segment.input].fires(self.step);
                    Did { updated: fired, fired }
                }
            };
            looked_at += 1;
            updated += u32::from(did.updated);
            if did.fired {
                fired += 1;
                for axon in self.first_axon[slot]..self.first_axon[slot + 1] {
                    let work_ns = f64::from(looked_at) * soma.access.latency_ns
                        + f64::from(updated) * soma.update.latency_ns
                        + f64::from(fired) * soma.spike.latency_ns;
                    let generation_s = rest_s + work_ns * 1e-9 + axon_out_s;
                    self.messages.push(Message { axon: axon as u32, generation_s });
                    all_updated += u64::from(updated);
                    all_fired += u64::from(fired);
                    rest_s = 0.0;
                    (looked_at, updated, fired) = (0, 0, 0);
                }
            }
        }
        self.rest_s[segment.core] = rest_s
            + (f64::from(looked_at) * soma.access.latency_ns
                + f64::from(updated) * soma.update.latency_ns
                + f64::from(fired) * soma.spike.latency_ns)
                * 1e-9;
        all_updated += u64::from(updated);
        all_fired += u64::from(fired);
        counts.updated += all_updated;
        counts.fired += all_fired;
        counts.soma_pj += segment.neurons.len() as f64 * soma.access.energy_pj
            + all_updated as f64 * soma.update.energy_pj
            + all_fired as f64 * soma.spike.energy_pj;
        Ok(())
    }
}

/// The unit called `name`, or the first.
fn find<T>(units: &[T], name_of: impl Fn(&T) -> &String, name: &Option<String>) -> Option<usize> {
    match name {
        Some(name) => units.iter().position(|unit| name_of(unit) == name),
        None => (!units.is_empty()).then_some(0),
    }
}
