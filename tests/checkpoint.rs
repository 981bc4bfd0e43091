//! `synfire checkpoint`, called as a user would.
#![allow(clippy::unwrap_used)]

mod common;

use common::{refused, said, told};
use std::path::Path;

/// The last line of a run's JSON: bits per byte and spikes per token.
fn figures(home: &Path, model: &str) -> (f64, f64) {
    let value = told(home, &["run", "--model", model, "--tokens", "60", "--no-baseline", "--json"]);
    let bits = value["accuracy"]["coded"]["per_byte"].as_f64().unwrap();
    (bits, value["all"]["spikes_per_token"].as_f64().unwrap())
}

fn config(home: &Path, keys: &str) {
    let sizes = r#""vocab_size": 300, "hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4,
        "num_key_value_heads": 2, "intermediate_size": 384, "sliding_window": 16"#;
    std::fs::write(home.join("config.json"), format!("{{{sizes}, {keys}}}")).unwrap();
}

const EXPERTS: &str = r#""model_type": "spikingbrain_76b", "full_attention_layers": [3], "dense_mlp_layers": [0],
    "num_experts": 4, "num_sink_tokens": 5"#;

#[test]
fn a_made_up_checkpoint_runs_and_runs_alike_quantised_at_once_or_afterwards() {
    for keys in [r#""model_type": "gla_swa", "attn_layers": [1, 3]"#, EXPERTS] {
        let home = tempfile::tempdir().unwrap();
        config(home.path(), keys);
        let synth = ["checkpoint", "synth", "--like", "config.json", "--seed", "4"];
        said(home.path(), &[&synth[..], &["plain"]].concat());
        said(home.path(), &[&synth[..], &["--quantised", "int8"]].concat());
        let (bits, spikes) = figures(home.path(), "plain");
        assert!(bits.is_finite() && spikes > 1000.0, "{bits} {spikes}");
        // The low-rank gate has no counterpart in a checkpoint that is made quantised.
        if keys == EXPERTS {
            assert_eq!(figures(home.path(), "int8"), (bits, spikes));
        }
        said(home.path(), &["checkpoint", "quantise", "plain", "afterwards", "--shard-gb", "0.0005"]);
        assert!(home.path().join("afterwards/model.safetensors.index.json").exists());
        assert_eq!(figures(home.path(), "afterwards"), (bits, spikes));
        said(home.path(), &["checkpoint", "quantise", "plain", "float", "--float"]);
        assert_eq!(figures(home.path(), "float"), (bits, spikes));
    }
}

#[test]
fn calibration_tells_how_much_error_it_saves_and_does_not_hurt() {
    let home = tempfile::tempdir().unwrap();
    let quantise = ["checkpoint", "quantise", "shakespeare", "calibrated", "--calibrate", "hamlet"];
    let told = said(home.path(), &[&quantise[..], &["--tokens", "200"]].concat());
    assert!(told.contains("% less than by the absolute maximum"), "{told}");
    let [(calibrated, _), (plain, _)] =
        ["calibrated", "shakespeare"].map(|model| figures(home.path(), model));
    assert!((calibrated - plain).abs() < 0.1, "{calibrated} {plain}");
}

#[test]
fn inspection_tells_what_is_there_and_fails_where_something_is_broken() {
    let home = tempfile::tempdir().unwrap();
    config(home.path(), EXPERTS);
    said(home.path(), &["checkpoint", "synth", "--like", "config.json", "--quantised", "made"]);
    let told = said(home.path(), &["checkpoint", "inspect", "made"]);
    for word in
        ["0-3 (4 alike)", "router of the experts", "I8 [256, 384]", "active for a token", "query projection"]
    {
        assert!(told.contains(word), "no '{word}' in\n{told}");
    }
    let lines = |arguments: &[&str]| said(home.path(), arguments).lines().count();
    assert!(lines(&["checkpoint", "inspect", "made", "--all"]) > told.lines().count() + 40);
    let json = |arguments: &[&str]| -> serde_json::Value {
        let output = common::synfire(home.path(), arguments);
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let sound = json(&["checkpoint", "inspect", "made", "--json"]);
    assert_eq!((&sound["sound"], sound["findings"].as_array().unwrap().len()), (&true.into(), 0));
    std::fs::remove_file(home.path().join("made/vocab.json")).unwrap();
    let broken = json(&["checkpoint", "inspect", "made", "--json"]);
    assert_eq!((&broken["sound"], &broken["findings"][0]["about"]), (&false.into(), &"tokenizer".into()));
    let output = common::synfire(home.path(), &["checkpoint", "inspect", "made"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("made: 1 fault"), "{error}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("FAULT tokenizer"));
}

#[test]
fn a_plain_model_is_upcycled_and_its_experts_are_analysed_and_drawn() {
    let home = tempfile::tempdir().unwrap();
    config(home.path(), r#""model_type": "qwen2""#);
    said(home.path(), &["checkpoint", "synth", "--like", "config.json", "plain"]);
    let convert = ["checkpoint", "convert", "plain"];
    said(home.path(), &[&convert[..], &["hybrid", "--window", "32"]].concat());
    let told = said(home.path(), &[&convert[..], &["mixture", "--to", "76b", "--sinks", "4"]].concat());
    assert!(told.contains("alpha = 0.9800"), "{told}");
    figures(home.path(), "hybrid");
    let run = ["run", "--model", "mixture", "--tokens", "50", "--no-baseline", "--out", "run"];
    let table = said(home.path(), &run);
    for word in ["LA+SWA", "expert_down_in", "Use of experts", "two-scale"] {
        assert!(table.contains(word), "no '{word}' in\n{table}");
    }
    let analyzed = said(home.path(), &["analyze", "run", "--metrics", "experts", "--json"]);
    let tables: serde_json::Value = serde_json::from_str(&analyzed).unwrap();
    assert_eq!((&tables[0]["name"], &tables[1]["name"]), (&"expert_load".into(), &"experts".into()));
    said(home.path(), &["plot", "run", "experts", "-o", "experts.svg"]);
    assert!(std::fs::read_to_string(home.path().join("experts.svg")).unwrap().contains("experts 0 to 15"));
    said(home.path(), &["report", "run", "-o", "report.html"]);
    assert!(std::fs::read_to_string(home.path().join("report.html")).unwrap().contains("Two-scale sparsity"));
    said(home.path(), &["energy", "run"]);
    said(home.path(), &["run", "--prompt", "To be", "--no-baseline", "--out", "dense"]);
    assert!(refused(home.path(), &["analyze", "dense", "--metrics", "experts"]).contains("no mixture"));
}

#[test]
fn what_cannot_be_made_is_refused_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("full")).unwrap();
    std::fs::write(home.path().join("full/precious"), "x").unwrap();
    for (arguments, word) in [
        (&["synth", "full"][..], "not empty"),
        (&["synth", "full", "--overwrite", "--like", "7b"], "holds no checkpoint"),
        (&["synth", "--layers", "29", "out"], "1 to 28"),
        (&["synth", "--like", "nothing.json", "out"], "nothing.json"),
        (&["synth", "--shard-gb", "0", "out"], "--shard-gb"),
        (&["quantise", "nowhere", "out"], "nowhere"),
        (&["convert", "nowhere", "out"], "nowhere"),
        (&["quantise", "shakespeare", "full"], "not empty"),
    ] {
        let error = refused(home.path(), &[&["checkpoint"], arguments].concat());
        assert!(error.contains(word), "{error}");
    }
    assert!(!home.path().join("out").exists() && home.path().join("full/precious").exists());
}
