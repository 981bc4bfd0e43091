#![allow(clippy::unwrap_used)]

use super::{ModelOptions, ModelOutcome, simulate};
use crate::hardware::description::{Chip, Sync};
use crate::hardware::model::{Cut, Placement, Stage, Strategy as Order, TokenSpikes};
use proptest::prelude::*;
use synfire_datasets::checkpoint::Attention;
use synfire_datasets::record::Architecture;
use synfire_datasets::spikes::Projection;

fn shape() -> Architecture {
    Architecture {
        vocab_size: 256,
        hidden_size: 16,
        intermediate_size: 24,
        heads: 2,
        kv_heads: 2,
        head_size: 8,
        layers: vec![Attention::Window],
        window_keys: Some(4),
        down_projection_coded: true,
        weight_group: 16,
        sink_tokens: 0,
        branches_normalised: false,
        mixture: None,
    }
}

fn stages() -> Vec<Stage> {
    let stage = |projection, inputs, outputs, heads| Stage {
        layer: 0,
        projection,
        inputs,
        outputs,
        heads,
        spikes: 100,
    };
    vec![
        stage(Projection::AttnIn, 16, 48, 1),
        stage(Projection::Query, 16, 8, 2),
        stage(Projection::MlpIn, 16, 48, 1),
        stage(Projection::DownIn, 24, 16, 1),
    ]
}

/// Tokens whose spikes follow from a number.
fn tokens(count: u32, seed: u32) -> Vec<TokenSpikes> {
    let spikes = |token: u32, stage: usize, inputs: usize| {
        let fires = |step: u32, neuron: u32| {
            (token * 31 + stage as u32 * 17 + step * 7 + neuron * 13 + seed).is_multiple_of(5)
        };
        (0..3)
            .flat_map(|step| (0..inputs as u32).map(move |n| (step, n)))
            .filter(|(s, n)| fires(*s, *n))
            .collect()
    };
    let token = |token| TokenSpikes {
        spikes: stages().iter().enumerate().map(|(i, s)| spikes(token, i, s.inputs)).collect(),
        steps: vec![3; 4],
    };
    (0..count).map(token).collect()
}

/// A chip whose cores are so small that matrices must be cut both ways.
fn chip(sync: Sync, link_buffer: usize) -> Chip {
    let mut chip = Chip::load("loihi").unwrap();
    chip.sync = sync;
    chip.link_buffer = link_buffer;
    chip.kinds[0].synapse_bytes = Some(200);
    chip.kinds[0].leakage_mw = 0.5;
    chip
}

fn run(chip: &Chip, cut: Cut, neurons: usize, tokens: &[TokenSpikes], in_flight: u32) -> ModelOutcome {
    let placement = Placement::new(chip, &stages(), Order::MinimalHops, cut, neurons).unwrap();
    let spikes = tokens.iter().cloned().map(Ok);
    simulate(chip, &placement, &shape(), spikes, ModelOptions { in_flight }, |_| {}).unwrap()
}

/// Synaptic events by brute force: outputs of the matrix, or keys in sight.
fn events(tokens: &[TokenSpikes]) -> u64 {
    let meets = |token: usize, stage: usize| shape().outputs(0, stages()[stage].projection, token as u32);
    let of_token = |(t, token): (usize, &TokenSpikes)| -> u64 {
        token.spikes.iter().enumerate().map(|(s, spikes)| spikes.len() as u64 * meets(t, s)).sum()
    };
    tokens.iter().enumerate().map(of_token).sum()
}

fn barrier() -> Sync {
    Sync::Barrier(vec![(1, 500.0)])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nothing_is_lost_and_time_and_energy_add_up(
        seed: u32, by_inputs: bool, with_barriers: bool, neurons in 3_usize..20, in_flight in 1_u32..6, buffer in 1_usize..4,
    ) {
        let cut = if by_inputs { Cut::Inputs } else { Cut::Outputs };
        let chip = chip(if with_barriers { barrier() } else { Sync::Handshake }, buffer);
        let tokens = tokens(5, seed % 1000);
        let outcome = run(&chip, cut, neurons, &tokens, in_flight);
        prop_assert_eq!(outcome.synaptic_events, events(&tokens));
        let spikes: usize = tokens.iter().flat_map(|t| &t.spikes).map(Vec::len).sum();
        prop_assert_eq!(outcome.neurons[2], spikes as u64);
        // Messages in are messages out.
        let sent: u64 = outcome.messages.iter().sum();
        let served: u64 = outcome.cores.iter().map(|c| c.messages).sum();
        prop_assert_eq!(sent, served);
        prop_assert!(outcome.cores.iter().all(|c| c.busy_fs <= outcome.time_fs && c.queued_fs == c.waited_fs));
        // What tokens waited for adds up to how long they took.
        let latency: u64 = outcome.tokens.iter().map(|t| t.end_fs - t.start_fs).sum();
        let path: u64 = outcome.critical_path.parts().iter().map(|(_, fs)| fs).sum();
        prop_assert_eq!(path, latency);
        prop_assert!(outcome.tokens.windows(2).all(|w| w[0].end_fs <= w[1].end_fs));
        // Energy is the sum over operations.
        let kind = &chip.kinds[0];
        let soma = &kind.somas[0];
        let [looked_at, updated, fired] = outcome.neurons.map(|n| n as f64);
        let expected = looked_at * soma.access.energy_pj + updated * soma.update.energy_pj + fired * soma.spike.energy_pj;
        prop_assert!((outcome.energy.soma_pj - expected).abs() < 1e-9 * expected);
        let partial = if by_inputs { outcome.energy.synapse_pj } else { outcome.synaptic_events as f64 * 35.5 };
        prop_assert!((outcome.energy.synapse_pj - partial).abs() < 1e-9 * partial);
        prop_assert!(outcome.energy.synapse_pj >= outcome.synaptic_events as f64 * 35.5 - 1e-3);
        prop_assert!((outcome.energy.axon_out_pj - sent as f64 * 111.0).abs() < 1e-3);
    }
}

#[test]
fn without_barriers_a_token_is_through_earlier() {
    let tokens = tokens(6, 1);
    let waiting = run(&chip(barrier(), 4), Cut::Outputs, 8, &tokens, 4);
    let free = run(&chip(Sync::Handshake, 4), Cut::Outputs, 8, &tokens, 4);
    assert!(free.time_fs < waiting.time_fs);
    assert_eq!((free.barriers, free.critical_path.barrier_fs), (0, 0));
    assert!(waiting.critical_path.barrier_fs > waiting.barriers * 100_000_000);
    assert_eq!(free.energy.synapse_pj, waiting.energy.synapse_pj);
}

#[test]
fn more_tokens_in_flight_finish_the_text_sooner_and_one_alone_is_never_kept_waiting() {
    let tokens = tokens(8, 3);
    let alone = run(&chip(Sync::Handshake, 4), Cut::Outputs, 8, &tokens, 1);
    let many = run(&chip(Sync::Handshake, 4), Cut::Outputs, 8, &tokens, 4);
    assert!(many.time_fs < alone.time_fs);
    assert_eq!(alone.critical_path.busy_fs, 0);
}
