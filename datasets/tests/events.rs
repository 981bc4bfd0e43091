//! Event camera files against the events that the peers of `tests/golden/events` read from them.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use synfire_datasets::formats::{self, Format, ReadOptions};
use synfire_datasets::trains::Recording;

fn sample(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/events").join(name)
}

/// Time in microseconds, column, row and polarity of each event.
fn events(recording: &Recording) -> Vec<[i64; 4]> {
    let width = i64::from(recording.sensor.unwrap().0);
    let polarities = recording.polarities.as_ref().unwrap();
    let event = |(index, (&time_s, &unit)): (usize, (&f64, &u32))| {
        let pixel = recording.unit_ids[unit as usize];
        [(time_s * 1e6).round() as i64, pixel % width, pixel / width, polarities[index].into()]
    };
    recording.times_s.iter().zip(&recording.units).enumerate().map(event).collect()
}

fn expected(name: &str) -> Vec<[i64; 4]> {
    let text = std::fs::read_to_string(sample(name)).unwrap();
    let row = |line: &str| {
        let numbers: Vec<i64> = line.split(',').map(|number| number.parse().unwrap()).collect();
        numbers.try_into().unwrap()
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn every_event_is_the_one_that_a_peer_reads() {
    for (file, csv, format, sensor, count) in [
        ("n-mnist.bin", "n-mnist.csv", Format::NMnist, (34, 34), 598),
        ("dvs128.aedat", "dvs128.csv", Format::Aedat3, (128, 128), 500),
        ("plain.aedat4", "plain.csv", Format::Aedat4, (346, 260), 500),
        ("lz4.aedat4", "lz4.csv", Format::Aedat4, (346, 260), 500),
        ("zstd.aedat4", "zstd.csv", Format::Aedat4, (346, 260), 500),
        ("evt2.raw", "evt2.csv", Format::Evt2, (1280, 720), 500),
        ("evt3.raw", "evt3.csv", Format::Evt3, (1280, 720), 1492),
    ] {
        let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
        let recording = formats::read(&sample(file), &options).unwrap();
        assert_eq!(recording.sensor, Some(sensor), "{file}");
        assert_eq!(recording.len(), count, "{file}");
        assert_eq!(events(&recording), expected(csv), "{file}");
    }
}

#[test]
fn a_span_that_leaves_events_out_is_refused_and_a_wider_one_kept() {
    let read = |start_s, stop_s| {
        let format = Some(Format::Aedat3);
        formats::read(&sample("dvs128.aedat"), &ReadOptions { format, start_s, stop_s, sample: 0 })
    };
    let whole = read(Some(-1.0), Some(2.0)).unwrap();
    assert_eq!((whole.start_s, whole.stop_s), (-1.0, 2.0));
    let narrow = read(Some(0.1), None).unwrap_err().to_string();
    assert!(narrow.contains("dvs128.aedat") && narrow.contains("outside the span of 0.1"), "{narrow}");
    assert!(read(None, Some(0.1)).is_err());
}
