//! Equal bins of time, and the bin that a spike falls into.
//!
//! Times and the number of bins are rounded by the rule of [`crate::binning`]; what does not fill a bin at the end is left
//! out, and so is a spike at the end of the last bin.

use super::error::{RateError, positive};
use crate::binning::whole_bins;

/// The most bins: 2 GiB of f64.
const MOST_BINS: usize = 1 << 28;

/// Equal bins that cover a span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bins {
    start_s: f64,
    width_s: f64,
    per_s: f64,
    len: usize,
}

impl Bins {
    /// The bins of `width_s` in `start_s..stop_s`.
    ///
    /// # Errors
    /// [`RateError::NotPositive`] for the width, [`RateError::NoBin`] if the span holds none,
    /// [`RateError::TooManyBins`] beyond 2^28.
    ///
    /// ```
    /// use synfire_analysis::rates::Bins;
    /// let bins = Bins::new(0.0, 0.3, 0.1)?;
    /// assert_eq!(bins.len(), 3); // 0.3 / 0.1 = 2.999...
    /// assert_eq!((bins.index(0.1), bins.index(0.3)), (Some(1), None));
    /// # Ok::<(), synfire_analysis::rates::RateError>(())
    /// ```
    pub fn new(start_s: f64, stop_s: f64, width_s: f64) -> Result<Self, RateError> {
        positive("bin width in s", width_s)?;
        let quotient = (stop_s - start_s) / width_s;
        let len = whole_bins(quotient);
        if len < 1 {
            return Err(RateError::NoBin { start_s, stop_s, width_s });
        }
        match usize::try_from(len) {
            Ok(len) if len <= MOST_BINS => Ok(Self { start_s, width_s, per_s: 1.0 / width_s, len }),
            _ => Err(RateError::TooManyBins { bins: quotient, limit: MOST_BINS }),
        }
    }

    /// Number of bins; at least 1.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "there is always a bin")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Start of the first bin in seconds.
    #[must_use]
    pub fn start_s(&self) -> f64 {
        self.start_s
    }

    /// Width of a bin in seconds.
    #[must_use]
    pub fn width_s(&self) -> f64 {
        self.width_s
    }

    /// The bin of a time; `None` before the first and from the end of the last on.
    #[inline]
    #[must_use]
    pub fn index(&self, time_s: f64) -> Option<usize> {
        let position = (time_s - self.start_s) * self.per_s;
        if position.is_nan() || position < 0.0 {
            return None;
        }
        let bin = whole_bins(position) as usize;
        (bin < self.len).then_some(bin)
    }

    /// Adds the spikes of a train to the counts of the bins; `counts` has [`len`](Self::len) values.
    pub fn count_into(&self, times_s: &[f64], counts: &mut [u64]) {
        for &time_s in times_s {
            if let Some(count) = self.index(time_s).and_then(|bin| counts.get_mut(bin)) {
                *count += 1;
            }
        }
    }

    /// The spikes in each bin.
    #[must_use]
    pub fn counts(&self, times_s: &[f64]) -> Vec<u64> {
        let mut counts = vec![0; self.len];
        self.count_into(times_s, &mut counts);
        counts
    }
}
