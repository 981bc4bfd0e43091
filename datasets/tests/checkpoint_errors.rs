//! Everything that can be wrong with a checkpoint, and what is said of it.
#![allow(clippy::unwrap_used)]

mod common;

use common::{SPIKING, Tensors, folder, spiking};
use proptest::prelude::*;
use std::path::Path;
use synfire_datasets::checkpoint::{Checkpoint, CheckpointError, Inspection, Linear};

const DOWN: &str = "model.layers.1.mlp.down_proj.weight";

fn load(folder: &Path) -> Result<(), CheckpointError> {
    let checkpoint = Checkpoint::open(folder)?;
    checkpoint.quantised(0, Linear::Gate)?;
    checkpoint.dense(1, Linear::MlpDown)?;
    checkpoint.embeddings().map(|_| ())
}

fn refusal(folder: &Path) -> String {
    let error = load(folder).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

fn refusal_of(change: impl Fn(&mut Tensors)) -> String {
    let mut tensors = spiking();
    change(&mut tensors);
    refusal(folder(SPIKING, &tensors).path())
}

#[test]
fn a_tensor_that_is_not_sound_is_named_with_its_file() {
    let missing = refusal_of(|t| drop(t.remove(DOWN)));
    let misshapen = refusal_of(|t| drop(t.insert(DOWN.to_owned(), (vec![12, 8], vec![0.0; 96]))));
    let not_finite = refusal_of(|t| t.get_mut(DOWN).unwrap().1[5] = f32::NAN);
    for (error, word) in [(missing, "missing"), (misshapen, "[12, 8]"), (not_finite, "NaN at index 5")] {
        assert!(
            error.contains("model.safetensors") && error.contains(DOWN) && error.contains(word),
            "{error}"
        );
    }
}

#[test]
fn int8_weights_of_another_type_or_shape_are_named() {
    const QUERY: &str = "model.layers.0.attn.q_proj.weight_by_input";
    for (shape, words) in [([8, 8], "F32, expected I8"), ([4, 16], "[4, 16], expected [8, 8]")] {
        let error = refusal_of(|t| drop(t.insert(QUERY.to_owned(), (shape.to_vec(), vec![0.0; 64]))));
        assert!(error.contains(QUERY) && error.contains(words), "{error}");
    }
}

#[test]
fn missing_and_truncated_files_are_named() {
    let folder = folder(SPIKING, &spiking());
    let file = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 100]).unwrap();
    let error = refusal(folder.path());
    assert!(error.contains("model.safetensors") && error.contains("not a whole"), "{error}");
    std::fs::remove_file(&file).unwrap();
    assert!(refusal(folder.path()).contains("model.safetensors.index.json"));
    assert!(refusal(Path::new("no/such/folder")).contains("no/such/folder"));
    assert!(refusal(tempfile::tempdir().unwrap().path()).contains("config.json"));
}

#[test]
fn configs_that_cannot_be_run_name_the_field() {
    for (from, to, field) in [
        ("gla_swa", "mamba", "model_type"),
        ("\"num_key_value_heads\": 1", "\"num_key_value_heads\": 3", "num_key_value_heads"),
        ("\"hidden_size\": 8", "\"hidden_size\": 0", "hidden_size"),
        ("\"hidden_size\": 8", "\"hidden_size\": 99999999999", "hidden_size"),
        ("[1]", "[5]", "attn_layers"),
        ("\"sliding_window\": 4", "\"sliding_window\": 0", "sliding_window"),
        (
            "\"sliding_window\": 4",
            "\"sliding_window\": 4, \"rope_scaling\": {\"type\": \"yarn\"}",
            "rope_scaling",
        ),
        ("\"sliding_window\": 4", "\"sliding_window\": 4, \"use_short_conv\": true", "use_short_conv"),
        ("\"vocab_size\": 256", "\"vocab_size\": 300", "tokenizer.json"),
        ("{", "", "config.json"),
    ] {
        let error = refusal(folder(&SPIKING.replacen(from, to, 1), &spiking()).path());
        assert!(error.contains(field), "{field}: {error}");
    }
    let broken = folder(SPIKING, &spiking());
    std::fs::write(broken.path().join("tokenizer.json"), "{}").unwrap();
    assert!(refusal(broken.path()).contains("tokenizer.json"));
}

proptest! {
    #[test]
    fn damaged_files_are_errors_and_never_panics(cut in 0usize..8_000, flip in 0usize..20_000, bit in 0u8..8) {
        let folder = folder(SPIKING, &spiking());
        let file = folder.path().join("model.safetensors");
        let mut bytes = std::fs::read(&file).unwrap();
        if let Some(byte) = bytes.get_mut(flip) {
            *byte ^= 1 << bit;
        }
        bytes.truncate(bytes.len() - cut.min(bytes.len()));
        std::fs::write(&file, bytes).unwrap();
        let inspection = Inspection::of(folder.path());
        prop_assert_eq!(inspection.is_sound(), Checkpoint::open(folder.path()).is_ok(), "{:?}", inspection.findings);
        prop_assert!(inspection.parameters(true) <= inspection.parameters(false));
        prop_assert!(load(folder.path()).is_err() || cut == 0);
    }
}
