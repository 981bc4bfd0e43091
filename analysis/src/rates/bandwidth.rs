//! Widths that suit the data: of a Gaussian kernel, and of the bins of a histogram.
//!
//! Both minimise an estimate of the mean squared error against the unknown rate:
//! - kernel: H. Shimazaki, S. Shinomoto, J Comput Neurosci 29 (2010) 171, fixed bandwidth, as `optimal_kernel_bandwidth`
//!   of Elephant 1.2.1 computes it;
//! - bins: H. Shimazaki, S. Shinomoto, Neural Comput 19 (2007) 1503: C(w) = (2 mean(k) - var(k)) / (n w)^2 for the counts
//!   k of the bins of n trains, var with divisor N.

use super::bins::Bins;
use super::error::RateError;
use rayon::prelude::*;
use realfft::RealFftPlanner;
use realfft::num_complex::Complex;
use synfire_datasets::trains::SpikeTrains;

/// The most bins that the density is estimated on.
const MOST_POINTS: f64 = 1000.0;
/// Steps of the golden section search, and its relative tolerance.
const STEPS: usize = 20;
const TOLERANCE: f64 = 1e-5;

/// Bandwidth sigma in seconds of the Gaussian kernel that suits a train: a golden section search for the least cost
///
/// C(w) = N^2 (sum(y^2) dt - 2 sum(y x) dt + 2 / (sqrt(2 pi) w N)),
///
/// with x the density of N spikes on at most 1000 bins of dt between the first and the last, and y that smoothed with w.
/// `None` for trains of fewer than three spikes or two distinct times, for which Elephant raises or has no answer.
///
/// ```
/// use synfire_analysis::rates::optimal_kernel_bandwidth_s;
/// let sigma_s = optimal_kernel_bandwidth_s(&[0.3, 4.5, 6.7, 9.3]);
/// assert!((sigma_s.unwrap() - 7.273225922958104).abs() < 1e-9);
/// assert_eq!(optimal_kernel_bandwidth_s(&[1.0, 1.0]), None);
/// ```
#[must_use]
pub fn optimal_kernel_bandwidth_s(times_s: &[f64]) -> Option<f64> {
    let (first, last) = (*times_s.first()?, *times_s.last()?);
    let span_s = last - first;
    let least_s = times_s.windows(2).map(|t| t[1] - t[0]).filter(|isi| *isi > 0.0).reduce(f64::min)?;
    let points = (span_s / least_s + 0.5).trunc().min(MOST_POINTS) as usize;
    if points < 2 {
        return None;
    }
    let step = span_s / (points - 1) as f64;
    let point = |i: usize| if i + 1 == points { last } else { i as f64 * step + first };
    let bin_s = (1..points).map(|i| point(i) - point(i - 1)).reduce(f64::min)?;
    let mut cost = Cost::new(times_s, &(0..points).map(point).collect::<Vec<f64>>(), bin_s);
    golden_section(2.0 * bin_s, span_s, |w| cost.of(w))
}

/// The last bandwidth looked at between two limits, on the scale w = log(1 + exp(c)).
fn golden_section(least: f64, most: f64, mut cost: impl FnMut(f64) -> f64) -> Option<f64> {
    let width = |c: f64| if c < 100.0 { (1.0 + c.exp()).ln() } else { c };
    let scaled = |w: f64| if w < 100.0 { (w.exp() - 1.0).ln() } else { w };
    let phi = 0.5 * (5f64.sqrt() + 1.0);
    let (mut a, mut b) = (scaled(least), scaled(most));
    let mut lower = (phi - 1.0) * a + (2.0 - phi) * b;
    let mut upper = (2.0 - phi) * a + (phi - 1.0) * b;
    let (mut cost_lower, mut cost_upper) = (cost(width(lower)), cost(width(upper)));
    let mut best = None;
    for _ in 0..STEPS {
        if (b - a).abs() <= TOLERANCE * (lower.abs() + upper.abs()) {
            break;
        }
        if cost_lower < cost_upper {
            (b, upper, cost_upper) = (upper, lower, cost_lower);
            lower = (phi - 1.0) * a + (2.0 - phi) * b;
            cost_lower = cost(width(lower));
            best = Some(width(lower));
        } else {
            (a, lower, cost_lower) = (lower, upper, cost_upper);
            upper = (2.0 - phi) * a + (phi - 1.0) * b;
            cost_upper = cost(width(upper));
            best = Some(width(upper));
        }
    }
    best
}

/// The cost of a bandwidth for one train.
struct Cost {
    planner: RealFftPlanner<f64>,
    /// Density of spikes in 1/s in each bin.
    density: Vec<f64>,
    spikes: f64,
    bin_s: f64,
}

impl Cost {
    fn new(times_s: &[f64], points: &[f64], bin_s: f64) -> Self {
        let below = |edge: f64| times_s.partition_point(|t| *t < edge);
        let mut density: Vec<f64> = points.iter().map(|p| below(p - bin_s / 2.0) as f64).collect();
        let end = points.last().map_or(0, |p| times_s.partition_point(|t| *t <= p + bin_s / 2.0)) as f64;
        let spikes = end - density.first().copied().unwrap_or(0.0);
        for i in 0..density.len() {
            let next = density.get(i + 1).copied().unwrap_or(end);
            density[i] = (next - density[i]) / (spikes * bin_s);
        }
        Self { planner: RealFftPlanner::new(), density, spikes, bin_s }
    }

    fn of(&mut self, width_s: f64) -> f64 {
        let smooth = self.smoothed(width_s / self.bin_s);
        let sum = |f: &dyn Fn(f64, f64) -> f64| {
            smooth.iter().zip(&self.density).map(|(y, x)| f(y.abs(), *x)).sum::<f64>() * self.bin_s
        };
        let peak = 2.0 / (2.0 * std::f64::consts::PI).sqrt() / width_s / self.spikes;
        (sum(&|y, _| y * y) - 2.0 * sum(&|y, x| y * x) + peak) * self.spikes * self.spikes
    }

    /// The density smoothed with a Gaussian of `width` bins, padded with three widths of zeros.
    fn smoothed(&mut self, width: f64) -> Vec<f64> {
        let needed = self.density.len() as f64 + 3.0 * width;
        let length = (needed.ceil() as usize).next_power_of_two();
        let (forward, inverse) =
            (self.planner.plan_fft_forward(length), self.planner.plan_fft_inverse(length));
        let mut real = self.density.clone();
        real.resize(length, 0.0);
        let mut spectrum = vec![Complex::default(); length / 2 + 1];
        let planned = forward.process(&mut real, &mut spectrum);
        for (i, value) in spectrum.iter_mut().enumerate() {
            let angle = width * 2.0 * std::f64::consts::PI * (i as f64 / length as f64);
            *value *= (-0.5 * angle * angle).exp() / length as f64;
        }
        let planned = planned.and_then(|()| inverse.process(&mut spectrum, &mut real));
        debug_assert!(
            planned.is_ok(),
            "lengths are those of the plans, and the ends of the spectrum stay real"
        );
        real.truncate(self.density.len());
        real
    }
}

/// A bin width and what it costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinWidth {
    /// Width in seconds.
    pub width_s: f64,
    /// Number of bins of that width in the span.
    pub bins: usize,
    /// C(w) in Hz^2: the estimate of the mean squared error, less the variance of the rate.
    pub cost: f64,
}

/// The bin width among `span / 2, span / 3, ..., span / most_bins` whose time histogram (all trains pooled as repetitions)
/// has the least expected squared error; the widest of equal ones. `None` for less than two bins or without spikes.
///
/// # Errors
/// As for [`Bins::new`].
///
/// ```
/// use synfire_datasets::trains::SpikeTrains;
/// let steady: Vec<f64> = (0..100).map(|i| 0.05 + 0.1 * f64::from(i)).collect();
/// let trains = SpikeTrains::new(&[steady], 0.0, 10.0)?;
/// let best = synfire_analysis::rates::optimal_bin_width(&trains, 50)?.unwrap();
/// assert_eq!(best.width_s, 5.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn optimal_bin_width(trains: &SpikeTrains, most_bins: usize) -> Result<Option<BinWidth>, RateError> {
    if trains.spikes() == 0 {
        return Ok(None);
    }
    let cost = |bins: usize| {
        let width_s = trains.duration_s() / bins as f64;
        let grid = Bins::new(trains.start_s(), trains.stop_s(), width_s)?;
        let mut counts = vec![0; grid.len()];
        trains.iter().for_each(|train| grid.count_into(train, &mut counts));
        let mean = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
        let variance = counts.iter().map(|k| (*k as f64 - mean).powi(2)).sum::<f64>() / counts.len() as f64;
        let scale = trains.len() as f64 * width_s;
        Ok(BinWidth { width_s, bins, cost: (2.0 * mean - variance) / (scale * scale) })
    };
    let costs: Vec<BinWidth> = (2..=most_bins).into_par_iter().map(cost).collect::<Result<_, _>>()?;
    Ok(costs.into_iter().reduce(|best, other| if other.cost < best.cost { other } else { best }))
}
