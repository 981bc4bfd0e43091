//! Damaged and arbitrary bytes: every reader answers with a recording or an error, and takes no memory that a number in
//! the file asks for. This test has a program of its own, so that the memory it sees is its own.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use proptest::sample::Index;
use std::sync::OnceLock;
use synfire_datasets::formats::{Format, ReadOptions, read, write};
use synfire_datasets::trains::Recording;

/// The formats whose readers are tried, each with a whole file of it.
fn whole() -> &'static [(Format, Vec<u8>)] {
    static WHOLE: OnceLock<Vec<(Format, Vec<u8>)>> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let spikes = 0..500_u32;
        let recording = Recording {
            times_s: spikes.clone().map(|i| f64::from(i / 3)).collect(),
            units: spikes.clone().map(|i| i * 7 % 11).collect(),
            channels: Some(spikes.clone().map(|i| i % 4).collect()),
            polarities: Some(spikes.map(|i| i % 2 == 0).collect()),
            unit_ids: (-1..12).collect(),
            start_s: -1.0,
            stop_s: 200.0,
            sensor: None,
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spikes");
        let bytes_of = |format| {
            write(&path, &recording, Some(format)).unwrap();
            (format, std::fs::read(&path).unwrap())
        };
        [Format::Parquet, Format::Csv, Format::Npz].map(bytes_of).to_vec()
    })
}

/// The most memory in bytes that this process has had mapped, used or not.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// Reads the bytes as a file of the format; what comes of it does not matter, what it takes does.
fn try_reading(format: Format, bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged");
    std::fs::write(&path, bytes).unwrap();
    let before = peak();
    if let Err(error) = read(&path, &ReadOptions { format: Some(format), ..ReadOptions::default() }) {
        assert!(error.to_string().contains("damaged"), "{error}");
    }
    assert!(peak() - before < 128 << 20, "{format} took {} bytes", peak() - before);
}

/// One change of a file: where, and the byte that is put there.
fn edits() -> impl Strategy<Value = Vec<(Index, u8)>> {
    let byte = prop_oneof![any::<u8>(), Just(0xff), Just(0x7f), Just(0)];
    prop::collection::vec((any::<Index>(), byte), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_give_an_error_or_a_recording_and_take_no_memory_by_their_claims(
        file in any::<Index>(),
        near_the_end in any::<bool>(),
        edits in edits(),
        cut in prop::option::weighted(0.2, any::<Index>()),
        noise in prop::collection::vec(any::<u8>(), 0..200),
        only_noise in prop::bool::weighted(0.1),
    ) {
        let (format, whole) = file.get(whole());
        let mut bytes = whole.clone();
        // Footers and directories are where a byte does most.
        let from = if near_the_end { bytes.len() - bytes.len().min(1500) } else { 0 };
        for (at, byte) in edits {
            let at = from + at.index(bytes.len() - from);
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if only_noise {
            bytes.splice(4.min(bytes.len()).., noise);
        }
        try_reading(*format, &bytes);
    }
}
