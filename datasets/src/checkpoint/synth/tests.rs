//! Made-up checkpoints: sound, reproducible, and the same whether quantised at once or afterwards.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::checkpoint::layout::SCALES;
use crate::checkpoint::write::SHARD_BYTES;
use crate::checkpoint::{Checkpoint, QuantisedLinear};

fn small(mut config: ModelConfig, layers: usize) -> ModelConfig {
    (config.vocab_size, config.hidden_size, config.intermediate_size) = (300, 192, 160);
    (config.heads, config.kv_heads, config.head_size, config.sink_tokens) =
        (6, 2, 32, config.sink_tokens.min(3));
    config.cut(layers);
    config
}

fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn both_published_models_have_their_published_sizes() {
    let weights = |config: ModelConfig, active: bool| -> u64 {
        let per_token = config.mixture.as_ref().map_or(0, |m| m.per_token as u16);
        let specs = Names(&config).all(Layout::Uncoded).into_iter().filter(|spec| match spec.role {
            Role::Weight(linear) => !active || linear.expert().is_none_or(|e| e < per_token),
            _ => true,
        });
        specs.map(|spec| spec.shape.iter().map(|n| *n as u64).product::<u64>()).sum()
    };
    let billions = |n: u64| (n as f64 / 1e8).round() / 10.0;
    assert_eq!(billions(weights(ModelConfig::spikingbrain_7b(), false)), 7.6);
    assert_eq!(billions(weights(ModelConfig::spikingbrain_76b(), false)), 76.1);
    assert_eq!(billions(weights(ModelConfig::spikingbrain_76b(), true)), 11.9);
}

#[test]
fn the_same_seed_makes_the_same_files_for_any_number_of_threads_and_another_seed_others() {
    let home = tempfile::tempdir().unwrap();
    let made = |name: &str, seed: u64, threads: usize, quantised: bool| {
        let dir = home.path().join(name);
        let synthesis = Synthesis { config: small(ModelConfig::spikingbrain_7b(), 2), seed, quantised };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| synthesis.write(&dir, 100_000, false, |_| true)).unwrap();
        files(&dir)
    };
    for quantised in [false, true] {
        let one = made(&format!("one-{quantised}"), 5, 1, quantised);
        assert!(one.len() > 4, "no shards: {}", one.len());
        assert!(one == made(&format!("three-{quantised}"), 5, 3, quantised));
        assert!(one != made(&format!("other-{quantised}"), 6, 1, quantised));
    }
}

#[test]
fn a_checkpoint_made_quantised_holds_what_quantisation_makes_of_the_other() {
    let home = tempfile::tempdir().unwrap();
    let config = small(ModelConfig::spikingbrain_76b(), 4);
    let open = |name: &str, quantised: bool| {
        let dir = home.path().join(name);
        Synthesis { config: config.clone(), seed: 3, quantised }
            .write(&dir, SHARD_BYTES, false, |_| true)
            .unwrap();
        dir
    };
    let plain = Checkpoint::open(&open("plain", false)).unwrap();
    let bytes = std::fs::read(open("quantised", true).join("model.safetensors")).unwrap();
    let read = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    for linear in [Linear::Query, Linear::Output, Linear::MlpDown, Linear::ExpertUp(2)] {
        let weight = plain.dense(3, linear).unwrap();
        let expected = QuantisedLinear::quantise(&weight.weight, weight.bias);
        let name = Names(&config).linear(3, linear).0;
        let tensor = read.tensor(&format!("{name}.weight_by_input")).unwrap();
        assert_eq!(tensor.shape(), [expected.inputs, expected.outputs]);
        assert!(tensor.data().iter().map(|b| *b as i8).eq(expected.values.iter().copied()), "{name}");
        let scales: Vec<f32> = read
            .tensor(&format!("{name}.{SCALES}"))
            .unwrap()
            .data()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect();
        assert_eq!(scales, expected.scales, "{name}");
    }
}

#[test]
fn the_tokenizer_of_a_made_up_checkpoint_reads_any_text_and_writes_any_token() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("tokens");
    let config = small(ModelConfig::spikingbrain_7b(), 1);
    Synthesis { config, seed: 3, quantised: false }.write(&dir, SHARD_BYTES, false, |_| true).unwrap();
    let checkpoint = Checkpoint::open(&dir).unwrap();
    let text = "To be, or not to be:\n\tthat is the question \u{2014} \u{e9}\u{1f600}\0\u{7f}";
    let tokens = checkpoint.tokenizer().encode(text.as_bytes()).unwrap();
    let bytes: Vec<u32> = text.bytes().map(u32::from).collect();
    assert_eq!(tokens, bytes);
    assert_eq!(checkpoint.tokenizer().decode(&tokens).unwrap(), text.as_bytes());
    assert_eq!(checkpoint.tokenizer().decode(&[72, 299]).unwrap(), b"H<|299|>");
}

#[test]
fn an_interrupted_synthesis_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let synthesis = Synthesis { config: small(ModelConfig::spikingbrain_7b(), 1), seed: 3, quantised: false };
    let mut calls = 0;
    let whole = synthesis.write(&home.path().join("cut"), SHARD_BYTES, false, |_| {
        calls += 1;
        calls < 3
    });
    assert!(!whole.unwrap());
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}
