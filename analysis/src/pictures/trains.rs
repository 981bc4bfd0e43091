//! Pictures of spike trains: distributions of intervals and rates, and the correlation of units.

use super::PictureError;
use crate::binning::BinnedTrains;
use crate::clock::Clock;
use crate::correlation::correlation_matrix;
use crate::pairs::most_active;
use crate::plot::correlation::Correlation;
use crate::plot::histogram::Histogram;
use crate::plot::style::number;
use synfire_datasets::trains::SpikeTrains;

/// Bins a decade of intervals.
const PER_DECADE: f64 = 10.0;
/// Bins of a distribution of rates.
const RATE_BINS: usize = 40;
/// Width of the bins of a correlation in seconds, where none is given.
const CORRELATION_BIN_S: f64 = 0.005;
/// Units of a correlation matrix at most.
const MOST_UNITS: usize = 1000;

/// Distribution of the inter-spike intervals of all units, in bins of equal width in log time; mean and median are marked.
/// Intervals of length 0 have no logarithm and are left out.
///
/// # Errors
/// [`PictureError::Nothing`] without such intervals.
pub fn intervals(name: &str, trains: &SpikeTrains, clock: Clock) -> Result<Histogram, PictureError> {
    let mut intervals: Vec<f64> =
        trains.iter().flat_map(|train| train.windows(2).map(|t| t[1] - t[0])).filter(|i| *i > 0.0).collect();
    intervals.sort_unstable_by(f64::total_cmp);
    let (Some(least), Some(most)) = (intervals.first(), intervals.last()) else {
        return Err(PictureError::Nothing { what: "intervals between spikes" });
    };
    let bin_of = |interval: f64| (interval.log10() * PER_DECADE).floor();
    let (first, last) = (bin_of(*least), bin_of(*most));
    let bins = (last - first) as usize + 1;
    let mut heights = vec![0.0; bins];
    for interval in &intervals {
        heights[((bin_of(*interval) - first) as usize).min(bins - 1)] += 1.0;
    }
    let unit = clock.time_unit();
    Ok(Histogram {
        title: format!("{name}: inter-spike intervals"),
        label: format!("inter-spike interval ({unit})"),
        height_label: "intervals".to_owned(),
        edges: (0..=bins).map(|bin| 10f64.powf((first + bin as f64) / PER_DECADE)).collect(),
        heights,
        log: true,
        marks: marks(&intervals, unit),
    })
}

/// Distribution of the firing rates of the units; mean and median are marked.
///
/// # Errors
/// [`PictureError::Nothing`] without units.
pub fn rates(name: &str, trains: &SpikeTrains, clock: Clock) -> Result<Histogram, PictureError> {
    let mut rates: Vec<f64> = trains.iter().map(|train| train.len() as f64 / trains.duration_s()).collect();
    rates.retain(|rate| rate.is_finite());
    rates.sort_unstable_by(f64::total_cmp);
    let Some(most) = rates.last().copied() else { return Err(PictureError::Nothing { what: "units" }) };
    let width = if most > 0.0 { most / RATE_BINS as f64 } else { 1.0 / RATE_BINS as f64 };
    let mut heights = vec![0.0; RATE_BINS];
    for rate in &rates {
        heights[((rate / width) as usize).min(RATE_BINS - 1)] += 1.0;
    }
    let unit = clock.rate_unit();
    Ok(Histogram {
        title: format!("{name}: firing rates of {} units", rates.len()),
        label: format!("firing rate ({unit})"),
        height_label: "units".to_owned(),
        edges: (0..=RATE_BINS).map(|bin| bin as f64 * width).collect(),
        heights,
        log: false,
        marks: marks(&rates, unit),
    })
}

/// Mean and median of sorted values.
fn marks(sorted: &[f64], unit: &str) -> Vec<(String, f64)> {
    let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
    let median = f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    [("mean", mean), ("median", median)]
        .map(|(what, value)| (format!("{what} {} {unit}", number(value)), value))
        .to_vec()
}

/// Pearson correlation of the spike counts of the most active units, at most a thousand, in bins of `bin` in the unit of the
/// clock; of one token or step, or 5 ms, for `None`.
///
/// # Errors
/// [`PictureError::Binning`] where the trains cannot be binned.
pub fn correlation(
    name: &str,
    trains: &SpikeTrains,
    clock: Clock,
    bin: Option<f64>,
) -> Result<Correlation, PictureError> {
    let seconds = clock.in_seconds();
    let bin = bin.unwrap_or(if seconds { CORRELATION_BIN_S } else { 1.0 });
    let chosen = most_active(trains, MOST_UNITS);
    let matrix = correlation_matrix(&BinnedTrains::new(&chosen, bin)?);
    let width = match seconds {
        true => format!("{} ms", number(bin * 1e3)),
        false => format!("{} {}", number(bin), clock.time_unit()),
    };
    let selection = match chosen.len() < trains.len() {
        true => format!("the {} most active of {} units", chosen.len(), trains.len()),
        false => format!("{} units", trains.len()),
    };
    Ok(Correlation {
        title: format!("{name}: correlation of spike counts"),
        names: chosen.unit_ids().iter().map(i64::to_string).collect(),
        selection,
        label: "unit".to_owned(),
        value_label: format!("correlation of counts in bins of {width}"),
        values: matrix.to_dense(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::plot::Picture;

    fn trains() -> SpikeTrains {
        SpikeTrains::new(&[&[0.0, 0.01, 0.11][..], &[0.5, 0.5, 0.52], &[]], 0.0, 1.0).unwrap()
    }

    #[test]
    fn every_interval_that_has_a_logarithm_is_in_a_bin_around_it() {
        let picture = intervals("test", &trains(), Clock::SECONDS).unwrap();
        assert_eq!(picture.heights.iter().sum::<f64>(), 3.0);
        assert!(picture.edges[0] <= 0.01 && *picture.edges.last().unwrap() > 0.1);
        assert_eq!(picture.edges.len(), picture.heights.len() + 1);
        assert!(picture.svg().unwrap().contains("inter-spike interval (s)"));
    }

    #[test]
    fn every_unit_is_in_the_distribution_of_rates() {
        let picture = rates("test", &trains(), Clock::SECONDS).unwrap();
        assert_eq!((picture.heights[0], picture.heights[RATE_BINS - 1]), (1.0, 2.0));
        assert_eq!(picture.marks[0].1, 2.0);
    }

    #[test]
    fn a_correlation_has_a_value_a_pair_and_says_its_bins() {
        let picture = correlation("test", &trains(), Clock::TOKENS, Some(0.1)).unwrap();
        assert_eq!((picture.names.len(), picture.values.len()), (3, 9));
        assert!(picture.value_label.contains("bins of 0.1 tokens"));
        let picture = correlation("test", &trains(), Clock::SECONDS, None).unwrap();
        assert!(picture.value_label.contains("bins of 5 ms") && picture.selection == "3 units");
        let many = SpikeTrains::new(&vec![[0.5]; MOST_UNITS + 1], 0.0, 1.0).unwrap();
        let picture = correlation("test", &many, Clock::SECONDS, Some(0.25)).unwrap();
        assert_eq!(picture.selection, "the 1000 most active of 1001 units");
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two_and_marks_have_three_digits() {
        let marks = marks(&[0.001, 0.01, 0.02, 0.1234], "s");
        assert_eq!(marks[1], ("median 0.015 s".to_owned(), 0.015));
        assert_eq!(marks[0].0, "mean 0.0386 s");
    }

    #[test]
    fn what_has_no_intervals_has_no_picture_of_them() {
        let silent = SpikeTrains::new(&[&[0.5][..]], 0.0, 1.0).unwrap();
        let error = intervals("test", &silent, Clock::SECONDS).unwrap_err().to_string();
        assert!(error.contains("intervals between spikes"), "{error}");
    }
}
