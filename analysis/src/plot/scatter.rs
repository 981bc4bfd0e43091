//! Labelled points in two quantities, with the Pareto front: bits per byte against energy.

use super::axis::Axis;
use super::curves::axis_ends;
use super::panel::{Panel, head};
use super::scene::{Anchor, Point, Scene};
use super::style::{HEIGHT, PALE_INK, SMALL, WIDTH, series, text_width};
use super::{Picture, PlotError};

/// Radius of a point in pixels.
const RADIUS: f64 = 8.0;

/// Points in groups; each group has a colour.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scatter {
    /// Heading.
    pub title: String,
    /// Name and unit across.
    pub x_label: String,
    /// Name and unit up.
    pub y_label: String,
    /// Whether the axis across is logarithmic.
    pub log_x: bool,
    /// Whether the axis up is logarithmic.
    pub log_y: bool,
    /// Name of each group and its points.
    pub groups: Vec<(String, Vec<Labelled>)>,
    /// Whether to join the points of all groups that no other point beats in both quantities (lower is better).
    pub front: bool,
}

/// A point with its label, which may be empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Labelled {
    /// Value across.
    pub x: f64,
    /// Value up.
    pub y: f64,
    /// Written beside it.
    pub label: String,
}

impl Scatter {
    fn points(&self) -> impl Iterator<Item = &Labelled> {
        self.groups.iter().flat_map(|(_, points)| points)
    }

    /// Points that no other beats in both quantities, from left to right.
    fn front(&self) -> Vec<(f64, f64)> {
        let mut points: Vec<(f64, f64)> = self.points().map(|p| (p.x, p.y)).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut best = f64::INFINITY;
        points.retain(|(_, y)| {
            let better = *y < best;
            best = best.min(*y);
            better
        });
        points
    }
}

impl Scatter {
    /// Lays the picture out on a canvas of `width` by `height` pixels.
    fn sized(&self, width: f64, height: f64) -> Result<Scene, PlotError> {
        let x = axis_ends(self.points().map(|p| p.x), self.log_x, 0.08, "value across")?;
        let y = axis_ends(self.points().map(|p| p.y), self.log_y, 0.1, "value up")?;
        let axis = |log: bool, (low, high): (f64, f64), label: &str, ticks| {
            if log { Axis::log(low, high, label, ticks) } else { Axis::linear(low, high, label, ticks) }
        };
        let of = self.groups.len();
        let key: Vec<_> =
            self.groups.iter().enumerate().map(|(i, (name, _))| (series(i, of), name.clone())).collect();
        let mut scene = Scene::new(width, height);
        let area = head(&mut scene, &self.title, &key, "");
        let panel =
            Panel::within(area, axis(self.log_x, x, &self.x_label, 9), axis(self.log_y, y, &self.y_label, 7));
        panel.grid_up(&mut scene);
        panel.grid_across(&mut scene);
        if self.front {
            let front: Vec<Point> = self.front().into_iter().map(|(x, y)| panel.at(x, y)).collect();
            for ends in front.windows(2) {
                scene.dashes(ends[0], ends[1], 1.5, PALE_INK);
            }
        }
        let mut taken: Vec<[f64; 4]> = self
            .points()
            .map(|p| panel.at(p.x, p.y))
            .map(|(x, y)| [x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS])
            .collect();
        for (i, (_, points)) in self.groups.iter().enumerate() {
            for point in points {
                scene.disc(panel.at(point.x, point.y), RADIUS, series(i, of));
            }
        }
        for point in self.points().filter(|p| !p.label.is_empty()) {
            label(&mut scene, &panel, panel.at(point.x, point.y), &point.label, &mut taken);
        }
        panel.axis_up(&mut scene);
        panel.axis_across(&mut scene);
        Ok(scene)
    }
}

impl Picture for Scatter {
    fn scene(&self) -> Result<Scene, PlotError> {
        self.sized(WIDTH, HEIGHT)
    }
}

/// Scatter pictures side by side, each as wide as three quarters of one alone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScatterRow(pub Vec<Scatter>);

impl Picture for ScatterRow {
    fn scene(&self) -> Result<Scene, PlotError> {
        let scenes: Vec<Scene> =
            self.0.iter().map(|scatter| scatter.sized(0.75 * WIDTH, HEIGHT)).collect::<Result<_, _>>()?;
        if scenes.is_empty() {
            return Err(PlotError::Empty { what: "pictures" });
        }
        Ok(Scene::row(scenes))
    }
}

/// Writes a label where it touches least: right, left, above or below its point, near or farther off.
fn label(scene: &mut Scene, panel: &Panel, (x, y): Point, text: &str, taken: &mut Vec<[f64; 4]>) {
    let (wide, high) = (text_width(text, SMALL), SMALL * 1.05);
    let places = (0..6).flat_map(|ring| {
        let far = RADIUS + 6.0 + f64::from(ring) * high;
        let beside = RADIUS + 6.0;
        [
            (x + beside, y - f64::from(ring) * high),
            (x - beside - wide, y - f64::from(ring) * high),
            (x - wide / 2.0, y - far - high / 2.0),
            (x - wide / 2.0, y + far + high / 2.0),
        ]
    });
    let covered = |(left, middle): &(f64, f64)| -> f64 {
        let mine = [*left, middle - high / 2.0, left + wide, middle + high / 2.0];
        let overlap = |a: &[f64; 4]| {
            (a[2].min(mine[2]) - a[0].max(mine[0])).max(0.0)
                * (a[3].min(mine[3]) - a[1].max(mine[1])).max(0.0)
        };
        let area = panel.area;
        let outside = (area.left - mine[0]).max(0.0)
            + (mine[2] - area.right).max(0.0)
            + (area.top - mine[1]).max(0.0)
            + (mine[3] - area.bottom).max(0.0);
        taken.iter().map(overlap).sum::<f64>() + 100.0 * outside
    };
    let best = places.map(|place| (covered(&place), place)).reduce(|a, b| if b.0 < a.0 { b } else { a });
    if let Some((_, (left, middle))) = best {
        taken.push([left, middle - high / 2.0, left + wide, middle + high / 2.0]);
        scene.text((left, middle), text, SMALL, Anchor::Left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_holds_what_nothing_else_beats() {
        let point = |x, y| Labelled { x, y, label: String::new() };
        let points =
            vec![point(3.0, 1.0), point(1.0, 3.0), point(2.0, 2.0), point(2.5, 2.5), point(3.0, 2.0)];
        let scatter = Scatter { groups: vec![(String::new(), points)], ..Scatter::default() };
        assert_eq!(scatter.front(), [(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]);
    }
}
