//! Coincidences of spikes summed up block of bins by block of bins: exact integers from which correlations follow.
//!
//! Of the counts `b_i` of unit i: the dot products `b_i . b_j`, the spikes `n_i = sum b_i` and the number of bins B. The
//! correlation is that of [`super::matrix`].

use super::cells_by_bin::{CellsByBin, ROWS};
use crate::binning::BinnedTrains;
use crate::pairs::SymmetricMatrix;
use rayon::prelude::*;

/// Sums over all bins so far.
#[derive(Debug, Default)]
pub(crate) struct Coincidences {
    /// n_i.
    spikes: Vec<u64>,
    /// `b_i . b_j`: group g holds the units from `g ROWS` on, a row for each of the first `ROWS` of them.
    groups: Vec<Vec<u64>>,
}

impl Coincidences {
    /// Adds the bins of `binned`, whose unit i is unit i of these sums; it has no fewer units than were added before.
    pub(crate) fn add(&mut self, binned: &BinnedTrains) {
        self.grow(binned.len());
        for (unit, spikes) in self.spikes.iter_mut().enumerate() {
            *spikes += binned.train(unit).spikes();
        }
        let cells = CellsByBin::new(binned);
        let units = binned.len();
        self.groups.par_iter_mut().enumerate().for_each(|(group, dots)| {
            let first = group * ROWS;
            cells.add_dots(binned, first, dots, units - first);
        });
    }

    fn grow(&mut self, units: usize) {
        let before = self.spikes.len();
        if units == before {
            return;
        }
        self.spikes.resize(units, 0);
        let groups = (0..units.div_ceil(ROWS)).map(|group| {
            let first = group * ROWS;
            let (width, rows) = (units - first, ROWS.min(units - first));
            let mut dots = vec![0; rows * width];
            if let Some(old) = self.groups.get(group) {
                let old_width = before - first;
                for (row, old_row) in dots.chunks_exact_mut(width).zip(old.chunks_exact(old_width)) {
                    row[..old_width].copy_from_slice(old_row);
                }
            }
            dots
        });
        self.groups = groups.collect();
    }

    /// Pearson correlations over `bins` bins of the counts of the units at `places`; NaN for a unit whose count never changes.
    pub(crate) fn correlation(&self, places: &[usize], bins: u64) -> SymmetricMatrix {
        let deviations: Vec<f64> = places.iter().map(|&i| self.product(i, i, bins).sqrt()).collect();
        SymmetricMatrix::from_rows(
            places.len(),
            || (),
            |(), i, row| {
                for (j, value) in (i..).zip(row) {
                    let product = self.product(places[i], places[j], bins);
                    *value = (product / (deviations[i] * deviations[j])).clamp(-1.0, 1.0);
                }
            },
        )
    }

    /// `b_i . b_j - n_i n_j / B`.
    fn product(&self, i: usize, j: usize, bins: u64) -> f64 {
        let (low, high) = (i.min(j), i.max(j));
        let first = low / ROWS * ROWS;
        let width = self.spikes.len() - first;
        let dot = self.groups[low / ROWS][(low - first) * width + high - first];
        dot as f64 - self.spikes[i] as f64 * self.spikes[j] as f64 / bins as f64
    }
}
