//! Bursts: runs of spikes at short intervals, with a limit that is given or read off the intervals themselves.
//!
//! The logarithm of the intervals within bursts and of those between them peaks at different places. The limit lies at the
//! lowest point between the two peaks, if they are far enough apart there (Selinger et al., J Neurosci Methods 159 (2007)
//! 100; Pasquale et al., J Comput Neurosci 29 (2010) 213): with g the smoothed histogram,
//!
//! void = 1 - g(lowest) / sqrt(g(peak 1) g(peak 2)) >= 0.7.

use super::iter;

/// Least void parameter at which two peaks count as apart (Selinger et al. 2007).
pub const VOID_PARAMETER: f64 = 0.7;

/// Intervals within bursts peak below this.
const MOST_WITHIN_BURSTS_S: f64 = 0.1;
/// Bins of the histogram.
const PER_DECADE: f64 = 10.0;
/// Weights that smooth it, by their sum of 9.
const WEIGHTS: [f64; 5] = [1.0, 2.0, 3.0, 2.0, 1.0];

/// A burst.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burst {
    /// Time of its first spike in seconds.
    pub start_s: f64,
    /// Time of its last spike in seconds.
    pub stop_s: f64,
    /// Index of its first spike in the train.
    pub first: usize,
    /// Number of its spikes.
    pub spikes: usize,
}

/// Bursts of at least `least_spikes` spikes (and at least two) whose intervals are at most `most_isi_s`, in order.
///
/// ```
/// let found = synfire_analysis::intervals::bursts(&[0.0, 0.5, 0.51, 0.53, 1.0], 0.03, 3);
/// assert_eq!((found.len(), found[0].first, found[0].spikes, found[0].stop_s), (1, 1, 3, 0.53));
/// ```
#[must_use]
pub fn bursts(times_s: &[f64], most_isi_s: f64, least_spikes: usize) -> Vec<Burst> {
    let mut first = 0;
    times_s
        .chunk_by(|before, after| after - before <= most_isi_s)
        .filter_map(|run| {
            let burst = Burst { start_s: *run.first()?, stop_s: *run.last()?, first, spikes: run.len() };
            first += run.len();
            (run.len() >= least_spikes.max(2)).then_some(burst)
        })
        .collect()
}

/// Bursts with flanks: runs at intervals of at most `flank_isi_s` that hold a core, which is a burst by `core_isi_s` and
/// `least_spikes`. Cores that a flank joins are one burst. Pasquale et al. take a core limit of 100 ms where the limit from
/// the histogram, which is then that of the flanks, exceeds it.
///
/// ```
/// let times_s = [0.0, 0.15, 0.2, 0.25, 0.4, 2.0, 2.15];
/// let found = synfire_analysis::intervals::bursts_with_flanks(&times_s, 0.1, 0.2, 3);
/// assert_eq!((found.len(), found[0].first, found[0].spikes), (1, 0, 5));
/// ```
#[must_use]
pub fn bursts_with_flanks(
    times_s: &[f64],
    core_isi_s: f64,
    flank_isi_s: f64,
    least_spikes: usize,
) -> Vec<Burst> {
    let mut found = bursts(times_s, flank_isi_s, least_spikes);
    found.retain(|burst| {
        let run = times_s.get(burst.first..burst.first + burst.spikes).unwrap_or_default();
        !bursts(run, core_isi_s, least_spikes).is_empty()
    });
    found
}

/// Share of `spikes` that lie in bursts. NaN without spikes.
///
/// ```
/// use synfire_analysis::intervals::{bursts, share_of_spikes_in_bursts};
/// let times_s = [0.0, 0.5, 0.51, 0.53];
/// assert_eq!(share_of_spikes_in_bursts(&bursts(&times_s, 0.03, 3), times_s.len()), 0.75);
/// ```
#[must_use]
pub fn share_of_spikes_in_bursts(bursts: &[Burst], spikes: usize) -> f64 {
    bursts.iter().map(|burst| burst.spikes).sum::<usize>() as f64 / spikes as f64
}

/// The longest interval within bursts in seconds, from the histogram of log10 intervals: ten bins a decade, smoothed with
/// weights 1, 2, 3, 2, 1. The first peak is the highest below 100 ms; the limit is the lowest point between it and the
/// first later peak that is apart from it by [`VOID_PARAMETER`]. `None` if there is no such pair: the train then has no
/// bursts that its intervals tell apart. Intervals of 0 are left out.
///
/// ```
/// // Bursts of five spikes at 5 ms, once a second.
/// let times_s: Vec<f64> = (0..50).flat_map(|i| (0..5).map(move |j| f64::from(i) + 0.005 * f64::from(j))).collect();
/// let limit_s = synfire_analysis::intervals::burst_threshold_s(&times_s).unwrap();
/// assert!(limit_s > 0.01 && limit_s < 0.5);
/// ```
#[must_use]
pub fn burst_threshold_s(times_s: &[f64]) -> Option<f64> {
    let bin = |isi: f64| (isi.log10() * PER_DECADE).floor();
    let positive = || iter(times_s).filter(|isi| *isi > 0.0);
    let lowest = positive().map(bin).reduce(f64::min)?;
    let highest = positive().map(bin).reduce(f64::max)?;
    let margin = WEIGHTS.len() / 2;
    let mut counts = vec![0.0; (highest - lowest) as usize + 1 + 4 * margin];
    for isi in positive() {
        if let Some(count) = counts.get_mut((bin(isi) - lowest) as usize + 2 * margin) {
            *count += 1.0;
        }
    }
    let smooth: Vec<f64> = counts
        .windows(WEIGHTS.len())
        .map(|near| near.iter().zip(WEIGHTS).map(|(count, weight)| count * weight).sum::<f64>() / 9.0)
        .collect();
    let centre_s = |i: usize| 10f64.powf((lowest + i as f64 - margin as f64 + 0.5) / PER_DECADE);
    let peaks = peaks(&smooth);
    let within = peaks
        .iter()
        .filter(|peak| centre_s(**peak) < MOST_WITHIN_BURSTS_S)
        .copied()
        .reduce(|best, peak| if smooth[peak] > smooth[best] { peak } else { best })?;
    peaks.into_iter().filter(|peak| *peak > within).find_map(|peak| {
        let valley = &smooth[within..peak];
        let least = valley.iter().copied().fold(f64::INFINITY, f64::min);
        let first = valley.iter().position(|g| *g == least)?;
        let last = valley.iter().rposition(|g| *g == least)?;
        let void = 1.0 - least / (smooth[within] * smooth[peak]).sqrt();
        (void >= VOID_PARAMETER).then(|| centre_s(within + (first + last) / 2))
    })
}

/// Indices of values above both neighbours, the first one of equal ones.
fn peaks(values: &[f64]) -> Vec<usize> {
    let mut peaks = Vec::new();
    let mut rising = None;
    for (i, pair) in values.windows(2).enumerate() {
        if pair[1] > pair[0] {
            rising = Some(i + 1);
        } else if pair[1] < pair[0] {
            peaks.extend(rising.take());
        }
    }
    peaks
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_kinds_of_intervals_are_told_apart_between_their_peaks() {
        let mut times_s = vec![0.0];
        for i in 0..1000 {
            let isi = if i % 5 == 0 { 0.8 } else { 0.004 } * (1.0 + 0.3 * f64::from(i % 7) / 7.0);
            times_s.push(times_s[i as usize] + isi);
        }
        let limit_s = burst_threshold_s(&times_s).unwrap();
        assert!(limit_s > 0.006 && limit_s < 0.8, "{limit_s}");
        let found = bursts(&times_s, limit_s, 3);
        assert_eq!((found.len(), found[1].spikes), (200, 5));
    }

    #[test]
    fn a_train_of_one_kind_of_intervals_has_no_limit() {
        let regular: Vec<f64> = (0..100).map(|i| 0.02 * f64::from(i)).collect();
        assert_eq!(burst_threshold_s(&regular), None);
        assert_eq!((burst_threshold_s(&[]), burst_threshold_s(&[1.0, 1.0])), (None, None));
    }

    proptest! {
        #[test]
        fn bursts_are_the_longest_runs_of_short_intervals(
            isis in prop::collection::vec(0.0f64..0.1, 0..60),
            most in 0.0f64..0.1,
            least in 2usize..6,
        ) {
            let mut times_s = vec![0.0];
            isis.iter().for_each(|isi| times_s.push(times_s[times_s.len() - 1] + isi));
            let found = bursts(&times_s, most, least);
            let in_burst = |i: usize| found.iter().any(|b| (b.first..b.first + b.spikes).contains(&i));
            for i in 0..times_s.len() {
                let short = |j: usize| times_s[j + 1] - times_s[j] <= most;
                let before = (0..i).rev().take_while(|j| short(*j)).count();
                let after = (i..times_s.len() - 1).take_while(|j| short(*j)).count();
                prop_assert_eq!(in_burst(i), 1 + before + after >= least);
            }
            for burst in &found {
                prop_assert_eq!(times_s[burst.first], burst.start_s);
                prop_assert_eq!(times_s[burst.first + burst.spikes - 1], burst.stop_s);
            }
        }
    }
}
