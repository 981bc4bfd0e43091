//! Configs of every family, written and read back.
#![allow(clippy::unwrap_used)]

use super::*;

const SIZES: &str = r#""vocab_size": 256, "hidden_size": 8, "num_hidden_layers": 4, "num_attention_heads": 2,
    "num_key_value_heads": 1, "intermediate_size": 12, "sliding_window": 4"#;

fn parsed(keys: &str) -> Result<ModelConfig, CheckpointError> {
    ModelConfig::parse(format!("{{{SIZES}, {keys}}}").as_bytes(), "config.json")
}

const MIXTURE: &str = r#""model_type": "spikingbrain_76b", "full_attention_layers": [3], "dense_mlp_layers": [0, 2],
    "num_experts": 4, "num_sink_tokens": 3"#;

#[test]
fn a_written_config_reads_back_equal_in_every_family() {
    for keys in [
        r#""model_type": "gla_swa", "attn_layers": [1, 3], "norm_eps": 1e-5"#,
        r#""model_type": "qwen2", "use_sliding_window": true, "max_window_layers": 2"#,
        r#""model_type": "qwen2", "tie_word_embeddings": true"#,
        r#""model_type": "llama", "attention_bias": true, "head_dim": 6"#,
        MIXTURE,
        r#""model_type": "spikingbrain_76b", "normalise_branches": false"#,
    ] {
        let config = parsed(keys).unwrap();
        let text = config.to_json().to_string();
        assert_eq!(ModelConfig::parse(text.as_bytes(), "config.json").unwrap(), config, "{text}");
    }
}

#[test]
fn layers_of_the_76b_have_the_attention_and_the_block_that_its_keys_list() {
    let config = parsed(MIXTURE).unwrap();
    assert_eq!(config.layers[2..], [Attention::ParallelWindow, Attention::ParallelFull]);
    assert_eq!([0, 1, 2, 3].map(|l| config.mixture_of(l).is_some()), [false, true, false, true]);
    let mut cut = config;
    cut.cut(1);
    assert_eq!((cut.layers.len(), cut.mixture_of(0)), (1, None));
}

#[test]
fn keys_of_the_76b_that_cannot_be_are_named() {
    for (field, keys) in [
        ("full_attention_layers", r#""full_attention_layers": [4]"#),
        ("dense_mlp_layers", r#""num_experts": 4, "dense_mlp_layers": [9]"#),
        ("num_experts_per_tok", r#""num_experts": 4, "num_experts_per_tok": 5"#),
        ("num_experts", r#""num_experts": 100000"#),
        ("num_sink_tokens", r#""num_sink_tokens": 10000000"#),
    ] {
        let error = parsed(&format!(r#""model_type": "spikingbrain_76b", {keys}"#)).unwrap_err();
        assert!(error.to_string().contains(&format!("'{field}'")), "{error}");
    }
}
