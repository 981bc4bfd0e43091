//! Raster of spike trains in time: units up, time across, the population's rate on top, each unit's rate at the right side.

use super::axis::Axis;
use super::panel::head;
use super::raster::Beside;
use super::scene::Scene;
use super::style::{BLUE, HEIGHT, WIDTH, fixed, number};
use super::{Picture, PlotError};
use std::ops::Range;
use synfire_datasets::trains::SpikeTrains;

/// Bins of the population's rate.
const BINS: usize = 200;
/// Spans shorter than this are shown in milliseconds.
const SHORT_S: f64 = 1.0;
/// Width of a spike in pixels.
const SPIKE: f64 = 1.5;

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
                let bin = (((time_s - start_s) / width_s) as usize).min(BINS - 1);
                population_hz[bin] += 1.0 / (width_s * units.len() as f64);
            }
        }
        let (scale, unit_of_time) = if stop_s - start_s < SHORT_S { (1e3, "ms") } else { (1.0, "s") };
        let spikes: usize = units.clone().map(|u| shown(u).len()).sum();
        let note = format!(
            "{} spikes of {} units; rates: mean of a unit, {} ms bins on top",
            fixed(spikes as f64, 0),
            fixed(units.len() as f64, 0),
            number(width_s * 1e3)
        );
        let mut scene = Scene::new(WIDTH, HEIGHT);
        let outer = head(&mut scene, &self.title, &[], &note);
        let across = Axis::linear(start_s * scale, stop_s * scale, format!("time ({unit_of_time})"), 10);
        let panels = Beside::new(
            outer,
            across,
            self.unit_axis(&units),
            &population_hz,
            "rate (Hz)",
            &rates_hz,
            "rate (Hz)",
        );
        let edges: Vec<f64> = (0..=BINS).map(|i| (start_s + i as f64 * width_s) * scale).collect();
        panels.draw_top(&mut scene, &edges, &population_hz);
        let rows: Vec<f64> = (units.start..=units.end).map(|u| u as f64).collect();
        panels.draw_side(&mut scene, &rows, &rates_hz);
        let main = &panels.main;
        let room = if (main.area.bottom - main.area.top) / units.len() as f64 > 4.0 { 0.1 } else { 0.0 };
        for unit in units {
            let (low, high) = (main.y(unit as f64 + room), main.y(unit as f64 + 1.0 - room));
            for time_s in shown(unit) {
                let x = main.x(time_s * scale);
                scene.rectangle((x - SPIKE / 2.0, high), (x + SPIKE / 2.0, low), BLUE);
            }
        }
        main.axis_up(&mut scene);
        main.axis_across(&mut scene);
        Ok(scene)
    }
}

impl TrainRaster<'_> {
    /// The units' numbers in the middle of their rows.
    fn unit_axis(&self, units: &Range<usize>) -> Axis {
        let mut axis = Axis::whole(units.start as f64, units.end as f64, "unit", 10);
        let every = axis.ticks.get(..2).map_or(1, |t| ((t[1].0 - t[0].0) as usize).max(1));
        axis.ticks = units
            .clone()
            .filter(|unit| unit % every == 0)
            .filter_map(|unit| Some((unit as f64 + 0.5, self.trains.unit_ids().get(unit)?.to_string())))
            .collect();
        axis
    }
}
