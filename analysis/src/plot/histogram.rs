//! Histogram of a quantity, over linear or logarithmic bins: inter-spike intervals, firing rates.

use super::axis::{Axis, extent};
use super::panel::{Panel, head};
use super::scene::Scene;
use super::style::{BLUE, HEIGHT, WIDTH};
use super::{Picture, PlotError, same_length};

/// A histogram.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histogram {
    /// Heading.
    pub title: String,
    /// Name and unit of the quantity.
    pub label: String,
    /// Name and unit of the heights.
    pub height_label: String,
    /// Edges of the bins, ascending; one more than bins.
    pub edges: Vec<f64>,
    /// Height of each bin.
    pub heights: Vec<f64>,
    /// Whether the quantity has a logarithmic axis; edges are then above 0.
    pub log: bool,
    /// Values to mark, such as mean and median, with their labels.
    pub marks: Vec<(String, f64)>,
}

impl Picture for Histogram {
    fn scene(&self) -> Result<Scene, PlotError> {
        if self.heights.is_empty() {
            return Err(PlotError::Empty { what: "bins of the histogram" });
        }
        same_length("edges of bins", self.heights.len() + 1, self.edges.len())?;
        let (low, high) = extent(self.edges.iter().copied(), "edge of a bin")?;
        let (_, most) = extent(self.heights.iter().copied(), "height of a bin")?;
        extent(self.marks.iter().map(|m| m.1).chain([low]), "marked value")?;
        if self.log && low <= 0.0 {
            return Err(PlotError::NotPositive { what: "the first edge of the bins", value: low });
        }
        let mut scene = Scene::new(WIDTH, HEIGHT);
        let area = head(&mut scene, &self.title, &[], "");
        let across = if self.log {
            Axis::log(low, high, &self.label, 12)
        } else {
            Axis::linear(low, high, &self.label, 10)
        };
        // Marks are labelled above the highest bar.
        let headroom = 1.06 + 0.05 * self.marks.len() as f64;
        let panel = Panel::within(area, across, Axis::linear(0.0, most * headroom, &self.height_label, 6));
        panel.grid_up(&mut scene);
        for (ends, height) in self.edges.windows(2).zip(&self.heights) {
            if *height > 0.0 {
                let (left, right) = (panel.x(ends[0]), panel.x(ends[1]));
                let gap = if right - left > 6.0 { 0.75 } else { 0.0 };
                scene.rectangle((left + gap, panel.y(*height)), (right - gap, panel.y(0.0)), BLUE);
            }
        }
        for (row, (label, value)) in self.marks.iter().enumerate() {
            // The lowest mark is labelled on its left, out of the way of the others.
            let leftwards = self.marks.len() > 1 && self.marks.iter().all(|other| *value <= other.1);
            panel.mark_across(&mut scene, *value, label, row, leftwards);
        }
        panel.axis_up(&mut scene);
        panel.axis_across(&mut scene);
        Ok(scene)
    }
}
