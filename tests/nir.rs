//! Graphs that Python's nir wrote, run here and compared with snnTorch, PyTorch and NumPy; see `tests/golden/nir/`.
#![cfg(feature = "hdf5")]
#![allow(clippy::unwrap_used)]

use safetensors::SafeTensors;
use std::path::{Path, PathBuf};
use synfire::datasets::nir::{self, Graph, Metadata, NodeKind, Tensor};
use synfire::datasets::transform::Steps;
use synfire::sim::nir::{Network, Options};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/nir").join(name)
}

/// Stored arrays by name, a row a step.
struct Expected(Vec<u8>);

impl Expected {
    fn of(name: &str) -> Self {
        Self(std::fs::read(golden(&format!("{name}.safetensors"))).unwrap())
    }

    fn bytes(&self, name: &str) -> (Vec<usize>, Vec<u8>) {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = tensors.tensor(name).unwrap();
        (tensor.shape().to_vec(), tensor.data().to_vec())
    }

    fn input(&self, dt_s: f64) -> Steps {
        let (shape, bytes) = self.bytes("input");
        let values: Vec<f32> = bytes.iter().map(|byte| f32::from(*byte)).collect();
        Steps::from_values(dt_s, shape[1..].iter().product(), &values)
    }
}

/// Runs a stored graph and compares every spike of the nodes named.
fn spikes_equal(name: &str, dt_s: f64, nodes: &[&str]) {
    let graph = nir::read(&golden(&format!("{name}.nir"))).unwrap();
    let network = Network::new(&graph, &Options { dt_s, ..Options::default() }).unwrap();
    let expected = Expected::of(name);
    let (input, mut state) = (expected.input(dt_s), network.start());
    let nodes: Vec<(usize, Vec<u8>)> = nodes
        .iter()
        .map(|node| {
            let layer = network.layers().iter().position(|layer| layer.name == *node).unwrap();
            (layer, expected.bytes(&format!("spikes.{node}")).1)
        })
        .collect();
    let mut total = 0;
    for step in 0..input.len() {
        network.step(&mut state, input.step(step)).unwrap();
        for (layer, spikes) in &nodes {
            let size = network.layers()[*layer].size();
            let row = &spikes[step * size..(step + 1) * size];
            let fired: Vec<u8> = state.values(*layer).iter().map(|value| *value as u8).collect();
            assert_eq!(fired, row, "{name}: layer {layer}, step {step}");
            total += row.iter().map(|spike| usize::from(*spike)).sum::<usize>();
        }
    }
    assert!(total > 500, "{name}: {total} spikes");
}

#[test]
fn a_recurrent_cubalif_network_fires_every_spike_that_snntorch_fires() {
    spikes_equal("recurrent_cuba", 1e-4, &["rnn.lif"]);
}

#[test]
fn a_recurrent_lif_network_fires_every_spike_that_snntorch_fires() {
    spikes_equal("recurrent_lif", 1e-4, &["rnn.lif"]);
}

#[test]
fn cubalif_neurons_that_all_differ_fire_every_spike_of_the_reference() {
    spikes_equal("mixed_cuba", 1e-3, &["rnn.lif"]);
}

#[test]
fn a_convolutional_network_with_pooling_fires_every_spike_that_pytorch_fires() {
    spikes_equal("convolutions", 1e-3, &["if", "lif"]);
}

#[test]
fn the_potentials_of_an_integrator_behind_convolutions_are_those_of_pytorch() {
    let graph = nir::read(&golden("convolutions.nir")).unwrap();
    let network = Network::new(&graph, &Options { dt_s: 1e-3, ..Options::default() }).unwrap();
    let expected = Expected::of("convolutions");
    let (input, mut state) = (expected.input(1e-3), network.start());
    let potentials: Vec<f32> = expected
        .bytes("potentials.li")
        .1
        .as_chunks()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    for (step, row) in potentials.chunks(5).enumerate() {
        network.step(&mut state, input.step(step)).unwrap();
        for (found, expected) in state.output().iter().zip(row) {
            assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{step}: {found} {expected}");
        }
    }
}

#[test]
fn every_kind_of_node_is_read_with_its_values() {
    let graph = nir::read(&golden("every_kind.nir")).unwrap();
    let kinds: Vec<&str> = graph.nodes.values().map(|node| node.kind.name()).collect();
    assert_eq!(
        kinds,
        [
            "Conv1d",
            "CubaLI",
            "Flatten",
            "I",
            "NIRGraph",
            "Input",
            "LI",
            "Linear",
            "Output",
            "Scale",
            "Threshold"
        ]
    );
    let NodeKind::Conv1d(conv) = &graph.nodes["conv1d"].kind else { panic!("no Conv1d") };
    assert_eq!((conv.input_shape, conv.stride, conv.groups), (Some([9]), [2], 1));
    assert_eq!((conv.weight.shape.as_slice(), conv.weight.values[5]), (&[4, 2, 3][..], 0.75));
    let NodeKind::Graph(inner) = &graph.nodes["inner"].kind else { panic!("no graph") };
    let NodeKind::CubaLif { v_reset, w_in, .. } = &inner.nodes["cell"].kind else { panic!("no CubaLIF") };
    assert_eq!((&v_reset.values, &w_in.values), (&vec![0.0; 3], &vec![1.0; 3]));
    assert_eq!(inner.edges.len(), 4);
    assert_eq!(graph.metadata["made_by"], Metadata::Text("make_graphs.py".to_owned()));
    let numbers = Tensor { shape: vec![3], values: vec![0.0, 1.0, 2.0] };
    assert_eq!(graph.metadata["numbers"], Metadata::Numbers(numbers));
    Network::new(&graph, &Options { dt_s: 1e-3, ..Options::default() }).unwrap();
}

#[test]
fn what_is_written_is_read_back_equal_and_the_same_graph_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["every_kind", "convolutions", "mixed_cuba"] {
        let graph = nir::read(&golden(&format!("{name}.nir"))).unwrap();
        let [first, second] = ["a.nir", "b.nir"].map(|file| {
            nir::write(&folder.path().join(file), &graph).unwrap();
            std::fs::read(folder.path().join(file)).unwrap()
        });
        assert!(first == second, "{name}");
        assert_eq!(nir::read(&folder.path().join("a.nir")).unwrap(), graph, "{name}");
    }
}

#[test]
fn a_file_that_was_cut_off_gives_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.nir");
    let whole = std::fs::read(golden("every_kind.nir")).unwrap();
    for twentieth in 0..20 {
        std::fs::write(&path, &whole[..whole.len() * twentieth / 20]).unwrap();
        let error = nir::read(&path).unwrap_err().to_string();
        assert!(error.contains("cut.nir") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn errors_name_file_node_field_and_value() {
    let folder = tempfile::tempdir().unwrap();
    let text = |graph: &Graph| nir::write(&folder.path().join("wrong.nir"), graph).unwrap_err().to_string();
    let mut graph = nir::read(&golden("mixed_cuba.nir")).unwrap();
    let good = graph.clone();
    let NodeKind::CubaLif { tau_mem, .. } = &mut graph.nodes.get_mut("rnn.lif").unwrap().kind else {
        panic!()
    };
    tau_mem.values[7] = f64::NAN;
    let error = text(&graph);
    for part in ["wrong.nir", "'rnn.lif'", "tau_mem", "not finite at value 7"] {
        assert!(error.contains(part), "{error}");
    }
    let mut graph = good.clone();
    graph.edges.push(("fc".to_owned(), "nowhere".to_owned()));
    assert!(text(&graph).contains("edge 'fc' -> 'nowhere': there is no node 'nowhere'"), "{}", text(&graph));
    let mut graph = good;
    graph.nodes.insert("output".to_owned(), NodeKind::Output { shape: vec![49] }.into());
    assert!(text(&graph).contains("gives shape [50], but shape [49]"), "{}", text(&graph));
    let path = folder.path().join("text.nir");
    std::fs::write(&path, "no HDF5").unwrap();
    assert!(nir::read(&path).unwrap_err().to_string().contains("is not a NIR file"));
}
