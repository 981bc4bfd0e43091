//! Histograms of inter-spike intervals, with bins equal in time or in its logarithm, and the hazard that they imply.

use super::iter;
use crate::rates::{Bins, RateError};

/// Intervals counted in bins.
#[derive(Debug, Clone, PartialEq)]
pub struct IsiHistogram {
    /// Edges of the bins in seconds, one more than there are bins. A bin includes its lower edge.
    pub edges_s: Vec<f64>,
    /// Intervals in each bin.
    pub counts: Vec<u64>,
    /// Intervals below the first edge.
    pub below: u64,
    /// Intervals at or above the last edge.
    pub above: u64,
}

impl IsiHistogram {
    /// Share of all intervals in each bin by the width of the bin, in 1/s. NaN without intervals.
    #[must_use]
    pub fn density(&self) -> Vec<f64> {
        let all = (self.below + self.above + self.counts.iter().sum::<u64>()) as f64;
        self.edges_s.windows(2).zip(&self.counts).map(|(e, &n)| n as f64 / all / (e[1] - e[0])).collect()
    }

    /// Hazard in Hz: the intervals that end in a bin, by those that lasted to its start and by its width. NaN where none
    /// lasted.
    ///
    /// ```
    /// let histogram = synfire_analysis::intervals::isi_histogram(&[0.0, 1.5, 3.0, 3.5], 1.0, 2.0)?;
    /// assert_eq!(histogram.counts, [1, 2]);
    /// assert_eq!(histogram.hazard_hz(), [1.0 / 3.0, 1.0]);
    /// # Ok::<(), synfire_analysis::rates::RateError>(())
    /// ```
    #[must_use]
    pub fn hazard_hz(&self) -> Vec<f64> {
        let mut lasted = self.above + self.counts.iter().sum::<u64>();
        let hazard = |(edges, &ended): (&[f64], &u64)| {
            let at_start = lasted as f64;
            lasted -= ended;
            ended as f64 / at_start / (edges[1] - edges[0])
        };
        self.edges_s.windows(2).zip(&self.counts).map(hazard).collect()
    }
}

/// Intervals in bins of `width_s` from 0 to `most_s`, by the rule of [`Bins`].
///
/// # Errors
/// As for [`Bins::new`].
///
/// ```
/// let histogram = synfire_analysis::intervals::isi_histogram(&[0.0, 0.1, 0.3, 2.3], 0.1, 0.5)?;
/// assert_eq!((histogram.counts, histogram.above), (vec![0, 1, 1, 0, 0], 1));
/// # Ok::<(), synfire_analysis::rates::RateError>(())
/// ```
pub fn isi_histogram(times_s: &[f64], width_s: f64, most_s: f64) -> Result<IsiHistogram, RateError> {
    let bins = Bins::new(0.0, most_s, width_s)?;
    Ok(counted(iter(times_s), &bins, |edge| edge))
}

/// Intervals in `per_decade` bins a decade from `least_s` to `most_s`, equal in log10. Intervals of 0 are below.
///
/// # Errors
/// [`RateError::NotPositive`] for `least_s`, and as for [`Bins::new`].
///
/// ```
/// let times_s = [0.0, 0.002, 0.004, 0.054, 1.054];
/// let histogram = synfire_analysis::intervals::log_isi_histogram(&times_s, 0.001, 1.0, 1)?;
/// assert_eq!((histogram.counts, histogram.above), (vec![2, 1, 0], 1));
/// # Ok::<(), synfire_analysis::rates::RateError>(())
/// ```
pub fn log_isi_histogram(
    times_s: &[f64],
    least_s: f64,
    most_s: f64,
    per_decade: u32,
) -> Result<IsiHistogram, RateError> {
    if !(least_s > 0.0 && least_s.is_finite()) {
        return Err(RateError::NotPositive { name: "least interval in s", value: least_s });
    }
    let bins = Bins::new(least_s.log10(), most_s.log10(), 1.0 / f64::from(per_decade))?;
    Ok(counted(iter(times_s).map(f64::log10), &bins, |edge| 10f64.powf(edge)))
}

fn counted(values: impl Iterator<Item = f64>, bins: &Bins, edge_s: impl Fn(f64) -> f64) -> IsiHistogram {
    let (mut counts, mut below, mut above) = (vec![0; bins.len()], 0, 0);
    for value in values {
        match bins.index(value).and_then(|bin| counts.get_mut(bin)) {
            Some(count) => *count += 1,
            None if value < bins.start_s() => below += 1,
            None => above += 1,
        }
    }
    let edges_s = (0..=bins.len()).map(|i| edge_s(bins.start_s() + i as f64 * bins.width_s())).collect();
    IsiHistogram { edges_s, counts, below, above }
}
