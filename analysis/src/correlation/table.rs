//! Correlations of the pairs of a recording as tables.

use super::{correlation_matrix, tiling_matrix};
use crate::{
    binning::{BinnedTrains, BinningError},
    pairs::{most_active, pair_table, summary_table, summary_values},
    synchrony::spike_synchronization_matrix,
    table::{Table, Values},
};
use synfire_datasets::trains::SpikeTrains;

const CORRELATION: &str = "Pearson correlation of the spike counts of two units in bins";
const TILING: &str = "spike-time tiling coefficient: share of spikes near spikes of the other unit, beyond the share of time that is near them (Cutts & Eglen 2014)";
const SYNCHRONIZATION: &str = "SPIKE-synchronization: share of spikes with a partner closer than half of every interval beside either (Kreuz et al. 2015)";

/// Mean, spread and range over the pairs of the most active units, at most `most_units` of them: correlation of counts in
/// bins of `bin_s` seconds, tiling coefficient with reach `dt_s` in seconds, SPIKE-synchronization. The work grows with the
/// square of the units.
///
/// # Errors
/// [`BinningError`] where the trains cannot be binned.
pub fn table(trains: &SpikeTrains, bin_s: f64, dt_s: f64, most_units: usize) -> Result<Table, BinningError> {
    let chosen = most_active(trains, most_units);
    let correlation = correlation_matrix(&BinnedTrains::new(&chosen, bin_s)?);
    let title = format!(
        "Correlation of pairs: {} of {} units, bins of {} ms, tiling within {} ms",
        chosen.len(),
        trains.len(),
        1e3 * bin_s,
        1e3 * dt_s
    );
    let synchronization = spike_synchronization_matrix(&chosen);
    Ok(summary_table("pair_correlation", title)
        .column("correlation", "correlation", "", CORRELATION, summary_values(&correlation))
        .column("tiling_coefficient", "tiling", "", TILING, summary_values(&tiling_matrix(&chosen, dt_s)))
        .column("spike_synchronization", "SPIKE-sync", "", SYNCHRONIZATION, summary_values(&synchronization)))
}

/// The `rows` pairs of largest correlation of counts in bins of `bin_s` seconds, largest first, of the most active units,
/// at most `most_units` of them.
///
/// # Errors
/// [`BinningError`] where the trains cannot be binned.
pub fn most_correlated(
    trains: &SpikeTrains,
    bin_s: f64,
    most_units: usize,
    rows: usize,
) -> Result<Table, BinningError> {
    let chosen = most_active(trains, most_units);
    let pairs = correlation_matrix(&BinnedTrains::new(&chosen, bin_s)?).largest(rows);
    let title = format!(
        "Most correlated pairs: {} of {} units, bins of {} ms",
        chosen.len(),
        trains.len(),
        1e3 * bin_s
    );
    let values = Values::Real(pairs.iter().map(|pair| pair.2).collect());
    Ok(pair_table("most_correlated_pairs", title, &chosen, &pairs).column(
        "correlation",
        "correlation",
        "",
        CORRELATION,
        values,
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn tables_take_the_most_active_units_and_name_the_most_correlated_pair() {
        let trains =
            SpikeTrains::new(&[&[0.5][..], &[0.1, 1.1, 2.1], &[0.6, 3.6], &[0.2, 1.2, 2.7]], 0.0, 4.0)
                .unwrap();
        let summary = table(&trains, 1.0, 0.15, 3).unwrap();
        assert!(summary.title.contains("3 of 4 units"));
        assert_eq!(summary.rows(), 5);
        let Values::Real(correlation) = &summary.columns[1].values else { unreachable!() };
        assert_eq!((correlation[3], correlation[4]), (1.0, 3.0));
        let pairs = most_correlated(&trains, 1.0, 3, 1).unwrap();
        let columns: Vec<&Values> = pairs.columns.iter().map(|c| &c.values).collect();
        assert_eq!(columns, [&Values::Integer(vec![1]), &Values::Integer(vec![3]), &Values::Real(vec![1.0])]);
    }
}
