//! Sound checkpoints have no faults; every way to break one is named.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::checkpoint::{Checkpoint, Synthesis};

/// A checkpoint of two shards.
fn checkpoint(quantised: bool) -> (tempfile::TempDir, std::path::PathBuf) {
    let mut config = ModelConfig::spikingbrain_76b();
    (config.vocab_size, config.hidden_size, config.intermediate_size) = (256, 32, 40);
    (config.heads, config.kv_heads, config.head_size, config.sink_tokens) = (4, 2, 8, 3);
    config.cut(4);
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("made");
    Synthesis { config, seed: 1, quantised }.write(&dir, 120_000, false, |_| true).unwrap();
    (home, dir)
}

fn faults(dir: &Path) -> Vec<String> {
    let inspection = Inspection::of(dir);
    assert_eq!(inspection.is_sound(), Checkpoint::open(dir).is_ok());
    let of = |f: &Finding| (f.severity == Severity::Fault).then(|| format!("{}: {}", f.about, f.reason));
    inspection.findings.iter().filter_map(of).collect()
}

fn shards(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "safetensors"));
    files.sort();
    files
}

#[test]
fn every_tensor_of_a_sound_checkpoint_has_a_role_and_parameters_add_up() {
    for quantised in [false, true] {
        let (_home, dir) = checkpoint(quantised);
        assert_eq!(faults(&dir), [""; 0]);
        let inspection = Inspection::of(&dir);
        assert!(inspection.tensors.iter().all(|found| found.role.is_some()));
        let opened = Checkpoint::open(&dir).unwrap();
        assert_eq!(inspection.parameters(false), opened.parameters());
        // Layer 3 alone has experts: 15 of 16 are not met.
        let unmet = 15 * 3 * 32 * 40;
        assert_eq!(inspection.parameters(true), opened.parameters() - unmet);
    }
}

#[test]
fn whatever_is_broken_is_a_fault_and_the_rest_is_still_told() {
    let (_home, dir) = checkpoint(false);
    let whole = Inspection::of(&dir).tensors.len();
    let files = shards(&dir);
    assert!(files.len() > 1);
    let first = std::fs::read(&files[0]).unwrap();

    std::fs::write(&files[0], &first[..first.len() - 10]).unwrap();
    let cut = faults(&dir);
    assert!(cut.len() == 1 && cut[0].contains("10 bytes shorter"), "{cut:?}");
    assert_eq!(Inspection::of(&dir).tensors.len(), whole);

    std::fs::write(&files[0], &first[..100]).unwrap();
    let header = faults(&dir);
    assert!(header[0].contains("does not fit") && header.len() > 1, "{header:?}");
    assert!(header.iter().any(|f| f.contains("model.embeddings.weight: missing")), "{header:?}");

    std::fs::write(&files[0], &first).unwrap();
    std::fs::remove_file(&files[1]).unwrap();
    assert!(faults(&dir).iter().any(|f| f.contains("the shard is missing")));
    std::fs::remove_file(dir.join("model.safetensors.index.json")).unwrap();
    assert!(faults(&dir).iter().any(|f| f.contains("this index")));
    std::fs::write(dir.join("config.json"), "{}").unwrap();
    assert!(faults(&dir).iter().any(|f| f.contains("model_type")));
    assert!(faults(&dir.join("nowhere"))[0].contains("no such folder"));
}

#[test]
fn wrong_shapes_and_surplus_tensors_are_told_apart_from_faults() {
    let (_home, dir) = checkpoint(false);
    let config = std::fs::read_to_string(dir.join("config.json")).unwrap();
    std::fs::write(
        dir.join("config.json"),
        config.replace("\"intermediate_size\": 40", "\"intermediate_size\": 48"),
    )
    .unwrap();
    assert!(
        faults(&dir).iter().any(|f| f.contains("mlp.up_proj.weight: of shape [40, 32], expected [48, 32]"))
    );
    let fewer = config.replace("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 3");
    std::fs::write(dir.join("config.json"), fewer).unwrap();
    let inspection = Inspection::of(&dir);
    assert!(inspection.is_sound() && Checkpoint::open(&dir).is_ok());
    assert!(
        inspection.findings.iter().any(|f| f.about.contains("layers.3") && f.reason.starts_with("surplus"))
    );
}
