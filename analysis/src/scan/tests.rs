//! Scans against the accumulators and against what was written.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::sparsity::{Accumulator, By, Grouped, Sparsity};
use polars::prelude::{Engine, ParquetWriter, PolarsResult, col, df, len};
use std::num::NonZeroUsize;
use synfire_datasets::record::{Manifest, ModelSummary, RunWriter, VectorFilter};
use synfire_datasets::spikes::{Activity, Projection, SpikeBatch};

/// Records `tokens` tokens of two layers with counts that depend on `seed`; queries have two heads.
fn record(dir: &Path, seed: u32, tokens: u32) {
    let manifest = Manifest::new("test", ModelSummary::default(), serde_json::json!({}), vec![0, 1]);
    let mut writer = RunWriter::create(dir, manifest, false).unwrap();
    for layer in 0..2u16 {
        for (projection, heads) in [(Projection::Query, 2u16), (Projection::DownIn, 1)] {
            let mut batch = SpikeBatch::new(layer, projection);
            for token in 0..tokens {
                for head in 0..heads {
                    let counts: Vec<u32> =
                        (0..7).map(|n| (seed + token * 3 + n * n + u32::from(layer + head)) % 6).collect();
                    let before = batch.len();
                    for step in 0..3u32 {
                        for (neuron, count) in
                            (0u32..).zip(&counts).filter(|(_, c)| *c >> (2 - step) & 1 == 1)
                        {
                            batch.token.push(token);
                            batch.step.push(step);
                            batch.neuron.push(u32::from(head) * 7 + neuron);
                            batch.value.push(1 << (2 - step));
                            assert!(*count > 0);
                        }
                    }
                    let spikes = (batch.len() - before) as u64;
                    let silent = counts.iter().filter(|c| **c == 0).count() as u32;
                    let activity = Activity {
                        token,
                        layer,
                        projection,
                        head,
                        threshold: 0.5,
                        steps: 3,
                        zero_point: 0,
                        neurons: 7,
                        spikes,
                        silent,
                        synaptic_operations: spikes * 5,
                    };
                    writer.activity(&[activity]).unwrap();
                }
            }
            writer.spikes(batch).unwrap();
        }
    }
    writer.finish(serde_json::Value::Null, u64::from(tokens)).unwrap();
}

fn sweep() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    record(&home.path().join("k=2/model=a/first"), 1, 9);
    record(&home.path().join("k=3/model=b/first"), 4, 5);
    home
}

fn single(query: LazyFrame) -> PolarsResult<DataFrame> {
    query.collect_with_engine(Engine::Streaming).map(|result| result.unwrap_single())
}

#[test]
fn runs_in_a_tree_are_one_data_set_with_columns_of_their_paths() {
    let home = sweep();
    std::fs::write(home.path().join("k=2/notes.txt"), "mine").unwrap();
    let data = DataSet::open(home.path()).unwrap();
    assert_eq!(data.names(), ["k=2/model=a/first", "k=3/model=b/first"]);
    let frame =
        single(data.spikes().unwrap().filter(col("k").eq(lit(3)).and(col("layer").eq(lit(1))))).unwrap();
    let alone = RunReader::open(&home.path().join("k=3/model=b/first")).unwrap();
    let filter = synfire_datasets::record::SpikeFilter { layer: Some(1), ..Default::default() };
    let spikes: Vec<SpikeBatch> = alone.spikes(&filter).unwrap().collect::<Result<_, _>>().unwrap();
    let neurons: Vec<u32> = spikes.iter().flat_map(|batch| batch.neuron.clone()).collect();
    let read: Vec<u32> = frame.column("neuron").unwrap().u32().unwrap().iter().flatten().collect();
    assert_eq!(read, neurons);
    let runs =
        frame.column("run").unwrap().str().unwrap().iter().flatten().all(|run| run == "k=3/model=b/first");
    let models = frame.column("model").unwrap().str().unwrap().iter().flatten().all(|model| model == "b");
    assert!(runs && models && frame.height() > 0);
}

#[test]
fn a_run_without_a_spike_has_the_columns_all_the_same() {
    let home = tempfile::tempdir().unwrap();
    record(home.path(), 0, 0);
    let data = DataSet::open(home.path()).unwrap();
    let counted = single(data.spikes().unwrap().select([len(), col("value").sum()])).unwrap();
    assert_eq!(counted.height(), 1);
    assert!(data.sparsity(&By::default(), None).unwrap().is_empty());
}

#[test]
fn groups_of_a_scan_are_those_of_the_accumulators() {
    let home = sweep();
    let data = DataSet::open(home.path()).unwrap();
    for by in
        ["", "run", "layer,projection", "run,layer,projection,head,token:4", "token", "head", "projection"]
    {
        let by: By = by.parse().unwrap();
        let mut sums = Grouped::new(by, Sparsity::default());
        for (number, run) in (0u32..).zip(data.runs()) {
            sums.start_run(number);
            let mut vectors = run.reader.vectors(VectorFilter::default()).unwrap();
            while let Some((activity, _)) = vectors.next_vector().unwrap() {
                sums.observe(&activity, &[]);
            }
        }
        let expected: Vec<_> = sums.groups().map(|(key, group)| (*key, *group)).collect();
        assert_eq!(data.sparsity(&by, None).unwrap(), expected, "{by}");
    }
}

#[test]
fn layers_are_filtered_before_they_are_grouped() {
    let home = sweep();
    let data = DataSet::open(home.path()).unwrap();
    let groups = data.sparsity(&By::INPUT, Some((1, 4))).unwrap();
    assert_eq!(groups.iter().map(|(key, _)| key.layer).collect::<Vec<_>>(), [Some(1), Some(1)]);
}

#[test]
fn folders_that_are_no_data_set_are_named() {
    let home = sweep();
    let error = |path: &Path| DataSet::open(path).unwrap_err().to_string();
    assert!(error(&home.path().join("nowhere")).contains("nowhere is not a folder"));
    let empty = home.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    assert!(error(&empty).contains("holds no run"), "{}", error(&empty));
    record(&home.path().join("seed=1/x"), 1, 2);
    assert!(error(home.path()).contains("[k, model]"), "{}", error(home.path()));
}

#[test]
fn a_damaged_part_is_named_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    record(home.path(), 3, 4);
    let part = home.path().join("activity/part-00000-layer-000.parquet");
    let bytes = std::fs::read(&part).unwrap();
    std::fs::write(&part, &bytes[..bytes.len() / 2]).unwrap();
    let error = DataSet::open(home.path()).unwrap().sparsity(&By::default(), None).unwrap_err().to_string();
    assert!(error.contains("part-00000-layer-000.parquet") && !error.contains('\n'), "{error}");
}

fn write(path: &Path, mut frame: DataFrame, row_group: usize) {
    let file = std::fs::File::create(path).unwrap();
    ParquetWriter::new(file).with_row_group_size(Some(row_group)).finish(&mut frame).unwrap();
}

#[test]
fn trains_come_in_order_in_batches_of_the_size_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let times: Vec<f64> = (0..10_000).map(|i| f64::from(i) * 1e-3).collect();
    let units: Vec<u32> = (0..10_000).map(|i| i * 7 % 13).collect();
    let (a, b) = (home.path().join("a.parquet"), home.path().join("b.parquet"));
    write(&a, df!("unit" => &units[..7000], "time_s" => &times[..7000]).unwrap(), 333);
    write(&b, df!("unit" => &units[7000..], "time_s" => &times[7000..]).unwrap(), 1000);
    let rows = NonZeroUsize::new(512).unwrap();
    let batches: Vec<TrainBatch> =
        TrainBatches::with_batch_rows(&[a, b], rows).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(batches.iter().flat_map(|batch| batch.times_s.clone()).collect::<Vec<_>>(), times);
    let read: Vec<i64> = batches.iter().flat_map(|batch| batch.units.clone()).collect();
    assert_eq!(read, units.iter().map(|unit| i64::from(*unit)).collect::<Vec<_>>());
    assert!(batches.iter().rev().skip(1).all(|batch| batch.times_s.len() == 512));
}

#[test]
fn trains_that_nobody_reads_on_end_quietly() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.parquet");
    write(&path, df!("unit" => vec![1i32; 5000], "time_ms" => vec![2000i64; 5000]).unwrap(), 100);
    let mut batches = TrainBatches::with_batch_rows(&[path], NonZeroUsize::MIN).unwrap();
    assert_eq!(batches.next().unwrap().unwrap(), TrainBatch { times_s: vec![2.0], units: vec![1] });
}

#[test]
fn files_that_hold_no_trains_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.parquet");
    let refused = |frame: DataFrame| {
        write(&path, frame, 10);
        match TrainBatches::open(std::slice::from_ref(&path)) {
            Err(error) => error.to_string(),
            Ok(batches) => batches.collect::<Result<Vec<_>, _>>().unwrap_err().to_string(),
        }
    };
    for (frame, words) in [
        (df!("unit" => [1], "t" => [0.5]), "no column time_s"),
        (df!("time_s" => [1.0]), "no column unit"),
        (df!("time_s" => [1.0], "unit" => ["a"]), "type str"),
        (df!("time_s" => [1.0, 0.5], "unit" => [1, 2]), "row 1"),
        (df!("time_s" => [f64::NAN], "unit" => [1]), "NaN"),
        (df!("time_s" => [None, Some(0.5)], "unit" => [1, 2]), "empty rows"),
    ] {
        let error = refused(frame.unwrap());
        assert!(error.contains(words) && !error.contains('\n'), "{error}");
    }
    std::fs::write(&path, b"PAR1 no").unwrap();
    let error = TrainBatches::open(std::slice::from_ref(&path)).unwrap_err().to_string();
    assert!(error.contains("x.parquet") && !error.contains('\n'), "{error}");
}
