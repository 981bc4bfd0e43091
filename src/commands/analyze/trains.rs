//! Statistics of the spike trains of a file.

use super::Metric;
use anyhow::{Result, bail};
use std::path::Path;
use synfire::analysis::intervals::{self, TableOptions};
use synfire::analysis::table::Table;
use synfire::datasets::formats::{self, ReadOptions};

/// Window of the Fano factor, in seconds.
const FANO_WINDOW_S: f64 = 1.0;

/// The tables of `metrics` of a spike file.
pub(super) fn tables(file: &Path, metrics: &[Metric]) -> Result<Vec<Table>> {
    if let Some(metric) = metrics.iter().find(|metric| !metric.is_of_trains()) {
        bail!(
            "--metrics {}: is of runs; {} is a spike file, which has rates and intervals",
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
            _ => Ok(intervals::table(&trains, &options)?),
        })
        .collect()
}
