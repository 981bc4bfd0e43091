//! The statistics of a stream as tables, with the names of those of trains in memory.

use super::{IntervalHistogram, StreamedStatistics};
use crate::intervals::{Row, TableOptions, rows_table, summary_of};
use crate::pairs::{summary_table, summary_values};
use crate::table::{Table, Values};

impl StreamedStatistics {
    /// Rates and intervals of each unit. What needs a whole train (Fano factor, bursts) is left out.
    #[must_use]
    pub fn by_unit(&self) -> Table {
        let duration_s = self.stop_s - self.start_s;
        let rows: Vec<Row> = (0..self.unit_ids.len())
            .map(|unit| Row {
                spikes: self.spikes[unit],
                rate: self.spikes[unit] as f64 / duration_s,
                mean_isi: self.mean_interval_s[unit],
                variability: self.variability[unit],
                of_train: None,
            })
            .collect();
        rows_table(&self.unit_ids, &rows, &TableOptions::default())
    }

    /// Mean, spread and quantiles over the units of each column of [`by_unit`](Self::by_unit).
    #[must_use]
    pub fn summary(&self) -> Table {
        summary_of(&self.by_unit())
    }

    /// Mean, spread and range of the correlation over the pairs of units, where it was asked for.
    #[must_use]
    pub fn correlation_summary(&self) -> Option<Table> {
        let correlation = self.correlation.as_ref()?;
        let title = format!("Correlation of the spike counts of {} units in bins", correlation.units());
        let definition = "Pearson correlation of the spike counts of two units in bins";
        Some(summary_table("pair_correlation", title).column(
            "correlation",
            "correlation",
            "",
            definition,
            summary_values(correlation),
        ))
    }

    /// Intervals of all units in bins, empty ones left out.
    #[must_use]
    pub fn interval_table(&self) -> Table {
        let filled = || (0..).zip(&self.interval_histogram.counts).filter(|(_, count)| **count > 0);
        Table::new("interval_histogram", "Inter-spike intervals of all units")
            .column(
                "from_s",
                "from",
                "s",
                "least interval of the bin; it ends where the next of eight bins an octave begins",
                Values::Real(filled().map(|(bin, _)| IntervalHistogram::low_s(bin)).collect()),
            )
            .column(
                "intervals",
                "intervals",
                "",
                "intervals in the bin",
                Values::Integer(filled().map(|(_, count)| *count as i64).collect()),
            )
    }

    /// Spikes of all units over time.
    #[must_use]
    pub fn rate_table(&self) -> Table {
        let histogram = &self.rate_histogram;
        let starts =
            (0..histogram.counts.len()).map(|bin| histogram.start_s + bin as f64 * histogram.width_s);
        let unit_seconds = histogram.width_s * self.unit_ids.len() as f64;
        Table::new("rate_histogram", "Firing rate over time, in the mean over units")
            .column(
                "from_s",
                "from",
                "s",
                "start of the bin; bins are of equal width",
                Values::Real(starts.collect()),
            )
            .column(
                "rate_hz",
                "rate",
                "Hz",
                "spikes in the bin by its width and the number of units",
                Values::Real(histogram.counts.iter().map(|&count| count as f64 / unit_seconds).collect()),
            )
    }
}
