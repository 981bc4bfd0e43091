//! Writes a spike file of any size in order of time, for trying statistics at scale: `write_spikes UNITS SPIKES FILE`.
//!
//! Superposed Poisson processes of 10 Hz: gaps of the whole population are exponential with U times the rate, and the unit of
//! each spike is drawn evenly, which makes every unit a Poisson process of its own. Memory does not grow with the file.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Dxsm;
use synfire_datasets::formats::parquet::{Layout, TrainsWriter};

const RATE_HZ: f64 = 10.0;
const CHUNK: u64 = 1 << 18;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("usage: write_spikes UNITS SPIKES FILE.parquet");
    let (units, spikes): (u32, u64) = (next()?.parse()?, next()?.parse()?);
    let path = next()?;
    let layout = Layout { unit_ids: (0..i64::from(units)).collect(), ..Layout::default() };
    let mut writer = TrainsWriter::create(path.as_ref(), layout)?;
    let mut random = Pcg64Dxsm::seed_from_u64(1);
    let mut time_s = 0.0;
    let (mut times_s, mut of_units) = (Vec::new(), Vec::new());
    for first in (0..spikes).step_by(CHUNK as usize) {
        times_s.clear();
        of_units.clear();
        for _ in first..spikes.min(first + CHUNK) {
            time_s -= (1.0 - random.random::<f64>()).ln() / (f64::from(units) * RATE_HZ);
            times_s.push(time_s);
            of_units.push(random.random_range(0..units));
        }
        writer.push(&times_s, &of_units)?;
    }
    println!("{} spikes of {units} units in {time_s:.1} s", writer.finish(0.0, time_s)?);
    Ok(())
}
