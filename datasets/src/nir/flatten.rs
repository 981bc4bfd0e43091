//! Graphs within graphs, laid out in one.

use super::{Graph, GraphError, NodeKind};

impl Graph {
    /// The same network without graphs inside: their nodes are named `graph/node`, and edges lead past their inputs and
    /// outputs.
    ///
    /// # Errors
    /// [`GraphError::Node`] for a graph inside that has not one input and one output: edges could not tell them apart.
    pub fn flattened(&self) -> Result<Self, GraphError> {
        let mut flat = Self { metadata: self.metadata.clone(), ..Self::default() };
        flat.edges = self.edges.clone();
        // Nodes that only pass on what arrives: the ends of the graphs inside.
        let mut passed = Vec::new();
        for (name, node) in &self.nodes {
            let NodeKind::Graph(inner) = &node.kind else {
                flat.nodes.insert(name.clone(), node.clone());
                continue;
            };
            let inner = inner.flattened().map_err(|error| error.within(name))?;
            let only = |what: &'static str, names: Vec<&str>| match names[..] {
                [one] => Ok(format!("{name}/{one}")),
                _ => Err(GraphError::node(
                    name,
                    what,
                    format_args!("{} nodes", names.len()),
                    "give a graph inside a graph one input and one output",
                )),
            };
            let input = only("Input", inner.inputs().map(|(name, _)| name).collect())?;
            let output = only("Output", inner.outputs().map(|(name, _)| name).collect())?;
            for (from, to) in &mut flat.edges {
                if from == name {
                    from.clone_from(&output);
                }
                if to == name {
                    to.clone_from(&input);
                }
            }
            let within = |node: &String| format!("{name}/{node}");
            flat.edges.extend(inner.edges.iter().map(|(from, to)| (within(from), within(to))));
            flat.nodes.extend(inner.nodes.iter().map(|(node, kind)| (within(node), kind.clone())));
            passed.extend([input, output]);
        }
        for name in passed {
            flat.pass_over(&name);
        }
        Ok(flat)
    }

    /// Takes a node out and joins the edges to it with those from it.
    fn pass_over(&mut self, name: &str) {
        self.nodes.remove(name);
        let (through, mut edges): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.edges).into_iter().partition(|(from, to)| from == name || to == name);
        for (from, _) in through.iter().filter(|(_, to)| to == name) {
            for (_, to) in through.iter().filter(|(from, _)| from == name) {
                edges.push((from.clone(), to.clone()));
            }
        }
        self.edges = edges;
    }
}
