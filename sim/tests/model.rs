//! Properties of a whole model: pieces, engines, codings and threads change nothing.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, Axis, concatenate};
use synfire_datasets::builtin::HAMLET_EXCERPT;
use synfire_datasets::checkpoint::Checkpoint;
use synfire_sim::coding::Coding;
use synfire_sim::error::SimError;
use synfire_sim::generate::{Sampling, generate};
use synfire_sim::model::Model;
use synfire_sim::options::{Execution, ModelOptions, Spiking};
use synfire_sim::projection::Engine;

fn text(tokens: usize) -> Vec<u32> {
    HAMLET_EXCERPT.iter().take(tokens).map(|b| u32::from(*b)).collect()
}

fn builtin(options: &ModelOptions) -> Model {
    Model::load(&Checkpoint::builtin().unwrap(), options).unwrap()
}

fn in_pieces(model: &Model, tokens: &[u32], piece: usize) -> Array2<f32> {
    let mut session = model.start();
    let parts: Vec<_> = tokens.chunks(piece).map(|t| session.advance(t, &mut ()).unwrap()).collect();
    concatenate(Axis(0), &parts.iter().map(|p| p.view()).collect::<Vec<_>>()).unwrap()
}

#[test]
fn decoding_token_by_token_gives_the_logits_of_prefill() {
    for options in [ModelOptions::default(), ModelOptions::dense()] {
        let model = builtin(&options);
        let tokens = text(300);
        let prefill = in_pieces(&model, &tokens, tokens.len());
        for piece in [1, 7, 128] {
            let decoded = in_pieces(&model, &tokens, piece);
            let worst = prefill.iter().zip(&decoded).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst <= 1e-5, "pieces of {piece}: {worst:e}");
        }
    }
}

#[test]
fn engines_and_codings_give_the_same_bits() {
    let tokens = text(150);
    let logits = |engine, coding| {
        let spiking = Spiking { engine, coding, ..Spiking::default() };
        let options = ModelOptions { execution: Execution::Spiking(spiking), ..ModelOptions::default() };
        in_pieces(&builtin(&options), &tokens, 150)
    };
    let expected = logits(Engine::Collapsed, Coding::BitwiseSigned);
    for coding in Coding::ALL {
        assert_eq!(logits(Engine::Event, coding), expected, "{coding}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let tokens = text(100);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| in_pieces(&builtin(&ModelOptions::default()), &tokens, 64))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn the_same_seed_writes_the_same_text() {
    let model = builtin(&ModelOptions::default());
    let write = |seed| {
        let mut written = Vec::new();
        let sampling = Sampling { tokens: 40, temperature: 0.8, seed };
        generate(&model, &text(20), sampling, &mut (), |id| {
            written.push(id);
            true
        })
        .unwrap();
        written
    };
    assert_eq!(write(1), write(1));
    assert_ne!(write(1), write(2));
    assert_eq!(write(1).len(), 40);
}

#[test]
fn bad_requests_are_typed_errors() {
    let checkpoint = Checkpoint::builtin().unwrap();
    let options = ModelOptions { layers: Some(2..=9), ..ModelOptions::default() };
    assert!(matches!(Model::load(&checkpoint, &options), Err(SimError::Layers { last: 9, top: 3, .. })));
    let model = builtin(&ModelOptions { layers: Some(1..=1), ..ModelOptions::default() });
    let error = model.start().advance(&[1, 256], &mut ());
    assert!(matches!(error, Err(SimError::Token { id: 256, position: 1, vocabulary: 256 })));
    let sampling = Sampling { tokens: 1, temperature: -1.0, seed: 0 };
    assert!(matches!(generate(&model, &[1], sampling, &mut (), |_| true), Err(SimError::Temperature(_))));
}
