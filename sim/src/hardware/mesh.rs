//! Routes over the mesh: first along x, then along y, which cannot deadlock (W. Dally, C. Seitz, 1987).

use super::description::{Chip, Direction};

/// The tiles that a message leaves on its way, each with the direction in which it leaves.
#[must_use]
pub fn crossings(chip: &Chip, from: usize, to: usize) -> Vec<(usize, Direction)> {
    let ((x, y), (to_x, to_y)) = (chip.position(from), chip.position(to));
    let along_x = if x < to_x { Direction::East } else { Direction::West };
    let along_y = if y < to_y { Direction::North } else { Direction::South };
    let walk = |from: usize, to: usize| -> Vec<usize> {
        if from < to { (from..to).collect() } else { (to + 1..=from).rev().collect() }
    };
    let rows = chip.rows;
    let columns = walk(x, to_x).into_iter().map(|x| (x * rows + y, along_x));
    columns.chain(walk(y, to_y).into_iter().map(|y| (to_x * rows + y, along_y))).collect()
}
