//! A plotting area with two axes, the heading of a picture and its key.

use super::axis::Axis;
use super::scene::{Anchor, Point, Scene};
use super::style::{GRID, INK, LABEL, MARGIN, ORANGE, PALE_INK, SMALL, TITLE, fitted, text_width};
use plotters::style::RGBColor;

/// Pixels between an axis and the numbers along it.
const GAP: f64 = 10.0;
/// Largest share of the width that the names along an upright axis may take.
const MOST_FOR_NAMES: f64 = 0.38;

/// An area in pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

/// A plotting area with its axes.
#[derive(Debug, Clone)]
pub(crate) struct Panel {
    /// The data area, without labels.
    pub(crate) area: Area,
    pub(crate) across: Axis,
    pub(crate) up: Axis,
}

impl Panel {
    /// Lays a panel into `outer`, which has to hold its labels too.
    pub(crate) fn within(outer: Area, across: Axis, up: Axis) -> Self {
        let left = outer.left + room_left(&up, outer.right - outer.left);
        let bottom = outer.bottom - room_below(&across);
        let last = across.ticks.last().map_or(0.0, |(_, text)| text_width(text, SMALL) / 2.0);
        let right = outer.right - last.min(40.0);
        Self { area: Area { left, bottom, right, top: outer.top + SMALL / 2.0 }, across, up }
    }

    /// Pixels of a value across.
    pub(crate) fn x(&self, value: f64) -> f64 {
        self.area.left + self.across.share(value) * (self.area.right - self.area.left)
    }

    /// Pixels of a value up.
    pub(crate) fn y(&self, value: f64) -> f64 {
        self.area.bottom - self.up.share(value) * (self.area.bottom - self.area.top)
    }

    /// A point of the data.
    pub(crate) fn at(&self, x: f64, y: f64) -> Point {
        (self.x(x), self.y(y))
    }

    /// Draws grid lines at the ticks up.
    pub(crate) fn grid_up(&self, scene: &mut Scene) {
        for (at, _) in &self.up.ticks {
            let y = self.y(*at);
            scene.rectangle((self.area.left, y - 0.5), (self.area.right, y + 0.5), GRID);
        }
    }

    /// Draws grid lines at the ticks across.
    pub(crate) fn grid_across(&self, scene: &mut Scene) {
        for (at, _) in &self.across.ticks {
            let x = self.x(*at);
            scene.rectangle((x - 0.5, self.area.top), (x + 0.5, self.area.bottom), GRID);
        }
    }

    /// Draws the axis across: line, ticks, numbers that do not touch, name.
    pub(crate) fn axis_across(&self, scene: &mut Scene) {
        let Area { left, right, bottom, .. } = self.area;
        scene.rectangle((left, bottom - 0.75), (right, bottom + 0.75), INK);
        let mut free_from = f64::NEG_INFINITY;
        for (at, text) in &self.across.ticks {
            let (x, half) = (self.x(*at), text_width(text, SMALL) / 2.0);
            if x - half < free_from {
                continue;
            }
            free_from = x + half + GAP;
            scene.rectangle((x - 0.75, bottom), (x + 0.75, bottom + 6.0), INK);
            scene.text((x, bottom + GAP + SMALL * 0.6), text.clone(), SMALL, Anchor::Middle);
        }
        let y = bottom + GAP + SMALL * 1.2 + LABEL * 0.75;
        let text = fitted(&self.across.label, LABEL, right - left + 60.0);
        scene.text(((left + right) / 2.0, y), text, LABEL, Anchor::Middle);
    }

    /// Draws the numbers or names along the axis up, those that do not touch, and its name.
    pub(crate) fn axis_up(&self, scene: &mut Scene) {
        let Area { left, top, bottom, .. } = self.area;
        let most = MOST_FOR_NAMES * f64::from(scene.width());
        let mut taken: Option<f64> = None;
        for (at, text) in &self.up.ticks {
            let y = self.y(*at);
            if taken.is_some_and(|other| (other - y).abs() < SMALL * 0.95) {
                continue;
            }
            taken = Some(y);
            scene.text((left - GAP, y), fitted(text, SMALL, most), SMALL, Anchor::Right);
        }
        if !self.up.label.is_empty() {
            let x = left - room_left(&self.up, f64::from(scene.width())) + LABEL * 0.5;
            let text = fitted(&self.up.label, LABEL, (bottom - top).max(200.0));
            scene.upwards((x, (top + bottom) / 2.0), text, LABEL);
        }
    }

    /// Draws the names of columns below them, without ticks; long ones are cut.
    pub(crate) fn names_across(&self, scene: &mut Scene) {
        let room = (self.area.right - self.area.left) / self.across.ticks.len().max(1) as f64;
        for (at, text) in &self.across.ticks {
            let text = fitted(text, SMALL, room - 6.0);
            scene.text((self.x(*at), self.area.bottom + GAP + SMALL * 0.6), text, SMALL, Anchor::Middle);
        }
    }

    /// A dashed line at `x` with a label at its upper end: `leftwards` or right of it, as there is room.
    pub(crate) fn mark_across(&self, scene: &mut Scene, x: f64, label: &str, row: usize, leftwards: bool) {
        let at = self.x(x);
        let y = self.area.top + (row as f64 + 0.5) * SMALL * 1.3;
        scene.dashes((at, self.area.bottom), (at, self.area.top), 2.0, ORANGE);
        let width = text_width(label, SMALL) + 20.0;
        let left = if leftwards { at - width > self.area.left } else { at + width > self.area.right };
        let (shift, anchor) = if left { (-8.0, Anchor::Right) } else { (8.0, Anchor::Left) };
        scene.text((at + shift, y), label, SMALL, anchor);
    }
}

/// Pixels that the labels of an upright axis take.
pub(crate) fn room_left(up: &Axis, width: f64) -> f64 {
    let names = up.ticks.iter().map(|(_, text)| text_width(text, SMALL)).fold(0.0, f64::max);
    let name = if up.label.is_empty() { 0.0 } else { LABEL * 1.5 };
    names.min(MOST_FOR_NAMES * width) + GAP * 1.5 + name
}

/// Pixels that the labels of an axis across take.
pub(crate) fn room_below(across: &Axis) -> f64 {
    GAP + SMALL * 1.2 + if across.label.is_empty() { 0.0 } else { LABEL * 1.35 }
}

/// Draws the heading, below it the key (colour and name of each series, as many lines as it takes), and below that a
/// note; returns the area that is left.
pub(crate) fn head(scene: &mut Scene, title: &str, key: &[(RGBColor, String)], note: &str) -> Area {
    let (width, height) = (f64::from(scene.width()), f64::from(scene.height()));
    let right = width - MARGIN;
    scene.text((MARGIN, MARGIN + 8.0), fitted(title, TITLE, right - MARGIN), TITLE, Anchor::Left);
    let mut y = MARGIN + TITLE + 16.0;
    let mut x = MARGIN;
    for (colour, name) in key {
        let name = fitted(name, SMALL, right - MARGIN - 30.0);
        let wide = 26.0 + text_width(&name, SMALL) + 26.0;
        if x > MARGIN && x + wide > right {
            (x, y) = (MARGIN, y + SMALL * 1.4);
        }
        scene.rectangle((x, y - 8.0), (x + 16.0, y + 8.0), *colour);
        scene.text((x + 26.0, y), name, SMALL, Anchor::Left);
        x += wide;
    }
    if !key.is_empty() {
        y += SMALL * 1.5;
    }
    if !note.is_empty() {
        scene.text_in((MARGIN, y), fitted(note, SMALL, right - MARGIN), SMALL, Anchor::Left, PALE_INK);
        y += SMALL * 1.5;
    }
    Area { left: MARGIN, top: y, right, bottom: height - MARGIN * 0.6 }
}

/// Moves label positions apart until each has `room` pixels, as little as possible and in their order; they stay within
/// `low..=high` if they fit.
pub(crate) fn apart(wanted: &[f64], room: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut placed = wanted.to_vec();
    let mut next = low;
    for &i in &order {
        placed[i] = wanted[i].max(next);
        next = placed[i] + room;
    }
    let mut next = high.max(low + room * wanted.len().saturating_sub(1) as f64);
    for &i in order.iter().rev() {
        placed[i] = placed[i].min(next);
        next = placed[i] - room;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_move_apart_and_keep_their_order() {
        let placed = apart(&[10.0, 12.0, 11.0, 90.0], 20.0, 0.0, 100.0);
        assert_eq!(placed, [10.0, 50.0, 30.0, 90.0]);
        assert_eq!(apart(&[95.0, 99.0], 20.0, 0.0, 100.0), [80.0, 100.0]);
    }
}
