//! `synfire report`, called as a user would. What the page does in a browser is tested in `tests/browser`.
#![allow(clippy::unwrap_used)]

mod common;

use common::{json, said, synfire, told};
use std::path::Path;

fn page(folder: &Path, arguments: &[&str]) -> String {
    said(folder, &[&["report"], arguments].concat());
    std::fs::read_to_string(folder.join("report.html")).unwrap()
}

/// What the page says of its raster.
fn raster(html: &str) -> serde_json::Value {
    let rest = html.split_once("id=\"raster-meta\">").unwrap().1;
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

fn spikes(raster: &serde_json::Value) -> u64 {
    raster["panels"].as_array().unwrap().iter().map(|panel| panel["spikes"].as_u64().unwrap()).sum()
}

#[test]
fn a_report_holds_the_figures_of_its_run_is_the_same_each_time_and_loads_nothing() {
    let home = tempfile::tempdir().unwrap();
    let summary = told(home.path(), &["run", "--tokens", "40", "--out", "r", "--json"]);
    let html = page(home.path(), &["r"]);
    for figure in [
        format!("{:.3}", summary["all"]["mean_spikes_per_channel"].as_f64().unwrap()),
        format!("{:.2}", 100.0 * summary["all"]["silent_share"].as_f64().unwrap()),
        format!("{:.4}", summary["accuracy"]["coded"]["per_byte"].as_f64().unwrap()),
        format!("{:.4}", summary["accuracy"]["dense"]["per_byte"].as_f64().unwrap()),
    ] {
        assert!(html.contains(&figure), "no {figure}");
    }
    let recorded = summary["all"]["spikes_per_token"].as_f64().unwrap() * 40.0;
    assert!(
        (spikes(&raster(&html)) as f64 - recorded).abs() < 0.5,
        "a short run is in its raster with all spikes"
    );
    assert_eq!(html, page(home.path(), &["r"]));
    for loads in ["src=\"http", "href=\"http", "url(", "@import", "<link"] {
        assert!(!html.contains(loads), "{loads}");
    }
}

#[test]
fn the_raster_keeps_to_its_cap_and_to_its_tokens_and_says_so() {
    let home = tempfile::tempdir().unwrap();
    said(home.path(), &["run", "--tokens", "60", "--no-baseline", "--out", "r"]);
    let html = page(home.path(), &["r", "--tokens", "5-50", "--raster-spikes", "200000"]);
    let found = raster(&html);
    let (start, stop) = (found["start"].as_f64().unwrap(), found["stop"].as_f64().unwrap());
    assert!((190_000..=200_000).contains(&spikes(&found)), "{}", spikes(&found));
    assert!(start == 5.0 && (25.0..40.0).contains(&stop), "{start} {stop}");
    assert!(html.contains(&format!("Tokens 5 to {} of 60, all neurons", stop - 1.0)));

    let html = page(home.path(), &["r", "--raster-spikes", "20000"]);
    let found = raster(&html);
    assert!(spikes(&found) <= 20_000 && found["stop"].as_f64().unwrap() >= 8.0, "{found}");
    assert!(html.contains("% of the neurons"), "time is shown, for fewer neurons");

    let html = page(home.path(), &["r", "--tokens", "500-600"]);
    assert!(!html.contains("id=\"raster-meta\""), "no tokens, no raster");
}

#[test]
fn spike_trains_of_a_file_get_a_report_of_their_own() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.csv"), "time_s,unit\n0.5,7\n1.25,9\n2.5,7\n3.75,7\n").unwrap();
    let html = page(home.path(), &["a.csv"]);
    let found = raster(&html);
    assert_eq!((&found["time"], &found["ids"]), (&"seconds".into(), &serde_json::json!([7, 9])));
    assert_eq!(spikes(&found), 4);
    assert!(html.contains("id=\"table-intervals\"") && html.contains("id=\"def-cv2\""));
    let html = page(home.path(), &["a.csv", "--raster-spikes", "3"]);
    assert!(spikes(&raster(&html)) == 3 && html.contains("3 of 4 spikes"));
}

#[test]
fn names_in_a_record_are_text_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    said(home.path(), &["run", "--tokens", "10", "--no-baseline", "--out", "r"]);
    let path = home.path().join("r/manifest.json");
    let mut manifest = json(&path);
    let hostile = "</title></script><script>alert(1)</script>\" onload=\"alert(2)";
    manifest["model"]["name"] = hostile.into();
    manifest["command"] = hostile.into();
    manifest["options"]["text"] = hostile.into();
    std::fs::write(&path, manifest.to_string()).unwrap();
    let html = page(home.path(), &["r"]);
    assert!(!html.contains("<script>alert") && !html.contains("\" onload"));
    assert!(html.contains("alert(1)"), "it is still told");
}

#[test]
fn what_is_no_run_is_answered_with_one_clear_line() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("thesis.doc"), "years of work").unwrap();
    said(home.path(), &["run", "--tokens", "4", "--no-baseline", "--out", "r"]);
    for (arguments, word) in [
        (&["report", "nowhere"][..], "nowhere"),
        (&["report", "thesis.doc"], "thesis.doc"),
        (&["report", "r", "-o", "no/such/folder/a.html"], "no/such/folder/a.html"),
    ] {
        let output = synfire(home.path(), arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.trim_end().lines().count() == 1, "{error}");
        assert!(error.contains(word), "{error}");
    }
}
