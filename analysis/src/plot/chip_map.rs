//! The mesh of a chip from above: its cores by colour, and how busy the links between its tiles are.

use super::panel::head;
use super::scene::{Anchor, Scene};
use super::style::{
    GRID, INK, MARGIN, ORANGE, PALE_INK, SMALL, WIDTH, fitted, readable_on, sequential, series,
};
use super::{Picture, PlotError, same_length};

/// What the colour of a core says.
#[derive(Debug, Clone, PartialEq)]
pub enum Shade {
    /// A share from 0 to 1, pale to dark.
    Share(f64),
    /// One of so many groups.
    Group(usize),
}

/// A core.
#[derive(Debug, Clone, PartialEq)]
pub struct Core {
    /// Tile that it lies on.
    pub tile: usize,
    /// What is written into it, if there is room.
    pub label: String,
    /// Its colour; none if it is not used.
    pub shade: Option<Shade>,
}

/// A link from a tile to its neighbour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Tile that it leaves.
    pub from: usize,
    /// Tile that it enters.
    pub to: usize,
    /// Share of the time for which it carried something.
    pub busy: f64,
}

/// A chip of `columns` x `rows` tiles, numbered column by column from the lower left.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChipMap {
    /// Heading.
    pub title: String,
    /// What the colours mean.
    pub note: String,
    /// Names of the groups.
    pub groups: Vec<String>,
    /// Tiles from west to east.
    pub columns: usize,
    /// Tiles from south to north.
    pub rows: usize,
    /// All cores, those of a tile together.
    pub cores: Vec<Core>,
    /// Links that carried something.
    pub links: Vec<Link>,
}

impl Picture for ChipMap {
    fn scene(&self) -> Result<Scene, PlotError> {
        let tiles = self.columns * self.rows;
        if tiles == 0 || self.cores.is_empty() {
            return Err(PlotError::Empty { what: "cores" });
        }
        let outside = |tile: &&usize| **tile >= tiles;
        let named =
            self.cores.iter().map(|c| &c.tile).chain(self.links.iter().flat_map(|l| [&l.from, &l.to]));
        same_length("tiles", tiles, tiles + named.filter(outside).count())?;
        let key: Vec<_> = self
            .groups
            .iter()
            .enumerate()
            .map(|(i, name)| (series(i, self.groups.len()), name.clone()))
            .collect();
        let pitch = ((WIDTH - 2.0 * MARGIN) / self.columns as f64).min(210.0);
        let key_lines =
            (key.iter().map(|(_, n)| 60.0 + 12.0 * n.len() as f64).sum::<f64>() / (WIDTH - 80.0)).ceil();
        let mut scene = Scene::new(WIDTH, 170.0 + key_lines * SMALL * 1.4 + pitch * self.rows as f64);
        let outer = head(&mut scene, &self.title, &key, &self.note);
        let left = (WIDTH - pitch * self.columns as f64) / 2.0;
        let centre = |tile: usize| {
            let (x, y) = (tile / self.rows, tile % self.rows);
            (left + (x as f64 + 0.5) * pitch, outer.top + ((self.rows - 1 - y) as f64 + 0.5) * pitch)
        };
        let half = pitch * 0.36;
        for tile in 0..tiles {
            let (x, y) = centre(tile);
            scene.rectangle((x - half, y - half), (x + half, y + half), GRID);
            self.tile(&mut scene, tile, (x - half + 3.0, y - half + 3.0), 2.0 * half - 6.0);
        }
        let most = self.links.iter().map(|l| l.busy).fold(0.0, f64::max);
        for link in self.links.iter().filter(|_| most > 0.0) {
            let ((x, y), (u, v)) = (centre(link.from), centre(link.to));
            let (dx, dy) = ((u - x) / pitch, (v - y) / pitch);
            // Each direction keeps to its right, so that the two of a pair lie side by side.
            let (side_x, side_y) = (-dy * pitch * 0.09, dx * pitch * 0.09);
            let start = (x + dx * (half + 2.0) + side_x, y + dy * (half + 2.0) + side_y);
            let end = (u - dx * (half + 2.0) + side_x, v - dy * (half + 2.0) + side_y);
            let share = link.busy / most;
            scene.line(
                vec![start, end],
                1.5 + 0.07 * pitch * share,
                if share > 0.66 { ORANGE } else { PALE_INK },
            );
        }
        Ok(scene)
    }
}

impl ChipMap {
    /// Draws the cores of a tile in a grid as square as can be.
    fn tile(&self, scene: &mut Scene, tile: usize, (left, top): (f64, f64), size: f64) {
        let cores: Vec<&Core> = self.cores.iter().filter(|core| core.tile == tile).collect();
        let across = (cores.len() as f64).sqrt().ceil().max(1.0);
        let down = (cores.len() as f64 / across).ceil().max(1.0);
        let (wide, high) = (size / across, size / down);
        for (i, core) in cores.into_iter().enumerate() {
            let (x, y) = ((i as f64 % across).floor(), (i as f64 / across).floor());
            let from = (left + x * wide + 1.0, top + y * high + 1.0);
            let to = (from.0 + wide - 2.0, from.1 + high - 2.0);
            let colour = match core.shade {
                Some(Shade::Share(share)) => sequential(0.08 + 0.92 * share),
                Some(Shade::Group(group)) => series(group, self.groups.len()),
                None => super::style::PAPER,
            };
            scene.rectangle(from, to, colour);
            let ink = if core.shade.is_some() { readable_on(colour) } else { INK };
            let text = (high * 0.4).min(SMALL * 0.8);
            if text >= 9.0 && !core.label.is_empty() {
                let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
                scene.text_in(middle, fitted(&core.label, text, wide - 4.0), text, Anchor::Middle, ink);
            }
        }
    }
}
