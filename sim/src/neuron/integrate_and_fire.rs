//! The integrate-and-fire neuron with soft reset and no leak that the adaptive-threshold neuron collapses.
//!
//! ```text
//! v_{t+1} = v_t - V_th s_t + x_{t+1},   s_t in {-1, 0, 1}
//! ```
//!
//! The whole input arrives at the first step; from then on the neuron fires once a step, with the sign of its membrane
//! potential, until less than half a threshold is left. What it has fired then is round_half_even(x / V_th), the count
//! of [`crate::neuron::AdaptiveThreshold`] (which rounds the quotient to f32 first: the two can differ by one where
//! x / V_th lies within one part in 2^24 of a half).

/// One neuron; potentials have the unit of the input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntegrateAndFire {
    threshold: f64,
    membrane: f64,
    fired: i64,
}

impl IntegrateAndFire {
    /// A neuron at rest with threshold V_th, in units of the input.
    #[must_use]
    pub fn new(threshold: f32) -> Self {
        Self { threshold: f64::from(threshold), membrane: 0.0, fired: 0 }
    }

    /// Adds `input` to the membrane potential.
    pub fn integrate(&mut self, input: f32) {
        self.membrane += f64::from(input);
    }

    /// Membrane potential, in units of the input.
    #[must_use]
    pub fn membrane_potential(&self) -> f64 {
        self.membrane
    }

    /// One time step: the spike (-1, 0 or 1) that it fires; a spike takes one threshold off the membrane potential.
    ///
    /// Exactly half a threshold is fired only if it makes the count even.
    pub fn step(&mut self) -> i8 {
        let half = self.threshold / 2.0;
        let left = self.membrane.abs();
        let fires = left > half || (left == half && self.fired % 2 != 0);
        if !fires {
            return 0;
        }
        let sign = if self.membrane > 0.0 { 1i8 } else { -1 };
        self.membrane -= f64::from(sign) * self.threshold;
        self.fired += i64::from(sign);
        sign
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::AdaptiveThreshold;
    use proptest::prelude::*;

    fn fired(x: f32, threshold: f32) -> i32 {
        let mut neuron = IntegrateAndFire::new(threshold);
        neuron.integrate(x);
        std::iter::from_fn(|| Some(i32::from(neuron.step())).filter(|s| *s != 0)).sum()
    }

    #[test]
    fn ties_fire_to_the_even_count() {
        let counts: Vec<i32> = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5].iter().map(|x| fired(*x, 1.0)).collect();
        assert_eq!(counts, [0, 2, 2, 0, -2, -2]);
    }

    proptest! {
        #[test]
        fn stepping_fires_what_the_single_step_form_counts(x in prop::collection::vec(-100.0f32..100.0, 1..64), k in 1.0f32..6.0) {
            let neuron = AdaptiveThreshold::new(k).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let mut counts = vec![0; x.len()];
            let threshold = neuron.fire(&x, &mut counts).map_err(|e| TestCaseError::fail(e.to_string()))?;
            for (v, s) in x.iter().zip(counts) {
                let quotient = f64::from(*v) / f64::from(threshold);
                let to_half = (quotient.fract().abs() - 0.5).abs();
                if to_half > quotient.abs() * 2f64.powi(-23) {
                    prop_assert_eq!(fired(*v, threshold), s, "x {} threshold {}", v, threshold);
                }
            }
        }
    }
}
