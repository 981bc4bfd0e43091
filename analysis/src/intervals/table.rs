//! Rates, interval statistics and bursts as tables: unit by unit, and over all units.

use super::{Variability, burst_threshold_s, bursts, fano_factor, share_of_spikes_in_bursts};
use crate::clock::{Clock, TimeBase};
use crate::rates::{Bins, RateError};
use crate::table::{Table, Values};
use rayon::prelude::*;
use synfire_datasets::trains::SpikeTrains;

/// What the tables hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableOptions {
    /// The clock of the times; LvR and bursts are left out where it has no seconds.
    pub clock: Clock,
    /// Refractory period for LvR in seconds.
    pub refractory_s: f64,
    /// Window for the Fano factor in the unit of the clock; the column is left out for `None`.
    pub fano_window: Option<f64>,
    /// Longest interval within bursts in seconds; by [`burst_threshold_s`] of each unit for `None`: one that it gives
    /// none for has no bursts.
    pub burst_isi_s: Option<f64>,
    /// Spikes that a burst has at least.
    pub burst_spikes: usize,
}

impl Default for TableOptions {
    /// Times in seconds, R = 5 ms, Fano factor of windows of 1 s, bursts of three spikes by the intervals of each unit.
    fn default() -> Self {
        Self {
            clock: Clock::SECONDS,
            refractory_s: 0.005,
            fano_window: Some(1.0),
            burst_isi_s: None,
            burst_spikes: 3,
        }
    }
}

/// What one unit did.
pub(crate) struct Row {
    pub(crate) spikes: u64,
    pub(crate) rate: f64,
    pub(crate) mean_isi: f64,
    pub(crate) variability: Variability,
    /// What only a whole train tells; absent for a train that was streamed.
    pub(crate) of_train: Option<OfTrain>,
}

/// Statistics that need all spikes of a unit at once.
pub(crate) struct OfTrain {
    fano: f64,
    bursts: usize,
    burst_share: f64,
}

/// One row a unit: spikes, rate, mean interval, CV, CV2, LV, LvR, Fano factor, bursts and the share of spikes in them.
///
/// # Errors
/// As for [`Bins::new`], for the window of the Fano factor.
///
/// ```
/// use synfire_analysis::intervals::{TableOptions, table};
/// use synfire_datasets::trains::SpikeTrains;
/// let trains = SpikeTrains::new(&[vec![0.0, 1.0, 4.0], vec![]], 0.0, 4.0)?;
/// let table = table(&trains, &TableOptions::default())?;
/// let cv2 = table.columns.iter().find(|column| column.name == "cv2").unwrap();
/// assert_eq!(table.rows(), 2);
/// assert!(cv2.definition.contains("I' + I"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn table(trains: &SpikeTrains, options: &TableOptions) -> Result<Table, RateError> {
    let windows =
        options.fano_window.map(|window| Bins::new(trains.start_s(), trains.stop_s(), window)).transpose()?;
    let rows: Vec<Row> = (0..trains.len())
        .into_par_iter()
        .map_init(
            || vec![0; windows.map_or(0, |bins| bins.len())],
            |counts, unit| row(trains.train(unit), trains.duration_s(), windows.as_ref(), counts, options),
        )
        .collect();
    Ok(rows_table(trains.unit_ids(), &rows, options))
}

/// The table of units and what each did.
pub(crate) fn rows_table(unit_ids: &[i64], rows: &[Row], options: &TableOptions) -> Table {
    let whole = rows.iter().all(|row| row.of_train.is_some());
    let mut table = Table::new("intervals", "Rates, intervals and bursts by unit")
        .key("unit", "unit", Values::Integer(unit_ids.to_vec()))
        .column(
            "spikes",
            "spikes",
            "",
            "spikes of the unit",
            Values::Integer(rows.iter().map(|row| row.spikes as i64).collect()),
        );
    for measure in measures(options, whole) {
        let values = Values::Real(rows.iter().map(measure.value).collect());
        table = table.column(measure.name, measure.heading, measure.unit, measure.definition, values);
    }
    table
}

/// One row a statistic of [`table`] (rate, CV, ...), over the units in which it is defined: how many they are, mean,
/// standard deviation (divisor N), least, quartiles and largest value. Quantiles are interpolated linearly between ranks.
///
/// # Errors
/// As for [`table`].
///
/// ```
/// use synfire_analysis::intervals::{TableOptions, summary};
/// use synfire_datasets::trains::SpikeTrains;
/// let trains = SpikeTrains::new(&[vec![1.0], vec![1.0, 2.0, 3.0], vec![]], 0.0, 4.0)?;
/// let summary = summary(&trains, &TableOptions::default())?;
/// assert_eq!(summary.columns[1].name, "units");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn summary(trains: &SpikeTrains, options: &TableOptions) -> Result<Table, RateError> {
    Ok(summary_of(&table(trains, options)?))
}

/// The summary of a table of units.
pub(crate) fn summary_of(by_unit: &Table) -> Table {
    let (mut names, mut units, mut spreads) = (Vec::new(), Vec::new(), Vec::new());
    for column in &by_unit.columns {
        if let Values::Real(values) = &column.values {
            let mut defined: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
            defined.sort_unstable_by(f64::total_cmp);
            names.push(column.name.to_owned());
            units.push(defined.len() as i64);
            spreads.push(spread(&defined));
        }
    }
    let pick = |i: usize| Values::Real(spreads.iter().map(|spread: &[f64; 7]| spread[i]).collect());
    Table::new("intervals_summary", "Rates, intervals and bursts over all units")
        .key("statistic", "statistic", Values::Text(names))
        .column("units", "units", "", "units in which the statistic is defined", Values::Integer(units))
        .column("mean", "mean", "", "mean over these units", pick(0))
        .column("sd", "s.d.", "", "standard deviation over these units, divisor N", pick(1))
        .column("least", "least", "", "smallest value", pick(2))
        .column("lower_quartile", "25 %", "", "a quarter of the units lies below", pick(3))
        .column("median", "median", "", "half of the units lies below", pick(4))
        .column("upper_quartile", "75 %", "", "three quarters of the units lie below", pick(5))
        .column("largest", "largest", "", "largest value", pick(6))
}

/// Mean, deviation, least, quartiles and largest of sorted values; NaN without any.
fn spread(sorted: &[f64]) -> [f64; 7] {
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let deviation = (sorted.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    let quantile = |share: f64| {
        let rank = share * (n - 1.0).max(0.0);
        let at = |index: f64| sorted.get(index as usize).copied().unwrap_or(f64::NAN);
        at(rank.floor()) + (at(rank.ceil()) - at(rank.floor())) * rank.fract()
    };
    [mean, deviation, quantile(0.0), quantile(0.25), quantile(0.5), quantile(0.75), quantile(1.0)]
}

fn row(
    times: &[f64],
    duration: f64,
    windows: Option<&Bins>,
    counts: &mut [u64],
    options: &TableOptions,
) -> Row {
    counts.fill(0);
    if let Some(windows) = windows {
        windows.count_into(times, counts);
    }
    let most_s =
        options.burst_isi_s.or_else(|| burst_threshold_s(times)).filter(|_| options.clock.in_seconds());
    let found = most_s.map_or_else(Vec::new, |most_s| bursts(times, most_s, options.burst_spikes));
    let span = times.last().zip(times.first()).map_or(f64::NAN, |(last, first)| last - first);
    Row {
        spikes: times.len() as u64,
        rate: times.len() as f64 / duration,
        mean_isi: span / times.len().saturating_sub(1) as f64,
        variability: Variability::of(times, options.refractory_s),
        of_train: Some(OfTrain {
            fano: fano_factor(counts.iter().copied()),
            bursts: found.len(),
            burst_share: share_of_spikes_in_bursts(&found, times.len()),
        }),
    }
}

fn of_train(row: &Row, value: fn(&OfTrain) -> f64) -> f64 {
    row.of_train.as_ref().map_or(f64::NAN, value)
}

/// A column of real numbers.
struct Measure {
    name: &'static str,
    heading: &'static str,
    unit: &'static str,
    definition: &'static str,
    value: fn(&Row) -> f64,
}

/// The columns that make sense on the clock, and of whole trains or streamed ones.
fn measures(options: &TableOptions, whole: bool) -> Vec<Measure> {
    let clock = options.clock;
    let column = |name, heading, unit, definition, value| Measure { name, heading, unit, definition, value };
    let (rate, isi) = match clock.base {
        TimeBase::Tokens if !clock.in_seconds() => ("rate_per_token", "mean_isi_tokens"),
        TimeBase::Steps if !clock.in_seconds() => ("rate_per_step", "mean_isi_steps"),
        _ => ("rate_hz", "mean_isi_s"),
    };
    let mut columns = vec![
        column(rate, "rate", clock.rate_unit(), "spikes by the length of the span", |row| row.rate),
        column(isi, "mean ISI", clock.time_unit(), "mean inter-spike interval I", |row| row.mean_isi),
        column("cv", "CV", "", "sqrt(mean((I - mean I)^2)) / mean I", |row| row.variability.cv),
        column("cv2", "CV2", "", "2 mean(|I' - I| / (I' + I)) of successive I, I'", |row| {
            row.variability.cv2
        }),
        column("lv", "LV", "", "3 mean(((I' - I) / (I' + I))^2)", |row| row.variability.lv),
    ];
    if clock.in_seconds() {
        let definition =
            "LV with refractoriness R removed: 3 mean((1 - 4 I I' / (I + I')^2) (1 + 4 R / (I + I')))";
        columns.push(column("lvr", "LvR", "", definition, |row| row.variability.lvr));
    }
    if whole && options.fano_window.is_some() {
        let definition = "variance (divisor N) by mean of the spike counts of successive windows";
        columns.push(column("fano", "Fano", "", definition, |row| of_train(row, |t| t.fano)));
    }
    if whole && clock.in_seconds() {
        let definition = "runs of spikes at intervals below a limit: given, or the lowest point between the peaks of log ISI; 0 where there are no such peaks";
        columns.push(column("bursts", "bursts", "", definition, |row| of_train(row, |t| t.bursts as f64)));
        let definition = "share of the spikes that lie in bursts";
        columns.push(column("burst_share", "in bursts", "%", definition, |row| {
            of_train(row, |t| t.burst_share)
        }));
    }
    columns
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_regular_train_has_no_bursts_and_a_limit_that_is_given_holds() {
        let regular: Vec<f64> = (0..100).map(|i| 0.02 * f64::from(i)).collect();
        let trains = SpikeTrains::new(&[regular], 0.0, 2.0).unwrap();
        let found = |options: &TableOptions| {
            let table = table(&trains, options).unwrap();
            ["bursts", "burst_share"].map(|name| {
                let column = table.columns.iter().find(|column| column.name == name).unwrap();
                let Values::Real(values) = &column.values else { panic!("{name} is not of real numbers") };
                values[0]
            })
        };
        assert_eq!(found(&TableOptions::default()), [0.0, 0.0]);
        let given = TableOptions { burst_isi_s: Some(0.1), ..TableOptions::default() };
        assert_eq!(found(&given), [1.0, 1.0]);
    }
}
