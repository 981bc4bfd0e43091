//! Statistics of coded vectors against brute force over their spikes.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

/// A vector as the simulator codes it with "bitwise-signed", or with more steps than it needs.
fn activity(layer: u16, head: u16, counts: &[i32], steps: u32) -> Activity {
    let spikes = counts.iter().map(|s| u64::from(s.unsigned_abs().count_ones())).sum();
    Activity {
        token: 0,
        layer,
        projection: Projection::Query,
        head,
        threshold: 1.0,
        steps,
        zero_point: 0,
        neurons: counts.len() as u32,
        spikes,
        silent: counts.iter().filter(|s| **s == 0).count() as u32,
        synaptic_operations: spikes * 3,
    }
}

/// The steps at which a count spikes, by the codings' definition, one step at a time.
fn steps_with_a_spike(pattern: SpikePattern, activity: &Activity, s: i32) -> Vec<u32> {
    let magnitude = s.abs_diff(activity.zero_point);
    (0..activity.steps)
        .filter(|t| match pattern {
            SpikePattern::Rate => *t < magnitude,
            SpikePattern::Bits => magnitude >> (activity.steps - 1 - t) & 1 == 1,
            SpikePattern::TwosComplement => (s as u32) >> (activity.steps - 1 - t) & 1 == 1,
        })
        .collect()
}

fn any_vectors() -> impl Strategy<Value = Vec<(Activity, Vec<i32>)>> {
    let count = prop_oneof![4 => Just(0), 4 => -9i32..9, 1 => -2000i32..2000];
    let one = (0u32..9, 0u16..3, 0usize..5, 0u16..2, prop::collection::vec(count, 6));
    prop::collection::vec(one, 1..40).prop_map(|vectors| {
        vectors
            .into_iter()
            .map(|(token, layer, projection, head, counts)| {
                let projection = Projection::ALL[projection];
                let activity = Activity { token, projection, ..activity(layer, head, &counts, 11) };
                (activity, counts)
            })
            .collect()
    })
}

#[test]
fn the_reports_mean_gives_other_sparsities_than_the_report_prints() {
    let counts: Vec<i32> = (0..100).map(|i| if i < 13 { 3 } else { 1 }).collect();
    let mut table = SparsityTable::default();
    table.observe(&activity(0, 0, &counts, 3), &counts);
    let all = table.pooled();
    assert!((all.mean_spikes_per_channel() - 1.13).abs() < 1e-12);
    assert!((all.window_sparsity(3) - 0.6233).abs() < 1e-4);
    assert!((all.window_sparsity(4) - 0.7175).abs() < 1e-4);
}

#[test]
fn heads_of_a_query_are_the_neurons_of_one_token() {
    let mut table = SparsityTable::default();
    for head in 0..3 {
        table.observe(&activity(1, head, &[1, 0], 1), &[1, 0]);
    }
    let neurons: Vec<u64> = table.rows().map(|r| r.neurons).collect();
    assert_eq!((neurons, table.pooled().channels), (vec![6], 6));
}

#[test]
fn a_window_pads_short_vectors_and_loses_what_lies_before_it() {
    let mut window = Window::new(3, SpikePattern::Bits);
    window.observe(&activity(0, 0, &[1, -1], 1), &[1, -1]);
    assert_eq!((window.inside, window.sparsity()), (2, 1.0 - 2.0 / 6.0));
    window.observe(&activity(0, 0, &[9, -15], 4), &[9, -15]);
    assert_eq!((window.inside, window.spikes), (6, 8));
    assert_eq!(window.share_outside(), 0.25);
}

#[test]
fn keys_read_as_they_print_and_wrong_ones_are_named() {
    for text in ["", "layer", "run,layer,projection,head,token:64"] {
        assert_eq!(text.parse::<By>().unwrap().to_string(), text);
    }
    assert_eq!("token".parse::<By>().unwrap().to_string(), "token:1");
    for (text, words) in [("layre", "layre"), ("token:0", "token:0"), ("layer:4", "layer:4")] {
        assert!(text.parse::<By>().unwrap_err().to_string().contains(words), "{text}");
    }
}

#[test]
fn one_rate_alone_is_sparse_and_equal_rates_are_not() {
    let of = |counts: &[i32]| {
        let mut neurons = Neurons::default();
        neurons.observe(&activity(0, 0, counts, 3), counts);
        neurons.figures().population_sparseness
    };
    assert_eq!((of(&[0, 0, -7, 0]), of(&[2, -2, 2, 2])), (1.0, 0.0));
    // Mean 3/2, mean square 7/2: a = 9/14, S = (5/14) / (3/4).
    assert!((of(&[0, 1, 2, 3]) - 10.0 / 21.0).abs() < 1e-12);
    assert!(of(&[0, 0]).is_nan(), "silence has no sparseness");
}

#[test]
fn a_histogram_keeps_outliers_in_bounded_memory() {
    let counts = [0, -3, 16, 17, 31, 1023, 1024, 2047, i32::MAX, i32::MIN];
    let mut histogram = Histogram::default();
    histogram.observe(&activity(0, 0, &counts, 31), &counts);
    assert_eq!(histogram.channels(), counts.len() as u64);
    let bins: Vec<(i64, i64, u64)> = histogram.bins().map(|b| (b.low, b.high, b.channels)).collect();
    assert_eq!(bins.first(), Some(&(-(2 << 31) + 1, -(1 << 31), 1)));
    assert!(bins.contains(&(1024, 2047, 2)) && bins.contains(&(1 << 30, (2 << 30) - 1, 1)));
    let folded: Vec<(i64, i64, u64)> =
        histogram.folded().iter().map(|b| (b.low, b.high, b.channels)).collect();
    assert!(
        folded.contains(&(16, 16, 1)) && folded.contains(&(17, 31, 2)) && folded.contains(&(512, 1023, 1))
    );
}

proptest! {
    #[test]
    fn shares_are_those_of_the_pooled_counts(
        vectors in prop::collection::vec((0u16..3, prop::collection::vec(-40i32..40, 1..20)), 1..20),
    ) {
        let mut table = SparsityTable::default();
        for (layer, counts) in &vectors {
            table.observe(&activity(*layer, 0, counts, 6), counts);
        }
        let counts: Vec<i32> = vectors.iter().flat_map(|v| v.1.clone()).collect();
        let share = |f: fn(u32) -> bool| counts.iter().filter(|s| f(s.unsigned_abs())).count() as f64 / counts.len() as f64;
        let all = table.pooled();
        prop_assert_eq!(all.silent_share(), share(|s| s == 0));
        prop_assert_eq!(all.share_at_most_7(), share(|s| s <= 7));
        prop_assert_eq!(all.share_above_16(), share(|s| s > 16));
        prop_assert_eq!(all.cells, 6 * counts.len() as u64);
        prop_assert_eq!(Some(all.largest_count), counts.iter().map(|s| s.unsigned_abs()).max());
    }

    #[test]
    fn a_window_counts_the_spikes_of_the_last_steps_of_every_coding(
        counts in prop::collection::vec(-70i32..70, 1..20), steps in 0u32..9,
    ) {
        let (low, top) = (*counts.iter().min().unwrap(), counts.iter().map(|s| s.unsigned_abs()).max().unwrap());
        let bits = u32::BITS - top.leading_zeros();
        let high = counts.iter().map(|s| s.abs_diff(low.min(0))).max().unwrap();
        for (pattern, zero_point, taken) in [
            (SpikePattern::Rate, 0, top),
            (SpikePattern::Rate, low.min(0), high),
            (SpikePattern::Bits, 0, bits.max(1)),
            (SpikePattern::TwosComplement, 0, (bits + 1).max(2)),
        ] {
            let activity = Activity { zero_point, ..activity(0, 0, &counts, taken) };
            let all: Vec<u32> = counts.iter().flat_map(|s| steps_with_a_spike(pattern, &activity, *s)).collect();
            let inside = all.iter().filter(|t| *t + steps >= taken).count() as u64;
            let mut window = Window::new(steps, pattern);
            window.observe(&activity, &counts);
            prop_assert_eq!(window.inside, inside, "{:?}", pattern);
            let spikes: u32 = counts.iter().map(|s| pattern.spikes(&activity, *s)).sum();
            prop_assert_eq!(spikes as usize, all.len(), "{:?}", pattern);
        }
    }

    #[test]
    fn groups_are_those_of_a_filter_and_merge_in_any_order(vectors in any_vectors(), cut in 0usize..40) {
        let by: By = "layer,projection,head,token:4".parse().unwrap();
        let mut whole = Grouped::new(by, Sparsity::default());
        vectors.iter().for_each(|(activity, counts)| whole.observe(activity, counts));
        for (key, group) in whole.groups() {
            let mut alone = Sparsity::default();
            for (activity, counts) in vectors.iter().filter(|(a, _)| {
                (Some(a.layer), Some(a.projection), Some(a.head), Some(a.token / 4))
                    == (key.layer, key.projection, key.head, key.token)
            }) {
                alone.observe(activity, counts);
            }
            prop_assert_eq!(group, &alone);
        }
        let (first, second) = vectors.split_at(cut.min(vectors.len()));
        let of = |vectors: &[(Activity, Vec<i32>)]| {
            let mut neurons = Grouped::new(By::INPUT, (Neurons::default(), Histogram::default()));
            vectors.iter().for_each(|(activity, counts)| neurons.observe(activity, counts));
            neurons
        };
        let (mut forth, mut back) = (of(first), of(second));
        back.merge(&forth);
        forth.merge(&of(second));
        prop_assert_eq!(forth.pooled(), of(&vectors).pooled());
        prop_assert_eq!(back.pooled(), of(&vectors).pooled());
    }

    #[test]
    fn neurons_are_dead_or_always_active_as_their_counts_say(
        tokens in prop::collection::vec(prop::collection::vec(prop_oneof![Just(0), -3i32..4], 5), 2..12),
    ) {
        let mut neurons = Neurons::default();
        tokens.iter().for_each(|counts| neurons.observe(&activity(0, 0, counts, 2), counts));
        let figures = neurons.figures();
        let train = |n: usize| tokens.iter().map(|counts| f64::from(counts[n].unsigned_abs())).collect::<Vec<_>>();
        let s = |rates: &[f64]| {
            let n = rates.len() as f64;
            let mean = rates.iter().sum::<f64>() / n;
            let square = rates.iter().map(|r| r * r).sum::<f64>() / n;
            (square > 0.0).then(|| (1.0 - mean * mean / square) / (1.0 - 1.0 / n))
        };
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let lifetime = mean((0..5).filter_map(|n| s(&train(n))).collect());
        let population = mean(
            tokens.iter().filter_map(|t| s(&t.iter().map(|s| f64::from(s.unsigned_abs())).collect::<Vec<_>>())).collect(),
        );
        let of = |f: fn(&f64) -> bool| (0..5).filter(|n| train(*n).iter().all(f)).count() as u64;
        prop_assert_eq!((figures.dead, figures.always_active), (of(|r| *r == 0.0), of(|r| *r > 0.0)));
        for (ours, brute) in [(figures.lifetime_sparseness, lifetime), (figures.population_sparseness, population)] {
            prop_assert!((ours - brute).abs() < 1e-9 || (ours.is_nan() && brute.is_nan()), "{} {}", ours, brute);
        }
    }
}
