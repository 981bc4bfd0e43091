//! Files of other tools, written by `tests/interop/write_formats.py`.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use synfire_datasets::formats::{ReadOptions, read};
use synfire_datasets::trains::Recording;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/formats").join(name)
}

fn golden(name: &str) -> Recording {
    read(&path(name), &ReadOptions::default()).unwrap()
}

/// Spike `i` of those that the script writes: i^2 / 1024 s.
fn time_s(i: usize) -> f64 {
    (i * i) as f64 / 1024.0
}

/// The number of each spike's unit.
fn units(recording: &Recording) -> Vec<i64> {
    recording.units.iter().map(|unit| recording.unit_ids[*unit as usize]).collect()
}

fn cycled(i: usize) -> i64 {
    [12, -3, 700][i % 3]
}

#[test]
fn numpy_archives_are_read_whatever_their_widths_and_compression() {
    let recording = golden("narrow.npz");
    assert_eq!(units(&recording), (0..30).map(cycled).collect::<Vec<_>>());
    for (i, found) in recording.times_s.iter().enumerate() {
        assert!((found - time_s(i)).abs() <= 1e-7 * time_s(i), "{found}");
    }
    let recording = golden("compressed.npz");
    assert_eq!(recording.times_s, (0..30).map(|i| f64::from(i) / 1000.0).collect::<Vec<_>>());
    assert_eq!(units(&recording), (0..30).map(cycled).collect::<Vec<_>>());
    assert_eq!(recording.channels.unwrap(), (0..30).map(|i| i % 5).collect::<Vec<_>>());
    assert_eq!(recording.polarities.unwrap(), (0..30).map(|i| i % 2 == 0).collect::<Vec<_>>());
    assert_eq!((recording.unit_ids, recording.stop_s), (vec![-3, 12, 700], 0.029));
}

#[test]
fn parquet_files_of_other_tools_are_read_by_the_names_of_their_columns() {
    let recording = golden("nullable.parquet");
    assert_eq!(recording.times_s, (0..30).map(time_s).collect::<Vec<_>>());
    assert_eq!(units(&recording), (0..30).map(cycled).collect::<Vec<_>>());
    assert_eq!(recording.polarities.unwrap(), (0..30).map(|i| i % 2 == 0).collect::<Vec<_>>());
    assert_eq!(recording.channels, None);
    let recording = golden("pages-v2.parquet");
    assert_eq!(recording.times_s, (0..30).map(|i| f64::from(i) / 1000.0).collect::<Vec<_>>());
    assert_eq!(units(&recording), (0..30).map(cycled).collect::<Vec<_>>());
    let error = read(&path("gap.parquet"), &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("gap.parquet") && error.contains("1 of 2 rows have no value"), "{error}");
}

#[cfg(feature = "hdf5")]
mod hdf5 {
    use super::*;
    use synfire_datasets::formats::{Samples, samples};

    #[test]
    fn samples_of_shd_are_read_one_by_one() {
        let shd = path("shd.h5");
        assert_eq!(samples(&shd).unwrap(), Samples { count: 3, labels: Some(vec![4, 0, 19]) });
        for (sample, range) in [(0, 0..10), (1, 0..0), (2, 10..30)] {
            let recording = read(&shd, &ReadOptions { sample, ..ReadOptions::default() }).unwrap();
            assert_eq!(units(&recording), range.clone().map(|i| i % 7).collect::<Vec<_>>());
            // Half precision keeps eleven bits.
            assert_eq!(recording.len(), range.end as usize - range.start as usize);
            for (found, i) in recording.times_s.iter().zip(range) {
                let expected = time_s(i as usize) / 4.0;
                assert!((found - expected).abs() <= expected / 2048.0, "{found} for {expected}");
            }
        }
        let error = read(&shd, &ReadOptions { sample: 3, ..ReadOptions::default() }).unwrap_err().to_string();
        assert!(error.contains("sample is 3") && error.contains("0 to 2"), "{error}");
    }

    #[test]
    fn the_units_table_of_nwb_is_read_with_silent_units_and_the_span() {
        let recording = golden("units.nwb");
        assert_eq!(recording.times_s, (0..30).map(time_s).collect::<Vec<_>>());
        assert_eq!(units(&recording), [[7; 10].as_slice(), &[5; 20]].concat());
        assert_eq!((recording.unit_ids, recording.start_s, recording.stop_s), (vec![3, 5, 7], 0.0, 1.5));
    }
}

#[cfg(not(feature = "hdf5"))]
#[test]
fn a_build_without_hdf5_names_the_feature() {
    for name in ["shd.h5", "units.nwb"] {
        let error = read(&path(name), &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("feature hdf5"), "{error}");
    }
}
