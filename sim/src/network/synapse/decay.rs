//! `exp(-t / tau)` for times of whole steps.

/// Steps of the fine table, a power of two so that its end is seen by the compiler.
const FINE: usize = 256;
/// Entries of the coarse table: both reach over 26 s of steps of 0.1 ms and stay in the nearest cache.
const COARSE: u64 = 1024;

/// Decay with one time constant, from two tables: `exp(-(256 a + b) h) = exp(-256 a h) exp(-b h)`. Some units in the last place
/// from the exponential function, and quicker.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decay {
    /// Of one step, in time constants.
    rate: f64,
    fine: Box<[f64; FINE]>,
    coarse: Vec<f64>,
}

impl Decay {
    /// The decay with time constant `tau_ms`; with 0 all is gone after a step.
    pub(super) fn new(tau_ms: f64, dt_ms: f64) -> Self {
        let rate = dt_ms / tau_ms;
        let mut fine = Box::new([0.0; FINE]);
        (0..).zip(fine.iter_mut()).for_each(|(steps, place)| *place = exponential(rate, steps));
        Self { rate, fine, coarse: (0..COARSE).map(|row| exponential(rate, row * FINE as u64)).collect() }
    }

    /// What is left after `steps` steps.
    #[inline]
    pub(super) fn after(&self, steps: u64) -> f64 {
        match self.coarse.get((steps / FINE as u64) as usize) {
            Some(coarse) => coarse * self.fine[(steps % FINE as u64) as usize],
            None => exponential(self.rate, steps),
        }
    }
}

fn exponential(rate: f64, steps: u64) -> f64 {
    if steps == 0 { 1.0 } else { (-(steps as f64) * rate).exp() }
}

#[cfg(test)]
mod tests {
    use super::Decay;

    #[test]
    fn tables_give_the_exponential_function() {
        for tau_ms in [0.0, 0.01, 2.0, 20.0, 800.0, 1e5] {
            let decay = Decay::new(tau_ms, 0.1);
            assert_eq!(decay.after(0), 1.0);
            for steps in [1, 2, 255, 256, 257, 300_000, 1 << 40] {
                let expected = (-0.1 * steps as f64 / tau_ms).exp();
                let (found, close) = (decay.after(steps), 1e-14 * expected.max(1e-290));
                assert!((found - expected).abs() <= close, "{tau_ms} ms, {steps} steps: {found} {expected}");
            }
        }
    }
}
