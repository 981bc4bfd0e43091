//! Axes: from a value to a share of the axis' length, and where the ticks are.

use super::PlotError;
use super::style::{fixed, power_of_ten};

/// One axis of a [`Panel`](super::panel::Panel).
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) log: bool,
    /// Name and unit.
    pub(crate) label: String,
    /// Labelled ticks.
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// A linear axis from `low` to `high` with about `ticks` ticks.
    pub(crate) fn linear(low: f64, high: f64, label: impl Into<String>, ticks: usize) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        let step = nice_step((high - low) / ticks.max(1) as f64);
        let decimals = (-(step.log10() + 1e-9).floor()).max(0.0) as usize;
        let first = (low / step - 1e-9).ceil();
        let count = (((high - low) / step) as usize).saturating_add(2).min(64);
        let ticks = (0..count)
            .map(|i| (first + i as f64) * step)
            .filter(|at| *at <= high + 1e-9 * (high - low))
            .map(|at| (at, fixed(at, decimals)))
            .collect();
        Self { low, high, log: false, label: label.into(), ticks }
    }

    /// A linear axis for whole numbers: no tick lies between two.
    pub(crate) fn whole(low: f64, high: f64, label: impl Into<String>, ticks: usize) -> Self {
        let mut axis = Self::linear(low, high, label, ticks);
        axis.ticks.retain(|(at, _)| (at - at.round()).abs() < 1e-9);
        axis.ticks.iter_mut().for_each(|(at, text)| *text = fixed(*at, 0));
        axis
    }

    /// A logarithmic axis: ticks at powers of ten, and at 2 and 5 times these where there are few.
    pub(crate) fn log(low: f64, high: f64, label: impl Into<String>, ticks: usize) -> Self {
        let high = if high > low { high } else { low * 10.0 };
        let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
        let span = (high / low).log10();
        let within = |at: f64| at >= low * (1.0 - 1e-9) && at <= high * (1.0 + 1e-9);
        let factors: &[u32] = if span < 2.5 { &[1, 2, 5] } else { &[1] };
        let every = (span / ticks.max(1) as f64).ceil().max(1.0) as i32;
        let mut marks = Vec::new();
        for decade in decades.filter(|d| d.rem_euclid(every) == 0) {
            for factor in factors {
                let at = f64::from(*factor) * 10f64.powi(decade);
                let text = match (factor, decade) {
                    (1, _) => power_of_ten(decade),
                    (_, 0..=5) => fixed(at, 0),
                    (_, -4..0) => fixed(at, decade.unsigned_abs() as usize),
                    _ => continue,
                };
                if within(at) {
                    marks.push((at, text));
                }
            }
        }
        Self { low, high, log: true, label: label.into(), ticks: marks }
    }

    /// Rows or columns 0, 1, ... with names; the middle of each is the whole number.
    pub(crate) fn names<S: AsRef<str>>(names: &[S], label: impl Into<String>) -> Self {
        let ticks = (0..).zip(names).map(|(i, name)| (f64::from(i), name.as_ref().to_owned())).collect();
        Self { low: -0.5, high: names.len() as f64 - 0.5, log: false, label: label.into(), ticks }
    }

    /// Rows or columns 0, 1, ... of units with the numbers `ids`: all are labelled if they are at most `ticks`, else round
    /// numbers where those of the units ascend, else one in so many.
    pub(crate) fn units(ids: &[i64], label: impl Into<String>, ticks: usize) -> Self {
        let names: Vec<String> = ids.iter().map(i64::to_string).collect();
        let mut axis = Self::names(&names, label);
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return axis };
        if ids.len() <= ticks {
            return axis;
        }
        if ids.windows(2).all(|pair| pair[0] < pair[1]) {
            // A number that no unit has is between two rows.
            let row = |id: f64| match ids.binary_search(&(id as i64)) {
                Ok(row) => row as f64,
                Err(row) => row as f64 - 0.5,
            };
            let round = Self::whole(*first as f64, *last as f64, "", ticks).ticks;
            axis.ticks = round.into_iter().map(|(id, text)| (row(id), text)).collect();
        } else {
            axis.ticks = axis.ticks.into_iter().step_by(ids.len().div_ceil(ticks.max(1))).collect();
        }
        axis
    }

    /// The same axis the other way round: low values right or up top.
    pub(crate) fn reversed(mut self) -> Self {
        std::mem::swap(&mut self.low, &mut self.high);
        self
    }

    /// Where `value` lies: 0 at the low end, 1 at the high end.
    pub(crate) fn share(&self, value: f64) -> f64 {
        let scale = |v: f64| if self.log { v.max(f64::MIN_POSITIVE).log10() } else { v };
        (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `step`.
fn nice_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let nice = [1.0, 2.0, 5.0, 10.0].into_iter().find(|n| n * power >= step * (1.0 - 1e-9));
    nice.unwrap_or(10.0) * power
}

/// The least and the greatest of `values`.
///
/// # Errors
/// [`PlotError::Empty`] for none, [`PlotError::NotFinite`] for NaN and infinity.
pub(crate) fn extent(
    values: impl IntoIterator<Item = f64>,
    what: &'static str,
) -> Result<(f64, f64), PlotError> {
    let mut ends: Option<(f64, f64)> = None;
    for (index, value) in values.into_iter().enumerate() {
        if !value.is_finite() {
            return Err(PlotError::NotFinite { what, index, value });
        }
        ends = Some(ends.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
    }
    ends.ok_or(PlotError::Empty { what })
}

/// An extent with `share` of its length added at both ends; a single value gets room around it.
pub(crate) fn padded((low, high): (f64, f64), share: f64) -> (f64, f64) {
    let room = if high > low { (high - low) * share } else { (high.abs() * 0.1).max(1e-9) };
    (low - room, high + room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_numbers_within_the_axis() {
        assert_eq!(labels(&Axis::linear(0.0, 0.1, "", 5)), ["0.00", "0.02", "0.04", "0.06", "0.08", "0.10"]);
        assert_eq!(labels(&Axis::linear(-3.0, 11.0, "", 4)), ["0", "5", "10"]);
        assert_eq!(labels(&Axis::whole(0.0, 2.0, "", 8)), ["0", "1", "2"]);
        assert_eq!(labels(&Axis::log(0.5, 30.0, "", 8)), ["0.5", "1", "2", "5", "10", "20"]);
        assert_eq!(labels(&Axis::log(1e-3, 1e3, "", 4)), ["0.01", "1", "100"]);
    }

    #[test]
    fn units_are_labelled_by_round_numbers_where_they_would_be() {
        let ids: Vec<i64> = (0..100).map(|row| 7 + 3 * row).collect();
        let axis = Axis::units(&ids, "", 4);
        assert_eq!(
            axis.ticks,
            [(31.0, "100".to_owned()), (64.5, "200".to_owned()), (97.5, "300".to_owned())]
        );
        assert_eq!(Axis::units(&(1..=50).collect::<Vec<_>>(), "", 5).ticks[0], (9.0, "10".to_owned()));
        assert_eq!(labels(&Axis::units(&[9, 4, 7], "", 3)), ["9", "4", "7"]);
        assert_eq!(labels(&Axis::units(&[9, 4, 7, 5], "", 2)), ["9", "7"]);
    }

    #[test]
    fn a_share_follows_the_scale() {
        assert_eq!(Axis::linear(2.0, 4.0, "", 3).share(3.0), 0.5);
        assert!((Axis::log(1.0, 100.0, "", 3).share(10.0) - 0.5).abs() < 1e-12);
        assert_eq!(Axis::names(&["a", "b"], "").reversed().share(-0.5), 1.0);
    }
}
