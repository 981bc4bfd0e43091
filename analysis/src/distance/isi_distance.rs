//! ISI-distance (Kreuz, Haas, Morelli, Abarbanel & Politi 2007, J Neurosci Methods 165, 151): how unlike the interspike
//! intervals of two trains are, over time.
//!
//! `D = 1/T ∫ |x(t) - y(t)| / max(x(t), y(t)) dt` with x and y the intervals of the two trains around t. Values and edges are
//! those of PySpike: see the rules for edges, empty trains and repeated times at [`isi_distance`].

use super::kreuz::{distinct, interval};
use crate::pairs::SymmetricMatrix;
use std::borrow::Cow;
use synfire_datasets::trains::SpikeTrains;

/// The distance of two trains without repeated times.
fn distance(a: &[f64], b: &[f64], start_s: f64, stop_s: f64) -> f64 {
    let at = |train, past| interval(train, past, start_s, stop_s);
    let (mut x, mut y) = (at(a, usize::from(a[0] <= start_s)), at(b, usize::from(b[0] <= start_s)));
    let mut now_s = start_s;
    let mut integral = 0.0;
    while now_s < stop_s {
        let end_s = x.end_s.min(y.end_s);
        integral += (x.length_s - y.length_s).abs() / x.length_s.max(y.length_s) * (end_s - now_s);
        if end_s >= stop_s {
            break;
        }
        if x.end_s <= end_s {
            x = at(a, x.past + 1);
        }
        if y.end_s <= end_s {
            y = at(b, y.past + 1);
        }
        now_s = end_s;
    }
    integral / (stop_s - start_s)
}

/// The ISI-distance of two trains over the span from `start_s` to `stop_s` in seconds, which holds their times: 0 (equal
/// intervals) to 1 (definition in the [module](self)). NaN over a span without length.
///
/// Before its first spike a train's interval is the longer of the time since the start and its first interval, after its last
/// spike the longer of the time to the stop and its last interval. A train without spikes counts as one with spikes at start
/// and stop; spikes of one train at the same time count once.
///
/// ```
/// use synfire_analysis::distance::isi_distance::isi_distance;
///
/// let (fast, slow) = ([1.0, 2.0, 3.0, 4.0], [1.5, 3.5]);
/// assert_eq!(isi_distance(&fast, &slow, 0.0, 5.0), 0.5); // intervals of 1 s against 2 s
/// assert_eq!(isi_distance(&fast, &fast, 0.0, 5.0), 0.0);
/// ```
#[must_use]
pub fn isi_distance(a: &[f64], b: &[f64], start_s: f64, stop_s: f64) -> f64 {
    distance(&distinct(a, start_s, stop_s), &distinct(b, start_s, stop_s), start_s, stop_s)
}

/// The ISI-distances of all pairs of units, as [`isi_distance`] gives them.
///
/// ```
/// use synfire_analysis::distance::isi_distance_matrix;
/// use synfire_datasets::trains::SpikeTrains;
///
/// let trains = SpikeTrains::new(&[&[1.0, 2.0, 3.0, 4.0][..], &[1.5, 3.5]], 0.0, 5.0)?;
/// assert_eq!(isi_distance_matrix(&trains).get(0, 1), 0.5);
/// # Ok::<(), synfire_datasets::trains::TrainError>(())
/// ```
#[must_use]
pub fn isi_distance_matrix(trains: &SpikeTrains) -> SymmetricMatrix {
    let (start_s, stop_s) = (trains.start_s(), trains.stop_s());
    let times: Vec<Cow<'_, [f64]>> = trains.iter().map(|train| distinct(train, start_s, stop_s)).collect();
    SymmetricMatrix::from_pairs(trains.len(), |_| 0.0, |i, j| distance(&times[i], &times[j], start_s, stop_s))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn train() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(0u32..=400, 0..30).prop_map(|mut ticks| {
            ticks.sort_unstable();
            ticks.into_iter().map(|tick| f64::from(tick) * 0.25).collect()
        })
    }

    proptest! {
        #[test]
        fn the_walk_gives_the_mean_over_cells_between_ticks(a in train(), b in train()) {
            let interval_at = |train: &[f64], t: f64| {
                let times = distinct(train, 0.0, 100.0);
                interval(&times, times.iter().filter(|s| **s <= t).count(), 0.0, 100.0).length_s
            };
            let cells = (0..400).map(|cell| {
                let t = (f64::from(cell) + 0.5) * 0.25;
                let (x, y) = (interval_at(&a, t), interval_at(&b, t));
                (x - y).abs() / x.max(y)
            });
            let distance = isi_distance(&a, &b, 0.0, 100.0);
            prop_assert!((distance - cells.sum::<f64>() / 400.0).abs() < 1e-12);
            prop_assert!((distance - isi_distance(&b, &a, 0.0, 100.0)).abs() < 1e-12);
            prop_assert_eq!(isi_distance(&a, &a, 0.0, 100.0), 0.0);
        }
    }
}
