//! Closed forms of load and sparsity, and brute force over cells.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;
use synfire_datasets::checkpoint::ModelConfig;

const INNER: u32 = 10;

fn experts(count: usize) -> Experts {
    let mut config = ModelConfig::spikingbrain_76b();
    config.mixture.as_mut().unwrap().experts = count;
    Experts::of(&Architecture::of(&config, true)).unwrap()
}

fn vector(layer: u16, token: u32, projection: Projection, head: u16, silent: u32) -> Activity {
    Activity {
        token,
        layer,
        projection,
        head,
        threshold: 1.0,
        steps: 2,
        zero_point: 0,
        neurons: INNER,
        spikes: u64::from(INNER - silent),
        silent,
        synaptic_operations: 0,
    }
}

/// Tokens of layer 3 sent to `routes`, in pieces of three, with `silent` inner neurons each.
fn observed(count: usize, routes: &[(u16, u32)]) -> Experts {
    let mut experts = experts(count);
    for (piece, routes) in routes.chunks(3).enumerate() {
        let tokens = || (3 * piece as u32..).zip(routes);
        tokens().for_each(|(t, (_, silent))| experts.observe(&vector(3, t, Projection::MlpIn, 0, *silent)));
        for (t, (expert, silent)) in tokens() {
            experts.observe(&vector(3, t, Projection::ExpertDownIn, *expert, *silent));
        }
        experts.observe(&vector(4, 0, Projection::MlpIn, 0, 0));
    }
    experts
}

#[test]
fn a_model_without_experts_has_none() {
    let dense = Architecture::of(&ModelConfig::spikingbrain_7b(), true);
    assert!(Experts::of(&dense).is_none());
}

#[test]
fn even_use_has_the_entropy_of_all_and_one_expert_alone_none() {
    let even: Vec<(u16, u32)> = (0..64).map(|t| (t % 16, 4)).collect();
    let pooled = observed(16, &even).pooled();
    assert!((pooled.entropy_bits() - 4.0).abs() < 1e-12);
    assert!((pooled.imbalance() - 1.0).abs() < 1e-12);
    let alone = observed(16, &[(7, 4); 20]);
    let (layer, load) = alone.layers().next().unwrap();
    assert_eq!((layer, load.used(), load.entropy_bits(), load.imbalance()), (3, 1, 0.0, 16.0));
    // One of 16 experts, six of ten neurons firing.
    assert!((load.two_scale_sparsity() - (1.0 - 0.6 / 16.0)).abs() < 1e-12);
    assert_eq!(alone.table().rows(), 16);
    assert_eq!(alone.load_table().rows(), 1);
}

#[test]
fn each_expert_is_told_the_spikes_of_the_tokens_sent_to_it() {
    let found = observed(4, &[(1, 2), (0, 5), (1, 3), (2, 9), (1, 10)]);
    let (_, load) = found.layers().next().unwrap();
    let one = load.experts[1];
    assert_eq!((one.tokens, one.spikes, one.silent, one.channels), (3, 8 + 7, 15, 30));
    assert_eq!((one.input_spikes, one.input_channels), (15, 30));
    assert_eq!(load.experts[3], Expert::default());
}

proptest! {
    #[test]
    fn two_scale_sparsity_is_the_share_of_cells_that_do_not_fire(
        routes in prop::collection::vec((0u16..5, 0u32..=INNER), 1..40),
    ) {
        let found = observed(5, &routes);
        let firing: u32 = routes.iter().map(|(_, silent)| INNER - silent).sum();
        let cells = routes.len() * 5 * INNER as usize;
        let (_, load) = found.layers().next().unwrap();
        prop_assert!((load.two_scale_sparsity() - (1.0 - f64::from(firing) / cells as f64)).abs() < 1e-12);
    }
}
