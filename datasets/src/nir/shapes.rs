//! The shape of every signal, and the check that nodes and edges fit together.
//!
//! Shapes are told by inputs, outputs, weights and neurons, and follow from what arrives for convolutions without
//! `input_shape`, pooling, flattening, and neurons with one value for all. An edge may join two shapes of the same number
//! of values if one is flat: the values keep their order.
//!
//! ```text
//! output = floor((input + 2 padding - dilation (kernel - 1) - 1) / stride) + 1
//! ```

use super::{Conv, Graph, GraphError, NodeKind, Padding, Pool, Tensor};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers that a signal may have at most; more is taken for damage.
const MOST_VALUES: usize = 1 << 26;

/// Shapes of what arrives at a node and what leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shapes {
    /// Of what arrives.
    pub input: Vec<usize>,
    /// Of what leaves.
    pub output: Vec<usize>,
}

impl Graph {
    /// Checks the graph and finds the shapes of every node.
    ///
    /// # Errors
    /// [`GraphError`]: a field that holds what it must not, an edge that leads nowhere or between shapes that do not
    /// fit, or a node whose shape nothing tells.
    pub fn shapes(&self) -> Result<BTreeMap<String, Shapes>, GraphError> {
        let mut found = BTreeMap::new();
        for (name, node) in &self.nodes {
            check_values(name, &node.kind)?;
            if let NodeKind::Graph(inner) = &node.kind {
                inner.shapes().map_err(|error| error.within(name))?;
            }
            if let Some(shapes) = told(name, &node.kind)? {
                found.insert(name.clone(), shapes);
            }
        }
        let mut seen = BTreeSet::new();
        for (from, to) in &self.edges {
            for end in [from, to] {
                if !self.nodes.contains_key(end) {
                    let reason = format_args!("there is no node '{end}'; name one of the graph's nodes");
                    return Err(GraphError::edge(from, to, reason));
                }
            }
            if !seen.insert((from, to)) {
                return Err(GraphError::edge(from, to, "is there twice; keep one"));
            }
        }
        // Each round tells at least one more node, so that there are no more rounds than nodes.
        loop {
            let mut more = false;
            for (from, to) in &self.edges {
                let (Some(arriving), Some(node)) = (found.get(from), self.nodes.get(to)) else { continue };
                if !found.contains_key(to) {
                    let shapes = derived(to, &node.kind, &arriving.output)?;
                    found.insert(to.clone(), shapes);
                    more = true;
                }
            }
            if !more {
                break;
            }
        }
        if let Some((name, node)) = self.nodes.iter().find(|(name, _)| !found.contains_key(*name)) {
            let value = format_args!("not told by the {} itself nor by what arrives", node.kind.name());
            return Err(GraphError::node(name, "shape", value, "join it to an input"));
        }
        for (from, to) in &self.edges {
            let (Some(left), Some(arrives)) = (found.get(from), found.get(to)) else { continue };
            if !joins(&left.output, &arrives.input) {
                let reason = format_args!(
                    "gives shape {:?}, but shape {:?} is expected; make them equal",
                    left.output, arrives.input
                );
                return Err(GraphError::edge(from, to, reason));
            }
        }
        Ok(found)
    }
}

/// Whether values of one shape can stand where another is expected.
fn joins(left: &[usize], right: &[usize]) -> bool {
    let size = |shape: &[usize]| shape.iter().product::<usize>();
    left == right || (size(left) == size(right) && (left.len() == 1 || right.len() == 1))
}

fn checked_shape(name: &str, field: &str, shape: &[usize]) -> Result<(), GraphError> {
    let size = shape.iter().try_fold(1_usize, |size, length| size.checked_mul(*length));
    if size.is_none_or(|size| size == 0 || size > MOST_VALUES) {
        return Err(GraphError::node(name, field, format_args!("{shape:?}"), "give 1 to 2^26 values"));
    }
    Ok(())
}

fn check_tensor<T: Copy>(
    name: &str,
    field: &str,
    tensor: &Tensor<T>,
    finite: impl Fn(T) -> bool,
) -> Result<(), GraphError> {
    checked_shape(name, field, &tensor.shape)?;
    let size: usize = tensor.shape.iter().product();
    if tensor.values.len() != size {
        let value = format_args!("{} values of shape {:?}", tensor.values.len(), tensor.shape);
        return Err(GraphError::node(name, field, value, "give as many values as the shape says"));
    }
    match tensor.values.iter().position(|value| !finite(*value)) {
        Some(at) => Err(GraphError::node(
            name,
            field,
            format_args!("not finite at value {at}"),
            "give finite numbers; the training may have diverged",
        )),
        None => Ok(()),
    }
}

/// Checks the values of a node by themselves.
fn check_values(name: &str, kind: &NodeKind) -> Result<(), GraphError> {
    for (field, tensor) in kind.weights() {
        check_tensor(name, field, tensor, f32::is_finite)?;
    }
    for (field, tensor) in kind.neuron_parameters() {
        check_tensor(name, field, tensor, f64::is_finite)?;
        if field.starts_with("tau")
            && let Some(tau) = tensor.values.iter().find(|tau| **tau <= 0.0)
        {
            return Err(GraphError::node(name, field, tau, "give a time above 0 s"));
        }
    }
    Ok(())
}

/// The shapes that a node tells by itself.
fn told(name: &str, kind: &NodeKind) -> Result<Option<Shapes>, GraphError> {
    let same = |shape: &[usize]| Some(Shapes { input: shape.to_vec(), output: shape.to_vec() });
    Ok(match kind {
        NodeKind::Input { shape } | NodeKind::Output { shape } => {
            checked_shape(name, "shape", shape)?;
            same(shape)
        }
        NodeKind::Affine { weight, .. } | NodeKind::Linear { weight } => {
            let [outputs, inputs] = weight.shape[..] else {
                let value = format_args!("of shape {:?}", weight.shape);
                return Err(GraphError::node(name, "weight", value, "give [outputs, inputs]"));
            };
            if let NodeKind::Affine { bias, .. } = kind
                && bias.values.len() != outputs
            {
                let value = format_args!("of {} values", bias.values.len());
                return Err(GraphError::node(name, "bias", value, format_args!("give {outputs}")));
            }
            Some(Shapes { input: vec![inputs], output: vec![outputs] })
        }
        NodeKind::Scale { scale } if scale.values.len() == 1 => None,
        NodeKind::Scale { scale } => same(&scale.shape),
        NodeKind::Conv1d(conv) => conv.told(name)?,
        NodeKind::Conv2d(conv) => conv.told(name)?,
        NodeKind::Flatten { input_shape: Some(shape), .. } => Some(derived(name, kind, shape)?),
        NodeKind::SumPool2d(_) | NodeKind::AvgPool2d(_) | NodeKind::Flatten { .. } => None,
        NodeKind::Graph(graph) => {
            let (inputs, outputs): (Vec<_>, Vec<_>) = (graph.inputs().collect(), graph.outputs().collect());
            match (&inputs[..], &outputs[..]) {
                ([(_, input)], [(_, output)]) => {
                    Some(Shapes { input: input.to_vec(), output: output.to_vec() })
                }
                _ => {
                    let value = format_args!("{} and {} nodes", inputs.len(), outputs.len());
                    let remedy = "give a graph inside a graph one input and one output";
                    return Err(GraphError::node(name, "Input, Output", value, remedy));
                }
            }
        }
        _ => {
            let mut shape: Option<(&str, &[usize])> = None;
            for (field, tensor) in kind.neuron_parameters() {
                match shape {
                    _ if tensor.values.len() == 1 => {}
                    None => shape = Some((field, &tensor.shape)),
                    Some((first, expected)) if expected != tensor.shape => {
                        let value = format_args!("of shape {:?}", tensor.shape);
                        let remedy = format_args!("give {expected:?} as {first} has, or one value for all");
                        return Err(GraphError::node(name, field, value, remedy));
                    }
                    Some(_) => {}
                }
            }
            shape.and_then(|(_, shape)| same(shape))
        }
    })
}

/// The shapes of a node at which values of shape `input` arrive.
fn derived(name: &str, kind: &NodeKind, input: &[usize]) -> Result<Shapes, GraphError> {
    let output = match kind {
        NodeKind::Conv1d(conv) => conv.output(name, input)?,
        NodeKind::Conv2d(conv) => conv.output(name, input)?,
        NodeKind::SumPool2d(pool) | NodeKind::AvgPool2d(pool) => pool.output(name, input)?,
        NodeKind::Flatten { start_dim, end_dim, .. } => {
            checked_shape(name, "input_type", input)?;
            let dimension = |field, dimension: i64| {
                let from_end = dimension.saturating_add(input.len() as i64);
                usize::try_from(if dimension < 0 { from_end } else { dimension })
                    .ok()
                    .filter(|dimension| *dimension < input.len())
                    .ok_or_else(|| {
                        let remedy = format_args!("name a dimension of the input {input:?}");
                        GraphError::node(name, field, dimension, remedy)
                    })
            };
            let (start, end) = (dimension("start_dim", *start_dim)?, dimension("end_dim", *end_dim)?);
            if start > end {
                let remedy = format_args!("start no later than end_dim, {end_dim}");
                return Err(GraphError::node(name, "start_dim", start_dim, remedy));
            }
            let joined = input[start..=end].iter().product();
            [&input[..start], &[joined], &input[end + 1..]].concat()
        }
        _ => input.to_vec(),
    };
    Ok(Shapes { input: input.to_vec(), output })
}

impl<const D: usize> Conv<D> {
    fn told(&self, name: &str) -> Result<Option<Shapes>, GraphError> {
        let wrong = |field, value: String, remedy: &str| Err(GraphError::node(name, field, value, remedy));
        let shape = &self.weight.shape;
        if shape.len() != D + 2 {
            let remedy = format!("give {} dimensions: outputs, inputs, sizes", D + 2);
            return wrong("weight", format!("of shape {shape:?}"), &remedy);
        }
        if self.groups == 0 || !shape[0].is_multiple_of(self.groups) {
            return wrong("groups", self.groups.to_string(), "give a divisor of the output channels");
        }
        for (field, values) in [("stride", self.stride), ("dilation", self.dilation)] {
            if values.contains(&0) {
                return wrong(field, format!("{values:?}"), "give 1 or more");
            }
        }
        if self.padding == Padding::Same && self.stride != [1; D] {
            return wrong("padding", "'same'".to_owned(), "give numbers where the stride is not 1");
        }
        if self.bias.values.len() != shape[0] {
            let remedy = format!("give {}, one for each output channel", shape[0]);
            return wrong("bias", format!("of {} values", self.bias.values.len()), &remedy);
        }
        let Some(size) = self.input_shape else { return Ok(None) };
        let input = [&[shape[1] * self.groups][..], &size].concat();
        let output = self.output(name, &input)?;
        Ok(Some(Shapes { input, output }))
    }

    /// Shape of the output for `input`, channels first.
    fn output(&self, name: &str, input: &[usize]) -> Result<Vec<usize>, GraphError> {
        let channels = self.weight.shape[1].saturating_mul(self.groups);
        if input.len() != D + 1 || input[0] != channels {
            let remedy = format_args!("its weight expects {channels} channels of {D} dimensions");
            return Err(GraphError::node(name, "input_shape", format_args!("{input:?}"), remedy));
        }
        checked_shape(name, "input_shape", input)?;
        let mut output = vec![self.weight.shape[0]];
        for d in 0..D {
            let (kernel, length) = (self.weight.shape[d + 2], input[d + 1]);
            let padding = match self.padding {
                Padding::Same => {
                    output.push(length);
                    continue;
                }
                Padding::Valid => 0,
                Padding::Zeros(zeros) => zeros[d],
            };
            output.push(windows(name, length, kernel, self.dilation[d], padding, self.stride[d])?);
        }
        checked_shape(name, "output", &output)?;
        Ok(output)
    }
}

impl Pool {
    /// Shape of the output for `input`, channels first.
    fn output(&self, name: &str, input: &[usize]) -> Result<Vec<usize>, GraphError> {
        let [channels, rows, columns] = *input else {
            let remedy = "pooling expects channels, rows and columns";
            return Err(GraphError::node(name, "input", format_args!("of shape {input:?}"), remedy));
        };
        for (field, values) in [("kernel_size", self.kernel_size), ("stride", self.stride)] {
            if values.contains(&0) {
                return Err(GraphError::node(name, field, format_args!("{values:?}"), "give 1 or more"));
            }
        }
        let side =
            |length, d: usize| windows(name, length, self.kernel_size[d], 1, self.padding[d], self.stride[d]);
        Ok(vec![channels, side(rows, 0)?, side(columns, 1)?])
    }
}

/// How many windows fit.
fn windows(
    name: &str,
    length: usize,
    kernel: usize,
    dilation: usize,
    padding: usize,
    stride: usize,
) -> Result<usize, GraphError> {
    let reach = kernel.saturating_sub(1).saturating_mul(dilation).saturating_add(1);
    let padded = length.saturating_add(padding.saturating_mul(2));
    if kernel == 0 || reach > padded || padded > MOST_VALUES {
        let value = format_args!("{kernel} at dilation {dilation}");
        let remedy = format_args!("it must fit into {padded} padded values");
        return Err(GraphError::node(name, "kernel size", value, remedy));
    }
    Ok((padded - reach) / stride + 1)
}
