//! Distances between the neurons of two grids, whose centres lie on each other.
//!
//! ```text
//! place of row r of n, in µm: (r - (n - 1) / 2) spacing;  columns alike;  channels have one place
//! ```
//!
//! On a torus a distance is the least one around it.

use crate::network::description::{Grid, Population};
use crate::network::error::KeyError;
use std::ops::RangeInclusive;

/// Share by which rounding may carry a neuron on the edge of a circle out of it.
const ROUNDING: f64 = 1e-9;

/// The grids of source and target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Geometry {
    source: Grid,
    target: Grid,
}

impl Geometry {
    /// The geometry of two populations with grids that fit each other.
    pub(crate) fn new(source: &Population, target: &Population) -> Result<Self, KeyError> {
        let grid = |population: &Population| {
            population.grid.ok_or_else(|| {
                let name = &population.name;
                KeyError::new("", format!("'{name}' has no grid; give population.{name}.grid"))
            })
        };
        let geometry = Self { source: grid(source)?, target: grid(target)? };
        let extents = [geometry.source, geometry.target].map(|grid| grid.periodic.then(|| grid.extent_um()));
        let alike = match extents {
            [None, None] => true,
            [Some(a), Some(b)] => a.iter().zip(b).all(|(a, b)| (a - b).abs() <= ROUNDING * a),
            _ => false,
        };
        if alike {
            return Ok(geometry);
        }
        let problem = format!(
            "the grids of '{}' and '{}' do not close on each other; make both periodic, of one length and width",
            source.name, target.name
        );
        Err(KeyError::new("", problem))
    }

    /// Distance in µm.
    pub(crate) fn distance_um(&self, source: u32, target: u32) -> f64 {
        let (from, to) = (place(&self.source, source), place(&self.target, target));
        [0, 1].map(|axis| self.along(axis, from[axis] - to[axis])).iter().map(|d| d * d).sum::<f64>().sqrt()
    }

    /// A difference of places along an axis, the short way round.
    fn along(&self, axis: usize, difference_um: f64) -> f64 {
        if !self.source.periodic {
            return difference_um;
        }
        let period_um = self.source.extent_um()[axis];
        difference_um - period_um * (difference_um / period_um).round()
    }

    /// Calls `each` with every source within `reach_um` of a target and with its distance, in a fixed order.
    pub(super) fn within(&self, target: u32, reach_um: f64, each: &mut dyn FnMut(u32, f64)) {
        let Grid { rows, columns, channels, .. } = self.source;
        let centre = place(&self.target, target);
        let largest = (reach_um * reach_um) * (1.0 + ROUNDING);
        for row in self.reached(rows, centre[0], reach_um) {
            let across = self.along(0, at(&self.source, rows, row) - centre[0]);
            for column in self.reached(columns, centre[1], reach_um) {
                let along = self.along(1, at(&self.source, columns, column) - centre[1]);
                let squared = across * across + along * along;
                if squared <= largest {
                    let distance_um = squared.sqrt();
                    (0..channels)
                        .for_each(|channel| each((channel * rows + row) * columns + column, distance_um));
                }
            }
        }
    }

    /// The rows (or columns) of `n` of the source whose place lies within `reach_um` of `centre_um`.
    fn reached(&self, n: u32, centre_um: f64, reach_um: f64) -> impl Iterator<Item = u32> + use<> {
        let (middle, half) =
            (centre_um / self.source.spacing_um + centred(n), reach_um / self.source.spacing_um);
        let slack = ROUNDING * (1.0 + half);
        let (low, high) = ((middle - half - slack).ceil(), (middle + half + slack).floor());
        let n = i64::from(n);
        let range: RangeInclusive<i64> = if self.source.periodic {
            low as i64..=(high as i64).min((low as i64).saturating_add(n - 1))
        } else {
            (low as i64).max(0)..=(high as i64).min(n - 1)
        };
        range.map(move |place| place.rem_euclid(n) as u32)
    }
}

/// Number of the middle row of `n`.
fn centred(n: u32) -> f64 {
    0.5 * f64::from(n - 1)
}

fn at(grid: &Grid, n: u32, number: u32) -> f64 {
    (f64::from(number) - centred(n)) * grid.spacing_um
}

/// Place of a neuron in µm: along the rows' direction and the columns'.
fn place(grid: &Grid, neuron: u32) -> [f64; 2] {
    let (row, column) = (neuron / grid.columns % grid.rows, neuron % grid.columns);
    [at(grid, grid.rows, row), at(grid, grid.columns, column)]
}
