//! Lines named at their ends, with a reference line and the points where they cross it: break-even of spikes against MACs.

use super::axis::{Axis, extent, padded};
use super::panel::{Panel, apart, head};
use super::scene::{Anchor, Scene};
use super::style::{HEIGHT, INK, PAPER, SMALL, WIDTH, fitted, number, series, text_width};
use super::{Picture, PlotError, same_length};
use plotters::style::RGBColor;

/// Widest name of a line in pixels.
const MOST_NAME: f64 = 420.0;

/// Several curves over one quantity.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curves {
    /// Heading.
    pub title: String,
    /// Name and unit across.
    pub x_label: String,
    /// Name and unit up.
    pub y_label: String,
    /// Whether the axis across is logarithmic.
    pub log_x: bool,
    /// Whether the axis up is logarithmic; it shows 0 if not.
    pub log_y: bool,
    /// The curves.
    pub lines: Vec<Line>,
    /// Height of a reference line and its label, such as 1 and `as much as dense INT8`; crossings are marked.
    pub reference: Option<(f64, String)>,
}

/// One curve.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// Name, written at its end.
    pub name: String,
    /// Values across, ascending.
    pub x: Vec<f64>,
    /// Values up.
    pub y: Vec<f64>,
}

impl Line {
    /// Where the curve, straight between its points on the given scales, reaches the height `level`.
    fn crossings(&self, level: f64, log_x: bool, log_y: bool) -> Vec<f64> {
        let on = |log: bool, v: f64| if log { v.ln() } else { v };
        let points: Vec<(f64, f64)> = self
            .x
            .iter()
            .zip(&self.y)
            .map(|(x, y)| (on(log_x, *x), on(log_y, *y) - on(log_y, level)))
            .collect();
        let mut found = Vec::new();
        for ends in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (ends[0], ends[1]);
            if (y0 < 0.0) != (y1 < 0.0) {
                let x = x0 + (x1 - x0) * y0 / (y0 - y1);
                found.push(if log_x { x.exp() } else { x });
            }
        }
        found
    }
}

impl Picture for Curves {
    fn scene(&self) -> Result<Scene, PlotError> {
        for line in &self.lines {
            same_length("heights of a curve", line.x.len(), line.y.len())?;
        }
        let x =
            axis_ends(self.lines.iter().flat_map(|l| l.x.iter().copied()), self.log_x, 0.0, "value across")?;
        let zero = (!self.log_y).then_some(0.0);
        let heights = self.lines.iter().flat_map(|l| l.y.iter().copied()).chain(zero);
        let y = axis_ends(heights.chain(self.reference.iter().map(|r| r.0)), self.log_y, 0.06, "value up")?;
        let axis = |log: bool, (low, high): (f64, f64), label: &str, ticks| {
            if log { Axis::log(low, high, label, ticks) } else { Axis::linear(low, high, label, ticks) }
        };
        let mut scene = Scene::new(WIDTH, HEIGHT);
        let mut area = head(&mut scene, &self.title, &[], "");
        area.right -= names_width(self.lines.iter().map(|l| l.name.as_str()));
        let panel =
            Panel::within(area, axis(self.log_x, x, &self.x_label, 9), axis(self.log_y, y, &self.y_label, 7));
        panel.grid_up(&mut scene);
        if let Some((level, label)) = &self.reference {
            let y = panel.y(*level);
            scene.dashes((panel.area.left, y), (panel.area.right, y), 2.0, INK);
            let (at, anchor) = self.reference_place(&panel, y, text_width(label, SMALL));
            scene.text(at, label.clone(), SMALL, anchor);
        }
        let mut labels: Vec<(f64, f64, String)> = Vec::new();
        for (i, line) in self.lines.iter().enumerate() {
            let colour = series(i, self.lines.len());
            let points: Vec<_> = line.x.iter().zip(&line.y).map(|(x, y)| panel.at(*x, *y)).collect();
            if let [only] = points[..] {
                scene.disc(only, 5.0, colour);
            }
            scene.line(points, 3.0, colour);
            let Some((level, _)) = self.reference else { continue };
            for x in line.crossings(level, self.log_x, self.log_y) {
                scene.disc(panel.at(x, level), 8.0, colour);
                scene.disc(panel.at(x, level), 4.0, PAPER);
                labels.push((panel.x(x), panel.y(level), number(x)));
            }
        }
        crossing_labels(&mut scene, &mut labels);
        let ends = self.lines.iter().map(|l| (l.name.as_str(), l.y.last().copied()));
        names_at_ends(&mut scene, &panel, ends);
        panel.axis_up(&mut scene);
        panel.axis_across(&mut scene);
        Ok(scene)
    }
}

impl Curves {
    /// Where the label of the reference line at pixel `y` lies: above or below, at the left or right end, where the fewest
    /// points of the curves are in its way.
    fn reference_place(&self, panel: &Panel, y: f64, width: f64) -> ((f64, f64), Anchor) {
        let (left, right) = (panel.area.left + 8.0, panel.area.right - 8.0);
        let in_the_way = |from: f64, centre: f64| {
            let to = from + width;
            let hit = |x: f64, y: f64| (from..to).contains(&x) && (y - centre).abs() < SMALL * 0.8;
            let on_line = |line: &Line| {
                let points: Vec<_> = line.x.iter().zip(&line.y).map(|(x, y)| panel.at(*x, *y)).collect();
                let between =
                    |t: f64, a: (f64, f64), b: (f64, f64)| hit(a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
                let on_segment = |ends: &[(f64, f64)]| {
                    (0..32).filter(|step| between(f64::from(*step) / 32.0, ends[0], ends[1])).count()
                };
                points.windows(2).map(on_segment).sum::<usize>()
            };
            self.lines.iter().map(on_line).sum::<usize>()
        };
        [
            (left, Anchor::Left, -0.7),
            (left, Anchor::Left, 0.8),
            (right, Anchor::Right, -0.7),
            (right, Anchor::Right, 0.8),
        ]
        .into_iter()
        .map(|(x, anchor, lines)| ((x, y + SMALL * lines), anchor))
        .min_by_key(|((x, y), anchor)| in_the_way(if *anchor == Anchor::Left { *x } else { x - width }, *y))
        .unwrap_or(((left, y - SMALL * 0.7), Anchor::Left))
    }
}

/// Writes each crossing's value below it, stepping down where they would touch.
fn crossing_labels(scene: &mut Scene, labels: &mut [(f64, f64, String)]) {
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free_from = [f64::NEG_INFINITY; 4];
    for (x, y, text) in labels {
        let half = text_width(text, SMALL) / 2.0;
        let Some(row) = free_from.iter().position(|free| *x - half >= *free) else { continue };
        free_from[row] = *x + half + 8.0;
        let at = (*x, *y + SMALL * (1.1 + 1.1 * row as f64));
        scene.rectangle((at.0 - half, at.1 - SMALL * 0.5), (at.0 + half, at.1 + SMALL * 0.5), PAPER);
        scene.text(at, text.clone(), SMALL, Anchor::Middle);
    }
}

/// Ends of an axis: padded, or by a share of its decades where it is logarithmic.
pub(crate) fn axis_ends(
    values: impl IntoIterator<Item = f64>,
    log: bool,
    room: f64,
    what: &'static str,
) -> Result<(f64, f64), PlotError> {
    let (low, high) = extent(values, what)?;
    if !log {
        let (from, to) = padded((low, high), room);
        return Ok(if low >= 0.0 && low < 0.5 * high && room > 0.0 { (0.0, to) } else { (from, to) });
    }
    if low <= 0.0 {
        return Err(PlotError::NotPositive { what, value: low });
    }
    let (from, to) = padded((low.ln(), high.ln()), room);
    Ok(if high > low { (from.exp(), to.exp()) } else { (low / 2.0, high * 2.0) })
}

/// Pixels that the names at the ends of lines take.
pub(crate) fn names_width<'a>(names: impl Iterator<Item = &'a str>) -> f64 {
    names.map(|name| text_width(name, SMALL)).fold(0.0, f64::max).min(MOST_NAME) + 24.0
}

/// Writes the name of each line right of its end, apart from the others.
pub(crate) fn names_at_ends<'a>(
    scene: &mut Scene,
    panel: &Panel,
    lines: impl Iterator<Item = (&'a str, Option<f64>)>,
) {
    let lines: Vec<_> = lines.collect();
    let named: Vec<(usize, &str, f64)> =
        lines.iter().enumerate().filter_map(|(i, (name, y))| y.map(|y| (i, *name, panel.y(y)))).collect();
    let wanted: Vec<f64> = named.iter().map(|n| n.2).collect();
    let room = (SMALL * 1.1).min((panel.area.bottom - panel.area.top) / named.len().max(1) as f64);
    let size = SMALL.min(room / 1.02);
    let placed = apart(&wanted, room, panel.area.top, panel.area.bottom);
    for ((i, name, y), at) in named.into_iter().zip(placed) {
        let colour = series(i, lines.len());
        let x = panel.area.right;
        scene.line(vec![(x + 2.0, y), (x + 16.0, at)], 1.5, colour);
        let text = fitted(name, size, MOST_NAME);
        scene.text_in(
            (x + 20.0, at),
            text,
            size,
            Anchor::Left,
            if lines.len() > 8 { INK } else { darker(colour) },
        );
    }
}

/// The colour, dark enough for text.
fn darker(colour: RGBColor) -> RGBColor {
    let part = |v: u8| (f64::from(v) * 0.7) as u8;
    RGBColor(part(colour.0), part(colour.1), part(colour.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossings_lie_where_the_drawn_line_meets_the_level() {
        let line = Line { name: String::new(), x: vec![0.0, 2.0, 4.0], y: vec![0.0, 2.0, 0.0] };
        assert_eq!(line.crossings(1.0, false, false), [1.0, 3.0]);
        let line = Line { name: String::new(), x: vec![1.0, 100.0], y: vec![0.1, 10.0] };
        assert!((line.crossings(1.0, true, true)[0] - 10.0).abs() < 1e-9);
    }
}
