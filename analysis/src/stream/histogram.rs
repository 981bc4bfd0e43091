//! Histograms whose size does not depend on the length of the recording.

/// Bins of a [`RateHistogram`] at most.
const RATE_BINS: usize = 4096;

/// Spikes of all units over time, in bins that double in width whenever the recording outgrows them.
#[derive(Debug, Clone, PartialEq)]
pub struct RateHistogram {
    /// Start of the first bin in seconds.
    pub start_s: f64,
    /// Width of a bin in seconds.
    pub width_s: f64,
    /// Spikes in each bin, up to the last that has any.
    pub counts: Vec<u64>,
}

impl RateHistogram {
    /// No spikes yet, in bins of a millisecond.
    pub(super) fn new(start_s: f64) -> Self {
        Self { start_s, width_s: 1e-3, counts: Vec::new() }
    }

    /// Takes a spike not before the start.
    #[inline]
    pub(super) fn observe(&mut self, time_s: f64) {
        let mut bin = (time_s - self.start_s) / self.width_s;
        while bin >= RATE_BINS as f64 {
            self.counts = self.counts.chunks(2).map(|pair| pair.iter().sum()).collect();
            self.width_s *= 2.0;
            bin /= 2.0;
        }
        let bin = bin as usize;
        if bin >= self.counts.len() {
            self.counts.resize(bin + 1, 0);
        }
        self.counts[bin] += 1;
    }
}

/// Bins an octave of an [`IntervalHistogram`].
const PER_OCTAVE: u64 = 8;
/// Bits of a double that are not its exponent and the leading three bits of its mantissa.
const SHIFT: u32 = 52 - 3;
/// Octaves below and above one second: 1 microsecond to 12 days.
const OCTAVES: i32 = 20;
/// The first bin, in the same bits.
const FIRST: u64 = ((1023 - OCTAVES as u64) << 3) - 1;

/// Intervals of all units, in eight bins an octave from `2^-20` s (about 1 us) to `2^20` s.
///
/// Within an octave the bins are of equal width, so that the bin of an interval stands in the leading bits of its double: its
/// exponent and three bits of its mantissa. Shorter intervals, those of length 0 among them, are in the first bin, longer ones
/// in the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntervalHistogram {
    /// Intervals in each bin.
    pub counts: Vec<u64>,
}

impl IntervalHistogram {
    pub(super) fn new() -> Self {
        Self { counts: vec![0; 2 * OCTAVES as usize * PER_OCTAVE as usize + 2] }
    }

    #[inline]
    pub(super) fn observe(&mut self, interval_s: f64) {
        let bin = (interval_s.to_bits() >> SHIFT).saturating_sub(FIRST) as usize;
        let last = self.counts.len() - 1;
        self.counts[bin.min(last)] += 1;
    }

    /// Least interval of a bin in seconds: 0 of the first.
    #[must_use]
    pub fn low_s(bin: usize) -> f64 {
        let Some(bin) = bin.checked_sub(1) else { return 0.0 };
        let (octave, part) = (bin as i32 / PER_OCTAVE as i32, bin as i32 % PER_OCTAVE as i32);
        2f64.powi(octave - OCTAVES) * (1.0 + f64::from(part) / PER_OCTAVE as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_longer_recording_has_wider_bins_and_the_same_spikes() {
        let mut histogram = RateHistogram::new(2.0);
        for second in 0..100 {
            histogram.observe(2.0 + f64::from(second) + 0.25);
        }
        assert_eq!(histogram.width_s, 0.032);
        assert_eq!(histogram.counts.iter().sum::<u64>(), 100);
        assert_eq!(histogram.counts.iter().position(|&count| count > 0), Some(7));
        assert!(histogram.counts.len() <= RATE_BINS);
    }

    proptest! {
        #[test]
        fn an_interval_lies_between_the_edges_of_its_bin(exponent in -25.0f64..25.0) {
            let interval_s = 2f64.powf(exponent);
            let mut histogram = IntervalHistogram::new();
            histogram.observe(interval_s);
            let bin = histogram.counts.iter().position(|&count| count == 1).unwrap_or(usize::MAX);
            prop_assert!(IntervalHistogram::low_s(bin) <= interval_s);
            let last = histogram.counts.len() - 1;
            prop_assert!(bin == last || interval_s < IntervalHistogram::low_s(bin + 1));
        }
    }

    #[test]
    fn identical_times_are_intervals_of_the_first_bin() {
        let mut histogram = IntervalHistogram::new();
        histogram.observe(0.0);
        assert_eq!(histogram.counts[0], 1);
        assert_eq!(IntervalHistogram::low_s(1), 2f64.powi(-OCTAVES));
    }
}
