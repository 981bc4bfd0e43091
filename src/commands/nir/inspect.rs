//! `synfire nir inspect`: the nodes of a NIR file.

use crate::commands::output::OutputArgs;
use anyhow::{Context, Result};
use clap::Args;
use std::path::PathBuf;
use synfire::analysis::table::{Table, Values};
use synfire::datasets::nir::{self, Graph};
use synfire::sim::nir::{Layer, Method, Network, Options};

/// List the nodes of a NIR file with their shapes, in the order in which a run passes them.
///
/// Graphs within the graph are laid out: their nodes are named graph/node. Needs a build with the feature hdf5.
#[derive(Args)]
pub(crate) struct Inspect {
    /// NIR file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

impl Inspect {
    pub(crate) fn execute(self) -> Result<()> {
        let graph = nir::read(&self.file)?;
        let file = || self.file.display().to_string();
        // Exact steps bear any length: no time constant stands in the way of a look.
        let options = Options { method: Method::Exact, ..Options::default() };
        let network = Network::new(&graph, &options).with_context(file)?;
        let flat = graph.flattened().with_context(file)?;
        let layers = network.layers();
        let parameters: u64 = layers.iter().map(|layer| parameters(&flat, layer)).sum();
        let synapses: u64 = layers.iter().map(|layer| layer.synapses).sum();
        let note = format!(
            "{parameters} parameters, {synapses} synapses, {} neurons that spike, {} edges.",
            network.units(),
            flat.edges.len()
        );
        self.output.give(&[table(&file(), &flat, layers)], &[note])
    }
}

/// Numbers of a node: weights, biases and the parameters of neurons.
fn parameters(flat: &Graph, layer: &Layer) -> u64 {
    let Some(node) = flat.nodes.get(&layer.name) else { return 0 };
    let weights = node.kind.weights().iter().map(|(_, tensor)| tensor.values.len()).sum::<usize>();
    let neurons = node.kind.neuron_parameters().iter().map(|(_, tensor)| tensor.values.len()).sum::<usize>();
    (weights + neurons) as u64
}

fn table(file: &str, flat: &Graph, layers: &[Layer]) -> Table {
    let text = |of: &dyn Fn(&Layer) -> String| Values::Text(layers.iter().map(of).collect());
    let whole =
        |of: &dyn Fn(&Layer) -> u64| Values::Integer(layers.iter().map(|layer| of(layer) as i64).collect());
    let sources = |layer: &Layer| {
        let from = flat.edges.iter().filter(|(_, to)| *to == layer.name).map(|(from, _)| from.as_str());
        from.collect::<Vec<_>>().join(" + ")
    };
    let shape = |layer: &Layer| layer.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
    Table::new("nodes", file)
        .key("node", "node", text(&|layer| layer.name.clone()))
        .key("kind", "kind", text(&|layer| layer.kind.to_owned()))
        .column("hears", "hears", "", "nodes whose outputs are added to be its input", text(&sources))
        .column("shape", "shape", "", "of what it gives", text(&shape))
        .column(
            "parameters",
            "parameters",
            "",
            "weights, biases, values of neurons",
            whole(&|layer| parameters(flat, layer)),
        )
        .column(
            "synapses",
            "synapses",
            "",
            "weights that are not zero, those of convolutions as often as they are used",
            whole(&|layer| layer.synapses),
        )
}
