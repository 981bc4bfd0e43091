//! The network that a graph becomes: its nodes in order, and a step through them.

use super::conv::Convolution;
use super::linear::Linear;
use super::neuron::Neurons;
use super::order::order;
use super::pool::Pooling;
use super::signal::Signal;
use super::state::State;
use super::{LayerCounts, NetworkError, Options};
use std::collections::BTreeMap;
use synfire_datasets::nir::{Graph, Node, NodeKind, Shapes};

/// A node of the network, as people and records see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Name in the graph; within graphs inside, `graph/node`.
    pub name: String,
    /// Kind as in the file.
    pub kind: &'static str,
    /// Shape of what it gives.
    pub shape: Vec<usize>,
    /// Number of the first unit among all neurons of the network, for layers that spike.
    pub first_unit: Option<u32>,
    /// Weights that are not zero, each as often as it is used; 0 for layers without.
    pub synapses: u64,
}

impl Layer {
    /// Values that it gives in a step.
    #[must_use]
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

#[derive(Debug)]
enum Operation {
    /// Gives what arrives: outputs and flattening.
    Pass,
    /// Is given from outside.
    Input,
    Linear(Linear),
    /// One factor for each value.
    Scale(Vec<f32>),
    Convolution(Convolution),
    Pooling(Pooling),
    /// One threshold for each value.
    Threshold(Vec<f32>),
    Neurons(Neurons),
}

/// Where a node hears of another.
#[derive(Debug, Clone, Copy)]
struct Source {
    layer: usize,
    /// A step later.
    late: bool,
}

/// A graph that was made ready to run.
#[derive(Debug)]
pub struct Network {
    options: Options,
    layers: Vec<Layer>,
    operations: Vec<Operation>,
    sources: Vec<Vec<Source>>,
    input: usize,
    output: usize,
    units: u32,
}

impl Network {
    /// Lays out the graphs inside, orders the nodes and computes the coefficients of a step.
    ///
    /// # Errors
    /// [`NetworkError`]: a graph that makes no sense or has not one input and one output, a dt that is none or too
    /// long.
    pub fn new(graph: &Graph, options: &Options) -> Result<Self, NetworkError> {
        let dt_s = options.dt_s;
        if !dt_s.is_finite() || dt_s <= 0.0 {
            return Err(NetworkError::Step { dt_s });
        }
        graph.shapes()?;
        let flat = graph.flattened()?;
        let shapes = flat.shapes()?;
        let ends = |inputs| {
            let mut names = flat.nodes.iter().enumerate().filter(|(_, (_, node))| match node.kind {
                NodeKind::Input { .. } => inputs,
                NodeKind::Output { .. } => !inputs,
                _ => false,
            });
            let first = names.next().map(|(index, _)| index);
            (first, usize::from(first.is_some()) + names.count())
        };
        let ((Some(input), 1), (Some(output), 1)) = (ends(true), ends(false)) else {
            return Err(NetworkError::Ends { inputs: ends(true).1, outputs: ends(false).1 });
        };
        let indices: BTreeMap<&str, usize> =
            flat.nodes.keys().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
        let edges: Vec<(usize, usize)> =
            flat.edges.iter().map(|(from, to)| (indices[from.as_str()], indices[to.as_str()])).collect();
        let has_memory: Vec<bool> = flat.nodes.values().map(|node| node.kind.has_state()).collect();
        let order = order(input, &has_memory, &edges);

        let nodes: Vec<(&String, &Node)> = flat.nodes.iter().collect();
        let mut place = vec![0; nodes.len()];
        for (at, node) in order.nodes.iter().enumerate() {
            place[*node] = at;
        }
        let mut sources = vec![Vec::new(); nodes.len()];
        for (&(from, to), &late) in edges.iter().zip(&order.late) {
            sources[place[to]].push(Source { layer: place[from], late });
        }
        let (mut layers, mut operations, mut units) = (Vec::new(), Vec::new(), 0_u32);
        for &node in &order.nodes {
            let (name, node) = nodes[node];
            let Shapes { input, output } = &shapes[name];
            let operation = operation(name, &node.kind, input, output, options)?;
            let size: usize = output.iter().product();
            let first_unit = node.kind.spikes().then_some(units);
            units = units.saturating_add(if node.kind.spikes() { size as u32 } else { 0 });
            layers.push(Layer {
                name: name.clone(),
                kind: node.kind.name(),
                shape: output.clone(),
                first_unit,
                synapses: match &operation {
                    Operation::Linear(linear) => linear.synapses(),
                    Operation::Convolution(convolution) => convolution.synapses(),
                    _ => 0,
                },
            });
            operations.push(operation);
        }
        let options = *options;
        Ok(Self { options, layers, operations, sources, input: place[input], output: place[output], units })
    }

    /// The nodes in the order in which a step passes them.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// How it is run.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Shape of the input.
    #[must_use]
    pub fn input_shape(&self) -> &[usize] {
        &self.layers[self.input].shape
    }

    /// The layer that is the output, an index into [`Self::layers`].
    #[must_use]
    pub fn output_layer(&self) -> usize {
        self.output
    }

    /// Whether the output gives the spikes of a layer, whose units it then shares.
    #[must_use]
    pub fn output_spikes(&self) -> bool {
        matches!(self.sources[self.output][..], [source] if self.layers[source.layer].first_unit.is_some())
    }

    /// Neurons that spike, over all layers: units are numbered through.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.units
    }

    /// A state before the first step.
    #[must_use]
    pub fn start(&self) -> State {
        let zeros = |layer: &Layer| Signal::zeros(layer.size());
        let mut before: Vec<Option<Signal>> = self.layers.iter().map(|_| None).collect();
        for source in self.sources.iter().flatten().filter(|source| source.late) {
            before[source.layer] = Some(zeros(&self.layers[source.layer]));
        }
        let sums = |sources: &Vec<Source>| match sources.len() {
            1 => None,
            _ => sources.first().map(|source| zeros(&self.layers[source.layer])),
        };
        State {
            signals: self.layers.iter().map(zeros).collect(),
            before,
            neurons: self
                .operations
                .iter()
                .map(|operation| match operation {
                    Operation::Neurons(neurons) => Some(neurons.start()),
                    _ => None,
                })
                .collect(),
            scratch: self
                .operations
                .iter()
                .map(|operation| match operation {
                    Operation::Convolution(convolution) => Some(convolution.scratch()),
                    _ => None,
                })
                .collect(),
            sums: self.sources.iter().map(sums).collect(),
            counts: vec![LayerCounts::default(); self.layers.len()],
            output: self.output,
        }
    }

    /// One step with the input's values that are not zero, each with its index in the input's shape; values of the same
    /// index add up.
    ///
    /// # Errors
    /// [`NetworkError::Input`] for an index beyond the input; the state is then as before.
    pub fn step(&self, state: &mut State, events: &[(u32, f32)]) -> Result<(), NetworkError> {
        let size = self.layers[self.input].size();
        if let Some((index, _)) = events.iter().find(|(index, _)| *index as usize >= size) {
            return Err(NetworkError::Input { index: *index, size });
        }
        for (signal, before) in state.signals.iter().zip(&mut state.before) {
            if let Some(before) = before {
                before.copy_from(signal);
            }
        }
        for layer in 0..self.layers.len() {
            // Taken out while the others are read; an empty signal stands in.
            let mut given = std::mem::replace(&mut state.signals[layer], Signal::zeros(0));
            self.compute(layer, state, events, &mut given);
            state.signals[layer] = given;
        }
        Ok(())
    }

    fn compute(&self, layer: usize, state: &mut State, events: &[(u32, f32)], given: &mut Signal) {
        let State { signals, before, neurons, scratch, sums, counts, .. } = state;
        let heard = |source: &Source| match &before[source.layer] {
            Some(before) if source.late => before,
            _ => &signals[source.layer],
        };
        let counts = &mut counts[layer];
        counts.steps += 1;
        let none = Signal { values: Vec::new(), active: Vec::new() };
        let input = match (&self.sources[layer][..], &mut sums[layer]) {
            ([source], _) => heard(source),
            (sources, Some(sum)) => {
                sum.values.fill(0.0);
                for (index, value) in sources.iter().flat_map(|source| heard(source).events()) {
                    sum.values[index] += value;
                }
                sum.rescan();
                sum
            }
            // A node that hears of none.
            _ => &none,
        };
        match &self.operations[layer] {
            Operation::Input => {
                given.clear();
                for &(index, value) in events {
                    given.values[index as usize] += value;
                }
                given.active.extend(events.iter().map(|(index, _)| *index));
                given.active.sort_unstable();
                given.active.dedup();
                given.active.retain(|&index| given.values[index as usize] != 0.0);
            }
            Operation::Pass => given.copy_from(input),
            Operation::Linear(linear) => linear.apply(input, given, counts),
            Operation::Convolution(convolution) => {
                if let Some(scratch) = &mut scratch[layer] {
                    convolution.apply(input, given, scratch, counts);
                }
            }
            Operation::Pooling(pooling) => pooling.apply(input, given),
            Operation::Scale(factors) => {
                given.clear();
                for (index, value) in input.events() {
                    given.values[index] = value * factors[index];
                    given.active.push(index as u32);
                }
                given.active.retain(|&index| given.values[index as usize] != 0.0);
            }
            Operation::Threshold(thresholds) => {
                // Without input at all, thresholds below 0 are exceeded.
                let x = |index: usize| input.values.get(index).copied().unwrap_or(0.0);
                for (index, threshold) in thresholds.iter().enumerate() {
                    given.values[index] = f32::from(u8::from(x(index) > *threshold));
                }
                given.rescan();
            }
            Operation::Neurons(layer_neurons) => {
                let Some(neurons) = &mut neurons[layer] else { return };
                let silent;
                let input = if input.values.is_empty() {
                    silent = Signal::zeros(given.values.len());
                    &silent
                } else {
                    input
                };
                layer_neurons.step(neurons, input, given);
                counts.updates += given.values.len() as u64;
                if self.layers[layer].first_unit.is_some() {
                    counts.spikes += given.active.len() as u64;
                }
            }
        }
    }
}

/// What a node of a checked graph does.
fn operation(
    name: &str,
    kind: &NodeKind,
    input: &[usize],
    output: &[usize],
    options: &Options,
) -> Result<Operation, NetworkError> {
    let size = output.iter().product();
    Ok(match kind {
        NodeKind::Input { .. } => Operation::Input,
        NodeKind::Affine { weight, bias } => Operation::Linear(Linear::new(weight, Some(bias))),
        NodeKind::Linear { weight } => Operation::Linear(Linear::new(weight, None)),
        NodeKind::Scale { scale } => {
            Operation::Scale((0..size).filter_map(|index| scale.at(index)).collect())
        }
        NodeKind::Conv1d(conv) => Operation::Convolution(Convolution::new(conv, input, output)),
        NodeKind::Conv2d(conv) => Operation::Convolution(Convolution::new(conv, input, output)),
        NodeKind::SumPool2d(pool) => Operation::Pooling(Pooling::new(*pool, false, input, output)),
        NodeKind::AvgPool2d(pool) => Operation::Pooling(Pooling::new(*pool, true, input, output)),
        NodeKind::Threshold { threshold } => Operation::Threshold(
            (0..size).filter_map(|index| threshold.at(index)).map(|value| value as f32).collect(),
        ),
        _ => match Neurons::new(name, kind, size, options)? {
            Some(neurons) => Operation::Neurons(neurons),
            None => Operation::Pass,
        },
    })
}
