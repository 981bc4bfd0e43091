//! Synchrony of a population: SPIKE-contrast of many trains, SPIKE-synchronization of pairs.
//!
//! **SPIKE-contrast** (Ciba, Isomura, Jimbo, Bahmer & Thielemann 2018, J Neurosci Methods 293, 136): with half-overlapping bins
//! of width w, Theta_k the spikes in bin k and n_k the trains that are active in it,
//!
//! `s(w) = sum |Theta_(k+1) - Theta_k| / (2 spikes) * (sum n_k Theta_k / sum Theta_k - 1) / (trains - 1)`;
//!
//! the measure is the maximum over widths from half the span down by a factor of 0.9 to a smallest one. Values are those of
//! Elephant's `spike_contrast`.
//!
//! **SPIKE-synchronization** (Kreuz, Mulansky & Bozanic 2015, J Neurophysiol 113, 3432): the share of spikes that have a partner
//! in the other train closer than half of every interval next to either of the two. Values are those of PySpike's `spike_sync`.

use crate::{
    binning::{BinningError, bins_of},
    pairs::SymmetricMatrix,
};
use synfire_datasets::trains::SpikeTrains;

/// SPIKE-contrast at one bin width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContrastAtWidth {
    /// Width of the bins in seconds.
    pub bin_s: f64,
    /// How much the spikes of the population change from bin to bin, 0 to 1.
    pub contrast: f64,
    /// How many of the other trains are active where spikes are, 0 to 1.
    pub active: f64,
}

impl ContrastAtWidth {
    /// The product of both.
    #[must_use]
    pub fn synchrony(&self) -> f64 {
        self.contrast * self.active
    }
}

/// Shrinks bins from one width to the next.
const SHRINK: f64 = 0.9;

/// SPIKE-contrast at every width from half the span down to the larger of `min_bin_s` (Elephant's default: 0.01 s) and half of
/// the shortest interval (definition in the [module](self)). Empty where there are fewer than two trains or none has two spikes.
///
/// # Errors
/// [`BinningError`] where `min_bin_s` is not positive or makes too many bins of the span.
pub fn spike_contrast_curve(
    trains: &SpikeTrains,
    min_bin_s: f64,
) -> Result<Vec<ContrastAtWidth>, BinningError> {
    bins_of(2.0 * trains.duration_s(), min_bin_s)?;
    let intervals = trains.iter().flat_map(|train| train.windows(2).map(|pair| pair[1] - pair[0]));
    let shortest_s = intervals.fold(f64::INFINITY, f64::min);
    if trains.len() < 2 || shortest_s.is_infinite() {
        return Ok(Vec::new());
    }
    let (start_s, stop_s) = (trains.start_s() - shortest_s, trains.stop_s() + shortest_s);
    let smallest_s = min_bin_s.max(0.5 * shortest_s);
    let mut curve = Vec::new();
    let mut bin_s = 0.5 * trains.duration_s();
    let mut counts = HalfOverlapping::default();
    while bin_s >= smallest_s {
        counts.fill(trains, start_s, stop_s, 0.5 * bin_s);
        curve.push(counts.contrast(bin_s, trains));
        bin_s *= SHRINK;
    }
    Ok(curve)
}

/// SPIKE-contrast of all trains together: towards 1 for equal trains, the maximum of [`spike_contrast_curve`]; NaN where the
/// curve is empty.
///
/// ```
/// use synfire_analysis::synchrony::spike_contrast;
/// use synfire_datasets::trains::SpikeTrains;
///
/// let equal = SpikeTrains::new(&[[1.0, 3.0, 4.0], [1.0, 3.0, 4.0]], 0.0, 5.0)?;
/// let apart = SpikeTrains::new(&[[1.0, 3.0, 4.0], [1.5, 2.2, 3.4]], 0.0, 5.0)?;
/// assert!(spike_contrast(&equal, 0.01)? > spike_contrast(&apart, 0.01)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`spike_contrast_curve`].
pub fn spike_contrast(trains: &SpikeTrains, min_bin_s: f64) -> Result<f64, BinningError> {
    let curve = spike_contrast_curve(trains, min_bin_s)?;
    Ok(curve.iter().map(ContrastAtWidth::synchrony).fold(f64::NAN, f64::max))
}

/// Counts of a population in bins that overlap by half.
#[derive(Default)]
struct HalfOverlapping {
    /// Theta: spikes of each bin.
    spikes: Vec<u64>,
    /// n: active trains of each bin.
    active: Vec<u64>,
}

impl HalfOverlapping {
    /// Bin k covers the half bins k and k + 1, which are `[start + k step, start + (k + 1) step)`; the last one is closed.
    fn fill(&mut self, trains: &SpikeTrains, start_s: f64, stop_s: f64, step_s: f64) {
        let halves = ((stop_s + step_s - start_s) / step_s).ceil() as usize - 1;
        // Edges as numpy.arange rounds them.
        let rounded_s = (start_s + step_s) - start_s;
        let edge = |k: usize| start_s + k as f64 * rounded_s;
        let bins = halves - 1;
        self.spikes.clear();
        self.spikes.resize(bins, 0);
        self.active.clear();
        self.active.resize(bins, 0);
        for train in trains.iter() {
            // Bins before this one have seen the train.
            let mut seen = 0;
            for &time_s in train {
                let mut half = (((time_s - start_s) / rounded_s) as usize).min(halves - 1);
                while half > 0 && time_s < edge(half) {
                    half -= 1;
                }
                while half + 1 < halves && time_s >= edge(half + 1) {
                    half += 1;
                }
                if time_s > edge(halves) {
                    continue;
                }
                for bin in half.saturating_sub(1)..(half + 1).min(bins) {
                    self.spikes[bin] += 1;
                    if bin >= seen {
                        self.active[bin] += 1;
                        seen = bin + 1;
                    }
                }
            }
        }
    }

    fn contrast(&self, bin_s: f64, trains: &SpikeTrains) -> ContrastAtWidth {
        let changes: u64 = self.spikes.windows(2).map(|pair| pair[0].abs_diff(pair[1])).sum();
        let weighted: u64 =
            self.spikes.iter().zip(&self.active).map(|(spikes, active)| spikes * active).sum();
        let sum: u64 = self.spikes.iter().sum();
        ContrastAtWidth {
            bin_s,
            contrast: changes as f64 / (2 * trains.spikes()) as f64,
            active: (weighted as f64 / sum as f64 - 1.0) / (trains.len() - 1) as f64,
        }
    }
}

/// Half of the shorter interval around a spike; at the ends of a train the other interval counts, at most `most_s`.
fn reach_s(train: &[f64], spike: usize, most_s: f64) -> f64 {
    let before_s = spike.checked_sub(1).map_or(most_s, |last| train[spike] - train[last]);
    let after_s = train.get(spike + 1).map_or(most_s, |next| next - train[spike]);
    0.5 * before_s.min(after_s)
}

/// Spikes of both trains that have a partner, and all spikes; each time of a train counts once.
fn partners(a: &[f64], b: &[f64], duration_s: f64) -> (u64, u64) {
    let (mut i, mut j) = (0, 0);
    let (mut paired, mut spikes) = (0, 0);
    while i < a.len() || j < b.len() {
        let (next_a, next_b) = (a.get(i), b.get(j));
        let step_a = next_a.is_some_and(|s| next_b.is_none_or(|t| s <= t));
        let step_b = next_b.is_some_and(|t| next_a.is_none_or(|s| t <= s));
        i += usize::from(step_a);
        j += usize::from(step_b);
        spikes += u64::from(step_a) + u64::from(step_b);
        if i > 0 && j > 0 {
            let apart_s = (a[i - 1] - b[j - 1]).abs();
            if apart_s < reach_s(a, i - 1, duration_s).min(reach_s(b, j - 1, duration_s)) || apart_s == 0.0 {
                paired += 2;
            }
        }
    }
    (paired, spikes)
}

/// SPIKE-synchronization of all pairs of units, 0 to 1 (definition in the [module](self)). Two trains without spikes are at 1;
/// spikes of one train at the same time count once.
///
/// ```
/// use synfire_analysis::synchrony::spike_synchronization_matrix;
/// use synfire_datasets::trains::SpikeTrains;
///
/// let trains = SpikeTrains::new(&[&[1.0, 2.0, 3.0][..], &[1.1, 2.5]], 0.0, 4.0)?;
/// assert_eq!(spike_synchronization_matrix(&trains).get(0, 1), 0.4); // 1.0 and 1.1 of five spikes
/// # Ok::<(), synfire_datasets::trains::TrainError>(())
/// ```
#[must_use]
pub fn spike_synchronization_matrix(trains: &SpikeTrains) -> SymmetricMatrix {
    let times: Vec<Vec<f64>> = trains
        .iter()
        .map(|train| {
            let mut times = train.to_vec();
            times.dedup();
            times
        })
        .collect();
    let pair = |i: usize, j: usize| {
        let (paired, spikes) = partners(&times[i], &times[j], trains.duration_s());
        if spikes == 0 { 1.0 } else { paired as f64 / spikes as f64 }
    };
    SymmetricMatrix::from_pairs(trains.len(), |_| 1.0, pair)
}
