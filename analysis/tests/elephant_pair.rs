//! Pairs of trains against stored values of Elephant and PySpike (see `golden/elephant_pair/README.md`).
#![allow(clippy::unwrap_used)]

use serde::Deserialize;
use synfire_analysis::{
    binning::BinnedTrains,
    correlation::{
        correlation_matrix, covariance_matrix, cross_correlogram, cross_correlogram::smooth, tiling_matrix,
        timescale_s,
    },
    distance::{isi_distance_matrix, spike_distance_matrix, van_rossum_matrix, victor_purpura_matrix},
    pairs::SymmetricMatrix,
    synchrony::{spike_contrast, spike_contrast_curve, spike_synchronization_matrix},
};
use synfire_datasets::trains::SpikeTrains;

type Matrix = Vec<Vec<Option<f64>>>;

const BIN_S: f64 = 0.005;

#[derive(Deserialize)]
struct Case {
    name: String,
    start_s: f64,
    stop_s: f64,
    trains_us: Vec<Vec<u32>>,
    bins: u32,
    cells: Vec<(usize, u32, u32)>,
    covariance: Matrix,
    correlation: Matrix,
    correlation_binary: Matrix,
    histograms: Option<Histograms>,
    timescale_20_bins_s: Option<Vec<Option<f64>>>,
    tiling_elephant: Matrix,
    tiling: Matrix,
    van_rossum: Vec<WithTau>,
    victor_purpura: Vec<WithCost>,
    isi_distance: Matrix,
    spike_distance: Matrix,
    spike_synchronization: Matrix,
    spike_contrast: Option<Contrast>,
}

#[derive(Deserialize)]
struct Histograms {
    windows: Vec<Histogram>,
    full: Vec<f64>,
    binary_7: Vec<f64>,
}

#[derive(Deserialize)]
struct Histogram {
    window: (i64, i64),
    border_correction: bool,
    kernel: Option<Vec<f64>>,
    values: Vec<f64>,
    coefficients: Vec<Option<f64>>,
}

#[derive(Deserialize)]
struct WithTau {
    tau_s: f64,
    values: Matrix,
}

#[derive(Deserialize)]
struct WithCost {
    cost_hz: f64,
    values: Matrix,
}

#[derive(Deserialize)]
struct Contrast {
    value: f64,
    bin_s: Vec<f64>,
    contrast: Vec<f64>,
    active: Vec<f64>,
}

impl Case {
    fn spike_trains(&self) -> SpikeTrains {
        let seconds = |train: &Vec<u32>| train.iter().map(|us| f64::from(*us) / 1e6).collect::<Vec<f64>>();
        let trains: Vec<Vec<f64>> = self.trains_us.iter().map(seconds).collect();
        SpikeTrains::new(&trains, self.start_s, self.stop_s).unwrap()
    }

    fn binned(&self) -> BinnedTrains {
        BinnedTrains::new(&self.spike_trains(), BIN_S).unwrap()
    }
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("golden/elephant_pair/expected.json")).unwrap()
}

/// Equal to 1e-9 relative, or 1e-12 absolute for values that are differences of numbers near 1; not a number against null.
fn equal(value: f64, expected: Option<f64>, what: &str) {
    match expected {
        Some(e) => assert!((value - e).abs() <= 1e-9 * e.abs() + 1e-12, "{what}: {value} against {e}"),
        None => assert!(!value.is_finite(), "{what}: {value} against none"),
    }
}

fn all_equal(values: &[f64], expected: impl IntoIterator<Item = Option<f64>>, what: &str) {
    let expected: Vec<Option<f64>> = expected.into_iter().collect();
    assert_eq!(values.len(), expected.len(), "{what}: lengths");
    for (k, (value, e)) in values.iter().zip(expected).enumerate() {
        equal(*value, e, &format!("{what}[{k}]"));
    }
}

fn matrix_equal(matrix: &SymmetricMatrix, expected: &Matrix, what: &str) {
    for (i, row) in expected.iter().enumerate() {
        for (j, e) in row.iter().enumerate() {
            equal(matrix.get(i, j), *e, &format!("{what}[{i}][{j}]"));
        }
    }
}

#[test]
fn binned_counts_are_elephants() {
    for case in cases() {
        let binned = case.binned();
        let cells: Vec<(usize, u32, u32)> = (0..binned.len())
            .flat_map(|unit| {
                let train = binned.train(unit);
                train.columns.iter().zip(train.counts).map(|(c, n)| (unit, *c, *n)).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!((binned.bins(), cells), (case.bins, case.cells), "{}", case.name);
    }
}

#[test]
fn covariance_and_correlation_are_elephants() {
    for case in cases() {
        matrix_equal(&covariance_matrix(&case.binned()), &case.covariance, &case.name);
        matrix_equal(&correlation_matrix(&case.binned()), &case.correlation, &case.name);
        matrix_equal(&correlation_matrix(&case.binned().binary()), &case.correlation_binary, &case.name);
    }
}

#[test]
fn histograms_over_lags_are_elephants_with_every_option() {
    for case in cases() {
        let Some(expected) = &case.histograms else { continue };
        let binned = case.binned();
        let (i, j) = (binned.train(0), binned.train(1));
        for e in &expected.windows {
            let what = format!("{} {:?} {} {:?}", case.name, e.window, e.border_correction, e.kernel);
            let histogram = cross_correlogram(i, j, e.window.0..=e.window.1).unwrap();
            let mut values =
                if e.border_correction { histogram.border_corrected() } else { histogram.values() };
            if let Some(kernel) = &e.kernel {
                values = smooth(&values, kernel);
            }
            all_equal(&values, e.values.iter().copied().map(Some), &what);
            all_equal(&histogram.coefficients(&values), e.coefficients.iter().copied(), &what);
        }
        let furthest = i64::from(case.bins) - 1;
        let full = cross_correlogram(i, j, -furthest..=furthest).unwrap();
        all_equal(&full.values(), expected.full.iter().copied().map(Some), &case.name);
        let clipped = case.binned().binary();
        let binary = cross_correlogram(clipped.train(0), clipped.train(1), -7..=7).unwrap();
        all_equal(&binary.values(), expected.binary_7.iter().copied().map(Some), &case.name);
    }
}

#[test]
fn timescales_are_elephants() {
    for case in cases() {
        let Some(expected) = &case.timescale_20_bins_s else { continue };
        let binned = case.binned();
        let values: Vec<f64> =
            (0..binned.len()).map(|unit| timescale_s(binned.train(unit), 20).unwrap()).collect();
        all_equal(&values, expected.iter().copied(), &case.name);
    }
}

#[test]
fn tiling_coefficients_are_elephants_without_its_growing_tolerance() {
    let mut differ = 0;
    for case in cases() {
        let tiling = tiling_matrix(&case.spike_trains(), 0.005);
        matrix_equal(&tiling, &case.tiling, &case.name);
        differ += usize::from(case.tiling != case.tiling_elephant);
    }
    assert!(differ > 0, "no case shows the tolerance at work");
}

#[test]
fn van_rossum_and_victor_purpura_distances_are_elephants() {
    for case in cases() {
        let trains = case.spike_trains();
        for e in &case.van_rossum {
            let what = format!("{} tau {}", case.name, e.tau_s);
            let distances = van_rossum_matrix(&trains, e.tau_s);
            for (i, row) in e.values.iter().enumerate() {
                for (j, expected) in row.iter().enumerate() {
                    // The square root of a difference of sums: compared before the root, where it is exact to rounding.
                    let (value, expected) = (distances.get(i, j), expected.unwrap());
                    assert!(
                        (value * value - expected * expected).abs() <= 1e-9 * expected * expected + 1e-11,
                        "{what}"
                    );
                }
            }
        }
        for e in &case.victor_purpura {
            matrix_equal(
                &victor_purpura_matrix(&trains, e.cost_hz),
                &e.values,
                &format!("{} {} Hz", case.name, e.cost_hz),
            );
        }
    }
}

#[test]
fn isi_and_spike_distance_and_synchronization_are_pyspikes() {
    for case in cases() {
        let trains = case.spike_trains();
        for (matrix, expected, what) in [
            (isi_distance_matrix(&trains), &case.isi_distance, "isi"),
            (spike_distance_matrix(&trains), &case.spike_distance, "spike"),
            (spike_synchronization_matrix(&trains), &case.spike_synchronization, "synchronization"),
        ] {
            for (i, row) in expected.iter().enumerate() {
                // Where PySpike divides 0 by 0, equal trains are still at distance 0.
                for (j, e) in row.iter().enumerate().filter(|(_, e)| e.is_some()) {
                    equal(matrix.get(i, j), *e, &format!("{} {what}[{i}][{j}]", case.name));
                }
            }
        }
    }
}

#[test]
fn spike_contrast_is_elephants_at_every_width() {
    for case in cases() {
        let trains = case.spike_trains();
        let curve = spike_contrast_curve(&trains, 0.01).unwrap();
        let value = spike_contrast(&trains, 0.01).unwrap();
        let Some(e) = &case.spike_contrast else {
            assert!(curve.is_empty() && value.is_nan(), "{}", case.name);
            continue;
        };
        let column = |of: fn(&synfire_analysis::synchrony::ContrastAtWidth) -> f64| -> Vec<f64> {
            curve.iter().map(of).collect()
        };
        all_equal(&column(|c| c.bin_s), e.bin_s.iter().copied().map(Some), &case.name);
        all_equal(&column(|c| c.contrast), e.contrast.iter().copied().map(Some), &case.name);
        all_equal(&column(|c| c.active), e.active.iter().copied().map(Some), &case.name);
        equal(value, Some(e.value), &case.name);
    }
}

#[test]
fn the_three_train_fixture_is_elephants() {
    #[derive(Deserialize)]
    struct Fixture {
        fixture: Vec<Vec<f64>>,
        van_rossum: Matrix,
        victor_purpura: Matrix,
        van_rossum_one_spike_vs_empty: f64,
        corrcoef: Matrix,
        sttc_dt5ms: f64,
        binned_sparsity_attr: f64,
    }
    let e: Fixture = serde_json::from_str(include_str!("golden/elephant_pair/fixture.json")).unwrap();
    let trains = SpikeTrains::new(&e.fixture, 0.0, 10.0).unwrap();
    let binned = BinnedTrains::new(&trains, 0.005).unwrap();
    matrix_equal(&van_rossum_matrix(&trains, 0.1), &e.van_rossum, "van Rossum");
    matrix_equal(&victor_purpura_matrix(&trains, 10.0), &e.victor_purpura, "Victor-Purpura");
    matrix_equal(&correlation_matrix(&binned), &e.corrcoef, "correlation");
    equal(tiling_matrix(&trains, 0.005).get(0, 1), Some(e.sttc_dt5ms), "tiling");
    equal(binned.density(), Some(e.binned_sparsity_attr), "density");
    let lone = SpikeTrains::new(&[&[1.0][..], &[]], 0.0, 2.0).unwrap();
    equal(van_rossum_matrix(&lone, 0.1).get(0, 1), Some(e.van_rossum_one_spike_vs_empty), "one spike");
}
