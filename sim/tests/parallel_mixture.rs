//! The architecture of SpikingBrain-76B: parallel attention, sink tokens, experts; against a plain implementation in f64 that
//! sees the whole text at once, and against itself in pieces, stages and threads.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, Axis, concatenate};
use std::collections::BTreeSet;
use synfire_datasets::checkpoint::{
    Attention, Checkpoint, DenseLinear, DenseMatrix, Linear, ModelConfig, Norm, SHARD_BYTES, Synthesis,
};
use synfire_datasets::spikes::{Activity, Projection, SpikeBatch};
use synfire_sim::model::Model;
use synfire_sim::options::{Execution, ModelOptions, Spiking};
use synfire_sim::projection::Engine;
use synfire_sim::recorder::{CodedInput, Recorder, RecorderError};
use synfire_sim::stage::{Stage, parts};

type Rows = Vec<Vec<f64>>;

fn config(per_token: usize, normalise_branches: bool) -> ModelConfig {
    let mut config = ModelConfig::spikingbrain_76b();
    (config.vocab_size, config.hidden_size, config.intermediate_size) = (256, 32, 40);
    (config.heads, config.kv_heads, config.head_size) = (4, 2, 8);
    (config.window, config.sink_tokens, config.normalise_branches) = (4, 3, normalise_branches);
    config.cut(7);
    let mixture = config.mixture.as_mut().unwrap();
    (mixture.experts, mixture.per_token) = (4, per_token);
    config
}

fn checkpoint(config: ModelConfig) -> (tempfile::TempDir, Checkpoint) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("mixture");
    Synthesis { config, seed: 11, quantised: false }.write(&dir, SHARD_BYTES, false, |_| true).unwrap();
    let checkpoint = Checkpoint::open(&dir).unwrap();
    (home, checkpoint)
}

fn text(tokens: usize) -> Vec<u32> {
    (0..tokens as u32).map(|i| (i * i * 7 + 31 * i + 5) % 256).collect()
}

fn numbers(matrix: &DenseMatrix) -> Rows {
    let row = |r| {
        let mut row = vec![0.0; matrix.cols()];
        matrix.row_into(r, &mut row);
        row.into_iter().map(f64::from).collect()
    };
    (0..matrix.rows()).map(row).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn linear(linear: &DenseLinear, x: &[f64]) -> Vec<f64> {
    let rows = numbers(&linear.weight);
    let bias = |o: usize| linear.bias.as_ref().map_or(0.0, |b| f64::from(b[o]));
    rows.iter().enumerate().map(|(o, row)| dot(row, x) + bias(o)).collect()
}

fn norm(weight: &[f32], x: &[f64]) -> Vec<f64> {
    let scale = 1.0 / (dot(x, x) / x.len() as f64 + 1e-6).sqrt();
    x.iter().zip(weight).map(|(x, w)| x * scale * f64::from(*w)).collect()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn rotated(x: &[f64], position: usize, theta: f64) -> Vec<f64> {
    let half = x.len() / 2;
    let turned = |i: usize| {
        let angle = position as f64 * theta.powf(-((2 * (i % half)) as f64) / x.len() as f64);
        let (sin, cos) = angle.sin_cos();
        if i < half { x[i] * cos - x[i + half] * sin } else { x[i] * cos + x[i - half] * sin }
    };
    (0..x.len()).map(turned).collect()
}

/// Logits of every token: sinks first, then the text, all at once.
fn reference(checkpoint: &Checkpoint, tokens: &[u32]) -> Rows {
    let config = checkpoint.config();
    let embeddings = numbers(&checkpoint.embeddings().unwrap());
    let mut x = numbers(&checkpoint.sink_tokens().unwrap().unwrap());
    let sinks = x.len();
    x.extend(tokens.iter().map(|t| embeddings[*t as usize].clone()));
    for layer in 0..config.layers.len() {
        let weight = |n| checkpoint.norm(layer, n).unwrap();
        let projection = |l| checkpoint.dense(layer, l).unwrap();
        let h: Rows = x.iter().map(|x| norm(&weight(Norm::Attention), x)).collect();
        let of = |l| -> Rows { h.iter().map(|h| linear(&projection(l), h)).collect() };
        let (q, k, v) = (of(Linear::Query), of(Linear::Key), of(Linear::Value));
        let size = config.head_size;
        let head = |rows: &Rows, t: usize, head: usize| rows[t][head * size..(head + 1) * size].to_vec();
        let full = config.layers[layer] == Attention::ParallelFull;
        // A sink sees the sinks; a token the sinks, and the text up to itself within the window.
        let seen = |t: usize| -> Vec<usize> {
            let in_sight =
                |j: &usize| *j < sinks || (t >= sinks && *j <= t && (full || t - j < config.window));
            (0..h.len()).filter(in_sight).collect()
        };
        let [w1, w2] = checkpoint.merge(layer).unwrap().map(f64::from);
        for t in 0..h.len() {
            let mut merged = Vec::new();
            for n in 0..config.heads {
                let kv = n / (config.heads / config.kv_heads);
                let scale = 1.0 / (size as f64).sqrt();
                // S after token m, from its sum: sum over j of prod over j < i <= m of (1 - k_i) k_j v_j.
                let last = if t < sinks { sinks - 1 } else { t };
                let mut linear_out = vec![0.0; size];
                for c in 0..size {
                    let key = |j: usize| sigmoid(head(&k, j, kv)[c]);
                    for j in 0..=last {
                        let kept: f64 = (j + 1..=last).map(|i| 1.0 - key(i)).product();
                        for (o, v) in linear_out.iter_mut().zip(head(&v, j, kv)) {
                            *o += sigmoid(head(&q, t, n)[c]) * scale * kept * key(j) * v;
                        }
                    }
                }
                let theta = f64::from(config.rope_theta);
                let query = rotated(&head(&q, t, n), t, theta);
                let scores: Vec<f64> = seen(t)
                    .into_iter()
                    .map(|j| (dot(&query, &rotated(&head(&k, j, kv), j, theta)) * scale).exp())
                    .collect();
                let all: f64 = scores.iter().sum();
                let mut softmax_out = vec![0.0; size];
                for (score, j) in scores.iter().zip(seen(t)) {
                    for (o, v) in softmax_out.iter_mut().zip(head(&v, j, kv)) {
                        *o += score / all * v;
                    }
                }
                if config.normalise_branches {
                    linear_out = norm(&weight(Norm::LinearBranch), &linear_out);
                    softmax_out = norm(&weight(Norm::SoftmaxBranch), &softmax_out);
                }
                merged.extend(linear_out.iter().zip(&softmax_out).map(|(a, b)| w1 * a + w2 * b));
            }
            let out = linear(&projection(Linear::Output), &merged);
            x[t].iter_mut().zip(out).for_each(|(x, o)| *x += o);
        }
        let block = |gate, up, down, h: &[f64]| {
            let (g, u) = (linear(&projection(gate), h), linear(&projection(up), h));
            let inner: Vec<f64> = g.iter().zip(u).map(|(g, u)| g * sigmoid(*g) * u).collect();
            linear(&projection(down), &inner)
        };
        for x in &mut x {
            let h = norm(&weight(Norm::Mlp), x);
            let mut out = block(Linear::MlpGate, Linear::MlpUp, Linear::MlpDown, &h);
            if let Some(router) = checkpoint.router(layer).unwrap() {
                let logits = linear(&router, &h);
                let mut order: Vec<usize> = (0..logits.len()).collect();
                order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
                for e in order.into_iter().take(config.mixture_of(layer).unwrap().per_token) {
                    let n = e as u16;
                    let routed = block(Linear::ExpertGate(n), Linear::ExpertUp(n), Linear::ExpertDown(n), &h);
                    out.iter_mut().zip(routed).for_each(|(o, r)| *o += sigmoid(logits[e]) * r);
                }
            }
            x.iter_mut().zip(out).for_each(|(x, o)| *x += o);
        }
    }
    let head = DenseLinear { weight: checkpoint.lm_head().unwrap(), bias: None };
    let last = checkpoint.final_norm().unwrap();
    x[sinks..].iter().map(|x| linear(&head, &norm(&last, x))).collect()
}

fn in_pieces(model: &Model, tokens: &[u32], piece: usize, recorder: &mut dyn Recorder) -> Array2<f32> {
    let mut session = model.start();
    let parts: Vec<_> = tokens.chunks(piece).map(|t| session.advance(t, recorder).unwrap()).collect();
    concatenate(Axis(0), &parts.iter().map(|p| p.view()).collect::<Vec<_>>()).unwrap()
}

#[test]
fn the_dense_model_gives_the_logits_of_a_plain_implementation() {
    let tokens = text(11);
    for (per_token, normalise_branches) in [(1, true), (2, false)] {
        let (_home, checkpoint) = checkpoint(config(per_token, normalise_branches));
        let expected = reference(&checkpoint, &tokens);
        let model = Model::load(&checkpoint, &ModelOptions::dense()).unwrap();
        let logits = in_pieces(&model, &tokens, 4, &mut ());
        let pairs = logits.rows().into_iter().zip(&expected).flat_map(|(a, b)| a.to_vec().into_iter().zip(b));
        let worst = pairs.map(|(a, b)| (f64::from(a) - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-4, "{per_token} experts a token: {worst:e}");
    }
}

/// Every spike and every row of activity, by layer and projection in the order of tokens.
#[derive(Default, PartialEq, Debug)]
struct Seen(Vec<(SpikeBatch, Vec<Activity>)>);

impl Recorder for Seen {
    fn coded(&mut self, coded: &CodedInput<'_>) -> Result<(), RecorderError> {
        let activity: Vec<Activity> = coded.vectors().map(|v| v.activity).collect();
        let batch = coded.spike_batch();
        let same = |(b, _): &&mut (SpikeBatch, Vec<Activity>)| {
            (b.layer, b.projection) == (batch.layer, batch.projection)
        };
        match self.0.iter_mut().find(same) {
            Some((before, rows)) => {
                before.token.extend(batch.token);
                before.step.extend(batch.step);
                before.neuron.extend(batch.neuron);
                before.value.extend(batch.value);
                rows.extend(activity);
            }
            None => self.0.push((batch, activity)),
        }
        Ok(())
    }
}

#[test]
fn pieces_engines_and_threads_change_no_bit_and_no_spike() {
    let (_home, checkpoint) = checkpoint(config(2, true));
    let tokens = text(40);
    let run = |piece: usize, engine, threads: usize| {
        let spiking = Spiking { engine, ..Spiking::default() };
        let options = ModelOptions { execution: Execution::Spiking(spiking), ..ModelOptions::default() };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let model = Model::load(&checkpoint, &options).unwrap();
            let mut seen = Seen::default();
            (in_pieces(&model, &tokens, piece, &mut seen), seen)
        })
    };
    let expected = run(40, Engine::Collapsed, 1);
    for (piece, engine, threads) in [(1, Engine::Event, 2), (7, Engine::Collapsed, 3), (40, Engine::Event, 1)]
    {
        assert!(run(piece, engine, threads) == expected, "pieces of {piece}, {threads} threads");
    }
}

#[test]
fn spikes_of_experts_are_told_apart_and_sinks_leave_none() {
    let (_home, checkpoint) = checkpoint(config(2, true));
    let model = Model::load(&checkpoint, &ModelOptions::default()).unwrap();
    let mut seen = Seen::default();
    in_pieces(&model, &text(40), 16, &mut seen);
    let of = |layer: u16, projection| {
        seen.0.iter().find(|(batch, _)| (batch.layer, batch.projection) == (layer, projection))
    };
    assert!(of(0, Projection::ExpertDownIn).is_none(), "layer 0 is dense");
    let (batch, rows) = of(3, Projection::ExpertDownIn).unwrap();
    let experts: BTreeSet<u16> = rows.iter().map(|row| row.head).collect();
    assert!(experts.len() > 2 && experts.iter().all(|e| *e < 4), "{experts:?}");
    for (t, of_token) in rows.chunks(2).enumerate() {
        assert!(of_token.iter().all(|row| row.token == t as u32 && row.neurons == 40));
        assert!(of_token[0].head < of_token[1].head);
        for row in of_token {
            let first = u32::from(row.head) * 40;
            let own =
                |(token, neuron): (&u32, &u32)| *token == row.token && (first..first + 40).contains(neuron);
            let spikes = batch.token.iter().zip(&batch.neuron).filter(|pair| own(*pair)).count();
            assert_eq!(spikes as u64, row.spikes);
        }
    }
    assert_eq!((rows.len(), batch.token.first()), (80, Some(&0)));
    let (_, mlp) = of(3, Projection::MlpIn).unwrap();
    assert!(mlp.iter().all(|row| row.synaptic_operations == row.spikes * 2 * 40 * 3));
    let (_, query) = of(3, Projection::Query).unwrap();
    let in_sight = |row: &Activity| row.spikes * (3 + u64::from(row.token + 1).min(4));
    assert!(query.iter().all(|row| row.synaptic_operations == in_sight(row)));
}

#[test]
fn stages_and_a_session_taken_up_again_go_on_behind_the_sinks() {
    let (_home, checkpoint) = checkpoint(config(1, true));
    let tokens = text(24);
    for options in [ModelOptions::default(), ModelOptions::dense()] {
        let model = Model::load(&checkpoint, &options).unwrap();
        let expected = in_pieces(&model, &tokens, 8, &mut ());
        let stages: Vec<_> = parts(checkpoint.config(), &options, 3)
            .unwrap()
            .iter()
            .map(|part| Stage::load(&checkpoint, &options, part).unwrap())
            .collect();
        let mut sessions: Vec<_> = stages.iter().map(Stage::start).collect();
        for (i, piece) in tokens.chunks(8).enumerate() {
            let mut x = sessions[0].embed(piece).unwrap();
            sessions.iter_mut().for_each(|session| session.advance(&mut x, &mut ()).unwrap());
            let logits = sessions[2].logits(&x).unwrap();
            assert_eq!(logits, expected.slice(ndarray::s![8 * i..8 * (i + 1), ..]));
        }
        let mut session = model.start();
        session.advance(&tokens[..16], &mut ()).unwrap();
        let mut again = model.resume(&session.save()).unwrap();
        let logits = again.advance(&tokens[16..], &mut ()).unwrap();
        assert_eq!(logits, expected.slice(ndarray::s![16.., ..]));
    }
}
