//! `synfire chip`, as a user calls it.
#![allow(clippy::unwrap_used)]

mod common;

use common::{json, refused, said};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn golden(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/chip").join(name);
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_recorded_run_goes_through_both_chips_with_every_synaptic_operation_of_its_record() {
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    let run = run.to_str().unwrap();
    said(home.path(), &["run", "--tokens", "6", "--no-baseline", "--out", run]);
    let recorded =
        &json(&Path::new(run).join("manifest.json"))["summary"]["all"]["synaptic_operations_per_token"];
    for arch in ["loihi", "asynchronous"] {
        let out = home.path().join(arch);
        said(home.path(), &["chip", "run", run, "--arch", arch, "--out", arch]);
        let outcome = &json(&out.join("chip.json"))["outcome"];
        let events = outcome["synaptic_events"].as_f64().unwrap();
        assert!((events / 6.0 - recorded.as_f64().unwrap()).abs() < 1e-6, "{events}, {recorded}");
        let trace = json(&out.join("trace.json"));
        assert!(trace["traceEvents"].as_array().unwrap().len() > 6 * 20);
        for file in ["placement.svg", "placement.png", "mesh.svg", "critical-path.svg", "report.html"] {
            assert!(out.join(file).metadata().unwrap().len() > 1000, "{file}");
        }
    }
    let with = json(&home.path().join("loihi/chip.json"));
    let without = home.path().join("free");
    said(home.path(), &["chip", "run", run, "--sync", "none", "--out", "free"]);
    let again = ["chip", "run", run, "--tokens", "2", "--out", "free"];
    assert!(
        refused(home.path(), &again).contains("free: exists; choose another folder, or give --overwrite")
    );
    let without = json(&without.join("chip.json"));
    let time = |record: &Value| record["outcome"]["time_fs"].as_u64().unwrap();
    assert!(time(&without) < time(&with));
    let table = said(home.path(), &["chip", "place", run, "--csv"]);
    assert!(table.contains("minimal-hops") && table.contains("0 attn_in"), "{table}");
    said(home.path(), &["chip", "run", run, "--tokens", "2", "--out", "free", "--overwrite"]);
    let error = refused(home.path(), &["chip", "place", run, "--neurons-per-core", "1"]);
    assert!(error.contains("cores of this kind and chip 'loihi' has 128: use a chip of"), "{error}");
}

#[test]
fn a_network_in_sanafes_format_comes_to_what_sanafe_makes_of_it() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let arguments = [
        "chip",
        "run",
        &golden("network.yaml"),
        "--arch",
        &golden("architecture.yaml"),
        "--steps",
        "200",
        "--out",
    ];
    said(home.path(), &[&arguments[..], &[out.to_str().unwrap()]].concat());
    let (totals, expected) = (json(&out.join("chip.json")), json(Path::new(&golden("expected.json"))));
    let expected = expected["runs"].as_array().unwrap().last().unwrap();
    assert_eq!(totals["totals"]["synaptic_events"], expected["spikes"]);
    assert_eq!(totals["totals"]["messages"], expected["packets_sent"]);
    let (pj, joule) = (totals["energy_pj"].as_f64().unwrap(), expected["energy"]["total"].as_f64().unwrap());
    assert!((pj * 1e-12 / joule - 1.0).abs() < 1e-9);
}

#[test]
fn what_cannot_be_run_is_told_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    let network = golden("network.yaml");
    let cases: [(&[&str], &str); 4] = [
        (&["chip", "run", "nowhere", "--arch", "loihi"], "nowhere: neither a run folder nor a .yaml network"),
        (
            &["chip", "run", &network, "--arch", "pentium"],
            "no chip 'pentium': give the path of a file, or one of loihi, asynchronous",
        ),
        (
            &["chip", "run", &network, "--arch", "asynchronous", "--sync", "barrier"],
            "has no barrier; give its latency with --barrier-ns",
        ),
        (&["chip", "run", &network, "--sync", "none"], "step through time together"),
    ];
    for (arguments, message) in cases {
        let error = refused(home.path(), arguments);
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn the_chips_of_the_program_can_be_shown_and_their_text_loaded_again() {
    let home = tempfile::tempdir().unwrap();
    for name in ["loihi", "asynchronous"] {
        let toml = said(home.path(), &["chip", "show", name, "--toml"]);
        let file = home.path().join("mine.toml");
        std::fs::write(&file, toml).unwrap();
        let mine = said(home.path(), &["chip", "show", file.to_str().unwrap(), "--json"]);
        let shipped = said(home.path(), &["chip", "show", name, "--json"]);
        assert_eq!(mine, shipped);
    }
    let table = said(home.path(), &["chip", "show", "loihi"]);
    assert!(table.contains("axon out") && table.contains("1400 ns from 4 tiles"), "{table}");
}
