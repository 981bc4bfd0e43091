//! Lines with a quantile band each, one for a layer: mean spikes or sparsity over token position.

use super::axis::{Axis, extent, padded};
use super::curves::{names_at_ends, names_width};
use super::panel::{Panel, head};
use super::scene::Scene;
use super::style::{HEIGHT, WIDTH, series};
use super::{Picture, PlotError, same_length};
use plotters::style::Color;

/// Series up to which bands are drawn; more would hide each other.
const MOST_BANDS: usize = 4;

/// Lines over a common quantity.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bands {
    /// Heading.
    pub title: String,
    /// What line and band are, such as `median and quartiles over 16 tokens`.
    pub note: String,
    /// Name and unit across.
    pub x_label: String,
    /// Name and unit up.
    pub y_label: String,
    /// Values across, ascending.
    pub x: Vec<f64>,
    /// The lines.
    pub series: Vec<Band>,
}

/// A line and its band.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Band {
    /// Name, written at its end.
    pub name: String,
    /// The line.
    pub middle: Vec<f64>,
    /// Lower and upper edge of the band, if there is one.
    pub edges: Option<(Vec<f64>, Vec<f64>)>,
}

impl Picture for Bands {
    fn scene(&self) -> Result<Scene, PlotError> {
        let banded = self.series.len() <= MOST_BANDS;
        let edges = |band: &Band| band.edges.clone().filter(|_| banded).unwrap_or_default();
        let mut heights: Vec<f64> = Vec::new();
        for band in &self.series {
            same_length("values of a line", self.x.len(), band.middle.len())?;
            if let Some((low, high)) = &band.edges {
                same_length("lower edges of a band", self.x.len(), low.len())?;
                same_length("upper edges of a band", self.x.len(), high.len())?;
            }
            let (low, high) = edges(band);
            heights.extend(band.middle.iter().chain(&low).chain(&high));
        }
        let (first, last) = extent(self.x.iter().copied(), "value across")?;
        let (low, high) = padded(extent(heights, "value of a line")?, 0.08);
        let mut scene = Scene::new(WIDTH, HEIGHT);
        let mut area = head(&mut scene, &self.title, &[], &self.note);
        area.right -= names_width(self.series.iter().map(|s| s.name.as_str()));
        let ends = if last > first { (first, last) } else { (first - 0.5, first + 0.5) };
        let across = Axis::linear(ends.0, ends.1, &self.x_label, 10);
        let panel = Panel::within(area, across, Axis::linear(low, high, &self.y_label, 7));
        panel.grid_up(&mut scene);
        let point = |(x, y): (&f64, &f64)| panel.at(*x, *y);
        for (i, band) in self.series.iter().enumerate() {
            let (low, high) = edges(band);
            let mut outline: Vec<_> = self.x.iter().zip(&low).map(point).collect();
            outline.extend(self.x.iter().zip(&high).rev().map(point));
            if outline.len() > 3 {
                scene.polygon(outline, series(i, self.series.len()).mix(0.18));
            }
        }
        for (i, band) in self.series.iter().enumerate() {
            let colour = series(i, self.series.len());
            let points: Vec<_> = self.x.iter().zip(&band.middle).map(point).collect();
            if let [only] = points[..] {
                scene.disc(only, 5.0, colour);
            }
            scene.line(points, if self.series.len() > 8 { 1.5 } else { 2.5 }, colour);
        }
        names_at_ends(
            &mut scene,
            &panel,
            self.series.iter().map(|s| (s.name.as_str(), s.middle.last().copied())),
        );
        panel.axis_up(&mut scene);
        panel.axis_across(&mut scene);
        Ok(scene)
    }
}
