//! Checkpoints written here and read back: layouts, types, shards, families, tokenizers.
#![allow(clippy::unwrap_used)]

mod common;

use common::{SPIKING, Tensors, add, decoder_layer, folder, spiking, write};
use proptest::prelude::*;
use safetensors::Dtype;
use std::collections::BTreeMap;
use synfire_datasets::builtin;
use synfire_datasets::checkpoint::{
    Checkpoint, DenseMatrix, Layout, Linear, ModelConfig, QuantisedLinear, SHARD_BYTES, Synthesis,
};

fn rows(matrix: &DenseMatrix) -> Vec<f32> {
    let mut out = vec![0.0; matrix.rows() * matrix.cols()];
    out.chunks_exact_mut(matrix.cols()).enumerate().for_each(|(r, row)| matrix.row_into(r, row));
    out
}

#[test]
fn the_builtin_model_has_its_published_size() {
    let checkpoint = Checkpoint::builtin().unwrap();
    assert_eq!((checkpoint.parameters(), checkpoint.layout()), (2_766_784, Layout::Uncoded));
    assert_eq!((checkpoint.name(), checkpoint.digest().unwrap().len()), ("shakespeare", 64));
    assert_eq!(builtin::HAMLET_EXCERPT.len(), 4096);
}

#[test]
fn one_file_shards_and_narrow_types_hold_the_same_model() {
    let tensors = spiking();
    let whole = folder(SPIKING, &tensors);
    let whole = Checkpoint::open(whole.path()).unwrap();
    let sharded = folder(SPIKING, &tensors);
    std::fs::remove_file(sharded.path().join("model.safetensors")).unwrap();
    let (first, second): (Tensors, Tensors) =
        tensors.into_iter().partition(|(name, _)| name.contains("layers.0"));
    let mut map = BTreeMap::new();
    for (part, file, dtype) in
        [(&first, "a.safetensors", Dtype::BF16), (&second, "b.safetensors", Dtype::F16)]
    {
        write(&sharded.path().join(file), part, dtype);
        map.extend(part.keys().map(|name| (name.clone(), file)));
    }
    let index = serde_json::json!({ "weight_map": map }).to_string();
    std::fs::write(sharded.path().join("model.safetensors.index.json"), index).unwrap();
    let checkpoint = Checkpoint::open(sharded.path()).unwrap();
    for layer in 0..2 {
        let numbers = |c: &Checkpoint| rows(&c.dense(layer, Linear::MlpDown).unwrap().weight);
        assert!(numbers(&whole).iter().zip(numbers(&checkpoint)).all(|(a, b)| (a - b).abs() < 4e-3));
    }
    assert_eq!(checkpoint.parameters(), whole.parameters());
    drop(checkpoint);
    std::fs::remove_file(sharded.path().join("b.safetensors")).unwrap();
    let error = Checkpoint::open(sharded.path()).unwrap_err().to_string();
    assert!(error.contains("b.safetensors"), "{error}");
}

#[test]
fn the_low_rank_gate_is_merged_into_one_matrix() {
    let tensors = spiking();
    let folder = folder(SPIKING, &tensors);
    let gate = Checkpoint::open(folder.path()).unwrap().dense(0, Linear::Gate).unwrap();
    let part = |name: &str| &tensors[&format!("model.layers.0.attn.gk_proj.{name}")].1;
    let (down, up) = (part("0.weight"), part("1.weight"));
    for (at, value) in rows(&gate.weight).into_iter().enumerate() {
        let by_hand: f32 = (0..16).map(|k| up[at / 8 * 16 + k] * down[k * 8 + at % 8]).sum();
        assert!((value - by_hand).abs() < 1e-5, "{at}: {value} {by_hand}");
    }
    assert_eq!(gate.bias.as_ref(), Some(part("1.bias")));
}

#[test]
fn w8aspike_scales_are_used_as_they_are() {
    let mut tensors = spiking();
    for part in ["0.weight", "1.weight", "1.bias"] {
        tensors.remove(&format!("model.layers.0.attn.gk_proj.{part}"));
    }
    add(&mut tensors, "model.layers.0.attn.gk_proj.weight", &[4, 8]);
    add(&mut tensors, "model.layers.0.attn.gk_proj.bias", &[4]);
    let projections: Vec<String> = tensors.keys().filter(|n| n.contains("_proj.weight")).cloned().collect();
    for name in projections {
        let outputs = tensors[&name].0[0];
        tensors.insert(
            name.replace("weight", "weight_quantizer.scales"),
            (vec![outputs, 1, 1], vec![0.03; outputs]),
        );
    }
    let good = folder(SPIKING, &tensors);
    let checkpoint = Checkpoint::open(good.path()).unwrap();
    let down = checkpoint.quantised(1, Linear::MlpDown).unwrap();
    let weights = &tensors["model.layers.1.mlp.down_proj.weight"].1;
    let by_input = (0..12).flat_map(|i| (0..8).map(move |o| weights[o * 12 + i]));
    assert!(by_input.zip(&down.values[..]).all(|(w, q)| (w / 0.03).round_ties_even() == f32::from(*q)));
    assert_eq!((checkpoint.layout(), down.scales, down.inputs), (Layout::W8aSpike, vec![0.03; 8], 12));

    let scales = "model.layers.0.attn.q_proj.weight_quantizer.scales";
    tensors.insert(scales.to_owned(), (vec![8, 1, 1], vec![0.0; 8]));
    let bad = folder(SPIKING, &tensors);
    let error = Checkpoint::open(bad.path()).unwrap().quantised(0, Linear::Query).unwrap_err().to_string();
    assert!(error.contains(scales) && error.contains("above 0"), "{error}");
}

#[test]
fn int8_weights_are_read_where_they_lie_and_stand_for_scaled_weights() {
    let home = tempfile::tempdir().unwrap();
    let mut config = ModelConfig::spikingbrain_7b();
    (config.vocab_size, config.hidden_size, config.intermediate_size) = (256, 192, 160);
    (config.heads, config.kv_heads, config.head_size) = (6, 2, 32);
    config.cut(2);
    let open = |name: &str, quantised: bool| {
        let synthesis = Synthesis { config: config.clone(), seed: 3, quantised };
        synthesis.write(&home.path().join(name), SHARD_BYTES, false, |_| true).unwrap();
        Checkpoint::open(&home.path().join(name)).unwrap()
    };
    let (float, int8) = (open("float", false), open("int8", true));
    assert_eq!((float.layout(), int8.layout()), (Layout::Uncoded, Layout::Int8));
    for linear in [Linear::Query, Linear::Value, Linear::Output, Linear::MlpUp, Linear::MlpDown] {
        let (ours, expected) = (int8.quantised(1, linear).unwrap(), float.quantised(1, linear).unwrap());
        assert!(ours == expected, "{linear:?}");
        let dense = int8.dense(1, linear).unwrap();
        let at = |o: usize, i: usize| {
            ours.scales[o * ours.groups() + i / 128] * f32::from(ours.values[i * ours.outputs + o])
        };
        let by_hand: Vec<f32> = (0..ours.outputs)
            .flat_map(|o| (0..ours.inputs).map(move |i| (o, i)))
            .map(|(o, i)| at(o, i))
            .collect();
        assert!(rows(&dense.weight) == by_hand && dense.bias == ours.bias, "{linear:?}");
    }
}

#[test]
fn qwen_and_llama_checkpoints_are_read() {
    let norms = ["input_layernorm", "post_attention_layernorm"];
    let config = |kind: &str| {
        format!(
            r#"{{"model_type": {kind}, "vocab_size": 256, "hidden_size": 8, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 12}}"#
        )
    };
    let mut tensors = Tensors::new();
    add(&mut tensors, "model.embed_tokens.weight", &[256, 8]);
    add(&mut tensors, "model.norm.weight", &[8]);
    let mut qwen = tensors.clone();
    decoder_layer(&mut qwen, "model.layers.0", "self_attn", norms, [8, 4], true);
    let qwen = folder(&config(r#""qwen2", "tie_word_embeddings": true, "num_key_value_heads": 1"#), &qwen);
    let checkpoint = Checkpoint::open(qwen.path()).unwrap();
    assert_eq!(rows(&checkpoint.lm_head().unwrap()), rows(&checkpoint.embeddings().unwrap()));
    assert!(checkpoint.quantised(0, Linear::Key).unwrap().bias.is_some());

    add(&mut tensors, "lm_head.weight", &[256, 8]);
    decoder_layer(&mut tensors, "model.layers.0", "self_attn", norms, [12, 12], false);
    let llama = folder(&config(r#""llama", "head_dim": 6"#), &tensors);
    let checkpoint = Checkpoint::open(llama.path()).unwrap();
    assert_eq!((checkpoint.config().head_size, checkpoint.config().kv_heads), (6, 2));
    assert!(checkpoint.quantised(0, Linear::Key).unwrap().bias.is_none());
}

#[test]
fn vocabulary_and_merges_make_a_byte_level_tokenizer() {
    let mut tensors = spiking();
    add(&mut tensors, "model.embeddings.weight", &[258, 8]);
    add(&mut tensors, "lm_head.weight", &[258, 8]);
    let folder = folder(&SPIKING.replace("\"vocab_size\": 256", "\"vocab_size\": 258"), &tensors);
    let mut alphabet: Vec<char> =
        tokenizers::pre_tokenizers::byte_level::ByteLevel::alphabet().into_iter().collect();
    alphabet.sort_unstable();
    let mut vocabulary: BTreeMap<String, u32> = alphabet.iter().map(char::to_string).zip(0..).collect();
    vocabulary.extend([("th".to_owned(), 256), ("the".to_owned(), 257)]);
    std::fs::write(folder.path().join("vocab.json"), serde_json::to_string(&vocabulary).unwrap()).unwrap();
    std::fs::write(folder.path().join("merges.txt"), "#version: 0.2\nt h\nth e\n").unwrap();
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    let ids = checkpoint.tokenizer().encode("the thé".as_bytes()).unwrap();
    assert_eq!((ids[0], ids[2], ids.len()), (257, 256, 5));
    assert_eq!(checkpoint.tokenizer().decode(&ids).unwrap(), "the thé".as_bytes());
    let error = checkpoint.tokenizer().encode(b"ok\xff").unwrap_err().to_string();
    assert!(error.contains("UTF-8 at byte 2"), "{error}");
}

proptest! {
    #[test]
    fn quantisation_is_within_half_a_scale_of_every_weight(outputs in 1usize..6, inputs in 1usize..300, seed in 0u32..1000) {
        let number = |i: usize| ((i as f32 * 12.9898 + seed as f32).sin() * 437.58).fract();
        let weights: Vec<f32> = (0..outputs * inputs).map(number).collect();
        let quantised = QuantisedLinear::quantise(&DenseMatrix::from_rows(outputs, inputs, weights.clone()).unwrap(), None);
        prop_assert_eq!(quantised.scales.len(), outputs * inputs.div_ceil(128));
        for (at, w) in weights.iter().enumerate() {
            let (o, i) = (at / inputs, at % inputs);
            let (scale, q) = (quantised.scales[o * quantised.groups() + i / 128], quantised.values[i * outputs + o]);
            prop_assert!((w - scale * f32::from(q)).abs() <= 0.501 * scale);
        }
    }
}
