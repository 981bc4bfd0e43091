//! Statistics of the spike trains of a file.

use super::Metric;
use anyhow::{Result, bail};
use std::path::Path;
use synfire::analysis::intervals::{self, TableOptions};
use synfire::analysis::table::Table;
use synfire::analysis::{correlation, distance};
use synfire::datasets::formats::{self, ReadOptions};

/// Window of the Fano factor, in seconds.
const FANO_WINDOW_S: f64 = 1.0;
/// Reach of the tiling coefficient, in seconds.
const REACH_S: f64 = 0.005;
/// Time constant of distances between trains, in seconds.
const PAIR_TAU_S: f64 = 0.1;
/// Units whose pairs are compared: the most active ones, as work grows with the square.
const PAIR_UNITS: usize = 100;

/// The tables of `metrics` of a spike file; counts of pairs are correlated in bins of `bin_s`.
pub(super) fn tables(file: &Path, metrics: &[Metric], bin_s: f64) -> Result<Vec<Table>> {
    if let Some(metric) = metrics.iter().find(|metric| !metric.is_of_trains()) {
        bail!(
            "--metrics {}: is of runs; {} is a spike file, which has rates, intervals, correlation and distance",
            metric.name(),
            file.display()
        );
    }
    let trains = formats::read(file, &ReadOptions::default())?.trains();
    // A shorter recording has no window of this length to count in.
    let fano_window = (trains.duration_s() >= FANO_WINDOW_S).then_some(FANO_WINDOW_S);
    let options = TableOptions { fano_window, ..TableOptions::default() };
    metrics
        .iter()
        .map(|metric| match metric {
            Metric::Rates => Ok(intervals::summary(&trains, &options)?),
            Metric::Correlation => Ok(correlation::table(&trains, bin_s, REACH_S, PAIR_UNITS)?),
            Metric::Distance => Ok(distance::table(&trains, PAIR_TAU_S, PAIR_UNITS)),
            _ => Ok(intervals::table(&trains, &options)?),
        })
        .collect()
}
