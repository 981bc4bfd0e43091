//! Graphs that Python's nir wrote, run here and compared with snnTorch, PyTorch and NumPy; see `tests/golden/nir/`.
#![cfg(feature = "hdf5")]
#![allow(clippy::unwrap_used)]

mod common;

use common::{refused, said, told};
use safetensors::SafeTensors;
use std::path::{Path, PathBuf};
use synfire::datasets::encode::{Latency, latency};
use synfire::datasets::formats::{self, ReadOptions};
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

// SYNFIRE_GRAPHS names a folder in which the graphs stay, for Python's nir to read.
#[test]
fn what_is_written_is_read_back_equal_and_the_same_graph_gives_the_same_bytes() {
    let home = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("SYNFIRE_GRAPHS").map_or(home.path().join("graphs"), PathBuf::from);
    std::fs::create_dir_all(&kept).unwrap();
    for name in ["every_kind.nir", "convolutions.nir", "mixed_cuba.nir"] {
        let graph = nir::read(&golden(name)).unwrap();
        let [first, second] = [home.path().join(name), kept.join(name)].map(|path| {
            nir::write(&path, &graph).unwrap();
            std::fs::read(path).unwrap()
        });
        assert!(first == second, "{name}");
        assert_eq!(nir::read(&kept.join(name)).unwrap(), graph, "{name}");
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

/// Rows of whole numbers.
fn rows(name: &str) -> Vec<Vec<u64>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/digits").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.split(',').map(|value| value.parse().unwrap()).collect()).collect()
}

#[test]
fn every_digit_gets_the_class_and_the_number_of_spikes_that_pytorch_gives_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/digits/network.nir");
    let network =
        Network::new(&nir::read(&path).unwrap(), &Options { dt_s: 1e-3, ..Options::default() }).unwrap();
    let hidden = network.layers().iter().position(|layer| layer.name == "hidden").unwrap();
    let (images, reference) = (rows("images.csv"), rows("reference.csv"));
    assert_eq!((images.len(), reference.len()), (360, 360));
    let mut right = 0;
    for (image, expected) in images.iter().zip(&reference) {
        let pixels: Vec<f32> = image[..64].iter().map(|value| *value as f32 / 16.0).collect();
        let input = latency(&pixels, 20, Latency::Linear { threshold: 0.01 }, 1e-3).unwrap();
        let run = network.run(&input).unwrap();
        assert_eq!([run.choice().unwrap() as u64, run.counts[hidden].spikes], expected[..]);
        right += u64::from(expected[0] == image[64]);
    }
    assert!(right > 320, "{right}");
}

#[test]
fn the_command_runs_a_graph_on_a_spike_file_and_the_record_holds_every_spike() {
    let home = tempfile::tempdir().unwrap();
    let expected = Expected::of("mixed_cuba");
    let input = expected.input(1e-3);
    let mut spikes = "# stop_s=0.3\ntime_ms,unit\n".to_owned();
    for step in 0..input.len() {
        for (index, value) in input.step(step) {
            (0..*value as u32).for_each(|_| spikes += &format!("{step},{index}\n"));
        }
    }
    std::fs::write(home.path().join("in.csv"), spikes).unwrap();
    let graph = golden("mixed_cuba.nir").display().to_string();
    let arguments = ["nir", "run", &graph, "--input", "in.csv", "--dt-ms", "1", "--out", "run"];
    let text = said(home.path(), &arguments);
    assert!(text.contains("rnn.lif") && text.contains("1 920"), "{text}");
    let read = |name: &str| formats::read(&home.path().join(name), &ReadOptions::default()).unwrap();
    let recording = read("run/spikes.parquet");
    let (shape, fired) = expected.bytes("spikes.rnn.lif");
    let found: Vec<(usize, usize)> = recording
        .times_s
        .iter()
        .zip(&recording.units)
        .map(|(time_s, unit)| {
            ((time_s * 1000.0).round() as usize, recording.unit_ids[*unit as usize] as usize)
        })
        .collect();
    let ones: Vec<(usize, usize)> =
        (0..fired.len()).filter(|at| fired[*at] == 1).map(|at| (at / shape[1], at % shape[1])).collect();
    assert_eq!(found, ones);
    assert_eq!((recording.unit_ids.len(), recording.stop_s), (50, 0.3));
    assert!(refused(home.path(), &arguments).contains("--overwrite"));
    let again: Vec<&str> = arguments.into_iter().chain(["--overwrite", "--json"]).collect();
    let summary = told(home.path(), &again);
    assert_eq!((&summary["status"], &summary["steps"]), (&"complete".into(), &300.into()));
    assert_eq!(read("run/spikes.parquet"), recording);
}

#[test]
fn the_command_lists_nodes_and_refuses_what_does_not_fit() {
    let home = tempfile::tempdir().unwrap();
    let graph = golden("every_kind.nir").display().to_string();
    let text = said(home.path(), &["nir", "inspect", &graph]);
    for part in ["inner/cell", "CubaLIF", "4 x 5", "Conv1d"] {
        assert!(text.contains(part), "{text}");
    }
    std::fs::write(home.path().join("in.csv"), "time_ms,unit\n1,700\n").unwrap();
    let run = |more: &[&str]| {
        let arguments = [&["nir", "run", &graph, "--input", "in.csv", "--exact"], more].concat();
        refused(home.path(), &arguments)
    };
    assert!(run(&[]).contains("in.csv: unit is 700; shape [2, 9] has values 0 to 17"), "{}", run(&[]));
    assert!(run(&["--dt-ms", "0"]).contains("dt is 0 s"));
    assert!(run(&["--hardware", "45nm"]).contains("choose a profile that prices synaptic events"));
    assert!(refused(home.path(), &["nir", "inspect", "in.csv"]).contains("in.csv is not a NIR file"));
}
