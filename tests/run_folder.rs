//! Who may write to the folder of a run: one process at a time, and without being told to only where nothing was recorded.
#![allow(clippy::unwrap_used)]

mod common;

use common::{appears, assert_same, end_when, refused, said, send, start, with_nan};
use std::path::Path;

const RUN: [&str; 9] =
    ["run", "--layers", "0-0", "--tokens", "800", "--part-tokens", "128", "--no-baseline", "--out"];
const SIMULATE: [&str; 8] =
    ["simulate", "brunel2000", "--scale", "0.1", "--duration-ms", "1000", "--checkpoint-every-ms", "100"];

/// While `run` is held where `file` appeared, all of `others` are refused; then it ends as if nobody had asked.
fn has_the_folder_alone(home: &Path, run: &[&str], file: &str, others: &[&[&str]]) {
    let mut running = start(home, run);
    assert!(appears(&mut running, &home.join(file)), "{run:?}: it was over");
    send(&running, "STOP");
    let errors: Vec<String> = others.iter().map(|other| refused(home, other)).collect();
    send(&running, "CONT");
    assert!(running.wait().unwrap().success(), "{run:?}");
    for error in errors {
        assert!(error.contains("shared is being written by another run; wait for its end"), "{error}");
    }
}

#[test]
fn a_run_has_its_folder_alone_until_it_ends_or_is_killed() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    said(home, &[&RUN[..], &["whole"]].concat());
    let state = "shared/state/spiking/part-00000-text.safetensors";
    let killed = start(home, &[&RUN[..], &["shared"]].concat());
    assert!(!end_when(killed, &home.join(state), "KILL"));
    let resume = &["run", "--resume", "shared"][..];
    let others =
        [resume, &[&RUN[..], &["shared", "--overwrite"]].concat(), &[&RUN[..], &["shared"]].concat()];
    has_the_folder_alone(home, resume, "shared/state/spiking/part-00001-text.safetensors", &others);
    assert_same(&home.join("whole"), &home.join("shared"), "beside others");
    assert!(said(home, resume).contains("is complete"));

    has_the_folder_alone(home, &[&RUN[..], &["shared", "--overwrite"]].concat(), state, &[resume]);
    assert_same(&home.join("whole"), &home.join("shared"), "overwritten");
}

#[test]
fn a_run_of_a_network_has_its_folder_alone_until_it_ends_or_is_killed() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    said(home, &[&SIMULATE[..], &["--out", "whole"]].concat());
    let state = "shared/state/network.safetensors";
    let anew = [&SIMULATE[..], &["--out", "shared", "--overwrite"]].concat();
    assert!(!end_when(start(home, &anew), &home.join(state), "KILL"));
    let resume = &["simulate", "--resume", "shared"][..];
    // That of the run that was killed.
    std::fs::remove_file(home.join("shared/spikes.parquet.tmp")).unwrap();
    has_the_folder_alone(home, resume, "shared/spikes.parquet.tmp", &[resume, &anew]);
    assert_same(&home.join("whole"), &home.join("shared"), "beside others");
    has_the_folder_alone(home, &anew, state, &[resume, &anew]);
    assert_same(&home.join("whole"), &home.join("shared"), "overwritten");
}

#[test]
fn a_run_that_fails_before_it_records_leaves_no_folder() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    for (tensor, baseline) in [
        ("model.embeddings.weight", true),
        ("model.embeddings.weight", false),
        ("model.layers.0.attn.q_proj.weight", false),
    ] {
        with_nan(&home.join(tensor), tensor);
        // Token 0 has the embedding that is no number.
        std::fs::write(home.join("zeros.txt"), "\0\0\0").unwrap();
        let run = ["run", "--model", tensor, "--text", "zeros.txt", "--out", "out", "--no-baseline"];
        let error = refused(home, &run[..run.len() - usize::from(baseline)]);
        assert!(error.contains("not finite") || error.contains("NaN"), "{error}");
        assert!(!home.join("out").exists(), "{tensor}: {error}");
    }
}

#[test]
fn where_nothing_was_recorded_the_next_run_starts_and_where_something_was_it_asks() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    said(home, &[&RUN[..], &["whole"]].concat());
    for (file, holds_something) in
        [("manifest.json", false), ("state/spiking", false), ("spikes/part-00000-layer-000.parquet", true)]
    {
        let name = file.replace('/', "-");
        let run = [&RUN[..], &[name.as_str()]].concat();
        assert!(!end_when(start(home, &run), &home.join(&name).join(file), "KILL"));
        if holds_something {
            assert!(refused(home, &run).contains("is not empty"), "{file}");
        } else {
            said(home, &run);
            assert_same(&home.join("whole"), &home.join(&name), file);
        }
    }
    // Hours of the dense model would be lost.
    let dense = ["run", "--layers", "0-0", "--tokens", "800", "--part-tokens", "128", "--out", "dense"];
    let state = home.join("dense/state/dense/part-00000-text.safetensors");
    assert!(!end_when(start(home, &dense), &state, "KILL"));
    assert!(refused(home, &dense).contains("is not empty"));
}

#[test]
fn where_nothing_was_recorded_of_a_network_the_next_run_starts() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let network = ["simulate", "brunel2000", "--scale", "0.1", "--duration-ms", "200"];
    let whole = [&network[..], &["--out", "whole"]].concat();
    said(home, &whole);
    assert!(refused(home, &whole).contains("whole: exists; choose another folder, or give --overwrite"));
    // As a run leaves it that was killed before its first step.
    let folder = home.join("cut");
    std::fs::create_dir_all(folder.join("state")).unwrap();
    std::fs::copy(home.join("whole/network.toml"), folder.join("network.toml")).unwrap();
    let cut = [&network[..], &["--out", "cut"]].concat();
    assert!(refused(home, &cut).contains("cut: exists"), "a description alone may be somebody's own");
    for file in ["state/journal", "spikes.parquet.tmp", ".synfire.lock"] {
        std::fs::write(folder.join(file), "").unwrap();
    }
    said(home, &cut);
    assert_same(&home.join("whole"), &folder, "killed before the first step");
}
