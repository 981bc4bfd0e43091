//! The published figures of the built-in model: bits per byte, dense and coded, and spike statistics for each k.
//!
//! One pass over the Hamlet excerpt as one context, computed by the SpikingBrain authors' modelling code in f32; all
//! coded inputs pooled, the query included. Tolerances: bits per byte 0.005, shares 0.002, mean 0.003, largest count 3 %.
#![allow(clippy::unwrap_used)]

use synfire::analysis::sparsity::{ProjectionSparsity, Sparsity};
use synfire::datasets::builtin::HAMLET_EXCERPT;
use synfire::datasets::checkpoint::Checkpoint;
use synfire::datasets::spikes::Projection;
use synfire::recording::SparsityRecorder;
use synfire::sim::evaluate::evaluate;
use synfire::sim::model::Model;
use synfire::sim::neuron::AdaptiveThreshold;
use synfire::sim::options::{Convention, Execution, ModelOptions, Spiking};

/// k, bits per byte, silent, abs <= 7, abs > 16, mean spikes per channel, largest count.
type Published = (f32, [f64; 6]);

const REPORT: [Published; 5] = [
    (2.0, [2.1094, 0.2395, 0.9756, 0.0067, 0.9668, 246.0]),
    (2.5, [2.0911, 0.1985, 0.9604, 0.0098, 1.0823, 304.0]),
    (3.0, [2.0947, 0.1699, 0.9380, 0.0128, 1.1800, 387.0]),
    (3.5, [2.0982, 0.1489, 0.9098, 0.0162, 1.2646, 442.0]),
    (4.0, [2.0959, 0.1326, 0.8775, 0.0203, 1.3380, 493.0]),
];

const RELEASE: [Published; 5] = [
    (2.0, [2.1046, 0.1735, 0.9890, 0.0009, 1.0530, 40.0]),
    (2.5, [2.0937, 0.1390, 0.9722, 0.0018, 1.1740, 51.0]),
    (3.0, [2.0945, 0.1158, 0.9440, 0.0028, 1.2760, 60.0]),
    (3.5, [2.0993, 0.0996, 0.9076, 0.0045, 1.3641, 70.0]),
    (4.0, [2.0940, 0.0871, 0.8655, 0.0075, 1.4399, 81.0]),
];

/// Convention report, k = 3: layer, projection; silent, abs <= 7, mean spikes per channel, largest count.
const BY_INPUT: [(u16, Projection, [f64; 4]); 18] = [
    (0, Projection::AttnIn, [0.1147, 0.9441, 1.284, 19.0]),
    (0, Projection::OIn, [0.1033, 0.9562, 1.303, 16.0]),
    (0, Projection::MlpIn, [0.1102, 0.9476, 1.288, 34.0]),
    (0, Projection::DownIn, [0.2228, 0.9332, 1.076, 365.0]),
    (1, Projection::AttnIn, [0.1105, 0.9490, 1.284, 54.0]),
    (1, Projection::Query, [0.1119, 0.9451, 1.289, 20.0]),
    (1, Projection::OIn, [0.1432, 0.9145, 1.228, 37.0]),
    (1, Projection::MlpIn, [0.1081, 0.9507, 1.290, 48.0]),
    (1, Projection::DownIn, [0.2156, 0.9282, 1.091, 270.0]),
    (2, Projection::AttnIn, [0.1091, 0.9512, 1.290, 49.0]),
    (2, Projection::OIn, [0.1376, 0.9431, 1.213, 39.0]),
    (2, Projection::MlpIn, [0.1090, 0.9512, 1.289, 54.0]),
    (2, Projection::DownIn, [0.2411, 0.9285, 1.064, 387.0]),
    (3, Projection::AttnIn, [0.1099, 0.9506, 1.286, 60.0]),
    (3, Projection::Query, [0.1204, 0.9317, 1.268, 24.0]),
    (3, Projection::OIn, [0.1240, 0.9304, 1.265, 24.0]),
    (3, Projection::MlpIn, [0.1093, 0.9515, 1.288, 57.0]),
    (3, Projection::DownIn, [0.3028, 0.9280, 0.952, 353.0]),
];

fn read(options: &ModelOptions) -> (f64, SparsityRecorder) {
    let checkpoint = Checkpoint::builtin().unwrap();
    let tokens = checkpoint.tokenizer().encode(HAMLET_EXCERPT).unwrap();
    let model = Model::load(&checkpoint, options).unwrap();
    let mut recorder = SparsityRecorder::default();
    let surprisal = evaluate(&model, &tokens, &mut recorder, |_| true).unwrap();
    assert_eq!((surprisal.read, surprisal.predicted), (4096, 4095));
    (surprisal.bits_per_token(), recorder)
}

fn near(what: &str, ours: f64, published: f64, tolerance: f64) {
    assert!((ours - published).abs() <= tolerance, "{what}: {ours:.5}, published {published}");
}

fn figures(s: &Sparsity) -> [f64; 4] {
    [s.silent_share(), s.share_at_most_7(), s.mean_spikes_per_channel(), f64::from(s.largest_count)]
}

fn compare(convention: Convention, published: &[Published]) {
    for (k, [bits, silent, at_most_7, above_16, mean, largest]) in published {
        let spiking = Spiking { neuron: AdaptiveThreshold::new(*k).unwrap(), ..Spiking::default() };
        let (our_bits, recorder) =
            read(&ModelOptions { execution: Execution::Spiking(spiking), convention, layers: None });
        let all = recorder.table.pooled();
        println!("k {k}: {our_bits:.4} {:?} {:.4}", figures(&all), all.share_above_16());
        near("bits per byte", our_bits, *bits, 0.005);
        near("silent", all.silent_share(), *silent, 0.002);
        near("abs <= 7", all.share_at_most_7(), *at_most_7, 0.002);
        near("abs > 16", all.share_above_16(), *above_16, 0.002);
        near("mean spikes", all.mean_spikes_per_channel(), *mean, 0.003);
        near("largest count", f64::from(all.largest_count), *largest, 0.03 * largest);
    }
}

#[test]
fn the_dense_model_predicts_hamlet_as_published() {
    let options = ModelOptions {
        execution: Execution::Dense,
        convention: Convention::RELEASE,
        ..ModelOptions::default()
    };
    near("bits per byte", read(&options).0, 2.0903, 0.005);
}

#[test]
fn the_reports_convention_gives_the_published_figures_for_each_k() {
    compare(Convention::REPORT, &REPORT);
}

#[test]
fn the_releases_convention_gives_the_published_figures_for_each_k() {
    compare(Convention::RELEASE, &RELEASE);
}

#[test]
fn every_coded_input_has_the_published_figures() {
    let (_, recorder) = read(&ModelOptions::default());
    let rows: Vec<&ProjectionSparsity> = recorder.table.rows().collect();
    assert_eq!(rows.len(), BY_INPUT.len());
    for (row, (layer, projection, published)) in rows.iter().zip(&BY_INPUT) {
        assert_eq!((row.layer, row.projection), (*layer, *projection));
        let ours = figures(&row.sums);
        let what = format!("layer {layer} {projection}");
        near(&what, ours[0], published[0], 0.002);
        near(&what, ours[1], published[1], 0.002);
        near(&what, ours[2], published[2], 0.003);
        near(&what, ours[3], published[3], 0.03 * published[3]);
    }
}
