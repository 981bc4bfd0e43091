//! A run of a network that was interrupted, however and whenever, goes on and leaves the bytes of one that was not.
#![allow(clippy::unwrap_used)]

mod common;

use common::{appears, assert_same, end_when, refused, said, send, start, start_with};
use std::process::Stdio;

/// Long enough to be interrupted: about a second.
const NETWORK: [&str; 8] =
    ["simulate", "small.toml", "--duration-ms", "2000", "--seed", "3", "--set", "drive.0.rate_hz=11000"];

const SMALL: &str = "
name = 'small'
run.duration_ms = 200
[[population]]
name = 'cells'
size = 900
neuron.lif_exp = { tau_m_ms = 20, t_ref_ms = 0.5 }
[[drive]]
target = 'cells'
rate_hz = 12000
weight_pa = 30
[[projection]]
source = 'cells'
target = 'cells'
rule = { fixed_indegree = 60 }
weight_pa = { normal = { mean = -40, sd = 10 } }
delay_ms = { uniform = { low = 0.5, high = 3.0 } }
[[recorder]]
population = 'cells'
variable = 'v_mv'
first = 400
count = 200
interval_ms = 2
";

#[test]
fn a_network_goes_on_to_the_same_bytes_however_and_whenever_it_was_interrupted() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    std::fs::write(dir.join("small.toml"), SMALL).unwrap();
    said(dir, &[&NETWORK[..], &["--out", "whole", "--threads", "1"]].concat());
    let whole = dir.join("whole");
    assert!(!whole.join("state").exists());
    // What is waited for, what is sent, and how often the state is saved.
    let cases = [
        ("spikes.parquet.tmp", "KILL", None),
        ("state/network.safetensors", "KILL", Some("100")),
        ("state/network.safetensors.tmp", "KILL", Some("37.3")),
        ("state/network.safetensors", "TERM", Some("500")),
        ("state/journal", "INT", None),
    ];
    for (number, (file, signal, every)) in cases.into_iter().enumerate() {
        let name = format!("cut-{number}");
        let mut arguments = [&NETWORK[..], &["--out", &name, "--threads", "2"]].concat();
        arguments.extend(every.into_iter().flat_map(|every| ["--checkpoint-every-ms", every]));
        let run = dir.join(&name);
        let what = format!("{signal} at {file}");
        assert!(!end_when(start(dir, &arguments), &run.join(file), signal), "{what}: it was over");
        // Again while it goes on.
        let again = start(dir, &["simulate", "--resume", &name, "--checkpoint-every-ms", "50"]);
        end_when(again, &run.join("spikes.parquet.tmp"), "TERM");
        said(dir, &["simulate", "--resume", &name, "--threads", "3"]);
        assert_same(&whole, &run, &what);
        assert!(said(dir, &["simulate", "--resume", &name]).contains("is complete"), "{what}");
    }
}

#[test]
fn a_run_whose_state_was_kept_goes_on_to_a_longer_duration() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    std::fs::write(dir.join("small.toml"), SMALL).unwrap();
    for scheduler in ["step", "event"] {
        let name = |what: &str| format!("{scheduler}-{what}");
        let network =
            ["simulate", "small.toml", "--set", &format!("run.scheduler='{scheduler}'")].map(str::to_owned);
        let run = |more: &[&str]| {
            let network: Vec<&str> = network.iter().map(String::as_str).collect();
            said(dir, &[&network[..], more].concat())
        };
        run(&["--duration-ms", "60", "--out", &name("whole")]);
        run(&["--duration-ms", "20", "--out", &name("run"), "--keep-state"]);
        run(&["--duration-ms", "20", "--out", &name("lost")]);
        let resume = ["simulate", "--resume", &name("run"), "--duration-ms"];
        said(dir, &[&resume[..], &["45.5", "--keep-state"]].concat());
        assert!(refused(dir, &[&resume[..], &["30"]].concat()).contains("has come to 45.5 ms already"));
        said(dir, &[&resume[..], &["60"]].concat());
        assert_same(&dir.join(name("whole")), &dir.join(name("run")), scheduler);
        let error = refused(dir, &["simulate", "--resume", &name("lost"), "--duration-ms", "60"]);
        assert!(error.contains("its state was not kept (--keep-state)"), "{error}");
    }
}

#[test]
fn what_ctrl_c_leaves_is_readable_and_says_how_to_go_on() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    std::fs::write(dir.join("small.toml"), SMALL).unwrap();
    let mut run = start_with(dir, &[&NETWORK[..], &["--out", "cut"]].concat(), Stdio::piped);
    assert!(appears(&mut run, &dir.join("cut/spikes.parquet.tmp")));
    send(&run, "INT");
    let output = run.wait_with_output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("interrupted after"), "{error}");
    assert!(error.trim_end().ends_with("go on with: synfire simulate --resume cut"), "{error}");
    said(dir, &["analyze", "cut/spikes.parquet", "--metrics", "rates"]);
    let description = std::fs::read_to_string(dir.join("cut/network.toml")).unwrap();
    std::fs::write(dir.join("cut/network.toml"), description.replace("size = 900", "size = 901")).unwrap();
    let error = refused(dir, &["simulate", "--resume", "cut"]);
    assert!(error.contains("network.safetensors is of a network or seed of digest"), "{error}");
    assert!(refused(dir, &["simulate", "--resume", "."]).contains("no network.toml"));
}
