//! Transforms and encoders against tonic and snnTorch, see `tests/golden/transforms/`.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use synfire_datasets::encode::{Latency, delta, latency};
use synfire_datasets::trains::Recording;
use synfire_datasets::transform::{Steps, background_filter, bin, crop, downsample};

/// Numbers of a stored file, row by row.
fn rows(name: &str) -> Vec<Vec<f64>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/transforms");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let rows: Vec<Vec<f64>> =
        text.lines().map(|line| line.split(',').map(|value| value.parse().unwrap()).collect()).collect();
    assert!(rows.len() > 20, "{name}");
    rows
}

/// The stored events of a camera of 20 x 16 pixels.
fn events() -> Recording {
    let rows = rows("events.csv");
    let pixels: Vec<i64> = rows.iter().map(|row| (row[2] * 20.0 + row[1]) as i64).collect();
    let mut unit_ids = pixels.clone();
    unit_ids.sort_unstable();
    unit_ids.dedup();
    Recording {
        times_s: rows.iter().map(|row| row[0] / 1e6).collect(),
        units: pixels.iter().map(|pixel| unit_ids.binary_search(pixel).unwrap() as u32).collect(),
        polarities: Some(rows.iter().map(|row| row[3] == 1.0).collect()),
        unit_ids,
        start_s: 0.01,
        stop_s: 0.06,
        sensor: Some((20, 16)),
        ..Recording::default()
    }
}

/// Events as the stored files have them.
fn as_rows(recording: &Recording) -> Vec<Vec<f64>> {
    let width = i64::from(recording.sensor.unwrap().0);
    (0..recording.len())
        .map(|event| {
            let pixel = recording.unit_ids[recording.units[event] as usize];
            let on = recording.polarities.as_ref().unwrap()[event];
            let time_us = (recording.times_s[event] * 1e6).round();
            vec![time_us, (pixel % width) as f64, (pixel / width) as f64, f64::from(u8::from(on))]
        })
        .collect()
}

/// Step, index and value of every event.
fn as_triples(steps: &Steps) -> Vec<Vec<f64>> {
    (0..steps.len())
        .flat_map(|step| {
            steps.step(step).iter().map(move |(i, v)| vec![step as f64, f64::from(*i), f64::from(*v)])
        })
        .collect()
}

#[test]
fn the_noise_filter_keeps_the_events_that_tonic_keeps() {
    assert_eq!(as_rows(&background_filter(&events(), 0.003_000_5).unwrap()), rows("denoise.csv"));
}

#[test]
fn down_sampling_and_cropping_give_the_events_of_tonic() {
    assert_eq!(as_rows(&downsample(&events(), [4, 4]).unwrap()), rows("downsample.csv"));
    assert_eq!(as_rows(&crop(&events(), [6, 5], [8, 6]).unwrap()), rows("crop.csv"));
}

#[test]
fn steps_count_the_events_of_the_frames_of_tonic() {
    let mut expected = rows("frames.csv");
    // The frames of tonic end with the last whole window: an event at the very end is in none.
    let found = as_triples(&bin(&events(), 0.005, &[2, 16, 20]).unwrap());
    let beyond: Vec<Vec<f64>> = found.iter().filter(|row| row[0] >= 10.0).cloned().collect();
    expected.retain(|row| row[0] < 10.0);
    assert_eq!(beyond.len(), 1);
    assert_eq!(found[..found.len() - 1], expected[..]);
}

#[test]
fn latencies_are_those_of_snntorch() {
    let values: Vec<f32> = (0..41).map(|i| i as f32 / 40.0).collect();
    let linear = latency(&values, 25, Latency::Linear { threshold: 0.01 }, 0.001).unwrap();
    assert_eq!(as_triples(&linear), rows("latency_linear.csv"));
    let code = Latency::Logarithmic { threshold: 0.2, tau_steps: 8.0 };
    assert_eq!(as_triples(&latency(&values, 25, code, 0.001).unwrap()), rows("latency_log.csv"));
}

#[test]
fn changes_are_those_of_snntorch() {
    let course: Vec<f32> = rows("course.csv").concat().iter().map(|value| *value as f32).collect();
    assert_eq!(as_triples(&delta(&course, 3, 0.1, 0.001).unwrap()), rows("delta.csv"));
}
