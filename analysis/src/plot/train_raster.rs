//! Raster of spike trains in time: units up, time across, the population's rate on top, each unit's rate at the right side.

use super::axis::Axis;
use super::panel::head;
use super::raster::Beside;
use super::scene::Scene;
use super::style::{BLUE, HEIGHT, WIDTH, fixed, number, series};
use super::{Picture, PlotError};
use crate::binning::whole_bins;
use std::ops::Range;
use synfire_datasets::trains::SpikeTrains;

/// Bins of the population's rate.
const BINS: usize = 200;
/// Spans shorter than this are shown in milliseconds.
const SHORT_S: f64 = 1.0;
/// Width of a spike in pixels.
const SPIKE: f64 = 1.5;
/// Least width and height of a spike in pixels where there are few.
const FEW_SPIKE: f64 = 2.0;
/// Share of the area that such marks fill at most.
const FEW: f64 = 0.1;

/// A raster of spike trains.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainRaster<'a> {
    /// Heading.
    pub title: String,
    /// The trains.
    pub trains: &'a SpikeTrains,
    /// Units shown, by index.
    pub units: Range<usize>,
    /// First and last second shown; the whole span if there is none.
    pub span_s: Option<(f64, f64)>,
    /// Names of groups of units, ascending, each with the index of its first: every group has a colour.
    pub groups: Vec<(String, usize)>,
}

impl Picture for TrainRaster<'_> {
    fn scene(&self) -> Result<Scene, PlotError> {
        let units = self.units.start..self.units.end.min(self.trains.len());
        let (start_s, stop_s) = self.span_s.unwrap_or((self.trains.start_s(), self.trains.stop_s()));
        if units.is_empty() {
            return Err(PlotError::Empty { what: "units in the range" });
        }
        if stop_s <= start_s || !(stop_s - start_s).is_finite() {
            return Err(PlotError::Empty { what: "time between start and stop" });
        }
        let shown = |unit: usize| {
            let train = self.trains.train(unit);
            &train[train.partition_point(|t| *t < start_s)..train.partition_point(|t| *t <= stop_s)]
        };
        let width_s = (stop_s - start_s) / BINS as f64;
        let mut population_hz = vec![0.0; BINS];
        let mut rates_hz = Vec::with_capacity(units.len());
        for unit in units.clone() {
            rates_hz.push(shown(unit).len() as f64 / (stop_s - start_s));
            for time_s in shown(unit) {
                let bin = whole_bins((time_s - start_s) / width_s) as usize;
                if let Some(rate_hz) = population_hz.get_mut(bin) {
                    *rate_hz += 1.0 / (width_s * units.len() as f64);
                }
            }
        }
        let (scale, unit_of_time) = if stop_s - start_s < SHORT_S { (1e3, "ms") } else { (1.0, "s") };
        let spikes: usize = units.clone().map(|u| shown(u).len()).sum();
        let ids = &self.trains.unit_ids()[units.clone()];
        let shown_units = match (ids, units.len() < self.trains.len()) {
            ([first, .., last], true) => format!("units {first} to {last} of {}", self.trains.len()),
            ([only], true) => format!("unit {only} of {}", self.trains.len()),
            _ => format!("{} units", fixed(units.len() as f64, 0)),
        };
        let note = format!(
            "{} spikes of {shown_units}; rates: mean of a unit, {} ms bins on top",
            fixed(spikes as f64, 0),
            number(width_s * 1e3)
        );
        let mut scene = Scene::new(WIDTH, HEIGHT);
        let colour = |group: usize| series(group, self.groups.len());
        let key: Vec<_> =
            self.groups.iter().enumerate().map(|(group, (name, _))| (colour(group), name.clone())).collect();
        let outer = head(&mut scene, &self.title, &key, &note);
        let across = Axis::linear(start_s * scale, stop_s * scale, format!("time ({unit_of_time})"), 10);
        let panels = Beside::new(
            outer,
            across,
            Axis::units(ids, "unit", 10),
            &population_hz,
            "rate (Hz)",
            &rates_hz,
            "rate (Hz)",
        );
        let edges: Vec<f64> = (0..=BINS).map(|i| (start_s + i as f64 * width_s) * scale).collect();
        panels.draw_top(&mut scene, &edges, &population_hz);
        let rows: Vec<f64> = (0..=units.len()).map(|row| row as f64 - 0.5).collect();
        panels.draw_side(&mut scene, &rows, &rates_hz);
        let main = &panels.main;
        let height = (main.area.bottom - main.area.top) / units.len() as f64;
        let room = if height > 4.0 { 0.1 } else { 0.0 };
        let filled = spikes as f64 * FEW_SPIKE * height.max(FEW_SPIKE);
        let few = filled < FEW * (main.area.right - main.area.left) * (main.area.bottom - main.area.top);
        for (row, unit) in units.enumerate() {
            let (mut low, mut high) = (main.y(row as f64 - 0.5 + room), main.y(row as f64 + 0.5 - room));
            if few && low - high < FEW_SPIKE {
                high = (f64::midpoint(low, high) - FEW_SPIKE / 2.0).round();
                low = high + FEW_SPIKE;
            }
            let groups = self.groups.partition_point(|(_, first)| *first <= unit);
            let ink = groups.checked_sub(1).map_or(BLUE, colour);
            for time_s in shown(unit) {
                let x = main.x(time_s * scale);
                // A mark on whole pixels is dark, one across them is pale.
                let (left, width) =
                    if few { ((x - FEW_SPIKE / 2.0).round(), FEW_SPIKE) } else { (x - SPIKE / 2.0, SPIKE) };
                scene.rectangle((left, high), (left + width, low), ink);
            }
        }
        main.axis_up(&mut scene);
        main.axis_across(&mut scene);
        Ok(scene)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Widths and heights of the rectangles of a colour in an SVG, which has two units a pixel.
    fn sizes(svg: &str, colour: &str) -> Vec<(f64, f64)> {
        let value = |mark: &str, key: &str| {
            let text = mark.split_once(&format!(" {key}=\"")).unwrap().1.split_once('"').unwrap().0;
            text.parse::<f64>().unwrap() / 2.0
        };
        let marks = svg.split("<rect").skip(1).filter(|mark| mark.contains(colour));
        marks.map(|mark| (value(mark, "width"), value(mark, "height"))).collect()
    }

    #[test]
    fn a_perfect_train_has_one_rate_all_along() {
        let times_s: Vec<f64> = (0..2000).map(|i| f64::from(i) * 1e-4).collect();
        let trains = SpikeTrains::new(&[times_s], 0.0, 0.2).unwrap();
        let svg = TrainRaster {
            title: String::new(),
            trains: &trains,
            units: 0..1,
            span_s: None,
            groups: Vec::new(),
        }
        .svg()
        .unwrap();
        let heights: Vec<f64> = sizes(&svg, "#8A9BB5").into_iter().map(|(_, height)| height).collect();
        assert_eq!(heights.len(), BINS + 1, "a bar a bin, and one of the unit");
        assert!(heights[..BINS].iter().all(|height| *height == heights[0]), "{heights:?}");
    }

    #[test]
    fn marks_of_sparse_trains_are_large_enough_to_be_seen() {
        let times_s: Vec<[f64; 1]> = (0..1200).map(|unit| [0.0005 * f64::from(unit)]).collect();
        let trains = SpikeTrains::new(&times_s, 0.0, 1.0).unwrap();
        let svg = TrainRaster {
            title: String::new(),
            trains: &trains,
            units: 0..1200,
            span_s: None,
            groups: Vec::new(),
        }
        .svg()
        .unwrap();
        let marks = sizes(&svg, "#163F80");
        assert_eq!(marks.len(), 1200);
        assert!(marks.iter().all(|(width, height)| *width >= 2.0 && *height >= 2.0), "{:?}", marks[0]);
    }

    #[test]
    fn groups_have_colours_and_names() {
        let trains = SpikeTrains::new(&[[0.5]; 9], 0.0, 1.0).unwrap();
        let groups = vec![("relay".to_owned(), 0), ("reticular".to_owned(), 7)];
        let picture =
            TrainRaster { title: String::new(), trains: &trains, units: 0..9, span_s: None, groups };
        let svg = picture.svg().unwrap();
        assert!(svg.contains("relay") && svg.contains("reticular"));
        // The key has a mark of each colour too.
        assert_eq!((sizes(&svg, "#163F80").len(), sizes(&svg, "#F08A24").len()), (8, 3));
    }

    #[test]
    fn a_part_of_the_units_is_said_to_be_one() {
        let trains = SpikeTrains::new(&[[0.5]; 9], 0.0, 1.0).unwrap();
        let svg = |units| {
            TrainRaster { title: String::new(), trains: &trains, units, span_s: None, groups: Vec::new() }
                .svg()
                .unwrap()
        };
        assert!(svg(2..5).contains("units 2 to 4 of 9"));
        assert!(svg(0..99).contains("9 units"));
    }
}
