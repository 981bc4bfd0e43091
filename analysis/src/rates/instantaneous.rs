//! Instantaneous rate: spikes counted in sampling periods and smoothed with a [`Kernel`].
//!
//! r[i] = sum over m of c[m] k(x[i - m]), with c[m] the spikes of sampling period m (`numpy.histogram`: the last period
//! includes its end) and k sampled from -cutoff sigma to +cutoff sigma around its median, or around 0 if it is not centred.
//! This is `instantaneous_rate` of Elephant 1.2.1, sample by sample, but for one choice, [`Grid`].

use super::bins::Bins;
use super::convolve::Convolution;
pub use super::convolve::Scratch;
use super::error::{RateError, positive};
use super::kernels::Kernel;
use crate::binning::whole_bins;
use rayon::prelude::*;
use synfire_datasets::trains::SpikeTrains;

/// The most values of a result: 8 GiB of f64.
const MOST_VALUES: usize = 1 << 30;

/// Where the kernel is sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grid {
    /// At whole sampling periods from its centre. The rate integrates to the number of spikes.
    #[default]
    Exact,
    /// As Elephant does: equidistantly over exactly +-cutoff sigma. Where cutoff sigma is not a whole number of sampling
    /// periods this widens the kernel and inflates the rate, by up to sampling / (cutoff sigma): one spike, sigma 0.3 s
    /// and a sampling period of 0.2 s give an integral of 1.064 spikes.
    Stretched,
}

/// How to estimate a rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateOptions {
    /// The kernel.
    pub kernel: Kernel,
    /// Sampling period in seconds.
    pub sampling_s: f64,
    /// Multiple of sigma at which the kernel is cut off; raised to [`Kernel::least_cutoff`] where it is less.
    pub cutoff: f64,
    /// Whether the median of the kernel, rather than its origin, lies on the spike.
    pub centred: bool,
    /// Whether to divide by the share of the kernel that lies within the span, and then scale the rate so that it
    /// integrates to the number of spikes.
    pub border_correction: bool,
    /// Where the kernel is sampled.
    pub grid: Grid,
}

impl RateOptions {
    /// Elephant's defaults: cut off at 5 sigma, centred, without border correction.
    #[must_use]
    pub fn new(kernel: Kernel, sampling_s: f64) -> Self {
        let (centred, border_correction) = (true, false);
        Self { kernel, sampling_s, cutoff: 5.0, centred, border_correction, grid: Grid::Exact }
    }
}

/// Estimates rates over one span: the kernel is sampled and its FFT planned once for all trains.
#[derive(Debug)]
pub struct RateEstimator {
    periods: Periods,
    convolution: Convolution,
    /// What border correction multiplies each sample with.
    border: Option<Vec<f64>>,
    duration_s: f64,
}

/// Instantaneous rates of many units in Hz.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// Rates in Hz, unit by unit.
    pub values_hz: Vec<f64>,
    /// Samples of a unit; sample i is the period that starts i sampling periods after the start of the span.
    pub samples: usize,
}

impl Rates {
    /// The rate of one unit in Hz; empty beyond the last unit.
    #[must_use]
    pub fn unit(&self, unit: usize) -> &[f64] {
        let from = unit.saturating_mul(self.samples);
        self.values_hz.get(from..from.saturating_add(self.samples)).unwrap_or_default()
    }
}

impl RateEstimator {
    /// Plans estimates over `start_s..=stop_s`; what does not fill a sampling period at the end is left out.
    ///
    /// # Errors
    /// [`RateError::NotPositive`] for sampling period, sigma and cutoff, [`RateError::NoBin`] if the span is shorter than
    /// a sampling period, [`RateError::TooManyBins`] if the samples or those of the kernel exceed 2^28.
    pub fn new(options: &RateOptions, start_s: f64, stop_s: f64) -> Result<Self, RateError> {
        let period_s = positive("sampling period in s", options.sampling_s)?;
        positive("sigma in s", options.kernel.sigma_s)?;
        positive("cutoff", options.cutoff)?;
        let samples = Bins::new(start_s, stop_s, period_s)?.len();
        let kernel = sampled(options)?;
        let border = options.border_correction.then(|| border_factors(options, start_s, stop_s, samples));
        Ok(Self {
            periods: Periods::new(start_s, period_s, samples),
            convolution: Convolution::new(&kernel, kernel.len() / 2, samples),
            border,
            duration_s: stop_s - start_s,
        })
    }

    /// Number of samples; at least 1.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "there is always a sample")]
    pub fn len(&self) -> usize {
        self.periods.len
    }

    /// Writes the rate of a train in Hz to `rates_hz`, which has [`len`](Self::len) values. Allocates nothing once
    /// `scratch` was used.
    pub fn rate_into(&self, times_s: &[f64], scratch: &mut Scratch, rates_hz: &mut [f64]) {
        let periods = times_s.iter().filter_map(|t| self.periods.index(*t));
        self.convolution.apply(periods, times_s.len(), scratch, rates_hz);
        self.correct(times_s.len(), 1.0, rates_hz);
    }

    /// The rate of a train in Hz; 0 throughout without spikes.
    #[must_use]
    pub fn rate(&self, times_s: &[f64]) -> Vec<f64> {
        let mut rates_hz = vec![0.0; self.len()];
        self.rate_into(times_s, &mut Scratch::default(), &mut rates_hz);
        rates_hz
    }

    /// The rates of every unit, in parallel.
    ///
    /// # Errors
    /// [`RateError::TooManyBins`] beyond 2^30 values.
    pub fn rates(&self, trains: &SpikeTrains) -> Result<Rates, RateError> {
        let samples = self.len();
        let bins = trains.len() as f64 * samples as f64;
        if bins > MOST_VALUES as f64 {
            return Err(RateError::TooManyBins { bins, limit: MOST_VALUES });
        }
        let mut values_hz = vec![0.0; trains.len() * samples];
        values_hz.par_chunks_mut(samples).enumerate().for_each_init(
            Scratch::default,
            |scratch, (unit, rates)| {
                self.rate_into(trains.train(unit), scratch, rates);
            },
        );
        Ok(Rates { values_hz, samples })
    }

    /// The mean over units of their rates in Hz; all spikes are smoothed at once. NaN without units.
    #[must_use]
    pub fn population(&self, trains: &SpikeTrains) -> Vec<f64> {
        let mut rates_hz = vec![0.0; self.len()];
        let periods = trains.iter().flatten().filter_map(|t| self.periods.index(*t));
        self.convolution.apply(periods, trains.spikes(), &mut Scratch::default(), &mut rates_hz);
        let units = trains.len() as f64;
        rates_hz.iter_mut().for_each(|rate| *rate /= units);
        self.correct(trains.spikes(), units, &mut rates_hz);
        rates_hz
    }

    /// Corrects the borders of a rate, the mean of `units` units that had `spikes` spikes together.
    fn correct(&self, spikes: usize, units: f64, rates_hz: &mut [f64]) {
        let Some(border) = self.border.as_ref().filter(|_| spikes > 0) else { return };
        rates_hz.iter_mut().zip(border).for_each(|(rate, factor)| *rate *= factor);
        let integral = rates_hz.iter().sum::<f64>() / rates_hz.len() as f64 * self.duration_s;
        let scale = spikes as f64 / units / integral;
        rates_hz.iter_mut().for_each(|rate| *rate *= scale);
    }
}

/// The rate of one train in Hz over `start_s..=stop_s`, a sample every [`RateOptions::sampling_s`]. For many trains plan a
/// [`RateEstimator`].
///
/// # Errors
/// As for [`RateEstimator::new`].
///
/// ```
/// use synfire_analysis::rates::{Kernel, RateOptions, Shape, instantaneous_rate};
/// let options = RateOptions::new(Kernel::new(Shape::Gaussian, 0.05), 0.001);
/// let rate_hz = instantaneous_rate(&[0.4, 0.5, 0.6], 0.0, 1.0, &options)?;
/// assert!((rate_hz.iter().sum::<f64>() * 0.001 - 3.0).abs() < 1e-5);
/// # Ok::<(), synfire_analysis::rates::RateError>(())
/// ```
pub fn instantaneous_rate(
    times_s: &[f64],
    start_s: f64,
    stop_s: f64,
    options: &RateOptions,
) -> Result<Vec<f64>, RateError> {
    Ok(RateEstimator::new(options, start_s, stop_s)?.rate(times_s))
}

/// The kernel at 2 n + 1 points in 1/s, the middle one on the spike.
fn sampled(options: &RateOptions) -> Result<Vec<f64>, RateError> {
    let RateOptions { kernel, sampling_s, grid, .. } = options;
    let in_periods = Kernel { sigma_s: kernel.sigma_s / sampling_s, ..*kernel };
    let reach = options.cutoff.max(kernel.least_cutoff()) * in_periods.sigma_s;
    let whole = whole_bins(reach) as f64;
    let half = whole + f64::from(u8::from(reach > whole));
    let limit = 1usize << 27;
    if reach.is_nan() || half > limit as f64 {
        return Err(RateError::TooManyBins { bins: 2.0 * half + 1.0, limit: 2 * limit + 1 });
    }
    let middle = if options.centred { in_periods.median_s() } else { 0.0 };
    let (half, start) = (half as usize, middle - reach);
    let step = ((middle + reach) - start) / (2 * half) as f64;
    let position = |j: usize| match grid {
        Grid::Exact => j as f64 - half as f64 + middle,
        Grid::Stretched if j == 2 * half => middle + reach,
        Grid::Stretched => j as f64 * step + start,
    };
    Ok((0..=2 * half).map(|j| in_periods.density(position(j)) / sampling_s).collect())
}

/// One by the share of the kernel within the span, seen from each sample.
fn border_factors(options: &RateOptions, start_s: f64, stop_s: f64, samples: usize) -> Vec<f64> {
    let kernel = &options.kernel;
    let middle_s = if options.centred { kernel.median_s() } else { 0.0 };
    (0..samples)
        .map(|i| {
            let time_s = start_s + i as f64 * options.sampling_s + middle_s;
            1.0 / (kernel.cumulative(time_s - start_s) - kernel.cumulative(time_s - stop_s))
        })
        .collect()
}

/// Sampling periods with the rule of `numpy.histogram`: edges are compared exactly, the last period includes its end.
#[derive(Debug, Clone, Copy)]
struct Periods {
    start_s: f64,
    /// Length of all periods.
    span_s: f64,
    step_s: f64,
    len: usize,
}

impl Periods {
    fn new(start_s: f64, period_s: f64, len: usize) -> Self {
        let span_s = (start_s + len as f64 * period_s) - start_s;
        Self { start_s, span_s, step_s: span_s / len as f64, len }
    }

    fn edge(&self, index: usize) -> f64 {
        if index == self.len { self.start_s + self.span_s } else { index as f64 * self.step_s + self.start_s }
    }

    #[inline]
    fn index(&self, time_s: f64) -> Option<usize> {
        if !(time_s >= self.start_s && time_s <= self.edge(self.len)) {
            return None;
        }
        let guess = ((time_s - self.start_s) / self.span_s * self.len as f64) as usize;
        let guess = guess.min(self.len - 1);
        Some(if time_s < self.edge(guess) {
            guess.saturating_sub(1)
        } else {
            guess + usize::from(guess + 1 < self.len && time_s >= self.edge(guess + 1))
        })
    }
}
