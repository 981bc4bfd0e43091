//! Distances of the pairs of a recording as tables.

use super::{isi_distance_matrix, spike_distance_matrix, van_rossum_matrix, victor_purpura_matrix};
use crate::{
    pairs::{most_active, pair_table, summary_table, summary_values},
    table::{Table, Values},
};
use synfire_datasets::trains::SpikeTrains;

const VAN_ROSSUM: &str = "van Rossum distance: norm of the difference of the trains as decaying exponentials, 1 for one spike against none";
const VICTOR_PURPURA: &str = "Victor-Purpura distance: least cost of editing one train into the other, 1 to add or delete a spike, q to move it by 1 s";
const ISI: &str =
    "ISI-distance: mean relative difference of the intervals around each time, 0 to 1 (Kreuz et al. 2007)";
const SPIKE: &str = "SPIKE-distance: mean distance of spikes to the nearest of the other train, relative to the intervals (Kreuz et al. 2013)";

/// Mean, spread and range of the distances over the pairs of the most active units, at most `most_units` of them: van Rossum
/// with time constant `tau_s` in seconds, Victor-Purpura with cost `2 / tau_s` a second (a move costs as much as deleting and
/// adding from `tau_s` on), ISI- and SPIKE-distance. The work grows with the square of the units.
#[must_use]
pub fn table(trains: &SpikeTrains, tau_s: f64, most_units: usize) -> Table {
    let chosen = most_active(trains, most_units);
    let title = format!(
        "Distance of pairs: {} of {} units, tau = {} ms, q = {} Hz",
        chosen.len(),
        trains.len(),
        1e3 * tau_s,
        2.0 / tau_s
    );
    let van_rossum = van_rossum_matrix(&chosen, tau_s);
    let victor_purpura = victor_purpura_matrix(&chosen, 2.0 / tau_s);
    summary_table("pair_distance", title)
        .column("van_rossum", "van Rossum", "", VAN_ROSSUM, summary_values(&van_rossum))
        .column("victor_purpura", "Victor-Purpura", "", VICTOR_PURPURA, summary_values(&victor_purpura))
        .column("isi_distance", "ISI", "", ISI, summary_values(&isi_distance_matrix(&chosen)))
        .column("spike_distance", "SPIKE", "", SPIKE, summary_values(&spike_distance_matrix(&chosen)))
}

/// The `rows` pairs of smallest SPIKE-distance, smallest first, of the most active units, at most `most_units` of them.
#[must_use]
pub fn closest(trains: &SpikeTrains, most_units: usize, rows: usize) -> Table {
    let chosen = most_active(trains, most_units);
    let pairs = spike_distance_matrix(&chosen).smallest(rows);
    let title = format!("Closest pairs: {} of {} units", chosen.len(), trains.len());
    let values = Values::Real(pairs.iter().map(|pair| pair.2).collect());
    pair_table("closest_pairs", title, &chosen, &pairs).column("spike_distance", "SPIKE", "", SPIKE, values)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn equal_trains_are_the_closest_pair_and_the_smallest_distances() {
        let trains = SpikeTrains::new(&[&[1.0, 2.0][..], &[1.5, 2.5, 2.7], &[1.0, 2.0]], 0.0, 4.0).unwrap();
        let summary = table(&trains, 0.1, 10);
        for column in &summary.columns[1..] {
            let Values::Real(values) = &column.values else { unreachable!() };
            assert!(values[2] == 0.0 && values[3] > 0.0 && values[4] == 3.0, "{}: {values:?}", column.name);
        }
        let pairs = closest(&trains, 10, 1);
        let columns: Vec<&Values> = pairs.columns.iter().map(|c| &c.values).collect();
        assert_eq!(columns, [&Values::Integer(vec![0]), &Values::Integer(vec![2]), &Values::Real(vec![0.0])]);
    }
}
