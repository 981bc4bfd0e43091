//! Spike statistics of normal and Laplace activations against their closed forms, k = 3.
//!
//! Normal: V_th = sqrt(2/pi) sigma / 3, silent erf(a/6), abs <= 7 erf(2.5 a), a = 1/sqrt(pi). Laplace of scale b:
//! V_th = b / 3, silent 1 - exp(-1/6), abs <= 7 1 - exp(-2.5). Mean bits set: 1.2986 and 1.2225 (Monte Carlo, +-0.001).
#![allow(clippy::unwrap_used)]

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use synfire_sim::coding::Coding;
use synfire_sim::neuron::AdaptiveThreshold;

const VECTORS: usize = 150;
const CHANNELS: usize = 20_000;

/// Silent share, share of abs <= 7, mean bits set of activations drawn by `draw`.
fn shares(mut draw: impl FnMut(&mut Pcg64) -> f64) -> [f64; 3] {
    let mut rng = Pcg64::seed_from_u64(5);
    let (mut silent, mut small, mut spikes) = (0, 0, 0);
    let mut counts = vec![0; CHANNELS];
    for _ in 0..VECTORS {
        let x: Vec<f32> = (0..CHANNELS).map(|_| draw(&mut rng) as f32).collect();
        AdaptiveThreshold::default().fire(&x, &mut counts).unwrap();
        silent += counts.iter().filter(|s| **s == 0).count();
        small += counts.iter().filter(|s| s.abs() <= 7).count();
        spikes += Coding::BitwiseSigned.encode(&counts).spike_count();
    }
    let samples = (VECTORS * CHANNELS) as f64;
    [silent as f64 / samples, small as f64 / samples, spikes as f64 / samples]
}

/// Four standard errors of a share at three million samples are below 0.001; the same for the mean bits.
fn assert_near(ours: [f64; 3], closed: [f64; 3]) {
    for (ours, closed) in ours.iter().zip(closed) {
        assert!((ours - closed).abs() < 0.0012, "{ours} against {closed}");
    }
}

#[test]
fn normal_activations_meet_the_closed_form() {
    let normal = |rng: &mut Pcg64| {
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
    };
    assert_near(shares(normal), [0.10579, 0.95393, 1.2986]);
}

#[test]
fn laplace_activations_meet_the_closed_form() {
    let laplace = |rng: &mut Pcg64| {
        let magnitude = -(1.0 - rng.random::<f64>()).ln();
        if rng.random::<bool>() { magnitude } else { -magnitude }
    };
    let (silent, small) = (1.0 - (-1.0f64 / 6.0).exp(), 1.0 - (-2.5f64).exp());
    assert_near(shares(laplace), [silent, small, 1.2225]);
}
