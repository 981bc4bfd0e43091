//! What is carried over is carried over to the bit; what is new starts where it should.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::checkpoint::{DenseMatrix, SHARD_BYTES, Synthesis};

fn plain(family: Family, tied: bool) -> (tempfile::TempDir, Checkpoint) {
    let mut config = ModelConfig::spikingbrain_7b();
    (config.family, config.bias, config.tie_embeddings) = (family, family == Family::Qwen2, tied);
    (config.vocab_size, config.hidden_size, config.intermediate_size) = (256, 32, 48);
    (config.heads, config.kv_heads, config.head_size) = (4, 2, 8);
    (config.layers, config.window) = (vec![Attention::Full; 7], usize::MAX);
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("plain");
    Synthesis { config, seed: 9, quantised: false }.write(&dir, SHARD_BYTES, false, |_| true).unwrap();
    let checkpoint = Checkpoint::open(&dir).unwrap();
    (home, checkpoint)
}

fn converted(home: &tempfile::TempDir, source: &Checkpoint, conversion: &Conversion) -> Checkpoint {
    let dir = home.path().join("converted");
    assert!(conversion.write(source, &dir, 40_000, false, |_| true).unwrap());
    Checkpoint::open(&dir).unwrap()
}

fn rows(matrix: &DenseMatrix) -> Vec<f32> {
    let mut out = vec![0.0; matrix.rows() * matrix.cols()];
    out.chunks_exact_mut(matrix.cols()).enumerate().for_each(|(r, row)| matrix.row_into(r, row));
    out
}

fn weights(checkpoint: &Checkpoint, layer: usize, linear: Linear) -> Vec<f32> {
    rows(&checkpoint.dense(layer, linear).unwrap().weight)
}

#[test]
fn the_hybrid_has_the_attention_of_the_7b_and_all_weights_of_its_source() {
    for (family, tied) in [(Family::Qwen2, false), (Family::Llama, true)] {
        let (home, source) = plain(family, tied);
        let hybrid = converted(&home, &source, &Conversion { window: 64, ..Conversion::new(Target::Hybrid) });
        assert_eq!(hybrid.config().layers[..3], [Attention::Gla, Attention::Window, Attention::Gla]);
        assert_eq!((hybrid.config().window, hybrid.config().tie_embeddings), (64, tied));
        assert_eq!(rows(&hybrid.lm_head().unwrap()), rows(&source.lm_head().unwrap()));
        for linear in [Linear::Query, Linear::Value, Linear::Output, Linear::MlpDown] {
            assert_eq!(weights(&hybrid, 2, linear), weights(&source, 2, linear), "{linear:?}");
        }
        let bias = hybrid.dense(1, Linear::Key).unwrap().bias.unwrap();
        match family {
            Family::Qwen2 => assert_eq!(Some(bias), source.dense(1, Linear::Key).unwrap().bias),
            _ => assert!(bias.iter().all(|b| *b == 0.0)),
        }
        let gate = hybrid.dense(0, Linear::Gate).unwrap();
        assert!(rows(&gate.weight).iter().all(|w| *w == 0.0));
        let memory = |b: f32| -16.0 / (1.0 / (1.0 + (-f64::from(b)).exp())).ln();
        let memories: Vec<f64> = gate.bias.unwrap().into_iter().map(memory).collect();
        assert!((memories[0] / 16.0 - 1.0).abs() < 0.02, "{memories:?}");
        assert!((memories[15] / 64.0 - 1.0).abs() < 0.02, "{memories:?}");
    }
}

#[test]
fn experts_are_the_dense_block_scaled_and_the_router_leaves_each_a_share_of_one_in_n() {
    let (home, source) = plain(Family::Qwen2, false);
    let conversion = Conversion { sink_tokens: 4, ..Conversion::new(Target::Mixture) };
    let mixture = converted(&home, &source, &conversion);
    assert!((conversion.alpha() - 0.98).abs() < 0.005, "{}", conversion.alpha());
    assert_eq!(mixture.config().layers[5..], [Attention::ParallelWindow, Attention::ParallelFull]);
    assert!(mixture.router(4).unwrap().is_none(), "layer 5, from 1, is dense");
    assert_eq!(weights(&mixture, 4, Linear::MlpUp), weights(&source, 4, Linear::MlpUp));
    let alpha = conversion.alpha() as f32;
    for (linear, dense) in [
        (Linear::MlpUp, Linear::MlpUp),
        (Linear::ExpertGate(0), Linear::MlpGate),
        (Linear::ExpertDown(15), Linear::MlpDown),
    ] {
        let expected: Vec<f32> = weights(&source, 5, dense).iter().map(|w| alpha * w).collect();
        let found = weights(&mixture, 5, linear);
        let off = found.iter().zip(&expected).map(|(a, b)| (a - b).abs() / b.abs().max(1e-6));
        assert!(off.fold(0.0, f32::max) < 4e-3, "{linear:?}: more than BF16 rounds");
    }
    let bias = mixture.router(5).unwrap().unwrap().bias.unwrap();
    assert!(bias.iter().all(|b| (1.0 / (1.0 + (-b).exp()) - 1.0 / 16.0).abs() < 1e-3), "{bias:?}");
    let embeddings = rows(&source.embeddings().unwrap());
    let sinks = rows(&mixture.sink_tokens().unwrap().unwrap());
    assert!(sinks.chunks(32).all(|sink| embeddings.chunks(32).any(|row| row == sink)));
}

#[test]
fn what_cannot_be_converted_is_refused() {
    let (home, source) = plain(Family::Qwen2, false);
    let conversion = Conversion::new(Target::Hybrid);
    let hybrid = converted(&home, &source, &conversion);
    let again = conversion.config(&hybrid).unwrap_err().to_string();
    assert!(again.contains("already"), "{again}");
    for (field, wrong) in [
        ("sliding_window", Conversion { window: 0, ..conversion.clone() }),
        ("num_experts_per_tok", Conversion { per_token: 17, ..conversion.clone() }),
        ("num_experts", Conversion { experts: 1 << 20, ..Conversion::new(Target::Mixture) }),
    ] {
        let error = wrong.config(&source).unwrap_err().to_string();
        assert!(error.contains(&format!("'{field}'")), "{error}");
    }
}
