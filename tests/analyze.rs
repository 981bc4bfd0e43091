//! `synfire analyze`, called as a user would.
#![allow(clippy::unwrap_used)]

mod common;

use common::{json, said, synfire, told};
use serde_json::Value;
use std::path::Path;

/// The tables of an analysis, by name.
fn tables(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let tables = told(folder, &[&["analyze"], arguments, &["--json"]].concat());
    tables.as_array().unwrap().clone()
}

fn rows<'a>(tables: &'a [Value], name: &str) -> &'a Vec<Value> {
    let table = tables.iter().find(|table| table["name"] == name).unwrap();
    table["rows"].as_array().unwrap()
}

fn number(row: &Value, name: &str) -> f64 {
    row[name].as_f64().unwrap_or_else(|| panic!("no {name} in {row}"))
}

fn sum(rows: &[Value], name: &str) -> f64 {
    rows.iter().map(|row| number(row, name)).sum()
}

fn run(folder: &Path, arguments: &[&str]) {
    said(folder, &[&["run", "--no-baseline"], arguments].concat());
}

fn summary(run: &Path) -> Value {
    json(&run.join("manifest.json"))["summary"].clone()
}

#[test]
fn the_default_run_has_the_published_figures_and_those_of_its_own_summary() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), &["--out", "r"]);
    let all = tables(home.path(), &["r", "--by", "", "--metrics", "sparsity,counts"]);
    let (sparsity, counts) = (&rows(&all, "sparsity")[0], &rows(&all, "counts")[0]);
    let published = [
        (number(sparsity, "silent_share"), 0.1699, 0.002),
        (number(counts, "share_at_most_7"), 0.9380, 0.002),
        (number(counts, "share_above_16"), 0.0128, 0.002),
        (number(sparsity, "spikes_per_channel"), 1.1800, 0.003),
        (number(counts, "largest_count"), 387.0, 0.03 * 387.0),
    ];
    for (ours, published, tolerance) in published {
        assert!((ours - published).abs() <= tolerance, "{ours}, published {published}");
    }
    let told = summary(&home.path().join("r"));
    for (name, row) in [("silent_share", sparsity), ("sparsity", sparsity), ("share_at_most_7", counts)] {
        assert_eq!(number(row, name), number(&told["all"], name), "{name}");
    }
    let inputs = tables(home.path(), &["r", "--metrics", "sparsity,histogram,neurons,tokens,neurobench"]);
    let projections = told["projections"].as_array().unwrap();
    for (row, told) in rows(&inputs, "sparsity").iter().zip(projections) {
        assert_eq!((&row["layer"], &row["projection"]), (&told["layer"], &told["projection"]));
        assert_eq!(number(row, "sparsity"), number(told, "sparsity"));
    }
    assert_eq!(rows(&inputs, "tokens").len(), 16);
    let spikes = number(sparsity, "spikes");
    for (name, column, all) in [
        ("tokens", "spikes", spikes),
        ("activity", "membrane_resets", spikes),
        ("histogram", "channels", number(sparsity, "channels")),
        ("neurons", "neurons", 6144.0),
    ] {
        assert_eq!(sum(rows(&inputs, name), column), all, "{name}");
    }
    for (row, told) in rows(&inputs, "operations").iter().zip(rows(&inputs, "sparsity")) {
        let synapses = number(told, "synaptic_operations");
        let reached = number(row, "event_acs");
        let zero_weights = row["projection"] != "query";
        assert!(
            if zero_weights { reached < synapses && reached > 0.97 * synapses } else { reached == synapses },
            "{row}"
        );
        assert!(
            number(row, "effective_macs") + number(row, "effective_acs") < number(row, "dense_operations")
        );
    }
}

#[test]
fn two_runs_in_a_tree_are_one_data_set() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), &["--tokens", "40", "--k", "2", "--out", "sweep/k=2/a"]);
    run(home.path(), &["--tokens", "30", "--k", "4", "--coding", "ternary", "--out", "sweep/k=4/a"]);
    let metrics = "sparsity,counts,histogram,neurons,neurobench";
    let by_run = tables(home.path(), &["sweep", "--by", "run", "--metrics", metrics]);
    let pooled = tables(home.path(), &["sweep", "--by", "", "--metrics", metrics]);
    let runs: Vec<&Value> = rows(&by_run, "sparsity").iter().map(|row| &row["run"]).collect();
    assert_eq!(runs, ["k=2/a", "k=4/a"]);
    for (run, number_of) in [("sweep/k=2/a", 0), ("sweep/k=4/a", 1)] {
        let alone = tables(home.path(), &[run, "--by", "", "--metrics", metrics]);
        for (table, column) in [
            ("sparsity", "spikes_per_channel"),
            ("counts", "window_sparsity"),
            ("neurons", "population_sparseness"),
            ("operations", "event_acs"),
        ] {
            let (alone, row) = (&rows(&alone, table)[0], &rows(&by_run, table)[number_of]);
            assert_eq!(number(alone, column), number(row, column), "{run} {table}");
        }
    }
    for (table, column) in
        [("sparsity", "spikes"), ("histogram", "channels"), ("operations", "dense_operations")]
    {
        assert_eq!(sum(rows(&pooled, table), column), sum(rows(&by_run, table), column), "{table}");
    }
}

#[test]
fn tables_fit_the_page_and_carry_their_definitions() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), &["--tokens", "50", "--out", "r"]);
    let text = said(
        home.path(),
        &[
            "analyze",
            "r",
            "--by",
            "layer,projection,head",
            "--metrics",
            "sparsity,counts,histogram,neurons,tokens,neurobench",
        ],
    );
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    for words in [
        "Spike counts",
        "spikes over channel samples",
        "connection sparsity, zero weights/weights",
        "Vinje-Gallant",
    ] {
        assert!(text.contains(words), "no '{words}' in\n{text}");
    }
}

#[test]
fn a_spike_file_has_rates_and_intervals_by_unit() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("trains.csv"), "time_s,unit\n0,3\n0.5,7\n1,3\n2,7\n4,3\n").unwrap();
    let all = tables(home.path(), &["trains.csv"]);
    let units = rows(&all, "intervals");
    assert_eq!(units.iter().map(|row| row["unit"].as_i64().unwrap()).collect::<Vec<_>>(), [3, 7]);
    // Intervals of 1 and 3 s: mean 2, standard deviation 1.
    assert_eq!((number(&units[0], "spikes"), number(&units[0], "cv")), (3.0, 0.5));
    assert!(!rows(&all, "intervals_summary").is_empty());
    let pairs = tables(home.path(), &["trains.csv", "--metrics", "correlation,distance"]);
    assert_eq!(
        pairs.iter().map(|table| &table["name"]).collect::<Vec<_>>(),
        ["pair_correlation", "pair_distance"]
    );
}

#[test]
fn layers_that_are_left_out_do_not_count() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), &["--tokens", "20", "--out", "r"]);
    for (layers, expected) in [("1", vec![1]), ("2-9", vec![2, 3])] {
        let all = tables(home.path(), &["r", "--layers", layers, "--by", "layer"]);
        for name in ["sparsity", "counts"] {
            let found: Vec<i64> = rows(&all, name).iter().map(|row| row["layer"].as_i64().unwrap()).collect();
            assert_eq!(found, expected, "{name}");
        }
    }
}

#[cfg(feature = "polars")]
#[test]
fn csv_and_parquet_hold_what_json_holds() {
    use synfire::analysis::scan::polars::prelude::*;
    let home = tempfile::tempdir().unwrap();
    run(home.path(), &["--tokens", "30", "--out", "r"]);
    let json = tables(home.path(), &["r"]);
    let csv = said(home.path(), &["analyze", "r", "--csv"]);
    said(home.path(), &["analyze", "r", "--parquet", "out.parquet"]);
    for (name, csv) in ["sparsity", "counts"].iter().zip(csv.split("\n\n")) {
        let file = std::fs::File::open(home.path().join(format!("out-{name}.parquet"))).unwrap();
        let frame = ParquetReader::new(file).finish().unwrap();
        let rows = rows(&json, name);
        assert_eq!((frame.height(), csv.lines().count()), (rows.len(), rows.len() + 1));
        let shares = frame.column("silent_share").unwrap().f64().unwrap();
        let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
        let column = header.iter().position(|name| *name == "silent_share").unwrap();
        for ((row, share), line) in rows.iter().zip(shares.iter()).zip(csv.lines().skip(1)) {
            assert!((number(row, "silent_share") - share.unwrap()).abs() < 1e-15);
            assert_eq!(line.split(',').nth(column).unwrap().parse().ok(), share);
        }
    }
}

#[test]
fn what_needs_weights_that_cannot_be_had_is_said_to_be_missing() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), &["--tokens", "20", "--out", "r"]);
    let manifest = home.path().join("r/manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let digest: Value = serde_json::from_str(&text).unwrap();
    let other = text.replace(digest["model"]["digest"].as_str().unwrap(), "0000");
    std::fs::write(&manifest, other).unwrap();
    let text = said(home.path(), &["analyze", "r", "--metrics", "neurobench"]);
    assert!(text.contains("Not available") && text.contains("digest") && text.contains("--model"), "{text}");
    assert!(text.contains("activation sparsity") && !text.contains("eff. MACs"), "{text}");
}

#[test]
fn bad_input_is_answered_with_one_clear_line() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), &["--tokens", "20", "--out", "r"]);
    run(home.path(), &["--tokens", "20", "--out", "cut"]);
    run(home.path(), &["--tokens", "20", "--out", "gone"]);
    std::fs::create_dir(home.path().join("empty")).unwrap();
    std::fs::write(home.path().join("notes.txt"), "mine").unwrap();
    std::fs::write(home.path().join("trains.csv"), "time_s,unit\n0.5,3\n").unwrap();
    let part = home.path().join("cut/spikes/part-00000-layer-000.parquet");
    let bytes = std::fs::read(&part).unwrap();
    std::fs::write(&part, &bytes[..bytes.len() / 2]).unwrap();
    std::fs::remove_file(home.path().join("gone/activity/part-00000-layer-000.parquet")).unwrap();
    for (arguments, words) in [
        (&["nowhere"][..], &["nowhere", "not a folder"][..]),
        (&["empty"], &["empty", "manifest.json"]),
        (&["notes.txt"], &["notes.txt"]),
        (&["trains.csv", "--metrics", "counts"], &["counts", "trains.csv"]),
        (&["r", "--metrics", "distance"], &["distance", "folder of runs"]),
        (&["r", "--metrics", "rates", "--tick-ms", "0"], &["--tick-ms 0"]),
        (&["trains.csv", "--stream"], &["trains.csv"]),
        (&["r", "--layers", "7"], &["--layers 7", "[0, 1, 2, 3]"]),
        (&["cut", "--metrics", "counts"], &["part-00000-layer-000.parquet"]),
        (&["gone"], &["activity", "holds 3 parts, the manifest counts 4"]),
        (&["r", "--parquet", "no/such/out.parquet"], &["no/such"]),
    ] {
        let output = synfire(home.path(), &[&["analyze"], arguments].concat());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.starts_with("synfire: "), "{arguments:?}: {error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{arguments:?}: {error}");
        assert!(words.iter().all(|word| error.contains(word)), "{arguments:?}: {error}");
    }
    for (arguments, word) in
        [(["--by", "layre"], "layre"), (["--metrics", "rate"], "rate"), (["--window", "0"], "0")]
    {
        let output = synfire(home.path(), &[&["analyze", "r"][..], &arguments[..]].concat());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(word), "{error}");
    }
}

#[test]
fn rates_of_a_run_are_told_by_step_by_token_and_in_hz() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), &["--tokens", "40", "--out", "r"]);
    let steps = tables(home.path(), &["r", "--metrics", "rates"]);
    let hertz = tables(home.path(), &["r", "--metrics", "rates", "--tick-ms", "2"]);
    let tokens = tables(home.path(), &["r", "--metrics", "rates,sparsity", "--clock", "tokens"]);
    assert_eq!(rows(&steps, "rates").len(), 18);
    for (i, (step, hz)) in rows(&steps, "rates").iter().zip(rows(&hertz, "rates")).enumerate() {
        assert!((number(step, "rate_per_step") * 500.0 - number(hz, "rate_hz")).abs() < 1e-9);
        assert!((number(step, "mean_isi_steps") * 0.002 - number(hz, "mean_isi_s")).abs() < 1e-9);
        let (token, sparsity) = (&rows(&tokens, "rates")[i], &rows(&tokens, "sparsity")[i]);
        let (ours, counted) = (number(token, "rate_per_token"), number(sparsity, "spikes_per_channel"));
        assert!((ours - counted).abs() < 1e-9, "{ours} {counted}");
    }
}

#[cfg(feature = "polars")]
#[test]
fn a_streamed_file_has_the_statistics_of_the_one_in_memory() {
    use synfire::datasets::formats;
    use synfire::datasets::trains::Recording;
    let home = tempfile::tempdir().unwrap();
    let spikes = 4000u32;
    let recording = Recording {
        times_s: (0..spikes).map(|i| f64::from(i) * 0.003 + f64::from(i % 7) * 0.0004).collect(),
        units: (0..spikes).map(|i| (i * i + i / 3) % 11 % 5).collect(),
        unit_ids: vec![3, 4, 6, 8, 20],
        stop_s: 12.1,
        ..Recording::default()
    };
    formats::write(&home.path().join("s.parquet"), &recording, None).unwrap();
    let metrics = ["s.parquet", "--metrics", "rates,intervals,correlation"];
    let held = tables(home.path(), &metrics);
    let streamed = tables(home.path(), &[&metrics[..], &["--stream", "--stop-s", "12.1"]].concat());
    for (a, b) in rows(&held, "intervals").iter().zip(rows(&streamed, "intervals")) {
        assert_eq!((&a["unit"], &a["spikes"]), (&b["unit"], &b["spikes"]));
        for name in ["rate_hz", "mean_isi_s", "cv", "cv2", "lv", "lvr"] {
            let (a, b) = (number(a, name), number(b, name));
            assert!((a - b).abs() <= 1e-9 * a.abs(), "{name}: {a} {b}");
        }
    }
    for (a, b) in rows(&held, "pair_correlation").iter().zip(rows(&streamed, "pair_correlation")) {
        assert!((number(a, "correlation") - number(b, "correlation")).abs() < 1e-12, "{a} {b}");
    }
    assert_eq!(sum(rows(&streamed, "interval_histogram"), "intervals"), f64::from(spikes - 5));
}
