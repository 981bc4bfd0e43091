//! Run a ready-made network, or a TOML file of your own, and count its spikes.
//!
//!     cargo run --release --example simulate_a_network -- brunel2000

use std::time::Instant;
use synfire::sim::network::{Kept, Network, Simulation};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "brunel2000".to_owned());
    let threads = arguments.next().map_or(Ok(1), |threads| threads.parse())?;
    let network = match Network::ready_made(&name, 1.0, &[]) {
        Some(network) => network?,
        None => Network::read(name.as_ref(), &[])?,
    };
    let started = Instant::now();
    let mut simulation = Simulation::build(&network, threads)?;
    let built_s = started.elapsed().as_secs_f64();
    let mut kept = Kept::default();
    let started = Instant::now();
    simulation.run(network.run.duration_ms, &mut kept)?;
    let ran_s = started.elapsed().as_secs_f64();
    let spikes = kept.neurons.len();
    let rate_hz = spikes as f64 / f64::from(simulation.neurons()) / (network.run.duration_ms / 1000.0);
    println!(
        "{}: {} neurons, {} synapses of {:.2} bytes, {spikes} spikes ({rate_hz:.2} Hz); built in {built_s:.3} s, run in {ran_s:.3} s",
        network.name,
        simulation.neurons(),
        simulation.synapses(),
        simulation.synapse_bytes() as f64 / simulation.synapses() as f64,
    );
    Ok(())
}
