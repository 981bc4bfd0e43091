//! SPIKE-distance (Kreuz, Chicharro, Houghton, Andrzejak & Mormann 2013, J Neurophysiol 109, 1457): how far the spikes of two
//! trains are from each other, over time, relative to their intervals.
//!
//! `D = 1/T ∫ (s_a x_b + s_b x_a) / (2 m²) dt`, `m = (x_a + x_b) / 2`
//!
//! with x the interspike interval around t, and s the distance of the spikes around t to the nearest spike of the other train,
//! interpolated between the spike before and the one after. Between two spikes of either train the integrand is linear, so the
//! trapezoid rule is exact. Values and edges are those of PySpike: an auxiliary spike before the first and after the last, one
//! interval away but not inside the span, can be the nearest spike; before the first spike and after the last, s is constant.

use super::kreuz::{Interval, distinct, interval};
use crate::pairs::SymmetricMatrix;
use std::borrow::Cow;
use synfire_datasets::trains::SpikeTrains;

/// A train with its auxiliary spikes.
struct Train<'a> {
    times: &'a [f64],
    before_s: f64,
    after_s: f64,
}

impl<'a> Train<'a> {
    fn new(times: &'a [f64], start_s: f64, stop_s: f64) -> Self {
        let n = times.len();
        let (before_s, after_s) = match times {
            [first, second, ..] => (
                start_s.min(first - (second - first)),
                stop_s.max(times[n - 1] + (times[n - 1] - times[n - 2])),
            ),
            _ => (start_s, stop_s),
        };
        Self { times, before_s, after_s }
    }

    /// Distance of a time to the nearest spike; none before the first `from` can be it.
    fn nearest(&self, time_s: f64, from: usize) -> f64 {
        let mut distance = (time_s - self.before_s).abs().min((self.after_s - time_s).abs());
        for other_s in &self.times[from..] {
            let next = (time_s - other_s).abs();
            if *other_s >= time_s {
                return distance.min(next);
            }
            distance = distance.min(next);
        }
        distance
    }
}

/// The walk through one train.
struct Walk {
    at: Interval,
    /// Distance to the other train of the spike that opens the interval.
    opens: f64,
    /// Of the spike that closes it.
    closes: f64,
    /// When the interval opened and closes, with the edge correction.
    from_s: f64,
}

impl Walk {
    /// The interval after `past` spikes; `opens` is the distance of the last of them.
    fn new(
        own: &Train<'_>,
        past: usize,
        opens: f64,
        other: &Train<'_>,
        other_past: usize,
        span: (f64, f64),
    ) -> Self {
        let at = interval(own.times, past, span.0, span.1);
        let closes = if past == own.times.len() {
            opens
        } else {
            other.nearest(own.times[past], other_past.saturating_sub(1))
        };
        let opens = if past == 0 { closes } else { opens };
        let from_s = if past == 0 { own.before_s } else { own.times[past - 1] };
        Self { at, opens, closes, from_s }
    }

    /// s at a time within the interval.
    fn gap(&self, time_s: f64) -> f64 {
        self.opens + (self.closes - self.opens) * ((time_s - self.from_s) / self.at.length_s)
    }
}

/// The integrand at a time.
fn dissimilarity(a: &Walk, b: &Walk, time_s: f64) -> f64 {
    let (x_a, x_b) = (a.at.length_s, b.at.length_s);
    let mean = 0.5 * (x_a + x_b);
    0.5 * (a.gap(time_s) * x_b + b.gap(time_s) * x_a) / (mean * mean)
}

/// The distance of two trains without repeated times.
fn distance(a: &[f64], b: &[f64], start_s: f64, stop_s: f64) -> f64 {
    let span = (start_s, stop_s);
    let (a, b) = (Train::new(a, start_s, stop_s), Train::new(b, start_s, stop_s));
    let (past_a, past_b) = (usize::from(a.times[0] <= start_s), usize::from(b.times[0] <= start_s));
    let mut walk_a = Walk::new(&a, past_a, b.nearest(start_s, 0), &b, 0, span);
    let mut walk_b = Walk::new(&b, past_b, a.nearest(start_s, 0), &a, 0, span);
    let mut now_s = start_s;
    let mut integral = 0.0;
    while now_s < stop_s {
        let end_s = walk_a.at.end_s.min(walk_b.at.end_s);
        let ends = dissimilarity(&walk_a, &walk_b, now_s) + dissimilarity(&walk_a, &walk_b, end_s);
        integral += 0.5 * ends * (end_s - now_s);
        if end_s >= stop_s {
            break;
        }
        let (next_a, next_b) = (walk_a.at.end_s <= end_s, walk_b.at.end_s <= end_s);
        let past_a = walk_a.at.past + usize::from(next_a);
        let past_b = walk_b.at.past + usize::from(next_b);
        if next_a {
            walk_a = Walk::new(&a, past_a, walk_a.closes, &b, past_b, span);
        }
        if next_b {
            walk_b = Walk::new(&b, past_b, walk_b.closes, &a, past_a, span);
        }
        now_s = end_s;
    }
    integral / (stop_s - start_s)
}

/// As [`distinct`]; a lone spike at the start is followed by one at the stop, as in an empty train.
fn prepared(train: &[f64], start_s: f64, stop_s: f64) -> Cow<'_, [f64]> {
    let times = distinct(train, start_s, stop_s);
    if *times == [start_s] { Cow::Owned(vec![start_s, stop_s]) } else { times }
}

/// The SPIKE-distance of two trains over the span from `start_s` to `stop_s` in seconds, which holds their times: 0 for equal
/// trains (definition in the [module](self)). NaN over a span without length.
///
/// A train without spikes, or with a lone spike at the start, counts as one with spikes at start and stop; spikes of one train at
/// the same time count once.
///
/// ```
/// use synfire_analysis::distance::spike_distance::spike_distance;
///
/// let a = [1.0, 2.0, 3.0];
/// let (near, far) = (spike_distance(&a, &[1.1, 2.1, 3.1], 0.0, 4.0), spike_distance(&a, &[1.4, 2.4, 3.4], 0.0, 4.0));
/// assert!(0.0 < near && near < far && far < 1.0);
/// assert_eq!(spike_distance(&a, &a, 0.0, 4.0), 0.0);
/// ```
#[must_use]
pub fn spike_distance(a: &[f64], b: &[f64], start_s: f64, stop_s: f64) -> f64 {
    distance(&prepared(a, start_s, stop_s), &prepared(b, start_s, stop_s), start_s, stop_s)
}

/// The SPIKE-distances of all pairs of units, as [`spike_distance`] gives them.
///
/// ```
/// use synfire_analysis::distance::{spike_distance::spike_distance, spike_distance_matrix};
/// use synfire_datasets::trains::SpikeTrains;
///
/// let trains = SpikeTrains::new(&[[1.0, 2.0, 3.0], [1.25, 2.25, 3.25]], 0.0, 4.25)?;
/// let distance = spike_distance(trains.train(0), trains.train(1), 0.0, 4.25);
/// assert_eq!(spike_distance_matrix(&trains).get(0, 1), distance);
/// # Ok::<(), synfire_datasets::trains::TrainError>(())
/// ```
#[must_use]
pub fn spike_distance_matrix(trains: &SpikeTrains) -> SymmetricMatrix {
    let (start_s, stop_s) = (trains.start_s(), trains.stop_s());
    let times: Vec<Cow<'_, [f64]>> = trains.iter().map(|train| prepared(train, start_s, stop_s)).collect();
    SymmetricMatrix::from_pairs(trains.len(), |_| 0.0, |i, j| distance(&times[i], &times[j], start_s, stop_s))
}
