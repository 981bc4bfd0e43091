//! Round trips through NWB, and what is refused. Files of other tools are read in `datasets/tests/formats.rs`.
#![allow(clippy::unwrap_used)]

use crate::formats::tests::{recordings, round_trip};
use crate::formats::{Format, ReadOptions, read, samples, write};
use crate::trains::Recording;
use proptest::prelude::*;

/// The same spikes with those of one time in order of their units, as NWB keeps them.
fn by_time_and_unit(recording: &Recording) -> Recording {
    let mut order: Vec<usize> = (0..recording.len()).collect();
    order.sort_by(|a, b| {
        recording.times_s[*a]
            .total_cmp(&recording.times_s[*b])
            .then(recording.units[*a].cmp(&recording.units[*b]))
    });
    Recording {
        times_s: order.iter().map(|row| recording.times_s[*row]).collect(),
        units: order.iter().map(|row| recording.units[*row]).collect(),
        channels: recording.channels.as_ref().map(|c| order.iter().map(|row| c[*row]).collect()),
        polarities: recording.polarities.as_ref().map(|p| order.iter().map(|row| p[*row]).collect()),
        ..recording.clone()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // What the library itself allocates by the numbers of a file is out of reach; it must not fall over, and nor must we.
    #[test]
    fn a_damaged_nwb_file_gives_an_error_or_a_recording(
        recording in recordings(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("damaged");
        write(&path, &recording, Some(Format::Nwb)).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
        std::fs::write(&path, bytes).unwrap();
        if let Err(error) = read(&path, &ReadOptions { format: Some(Format::Nwb), ..ReadOptions::default() }) {
            prop_assert!(error.to_string().contains("damaged"), "{}", error);
        }
    }

    #[test]
    fn every_recording_with_units_comes_back_from_nwb_up_to_the_order_of_spikes_at_one_time(recording in recordings()) {
        let back = by_time_and_unit(&round_trip(&recording, Format::Nwb));
        let mut expected = by_time_and_unit(&recording);
        if expected.unit_ids.is_empty() {
            (expected.start_s, expected.stop_s) = (0.0, 0.0);
        }
        prop_assert_eq!(back, expected);
    }
}

#[test]
fn the_same_recording_gives_the_same_nwb_file_and_content_tells_it() {
    let folder = tempfile::tempdir().unwrap();
    let recording = Recording {
        times_s: vec![0.5],
        units: vec![0],
        unit_ids: vec![9],
        stop_s: 1.0,
        ..Recording::default()
    };
    let bytes = ["a.nwb", "b.nwb"].map(|name| {
        write(&folder.path().join(name), &recording, None).unwrap();
        std::fs::read(folder.path().join(name)).unwrap()
    });
    assert!(bytes[0] == bytes[1]);
    std::fs::rename(folder.path().join("a.nwb"), folder.path().join("a.h5")).unwrap();
    assert_eq!(read(&folder.path().join("a.h5"), &ReadOptions::default()).unwrap(), recording);
    let error = samples(&folder.path().join("b.nwb")).unwrap_err().to_string();
    assert!(error.contains("spikes/times is missing"), "{error}");
}

#[test]
fn a_data_set_that_claims_more_than_its_bytes_can_hold_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("claims.nwb");
    let file = hdf5_metno::File::create(&path).unwrap();
    let units = file.create_group("units").unwrap();
    units.new_dataset::<i64>().shape(1 << 50).chunk(1 << 10).create("id").unwrap();
    file.close().unwrap();
    let error = read(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("units/id") && error.contains("claimed"), "{error}");
}
