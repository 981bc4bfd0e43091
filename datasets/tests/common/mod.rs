//! Small checkpoints written to temporary folders.
#![allow(clippy::unwrap_used)]

use half::{bf16, f16};
use safetensors::{Dtype, tensor::TensorView};
use std::collections::BTreeMap;
use std::path::Path;

/// A SpikingBrain config of two layers, GLA and SWA.
pub(crate) const SPIKING: &str = r#"{"model_type": "gla_swa", "attn_layers": [1], "vocab_size": 256, "hidden_size": 8,
    "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": 12, "sliding_window": 4}"#;

/// Shape and numbers by name.
pub(crate) type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Adds a tensor of made-up numbers.
pub(crate) fn add(tensors: &mut Tensors, name: &str, shape: &[usize]) {
    let count: usize = shape.iter().product();
    let numbers = (0..count).map(|i| ((i * 7 + name.len()) % 31) as f32 / 16.0 - 0.9).collect();
    tensors.insert(name.to_owned(), (shape.to_vec(), numbers));
}

/// The tensors of [`SPIKING`], uncoded.
pub(crate) fn spiking() -> Tensors {
    let mut t = Tensors::new();
    for (name, shape) in [
        ("model.embeddings.weight", &[256, 8][..]),
        ("lm_head.weight", &[256, 8]),
        ("model.norm.weight", &[8]),
        ("model.layers.0.attn.g_norm.weight", &[4]),
        ("model.layers.0.attn.gk_proj.0.weight", &[16, 8]),
        ("model.layers.0.attn.gk_proj.1.weight", &[4, 16]),
        ("model.layers.0.attn.gk_proj.1.bias", &[4]),
    ] {
        add(&mut t, name, shape);
    }
    for layer in 0..2 {
        decoder_layer(
            &mut t,
            &format!("model.layers.{layer}"),
            "attn",
            ["attn_norm", "mlp_norm"],
            [8, 4],
            true,
        );
    }
    t
}

/// What every decoder layer has.
pub(crate) fn decoder_layer(
    tensors: &mut Tensors,
    layer: &str,
    attention: &str,
    norms: [&str; 2],
    [queries, keys]: [usize; 2],
    bias: bool,
) {
    for (name, outputs) in [("q_proj", queries), ("k_proj", keys), ("v_proj", keys)] {
        add(tensors, &format!("{layer}.{attention}.{name}.weight"), &[outputs, 8]);
        if bias {
            add(tensors, &format!("{layer}.{attention}.{name}.bias"), &[outputs]);
        }
    }
    add(tensors, &format!("{layer}.{attention}.o_proj.weight"), &[8, queries]);
    for (name, shape) in [("gate_proj", [12, 8]), ("up_proj", [12, 8]), ("down_proj", [8, 12])] {
        add(tensors, &format!("{layer}.mlp.{name}.weight"), &shape);
    }
    for norm in norms {
        add(tensors, &format!("{layer}.{norm}.weight"), &[8]);
    }
}

/// Writes a safetensors file of numbers of type `dtype`.
pub(crate) fn write(file: &Path, tensors: &Tensors, dtype: Dtype) {
    let bytes = |numbers: &[f32]| -> Vec<u8> {
        match dtype {
            Dtype::BF16 => numbers.iter().flat_map(|v| bf16::from_f32(*v).to_le_bytes()).collect(),
            Dtype::F16 => numbers.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect(),
            _ => numbers.iter().flat_map(|v| v.to_le_bytes()).collect(),
        }
    };
    let data: Vec<_> = tensors.iter().map(|(name, (shape, numbers))| (name, shape, bytes(numbers))).collect();
    let views =
        data.iter().map(|(name, shape, b)| (name, TensorView::new(dtype, (*shape).clone(), b).unwrap()));
    safetensors::serialize_to_file(views, None, file).unwrap();
}

/// A checkpoint folder of one f32 file.
pub(crate) fn folder(config: &str, tensors: &Tensors) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    write(&folder.path().join("model.safetensors"), tensors, Dtype::F32);
    folder
}
