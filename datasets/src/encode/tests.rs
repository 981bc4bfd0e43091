//! Encoders against closed forms, and what they refuse. Equality with snnTorch is tested in `datasets/tests/transforms.rs`.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn step_forward_spikes_carry_slow_signals_along(
        changes in prop::collection::vec(-1.0_f32..1.0, 1..200),
    ) {
        let threshold = 0.5;
        let course: Vec<f32> = changes
            .iter()
            .scan(0.0, |x, change| {
                *x += change * threshold;
                Some(*x)
            })
            .collect();
        let code = AdaptiveDelta { threshold, beta: 0.0, tau_s: 0.01 };
        let steps = adaptive_delta(&course, 1, code, 0.001).unwrap();
        let mut b = course[0];
        for (step, x) in course.iter().enumerate() {
            b += threshold * steps.step(step).first().map_or(0.0, |(_, spike)| *spike);
            prop_assert!((x - b).abs() <= 2.0 * threshold + 1e-4, "{step}: {x} {b}");
        }
    }

    #[test]
    fn a_spike_of_the_delta_code_is_a_change_of_the_threshold(
        values in prop::collection::vec(-3.0_f32..3.0, 2..60),
    ) {
        let steps = delta(&values, 1, 0.75, 0.001).unwrap();
        for (step, pair) in values.windows(2).enumerate() {
            let change = pair[1] - pair[0];
            let expected = if change >= 0.75 { 1.0 } else if change <= -0.75 { -1.0 } else { 0.0 };
            prop_assert_eq!(steps.step(step + 1).first().map_or(0.0, |(_, spike)| *spike), expected);
        }
    }
}

#[test]
fn rates_are_those_of_the_values_and_do_not_depend_on_the_others() {
    let steps = rate(&[0.0, 0.2, 1.0], 20_000, 0.001, 5).unwrap();
    let count = |steps: &Steps, index: u32| {
        (0..steps.len()).filter(|step| steps.step(*step).iter().any(|(i, _)| *i == index)).count()
    };
    assert_eq!((count(&steps, 0), count(&steps, 2)), (0, 20_000));
    // Five standard deviations of the binomial.
    assert!((count(&steps, 1) as f64 - 4000.0).abs() < 5.0 * (20_000.0_f64 * 0.2 * 0.8).sqrt());
    let fewer = rate(&[0.9, 0.2], 20_000, 0.001, 5).unwrap();
    for step in 0..20_000 {
        let fires = |steps: &Steps| steps.step(step).iter().any(|(index, _)| *index == 1);
        assert_eq!(fires(&fewer), fires(&steps));
    }
}

#[test]
fn a_threshold_that_adapts_spikes_less_at_a_fast_signal() {
    let course: Vec<f32> = (0..2000).map(|step| (step as f32 * 0.05).sin() * 5.0).collect();
    let spikes = |beta| {
        let code = AdaptiveDelta { threshold: 0.1, beta, tau_s: 0.02 };
        adaptive_delta(&course, 1, code, 0.001).unwrap().events()
    };
    assert!(spikes(0.3) * 2 < spikes(0.0), "{} {}", spikes(0.3), spikes(0.0));
}

#[test]
fn values_and_parameters_out_of_range_are_refused() {
    let text = |result: Result<Steps, EncodeError>| result.unwrap_err().to_string();
    assert!(text(rate(&[0.5, 1.5], 3, 0.001, 0)).contains("value 1 is 1.5; give 0 to 1"));
    assert!(text(rate(&[f32::NAN], 3, 0.001, 0)).contains("NaN"));
    assert!(text(latency(&[0.5], 3, Latency::Linear { threshold: 0.0 }, 0.0)).contains("dt is 0"));
    let code = Latency::Logarithmic { threshold: 0.1, tau_steps: 0.0 };
    assert!(text(latency(&[0.5], 3, code, 0.001)).contains("latency tau is 0"));
    assert!(text(delta(&[0.0; 3], 2, 0.1, 0.001)).contains("size is 2; give a divisor"));
}
