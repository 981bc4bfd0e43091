//! Runs a SANA-FE network on a SANA-FE architecture: `chip_network ARCHITECTURE NETWORK STEPS` prints counts, energies
//! and the simulated time as JSON, and how long the simulation itself took.

use std::time::Instant;
use synfire_sim::hardware::StepSimulation;
use synfire_sim::hardware::sanafe::{parse_architecture, parse_network};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [architecture, network, steps] = arguments.as_slice() else {
        return Err("arguments: ARCHITECTURE NETWORK STEPS".into());
    };
    let chip = parse_architecture(&std::fs::read_to_string(architecture)?, architecture)?;
    let network = parse_network(&std::fs::read_to_string(network)?, network, &chip)?;
    let mut simulation = StepSimulation::new(&chip, &network)?;
    let start = Instant::now();
    for _ in 0..steps.parse::<u64>()? {
        simulation.step()?;
    }
    let wall_s = start.elapsed().as_secs_f64();
    println!("{}", serde_json::json!({ "totals": simulation.totals(), "wall_s": wall_s }));
    Ok(())
}
