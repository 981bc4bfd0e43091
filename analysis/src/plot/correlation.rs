//! Correlation matrix: colours that part at 0, a neutral diagonal, a colour bar.

use super::axis::{Axis, extent};
use super::panel::{Area, Panel, head};
use super::scene::{Anchor, Scene};
use super::style::{GRID, INK, LABEL, PALE_INK, SMALL, WIDTH, diverging, text_width};
use super::{Picture, PlotError, same_length};

/// Cells a side up to which every pair has its own; more are averaged.
const MOST_CELLS: usize = 240;
/// Side of the square in pixels.
const SIDE: f64 = 900.0;

/// A symmetric matrix of correlations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Correlation {
    /// Heading.
    pub title: String,
    /// Names of the units.
    pub names: Vec<String>,
    /// What units these are, such as `the 1000 most active of 2500 units`.
    pub selection: String,
    /// What the units are.
    pub label: String,
    /// What the values are, such as `correlation of counts in 5 ms bins`.
    pub value_label: String,
    /// Row by row; NaN where a coefficient is not defined. The diagonal is not shown.
    pub values: Vec<f64>,
}

impl Picture for Correlation {
    fn scene(&self) -> Result<Scene, PlotError> {
        let units = self.names.len();
        if units < 2 {
            return Err(PlotError::Empty { what: "pairs of units" });
        }
        same_length("correlations", units * units, self.values.len())?;
        let block = units.div_ceil(MOST_CELLS);
        let cells = units.div_ceil(block);
        let means: Vec<Option<f64>> =
            (0..cells * cells).map(|i| self.mean(i / cells, i % cells, block)).collect();
        let (low, high) = extent(means.iter().copied().flatten(), "correlation")?;
        let most = low.abs().max(high.abs()).max(1e-3);
        let cell =
            if block > 1 { format!(", each cell the mean of {block} × {block}") } else { String::new() };
        let note = format!("{}{cell}; grey: not defined, and the diagonal", self.selection);
        let mut scene = Scene::new(WIDTH * 0.8, 1160.0);
        let outer = head(&mut scene, &self.title, &[], &note);
        let across = self.axis();
        let up = self.axis().reversed();
        let left = outer.left + super::panel::room_left(&up, WIDTH);
        let side = SIDE.min(WIDTH * 0.8 - 210.0 - left);
        let area = Area { left, right: left + side, top: outer.top + 8.0, bottom: outer.top + 8.0 + side };
        let panel = Panel { area, across, up };
        scene.rectangle((area.left, area.top), (area.right, area.bottom), GRID);
        let cell = side / units as f64;
        let gap = if cell > 16.0 { 0.5 / cell } else { 0.0 };
        let from = |i: usize| (i * block) as f64 - 0.5 + gap;
        let to = |i: usize| ((i + 1) * block).min(units) as f64 - 0.5 - gap;
        for (i, value) in means.into_iter().enumerate() {
            let Some(value) = value else { continue };
            let (row, column) = (i / cells, i % cells);
            let corners = (panel.at(from(column), from(row)), panel.at(to(column), to(row)));
            scene.rectangle(corners.0, corners.1, diverging(value / most));
        }
        panel.axis_up(&mut scene);
        panel.axis_across(&mut scene);
        self.colour_bar(&mut scene, area, most);
        Ok(scene)
    }
}

impl Correlation {
    fn axis(&self) -> Axis {
        let room = SIDE / self.names.len() as f64;
        let widest = self.names.iter().map(|name| text_width(name, SMALL) + 14.0).fold(SMALL, f64::max);
        let every = (widest / room).ceil().max(1.0) as usize;
        let ids: Option<Vec<i64>> = self.names.iter().map(|name| name.parse().ok()).collect();
        if let Some(ids) = ids {
            return Axis::units(&ids, &self.label, self.names.len().div_ceil(every));
        }
        let mut axis = Axis::names(&self.names, &self.label);
        let nice = [1, 2, 5, 10, 20, 50, 100, 200, 500].into_iter().find(|n| *n >= every).unwrap_or(every);
        axis.ticks = axis.ticks.into_iter().step_by(nice).collect();
        axis
    }

    /// Mean of a block of cells, without the diagonal and what is not defined.
    fn mean(&self, row: usize, column: usize, block: usize) -> Option<f64> {
        let units = self.names.len();
        let span = |i: usize| (i * block)..((i + 1) * block).min(units);
        let pairs = span(row).flat_map(|r| span(column).map(move |c| (r, c)));
        let (mut sum, mut cells) = (0.0, 0u32);
        for value in pairs.filter(|(r, c)| r != c).map(|(r, c)| self.values[r * units + c]) {
            if !value.is_nan() {
                sum += value;
                cells += 1;
            }
        }
        (cells > 0).then(|| sum / f64::from(cells))
    }

    fn colour_bar(&self, scene: &mut Scene, beside: Area, most: f64) {
        const STEPS: u32 = 128;
        let (left, right) = (beside.right + 36.0, beside.right + 62.0);
        let axis = Axis::linear(-most, most, "", 6);
        let y = |value: f64| beside.bottom - axis.share(value) * (beside.bottom - beside.top);
        for step in 0..STEPS {
            let at = |i: u32| -most + 2.0 * most * f64::from(i) / f64::from(STEPS);
            let colour = diverging((at(step) + at(step + 1)) / (2.0 * most));
            scene.rectangle((left, y(at(step))), (right, y(at(step + 1))), colour);
        }
        for (at, text) in &axis.ticks {
            scene.rectangle((right, y(*at) - 0.75), (right + 6.0, y(*at) + 0.75), INK);
            scene.text_in((right + 12.0, y(*at)), text.clone(), SMALL, Anchor::Left, PALE_INK);
        }
        let widest = axis.ticks.iter().map(|(_, text)| text_width(text, SMALL)).fold(0.0, f64::max);
        let x = right + 12.0 + widest + LABEL;
        scene.upwards((x, (beside.top + beside.bottom) / 2.0), self.value_label.clone(), LABEL);
    }
}
