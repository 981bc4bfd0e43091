//! A plain model upcycled to the architecture of SpikingBrain-76B does what the plain one did, up to the stated rescaling.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, ArrayView2};
use safetensors::SafeTensors;
use std::path::Path;
use synfire_datasets::checkpoint::{
    Attention, Checkpoint, Conversion, DenseLinear, Family, Linear, ModelConfig, Norm, SHARD_BYTES,
    Synthesis, Target,
};
use synfire_sim::model::Model;
use synfire_sim::options::ModelOptions;
use synfire_sim::recorder::{Recorder, RecorderError};

const LAYERS: usize = 3;

fn plain(dir: &Path) -> Checkpoint {
    let mut config = ModelConfig::spikingbrain_7b();
    (config.family, config.vocab_size, config.hidden_size, config.intermediate_size) =
        (Family::Qwen2, 256, 64, 160);
    (config.heads, config.kv_heads, config.head_size) = (4, 2, 16);
    (config.layers, config.window) = (vec![Attention::Full; LAYERS], usize::MAX);
    Synthesis { config, seed: 2, quantised: false }.write(dir, SHARD_BYTES, false, |_| true).unwrap();
    Checkpoint::open(dir).unwrap()
}

/// Full attention alone, not normalised: what the plain model has.
fn attention_kept() -> Conversion {
    Conversion {
        full_layers: (0..LAYERS).collect(),
        sink_tokens: 0,
        merge: [0.0, 1.0],
        normalise_branches: false,
        ..Conversion::new(Target::Mixture)
    }
}

fn upcycled(conversion: &Conversion, source: &Checkpoint, dir: &Path) -> Checkpoint {
    assert!(conversion.write(source, dir, SHARD_BYTES, false, |_| true).unwrap());
    Checkpoint::open(dir).unwrap()
}

fn text() -> Vec<u32> {
    (0..40u32).map(|i| (i * i * 11 + 3 * i + 65) % 256).collect()
}

fn logits(checkpoint: &Checkpoint) -> Array2<f32> {
    let model = Model::load(checkpoint, &ModelOptions::dense()).unwrap();
    model.start().advance(&text(), &mut ()).unwrap()
}

#[test]
fn with_full_attention_alone_and_dense_blocks_the_logits_are_those_of_the_plain_model() {
    let home = tempfile::tempdir().unwrap();
    let source = plain(&home.path().join("plain"));
    let conversion = Conversion { dense_layers: (0..LAYERS).collect(), ..attention_kept() };
    let same = upcycled(&conversion, &source, &home.path().join("same"));
    assert_eq!(logits(&same), logits(&source));
}

/// The residual stream after the first layer.
#[derive(Default)]
struct First(Array2<f32>);

impl Recorder for First {
    fn layer_output(&mut self, layer: u16, _: u32, x: ArrayView2<'_, f32>) -> Result<(), RecorderError> {
        if layer == 0 {
            self.0 = x.to_owned();
        }
        Ok(())
    }
}

fn after_first(checkpoint: &Checkpoint) -> Array2<f32> {
    let mut first = First::default();
    let model = Model::load(checkpoint, &ModelOptions::dense()).unwrap();
    model.start().advance(&text(), &mut first).unwrap();
    first.0
}

/// Sets the down projection of the first layer to 0.
fn silence_first_block(dir: &Path) {
    let file = dir.join("model.safetensors");
    let mut bytes = std::fs::read(&file).unwrap();
    let range = {
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let data = tensors.tensor("model.layers.0.mlp.down_proj.weight").unwrap().data();
        let start = data.as_ptr() as usize - bytes.as_ptr() as usize;
        start..start + data.len()
    };
    bytes[range].fill(0);
    std::fs::write(&file, bytes).unwrap();
}

fn times(linear: &DenseLinear, x: &[f64]) -> Vec<f64> {
    let mut row = vec![0.0; linear.weight.cols()];
    let output = |o| {
        linear.weight.row_into(o, &mut row);
        row.iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum()
    };
    (0..linear.weight.rows()).map(output).collect()
}

fn relative(a: &[f64], b: &[f64]) -> f64 {
    let square = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
    (square(&mut a.iter().zip(b).map(|(a, b)| a - b)) / square(&mut b.iter().copied())).sqrt()
}

#[test]
fn experts_put_out_what_the_dense_block_did_up_to_the_stated_rescaling() {
    let home = tempfile::tempdir().unwrap();
    let source = plain(&home.path().join("plain"));
    plain(&home.path().join("silent"));
    silence_first_block(&home.path().join("silent"));
    let silent = Checkpoint::open(&home.path().join("silent")).unwrap();
    let conversion = Conversion { dense_layers: vec![], ..attention_kept() };
    let mixture = upcycled(&conversion, &source, &home.path().join("mixture"));

    let (x, with_dense, with_experts) = (after_first(&silent), after_first(&source), after_first(&mixture));
    let wide = |a: &Array2<f32>| -> Vec<f64> { a.iter().map(|v| f64::from(*v)).collect() };
    let (dense, experts) = (wide(&(&with_dense - &x)), wide(&(&with_experts - &x)));
    let (alpha, weight) = (conversion.alpha(), source.norm(0, Norm::Mlp).unwrap());
    let projection = |linear| source.dense(0, linear).unwrap();
    let mut stated = Vec::new();
    for row in x.rows() {
        let row: Vec<f64> = row.iter().map(|v| f64::from(*v)).collect();
        let scale = 1.0 / (row.iter().map(|v| v * v).sum::<f64>() / row.len() as f64 + 1e-6).sqrt();
        let h: Vec<f64> = row.iter().zip(&weight).map(|(v, w)| v * scale * f64::from(*w)).collect();
        let (g, u) = (times(&projection(Linear::MlpGate), &h), times(&projection(Linear::MlpUp), &h));
        let inner: Vec<f64> =
            g.iter().zip(u).map(|(g, u)| alpha * g / (1.0 + (-alpha * g).exp()) * u).collect();
        let out = times(&projection(Linear::MlpDown), &inner);
        stated.extend(out.iter().map(|o| (1.0 / 16.0 + 1.0) * alpha * alpha * o));
    }
    let from_stated = relative(&experts, &stated);
    assert!(
        from_stated < 5e-3,
        "{from_stated:e} beside the stated form: more than BF16 and the router account for"
    );
    let from_dense = relative(&experts, &dense);
    assert!((1e-4..0.03).contains(&from_dense), "{from_dense:e} beside the dense block");
}

#[test]
fn hybrid_and_mixture_of_a_plain_model_run_as_spikes() {
    let home = tempfile::tempdir().unwrap();
    let source = plain(&home.path().join("plain"));
    for target in [Target::Hybrid, Target::Mixture] {
        let conversion = Conversion { window: 8, sink_tokens: 5, ..Conversion::new(target) };
        let converted = upcycled(&conversion, &source, &home.path().join(format!("{target:?}")));
        let model = Model::load(&converted, &ModelOptions::default()).unwrap();
        let logits = model.start().advance(&text(), &mut ()).unwrap();
        assert!(logits.iter().all(|l| l.is_finite()));
    }
}
