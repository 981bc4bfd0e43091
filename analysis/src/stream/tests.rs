#![allow(clippy::unwrap_used)]
use super::*;
use crate::binning::BinnedTrains;
use crate::correlation::correlation_matrix;
use proptest::prelude::*;
use synfire_datasets::trains::SpikeTrains;

/// Spikes as (unit, tick of 1/64 s), in order of time; many ticks are shared and many lie on the edges of bins.
fn spikes() -> impl Strategy<Value = Vec<(i64, f64)>> {
    prop::collection::vec((0i64..6, 0u32..640), 0..300).prop_map(|mut spikes| {
        spikes.sort_by_key(|&(unit, tick)| (tick, unit));
        spikes.into_iter().map(|(unit, tick)| (unit * 7 - 9, f64::from(tick) / 64.0)).collect()
    })
}

fn streamed(spikes: &[(i64, f64)], batch: usize, bin_s: f64) -> StreamedStatistics {
    let options = StreamOptions { bin_s: Some(bin_s), ..StreamOptions::default() };
    let mut statistics = TrainStatistics::new(options).unwrap();
    for batch in spikes.chunks(batch) {
        let (units, times): (Vec<i64>, Vec<f64>) = batch.iter().copied().unzip();
        statistics.observe(&times, &units).unwrap();
    }
    statistics.finish(Some(10.0)).unwrap()
}

fn held(spikes: &[(i64, f64)], ids: &[i64]) -> SpikeTrains {
    let train = |id: &i64| spikes.iter().filter(|s| s.0 == *id).map(|s| s.1).collect::<Vec<f64>>();
    SpikeTrains::new(&ids.iter().map(train).collect::<Vec<_>>(), 0.0, 10.0).unwrap()
}

fn same(a: f64, b: f64) -> bool {
    (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * b.abs().max(1.0) || a == b
}

proptest! {
    #[test]
    fn a_stream_has_the_statistics_of_the_trains_in_memory(spikes in spikes(), batch in 1usize..50) {
        let result = streamed(&spikes, batch, 0.25);
        let trains = held(&spikes, &result.unit_ids);
        let correlation = correlation_matrix(&BinnedTrains::new(&trains, 0.25).unwrap());
        prop_assert!(result.unit_ids.is_sorted());
        for (unit, train) in trains.iter().enumerate() {
            let expected = Variability::of(train, 0.005);
            let found = result.variability[unit];
            prop_assert_eq!(result.spikes[unit], train.len() as u64);
            for (a, b) in [(found.cv, expected.cv), (found.cv2, expected.cv2), (found.lv, expected.lv), (found.lvr, expected.lvr)] {
                prop_assert!(same(a, b), "{} {}", a, b);
            }
            for other in 0..trains.len() {
                let (a, b) = (result.correlation.as_ref().unwrap().get(unit, other), correlation.get(unit, other));
                prop_assert!(a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()), "{} {}", a, b);
            }
        }
        let intervals: u64 = trains.iter().map(|train| train.len().saturating_sub(1) as u64).sum();
        prop_assert_eq!(result.interval_histogram.counts.iter().sum::<u64>(), intervals);
        prop_assert_eq!(result.rate_histogram.counts.iter().sum::<u64>(), spikes.len() as u64);
    }

    #[test]
    fn the_size_of_batches_does_not_show(spikes in spikes(), batch in 1usize..50) {
        // NaN equals nothing, so what is compared is what is printed.
        prop_assert_eq!(format!("{:?}", streamed(&spikes, batch, 0.1)), format!("{:?}", streamed(&spikes, 1000, 0.1)));
    }
}

#[test]
fn what_is_no_stream_of_spikes_is_refused_by_spike_and_value() {
    let mut statistics = TrainStatistics::new(StreamOptions::default()).unwrap();
    statistics.observe(&[1.0], &[4]).unwrap();
    let error = statistics.observe(&[1.5, 0.5], &[4, 8]).unwrap_err().to_string();
    assert!(error.contains("spike 2 of unit 8 at 0.5 s comes after 1.5 s"), "{error}");
    let error = statistics.observe(&[f64::NAN], &[4]).unwrap_err().to_string();
    assert!(error.contains("NaN"), "{error}");
    assert_eq!(statistics.observe(&[2.0], &[]), Err(StreamError::Columns { times: 1, units: 0 }));
    assert!(matches!(statistics.finish(Some(1.0)), Err(StreamError::Stop { .. })));
    let narrow = StreamOptions { bin_s: Some(0.0), ..StreamOptions::default() };
    assert_eq!(TrainStatistics::new(narrow).err(), Some(StreamError::Width(0.0)));
}

#[test]
fn an_empty_bin_between_far_spikes_costs_no_memory_and_counts() {
    let options = StreamOptions { bin_s: Some(1e-3), ..StreamOptions::default() };
    let mut statistics = TrainStatistics::new(options).unwrap();
    statistics.observe(&[0.5, 1e7, 1e7], &[0, 0, 1]).unwrap();
    let correlation = statistics.finish(Some(2e7)).unwrap().correlation.unwrap();
    assert!((correlation.get(0, 1) - 0.5f64.sqrt()).abs() < 1e-9);
}
