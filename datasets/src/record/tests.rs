//! Tests of the record: round trips, rotation, and folders that are cut short, damaged or foreign.
#![allow(clippy::unwrap_used)]

mod parts;

use super::part::Limits;
use super::*;
use crate::spikes::{Activity, Projection, SpikeBatch, SpikeEvent};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

fn manifest() -> Manifest {
    let model = ModelSummary { name: "test".to_owned(), ..ModelSummary::default() };
    Manifest::new("test", model, serde_json::json!({ "seed": 1 }), vec![0, 1, 2])
}

fn batch(layer: u16, projection: Projection, events: &[(u32, u32, u32, i32)]) -> SpikeBatch {
    SpikeBatch {
        layer,
        projection,
        token: events.iter().map(|e| e.0).collect(),
        step: events.iter().map(|e| e.1).collect(),
        neuron: events.iter().map(|e| e.2).collect(),
        value: events.iter().map(|e| e.3).collect(),
    }
}

/// A batch of `tokens` tokens with one spike for each of `neurons` neurons.
fn plain(layer: u16, projection: Projection, tokens: std::ops::Range<u32>, neurons: u32) -> SpikeBatch {
    let events: Vec<_> =
        tokens.flat_map(|t| (0..neurons).map(move |n| (t, n % 3, n, 1 - (n as i32 % 2) * 2))).collect();
    batch(layer, projection, &events)
}

fn activity(token: u32, layer: u16, projection: Projection, spikes: u64) -> Activity {
    Activity {
        token,
        layer,
        projection,
        head: 0,
        threshold: 0.25 + token as f32,
        steps: 3,
        zero_point: 0,
        neurons: 8,
        spikes,
        silent: 0,
        synaptic_operations: spikes * 11,
    }
}

fn events(dir: &Path, filter: &SpikeFilter) -> Vec<SpikeEvent> {
    let reader = RunReader::open(dir).unwrap();
    let batches: Vec<SpikeBatch> = reader.spikes(filter).unwrap().collect::<Result<_, _>>().unwrap();
    batches.iter().flat_map(|batch| batch.iter().collect::<Vec<_>>()).collect()
}

fn rows(dir: &Path) -> Vec<Activity> {
    let reader = RunReader::open(dir).unwrap();
    reader.activity().unwrap().collect::<Result<Vec<_>, _>>().unwrap().concat()
}

/// A complete run in a fresh folder.
fn run() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("a").join("run");
    let mut writer = RunWriter::create(&dir, manifest(), false).unwrap();
    for layer in 0..2 {
        for projection in Projection::ALL {
            writer.spikes(plain(layer, projection, 0..20, 8)).unwrap();
            let rows: Vec<_> = (0..20).map(|token| activity(token, layer, projection, 8)).collect();
            writer.activity(&rows).unwrap();
        }
    }
    writer.finish(serde_json::json!({ "spikes": 1920 }), 20).unwrap();
    (home, dir)
}

fn first_error(dir: &Path) -> RecordError {
    let reader = RunReader::open(dir).unwrap();
    let error = reader.spikes(&SpikeFilter::default()).unwrap().find_map(Result::err);
    error.unwrap()
}

fn any_batches() -> impl Strategy<Value = Vec<SpikeBatch>> {
    let event = (0u32..40, 0u32..9, prop_oneof![0u32..50, Just(u32::MAX)], any::<i32>());
    let one = (0u16..3, prop::sample::select(Projection::ALL.to_vec()), prop::collection::vec(event, 0..60));
    prop::collection::vec(
        one.prop_map(|(layer, projection, events)| batch(layer, projection, &events)),
        0..12,
    )
}

fn any_activity() -> impl Strategy<Value = Activity> {
    let shape = (any::<u32>(), 0u16..3, prop::sample::select(Projection::ALL.to_vec()), any::<u16>());
    let numbers =
        (-1e4f32..1e4, any::<u32>(), any::<i32>(), any::<u32>(), any::<u64>(), any::<u32>(), any::<u64>());
    (shape, numbers).prop_map(|((token, layer, projection, head), n)| Activity {
        token,
        layer,
        projection,
        head,
        threshold: n.0,
        steps: n.1,
        zero_point: n.2,
        neurons: n.3,
        spikes: n.4,
        silent: n.5,
        synaptic_operations: n.6,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_read_is_what_was_recorded_and_passes_the_filter(
        batches in any_batches(),
        activities in prop::collection::vec(any_activity(), 0..50),
        layer in prop::option::of(0u16..3),
        projection in prop::option::of(prop::sample::select(Projection::ALL.to_vec())),
        tokens in prop::option::of((0u32..40, 0u32..40)),
        neurons in prop::option::of((0u32..50, prop_oneof![0u32..50, Just(u32::MAX)])),
    ) {
        let home = tempfile::tempdir().unwrap();
        let limits = Limits {
            part_rows: 100, part_row_groups: 3, spike_row_group_rows: 25, activity_row_group_rows: 7,
        };
        let mut writer = RunWriter::create_with(home.path(), manifest(), false, limits).unwrap();
        for batch in &batches {
            writer.spikes(batch.clone()).unwrap();
        }
        for rows in activities.chunks(5) {
            writer.activity(rows).unwrap();
        }
        writer.finish(serde_json::Value::Null, 40).unwrap();

        // A part holds one layer, so rows of one layer keep their order.
        let mut all: Vec<SpikeEvent> = batches.iter().flat_map(SpikeBatch::iter).collect();
        all.sort_by_key(|event| event.layer);
        let mut found = events(home.path(), &SpikeFilter::default());
        found.sort_by_key(|event| event.layer);
        prop_assert_eq!(&found, &all);
        let (mut found, mut activities) = (rows(home.path()), activities);
        found.sort_by_key(|row| row.layer);
        activities.sort_by_key(|row| row.layer);
        prop_assert_eq!(found, activities);
        let tokens = tokens.map(|(a, b)| a..b);
        let neurons = neurons.map(|(a, b)| a..b);
        let expected: Vec<SpikeEvent> = all
            .into_iter()
            .filter(|e| layer.is_none_or(|l| l == e.layer) && projection.is_none_or(|p| p == e.projection))
            .filter(|e| tokens.as_ref().is_none_or(|t| t.contains(&e.token)))
            .filter(|e| neurons.as_ref().is_none_or(|n| n.contains(&e.neuron)))
            .collect();
        let filter = SpikeFilter { layer, projection, tokens, neurons };
        let mut found = events(home.path(), &filter);
        found.sort_by_key(|event| event.layer);
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_damaged_part_gives_an_error_or_rows_but_never_a_panic(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        table in prop::sample::select(vec!["spikes", "activity"]),
        tail in any::<bool>(),
    ) {
        let (_home, dir) = run();
        let part = dir.join(table).join("part-00000-layer-000.parquet");
        let mut bytes = fs::read(&part).unwrap();
        let half = if tail { bytes.len() / 2 } else { 0 };
        let range = bytes.len() - half;
        for (at, byte) in flips {
            bytes[half + at.index(range)] = byte;
        }
        fs::write(&part, bytes).unwrap();
        let reader = RunReader::open(&dir).unwrap();
        for batch in reader.spikes(&SpikeFilter::default()).unwrap() {
            drop(batch);
        }
        for rows in reader.activity().unwrap() {
            drop(rows);
        }
    }
}

#[test]
fn a_complete_run_says_so_and_counts_its_rows() {
    let (_home, dir) = run();
    let reader = RunReader::open(&dir).unwrap();
    let manifest = reader.manifest();
    assert_eq!((manifest.status, manifest.tokens), (Status::Complete, 20));
    assert_eq!((manifest.spike_rows, manifest.activity_rows), (1920, 240));
    assert_eq!(manifest.summary, Some(serde_json::json!({ "spikes": 1920 })));
    assert!(fs::read_to_string(dir.join("manifest.json")).unwrap().contains("\"status\": \"complete\""));
}

#[test]
fn parts_rotate_and_none_keeps_its_temporary_name() {
    let home = tempfile::tempdir().unwrap();
    let limits = Limits { part_rows: 50, ..Limits::default() };
    let mut writer = RunWriter::create_with(home.path(), manifest(), false, limits).unwrap();
    for chunk in 0..10 {
        writer.spikes(plain(0, Projection::OIn, chunk * 4..chunk * 4 + 4, 8)).unwrap();
    }
    writer.finish(serde_json::Value::Null, 40).unwrap();
    let mut names: Vec<_> = fs::read_dir(home.path().join("spikes"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected =
        (0..5).flat_map(|part| (0..3).map(move |n| format!("part-{part:05}-layer-{n:03}.parquet")));
    assert_eq!(names, expected.collect::<Vec<_>>());
    assert_eq!(events(home.path(), &SpikeFilter::default()).len(), 320);
}

#[test]
fn a_batch_without_spikes_leaves_no_rows() {
    let home = tempfile::tempdir().unwrap();
    let mut writer = RunWriter::create(home.path(), manifest(), false).unwrap();
    writer.spikes(SpikeBatch::new(0, Projection::Query)).unwrap();
    writer.finish(serde_json::Value::Null, 1).unwrap();
    assert!(events(home.path(), &SpikeFilter::default()).is_empty());
}

#[test]
fn an_interrupted_or_dropped_run_stays_readable_and_incomplete() {
    for interrupt in [true, false] {
        let home = tempfile::tempdir().unwrap();
        let mut writer = RunWriter::create(home.path(), manifest(), false).unwrap();
        writer.spikes(plain(1, Projection::DownIn, 0..3, 8)).unwrap();
        writer.activity(&[activity(0, 1, Projection::DownIn, 8)]).unwrap();
        if interrupt {
            writer.interrupt(3).unwrap();
        } else {
            drop(writer);
        }
        let reader = RunReader::open(home.path()).unwrap();
        assert_eq!(reader.manifest().status, Status::Incomplete);
        assert_eq!(reader.manifest().tokens, if interrupt { 3 } else { 0 });
        assert_eq!(events(home.path(), &SpikeFilter::default()).len(), 24);
        assert_eq!(rows(home.path()).len(), 1);
    }
}

#[test]
fn a_killed_run_reads_as_the_parts_that_are_whole_in_every_layer_and_table() {
    let home = tempfile::tempdir().unwrap();
    let limits = Limits { part_rows: 24, ..Limits::default() };
    let mut writer = RunWriter::create_with(home.path(), manifest(), false, limits).unwrap();
    for token in [0, 3, 6] {
        for layer in 0..3 {
            writer.activity(&[activity(token, layer, Projection::AttnIn, 8)]).unwrap();
            writer.spikes(plain(layer, Projection::AttnIn, token..token + 3, 8)).unwrap();
        }
    }
    writer.interrupt(9).unwrap();
    let tokens = || rows(home.path()).iter().map(|row| row.token).collect::<Vec<_>>();
    assert_eq!(tokens(), [0, 0, 0, 3, 3, 3, 6, 6, 6]);
    fs::remove_file(home.path().join("activity/part-00002-layer-001.parquet")).unwrap();
    fs::write(home.path().join("activity/part-00002-layer-001.parquet.tmp"), b"PAR1 cut short").unwrap();
    assert_eq!(tokens(), [0, 0, 0, 3, 3, 3]);
    assert_eq!(events(home.path(), &SpikeFilter::default()).len(), 2 * 3 * 24);
    fs::remove_file(home.path().join("spikes/part-00001-layer-002.parquet")).unwrap();
    assert_eq!(tokens(), [0, 0, 0]);
    assert_eq!(RunReader::open(home.path()).unwrap().manifest().status, Status::Incomplete);
}

#[test]
fn spikes_and_activity_close_their_parts_together() {
    let home = tempfile::tempdir().unwrap();
    let limits = Limits { part_rows: 24, ..Limits::default() };
    let mut writer = RunWriter::create_with(home.path(), manifest(), false, limits).unwrap();
    for token in [0, 3] {
        writer.activity(&[activity(token, 0, Projection::AttnIn, 8)]).unwrap();
        writer.spikes(plain(0, Projection::AttnIn, token..token + 3, 8)).unwrap();
    }
    writer.interrupt(6).unwrap();
    for table in ["spikes", "activity"] {
        fs::remove_file(home.path().join(table).join("part-00001-layer-000.parquet")).unwrap();
    }
    assert!(events(home.path(), &SpikeFilter::default()).iter().all(|e| e.token < 3));
    assert_eq!(rows(home.path()).iter().map(|row| row.token).collect::<Vec<_>>(), [0]);
}

#[test]
fn a_folder_with_contents_is_refused_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("thesis.txt"), "years of work").unwrap();
    let refused = RunWriter::create(home.path(), manifest(), false).unwrap_err();
    assert!(matches!(refused, RecordError::NotEmpty { .. }), "{refused}");
    let foreign = RunWriter::create(home.path(), manifest(), true).unwrap_err();
    assert!(matches!(foreign, RecordError::Foreign { .. }), "{foreign}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
}

#[test]
fn overwriting_a_run_removes_its_files_only() {
    let (_home, dir) = run();
    fs::write(dir.join("notes.txt"), "mine").unwrap();
    fs::write(dir.join("spikes/part-00007.parquet.tmp"), "").unwrap();
    let refused = RunWriter::create(&dir, manifest(), false).unwrap_err();
    assert!(matches!(refused, RecordError::NotEmpty { .. }), "{refused}");
    RunWriter::create(&dir, manifest(), true).unwrap().finish(serde_json::Value::Null, 0).unwrap();
    assert!(events(&dir, &SpikeFilter::default()).is_empty());
    assert_eq!(fs::read_dir(dir.join("spikes")).unwrap().count(), 0);
    assert_eq!(fs::read_to_string(dir.join("notes.txt")).unwrap(), "mine");
}

#[test]
fn a_truncated_part_is_named_in_the_error() {
    let (_home, dir) = run();
    let part = dir.join("spikes/part-00000-layer-000.parquet");
    let bytes = fs::read(&part).unwrap();
    for length in [0, 3, 100, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&part, &bytes[..length]).unwrap();
        let error = first_error(&dir).to_string();
        assert!(error.contains("part-00000-layer-000.parquet") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn a_part_of_another_table_is_named_with_the_column_it_lacks() {
    let (_home, dir) = run();
    fs::copy(
        dir.join("activity/part-00000-layer-000.parquet"),
        dir.join("spikes/part-00000-layer-000.parquet"),
    )
    .unwrap();
    let error = first_error(&dir).to_string();
    assert!(error.contains("part-00000-layer-000.parquet") && error.contains("'step'"), "{error}");
}

#[test]
fn a_missing_part_of_a_complete_run_is_an_error() {
    let (_home, dir) = run();
    fs::remove_file(dir.join("spikes/part-00000-layer-000.parquet")).unwrap();
    let error = RunReader::open(&dir).unwrap().spikes(&SpikeFilter::default()).unwrap_err();
    assert!(matches!(error, RecordError::MissingPart { found: 2, expected: 3, .. }), "{error}");
}

#[test]
fn folders_that_are_no_runs_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let missing = RunReader::open(&home.path().join("nowhere")).unwrap_err();
    assert!(matches!(missing, RecordError::Missing { .. }), "{missing}");
    let bare = RunReader::open(home.path()).unwrap_err();
    assert!(matches!(bare, RecordError::NotARun { .. }), "{bare}");
    fs::write(home.path().join("manifest.json"), "{}").unwrap();
    let foreign = RunReader::open(home.path()).unwrap_err();
    assert!(matches!(foreign, RecordError::Manifest { .. }), "{foreign}");
    fs::write(home.path().join("manifest.json"), r#"{"schema_version": 3, "synfire_version": "9.0.0"}"#)
        .unwrap();
    let newer = RunReader::open(home.path()).unwrap_err();
    assert!(matches!(newer, RecordError::NewerSchema { found: 3, supported: 2, .. }), "{newer}");
}

#[test]
fn columns_of_unequal_length_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let mut writer = RunWriter::create(home.path(), manifest(), false).unwrap();
    let mut ragged = plain(0, Projection::OIn, 0..1, 4);
    ragged.value.pop();
    let error = writer.spikes(ragged).unwrap_err();
    assert!(matches!(error, RecordError::Ragged { token: 4, value: 3, .. }), "{error}");
    writer.finish(serde_json::Value::Null, 0).unwrap();
}

#[test]
fn an_error_of_the_writing_thread_surfaces_with_its_path() {
    let home = tempfile::tempdir().unwrap();
    let mut writer = RunWriter::create(home.path(), manifest(), false).unwrap();
    fs::remove_dir(home.path().join("spikes")).unwrap();
    let first = (0..100).find_map(|_| writer.spikes(plain(0, Projection::OIn, 0..1, 4)).err()).unwrap();
    assert!(first.to_string().contains("part-00000-layer-000.parquet.tmp"), "{first}");
    let next = writer.finish(serde_json::Value::Null, 1).unwrap_err();
    assert!(matches!(next, RecordError::Stopped { .. }), "{next}");
}

/// Where to leave a run folder that other tools read (`tests/interop/read_record.py`).
#[test]
fn a_run_for_other_tools_is_left_where_the_environment_asks() {
    let Some(dir) = std::env::var_os("SYNFIRE_RECORD_SAMPLE") else { return };
    let (_home, source) = run();
    for table in ["spikes", "activity"] {
        fs::create_dir_all(Path::new(&dir).join(table)).unwrap();
        fs::copy(
            source.join(table).join("part-00000.parquet"),
            Path::new(&dir).join(table).join("part-00000.parquet"),
        )
        .unwrap();
    }
    fs::copy(source.join("manifest.json"), Path::new(&dir).join("manifest.json")).unwrap();
}
