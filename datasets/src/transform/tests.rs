//! Transforms against brute force, and what they refuse. Equality with tonic is tested in `datasets/tests/transforms.rs`.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

/// Events of a camera of 5 x 4 pixels.
fn events() -> impl Strategy<Value = Recording> {
    prop::collection::vec((0_u32..100, 0_u32..20, any::<bool>()), 0..60).prop_map(|mut events| {
        events.sort_by_key(|(time, ..)| *time);
        let mut ids: Vec<i64> = events.iter().map(|(_, pixel, _)| i64::from(*pixel)).collect();
        ids.sort_unstable();
        ids.dedup();
        Recording {
            times_s: events.iter().map(|(time, ..)| f64::from(*time) / 1000.0).collect(),
            units: events
                .iter()
                .map(|(_, pixel, _)| ids.binary_search(&i64::from(*pixel)).unwrap() as u32)
                .collect(),
            polarities: Some(events.iter().map(|(_, _, on)| *on).collect()),
            unit_ids: ids,
            stop_s: 0.1,
            sensor: Some((5, 4)),
            ..Recording::default()
        }
    })
}

/// Time, column, row and polarity of each event.
fn rows(recording: &Recording) -> Vec<(f64, i64, i64, bool)> {
    let width = i64::from(recording.sensor.unwrap().0);
    let polarities = recording.polarities.as_ref().unwrap();
    (0..recording.len())
        .map(|event| {
            let id = recording.unit_ids[recording.units[event] as usize];
            (recording.times_s[event], id % width, id / width, polarities[event])
        })
        .collect()
}

proptest! {
    #[test]
    fn crop_keeps_the_events_of_its_window(recording in events(), x in 0_u32..4, y in 0_u32..3) {
        let cropped = crop(&recording, [x, y], [2, 2]).unwrap();
        let (x, y) = (i64::from(x), i64::from(y));
        let mut expected = rows(&recording);
        expected.retain(|(_, c, r, _)| (x..x + 2).contains(c) && (y..y + 2).contains(r));
        for row in &mut expected {
            (row.1, row.2) = (row.1 - x, row.2 - y);
        }
        prop_assert_eq!(rows(&cropped), expected);
        prop_assert!(cropped.unit_ids.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn downsampling_moves_every_event_and_loses_none(recording in events(), fx in 1_u32..6, fy in 1_u32..6) {
        let small = downsample(&recording, [fx, fy]).unwrap();
        let mut expected = rows(&recording);
        for row in &mut expected {
            (row.1, row.2) = (row.1 / i64::from(fx), row.2 / i64::from(fy));
        }
        prop_assert_eq!(rows(&small), expected);
    }

    #[test]
    fn the_filter_keeps_events_with_a_neighbour_shortly_before(recording in events(), support_ms in 1_u32..30) {
        let support_s = f64::from(support_ms) / 1000.0;
        let all = rows(&recording);
        let expected: Vec<_> = all
            .iter()
            .enumerate()
            .filter(|(event, (t, x, y, _))| {
                all[..*event].iter().any(|(before, c, r, _)| {
                    (c - x).abs() + (r - y).abs() == 1 && before + support_s > *t
                })
            })
            .map(|(_, row)| *row)
            .collect();
        prop_assert_eq!(rows(&background_filter(&recording, support_s).unwrap()), expected);
    }

    #[test]
    fn no_event_is_lost_in_bins_and_each_is_in_its_own(recording in events(), dt_ms in 1_u32..40) {
        let dt_s = f64::from(dt_ms) / 1000.0;
        let steps = bin(&recording, dt_s, &[2, 4, 5]).unwrap();
        let mut expected = vec![vec![0.0; 40]; steps.len()];
        for (t, x, y, on) in rows(&recording) {
            let step = ((t * 1000.0).round() as u32 / dt_ms) as usize;
            expected[step][if on { 20 } else { 0 } + (y * 5 + x) as usize] += 1.0;
        }
        for (step, expected) in expected.iter().enumerate() {
            let mut found = vec![0.0; 40];
            steps.step(step).iter().for_each(|(index, value)| found[*index as usize] = *value);
            prop_assert_eq!(&found, expected);
        }
        prop_assert!(steps.stop_s() >= recording.stop_s - 1e-9);
    }

    #[test]
    fn jitter_keeps_order_span_and_seed(recording in events(), seed in any::<u64>()) {
        let moved = jitter(&recording, 0.003, seed).unwrap();
        prop_assert!(moved.times_s.is_sorted() && moved.times_s.iter().all(|t| (0.0..=0.1).contains(t)));
        prop_assert_eq!(&jitter(&recording, 0.003, seed).unwrap(), &moved);
        prop_assert_eq!(jitter(&recording, 0.0, seed).unwrap(), recording);
    }
}

#[test]
fn jitter_has_the_deviation_that_is_asked_for() {
    let recording = Recording {
        times_s: vec![5.0; 20_000],
        units: vec![0; 20_000],
        unit_ids: vec![0],
        stop_s: 10.0,
        ..Recording::default()
    };
    let moved = jitter(&recording, 0.01, 7).unwrap();
    let squares: f64 = moved.times_s.iter().map(|t| (t - 5.0).powi(2)).sum();
    let deviation = (squares / moved.len() as f64).sqrt();
    assert!((deviation - 0.01).abs() < 2e-4 && moved.len() == 20_000, "{deviation}");
}

#[test]
fn time_is_cropped_half_open_and_counted_from_the_start() {
    let recording = Recording {
        times_s: vec![1.0, 1.5, 2.0],
        units: vec![0, 0, 0],
        unit_ids: vec![3],
        start_s: 0.5,
        stop_s: 3.0,
        ..Recording::default()
    };
    let cropped = from_zero(&crop_time(&recording, 1.0, 2.0).unwrap());
    assert_eq!((cropped.times_s, cropped.start_s, cropped.stop_s), (vec![0.0, 0.5], 0.0, 1.0));
}

#[test]
fn what_does_not_fit_is_refused_with_the_sizes() {
    let camera = Recording {
        times_s: vec![0.0],
        units: vec![0],
        unit_ids: vec![7],
        stop_s: 1.0,
        sensor: Some((34, 34)),
        ..Recording::default()
    };
    let text = |error: TransformError| error.to_string();
    let error = text(bin(&camera, 0.1, &[2, 34, 34]).unwrap_err());
    assert!(
        error.contains("[2, 34, 34]") && error.contains("34 rows and 34 columns without polarities"),
        "{error}"
    );
    assert!(text(bin(&camera, 1e-12, &[34, 34]).unwrap_err()).contains("more than 2^26 steps"));
    assert!(text(bin(&camera, 0.0, &[34, 34]).unwrap_err()).contains("dt is 0 s"));
    assert!(text(crop(&camera, [30, 0], [5, 5]).unwrap_err()).contains("the sensor has 34 x 34"));
    let cochlea = Recording { sensor: None, ..camera };
    assert!(text(bin(&cochlea, 0.1, &[7]).unwrap_err()).contains("unit is 7; shape [7] has values 0 to 6"));
    assert!(text(background_filter(&cochlea, 0.1).unwrap_err()).contains("no sensor"));
}
