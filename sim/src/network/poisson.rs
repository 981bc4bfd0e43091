//! Poisson counts of many neurons at a step, by inversion of the distribution function.
//!
//! `count = #{k : u >= F(k)}` for u uniform over 32 bits. The thresholds F(k) are compared one by one for a block of neurons at
//! once, which processors do for eight or sixteen neurons in an instruction; those that no u tells apart are left out. Tails
//! below 2^-32 are cut, which moves the mean by less than 1e-7 of itself.

use super::random::{BLOCK, Key, words};
use multiversion::multiversion;

/// The largest mean that is drawn: a drive of 100 MHz at a step of 0.1 ms.
pub(crate) const LARGEST_MEAN: f64 = 1e4;

/// The distribution function of a Poisson distribution.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PoissonTable {
    /// Counts that every draw exceeds.
    least: i32,
    /// F(k) in units of 2^-32 for k = least, least + 1, ...
    thresholds: Vec<u32>,
}

impl PoissonTable {
    /// The table of a mean from 0 to [`LARGEST_MEAN`].
    pub(crate) fn new(mean: f64) -> Self {
        let (mut least, mut thresholds) = (0, Vec::new());
        let mut sum = 0.0;
        let mut log_probability = -mean;
        let most = (mean + 12.0 * mean.sqrt() + 30.0) as i32;
        for k in 0..most {
            sum += log_probability.exp();
            let threshold = (sum * 4_294_967_296.0).round();
            if threshold >= 4_294_967_295.5 {
                break;
            }
            if threshold < 0.5 {
                least = k + 1;
            } else {
                thresholds.push(threshold as u32);
            }
            log_probability += (mean / f64::from(k + 1)).ln();
        }
        Self { least, thresholds }
    }

    /// Draws for the neurons `64 block ..` at `step`, added to `input` times `weight`.
    pub(crate) fn add(&self, key: Key, block: u32, step: u64, weight: f64, input: &mut [f64]) {
        let mut uniform = [0; BLOCK];
        words(key, block, step, &mut uniform);
        let mut counts = [self.least; BLOCK];
        count(&self.thresholds, &uniform, &mut counts);
        for (input, count) in input.iter_mut().zip(&counts) {
            *input += weight * f64::from(*count);
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
fn count(thresholds: &[u32], uniform: &[u32; BLOCK], counts: &mut [i32; BLOCK]) {
    for &threshold in thresholds {
        for (count, u) in counts.iter_mut().zip(uniform) {
            *count += i32::from(*u >= threshold);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::random::Use;

    #[test]
    fn counts_have_the_mean_and_variance_of_a_poisson_distribution() {
        for mean in [0.0, 0.003, 2.0, 40.0, 3000.0] {
            let table = PoissonTable::new(mean);
            let key = Key::new(11, Use::Drive, 0);
            let mut draws = vec![0.0; BLOCK];
            let (mut sum, mut squares) = (0.0, 0.0);
            let steps = 2000;
            for step in 0..steps {
                draws.fill(0.0);
                table.add(key, 3, step, 1.0, &mut draws);
                sum += draws.iter().sum::<f64>();
                squares += draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
            }
            let n = (steps as usize * BLOCK) as f64;
            let error = (mean / n).sqrt();
            assert!((sum / n - mean).abs() <= 4.0 * error, "mean {mean}: {}", sum / n);
            let spread = ((2.0 * mean * mean + mean) / n).sqrt();
            assert!((squares / n - mean).abs() <= 4.0 * spread, "variance {mean}: {}", squares / n);
        }
    }

    #[test]
    fn counts_invert_the_distribution_function() {
        let table = PoissonTable::new(2.0);
        let mut uniform = [0u32; BLOCK];
        // F(1) = 3 exp(-2) = 0.406006, F(2) = 5 exp(-2) = 0.676676.
        let at = |share: f64| (share * 4_294_967_296.0) as u32;
        (uniform[0], uniform[1], uniform[2], uniform[3]) = (at(0.13), at(0.405), at(0.407), at(0.677));
        let mut counts = [0; BLOCK];
        count(&table.thresholds, &uniform, &mut counts);
        assert_eq!(&counts[..4], &[0, 1, 2, 3]);
    }
}
