//! From one total to another, part by part: from the naive bound of energy to the full estimate.
//!
//! The bars run downwards, so that long names have room.

use super::axis::{Axis, extent};
use super::panel::{Area, Panel, head, room_below, room_left};
use super::scene::{Anchor, Scene};
use super::style::{BLUE, GRID, ORANGE, PALE_INK, PAPER, SLATE, SMALL, WIDTH, number, text_width};
use super::{Picture, PlotError};

/// Pixels from bar to bar.
const ROW: f64 = 58.0;

/// A waterfall.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Waterfall {
    /// Heading.
    pub title: String,
    /// Name and unit of the quantity, such as `energy (pJ per MAC)`.
    pub label: String,
    /// Name and value of the total that it starts from.
    pub start: (String, f64),
    /// Name of each part and what it adds (below 0: takes away).
    pub parts: Vec<(String, f64)>,
    /// Name of the total that it ends at.
    pub end: String,
}

impl Picture for Waterfall {
    fn scene(&self) -> Result<Scene, PlotError> {
        extent([self.start.1], "the first total")?;
        extent(self.parts.iter().map(|p| p.1).chain([0.0]), "part")?;
        let mut bars = vec![(self.start.0.clone(), 0.0, self.start.1, BLUE, number(self.start.1))];
        let mut total = self.start.1;
        for (name, value) in &self.parts {
            let colour = if *value < 0.0 { SLATE } else { ORANGE };
            let sign = if *value > 0.0 { "+" } else { "" };
            bars.push((name.clone(), total, total + value, colour, format!("{sign}{}", number(*value))));
            total += value;
        }
        bars.push((self.end.clone(), 0.0, total, BLUE, number(total)));
        let (low, high) = extent(bars.iter().flat_map(|b| [b.1, b.2]), "total")?;
        let names: Vec<&String> = bars.iter().map(|b| &b.0).collect();
        let up = Axis::names(&names, "").reversed();
        let across = Axis::linear(low, high, &self.label, 8);
        let mut scene = Scene::new(WIDTH, 120.0 + ROW * bars.len() as f64 + room_below(&across) + 40.0);
        let key = [(ORANGE, "adds".to_owned()), (SLATE, "takes away".to_owned()), (BLUE, "total".to_owned())];
        let shown = if self.parts.iter().any(|p| p.1 < 0.0) { &key[..] } else { &[] };
        let outer = head(&mut scene, &self.title, shown, "");
        let room = bars.iter().map(|b| text_width(&b.4, SMALL)).fold(0.0, f64::max) + 24.0;
        let area = Area {
            left: outer.left + room_left(&up, WIDTH),
            right: outer.right - room,
            bottom: outer.bottom - room_below(&across),
            top: outer.top,
        };
        let panel = Panel { area, across, up };
        panel.grid_across(&mut scene);
        for (i, (_, from, to, colour, text)) in bars.iter().enumerate() {
            let row = i as f64;
            scene.rectangle(panel.at(*from, row - 0.32), panel.at(*to, row + 0.32), *colour);
            if i + 1 < bars.len() {
                let x = panel.x(*to);
                scene.rectangle((x - 0.75, panel.y(row + 0.32)), (x + 0.75, panel.y(row + 0.68)), PALE_INK);
            }
            let x = panel.x(from.max(*to)) + 10.0;
            let back = text_width(text, SMALL) + 4.0;
            scene.rectangle((x - 4.0, panel.y(row) - 13.0), (x + back, panel.y(row) + 13.0), PAPER);
            scene.text((x, panel.y(row)), text.clone(), SMALL, Anchor::Left);
        }
        if low < 0.0 {
            scene.rectangle((panel.x(0.0) - 0.75, area.top), (panel.x(0.0) + 0.75, area.bottom), GRID);
        }
        panel.axis_up(&mut scene);
        panel.axis_across(&mut scene);
        Ok(scene)
    }
}
