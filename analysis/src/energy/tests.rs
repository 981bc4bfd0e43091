//! Properties of the estimate on small invented runs.
#![allow(clippy::unwrap_used)]

use super::profile::{HardwareProfile, Quantity, SHIPPED};
use super::*;
use proptest::prelude::*;
use synfire_datasets::checkpoint::Attention;
use synfire_datasets::record::Architecture;
use synfire_datasets::spikes::{Activity, Projection};

mod mixture;

const INPUTS: usize = 8;

fn shape() -> Architecture {
    Architecture {
        vocab_size: 16,
        hidden_size: INPUTS as u64,
        intermediate_size: 12,
        heads: 2,
        kv_heads: 1,
        head_size: 4,
        layers: vec![Attention::Gla, Attention::Window],
        window_keys: Some(3),
        down_projection_coded: true,
        weight_group: 128,
        sink_tokens: 0,
        branches_normalised: false,
        mixture: None,
    }
}

/// Counts of a run whose tokens all code `vectors` at the attention and feed-forward inputs of both layers.
fn counted(vectors: &[Vec<i32>]) -> EnergyCounts {
    let shape = shape();
    let mut counts = EnergyCounts::new(shape.clone(), SpikeCoding::BitwiseSigned).unwrap();
    for (token, vector) in (0..).zip(vectors) {
        for (layer, projection) in
            [(0, Projection::AttnIn), (0, Projection::MlpIn), (1, Projection::AttnIn), (1, Projection::Query)]
        {
            let heads = if projection == Projection::Query { 2 } else { 1 };
            for (head, s) in (0..).zip(vector.chunks(INPUTS / heads)) {
                let spikes = s.iter().map(|s| u64::from(s.unsigned_abs().count_ones())).sum();
                let largest = s.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
                let activity = Activity {
                    token,
                    layer,
                    projection,
                    head,
                    threshold: 1.0,
                    steps: (u32::BITS - largest.leading_zeros()).max(1),
                    zero_point: 0,
                    neurons: s.len() as u32,
                    spikes,
                    silent: s.iter().filter(|s| **s == 0).count() as u32,
                    synaptic_operations: spikes * shape.outputs(layer, projection, token),
                };
                counts.observe(&activity, s).unwrap();
            }
        }
    }
    counts
}

fn profile(name: &str) -> HardwareProfile {
    HardwareProfile::shipped(name).unwrap()
}

fn estimate(counts: &EnergyCounts, profile: &HardwareProfile, fetch: Fetch) -> Estimate {
    Estimate::new(&spiking_work(counts, profile, fetch), profile, counts.tokens())
}

fn vectors() -> impl Strategy<Value = Vec<Vec<i32>>> {
    let count = prop_oneof![3 => Just(0i32), 4 => -7i32..=7, 1 => -400i32..=400];
    prop::collection::vec(prop::collection::vec(count, INPUTS), 1..5)
}

fn fetches() -> impl Strategy<Value = Fetch> {
    let layout = prop_oneof![Just(Layout::InputMajor), Just(Layout::OutputMajor)];
    let refetch = prop_oneof![Just(Refetch::Step), Just(Refetch::Token)];
    (0u32..13, layout, refetch).prop_map(|(b, layout, refetch)| Fetch::new(1 << b, layout, refetch).unwrap())
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn components_layers_and_constants_each_add_up_to_the_total(vectors in vectors(), fetch in fetches()) {
        let counts = counted(&vectors);
        for (name, _) in SHIPPED {
            let profile = profile(name);
            let estimate = estimate(&counts, &profile, fetch);
            let total = estimate.total_pj();
            let components: f64 =
                Component::ALL.iter().map(|c| estimate.energy_pj(|cost| cost.component == *c).value).sum();
            let layers: f64 = [None, Some(0), Some(1)]
                .iter()
                .map(|layer| estimate.energy_pj(|cost| cost.layer == *layer).value)
                .sum();
            let constants: f64 =
                estimate.amounts(|_| true).iter().zip(&profile.constants).map(|(a, c)| a * c.value).sum();
            prop_assert!(close(components, total.value) && close(layers, total.value) && close(constants, total.value));
            prop_assert!(total.low <= total.value && total.value <= total.high);
        }
    }

    #[test]
    fn halving_every_constant_halves_the_energy_and_keeps_the_saving(vectors in vectors(), fetch in fetches()) {
        let counts = counted(&vectors);
        for name in ["45nm", "asynchronous", "loihi"] {
            let (whole, half) = (profile(name), profile(name).scaled(0.5));
            let energy = |p: &HardwareProfile| estimate(&counts, p, fetch).total_pj();
            prop_assert!(close(energy(&half).value * 2.0, energy(&whole).value));
            prop_assert!(close(energy(&half).high * 2.0, energy(&whole).high));
            let (fallback, halved) = (profile("45nm"), profile("45nm").scaled(0.5));
            for opponent in Opponent::ALL {
                let of = |p, f| Comparison::new(&counts, p, opponent, f, fetch).energy_ratio();
                prop_assert!(close(of(&whole, &fallback), of(&half, &halved)), "{} {}", name, opponent);
            }
        }
    }

    #[test]
    fn more_spikes_never_cost_less(
        vectors in vectors(), fetch in fetches(), token in 0usize..4, channel in 0usize..INPUTS, bit in 0u32..9,
    ) {
        let mut more = vectors.clone();
        let token = token % more.len();
        let s = more[token][channel];
        let sign = if s < 0 { -1 } else { 1 };
        more[token][channel] = sign * (s.unsigned_abs() | 1 << bit) as i32;
        let (fewer, more) = (counted(&vectors), counted(&more));
        for (name, _) in SHIPPED {
            let profile = profile(name);
            let energy = |counts: &EnergyCounts| estimate(counts, &profile, fetch).total_pj().value;
            prop_assert!(energy(&more) >= energy(&fewer) * (1.0 - 1e-12), "{}", name);
        }
    }

    #[test]
    fn the_interval_of_a_saving_holds_the_saving_and_the_walk_ends_there(vectors in vectors(), fetch in fetches()) {
        let counts = counted(&vectors);
        for name in ["45nm", "asynchronous", "loihi", "gpu"] {
            for opponent in Opponent::ALL {
                let profile = profile(name);
                let comparison = Comparison::new(&counts, &profile, opponent, &super::tests::profile("45nm"), fetch);
                let saving = comparison.saving;
                prop_assert!(saving.low <= saving.value + 1e-12 && saving.value <= saving.high + 1e-12);
                let last = comparison.steps.last().unwrap();
                prop_assert!(close(1.0 - last.saving, 1.0 - saving.value), "{} {}", last.saving, saving.value);
            }
        }
    }

    #[test]
    fn parts_of_a_run_merge_to_the_whole(vectors in vectors(), at in 0usize..4) {
        let at = at % vectors.len();
        let whole = counted(&vectors[..at]);
        let mut merged = whole.clone();
        merged.merge(&counted(&vectors[at..])).unwrap();
        let (a, b) = (counted(&vectors[..at]).pooled(), counted(&vectors[at..]).pooled());
        prop_assert_eq!(merged.pooled().synaptic_events, a.synaptic_events + b.synaptic_events);
        prop_assert_eq!(merged.pooled().spikes, a.spikes + b.spikes);
        prop_assert_eq!(merged.tokens(), vectors.len() as u64);
    }
}

#[test]
fn a_small_run_is_counted_by_hand() {
    let counts = counted(&[vec![0, 3, -4, 0, 0, 0, 0, 129]]);
    let row = counts.row(0, Projection::MlpIn).unwrap();
    assert_eq!((row.vectors, row.channels, row.silent, row.spikes), (1, 8, 5, 5));
    assert_eq!((row.macs, row.synaptic_events, row.shifted_events), (8 * 24, 5 * 24, 3 * 24));
    assert_eq!((row.neuron_steps, row.active_neuron_steps), (8 * 8, 3 * 8));
    assert_eq!((row.active_macs, row.quantised_mac_bits), (4 * 24, 8 * 24 * 9));
    let bits = |bytes, layout, refetch| row.fetched_bits(Fetch::new(bytes, layout, refetch).unwrap());
    assert_eq!(bits(1, Layout::InputMajor, Refetch::Token), 3 * 24 * 8);
    assert_eq!(bits(1, Layout::InputMajor, Refetch::Step), 5 * 24 * 8);
    assert_eq!(bits(8, Layout::OutputMajor, Refetch::Token), 8 * 24 * 8);
    assert_eq!(bits(2, Layout::OutputMajor, Refetch::Token), 6 * 24 * 8);
}

#[test]
fn a_bare_chip_that_only_adds_gives_the_reports_bound() {
    let text = "name = \"bare\"\ntitle = \"adds only\"\n[arithmetic]\n\
        int32_add_pj = { value = 0.03, kind = \"estimated\", source = \"the report's INT8 addition\" }\n\
        fp16_multiply_pj = { value = 1.1, kind = \"estimated\", source = \"Horowitz\" }\n\
        fp16_add_pj = { value = 0.4, kind = \"estimated\", source = \"Horowitz\" }\n";
    let bare = HardwareProfile::parse(text, "bare").unwrap();
    let vectors: Vec<Vec<i32>> = vec![vec![3, -1, 1, 1, 0, 1, 2, 1]];
    let counts = counted(&vectors);
    let keep = |cost: &Cost| cost.component == Component::Arithmetic;
    let energy = estimate(&counts, &bare, Fetch::default()).energy_pj(keep).value;
    let fp16 = opponent_work(&counts, Opponent::Fp16, &bare, Fetch::default());
    let macs = Estimate::new(&fp16, &bare, 1).energy_pj(keep).value;
    let bound = report_bound(1.0);
    assert!(close(energy / macs, bound.energy_per_mac_pj / FP16_MAC_PJ), "{}", energy / macs);
}

#[test]
fn a_chip_with_whole_synaptic_events_charges_no_part_of_them_twice() {
    let counts = counted(&[vec![1, 2, 3, 0, 0, -5, 0, 1]]);
    let estimate = estimate(&counts, &profile("loihi"), Fetch::default());
    let parts = [Component::Arithmetic, Component::Shifts, Component::WeightFetch, Component::Accumulators];
    assert!(estimate.costs.iter().all(|cost| !parts.contains(&cost.component)));
    assert!(estimate.unpriced.iter().all(|u| !parts.contains(&u.component)));
    assert!(estimate.unpriced.iter().any(|u| u.component == Component::Norms), "Loihi prices no norm");
}

#[test]
fn what_45nm_does_not_price_is_listed() {
    let counts = counted(&[vec![1, 2, 3, 0, 0, -5, 0, 1]]);
    let estimate = estimate(&counts, &profile("45nm"), Fetch::default());
    for component in [Component::Shifts, Component::Spikes, Component::Routing, Component::Leakage] {
        assert!(!estimate.prices(component), "{}", component.name());
    }
}

#[test]
fn weights_that_do_not_fit_the_chip_come_from_off_chip_on_top() {
    let counts = counted(&[vec![1, 2, 3, 0, 0, -5, 0, 1]]);
    let mut small = profile("45nm");
    let fits = estimate(&counts, &small, Fetch::default()).total_pj().value;
    small.on_chip_kib = Some(1);
    let streamed = estimate(&counts, &small, Fetch::default());
    let off_chip = streamed.energy_pj(|cost| cost.component == Component::OffChip).value;
    assert!(off_chip > 0.0 && close(streamed.total_pj().value, fits + off_chip));
}

#[test]
fn leakage_is_power_times_the_time_of_the_work() {
    let text = "name = \"leaky\"\ntitle = \"leaky\"\n[static]\nsynaptic_events_per_s = 1e9\n\
        leakage_mw = { value = 2, kind = \"measured\", source = \"test\" }\n";
    let leaky = HardwareProfile::parse(text, "leaky").unwrap();
    let counts = counted(&[vec![1, 0, 0, 0, 0, 0, 0, 0]]);
    let events = counts.pooled().synaptic_events as f64;
    let total = estimate(&counts, &leaky, Fetch::default()).total_pj().value;
    assert!(close(total, events / 1e9 * 2e-3 * 1e12), "{total}");
}

#[test]
fn the_six_devices_of_kerasspiking_follow_its_formula() {
    // 784 x 128 and 128 x 10 synapses, 138 neurons: dense devices take every connection once; a spiking device takes, over
    // 10 time steps, the connections of inputs that spike (here a tenth a step) and updates every neuron at every step.
    let connections = 784.0 * 128.0 + 128.0 * 10.0;
    let (events, updates) = (connections * 0.1 * 10.0, 138.0 * 10.0);
    for (name, energy_j) in [
        ("cpu", 8.6e-9 * (connections + 138.0)),
        ("gpu", 0.3e-9 * (connections + 138.0)),
        ("arm", 0.9e-9 * (connections + 138.0)),
        ("loihi-coarse", (23.6e-12 + 3.5e-12) * events + 81e-12 * updates),
        ("spinnaker", 13.3e-9 * events + 26e-9 * updates),
        ("spinnaker2", 450e-12 * events + 2.19e-9 * updates),
    ] {
        let device = profile(name);
        let (synapses, neurons) = if device.event_driven { (events, updates) } else { (connections, 138.0) };
        let found = device.device_energy_pj(synapses, neurons).unwrap() * 1e-12;
        assert!(close(found, energy_j), "{name}: {found} {energy_j}");
    }
}

#[test]
fn a_device_that_is_not_event_driven_saves_nothing() {
    let counts = counted(&[vec![0, 0, 0, 0, 0, 0, 0, 1]]);
    let comparison =
        Comparison::new(&counts, &profile("gpu"), Opponent::Fp16, &profile("45nm"), Fetch::default());
    assert!(comparison.same_hardware && comparison.saving.value.abs() < 1e-12);
}

#[test]
fn break_even_is_where_the_ratio_is_one_and_the_curve_passes_the_run() {
    let counts = counted(&[vec![1, 2, 3, 0, 0, -5, 0, 1]]);
    let (asynchronous, fetch) = (profile("asynchronous"), Fetch::default());
    let comparison = Comparison::new(&counts, &asynchronous, Opponent::Fp16, &asynchronous, fetch);
    let curves = break_even(&counts, &asynchronous, &comparison, fetch);
    let at = curves.input_major.iter().find(|p| p.x == 8.0).unwrap();
    assert!(close(at.energy_ratio, comparison.energy_ratio()));
    let mean = counts.pooled().spikes as f64 / counts.pooled().channels as f64;
    let even = curves.spikes_per_channel.unwrap();
    assert_eq!(comparison.energy_ratio() < 1.0, mean < even);
    assert!(curves.against_spikes.windows(2).all(|p| p[0].energy_ratio <= p[1].energy_ratio));
    assert!(curves.output_major.windows(2).all(|p| p[0].energy_ratio <= p[1].energy_ratio + 1e-12));
}

#[test]
fn the_first_constant_of_a_sensitivity_moves_the_ratio_most() {
    let counts = counted(&[vec![1, 2, 3, 0, 0, -5, 0, 1]]);
    let asynchronous = profile("asynchronous");
    let comparison = Comparison::new(&counts, &asynchronous, Opponent::Fp16, &asynchronous, Fetch::default());
    let all = sensitivity(&comparison, 0.2);
    assert!(all.windows(2).all(|p| p[0].swing() >= p[1].swing()) && all.len() > 5);
    let mut moved = asynchronous.clone();
    let key = all[0].constant.split(": ").nth(1).unwrap().to_owned();
    moved.constants.iter_mut().find(|c| c.key == key).unwrap().value = all[0].high;
    let again = Comparison::new(&counts, &moved, Opponent::Fp16, &moved, Fetch::default());
    assert!(close(again.energy_ratio(), all[0].ratio_at_high), "{key}");
}

#[test]
fn every_quantity_has_a_key_of_its_own() {
    let mut keys: Vec<_> = Quantity::ALL.iter().map(|q| (q.section(), q.key())).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), Quantity::ALL.len());
}

#[test]
fn counts_that_do_not_fit_the_shape_are_refused() {
    let mut counts = EnergyCounts::new(shape(), SpikeCoding::BitwiseSigned).unwrap();
    let activity = Activity {
        token: 0,
        layer: 0,
        projection: Projection::MlpIn,
        head: 0,
        threshold: 1.0,
        steps: 1,
        zero_point: 0,
        neurons: 1,
        spikes: 1,
        silent: 0,
        synaptic_operations: 25,
    };
    let error = counts.observe(&activity, &[1]).unwrap_err().to_string();
    assert!(error.contains("25") && error.contains("24 outputs"), "{error}");
    let huge = Architecture { heads: u64::MAX, ..shape() };
    assert!(EnergyCounts::new(huge, SpikeCoding::Ternary).is_err());
}
