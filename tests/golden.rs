//! The golden vectors of the authors' code, reproduced.
#![allow(clippy::unwrap_used)]

use safetensors::{Dtype, SafeTensors};
use std::path::{Path, PathBuf};
use synfire::datasets::checkpoint::{Checkpoint, Quantisation, QuantisedForm, SHARD_BYTES};
use synfire::sim::model::Model;
use synfire::sim::options::{Convention, Execution, ModelOptions};
use synfire::trace::Trace;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn numbers(file: &SafeTensors<'_>, name: &str) -> Vec<f64> {
    let view = file.tensor(name).unwrap();
    let data = view.data();
    match view.dtype() {
        Dtype::I16 => {
            data.chunks_exact(2).map(|b| f64::from(i16::from_le_bytes(b.try_into().unwrap()))).collect()
        }
        Dtype::F32 => {
            data.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect()
        }
        Dtype::I64 => {
            data.chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f64).collect()
        }
        other => panic!("{name}: {other:?}"),
    }
}

fn relative_norm(ours: &[f64], theirs: &[f64]) -> f64 {
    let difference: f64 = ours.iter().zip(theirs).map(|(a, b)| (a - b).powi(2)).sum();
    (difference / theirs.iter().map(|b| b * b).sum::<f64>()).sqrt()
}

/// Traces `checkpoint` over the golden tokens and compares every tensor, by name and shape.
fn compare(checkpoint: &Path, expected: &str, options: &ModelOptions, tolerance: f64) {
    let expected = std::fs::read(golden(expected)).unwrap();
    let expected = SafeTensors::deserialize(&expected).unwrap();
    let tokens: Vec<u32> = numbers(&expected, "input_ids").iter().map(|t| *t as u32).collect();
    let checkpoint = Checkpoint::open(checkpoint).unwrap();
    let trace = Trace::of(&Model::load(&checkpoint, options).unwrap(), &tokens, |_| ()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.safetensors");
    trace.write(&file).unwrap();
    let ours = std::fs::read(file).unwrap();
    let ours = SafeTensors::deserialize(&ours).unwrap();

    let mut names: Vec<_> = expected.names();
    let mut our_names: Vec<_> = ours.names();
    names.sort_unstable();
    our_names.sort_unstable();
    assert_eq!(our_names, names);
    let (mut counts, mut off) = (0, 0);
    for name in names {
        let (a, b) = (ours.tensor(name).unwrap(), expected.tensor(name).unwrap());
        assert_eq!((a.shape(), a.dtype()), (b.shape(), b.dtype()), "{name}");
        let (a, b) = (numbers(&ours, name), numbers(&expected, name));
        if name.ends_with(".counts") {
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1.0), "{name} is off by more than one");
            counts += a.len();
            off += a.iter().zip(&b).filter(|(a, b)| a != b).count();
        } else if name.ends_with(".threshold") {
            let worst = a.iter().zip(&b).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-5, "{name}: threshold off by {worst:.1e}");
        } else {
            let norm = relative_norm(&a, &b);
            assert!(norm < tolerance, "{name}: relative norm {norm:.1e}");
        }
    }
    println!("{off} of {counts} counts off by one");
    assert!(off * 1000 <= counts, "{off} of {counts} counts differ");
}

#[test]
fn the_coded_model_of_the_report_is_reproduced() {
    compare(&golden("w8aspike"), "expected-coded.safetensors", &ModelOptions::default(), 1e-3);
}

#[test]
fn the_coded_model_as_released_is_reproduced() {
    let options = ModelOptions { convention: Convention::RELEASE, ..ModelOptions::default() };
    compare(&golden("w8aspike"), "expected-released.safetensors", &options, 1e-3);
}

/// As the report has it: as released, down_proj multiplies by unquantised weights, which a quantised copy no longer has.
#[test]
fn copies_in_either_quantised_form_reproduce_the_coded_model_of_the_report() {
    let source = Checkpoint::open(&golden("w8aspike")).unwrap();
    let home = tempfile::tempdir().unwrap();
    for (name, form) in [("int8", QuantisedForm::Int8), ("float", QuantisedForm::Float)] {
        let dir = home.path().join(name);
        let quantisation = Quantisation { source: &source, form, calibration: None };
        quantisation.write(&dir, SHARD_BYTES, false, |_| true).unwrap().unwrap();
        compare(&dir, "expected-coded.safetensors", &ModelOptions::default(), 1e-3);
    }
}

/// The logits of Hugging Face transformers for the plain models that SpikingBrain is converted from.
fn compare_plain(name: &str) {
    let expected = std::fs::read(golden(&format!("expected-{name}.safetensors"))).unwrap();
    let expected = SafeTensors::deserialize(&expected).unwrap();
    let tokens: Vec<u32> = numbers(&expected, "input_ids").iter().map(|t| *t as u32).collect();
    let checkpoint = Checkpoint::open(&golden(name)).unwrap();
    let logits = |options: &ModelOptions| -> Vec<f64> {
        let model = Model::load(&checkpoint, options).unwrap();
        model.start().advance(&tokens, &mut ()).unwrap().iter().map(|l| f64::from(*l)).collect()
    };
    let expected = numbers(&expected, "logits");
    let dense = relative_norm(&logits(&ModelOptions::dense()), &expected);
    assert!(dense < 1e-4, "{name}, dense: relative norm {dense:.1e}");
    let coded = relative_norm(&logits(&ModelOptions::default()), &expected);
    assert!((1e-3..0.5).contains(&coded), "{name}, coded: relative norm {coded:.1e}");
}

#[test]
fn qwen2_checkpoints_give_the_logits_of_transformers() {
    compare_plain("qwen2");
}

#[test]
fn llama_checkpoints_give_the_logits_of_transformers() {
    compare_plain("llama");
}

#[test]
fn the_dense_model_as_released_is_reproduced() {
    let options = ModelOptions {
        execution: Execution::Dense,
        convention: Convention::RELEASE,
        ..ModelOptions::default()
    };
    compare(&golden("dense"), "expected-dense.safetensors", &options, 1e-4);
}
