//! `synfire convert`, called as a user would.
#![allow(clippy::unwrap_used)]

use assert_cmd::Command;
use std::path::Path;
use synfire::datasets::formats::{self, ReadOptions};

const SPIKES: &str = "# stop_s=2.5\ntime_ms,unit,channel,polarity\n100,3,7,1\n1250.5,-4,6,0\n1250.5,3,7,0\n";

fn convert(folder: &Path, arguments: &[&str]) -> std::process::Output {
    Command::cargo_bin("synfire")
        .unwrap()
        .current_dir(folder)
        .arg("convert")
        .args(arguments)
        .output()
        .unwrap()
}

/// The one line that a call which must succeed prints.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = convert(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The one line on standard error of a call that must fail.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = convert(folder, arguments);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
    assert!(error.starts_with("synfire: ") && error.trim_end().lines().count() == 1, "{error}");
    error
}

#[test]
fn spikes_stay_the_same_from_format_to_format() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.csv"), SPIKES).unwrap();
    let read = |name: &str| formats::read(&home.path().join(name), &ReadOptions::default()).unwrap();
    let line = said(home.path(), &["a.csv", "b.parquet"]);
    assert_eq!(line, "a.csv: 3 spikes of 2 units, 0 to 2.5 s; written to b.parquet\n");
    said(home.path(), &["b.parquet", "c.npz"]);
    said(home.path(), &["c.npz", "d.table", "--to", "csv"]);
    assert_eq!(read("a.csv").times_s, [0.1, 1.2505, 1.2505]);
    for name in ["b.parquet", "c.npz"] {
        assert_eq!(read(name), read("a.csv"), "{name}");
    }
    said(home.path(), &["d.table", "e.parquet", "--from", "csv"]);
    assert_eq!(
        std::fs::read(home.path().join("b.parquet")).unwrap(),
        std::fs::read(home.path().join("e.parquet")).unwrap()
    );
}

#[test]
fn a_span_that_the_file_does_not_tell_is_taken_from_the_options() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.csv"), "time_s,unit\n1,2\n").unwrap();
    let line = said(home.path(), &["a.csv", "b.npz", "--start-s", "-1", "--stop-s", "4"]);
    assert!(line.contains("-1 to 4 s"), "{line}");
    assert!(
        refused(home.path(), &["a.csv", "c.npz", "--stop-s", "0.5"])
            .contains("outside the span of 0 to 0.5 s")
    );
}

#[test]
fn nothing_is_overwritten_silently_and_nothing_half_written_stays() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.csv"), SPIKES).unwrap();
    std::fs::write(home.path().join("b.npz"), "precious").unwrap();
    assert!(refused(home.path(), &["a.csv", "b.npz"]).contains("--overwrite"));
    assert_eq!(std::fs::read(home.path().join("b.npz")).unwrap(), b"precious");
    said(home.path(), &["a.csv", "b.npz", "--overwrite"]);
    refused(home.path(), &["a.csv", "missing/b.npz"]);
    let mut names: Vec<_> =
        std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a.csv", "b.npz"]);
}

#[test]
fn errors_name_the_file_the_value_and_the_remedy() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.csv"), "time,unit\n1,2\n").unwrap();
    std::fs::write(home.path().join("cut.parquet"), "PAR1 and no more").unwrap();
    for (arguments, words) in [
        (["a.csv", "b.npz"], ["a.csv", "'time'", "time_ms"]),
        (["a.csv", "b.aedat"], ["b.aedat", "only read", "parquet"]),
        (["a.csv", "b.xyz"], ["b.xyz", "extension", "--to"]),
        (["none.csv", "b.npz"], ["none.csv", "No such file", "check"]),
        (["cut.parquet", "b.npz"], ["cut.parquet", "not parquet", "restore"]),
    ] {
        let error = refused(home.path(), &arguments);
        assert!(words.iter().all(|word| error.contains(word)), "{arguments:?}: {error}");
    }
}
