//! The `synfire` command, called as a user would.
#![allow(clippy::unwrap_used)]

mod common;

use common::{refused, said, told, with_nan};
use synfire::datasets::record::{RunReader, SpikeFilter, Status};
use synfire::datasets::spikes::Projection;

#[test]
fn a_run_leaves_a_whole_record_that_agrees_with_its_summary() {
    let home = tempfile::tempdir().unwrap();
    let table = said(home.path(), &["run", "--tokens", "100"]);
    for word in ["0 GLA", "3 SWA", "down_in", "sparsity", "bits per byte as spikes", "dense", "pJ per MAC"] {
        assert!(table.contains(word), "no '{word}' in\n{table}");
    }
    let run = home.path().join("runs/shakespeare-1");
    let reader = RunReader::open(&run).unwrap();
    assert_eq!((reader.manifest().status, reader.manifest().tokens), (Status::Complete, 100));
    let recorded: u64 = reader.activity().unwrap().flat_map(Result::unwrap).map(|a| a.spikes).sum();
    let events: usize = reader.spikes(&SpikeFilter::default()).unwrap().map(|b| b.unwrap().len()).sum();
    let summary = reader.manifest().summary.as_ref().unwrap();
    let told = summary["all"]["spikes_per_token"].as_f64().unwrap() * 100.0;
    assert_eq!(recorded, events as u64);
    assert!((told - recorded as f64).abs() < 0.5, "{told} {recorded}");
    said(home.path(), &["plot", "runs/shakespeare-1", "raster", "-o", "again.png"]);
    said(home.path(), &["plot", "runs/shakespeare-1", "raster", "-o", "again.svg"]);
    for (kind, word) in
        [("counts", "share of channel samples"), ("sparsity", "down_in"), ("tokens", "layer 3")]
    {
        said(home.path(), &["plot", "runs/shakespeare-1", kind, "-o", "picture.svg"]);
        assert!(std::fs::read_to_string(home.path().join("picture.svg")).unwrap().contains(word), "{kind}");
    }
    for kind in ["png", "svg"] {
        let (first, again) = (run.join(format!("raster.{kind}")), home.path().join(format!("again.{kind}")));
        assert_eq!(std::fs::read(first).unwrap(), std::fs::read(again).unwrap(), "{kind}");
    }
}

#[test]
fn the_same_run_leaves_the_same_bytes_whatever_the_threads_and_the_engine() {
    let home = tempfile::tempdir().unwrap();
    said(home.path(), &["run", "--tokens", "60", "--no-baseline", "--threads", "1", "--out", "a"]);
    said(home.path(), &["run", "--tokens", "60", "--no-baseline", "--engine", "collapsed", "--out", "b"]);
    for file in [
        "manifest.json",
        "spikes/part-00000-layer-003.parquet",
        "activity/part-00000-layer-003.parquet",
        "raster.svg",
    ] {
        let read = |run: &str| std::fs::read(home.path().join(run).join(file)).unwrap();
        assert_eq!(read("a"), read("b"), "{file}");
    }
}

#[test]
fn json_is_one_value_with_every_figure() {
    let home = tempfile::tempdir().unwrap();
    let value =
        told(home.path(), &["run", "--prompt", "To be, or not to be", "--json", "--convention", "release"]);
    assert_eq!(value["tokens"], 19);
    assert_eq!(value["projections"].as_array().unwrap().len(), 14, "down_in is not coded in the release");
    assert!(value["accuracy"]["dense"]["per_byte"].as_f64().unwrap() < 4.0);
    let value = told(home.path(), &["run", "--dense", "--tokens", "50", "--json"]);
    assert!(value["dense"]["per_token"].is_number());
}

#[test]
fn a_cut_model_records_its_layers_only() {
    let home = tempfile::tempdir().unwrap();
    let table = said(home.path(), &["run", "--tokens", "20", "--layers", "1-2", "--out", "cut"]);
    assert!(table.contains("layers were cut out") && !table.contains("0 GLA"), "{table}");
    let reader = RunReader::open(&home.path().join("cut")).unwrap();
    assert_eq!(reader.manifest().layers, [1, 2]);
    let first = SpikeFilter { layer: Some(1), projection: Some(Projection::Query), ..SpikeFilter::default() };
    assert!(reader.spikes(&first).unwrap().any(|b| !b.unwrap().is_empty()));
}

#[test]
fn the_same_seed_generates_the_same_text() {
    let home = tempfile::tempdir().unwrap();
    let write =
        |seed: &str| said(home.path(), &["generate", "--prompt", "ROMEO:", "--tokens", "30", "--seed", seed]);
    let text = write("1");
    assert!(text.starts_with("ROMEO:") && text.len() > 30, "{text}");
    assert_eq!(text, write("1"));
    assert_ne!(text, write("2"));
}

#[test]
fn bad_input_is_answered_with_one_clear_line() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
    write("empty.txt", "");
    write("ids.txt", "1 2 x");
    write("big.txt", "1 2 999");
    std::fs::create_dir(home.path().join("full")).unwrap();
    write("full/thesis.doc", "years of work");
    for (arguments, words) in [
        (&["run", "--model", "no/such"][..], &["no/such", "config.json"][..]),
        (&["run", "--model", "full"], &["config.json"]),
        (&["run", "--text", "absent.txt"], &["absent.txt"]),
        (&["run", "--text", "empty.txt"], &["empty.txt", "0 tokens"]),
        (&["run", "--prompt", "x"], &["1 tokens", "at least 2"]),
        (&["run", "--tokens", "0"], &["0 tokens"]),
        (&["run", "--k", "0"], &["--k", "above 0"]),
        (&["run", "--k", "nan"], &["--k", "NaN"]),
        (&["run", "--layers", "2-9", "--tokens", "9"], &["2-9", "0-3"]),
        (&["run", "--threads", "0"], &["--threads"]),
        (&["run", "--out", "full", "--tokens", "9"], &["full"]),
        (&["run", "--out", "full", "--overwrite", "--tokens", "9"], &["full"]),
        (&["generate", "--prompt", ""], &["--prompt is empty"]),
        (&["generate", "--prompt", "a", "--temperature", "-1"], &["temperature -1"]),
        (&["plot", "nowhere", "raster"], &["nowhere"]),
        (&["plot", "full", "raster"], &["full"]),
        (&["trace", "--ids", "ids.txt", "--out", "t.safetensors"], &["ids.txt", "'x'", "number 3"]),
        (&["trace", "--ids", "big.txt", "--out", "t.safetensors"], &["999", "position 2", "256"]),
        (&["trace", "--text", "empty.txt", "--out", "t.safetensors"], &["no tokens"]),
    ] {
        let error = refused(home.path(), arguments);
        assert!(words.iter().all(|w| error.contains(w)), "{arguments:?}: {error}");
    }
    assert_eq!(
        std::fs::read_dir(home.path().join("full")).unwrap().count(),
        1,
        "a foreign folder was touched"
    );
    assert!(!home.path().join("t.safetensors").exists());
}

#[test]
fn a_raster_outside_the_record_says_what_there_is() {
    let home = tempfile::tempdir().unwrap();
    said(home.path(), &["run", "--tokens", "10", "--no-baseline", "--convention", "release", "--out", "r"]);
    for (arguments, word) in [
        (&["plot", "r", "raster", "--layer", "7"][..], "[0, 1, 2, 3]"),
        (&["plot", "r", "raster", "--projection", "down_in"], "no down_in"),
        (&["plot", "r", "raster", "--tokens", "50-60"], "10 tokens"),
        (&["plot", "r", "raster", "-o", "picture.gif"], "picture.gif"),
    ] {
        let error = refused(home.path(), arguments);
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn weights_that_are_not_numbers_are_named() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("ids.txt"), "0 1 2").unwrap();
    for (tensor, word) in [
        ("model.embeddings.weight", "the embedding of token id 0 is not finite"),
        ("lm_head.weight", "LM head"),
        ("model.layers.0.attn.q_proj.weight", "'model.layers.0.attn.q_proj.weight' holds NaN at index 0"),
    ] {
        with_nan(&home.path().join(tensor), tensor);
        let arguments = ["trace", "--model", tensor, "--ids", "ids.txt", "--out", "t.safetensors"];
        let error = refused(home.path(), &arguments);
        assert!(error.contains(word), "{tensor}: {error}");
        assert!(!home.path().join("t.safetensors").exists());
    }
}
