//! Coincidences of units in bins, block of bins after block of bins.

use super::StreamError;
use crate::binning::{BinnedTrains, whole_bins};
use crate::correlation::Coincidences;
use crate::pairs::SymmetricMatrix;

/// Spikes that are gathered before their coincidences are counted.
const BLOCK_SPIKES: usize = 1 << 20;

/// Bins of a block at most; what a sparse recording may leave empty.
const BLOCK_BINS: u64 = 1 << 22;

/// Gathers spikes in blocks of whole bins and counts each block's coincidences.
#[derive(Debug)]
pub(super) struct BlockedCoincidences {
    start_s: f64,
    bin_s: f64,
    per_s: f64,
    /// First bin of the block.
    first: u64,
    /// (unit, bin of the block) of each spike of the block, bins ascending.
    spikes: Vec<(u32, u32)>,
    /// Units so far.
    units: usize,
    sums: Coincidences,
}

impl BlockedCoincidences {
    pub(super) fn new(start_s: f64, bin_s: f64) -> Self {
        Self {
            start_s,
            bin_s,
            per_s: 1.0 / bin_s,
            first: 0,
            spikes: Vec::new(),
            units: 0,
            sums: Coincidences::default(),
        }
    }

    /// Takes a spike of a unit, which comes at no earlier bin than the last.
    #[inline]
    pub(super) fn observe(&mut self, unit: u32, time_s: f64) {
        let bin = whole_bins((time_s - self.start_s) * self.per_s).max(0) as u64;
        let mut place = bin.saturating_sub(self.first);
        let full = self.spikes.len() >= BLOCK_SPIKES
            && self.spikes.last().is_some_and(|&(_, last)| place > u64::from(last));
        if full || place >= BLOCK_BINS {
            self.count(bin);
            place = 0;
        }
        self.units = self.units.max(unit as usize + 1);
        self.spikes.push((unit, place as u32));
    }

    /// Counts the block, whose bins end before `next`.
    fn count(&mut self, next: u64) {
        let bins = self.spikes.last().map_or(0, |&(_, last)| last + 1);
        self.sums.add(&BinnedTrains::from_cells(self.units, bins, self.bin_s, &self.spikes));
        self.spikes.clear();
        self.first = next;
    }

    /// The correlations over all whole bins up to `stop_s` of the units at `places`.
    pub(super) fn correlation(
        mut self,
        places: &[usize],
        stop_s: f64,
    ) -> Result<SymmetricMatrix, StreamError> {
        let bins = whole_bins((stop_s - self.start_s) / self.bin_s).max(0) as u64;
        if bins == 0 {
            return Err(StreamError::NoBin { start_s: self.start_s, stop_s, bin_s: self.bin_s });
        }
        let first = self.first;
        self.spikes.retain(|&(_, bin)| first + u64::from(bin) < bins);
        self.count(bins);
        Ok(self.sums.correlation(places, bins))
    }
}
