//! `synfire convert`, called as a user would.
#![allow(clippy::unwrap_used)]

mod common;

use common::{refused, said};
use std::path::Path;
use synfire::datasets::formats::{self, ReadOptions};

const SPIKES: &str = "# stop_s=2.5\ntime_ms,unit,channel,polarity\n100,3,7,1\n1250.5,-4,6,0\n1250.5,3,7,0\n";

#[test]
fn spikes_stay_the_same_from_format_to_format() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.csv"), SPIKES).unwrap();
    let read = |name: &str| formats::read(&home.path().join(name), &ReadOptions::default()).unwrap();
    let line = said(home.path(), &["convert", "a.csv", "b.parquet"]);
    assert_eq!(line, "a.csv: 3 spikes of 2 units, 0 to 2.5 s; written to b.parquet\n");
    said(home.path(), &["convert", "b.parquet", "c.npz"]);
    said(home.path(), &["convert", "c.npz", "d.table", "--to", "csv"]);
    assert_eq!(read("a.csv").times_s, [0.1, 1.2505, 1.2505]);
    for name in ["b.parquet", "c.npz"] {
        assert_eq!(read(name), read("a.csv"), "{name}");
    }
    said(home.path(), &["convert", "d.table", "e.parquet", "--from", "csv"]);
    assert_eq!(
        std::fs::read(home.path().join("b.parquet")).unwrap(),
        std::fs::read(home.path().join("e.parquet")).unwrap()
    );
}

#[test]
fn a_span_that_the_file_does_not_tell_is_taken_from_the_options() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.csv"), "time_s,unit\n1,2\n").unwrap();
    let line = said(home.path(), &["convert", "a.csv", "b.npz", "--start-s", "-1", "--stop-s", "4"]);
    assert!(line.contains("-1 to 4 s"), "{line}");
    assert!(
        refused(home.path(), &["convert", "a.csv", "c.npz", "--stop-s", "0.5"])
            .contains("outside the span of 0 to 0.5 s")
    );
}

#[test]
fn nothing_is_overwritten_silently_and_nothing_half_written_stays() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.csv"), SPIKES).unwrap();
    std::fs::write(home.path().join("b.npz"), "precious").unwrap();
    assert!(refused(home.path(), &["convert", "a.csv", "b.npz"]).contains("--overwrite"));
    assert_eq!(std::fs::read(home.path().join("b.npz")).unwrap(), b"precious");
    said(home.path(), &["convert", "a.csv", "b.npz", "--overwrite"]);
    refused(home.path(), &["convert", "a.csv", "missing/b.npz"]);
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
        let error = refused(home.path(), &[&["convert"], &arguments[..]].concat());
        assert!(words.iter().all(|word| error.contains(word)), "{arguments:?}: {error}");
    }
}

#[test]
fn every_camera_format_becomes_a_parquet_file_with_the_events_of_its_peer() {
    let home = tempfile::tempdir().unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/events");
    for (file, from, csv) in [
        ("n-mnist.bin", "n-mnist", "n-mnist.csv"),
        ("dvs128.aedat", "aedat3", "dvs128.csv"),
        ("plain.aedat4", "aedat4", "plain.csv"),
        ("lz4.aedat4", "aedat4", "lz4.csv"),
        ("zstd.aedat4", "aedat4", "zstd.csv"),
        ("evt2.raw", "evt2", "evt2.csv"),
        ("evt3.raw", "evt3", "evt3.csv"),
    ] {
        let (path, out) = (golden.join(file), format!("{file}.parquet"));
        said(home.path(), &["convert", path.to_str().unwrap(), &out, "--from", from]);
        let events = formats::read(&home.path().join(&out), &ReadOptions::default()).unwrap();
        let peer = std::fs::read_to_string(golden.join(csv)).unwrap();
        let times_us: Vec<i64> =
            peer.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
        let ours_us: Vec<i64> = events.times_s.iter().map(|time_s| (time_s * 1e6).round() as i64).collect();
        assert_eq!(ours_us, times_us, "{file}");
        assert!(events.polarities.is_some(), "{file}");
    }
}
