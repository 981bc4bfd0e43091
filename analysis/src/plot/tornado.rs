//! Tornado: how far a result moves when one assumption at a time goes to its low and its high end, the strongest on top.

use super::axis::{Axis, extent, padded};
use super::panel::{Area, Panel, head, room_below, room_left};
use super::scene::{Anchor, Scene};
use super::style::{BLUE, INK, MARGIN, ORANGE, SMALL, WIDTH, number, text_width};
use super::{Picture, PlotError};

/// Pixels from bar to bar.
const ROW: f64 = 58.0;

/// Sensitivity of a result to its assumptions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tornado {
    /// Heading.
    pub title: String,
    /// Name and unit of the result.
    pub label: String,
    /// The result with every assumption as it is.
    pub centre: f64,
    /// The assumptions, in any order.
    pub bars: Vec<Swing>,
}

/// What one assumption does to the result.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Swing {
    /// Name of the assumption, with its low and high value.
    pub name: String,
    /// The result at the low end.
    pub low: f64,
    /// The result at the high end.
    pub high: f64,
}

impl Picture for Tornado {
    fn scene(&self) -> Result<Scene, PlotError> {
        if self.bars.is_empty() {
            return Err(PlotError::Empty { what: "assumptions" });
        }
        let ends = self.bars.iter().flat_map(|b| [b.low, b.high]);
        let (low, high) = padded(extent(ends.chain([self.centre]), "result")?, 0.02);
        let mut bars: Vec<&Swing> = self.bars.iter().collect();
        bars.sort_by(|a, b| (b.high - b.low).abs().total_cmp(&(a.high - a.low).abs()));
        let names: Vec<&String> = bars.iter().map(|b| &b.name).collect();
        let up = Axis::names(&names, "").reversed();
        let across = Axis::linear(low, high, &self.label, 8);
        let mut scene = Scene::new(WIDTH, 170.0 + ROW * bars.len() as f64 + room_below(&across));
        let key = [(ORANGE, "low end".to_owned()), (BLUE, "high end".to_owned())];
        let note = format!("as assumed: {}", number(self.centre));
        let outer = head(&mut scene, &self.title, &key, &note);
        let room = bars
            .iter()
            .flat_map(|b| [b.low, b.high])
            .map(|v| text_width(&number(v), SMALL) + 16.0)
            .fold(0.0, f64::max);
        let area = Area {
            left: outer.left + room_left(&up, WIDTH) + room,
            right: WIDTH - MARGIN - room,
            top: outer.top,
            bottom: outer.bottom - room_below(&across),
        };
        let panel = Panel { area, across, up };
        panel.grid_across(&mut scene);
        for (i, bar) in bars.iter().enumerate() {
            let row = i as f64;
            for (value, colour) in [(bar.low, ORANGE), (bar.high, BLUE)] {
                scene.rectangle(panel.at(self.centre, row - 0.32), panel.at(value, row + 0.32), colour);
            }
            let (least, most) = (bar.low.min(bar.high), bar.low.max(bar.high));
            if least < self.centre {
                scene.text((panel.x(least) - 8.0, panel.y(row)), number(least), SMALL, Anchor::Right);
            }
            if most > self.centre {
                scene.text((panel.x(most) + 8.0, panel.y(row)), number(most), SMALL, Anchor::Left);
            }
        }
        let x = panel.x(self.centre);
        scene.rectangle((x - 1.0, area.top), (x + 1.0, area.bottom), INK);
        let names_end = Panel { area: Area { left: area.left - room, ..area }, ..panel.clone() };
        names_end.axis_up(&mut scene);
        panel.axis_across(&mut scene);
        Ok(scene)
    }
}
