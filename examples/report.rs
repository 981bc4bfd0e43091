//! A report of spike trains: a page with the firing rates and a raster to zoom into.
//!
//!     cargo run --release --example report -- report.html 1000000

use std::f64::consts::TAU;
use synfire::analysis::report::recording;
use synfire::datasets::trains::Recording;

const UNITS: usize = 200;
const RATE_HZ: f64 = 20.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "target/report-example.html".to_owned());
    let spikes: usize = arguments.next().map_or(Ok(20_000), |n| n.parse())?;

    // A wave travels across the units: each fires more often around the crest, and a little later than the unit before.
    let duration_s = spikes as f64 / (UNITS as f64 * RATE_HZ);
    let period_s = duration_s / 5.0;
    let mut events: Vec<(f64, u32)> = (0..spikes)
        .map(|i| {
            let unit = i % UNITS;
            let even_s = (i as f64 * 0.618_033_988_749_895).fract() * duration_s;
            let phase = TAU * (even_s / period_s - unit as f64 / UNITS as f64);
            ((even_s + 0.9 * period_s / TAU * phase.sin()).rem_euclid(duration_s), unit as u32)
        })
        .collect();
    events.sort_by(|a, b| a.0.total_cmp(&b.0));

    let recording = Recording {
        times_s: events.iter().map(|(time_s, _)| *time_s).collect(),
        units: events.iter().map(|(_, unit)| *unit).collect(),
        unit_ids: (0..UNITS as i64).collect(),
        stop_s: duration_s,
        ..Recording::default()
    };
    recording::report("travelling wave", &recording, spikes)?.write(path.as_ref())?;
    println!("{path}: {spikes} spikes of {UNITS} units");
    Ok(())
}
