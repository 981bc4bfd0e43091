//! Values by row and column with the value printed in each cell: sparsity by layer and projection.

use super::axis::{Axis, extent};
use super::panel::{Area, Panel, head, room_below, room_left};
use super::scene::{Anchor, Scene};
use super::style::{MARGIN, PALE_INK, SMALL, WIDTH, fixed, readable_on, sequential, text_width};
use super::{Picture, PlotError, same_length};

/// A table of values as coloured cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeatMap {
    /// Heading.
    pub title: String,
    /// What a cell holds, with its unit.
    pub note: String,
    /// Names of the rows, from the top.
    pub rows: Vec<String>,
    /// What the rows are.
    pub row_label: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Values row by row; NaN where there is none.
    pub values: Vec<f64>,
    /// Decimals of the printed values.
    pub decimals: usize,
}

impl Picture for HeatMap {
    fn scene(&self) -> Result<Scene, PlotError> {
        let (rows, columns) = (self.rows.len(), self.columns.len());
        same_length("values of the heat map", rows * columns, self.values.len())?;
        let (low, high) = extent(self.values.iter().copied().filter(|v| !v.is_nan()), "cell")?;
        let cell_height = (760.0 / rows as f64).clamp(8.0, 64.0);
        let across = Axis::names(&self.columns, "");
        let up = Axis::names(&self.rows, &self.row_label).reversed();
        let mut scene = Scene::new(WIDTH, 190.0 + rows as f64 * cell_height + room_below(&across));
        let outer = head(&mut scene, &self.title, &[], &self.note);
        let left = outer.left + room_left(&up, WIDTH);
        let right = (left + columns as f64 * 300.0).min(WIDTH - MARGIN);
        let area =
            Area { left, right, top: outer.top + 10.0, bottom: outer.top + 10.0 + rows as f64 * cell_height };
        let panel = Panel { area, across, up };
        let size = (cell_height * 0.72).min(SMALL);
        let printed = |value: f64| fixed(value, self.decimals);
        let cell_width = (right - left) / columns as f64;
        let readable = size >= 12.0
            && self.values.iter().all(|v| v.is_nan() || text_width(&printed(*v), size) < cell_width - 4.0);
        for (i, value) in self.values.iter().enumerate() {
            let (x, y) = ((i % columns) as f64, (i / columns) as f64);
            let centre = panel.at(x, y);
            if value.is_nan() {
                scene.text_in(centre, "–", size, Anchor::Middle, PALE_INK);
                continue;
            }
            let colour =
                sequential(if high > low { 0.08 + 0.92 * (value - low) / (high - low) } else { 0.5 });
            scene.rectangle(panel.at(x - 0.495, y - 0.48), panel.at(x + 0.495, y + 0.48), colour);
            if readable {
                scene.text_in(centre, printed(*value), size, Anchor::Middle, readable_on(colour));
            }
        }
        panel.axis_up(&mut scene);
        panel.names_across(&mut scene);
        Ok(scene)
    }
}
