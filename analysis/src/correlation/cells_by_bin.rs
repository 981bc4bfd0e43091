//! Dot products of spike counts, built row by row from the units that share a bin (Gustavson 1978, ACM TOMS 4, 250): the work
//! is the number of coincidences, not of bins.

use crate::binning::BinnedTrains;

/// Bins of a block: with its cells, it should fit the second-level cache.
const BLOCK: u32 = 512;

/// Units that go through the blocks together, for the same reason.
pub(super) const ROWS: usize = 32;

/// Stored cells by bin: who else is active when a unit is.
pub(super) struct CellsByBin {
    /// (unit, count) by bin, then unit.
    cells: Vec<(u32, u32)>,
    /// Where each bin starts in `cells`, and the end of the last.
    starts: Vec<usize>,
    /// For each stored cell of the rows, its place in `cells`.
    places: Vec<usize>,
}

impl CellsByBin {
    pub(super) fn new(binned: &BinnedTrains) -> Self {
        let columns = binned.columns();
        let mut starts = vec![0; binned.bins() as usize + 1];
        for &bin in columns {
            starts[bin as usize + 1] += 1;
        }
        for bin in 1..starts.len() {
            starts[bin] += starts[bin - 1];
        }
        let mut next = starts.clone();
        let mut cells = vec![(0, 0); columns.len()];
        let mut places = Vec::with_capacity(columns.len());
        for unit in 0..binned.len() {
            let train = binned.train(unit);
            for (&bin, &count) in train.columns.iter().zip(train.counts) {
                let place = next[bin as usize];
                cells[place] = (unit as u32, count);
                places.push(place);
                next[bin as usize] += 1;
            }
        }
        Self { cells, starts, places }
    }

    /// Adds to `dots` the dot products of each of the units `first`, `first + 1`, ... with all units from `first` on, one
    /// row of `width` values a unit. The units go through time together, block by block, so that the cells of a block stay
    /// in the cache; values before the diagonal are left 0.
    pub(super) fn add_dots(&self, binned: &BinnedTrains, first: usize, dots: &mut [u64], width: usize) {
        let rows = dots.len() / width;
        let mut at = binned.offsets()[first..first + rows].to_vec();
        for block_end in (BLOCK..binned.bins().next_multiple_of(BLOCK) + 1).step_by(BLOCK as usize) {
            for (row, dots) in dots.chunks_exact_mut(width).enumerate() {
                let end = binned.offsets()[first + row + 1];
                let (columns, counts) = (&binned.columns()[..end], &binned.counts()[..end]);
                let cell = &mut at[row];
                while *cell < end && columns[*cell] < block_end {
                    let count = u64::from(counts[*cell]);
                    let in_bin = self.places[*cell]..self.starts[columns[*cell] as usize + 1];
                    for &(unit, other) in &self.cells[in_bin] {
                        dots[unit as usize - first] += count * u64::from(other);
                    }
                    *cell += 1;
                }
            }
        }
    }
}
