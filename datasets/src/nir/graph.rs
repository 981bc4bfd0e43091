//! The graph as plain data: nodes with their parameters, and edges by name.

use std::collections::BTreeMap;

/// Numbers of any shape, the last dimension running fastest.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tensor<T> {
    /// Length of each dimension; none for a single number.
    pub shape: Vec<usize>,
    /// As many values as the product of `shape`.
    pub values: Vec<T>,
}

impl<T: Copy> Tensor<T> {
    /// The value at `index`, or the only one of a tensor of one value.
    pub fn at(&self, index: usize) -> Option<T> {
        if self.values.len() == 1 { self.values.first() } else { self.values.get(index) }.copied()
    }
}

/// What surrounds the input of a convolution with zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding<const D: usize> {
    /// So many on both sides of each dimension.
    Zeros([usize; D]),
    /// As many as make the output as large as the input at stride 1; of an odd number, one more on the far side.
    Same,
    /// None.
    Valid,
}

/// A convolution (in the sense of machine learning: the kernel is not turned round) over `D` dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct Conv<const D: usize> {
    /// Size of the input without its channels; `None`: that of what arrives.
    pub input_shape: Option<[usize; D]>,
    /// Kernels `[outputs, inputs / groups, sizes...]`.
    pub weight: Tensor<f32>,
    /// Steps between neighbouring outputs.
    pub stride: [usize; D],
    /// Zeros around the input.
    pub padding: Padding<D>,
    /// Distance of the kernel's taps.
    pub dilation: [usize; D],
    /// Groups of channels that do not see each other.
    pub groups: usize,
    /// One value for each output channel.
    pub bias: Tensor<f32>,
}

/// Pooling over rows and columns. Zeros of the padding count in the mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Height and width of the window.
    pub kernel_size: [usize; 2],
    /// Steps between neighbouring windows.
    pub stride: [usize; 2],
    /// Zeros on both sides.
    pub padding: [usize; 2],
}

/// A node's equation with its parameters. x is the sum of what arrives, z a spike; neurons have one value each, or one
/// for all. Times are in seconds by convention; the other units are the network's own.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// What the graph is given, of a shape without batch and time.
    Input {
        /// Its shape.
        shape: Vec<usize>,
    },
    /// What the graph gives.
    Output {
        /// Its shape.
        shape: Vec<usize>,
    },
    /// y = W x + b.
    Affine {
        /// W `[outputs, inputs]`.
        weight: Tensor<f32>,
        /// b `[outputs]`.
        bias: Tensor<f32>,
    },
    /// y = W x.
    Linear {
        /// W `[outputs, inputs]`.
        weight: Tensor<f32>,
    },
    /// y = s x, value by value.
    Scale {
        /// s, of the shape of x.
        scale: Tensor<f32>,
    },
    /// Convolution of `[channels, length]`.
    Conv1d(Conv<1>),
    /// Convolution of `[channels, rows, columns]`.
    Conv2d(Conv<2>),
    /// Sum over windows of `[channels, rows, columns]`.
    SumPool2d(Pool),
    /// Mean over windows of `[channels, rows, columns]`.
    AvgPool2d(Pool),
    /// The same values with some dimensions made one.
    Flatten {
        /// Shape of the input; `None`: that of what arrives.
        input_shape: Option<Vec<usize>>,
        /// First dimension to join; negative ones count from the end.
        start_dim: i64,
        /// Last dimension to join.
        end_dim: i64,
    },
    /// z = 1 where x > threshold, else 0.
    Threshold {
        /// The threshold.
        threshold: Tensor<f64>,
    },
    /// dv/dt = r x; gives v.
    I {
        /// Resistance.
        r: Tensor<f64>,
    },
    /// tau dv/dt = v_leak - v + r x; gives v.
    Li {
        /// Time constant in s.
        tau: Tensor<f64>,
        /// Resistance.
        r: Tensor<f64>,
        /// What v decays to.
        v_leak: Tensor<f64>,
    },
    /// dv/dt = r x; where v > v_threshold, z = 1 and v becomes v_reset.
    If {
        /// Resistance.
        r: Tensor<f64>,
        /// Threshold.
        v_threshold: Tensor<f64>,
        /// Potential after a spike.
        v_reset: Tensor<f64>,
    },
    /// tau dv/dt = v_leak - v + r x; where v > v_threshold, z = 1 and v becomes v_reset.
    Lif {
        /// Time constant in s.
        tau: Tensor<f64>,
        /// Resistance.
        r: Tensor<f64>,
        /// What v decays to.
        v_leak: Tensor<f64>,
        /// Threshold.
        v_threshold: Tensor<f64>,
        /// Potential after a spike.
        v_reset: Tensor<f64>,
    },
    /// tau_syn di/dt = -i + w_in x; tau_mem dv/dt = v_leak - v + r i; gives v.
    CubaLi {
        /// Time constant of the current in s.
        tau_syn: Tensor<f64>,
        /// Time constant of the membrane in s.
        tau_mem: Tensor<f64>,
        /// Resistance.
        r: Tensor<f64>,
        /// What v decays to.
        v_leak: Tensor<f64>,
        /// Weight of the input.
        w_in: Tensor<f64>,
    },
    /// As [`NodeKind::CubaLi`]; where v > v_threshold, z = 1 and v becomes v_reset.
    CubaLif {
        /// Time constant of the current in s.
        tau_syn: Tensor<f64>,
        /// Time constant of the membrane in s.
        tau_mem: Tensor<f64>,
        /// Resistance.
        r: Tensor<f64>,
        /// What v decays to.
        v_leak: Tensor<f64>,
        /// Threshold.
        v_threshold: Tensor<f64>,
        /// Potential after a spike.
        v_reset: Tensor<f64>,
        /// Weight of the input.
        w_in: Tensor<f64>,
    },
    /// A graph within the graph, with one input and one output of its own.
    Graph(Graph),
}

impl NodeKind {
    /// The name of the kind in files.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Input { .. } => "Input",
            Self::Output { .. } => "Output",
            Self::Affine { .. } => "Affine",
            Self::Linear { .. } => "Linear",
            Self::Scale { .. } => "Scale",
            Self::Conv1d(_) => "Conv1d",
            Self::Conv2d(_) => "Conv2d",
            Self::SumPool2d(_) => "SumPool2d",
            Self::AvgPool2d(_) => "AvgPool2d",
            Self::Flatten { .. } => "Flatten",
            Self::Threshold { .. } => "Threshold",
            Self::I { .. } => "I",
            Self::Li { .. } => "LI",
            Self::If { .. } => "IF",
            Self::Lif { .. } => "LIF",
            Self::CubaLi { .. } => "CubaLI",
            Self::CubaLif { .. } => "CubaLIF",
            Self::Graph(_) => "NIRGraph",
        }
    }

    /// The parameters of a neuron or threshold with their names in files, in the order of the variant; none for others.
    #[must_use]
    pub fn neuron_parameters(&self) -> Vec<(&'static str, &Tensor<f64>)> {
        match self {
            Self::Threshold { threshold } => vec![("threshold", threshold)],
            Self::I { r } => vec![("r", r)],
            Self::Li { tau, r, v_leak } => vec![("tau", tau), ("r", r), ("v_leak", v_leak)],
            Self::If { r, v_threshold, v_reset } => {
                vec![("r", r), ("v_threshold", v_threshold), ("v_reset", v_reset)]
            }
            Self::Lif { tau, r, v_leak, v_threshold, v_reset } => vec![
                ("tau", tau),
                ("r", r),
                ("v_leak", v_leak),
                ("v_threshold", v_threshold),
                ("v_reset", v_reset),
            ],
            Self::CubaLi { tau_syn, tau_mem, r, v_leak, w_in } => {
                vec![("tau_syn", tau_syn), ("tau_mem", tau_mem), ("r", r), ("v_leak", v_leak), ("w_in", w_in)]
            }
            Self::CubaLif { tau_syn, tau_mem, r, v_leak, v_threshold, v_reset, w_in } => vec![
                ("tau_syn", tau_syn),
                ("tau_mem", tau_mem),
                ("r", r),
                ("v_leak", v_leak),
                ("v_threshold", v_threshold),
                ("v_reset", v_reset),
                ("w_in", w_in),
            ],
            _ => Vec::new(),
        }
    }

    /// The weights and biases with their names in files; none for kinds without.
    #[must_use]
    pub fn weights(&self) -> Vec<(&'static str, &Tensor<f32>)> {
        match self {
            Self::Affine { weight, bias } => vec![("weight", weight), ("bias", bias)],
            Self::Linear { weight } => vec![("weight", weight)],
            Self::Scale { scale } => vec![("scale", scale)],
            Self::Conv1d(Conv { weight, bias, .. }) | Self::Conv2d(Conv { weight, bias, .. }) => {
                vec![("weight", weight), ("bias", bias)]
            }
            _ => Vec::new(),
        }
    }

    /// Whether its output depends on its past: neurons and integrators do.
    #[must_use]
    pub fn has_state(&self) -> bool {
        !matches!(self, Self::Threshold { .. }) && !self.neuron_parameters().is_empty()
    }

    /// Whether it gives spikes.
    #[must_use]
    pub fn spikes(&self) -> bool {
        matches!(self, Self::If { .. } | Self::Lif { .. } | Self::CubaLif { .. })
    }
}

/// Notes of a file about a node or graph.
#[derive(Debug, Clone, PartialEq)]
pub enum Metadata {
    /// A text.
    Text(String),
    /// One or more numbers.
    Numbers(Tensor<f64>),
    /// Notes under names.
    Group(BTreeMap<String, Metadata>),
}

/// A node of a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it does.
    pub kind: NodeKind,
    /// Notes about it.
    pub metadata: BTreeMap<String, Metadata>,
}

impl From<NodeKind> for Node {
    fn from(kind: NodeKind) -> Self {
        Self { kind, metadata: BTreeMap::new() }
    }
}

/// Nodes by name, and the edges between them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    /// The nodes.
    pub nodes: BTreeMap<String, Node>,
    /// From which node to which.
    pub edges: Vec<(String, String)>,
    /// Notes about the graph.
    pub metadata: BTreeMap<String, Metadata>,
}

impl Graph {
    /// Nodes one behind the other.
    #[must_use]
    pub fn chain<const N: usize>(nodes: [(&str, NodeKind); N]) -> Self {
        let names: Vec<String> = nodes.iter().map(|(name, _)| (*name).to_owned()).collect();
        let edges = names.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        let nodes = nodes.into_iter().map(|(name, kind)| (name.to_owned(), kind.into())).collect();
        Self { nodes, edges, metadata: BTreeMap::new() }
    }

    /// Names and shapes of the inputs.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.nodes.iter().filter_map(|(name, node)| match &node.kind {
            NodeKind::Input { shape } => Some((name.as_str(), &shape[..])),
            _ => None,
        })
    }

    /// Names and shapes of the outputs.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.nodes.iter().filter_map(|(name, node)| match &node.kind {
            NodeKind::Output { shape } => Some((name.as_str(), &shape[..])),
            _ => None,
        })
    }
}
