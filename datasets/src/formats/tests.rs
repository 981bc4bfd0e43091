//! Round trips of random recordings through every format that is written.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::trains::Recording;
use proptest::prelude::*;

/// Recordings of any shape: empty, of one spike, with identical times, silent units, channels, polarities, a sensor.
pub(super) fn recordings() -> impl Strategy<Value = Recording> {
    let sensor = prop_oneof![Just(None), (1..40_u32, 1..40_u32).prop_map(Some)];
    let ids = sensor.prop_flat_map(|sensor| {
        let id = match sensor {
            Some((width, height)) => (0..i64::from(width * height)).boxed(),
            None => prop_oneof![any::<i64>(), -3..3_i64].boxed(),
        };
        (Just(sensor), prop::collection::btree_set(id, 0..9))
    });
    let time = prop_oneof![-1e3..1e3_f64, (-4..4_i32).prop_map(f64::from), Just(5e-324), Just(-0.0)];
    let spike = (time, any::<prop::sample::Index>(), any::<u32>(), any::<bool>());
    let spikes = prop::collection::vec(spike, 0..60);
    let margins = (prop_oneof![Just(0.0), 0.0..10.0_f64], prop_oneof![Just(0.0), 0.0..10.0_f64]);
    (ids, spikes, margins, any::<(bool, bool)>()).prop_map(|((sensor, ids), mut spikes, margins, has)| {
        let unit_ids: Vec<i64> = ids.into_iter().collect();
        if unit_ids.is_empty() {
            spikes.clear();
        }
        spikes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let times_s: Vec<f64> = spikes.iter().map(|spike| spike.0).collect();
        Recording {
            units: spikes.iter().map(|spike| spike.1.index(unit_ids.len()) as u32).collect(),
            channels: has.0.then(|| spikes.iter().map(|spike| spike.2).collect()),
            polarities: has.1.then(|| spikes.iter().map(|spike| spike.3).collect()),
            start_s: times_s.first().map_or(-1.0, |first| first - margins.0),
            stop_s: times_s.last().map_or(1.5, |last| last + margins.1),
            times_s,
            unit_ids,
            sensor,
        }
    })
}

pub(super) fn round_trip(recording: &Recording, format: Format) -> Recording {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spikes");
    write(&path, recording, Some(format)).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "something else was left");
    read(&path, &ReadOptions { format: Some(format), ..ReadOptions::default() }).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_recording_comes_back_as_it_was_written(recording in recordings()) {
        for format in [Format::Parquet, Format::Csv, Format::Npz] {
            prop_assert_eq!(&round_trip(&recording, format), &recording, "{}", format);
        }
    }
}

#[test]
fn a_recording_that_breaks_its_promises_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spikes.npz");
    let whole = Recording {
        times_s: vec![1.0, 2.0],
        units: vec![0, 1],
        unit_ids: vec![3, 5],
        stop_s: 2.0,
        ..Recording::default()
    };
    write(&path, &whole, None).unwrap();
    for (broken, word) in [
        (Recording { units: vec![0, 2], ..whole.clone() }, "index into unit_ids"),
        (Recording { units: vec![0], ..whole.clone() }, "different length"),
        (Recording { channels: Some(vec![1]), ..whole.clone() }, "different length"),
        (Recording { unit_ids: vec![5, 3], ..whole.clone() }, "not ascending"),
        (Recording { times_s: vec![2.0, 1.0], ..whole.clone() }, "sort"),
        (Recording { stop_s: 1.5, ..whole.clone() }, "outside the span"),
        (Recording { times_s: vec![1.0, f64::NAN], ..whole.clone() }, "finite"),
        (Recording { sensor: Some((2, 2)), ..whole.clone() }, "0 to 3"),
    ] {
        let error = write(&path, &broken, None).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    assert_eq!(read(&path, &ReadOptions::default()).unwrap(), whole, "the file that was there stays");
}

#[test]
fn a_format_that_is_only_read_says_so() {
    let error = write(Path::new("a.aedat4"), &Recording::default(), None).unwrap_err().to_string();
    assert!(error.contains("aedat4 is only read"), "{error}");
    let error = write(Path::new("a.txt"), &Recording::default(), None).unwrap_err().to_string();
    assert!(error.contains("a.txt") && error.contains("parquet"), "{error}");
}
