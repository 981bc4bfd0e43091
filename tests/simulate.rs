//! `synfire simulate`, called as a user would.
#![allow(clippy::unwrap_used)]

mod common;

use common::{files, json, refused, said, told};
use synfire::datasets::formats::{self, ReadOptions};

const SMALL: &str = "
name = 'small'
run.duration_ms = 200
[[population]]
name = 'cells'
size = 300
neuron.lif_delta = { tau_m_ms = 20, e_l_mv = 0, v_th_mv = 20, v_reset_mv = 10 }
[[drive]]
target = 'cells'
rate_hz = 12000
weight_mv = 0.1
[[projection]]
source = 'cells'
target = 'cells'
rule = { fixed_indegree = 30 }
weight_mv = -0.2
delay_ms = 1.5
[[recorder]]
population = 'cells'
variable = 'v_mv'
first = 7
count = 2
interval_ms = 1
";

#[test]
fn a_described_network_runs_and_its_record_is_a_spike_file() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    std::fs::write(dir.join("small.toml"), SMALL).unwrap();
    let text = said(dir, &["simulate", "small.toml", "--threads", "2", "--out", "run"]);
    assert!(text.contains("cells") && text.contains("9 000 synapses of 2.3 bytes"), "{text}");
    let recording = formats::read(&dir.join("run/spikes.parquet"), &ReadOptions::default()).unwrap();
    assert_eq!((recording.unit_ids.len(), recording.stop_s), (300, 0.2));
    assert!((1000..6000).contains(&recording.len()), "{} spikes", recording.len());
    let manifest = json(&dir.join("run/manifest.json"));
    assert_eq!(manifest["spikes"], recording.len());
    assert_eq!(manifest["populations"][0]["name"], "cells");
    for file in ["raster.png", "trace-0-cells-v_mv.parquet", "network.toml"] {
        assert!(dir.join("run").join(file).exists(), "{file}");
    }
    // The description that was kept gives the same folder, on another number of threads.
    said(dir, &["simulate", "run/network.toml", "--threads", "1", "--out", "again"]);
    for entry in std::fs::read_dir(dir.join("run")).unwrap() {
        let name = entry.unwrap().file_name();
        let bytes = |folder: &str| std::fs::read(dir.join(folder).join(&name)).unwrap();
        assert!(bytes("run") == bytes("again"), "{name:?} differs");
    }
    let rates = said(dir, &["analyze", "run/spikes.parquet", "--metrics", "rates"]);
    assert!(rates.contains("rate_hz"), "{rates}");
    said(dir, &["plot", "run/spikes.parquet", "raster", "-o", "r.png"]);
    said(dir, &["report", "run/spikes.parquet"]);
}

#[test]
fn weights_that_were_learnt_are_in_the_folder_whatever_the_number_of_threads() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    std::fs::write(dir.join("small.toml"), SMALL).unwrap();
    let run = |threads: &str, out: &str| {
        let stdp = "projection.0.synapse={ stdp = { w_max = -0.4, lambda = 0.05 } }";
        said(dir, &["simulate", "small.toml", "--threads", threads, "--out", out, "--set", stdp]);
        std::fs::read(dir.join(out).join("weights-0-cells-cells.parquet")).unwrap()
    };
    let bytes = run("1", "one");
    assert!(bytes.starts_with(b"PAR1") && bytes.len() > 20_000, "{} bytes", bytes.len());
    assert!(bytes == run("3", "three"));
    said(dir, &["simulate", "small.toml", "--out", "static"]);
    assert!(!dir.join("static/weights-0-cells-cells.parquet").exists());
}

#[test]
fn settings_seed_duration_and_scale_change_the_run() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    let run = |more: &[&str]| {
        let arguments = ["simulate", "brunel2000", "--scale", "0.05", "--no-record", "--json"];
        told(dir, &[&arguments[..], more].concat())
    };
    let plain = run(&["--duration-ms", "50"]);
    assert_eq!((&plain["neurons"], &plain["synapses"]), (&625.into(), &(625 * 63).into()));
    assert_eq!((&plain["duration_ms"], &plain["status"]), (&50.0.into(), &"complete".into()));
    let seeded = run(&["--duration-ms", "50", "--seed", "2"]);
    assert_ne!(plain["spikes"], seeded["spikes"]);
    assert_eq!(run(&["--duration-ms", "50", "--set", "run.seed=2"])["spikes"], seeded["spikes"]);
    let silent = run(&["--duration-ms", "50", "--set", "drive.0.rate_hz=0", "--set", "drive.1.rate_hz=0"]);
    assert_eq!((&silent["spikes"], &silent["populations"][0]["cv"]), (&0.into(), &serde_json::Value::Null));
    assert!(!dir.join("runs").exists());
}

#[test]
fn ready_made_networks_are_listed_shown_and_fit_the_schema_keys() {
    let home = tempfile::tempdir().unwrap();
    let list = said(home.path(), &["simulate", "--list"]);
    let schema = told(home.path(), &["simulate", "--schema"]);
    for key in ["name", "run", "population", "projection", "drive", "recorder"] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
    for name in list.lines().map(|line| line.split(':').next().unwrap()) {
        let shown = said(home.path(), &["simulate", "--show", name]);
        std::fs::write(home.path().join("shown.toml"), &shown).unwrap();
        assert_eq!(said(home.path(), &["simulate", "shown.toml", "--show"]), shown);
    }
    assert!(
        list.lines().any(|line| line.starts_with("alif-reservoir:") && line.contains("Bellec")),
        "{list}"
    );
}

#[test]
fn the_adaptive_reservoir_answers_its_patterns_and_adaptive_neurons_fire_less() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["simulate", "alif-reservoir", "--no-record", "--json", "--duration-ms", "1000"];
    let summary = told(home.path(), &arguments);
    let rate = |name: &str| {
        let populations = summary["populations"].as_array().unwrap();
        populations.iter().find(|of| of["name"] == name).unwrap()["rate_hz"].as_f64().unwrap()
    };
    let (regular, adaptive) = (rate("regular"), rate("adaptive"));
    assert!(
        (5.0..30.0).contains(&regular) && (1.0..0.8 * regular).contains(&adaptive),
        "{regular} {adaptive}"
    );
}

#[test]
fn only_a_run_of_a_network_is_overwritten_and_nothing_of_it_is_left() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    std::fs::write(dir.join("small.toml"), SMALL).unwrap();
    let stdp = "projection.0.synapse={ stdp = { w_max = -0.4, lambda = 0.05 } }";
    said(dir, &["simulate", "small.toml", "--out", "run", "--set", stdp]);
    assert!(dir.join("run/weights-0-cells-cells.parquet").exists());
    for mine in ["mine.txt", "trace-mine.parquet"] {
        std::fs::write(dir.join("run").join(mine), "x").unwrap();
    }
    said(dir, &["simulate", "small.toml", "--out", "run", "--overwrite"]);
    assert!(!dir.join("run/weights-0-cells-cells.parquet").exists());
    assert!(dir.join("run/mine.txt").exists() && dir.join("run/trace-mine.parquet").exists());
    said(dir, &["run", "--tokens", "3", "--no-baseline", "--out", "model"]);
    let before = files(&dir.join("model"));
    let error = refused(dir, &["simulate", "small.toml", "--out", "model", "--overwrite"]);
    assert!(error.contains("model: holds files, but no run of a network"), "{error}");
    assert!(files(&dir.join("model")) == before);
}

#[test]
fn who_takes_a_run_or_a_trace_for_spikes_is_told_where_these_are() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    std::fs::write(dir.join("small.toml"), SMALL).unwrap();
    said(dir, &["simulate", "small.toml", "--out", "run"]);
    let error = refused(dir, &["energy", "run"]);
    assert!(error.contains("run is a run of a network; give its spikes: run/spikes.parquet"), "{error}");
    let error = refused(dir, &["analyze", "run/trace-0-cells-v_mv.parquet"]);
    assert!(error.contains("no spikes; give the spike file beside it"), "{error}");
}

#[test]
fn what_cannot_be_run_is_told_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    std::fs::write(dir.join("small.toml"), SMALL).unwrap();
    let error = |arguments: &[&str]| refused(dir, &[&["simulate"], arguments].concat());
    assert!(error(&["brunel"]).contains("no such file or ready-made network; ready-made are brunel2000"));
    assert!(error(&["small.toml", "--set", "population.cells.size=-3"]).contains("population.cells.size"));
    assert!(error(&["small.toml", "--set", "projection.0.delay_ms=0"]).contains("projection.0.delay_ms: 0"));
    assert!(error(&["small.toml", "--scale", "0"]).contains("--scale 0"));
    std::fs::create_dir(dir.join("full")).unwrap();
    std::fs::write(dir.join("full/mine.txt"), "x").unwrap();
    assert!(error(&["small.toml", "--out", "full"]).contains("full: exists"));
}
