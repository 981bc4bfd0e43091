//! A model cut into stages, or stopped and taken up again, does what the whole one does, bit for bit.
#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use synfire_datasets::builtin::HAMLET_EXCERPT;
use synfire_datasets::checkpoint::Checkpoint;
use synfire_datasets::spikes::SpikeBatch;
use synfire_sim::error::SimError;
use synfire_sim::model::Model;
use synfire_sim::options::ModelOptions;
use synfire_sim::recorder::{CodedInput, Recorder, RecorderError};
use synfire_sim::stage::{Stage, parts};
use synfire_sim::state::Numbers;

const PIECE: usize = 128;

/// Every spike, by layer and projection in the order seen.
#[derive(Default, PartialEq, Debug)]
struct Spikes(Vec<SpikeBatch>);

impl Recorder for Spikes {
    fn coded(&mut self, coded: &CodedInput<'_>) -> Result<(), RecorderError> {
        self.0.push(coded.spike_batch());
        Ok(())
    }
}

fn text(tokens: usize) -> Vec<u32> {
    HAMLET_EXCERPT.iter().take(tokens).map(|b| u32::from(*b)).collect()
}

fn whole(options: &ModelOptions, tokens: &[u32]) -> (Vec<Array2<f32>>, Spikes) {
    let model = Model::load(&Checkpoint::builtin().unwrap(), options).unwrap();
    let (mut session, mut spikes) = (model.start(), Spikes::default());
    let logits = tokens.chunks(PIECE).map(|piece| session.advance(piece, &mut spikes).unwrap()).collect();
    (logits, spikes)
}

#[test]
fn stages_in_a_row_give_the_logits_and_the_spikes_of_the_whole_model() {
    let checkpoint = Checkpoint::builtin().unwrap();
    let tokens = text(500);
    for options in [ModelOptions::default(), ModelOptions::dense()] {
        let (expected, mut spikes) = whole(&options, &tokens);
        spikes.0.sort_by_key(|batch| batch.layer);
        for count in 1..=4 {
            let parts = parts(checkpoint.config(), &options, count).unwrap();
            let stages: Vec<_> =
                parts.iter().map(|part| Stage::load(&checkpoint, &options, part).unwrap()).collect();
            let mut sessions: Vec<_> = stages.iter().map(Stage::start).collect();
            let mut seen: Vec<_> = stages.iter().map(|_| Spikes::default()).collect();
            let mut logits = Vec::new();
            for piece in tokens.chunks(PIECE) {
                let mut x = sessions[0].embed(piece).unwrap();
                for (session, seen) in sessions.iter_mut().zip(&mut seen) {
                    session.advance(&mut x, seen).unwrap();
                }
                logits.push(sessions[count - 1].logits(&x).unwrap());
            }
            assert_eq!(logits, expected, "{count} stages");
            let mut seen: Vec<_> = seen.into_iter().flat_map(|seen| seen.0).collect();
            seen.sort_by_key(|batch| batch.layer);
            assert!(seen == spikes.0, "{count} stages");
        }
    }
}

#[test]
fn a_session_taken_up_from_its_state_gives_the_same_bits() {
    let checkpoint = Checkpoint::builtin().unwrap();
    let tokens = text(6 * PIECE);
    for options in [ModelOptions::default(), ModelOptions::dense()] {
        let (expected, spikes) = whole(&options, &tokens);
        let model = Model::load(&checkpoint, &options).unwrap();
        for stop in 1..6 {
            let mut session = model.start();
            let before: Vec<_> = tokens[..stop * PIECE]
                .chunks(PIECE)
                .map(|piece| session.advance(piece, &mut ()).unwrap())
                .collect();
            assert_eq!(before, expected[..stop]);
            let mut session = model.resume(&session.save()).unwrap();
            let mut seen = Spikes::default();
            for (piece, expected) in tokens[stop * PIECE..].chunks(PIECE).zip(&expected[stop..]) {
                assert_eq!(session.advance(piece, &mut seen).unwrap(), *expected, "stopped after {stop}");
            }
            assert!(seen.0 == spikes.0[spikes.0.len() - seen.0.len()..], "stopped after {stop}");
        }
    }
}

#[test]
fn a_state_does_not_depend_on_the_pieces_it_was_reached_in() {
    let model = Model::load(&Checkpoint::builtin().unwrap(), &ModelOptions::default()).unwrap();
    let tokens = text(400);
    let state = |piece: usize| {
        let mut session = model.start();
        tokens.chunks(piece).for_each(|t| drop(session.advance(t, &mut ()).unwrap()));
        session.save()
    };
    let (a, b) = (state(1), state(128));
    for (a, b) in a.iter().zip(&b) {
        assert_eq!(
            a.tensors.iter().map(|(n, t)| (n, &t.shape)).collect::<Vec<_>>(),
            b.tensors.iter().map(|(n, t)| (n, &t.shape)).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_state_of_another_model_or_execution_is_refused() {
    let checkpoint = Checkpoint::builtin().unwrap();
    let model = Model::load(&checkpoint, &ModelOptions::default()).unwrap();
    let mut session = model.start();
    session.advance(&text(20), &mut ()).unwrap();
    let saved = session.save();
    let dense = Model::load(&checkpoint, &ModelOptions::dense()).unwrap();
    assert!(matches!(dense.resume(&saved), Err(SimError::State { layer: 1, .. })));
    assert!(matches!(model.resume(&saved[1..]), Err(SimError::ForeignState)));
    let mut short = saved.clone();
    let tensor = short[0].tensors.get_mut("linear.state").unwrap();
    if let Numbers::F32(numbers) = &mut tensor.numbers {
        numbers.pop();
    }
    assert!(matches!(model.resume(&short), Err(SimError::State { layer: 0, .. })));
    let mut late = saved.clone();
    late[2].position += 1;
    assert!(matches!(model.resume(&late), Err(SimError::ForeignState)));
    assert_eq!(saved[1].tensors["softmax.keys"].shape.len(), 3);
}

#[test]
fn more_stages_than_layers_are_refused() {
    let checkpoint = Checkpoint::builtin().unwrap();
    let error = parts(checkpoint.config(), &ModelOptions::default(), 5).unwrap_err();
    assert!(error.to_string().contains("5 stages") && error.to_string().contains("1 to 4"), "{error}");
}
