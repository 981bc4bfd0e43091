//! One value for each pair of units: a symmetric matrix, what it holds in the mean, and its extreme pairs.
//!
//! Only the upper triangle is kept, row after row: 4 n² bytes for n units. Rows are filled in parallel; each value is
//! computed by one thread in a fixed order, so that results do not depend on the number of threads.

use crate::table::{Table, Values};
use rayon::prelude::*;
use synfire_datasets::trains::SpikeTrains;

/// A symmetric matrix over units.
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetricMatrix {
    units: usize,
    /// The values (i, j), j >= i, by i, then j.
    upper: Vec<f64>,
}

/// What the pairs of different units hold, pairs without a value (NaN) left aside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairSummary {
    /// Pairs that have a value.
    pub pairs: usize,
    /// Mean over the pairs; NaN without pairs, as the other values.
    pub mean: f64,
    /// Standard deviation over the pairs (divisor: the number of pairs).
    pub sd: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

impl SymmetricMatrix {
    /// Fills row by row: `fill(scratch, i, row)` sets the values (i, i), (i, i + 1), ... of `row`. Each thread makes its
    /// own `scratch`.
    pub(crate) fn from_rows<S>(
        units: usize,
        scratch: impl Fn() -> S + Sync + Send,
        fill: impl Fn(&mut S, usize, &mut [f64]) + Sync + Send,
    ) -> Self {
        Self::from_row_groups(units, 1, scratch, |scratch, _, rows| {
            rows.iter_mut().for_each(|(i, row)| fill(scratch, *i, row));
        })
    }

    /// Fills groups of `size` rows: `fill(scratch, first, rows)` sets the rows `(i, row)` from `first` on.
    pub(crate) fn from_row_groups<S>(
        units: usize,
        size: usize,
        scratch: impl Fn() -> S + Sync + Send,
        fill: impl Fn(&mut S, usize, &mut [(usize, &mut [f64])]) + Sync + Send,
    ) -> Self {
        let mut matrix = Self { units, upper: vec![0.0; units * (units + 1) / 2] };
        let mut rows = matrix.rows_mut();
        let groups = rows.par_chunks_mut(size).enumerate();
        groups.for_each_init(scratch, |scratch, (group, rows)| fill(scratch, group * size, rows));
        matrix
    }

    /// Changes the values row by row, as [`from_rows`](Self::from_rows) sets them.
    pub(crate) fn update_rows(&mut self, update: impl Fn(usize, &mut [f64]) + Sync + Send) {
        self.rows_mut().into_par_iter().for_each(|(i, row)| update(i, row));
    }

    fn rows_mut(&mut self) -> Vec<(usize, &mut [f64])> {
        let mut rest = self.upper.as_mut_slice();
        let mut rows = Vec::with_capacity(self.units);
        for i in 0..self.units {
            let (row, others) = rest.split_at_mut(self.units - i);
            rows.push((i, row));
            rest = others;
        }
        rows
    }

    /// Computes each pair by itself; `diagonal` gives the value of a unit with itself.
    pub(crate) fn from_pairs(
        units: usize,
        diagonal: impl Fn(usize) -> f64 + Sync + Send,
        pair: impl Fn(usize, usize) -> f64 + Sync + Send,
    ) -> Self {
        Self::from_rows(
            units,
            || (),
            |(), i, row| {
                for (j, value) in (i..).zip(row) {
                    *value = if i == j { diagonal(i) } else { pair(i, j) };
                }
            },
        )
    }

    /// Number of units.
    #[must_use]
    pub fn units(&self) -> usize {
        self.units
    }

    /// The value of two units. Panics beyond the last unit, as a slice does.
    #[must_use]
    pub fn get(&self, i: usize, j: usize) -> f64 {
        let (i, j) = (i.min(j), i.max(j));
        assert!(j < self.units, "unit {j} of a matrix of {} units", self.units);
        self.upper[i * self.units - i * (i + 1) / 2 + j]
    }

    /// The pairs of different units `(i, j, value)`, i < j.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        let indices = (0..self.units).flat_map(|i| (i..self.units).map(move |j| (i, j)));
        indices.zip(&self.upper).filter(|((i, j), _)| i < j).map(|((i, j), value)| (i, j, *value))
    }

    /// The whole matrix, row after row.
    #[must_use]
    pub fn to_dense(&self) -> Vec<f64> {
        (0..self.units).flat_map(|i| (0..self.units).map(move |j| self.get(i, j))).collect()
    }

    /// Mean, spread and range over the pairs of different units.
    #[must_use]
    pub fn summary(&self) -> PairSummary {
        let defined = || self.pairs().map(|(_, _, value)| value).filter(|value| !value.is_nan());
        let pairs = defined().count();
        let mean = defined().sum::<f64>() / pairs as f64;
        let variance = defined().map(|value| (value - mean).powi(2)).sum::<f64>() / pairs as f64;
        PairSummary {
            pairs,
            mean,
            sd: variance.sqrt(),
            min: defined().fold(f64::NAN, f64::min),
            max: defined().fold(f64::NAN, f64::max),
        }
    }

    /// The `count` pairs of largest value, largest first; pairs without a value left aside.
    #[must_use]
    pub fn largest(&self, count: usize) -> Vec<(usize, usize, f64)> {
        self.first_by(count, |a, b| b.total_cmp(&a))
    }

    /// The `count` pairs of smallest value, smallest first; pairs without a value left aside.
    #[must_use]
    pub fn smallest(&self, count: usize) -> Vec<(usize, usize, f64)> {
        self.first_by(count, |a, b| a.total_cmp(&b))
    }

    fn first_by(
        &self,
        count: usize,
        order: impl Fn(f64, f64) -> std::cmp::Ordering,
    ) -> Vec<(usize, usize, f64)> {
        let mut pairs: Vec<_> = self.pairs().filter(|pair| !pair.2.is_nan()).collect();
        let compare = |a: &(usize, usize, f64), b: &(usize, usize, f64)| {
            order(a.2, b.2).then_with(|| (a.0, a.1).cmp(&(b.0, b.1)))
        };
        if count < pairs.len() {
            pairs.select_nth_unstable_by(count, compare);
            pairs.truncate(count);
        }
        pairs.sort_unstable_by(compare);
        pairs
    }
}

/// The trains of the most active units, at most `most`, in their order: what a table of pairs can afford.
pub(crate) fn most_active(trains: &SpikeTrains, most: usize) -> SpikeTrains {
    let mut units: Vec<usize> = (0..trains.len()).collect();
    units.sort_by_key(|&unit| (std::cmp::Reverse(trains.train(unit).len()), unit));
    units.truncate(most);
    units.sort_unstable();
    trains.select(&units)
}

/// A table of pairs with the numbers of their units, to which the caller adds the values.
pub(crate) fn pair_table(
    name: &'static str,
    title: String,
    trains: &SpikeTrains,
    pairs: &[(usize, usize, f64)],
) -> Table {
    let ids = |index: fn(&(usize, usize, f64)) -> usize| {
        Values::Integer(pairs.iter().map(|pair| trains.unit_ids()[index(pair)]).collect())
    };
    Table::new(name, title).key("unit_a", "unit a", ids(|pair| pair.0)).key(
        "unit_b",
        "unit b",
        ids(|pair| pair.1),
    )
}

/// A table whose rows are mean, sd, min, max and number of the pairs, to which the caller adds [`summary_values`].
pub(crate) fn summary_table(name: &'static str, title: String) -> Table {
    Table::new(name, title).key(
        "statistic",
        "statistic",
        Values::Text(["mean", "sd", "min", "max", "pairs"].map(str::to_owned).to_vec()),
    )
}

/// A summary as the values of a column of a [`summary_table`].
pub(crate) fn summary_values(matrix: &SymmetricMatrix) -> Values {
    let s = matrix.summary();
    Values::Real(vec![s.mean, s.sd, s.min, s.max, s.pairs as f64])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> SymmetricMatrix {
        SymmetricMatrix::from_pairs(
            4,
            |i| i as f64,
            |i, j| if (i, j) == (0, 3) { f64::NAN } else { (10 * i + j) as f64 },
        )
    }

    #[test]
    fn both_triangles_hold_the_value_of_the_pair() {
        let matrix = example();
        assert_eq!((matrix.get(1, 2), matrix.get(2, 1), matrix.get(2, 2)), (12.0, 12.0, 2.0));
        let dense = matrix.to_dense();
        assert!((0..4).all(|i| (0..4).all(|j| dense[4 * i + j].to_bits() == matrix.get(i, j).to_bits())));
    }

    #[test]
    fn a_summary_leaves_undefined_pairs_and_the_diagonal_aside() {
        let summary = example().summary();
        // The pairs are 1, 2, 12, 13 and 23.
        assert_eq!((summary.pairs, summary.mean, summary.min, summary.max), (5, 10.2, 1.0, 23.0));
        assert!((summary.sd - (326.8f64 / 5.0).sqrt()).abs() < 1e-12);
        assert!(SymmetricMatrix::from_pairs(1, |_| 0.0, |_, _| 0.0).summary().mean.is_nan());
    }

    #[test]
    fn extreme_pairs_come_in_order() {
        let matrix = example();
        assert_eq!(matrix.largest(2), [(2, 3, 23.0), (1, 3, 13.0)]);
        assert_eq!(matrix.smallest(9).first(), Some(&(0, 1, 1.0)));
        assert_eq!(matrix.smallest(9).len(), 5);
    }
}
