//! A report of spike trains: a page with the firing rates and a raster to zoom into.
//!
//!     cargo run --release --example report -- report.html 1000000

use synfire::analysis::report::recording;
use synfire::datasets::trains::Recording;

const UNITS: usize = 200;
const RATE_HZ: f64 = 20.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "target/report-example.html".to_owned());
    let spikes: usize = arguments.next().map_or(Ok(20_000), |n| n.parse())?;

    // A wave travels across the units: each fires around the crest when it passes, a little later than the last.
    let period_s = 1.0 / RATE_HZ;
    let mut events: Vec<(f64, u32)> = (0..spikes)
        .map(|i| {
            let (unit, wave) = (i % UNITS, i / UNITS);
            let scatter = (i as f64 * 0.618_033_988_749_895).fract() * (wave as f64 * 0.754_877_666).fract();
            ((wave as f64 + unit as f64 / UNITS as f64 + scatter) * period_s, unit as u32)
        })
        .collect();
    events.sort_by(|a, b| a.0.total_cmp(&b.0));

    let recording = Recording {
        times_s: events.iter().map(|(time_s, _)| *time_s).collect(),
        units: events.iter().map(|(_, unit)| *unit).collect(),
        unit_ids: (0..UNITS as i64).collect(),
        stop_s: events.last().map_or(1.0, |(time_s, _)| *time_s),
        ..Recording::default()
    };
    recording::report("travelling wave", &recording, spikes).write(path.as_ref())?;
    println!("{path}: {spikes} spikes of {UNITS} units");
    Ok(())
}
