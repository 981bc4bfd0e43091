//! Build a network in Rust: a sheet of neurons that are connected with their neighbours, and how a stimulus spreads over it.
//!
//!     cargo run --release --example build_a_network

use synfire::sim::network::description::{
    DistanceDependent, Distribution, Drive, Grid, Kernel, Population, Projection, Rule, Run,
};
use synfire::sim::network::neuron::{LifExp, ReplaySource};
use synfire::sim::network::{Kept, Network, Simulation};

fn main() -> anyhow::Result<()> {
    let sheet = Grid::new(40, 40).spacing_um(25.0).periodic(true);
    let middle = (18..22).flat_map(|row| (18..22).map(move |column| 40 * row + column)).collect::<Vec<u32>>();
    let stimulus =
        ReplaySource { times_ms: vec![50.0; middle.len()], neurons: (0..middle.len() as u32).collect() };
    let onto_middle = middle.iter().enumerate().map(|(from, to)| [from as u32, *to]).collect();
    let neighbours = DistanceDependent::new(Kernel::Gaussian { sigma_um: 60.0 }, 180.0).probability(0.6);
    let network = Network::new("sheet", Run::new(100.0))
        .description("A stimulus in the middle of a sheet of excitatory neurons")
        .population(Population::new("stimulus", middle.len() as u32, stimulus))
        .population(
            Population::on_grid("sheet", sheet, LifExp { t_ref_ms: 50.0, ..LifExp::default() })
                .initial("v_mv", Distribution::Uniform { low: -70.0, high: -60.0 }),
        )
        .projection(Projection::new("stimulus", "sheet", Rule::Pairs(onto_middle), 1.0).weight_pa(4000.0))
        .projection(
            Projection::new("sheet", "sheet", Rule::DistanceDependent(neighbours), 0.5)
                .weight_pa(350.0)
                .delay_ms_per_um(0.01)
                .allow_autapses(false),
        )
        .drive(Drive::new("sheet", 500.0).weight_pa(20.0));
    let mut simulation = Simulation::build(&network, 2)?;
    let mut kept = Kept::default();
    simulation.run(network.run.duration_ms, &mut kept)?;
    println!("{} synapses; the wave, from the stimulus at 50 ms on:", simulation.synapses());
    let first = simulation.populations()[1].first;
    for from_ms in (50..75).step_by(4) {
        let within = |t: f64| t > f64::from(from_ms) && t <= f64::from(from_ms + 4);
        let spikes = kept.times_ms.iter().zip(&kept.neurons).filter(|(t, n)| within(**t) && **n >= first);
        let radii_um: Vec<f64> = spikes
            .map(|(_, neuron)| {
                let place = neuron - first;
                let from_middle = |at: u32| (f64::from(at) - 19.5) * 25.0;
                from_middle(place / 40).hypot(from_middle(place % 40))
            })
            .collect();
        let mean_um = radii_um.iter().sum::<f64>() / radii_um.len().max(1) as f64;
        println!(
            "{from_ms:>4} ms to {:>2} ms: {:>4} spikes, {mean_um:>4.0} µm from the middle",
            from_ms + 4,
            radii_um.len()
        );
    }
    Ok(())
}
