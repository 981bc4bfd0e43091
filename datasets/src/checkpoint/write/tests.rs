//! Streams of any granularity, shards, and what is left when a stream ends early.
#![allow(clippy::unwrap_used)]

use super::*;
use safetensors::SafeTensors;

fn plan() -> Vec<TensorPlan> {
    let tensor = |name: &str, dtype, shape: &[usize]| TensorPlan {
        name: name.to_owned(),
        dtype,
        shape: shape.to_vec(),
    };
    vec![
        tensor("a", Dtype::F32, &[3, 2]),
        tensor("none", Dtype::BF16, &[0, 7]),
        tensor("b", Dtype::I8, &[5]),
        tensor("c", Dtype::BF16, &[4]),
    ]
}

fn bytes(count: u64) -> Vec<u8> {
    (0..count).map(|i| i as u8 ^ 0x5a).collect()
}

fn write(dir: &Path, shard_bytes: u64, piece: usize) {
    let mut writer = CheckpointWriter::create(dir, plan(), shard_bytes, false).unwrap();
    for piece in bytes(writer.total_bytes()).chunks(piece) {
        writer.bytes(piece).unwrap();
    }
    let files = [("vocab.json".to_owned(), b"{}".to_vec())];
    writer.finish(b"{}", &files).unwrap();
}

#[test]
fn pieces_of_any_size_make_the_same_file_and_it_reads_back() {
    let home = tempfile::tempdir().unwrap();
    let file = |piece: usize| {
        let dir = home.path().join(format!("pieces-of-{piece}"));
        write(&dir, SHARD_BYTES, piece);
        std::fs::read(dir.join("model.safetensors")).unwrap()
    };
    let whole = file(37);
    assert!([1, 2, 24, 25].into_iter().all(|piece| file(piece) == whole));
    let read = SafeTensors::deserialize(&whole).unwrap();
    let expected = bytes(37);
    assert_eq!(read.tensor("a").unwrap().data(), &expected[..24]);
    assert_eq!(read.tensor("none").unwrap().shape(), [0, 7]);
    assert_eq!(
        (read.tensor("b").unwrap().data(), read.tensor("b").unwrap().dtype()),
        (&expected[24..29], Dtype::I8)
    );
    assert_eq!(read.tensor("c").unwrap().data(), &expected[29..]);
}

#[test]
fn shards_are_numbered_and_indexed_and_none_is_larger_than_asked() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("sharded");
    write(&dir, 13, 3);
    let names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let index: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.join("model.safetensors.index.json")).unwrap()).unwrap();
    assert_eq!(index["metadata"]["total_size"], 37);
    assert_eq!((&index["weight_map"]["a"], &index["weight_map"]["c"]), (&names[0].into(), &names[1].into()));
    let second = std::fs::read(dir.join(names[1])).unwrap();
    let second = SafeTensors::deserialize(&second).unwrap();
    assert_eq!(second.names().len(), 3);
    assert_eq!(second.tensor("b").unwrap().data(), &bytes(37)[24..29]);
    assert!(dir.join("config.json").exists() && dir.join("vocab.json").exists());
}

#[test]
fn a_stream_that_ends_early_leaves_nothing_and_a_folder_in_use_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("early");
    let mut writer = CheckpointWriter::create(&dir, plan(), SHARD_BYTES, false).unwrap();
    writer.bytes(&[1, 2, 3]).unwrap();
    assert!(writer.bytes(&[0; 40]).unwrap_err().to_string().contains("more numbers"));
    drop(writer);
    let writer = CheckpointWriter::create(&dir, plan(), SHARD_BYTES, false).unwrap();
    let error = writer.finish(b"{}", &[]).unwrap_err().to_string();
    assert!(error.contains("'a'"), "{error}");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);

    write(&dir, SHARD_BYTES, 9);
    let refused = CheckpointWriter::create(&dir, plan(), SHARD_BYTES, false).unwrap_err().to_string();
    assert!(refused.contains("not empty"), "{refused}");
    drop(CheckpointWriter::create(&dir, plan(), SHARD_BYTES, true).unwrap());
    assert!(dir.join("model.safetensors").exists());
    std::fs::remove_file(dir.join("config.json")).unwrap();
    assert!(CheckpointWriter::create(&dir, plan(), SHARD_BYTES, true).is_err());
}
