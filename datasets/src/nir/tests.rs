//! Graphs that make no sense, and graphs within graphs. Files of Python's nir are read in the workspace's `tests/nir.rs`.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn each(size: usize, value: f64) -> Tensor<f64> {
    Tensor { shape: vec![size], values: vec![value; size] }
}

fn weights(shape: &[usize]) -> Tensor<f32> {
    Tensor { shape: shape.to_vec(), values: vec![0.5; shape.iter().product()] }
}

fn ends(size: usize) -> [NodeKind; 2] {
    [NodeKind::Input { shape: vec![size] }, NodeKind::Output { shape: vec![size] }]
}

fn conv(weight: &[usize], stride: [usize; 2], padding: Padding<2>, dilation: [usize; 2]) -> Conv<2> {
    Conv {
        input_shape: None,
        weight: weights(weight),
        stride,
        padding,
        dilation,
        groups: 1,
        bias: weights(&weight[..1]),
    }
}

/// Shape behind a node of `kind` to which values of `shape` arrive.
fn behind(shape: &[usize], kind: NodeKind) -> Result<Vec<usize>, GraphError> {
    let graph = Graph::chain([("input", NodeKind::Input { shape: shape.to_vec() }), ("node", kind)]);
    Ok(graph.shapes()?["node"].output.clone())
}

#[test]
fn shapes_of_convolutions_and_pools_are_those_that_pytorch_documents() {
    let of = |padding, kernel: [usize; 2], stride, dilation| {
        let weight = [6, 2, kernel[0], kernel[1]];
        behind(&[2, 12, 10], NodeKind::Conv2d(conv(&weight, stride, padding, dilation))).unwrap()
    };
    assert_eq!(of(Padding::Zeros([1, 0]), [2, 3], [2, 1], [1, 2]), [6, 7, 6]);
    assert_eq!(of(Padding::Valid, [3, 3], [1, 1], [1, 1]), [6, 10, 8]);
    assert_eq!(of(Padding::Same, [3, 2], [1, 1], [2, 1]), [6, 12, 10]);
    let pool = Pool { kernel_size: [2, 3], stride: [2, 2], padding: [0, 1] };
    assert_eq!(behind(&[2, 12, 10], NodeKind::SumPool2d(pool)).unwrap(), [2, 6, 5]);
    let flatten = NodeKind::Flatten { input_shape: None, start_dim: 0, end_dim: -2 };
    assert_eq!(behind(&[2, 12, 10], flatten).unwrap(), [24, 10]);
}

#[test]
fn a_neuron_with_one_value_for_all_takes_the_shape_of_what_arrives() {
    let kind = NodeKind::I { r: Tensor { shape: vec![], values: vec![1.0] } };
    assert_eq!(behind(&[3, 4], kind).unwrap(), [3, 4]);
}

#[test]
fn errors_name_node_field_and_value() {
    let text = |shape: &[usize], kind| behind(shape, kind).unwrap_err().to_string();
    let wide = conv(&[1, 2, 9, 9], [1, 1], Padding::Valid, [1, 1]);
    assert!(text(&[2, 8, 8], NodeKind::Conv2d(wide)).contains("node 'node': kernel size is 9 at dilation 1"));
    let still = conv(&[1, 2, 1, 1], [1, 0], Padding::Valid, [1, 1]);
    assert!(text(&[2, 8, 8], NodeKind::Conv2d(still)).contains("stride is [1, 0]"));
    let affine = NodeKind::Affine { weight: weights(&[2, 3]), bias: weights(&[3]) };
    assert!(text(&[3], affine).contains("bias is of 3 values; give 2"));
    let li = NodeKind::Li { tau: each(2, -1.0), r: each(2, 1.0), v_leak: each(2, 0.0) };
    assert!(text(&[2], li).contains("tau is -1; give a time above 0 s"));
    let li = NodeKind::Li { tau: each(2, 1.0), r: each(3, 1.0), v_leak: each(2, 0.0) };
    assert!(text(&[2], li).contains("r is of shape [3]; give [2] as tau has"));
    let short = Tensor { shape: vec![4, 4], values: vec![1.0; 3] };
    assert!(text(&[4], NodeKind::Linear { weight: short }).contains("weight is 3 values of shape [4, 4]"));
    let huge = NodeKind::Output { shape: vec![usize::MAX, 2] };
    assert!(text(&[4], huge).contains("give 1 to 2^26 values"));
    let alone = Graph::chain([(
        "pool",
        NodeKind::SumPool2d(Pool { kernel_size: [2; 2], stride: [2; 2], padding: [0; 2] }),
    )]);
    assert!(alone.shapes().unwrap_err().to_string().contains("not told by the SumPool2d itself"));
}

#[test]
fn graphs_inside_are_laid_out_and_their_ends_passed_over() {
    let [input, output] = ends(2);
    let linear = || NodeKind::Linear { weight: weights(&[2, 2]) };
    let inner = Graph::chain([("in", input.clone()), ("weights", linear()), ("out", output.clone())]);
    let middle =
        Graph::chain([("in", input.clone()), ("inner", NodeKind::Graph(inner)), ("out", output.clone())]);
    let through = Graph::chain([("in", input.clone()), ("out", output.clone())]);
    let graph = Graph::chain([
        ("input", input),
        ("middle", NodeKind::Graph(middle)),
        ("through", NodeKind::Graph(through)),
        ("output", output),
    ]);
    let flat = graph.flattened().unwrap();
    let names: Vec<&str> = flat.nodes.keys().map(String::as_str).collect();
    assert_eq!(names, ["input", "middle/inner/weights", "output"]);
    let mut edges: Vec<(&str, &str)> = flat.edges.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    edges.sort_unstable();
    assert_eq!(edges, [("input", "middle/inner/weights"), ("middle/inner/weights", "output")]);
}

proptest! {
    #[test]
    fn whatever_sizes_a_convolution_claims_its_shape_is_found_or_refused(
        weight in prop::collection::vec(0_usize..5, 4),
        input in prop::collection::vec(0_usize..9, 3),
        stride in prop::array::uniform2(0_usize..4),
        padding in prop::array::uniform2(0_usize..usize::MAX),
        dilation in prop::array::uniform2(0_usize..usize::MAX),
        small in any::<bool>(),
    ) {
        let less = |sizes: [usize; 2]| if small { sizes.map(|size| size % 4) } else { sizes };
        let kind = conv(&weight, stride, Padding::Zeros(less(padding)), less(dilation));
        // Windows counted one by one.
        if let Ok(output) = behind(&input, NodeKind::Conv2d(kind.clone())) {
            prop_assume!(small);
            let zeros = less(padding);
            for d in 0..2 {
                let reach = (weight[d + 2] - 1) * kind.dilation[d];
                let windows = (0..).step_by(stride[d]).take_while(|at| at + reach < input[d + 1] + 2 * zeros[d]);
                prop_assert_eq!(output[d + 1], windows.count());
            }
        }
    }
}

#[cfg(feature = "hdf5")]
mod files {
    use super::*;
    use hdf5_metno::types::FixedAscii;
    use hdf5_metno::{File, Group};

    fn scalar<T: hdf5_metno::H5Type>(group: &Group, name: &str, value: T) {
        group.new_dataset::<T>().create(name).unwrap().write_scalar(&value).unwrap();
    }

    fn text(group: &Group, name: &str, value: &str) {
        scalar(group, name, FixedAscii::<32>::from_ascii(value).unwrap());
    }

    /// Writes a file with one node by hand and says why it is refused.
    fn refused(node: impl Fn(&Group)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hand.nir");
        let file = File::create(&path).unwrap();
        let root = file.create_group("node").unwrap();
        text(&root, "type", "NIRGraph");
        let nodes = root.create_group("nodes").unwrap();
        node(&nodes.create_group("here").unwrap());
        root.new_dataset::<f64>().shape(0).create("edges").unwrap();
        file.close().unwrap();
        read(&path).map(|_| String::new()).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn a_file_with_texts_of_fixed_width_and_no_edges_is_read() {
        let read = refused(|node| {
            text(node, "type", "Input");
            node.new_dataset_builder().with_data(&[3_i32, 2]).create("shape").unwrap();
        });
        assert_eq!(read, "");
    }

    #[test]
    fn missing_foreign_and_overlarge_fields_are_refused_by_file_node_and_field() {
        let error = refused(|node| text(node, "type", "LIF"));
        assert!(error.contains("hand.nir: node 'here': tau is missing"), "{error}");
        let error = refused(|node| text(node, "type", "Delay"));
        assert!(error.contains("type is 'Delay'; replace it by"), "{error}");
        let error = refused(|node| scalar(node, "type", 3_i64));
        assert!(error.contains("type is no text"), "{error}");
        let error = refused(|node| {
            text(node, "type", "Input");
            scalar(node, "shape", -4_i64);
        });
        assert!(error.contains("shape is [-4]; give whole numbers from 0"), "{error}");
        let error = refused(|node| {
            text(node, "type", "Linear");
            node.new_dataset::<f32>().shape((1 << 24, 1 << 24)).chunk((64, 64)).create("weight").unwrap();
        });
        assert!(error.contains("weight") && error.contains("claimed"), "{error}");
    }

    #[test]
    fn graphs_that_contain_themselves_are_refused() {
        let error = refused(|node| {
            text(node, "type", "NIRGraph");
            node.create_group("nodes").unwrap();
            node.new_dataset::<f64>().shape(0).create("edges").unwrap();
            node.link_hard("/node/nodes/here", "nodes/again").unwrap();
        });
        assert!(error.contains("too deep"), "{error}");
    }
}
