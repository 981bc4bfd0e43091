//! A pass shared out over ranks that are threads, stopped and taken up again, against one process.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::datasets::builtin::HAMLET_EXCERPT;
use crate::run::ranks::Alone;
use crate::sim::evaluate::evaluate;
use crate::sim::model::Model;
use std::sync::mpsc::{Receiver, Sender, channel};

/// One of several threads that send each other bytes.
struct Thread {
    rank: usize,
    to: Vec<Sender<Vec<u8>>>,
    from: Vec<Receiver<Vec<u8>>>,
}

impl Ranks for Thread {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.to.len()
    }

    fn send(&self, to: usize, message: &[u8]) -> Result<(), RankError> {
        self.to[to].send(message.to_vec()).map_err(|_| RankError::Gone { other: to })
    }

    fn receive(&self, from: usize) -> Result<Vec<u8>, RankError> {
        self.from[from].recv().map_err(|_| RankError::Gone { other: from })
    }
}

fn threads(size: usize) -> Vec<Thread> {
    let mut all: Vec<Thread> =
        (0..size).map(|rank| Thread { rank, to: Vec::new(), from: Vec::new() }).collect();
    for from in 0..size {
        for to in 0..size {
            let (sender, receiver) = channel();
            all[from].to.push(sender);
            all[to].from.push(receiver);
        }
    }
    all
}

fn text(tokens: usize) -> Vec<u32> {
    HAMLET_EXCERPT.iter().take(tokens).map(|b| u32::from(*b)).collect()
}

/// Runs a pass on `size` ranks until `most` tokens; what the last rank says, and the tokens that each says it read.
fn shared(
    size: usize,
    tokens: &[u32],
    state: Option<&StateFolder>,
    from: Option<u32>,
    most: usize,
) -> (Surprisal, Vec<u64>) {
    let run = |ranks: &dyn Ranks| {
        let checkpoint = Checkpoint::builtin().unwrap();
        let pass = Pass {
            checkpoint: &checkpoint,
            options: ModelOptions::default(),
            tokens,
            part_tokens: 2 * CHUNK,
            ranks,
            state,
        };
        pass.run(from, &mut (), |read| read < most).unwrap()
    };
    let said: Vec<Surprisal> = std::thread::scope(|scope| {
        let ranks = threads(size).into_iter().map(|rank| scope.spawn(move || run(&rank)));
        ranks.collect::<Vec<_>>().into_iter().map(|rank| rank.join().unwrap()).collect()
    });
    (*said.last().unwrap(), said.iter().map(|s| s.read).collect())
}

#[test]
fn any_number_of_ranks_finds_the_surprisal_of_one_to_the_bit() {
    let tokens = text(7 * CHUNK + 9);
    let model = Model::load(&Checkpoint::builtin().unwrap(), &ModelOptions::default()).unwrap();
    let expected = evaluate(&model, &tokens, &mut (), |_| true).unwrap();
    for size in 1..=4 {
        let (surprisal, read) = shared(size, &tokens, None, None, usize::MAX);
        assert_eq!(ExactSurprisal::from(surprisal), ExactSurprisal::from(expected), "{size} ranks");
        assert!(read.iter().all(|read| *read == tokens.len() as u64), "{read:?}");
    }
}

#[test]
fn a_pass_that_was_cut_goes_on_with_other_ranks_to_the_same_bits() {
    let tokens = text(7 * CHUNK + 9);
    let expected = shared(1, &tokens, None, None, usize::MAX).0;
    for (first, second) in [(4, 1), (1, 3), (2, 4)] {
        let home = tempfile::tempdir().unwrap();
        let state = StateFolder::new(home.path(), "spiking", (0..4).collect());
        state.create().unwrap();
        assert_eq!(state.last_whole().unwrap(), None);
        let (_, read) = shared(first, &tokens, Some(&state), None, 5 * CHUNK);
        assert!(
            read.iter().all(|read| *read == 5 * CHUNK as u64),
            "all ranks stop at the same token: {read:?}"
        );
        let last = state.last_whole().unwrap();
        assert_eq!(last, Some(1), "parts of two chunks");
        let (surprisal, _) = shared(second, &tokens, Some(&state), last, usize::MAX);
        assert_eq!(ExactSurprisal::from(surprisal), ExactSurprisal::from(expected), "{first}, then {second}");
        assert_eq!(state.last_whole().unwrap(), Some(3), "the end of the text ends a part");
    }
}

#[test]
fn a_state_that_a_layer_lacks_is_not_whole_and_what_is_older_is_kept_until_it_is() {
    let home = tempfile::tempdir().unwrap();
    let state = StateFolder::new(home.path(), "spiking", vec![3, 4]);
    state.create().unwrap();
    let write = |part: u32, layer: u16| {
        let facts = serde_json::json!({ "layer": layer });
        state.write_layer(part, &LayerState::new(layer, 256 * (part + 1)), facts).unwrap();
    };
    let text = |part: u32| state.write_text(part, 256 * (part + 1), serde_json::json!(part)).unwrap();
    write(0, 3);
    text(0);
    assert_eq!(state.last_whole().unwrap(), None);
    write(0, 4);
    write(1, 3);
    assert_eq!(state.last_whole().unwrap(), Some(0));
    text(1);
    assert_eq!(state.last_whole().unwrap(), Some(0), "the rank of layer 4 is behind");
    write(1, 4);
    assert_eq!(state.last_whole().unwrap(), Some(1));
    write(2, 3);
    write(2, 4);
    text(2);
    assert_eq!(std::fs::read_dir(home.path().join("spiking")).unwrap().count(), 3, "older ones are gone");
    assert_eq!(state.read_text(2).unwrap(), (768, serde_json::json!(2)));
    assert_eq!(state.read_layer(2, 4).unwrap().1["layer"], 4);
    std::fs::copy(
        home.path().join("spiking/part-00002-layer-003.safetensors"),
        home.path().join("spiking/part-00002-layer-004.safetensors"),
    )
    .unwrap();
    let error = state.read_layer(2, 4).unwrap_err().to_string();
    assert!(error.contains("part-00002-layer-004") && error.contains("layer Some(3)"), "{error}");
}

#[test]
fn a_rank_alone_has_nobody_to_talk_to() {
    assert!(matches!(Alone.send(1, &[]), Err(RankError::Alone { rank: 0 })));
    assert!(matches!(Alone.receive(1), Err(RankError::Alone { rank: 0 })));
}
