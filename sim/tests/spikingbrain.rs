//! SpikingBrain's neuron in a network against its collapsed form in a layer, and against closed forms.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use synfire_sim::network::description::{Population, Projection, Rule, Run};
use synfire_sim::network::neuron::{ReplaySource, SpikingBrain};
use synfire_sim::network::{Kept, Network, Simulation};
use synfire_sim::neuron::AdaptiveThreshold;

/// A neuron whose threshold stays at `theta_mv`.
fn held(theta_mv: f64) -> SpikingBrain {
    SpikingBrain {
        k: 1.0,
        theta_start_mv: theta_mv,
        theta_min_mv: 1e-9,
        tau_theta_ms: 1e200,
        ..SpikingBrain::default()
    }
}

fn run(network: &Network) -> Kept {
    let mut kept = Kept::default();
    Simulation::build(network, 1).unwrap().run(network.run.duration_ms, &mut kept).unwrap();
    kept
}

/// Spikes of each neuron from the `first` on.
fn counts(kept: &Kept, first: u32, neurons: usize) -> Vec<i32> {
    let mut counts = vec![0; neurons];
    for place in kept.neurons.iter().filter_map(|neuron| neuron.checked_sub(first)) {
        if let Some(count) = counts.get_mut(place as usize) {
            *count += 1;
        }
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_vector_that_arrives_at_once_is_fired_as_the_counts_of_the_layer(
        x in prop::collection::vec(-100.0f32..100.0, 1..64), k in 1.0f32..6.0, steps in 1u32..500,
    ) {
        let mut expected = vec![0; x.len()];
        let theta = AdaptiveThreshold::new(k).unwrap().fire(&x, &mut expected).unwrap();
        let halves = x.iter().map(|v| f64::from(*v) / f64::from(theta)).any(|s| (s.fract().abs() - 0.5).abs() < 1e-4);
        prop_assume!(!halves);
        let theta_mv = f64::from(theta);
        let cells = |name: &str| Population::new(name, x.len() as u32, held(theta_mv)).initial("v_mv", theta_mv / 2.0);
        let synapses: Vec<_> = (0..).zip(&x).map(|(channel, v)| (0, channel, f64::from(*v), 1.0)).collect();
        let onto = |target: &str, sign: f64| Projection::new("token", target, Rule::Synapses(synapses.clone()), 0.1).weight_mv(sign);
        // The token arrives in the second step, which has a spike already.
        let network = Network::new("token", Run::new(0.1 * f64::from(steps + 1)))
            .population(Population::new("token", 1, ReplaySource { times_ms: vec![0.1], neurons: vec![0] }))
            .population(cells("positive"))
            .population(cells("negative"))
            .projection(onto("positive", 1.0))
            .projection(onto("negative", -1.0));
        let kept = run(&network);
        let (positive, negative) = (counts(&kept, 1, x.len()), counts(&kept, 1 + x.len() as u32, x.len()));
        let fits = steps as i32;
        let found: Vec<i32> = positive.iter().zip(&negative).map(|(a, b)| a - b).collect();
        prop_assert_eq!(found, expected.iter().map(|s| (*s).clamp(-fits, fits)).collect::<Vec<_>>());
        prop_assert!(positive.iter().zip(&negative).all(|(a, b)| *a == 0 || *b == 0));
    }

    #[test]
    fn held_input_is_fired_as_the_rounded_count_of_its_sum(input in 0.0f64..9.0, theta_mv in 1.0f64..20.0, steps in 1u32..400) {
        let sum = input * 0.1 * f64::from(steps);
        prop_assume!(((sum / theta_mv).fract() - 0.5).abs() > 1e-6);
        let cell = SpikingBrain { input_mv_per_ms: input, ..held(theta_mv) };
        let network = Network::new("held", Run::new(0.1 * f64::from(steps)))
            .population(Population::new("cell", 1, cell).initial("v_mv", theta_mv / 2.0));
        prop_assert_eq!(counts(&run(&network), 0, 1), [(sum / theta_mv).round() as i32]);
    }
}

#[test]
fn steady_input_of_any_strength_ends_in_k_spikes_a_window() {
    for (input, k) in [(0.05, 3.0), (5.0, 3.0), (0.5, 2.0)] {
        let cell = SpikingBrain { k, input_mv_per_ms: input, ..SpikingBrain::default() };
        let network = Network::new("steady", Run::new(20_000.0)).population(Population::new("cell", 1, cell));
        let late = run(&network).times_ms.iter().filter(|t| **t > 10_000.0).count() as f64;
        // The net input of a window, step by step: the input of a step times 1 / (1 - exp(-h / T)).
        let expected = 10_000.0 * k * -(-0.1f64 / 50.0).exp_m1() / 0.1;
        assert!((late - expected).abs() <= 2.0, "{late} {expected}");
    }
}

#[test]
fn the_threshold_follows_the_input_with_its_time_constant() {
    let cell = SpikingBrain {
        input_mv_per_ms: 1.0,
        theta_start_mv: 2.0,
        tau_theta_ms: 200.0,
        ..SpikingBrain::default()
    };
    let network = Network::new("rise", Run::new(300.0)).population(Population::new("cell", 1, cell));
    let mut simulation = Simulation::build(&network, 1).unwrap();
    simulation.run(300.0, &mut Kept::default()).unwrap();
    // u = T (1 - exp(-t / T)); tau dm/dt = u - m from m = 6 mV, in closed form; steps of 0.1 ms are off by 1e-3.
    let (t, window, tau): (f64, f64, f64) = (300.0, 50.0, 200.0);
    let slow = (-t / tau).exp();
    let m =
        6.0 * slow + window * (1.0 - slow) - window * window / (window - tau) * ((-t / window).exp() - slow);
    let found = simulation.variable("cell", "m_mv").unwrap()[0];
    assert!((found - m).abs() < 2e-3 * m, "{found} {m}");
}
