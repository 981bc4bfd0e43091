//! Spike trains as counts in bins of equal width, kept sparsely: only bins that hold spikes are stored.
//!
//! Bin k of width w over a span from t0 holds the spikes with `trunc((t - t0) / w) = k`. Times are rarely exact multiples of
//! w in floating point, so a spike whose quotient ends in a fraction of at least `1 - 1e-8` belongs to the next bin, and the
//! number of bins, `(stop - t0) / w`, is rounded up in the same way. Spikes beyond the last whole bin, such as one at the very
//! stop, are left out. This is the rule of Elephant's `BinnedSpikeTrain`.

use synfire_datasets::trains::SpikeTrains;

/// A quotient this close below a whole number counts as that number.
const TOLERANCE: f64 = 1e-8;

/// Most bins of a span: what indexes over bins may take.
pub const MAX_BINS: u32 = 1 << 26;

/// Why trains cannot be binned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BinningError {
    /// The width of a bin is not a positive number.
    #[error("bin width {0} s; it must be positive and finite")]
    Width(f64),
    /// The span falls into too many bins.
    #[error("{duration_s} s in bins of {bin_s} s are more than {MAX_BINS} bins; choose wider bins")]
    TooMany {
        /// Length of the span.
        duration_s: f64,
        /// Width of a bin.
        bin_s: f64,
    },
}

/// Spike counts of many units in bins, in compressed rows.
#[derive(Debug, Clone, PartialEq)]
pub struct BinnedTrains {
    /// Bins that hold spikes, ascending, unit after unit.
    columns: Vec<u32>,
    /// Spikes in each of `columns`, from 1.
    counts: Vec<u32>,
    /// Where each unit starts in `columns`, and the end of the last.
    offsets: Vec<usize>,
    bins: u32,
    bin_s: f64,
}

/// The spike counts of one unit in bins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinnedTrain<'a> {
    /// Bins that hold spikes, ascending.
    pub columns: &'a [u32],
    /// Spikes in each of `columns`, from 1.
    pub counts: &'a [u32],
    /// Bins of the span.
    pub bins: u32,
    /// Width of a bin in seconds.
    pub bin_s: f64,
}

/// The whole part of a quotient of times, as the module says; 0 of NaN.
#[inline]
pub(crate) fn whole_bins(quotient: f64) -> i64 {
    let whole = quotient as i64;
    whole.saturating_add(i64::from(quotient - whole as f64 >= 1.0 - TOLERANCE))
}

/// Number of whole bins of a span.
pub(crate) fn bins_of(duration_s: f64, bin_s: f64) -> Result<u32, BinningError> {
    if !(bin_s > 0.0 && bin_s.is_finite()) {
        return Err(BinningError::Width(bin_s));
    }
    let quotient = duration_s / bin_s;
    if quotient < f64::from(MAX_BINS) {
        Ok(whole_bins(quotient) as u32)
    } else {
        Err(BinningError::TooMany { duration_s, bin_s })
    }
}

impl BinnedTrains {
    /// Counts the spikes of each unit in bins of `bin_s` seconds.
    ///
    /// ```
    /// use synfire_analysis::binning::BinnedTrains;
    /// use synfire_datasets::trains::SpikeTrains;
    ///
    /// let trains = SpikeTrains::new(&[[0.001, 0.004, 0.005, 0.015], [0.0, 0.0, 0.012, 0.02]], 0.0, 0.02)?;
    /// let binned = BinnedTrains::new(&trains, 0.005)?;
    /// assert_eq!((binned.train(0).columns, binned.train(0).counts), (&[0, 1, 3][..], &[2, 1, 1][..]));
    /// assert_eq!((binned.train(1).columns, binned.train(1).counts), (&[0, 2][..], &[2, 1][..])); // none at the stop
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`BinningError`] where the width is not positive or the bins are more than [`MAX_BINS`].
    pub fn new(trains: &SpikeTrains, bin_s: f64) -> Result<Self, BinningError> {
        let bins = bins_of(trains.duration_s(), bin_s)?;
        let (start_s, per_second) = (trains.start_s(), 1.0 / bin_s);
        let mut columns: Vec<u32> = Vec::with_capacity(trains.spikes());
        let mut counts: Vec<u32> = Vec::with_capacity(trains.spikes());
        let mut offsets = Vec::with_capacity(trains.len() + 1);
        offsets.push(0);
        for train in trains.iter() {
            let mut last = u32::MAX;
            for &time_s in train {
                let bin = whole_bins((time_s - start_s) * per_second);
                if bin >= i64::from(bins) {
                    break;
                }
                let bin = bin as u32;
                if bin == last {
                    if let Some(count) = counts.last_mut() {
                        *count += 1;
                    }
                } else {
                    columns.push(bin);
                    counts.push(1);
                    last = bin;
                }
            }
            offsets.push(columns.len());
        }
        Ok(Self { columns, counts, offsets, bins, bin_s })
    }

    /// Counts of spikes that come as (unit, bin), ordered by bin; there are `units` units and `bins` bins.
    pub(crate) fn from_cells(units: usize, bins: u32, bin_s: f64, spikes: &[(u32, u32)]) -> Self {
        let mut offsets = vec![0; units + 1];
        let mut last = vec![u32::MAX; units];
        for &(unit, bin) in spikes {
            let unit = unit as usize;
            offsets[unit + 1] += usize::from(last[unit] != bin);
            last[unit] = bin;
        }
        for unit in 0..units {
            offsets[unit + 1] += offsets[unit];
        }
        let cells = offsets[units];
        let (mut columns, mut counts) = (vec![0; cells], vec![0; cells]);
        let mut next = offsets.clone();
        last.fill(u32::MAX);
        for &(unit, bin) in spikes {
            let unit = unit as usize;
            if last[unit] != bin {
                columns[next[unit]] = bin;
                next[unit] += 1;
                last[unit] = bin;
            }
            counts[next[unit] - 1] += 1;
        }
        Self { columns, counts, offsets, bins, bin_s }
    }

    /// The same bins with every count clipped to 1.
    #[must_use]
    pub fn binary(mut self) -> Self {
        self.counts.fill(1);
        self
    }

    /// Number of units.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are no units.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bins of the span.
    #[must_use]
    pub fn bins(&self) -> u32 {
        self.bins
    }

    /// Width of a bin in seconds.
    #[must_use]
    pub fn bin_s(&self) -> f64 {
        self.bin_s
    }

    /// The counts of one unit. Panics beyond the last unit, as a slice does.
    #[must_use]
    pub fn train(&self, unit: usize) -> BinnedTrain<'_> {
        let span = self.offsets[unit]..self.offsets[unit + 1];
        BinnedTrain {
            columns: &self.columns[span.clone()],
            counts: &self.counts[span],
            bins: self.bins,
            bin_s: self.bin_s,
        }
    }

    /// Share of (unit, bin) cells that hold a spike; NaN without cells. Elephant calls this density `sparsity`.
    #[must_use]
    pub fn density(&self) -> f64 {
        self.columns.len() as f64 / (self.len() as f64 * f64::from(self.bins))
    }

    /// Where each unit starts among the stored cells, and the end of the last.
    pub(crate) fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// The spikes of all stored cells, unit after unit.
    pub(crate) fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The bins of all stored cells, unit after unit.
    pub(crate) fn columns(&self) -> &[u32] {
        &self.columns
    }
}

impl BinnedTrain<'_> {
    /// Spikes in all bins.
    #[must_use]
    pub fn spikes(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count)).sum()
    }

    /// Sum of the squared counts.
    #[must_use]
    pub fn squares(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count).pow(2)).sum()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn columns(times: &[f64], start_s: f64, stop_s: f64, bin_s: f64) -> Vec<u32> {
        let trains = SpikeTrains::new(&[times], start_s, stop_s).unwrap();
        BinnedTrains::new(&trains, bin_s).unwrap().train(0).columns.to_vec()
    }

    #[test]
    fn a_time_that_is_a_multiple_of_the_width_up_to_rounding_opens_its_bin() {
        // 0.3 / 0.1 is 2.9999999999999996.
        assert_eq!(columns(&[0.3], 0.0, 1.0, 0.1), [3]);
        assert_eq!(columns(&[0.3 - 1e-8], 0.0, 1.0, 0.1), [2]);
        let times: Vec<f64> = (0..1000).map(|k| f64::from(k) * 1e-3 + 12.5).collect();
        assert_eq!(columns(&times, 12.5, 13.5, 1e-3), (0..1000).collect::<Vec<u32>>());
    }

    #[test]
    fn spikes_beyond_the_last_whole_bin_are_left_out() {
        assert_eq!(columns(&[0.1, 0.9, 1.0], 0.0, 1.0, 0.4), [0]);
        assert_eq!(columns(&[1.0], 0.0, 1.0, 0.5), [0; 0]);
    }

    #[test]
    fn widths_that_make_no_bins_are_refused() {
        let trains = SpikeTrains::new(&[[0.5]], 0.0, 1.0).unwrap();
        for width in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(BinnedTrains::new(&trains, width), Err(BinningError::Width(_))));
        }
        let error = BinnedTrains::new(&trains, 1e-12).unwrap_err().to_string();
        assert!(error.contains("choose wider bins"), "{error}");
    }
}
