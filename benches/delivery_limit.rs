//! What bounds the delivery of spikes: the bare loops over targets, with nothing around them.
//!
//!     cargo bench --bench delivery_limit
//!
//! A table as large as that of Brunel's network (12 500 rows of 1250 targets of 2 bytes, 31 MB) is gone through as spikes would go
//! through it: one addition into a counter of 2 bytes for each target. Once row by row in random order, once over few rows that stay
//! in the second-level cache, once only reading. One thread; the least of several rounds. A billion targets a second is 2 GB/s read.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;
use std::hint::black_box;
use std::time::Instant;

const NEURONS: u16 = 12_500;
const ROW: usize = 1250;
/// Rows that stay in the cache: 125 kB.
const CACHED: usize = 50;
const ROUNDS: usize = 7;
/// Any target is a place in as many counters, so that no index is checked.
const CELLS: usize = 1 << 16;

fn main() {
    let mut random = Pcg64Mcg::seed_from_u64(1);
    let mut targets: Vec<u16> = (0..NEURONS).cycle().take(usize::from(NEURONS) * ROW).collect();
    targets.shuffle(&mut random);
    let rows: Vec<&[u16]> = targets.chunks(ROW).collect();
    let mut shuffled = rows.clone();
    shuffled.shuffle(&mut random);
    let cached: Vec<&[u16]> = rows[..CACHED].iter().copied().cycle().take(rows.len()).collect();
    let mut cells = vec![0u16; CELLS];
    println!("| loop over {} targets | ns a target | G targets/s |", targets.len());
    println!("|---|---|---|");
    row("reads, rows in random order", &shuffled, |row| {
        black_box(row.iter().fold(0u16, |sum, target| sum ^ target));
    });
    row("adds, rows in random order", &shuffled, |row| add(&mut cells, row));
    row("adds, rows in the second-level cache", &cached, |row| add(&mut cells, row));
    black_box(&cells);
}

/// One spike more for each target.
fn add(cells: &mut [u16], row: &[u16]) {
    let Ok(cells) = <&mut [u16; CELLS]>::try_from(cells) else { return };
    for &target in row {
        let cell = &mut cells[usize::from(target)];
        *cell = cell.wrapping_add(1);
    }
}

/// Times `each` over all rows and prints a row of the table.
fn row(name: &str, rows: &[&[u16]], mut each: impl FnMut(&[u16])) {
    let mut least_s = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        rows.iter().for_each(|row| each(row));
        least_s = least_s.min(start.elapsed().as_secs_f64());
    }
    let targets = (rows.len() * ROW) as f64;
    println!("| {name} | {:.2} | {:.2} |", least_s / targets * 1e9, targets / least_s / 1e9);
}
