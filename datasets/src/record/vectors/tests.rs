//! What a run recorded comes back vector by vector.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::record::{Manifest, ModelSummary, RunWriter};
use crate::spikes::CountBatch;
use proptest::prelude::*;
use std::path::Path;

/// How a test sends counts: one spike a unit, the bits of the magnitude, or the bits of the two's complement.
#[derive(Debug, Clone, Copy)]
enum Sent {
    Units { zero_point: bool },
    Bits { zero_point: bool },
    TwosComplement,
}

const SENT: [Sent; 5] = [
    Sent::Units { zero_point: false },
    Sent::Units { zero_point: true },
    Sent::Bits { zero_point: false },
    Sent::Bits { zero_point: true },
    Sent::TwosComplement,
];

/// The zero point, the steps and the value of each spike of each neuron, step by step.
fn send(sent: Sent, counts: &[i32]) -> (i32, u32, Vec<(u32, u32, i32)>) {
    let moved = matches!(sent, Sent::Units { zero_point: true } | Sent::Bits { zero_point: true });
    let zero_point = if moved { counts.iter().copied().min().unwrap_or(0).min(0) } else { 0 };
    let rest: Vec<i32> = counts.iter().map(|s| s - zero_point).collect();
    let top = rest.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
    let bits = u32::BITS - top.leading_zeros();
    let steps = match sent {
        Sent::Units { .. } => top,
        Sent::Bits { .. } => bits.max(1),
        Sent::TwosComplement => bits + 1,
    };
    let value = |step: u32, s: i32| {
        let weight = 1i32.wrapping_shl(steps - 1 - step);
        match sent {
            Sent::Units { .. } => (step < s.unsigned_abs()).then_some(s.signum()),
            Sent::Bits { .. } => (s.unsigned_abs() & weight as u32 != 0).then_some(s.signum() * weight),
            Sent::TwosComplement if step == 0 => (s < 0).then_some(-weight),
            Sent::TwosComplement => (s & weight != 0).then_some(weight),
        }
    };
    let spikes = (0..steps)
        .flat_map(|step| (0u32..).zip(&rest).filter_map(move |(n, s)| Some((step, n, value(step, *s)?))))
        .collect();
    (zero_point, steps, spikes)
}

/// The chunks of a run, each the vectors of one layer and projection over some tokens: `(token, head, counts)`.
type Chunk = (u16, Projection, Vec<(u32, u16, Vec<i32>)>);

fn manifest() -> Manifest {
    Manifest::new("test", ModelSummary::default(), serde_json::json!({}), vec![0, 1, 2])
}

fn write(dir: &Path, sent: Sent, chunks: &[Chunk]) -> Vec<(Activity, Vec<i32>)> {
    write_as(dir, manifest(), sent, chunks)
}

/// Writes what the manifest asks for: spikes or counts, of all tokens or of a sample.
fn write_as(dir: &Path, manifest: Manifest, sent: Sent, chunks: &[Chunk]) -> Vec<(Activity, Vec<i32>)> {
    let (kind, sampling) = (manifest.record, manifest.sampling);
    let mut writer = RunWriter::create(dir, manifest, false).unwrap();
    let mut all = Vec::new();
    for (layer, projection, vectors) in chunks {
        let mut batch = SpikeBatch::new(*layer, *projection);
        let mut counted = CountBatch::new(*layer, *projection);
        for (token, head, counts) in vectors {
            let (zero_point, steps, spikes) = send(sent, counts);
            let moved = (0u32..).zip(counts).map(|(neuron, count)| (neuron, count - zero_point));
            for (neuron, value) in moved.filter(|(_, value)| *value != 0 && sampling.keeps_token(*token)) {
                counted.token.push(*token);
                counted.neuron.push(u32::from(*head) * counts.len() as u32 + neuron);
                counted.value.push(value);
            }
            for (step, neuron, value) in spikes.iter().filter(|_| sampling.keeps_token(*token)) {
                batch.token.push(*token);
                batch.step.push(*step);
                batch.neuron.push(u32::from(*head) * counts.len() as u32 + neuron);
                batch.value.push(*value);
            }
            let activity = Activity {
                token: *token,
                layer: *layer,
                projection: *projection,
                head: *head,
                threshold: 1.0,
                steps,
                zero_point,
                neurons: counts.len() as u32,
                spikes: spikes.len() as u64,
                silent: counts.iter().filter(|s| **s == 0).count() as u32,
                synaptic_operations: 0,
            };
            writer.activity(&[activity]).unwrap();
            all.push((activity, counts.clone()));
        }
        match kind {
            RecordKind::Counts => writer.counts(counted).unwrap(),
            _ => writer.spikes(batch).unwrap(),
        }
    }
    writer.finish(serde_json::Value::Null, 1).unwrap();
    // A part holds one layer.
    all.sort_by_key(|(activity, _): &(Activity, Vec<i32>)| activity.layer);
    all
}

fn read(dir: &Path, filter: VectorFilter) -> Result<Vec<(Activity, Vec<i32>)>, RecordError> {
    let mut vectors = RunReader::open(dir).unwrap().vectors(filter)?;
    let mut all = Vec::new();
    while let Some((activity, counts)) = vectors.next_vector()? {
        all.push((activity, counts.to_vec()));
    }
    Ok(all)
}

/// Two layers of two inputs over three tokens; queries have two heads.
fn chunks() -> Vec<Chunk> {
    let counts = |seed: i32| (0..5).map(|n| (seed + n * n) % 7 - 3).collect();
    let vectors = |heads: u16| {
        (0..3u32)
            .flat_map(|token| {
                (0..heads).map(move |head| (token, head, counts(token as i32 + i32::from(head))))
            })
            .collect::<Vec<_>>()
    };
    (0..2)
        .flat_map(|layer| [(layer, Projection::Query, vectors(2)), (layer, Projection::DownIn, vectors(1))])
        .collect()
}

fn any_chunks() -> impl Strategy<Value = Vec<Chunk>> {
    let count = prop_oneof![5 => Just(0), 5 => -9i32..9, 1 => -300i32..300];
    let vector = (0u32..9, 0u16..3, prop::collection::vec(count, 6));
    let chunk =
        (0u16..3, prop::sample::select(Projection::ALL.to_vec()), prop::collection::vec(vector, 0..9));
    prop::collection::vec(chunk, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_a_run_recorded_comes_back_vector_by_vector(
        chunks in any_chunks(),
        sent in prop::sample::select(SENT.to_vec()),
        layer in prop::option::of(0u16..3),
        projection in prop::option::of(prop::sample::select(Projection::ALL.to_vec())),
    ) {
        let home = tempfile::tempdir().unwrap();
        let written = write(home.path(), sent, &chunks);
        prop_assert_eq!(&read(home.path(), VectorFilter::default()).unwrap(), &written);
        let passes = |a: &Activity| layer.is_none_or(|l| l == a.layer) && projection.is_none_or(|p| p == a.projection);
        let expected: Vec<_> = written.into_iter().filter(|(activity, _)| passes(activity)).collect();
        prop_assert_eq!(read(home.path(), VectorFilter { layer, projection }).unwrap(), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn counts_and_samples_of_tokens_come_back_as_those_vectors_of_the_run(
        chunks in any_chunks(),
        sent in prop::sample::select(SENT.to_vec()),
        kind in prop::sample::select(vec![RecordKind::Events, RecordKind::Counts]),
        one_in in 1u32..4,
        seed in 0u64..9,
    ) {
        // A vector of the same token, layer, projection and head comes once in a run.
        let mut seen = std::collections::BTreeSet::new();
        let once = |(layer, projection, vectors): &Chunk| -> Chunk {
            let fresh = vectors.iter().filter(|v| seen.insert((*layer, *projection, v.0, v.1)));
            (*layer, *projection, fresh.cloned().collect())
        };
        let chunks: Vec<Chunk> = chunks.iter().map(once).collect();
        let tokens_one_in = std::num::NonZeroU32::new(one_in).unwrap();
        let sampling = Sampling { tokens_one_in, seed, ..Sampling::default() };
        let home = tempfile::tempdir().unwrap();
        let mut expected = write_as(home.path(), Manifest { record: kind, sampling, ..manifest() }, sent, &chunks);
        expected.retain(|(activity, _)| sampling.keeps_token(activity.token));
        prop_assert_eq!(read(home.path(), VectorFilter::default()).unwrap(), expected);
    }
}

#[test]
fn a_sample_of_neurons_has_no_whole_vectors_and_says_so() {
    let home = tempfile::tempdir().unwrap();
    let neurons_one_in = std::num::NonZeroU32::new(4).unwrap();
    let sampling = Sampling { neurons_one_in, ..Sampling::default() };
    RunWriter::create(home.path(), Manifest { sampling, ..manifest() }, false).unwrap();
    let error = read(home.path(), VectorFilter::default()).unwrap_err().to_string();
    assert!(error.contains("one neuron in 4") && error.contains("--sample-neurons"), "{error}");
}

/// A run whose activity table is that of `told` and whose spikes are those of `sent`.
fn mixed(told: &[Chunk], sent: &[Chunk]) -> (tempfile::TempDir, std::path::PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let (a, b) = (home.path().join("a"), home.path().join("b"));
    write(&a, Sent::Bits { zero_point: false }, told);
    write(&b, Sent::Bits { zero_point: false }, sent);
    for layer in 0..3 {
        let part = format!("spikes/part-00000-layer-{layer:03}.parquet");
        std::fs::copy(b.join(&part), a.join(&part)).unwrap();
    }
    (home, a)
}

#[test]
fn spikes_that_activity_does_not_tell_of_are_damage() {
    let told = chunks();
    let mut fewer = told.clone();
    fewer.pop();
    let mut other_token = told.clone();
    other_token[0].2[0].0 = 7;
    let mut other_layer = told.clone();
    other_layer[0].0 = 1;
    for sent in [fewer, other_token, other_layer] {
        let (_home, dir) = mixed(&told, &sent);
        let error = read(&dir, VectorFilter::default()).unwrap_err();
        assert!(matches!(error, RecordError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("activity tells"), "{error}");
    }
}

#[test]
fn spikes_beyond_the_activity_are_damage() {
    let all = chunks();
    let (_home, dir) = mixed(&all[..3], &all);
    let error = read(&dir, VectorFilter::default()).unwrap_err().to_string();
    assert!(error.contains("beyond"), "{error}");
}

#[test]
fn a_run_that_was_cut_short_ends_where_its_spikes_end() {
    let told = chunks();
    let (_home, dir) = mixed(&told, &told[..3]);
    let manifest = dir.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("\"complete\"", "\"incomplete\"")).unwrap();
    let vectors = read(&dir, VectorFilter::default()).unwrap();
    assert_eq!(vectors.len(), 6 + 3 + 6);
}

#[test]
fn a_vector_wider_than_any_model_is_damage_and_costs_no_memory() {
    let home = tempfile::tempdir().unwrap();
    let manifest = Manifest::new("test", ModelSummary::default(), serde_json::json!({}), vec![0]);
    let mut writer = RunWriter::create(home.path(), manifest, false).unwrap();
    let (mut activity, _) = write(&home.path().join("other"), SENT[0], &chunks())[0];
    (activity.neurons, activity.spikes) = (u32::MAX, 0);
    writer.activity(&[activity]).unwrap();
    writer.finish(serde_json::Value::Null, 1).unwrap();
    let error = read(home.path(), VectorFilter::default()).unwrap_err().to_string();
    assert!(error.contains("4294967295 neurons"), "{error}");
}
