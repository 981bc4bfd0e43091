//! Statistics of a Parquet spike file of any size, a batch at a time.

use super::{Analyze, Metric};
use crate::commands::terminal::spike_bar;
use anyhow::{Result, bail};
use synfire::analysis::scan::TrainBatches;
use synfire::analysis::stream::{StreamOptions, StreamedStatistics, TrainStatistics};
use synfire::analysis::table::Table;

/// The tables of `metrics` of the file that `analyze` names.
pub(super) fn tables(analyze: &Analyze, metrics: &[Metric]) -> Result<Vec<Table>> {
    let file = &analyze.input;
    let streamed = [Metric::Rates, Metric::Intervals, Metric::Correlation];
    if let Some(metric) = metrics.iter().find(|metric| !streamed.contains(metric)) {
        bail!(
            "--metrics {}: {} is streamed, which gives rates, intervals and correlation",
            metric.name(),
            file.display()
        );
    }
    let bin_s = metrics.contains(&Metric::Correlation).then_some(analyze.bin_ms / 1000.0);
    let options =
        StreamOptions { start_s: analyze.start_s.unwrap_or(0.0), bin_s, ..StreamOptions::default() };
    let mut statistics = TrainStatistics::new(options)?;
    let bar = spike_bar();
    for batch in TrainBatches::open(std::slice::from_ref(file))? {
        let batch = batch?;
        statistics.observe(&batch.times_s, &batch.units)?;
        bar.set_position(statistics.spikes());
    }
    bar.finish_and_clear();
    let found = statistics.finish(analyze.stop_s)?;
    Ok(metrics.iter().flat_map(|metric| of_metric(*metric, &found)).collect())
}

fn of_metric(metric: Metric, found: &StreamedStatistics) -> Vec<Table> {
    match metric {
        Metric::Rates => vec![found.summary(), found.rate_table()],
        Metric::Correlation => found.correlation_summary().into_iter().collect(),
        _ => vec![found.by_unit(), found.interval_table()],
    }
}
