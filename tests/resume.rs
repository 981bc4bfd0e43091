//! A run that was interrupted, however and whenever, goes on and leaves the bytes of one that was not.
#![allow(clippy::unwrap_used)]

mod common;

use common::{appears, assert_same, end_when, json, refused, said, send, start, start_with, synfire};
use std::path::Path;
use std::process::{Child, Stdio};

const RUN: [&str; 5] = ["run", "--tokens", "800", "--part-tokens", "128"];

fn recording(home: &Path, out: &str, more: &[&str]) -> Child {
    start(home, &[&RUN[..], &["--out", out], more].concat())
}

#[test]
fn a_run_goes_on_to_the_same_bytes_however_and_whenever_it_was_interrupted() {
    let home = tempfile::tempdir().unwrap();
    said(home.path(), &[&RUN[..], &["--out", "whole"]].concat());
    let whole = home.path().join("whole");
    assert!(!whole.join("state").exists());
    let moments = [
        ("manifest.json", "KILL"),
        ("state/dense/part-00002-text.safetensors", "KILL"),
        ("state/dense/part-00004-text.safetensors", "INT"),
        ("spikes/part-00000-layer-000.parquet.tmp", "KILL"),
        ("spikes/part-00001-layer-002.parquet", "KILL"),
        ("state/spiking/part-00003-layer-001.safetensors", "KILL"),
        ("state/spiking/part-00002-text.safetensors", "TERM"),
        ("state/spiking/part-00004-text.safetensors", "INT"),
        ("activity/part-00005-layer-003.parquet", "KILL"),
    ];
    for (number, (file, signal)) in moments.into_iter().enumerate() {
        let name = format!("cut-{number}");
        let run = home.path().join(&name);
        let what = format!("{signal} at {file}");
        assert!(
            !end_when(recording(home.path(), &name, &[]), &run.join(file), signal),
            "{what}: it was over"
        );
        assert_eq!(json(&run.join("manifest.json"))["status"], "incomplete", "{what}");
        said(home.path(), &["run", "--resume", &name, "--engine", "collapsed", "--threads", "1"]);
        assert_same(&whole, &run, &what);
    }
}

#[test]
fn a_run_may_be_interrupted_again_and_again() {
    let home = tempfile::tempdir().unwrap();
    let options = ["--record", "counts", "--sample-tokens", "3", "--no-baseline", "--k", "2.7"];
    said(home.path(), &[&RUN[..], &["--out", "whole"], &options].concat());
    let cut = home.path().join("cut");
    let mut run = recording(home.path(), "cut", &options);
    for (part, signal) in [(0, "KILL"), (2, "TERM"), (3, "KILL"), (4, "INT")] {
        let state = cut.join(format!("state/spiking/part-{part:05}-text.safetensors"));
        assert!(!end_when(run, &state, signal), "part {part}");
        run = start(home.path(), &["run", "--resume", "cut"]);
    }
    assert!(run.wait().unwrap().success());
    assert_same(&home.path().join("whole"), &cut, "four times");
    let complete = said(home.path(), &["run", "--resume", "cut"]);
    assert!(complete.contains("cut is complete"), "{complete}");
}

#[test]
fn what_ctrl_c_leaves_is_readable_and_says_how_to_go_on() {
    let home = tempfile::tempdir().unwrap();
    let mut run =
        start_with(home.path(), &[&RUN[..], &["--no-baseline", "--out", "cut"]].concat(), Stdio::piped);
    let state = home.path().join("cut/state/spiking/part-00001-text.safetensors");
    assert!(appears(&mut run, &state));
    send(&run, "INT");
    let output = run.wait_with_output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("interrupted after"), "{error}");
    assert!(error.trim_end().ends_with("go on with: synfire run --resume cut"), "{error}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("3 SWA"), "the table is shown");
    let told = said(home.path(), &["analyze", "cut", "--json"]);
    assert!(told.contains("down_in"), "{told}");
}

#[test]
fn what_cannot_go_on_is_refused_with_the_reason() {
    let home = tempfile::tempdir().unwrap();
    let text = home.path().join("text.txt");
    let line = "To be, or not to be, that is the question: whether 'tis nobler in the mind to suffer. ";
    std::fs::write(&text, line.repeat(12)).unwrap();
    let run = recording(home.path(), "cut", &["--text", "text.txt", "--no-baseline"]);
    let state = home.path().join("cut/state/spiking/part-00001-text.safetensors");
    assert!(!end_when(run, &state, "KILL"));
    let resume = ["run", "--resume", "cut"];

    std::fs::write(&text, line.to_uppercase().repeat(12)).unwrap();
    let error = refused(home.path(), &resume);
    assert!(error.contains("text.txt is not the text"), "{error}");
    std::fs::write(&text, line.repeat(12)).unwrap();

    let manifest = home.path().join("cut/manifest.json");
    let whole = std::fs::read_to_string(&manifest).unwrap();
    let digest = serde_json::from_str::<serde_json::Value>(&whole).unwrap()["model"]["digest"].to_string();
    for (from, to, word) in [
        (digest.as_str(), "\"0000\"", "weights"),
        ("\"command\": \"run\"", "\"command\": \"sweep\"", "sweep"),
        ("\"coding\": \"bitwise-signed\"", "\"coding\": \"morse\"", "options.coding"),
        ("\"synfire_version\": \"", "\"synfire_version\": \"9.", "begun by Synfire 9."),
    ] {
        assert!(whole.contains(from), "{from}");
        std::fs::write(&manifest, whole.replace(from, to)).unwrap();
        let error = refused(home.path(), &resume);
        assert!(error.contains(word), "{error}");
    }
    std::fs::write(&manifest, &whole).unwrap();

    let damaged = home.path().join("cut/state/spiking").join(
        std::fs::read_dir(home.path().join("cut/state/spiking"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with("layer-000.safetensors"))
            .min()
            .unwrap(),
    );
    let bytes = std::fs::read(&damaged).unwrap();
    std::fs::write(&damaged, &bytes[..bytes.len() / 2]).unwrap();
    let error = refused(home.path(), &resume);
    assert!(error.contains("layer-000.safetensors") && error.contains("begin the run anew"), "{error}");
    std::fs::write(&damaged, &bytes).unwrap();
    said(home.path(), &resume);
    for arguments in [&["--k", "2"][..], &["--out", "x"], &["--record", "counts"], &["--tokens", "5"]] {
        let output = synfire(home.path(), &[&resume[..], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
