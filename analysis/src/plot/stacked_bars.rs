//! Bars of several parts each: energy by component and layer.
//!
//! The bars lie, so that long names and many rows have room.

use super::axis::{Axis, extent};
use super::panel::{Area, Panel, head, room_below, room_left};
use super::scene::{Anchor, Scene};
use super::style::{SMALL, WIDTH, number, series, text_width};
use super::{Picture, PlotError, same_length};

/// Stacked bars.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StackedBars {
    /// Heading.
    pub title: String,
    /// Name and unit of the quantity.
    pub label: String,
    /// What the rows are.
    pub row_label: String,
    /// Names of the rows, from the top.
    pub rows: Vec<String>,
    /// Name of each part and its value in every row, 0 or more.
    pub parts: Vec<(String, Vec<f64>)>,
}

impl Picture for StackedBars {
    fn scene(&self) -> Result<Scene, PlotError> {
        let rows = self.rows.len();
        for (_, values) in &self.parts {
            same_length("values of a part", rows, values.len())?;
            let (low, _) = extent(values.iter().copied(), "part of a bar")?;
            if low < 0.0 {
                return Err(PlotError::NotPositive { what: "part of a bar", value: low });
            }
        }
        if rows == 0 || self.parts.is_empty() {
            return Err(PlotError::Empty { what: "bars" });
        }
        let totals: Vec<f64> = (0..rows).map(|row| self.parts.iter().map(|(_, v)| v[row]).sum()).collect();
        let (_, most) = extent(totals.iter().copied(), "bar")?;
        let pitch = (800.0 / rows as f64).clamp(6.0, 56.0);
        let key: Vec<_> =
            self.parts.iter().enumerate().map(|(i, p)| (series(i, self.parts.len()), p.0.clone())).collect();
        let up = Axis::names(&self.rows, &self.row_label).reversed();
        let across = Axis::linear(0.0, most, &self.label, 8);
        let key_width: f64 = key.iter().map(|(_, name)| 52.0 + text_width(name, SMALL)).sum();
        let head_height = 130.0 + SMALL * 1.4 * (key_width / (WIDTH - 80.0)).ceil();
        let mut scene =
            Scene::new(WIDTH, head_height + (pitch * rows as f64).max(110.0) + room_below(&across));
        let outer = head(&mut scene, &self.title, &key, "");
        let room = totals.iter().map(|t| text_width(&number(*t), SMALL)).fold(0.0, f64::max) + 20.0;
        let area = Area {
            left: outer.left + room_left(&up, WIDTH),
            right: outer.right - room,
            top: outer.top,
            bottom: outer.bottom - room_below(&across),
        };
        let panel = Panel { area, across, up };
        panel.grid_across(&mut scene);
        for (row, total) in totals.iter().enumerate() {
            let y = row as f64;
            let mut from = 0.0;
            for (i, (_, values)) in self.parts.iter().enumerate() {
                if values[row] > 0.0 {
                    let corners = (panel.at(from, y - 0.38), panel.at(from + values[row], y + 0.38));
                    scene.rectangle(corners.0, corners.1, series(i, self.parts.len()));
                    from += values[row];
                }
            }
            if pitch >= SMALL * 0.95 {
                scene.text((panel.x(*total) + 10.0, panel.y(y)), number(*total), SMALL, Anchor::Left);
            }
        }
        panel.axis_up(&mut scene);
        panel.axis_across(&mut scene);
        Ok(scene)
    }
}
