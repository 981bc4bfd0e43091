//! Convolution of spikes with a sampled kernel: r[i] = sum over spikes at bin m of k[i - m], for the bins of the train only.
//!
//! Few spikes are added one kernel at a time, which is exact and never negative. Many are convolved block by block with
//! one planned FFT (overlap-add), and what rounding left below 0 is set to 0.

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Additions of kernel values a sample from which the FFT is taken to be faster: an estimate, which results do not depend on
/// but for rounding.
const ADDITIONS_A_SAMPLE: usize = 48;

/// A kernel ready to be convolved with trains of a fixed number of bins.
pub(super) struct Convolution {
    /// Kernel values from the first to the last that is not 0.
    taps: Vec<f64>,
    /// Bins from a spike to the first of the taps.
    shift: isize,
    samples: usize,
    /// Length of the FFT.
    block: usize,
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
    /// Spectrum of the taps by the length of the FFT.
    spectrum: Vec<Complex<f64>>,
}

/// Buffers of one thread; they grow at their first use and are kept.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    histogram: Vec<f64>,
    real: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    fft: Vec<Complex<f64>>,
}

impl Convolution {
    /// Plans the convolution of `samples` bins with `kernel`, whose value at index `centre` belongs to the spike's own bin.
    pub(super) fn new(kernel: &[f64], centre: usize, samples: usize) -> Self {
        let first = kernel.iter().position(|k| *k != 0.0).unwrap_or(0);
        let end = kernel.iter().rposition(|k| *k != 0.0).map_or(first, |last| last + 1);
        let taps = kernel.get(first..end).unwrap_or_default().to_vec();
        let whole = (samples + taps.len()).next_power_of_two();
        let block = whole.min((4 * taps.len()).next_power_of_two().max(1024));
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(block), planner.plan_fft_inverse(block));
        let mut padded = vec![0.0; block];
        padded.iter_mut().zip(&taps).for_each(|(p, k)| *p = k / block as f64);
        let mut spectrum = forward.make_output_vec();
        transformed(forward.process(&mut padded, &mut spectrum));
        Self { taps, shift: first as isize - centre as isize, samples, block, forward, inverse, spectrum }
    }

    /// Writes the convolution of the spikes in `bins` (`spikes` of them at most, all below the number of samples) to `out`.
    pub(super) fn apply(
        &self,
        bins: impl Iterator<Item = usize>,
        spikes: usize,
        scratch: &mut Scratch,
        out: &mut [f64],
    ) {
        out.fill(0.0);
        if spikes.saturating_mul(self.taps.len()) <= ADDITIONS_A_SAMPLE * self.samples {
            bins.for_each(|bin| add_shifted(&self.taps, bin as isize + self.shift, out));
            return;
        }
        scratch.histogram.clear();
        scratch.histogram.resize(self.samples, 0.0);
        for bin in bins {
            if let Some(count) = scratch.histogram.get_mut(bin) {
                *count += 1.0;
            }
        }
        self.overlap_add(scratch, out);
    }

    fn overlap_add(&self, scratch: &mut Scratch, out: &mut [f64]) {
        let Scratch { histogram, real, spectrum, fft } = scratch;
        real.resize(self.block, 0.0);
        spectrum.resize(self.spectrum.len(), Complex::default());
        fft.resize(self.forward.get_scratch_len().max(self.inverse.get_scratch_len()), Complex::default());
        let fresh = self.block + 1 - self.taps.len().max(1);
        for (index, counts) in histogram.chunks(fresh).enumerate() {
            if counts.iter().all(|count| *count == 0.0) {
                continue;
            }
            real[..counts.len()].copy_from_slice(counts);
            real[counts.len()..].fill(0.0);
            transformed(self.forward.process_with_scratch(real, spectrum, fft));
            spectrum.iter_mut().zip(&self.spectrum).for_each(|(s, k)| *s *= k);
            transformed(self.inverse.process_with_scratch(spectrum, real, fft));
            let reach = counts.len() + self.taps.len() - 1;
            add_shifted(&real[..reach], (index * fresh) as isize + self.shift, out);
        }
        out.iter_mut().for_each(|rate| *rate = rate.max(0.0));
    }
}

impl std::fmt::Debug for Convolution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Convolution").field("samples", &self.samples).field("block", &self.block).finish()
    }
}

/// Adds `values` to `out` from index `from` on; what lies outside is left out.
fn add_shifted(values: &[f64], from: isize, out: &mut [f64]) {
    let values = values.get(from.min(0).unsigned_abs()..).unwrap_or_default();
    let out = out.get_mut(from.max(0) as usize..).unwrap_or_default();
    out.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

/// A transform fails only where lengths differ or the imaginary part of a real number is not 0. Lengths are those of the
/// plan; a product of two spectra of real signals has such parts of 0, and rounding there is discarded.
fn transformed(result: Result<(), realfft::FftError>) {
    debug_assert!(!matches!(
        result,
        Err(realfft::FftError::InputBuffer(..)
            | realfft::FftError::OutputBuffer(..)
            | realfft::FftError::ScratchBuffer(..))
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plainly(kernel: &[f64], centre: usize, samples: usize, bins: &[usize]) -> Vec<f64> {
        let mut out = vec![0.0; samples];
        for &bin in bins {
            for (j, k) in kernel.iter().enumerate() {
                if let Some(o) = (bin + j).checked_sub(centre).and_then(|i| out.get_mut(i)) {
                    *o += k;
                }
            }
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn spike_by_spike_and_block_by_block_give_the_plain_sum(
            kernel in prop::collection::vec(prop_oneof![Just(0.0), 0.0f64..3.0], 1..300),
            samples in 1usize..3000,
            places in prop::collection::vec(0.0f64..1.0, 0..200),
            centre in 0.0f64..1.0,
        ) {
            let centre = (centre * kernel.len() as f64) as usize;
            let bins: Vec<usize> = places.iter().map(|p| (p * samples as f64) as usize).collect();
            let expected = plainly(&kernel, centre, samples, &bins);
            let convolution = Convolution::new(&kernel, centre, samples);
            let mut scratch = Scratch::default();
            for spikes in [0, usize::MAX] {
                let mut out = vec![9.0; samples];
                convolution.apply(bins.iter().copied(), spikes, &mut scratch, &mut out);
                for (o, e) in out.iter().zip(&expected) {
                    prop_assert!((o - e).abs() < 1e-11, "{} for {}", o, e);
                }
            }
        }
    }
}
