//! Synapses that compete: a neuron hears a thousand Poisson inputs of one rate, and spike-timing-dependent plasticity takes most
//! weights towards zero and a few towards the largest (as in Song, Miller & Abbott 2000, Nat Neurosci 3, 919, figure 2).
//!
//! ```text
//! cargo run --release --example stdp
//! ```

use synfire::sim::network::{Kept, Network, Simulation};

const NETWORK: &str = "
name = 'Song, Miller & Abbott 2000'
run = { duration_ms = 200_000, dt_ms = 1.0, seed = 1 }
[[population]]
name = 'inputs'
size = 1000
neuron.poisson.rate_hz = 20
[[population]]
name = 'cell'
size = 1
[population.neuron.lif_cond_exp]
g_l_ns = 10
c_m_pf = 200
e_l_mv = -70
e_ex_mv = 0
v_th_mv = -54
v_reset_mv = -60
t_ref_ms = 1
tau_syn_ex_ms = 5
[[projection]]
source = 'inputs'
target = 'cell'
rule = 'all_to_all'
weight_ns = { uniform = { low = 0.0, high = 0.15 } }
delay_ms = 1
synapse.stdp = { w_max = 0.15, lambda = 0.02, alpha = 1.05, mu_plus = 0, mu_minus = 0 }
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = Network::parse(NETWORK, "stdp.toml")?;
    let mut simulation = Simulation::build(&network, 1)?;
    println!("share of the synapses by weight, from 0 to the largest");
    for piece in 0..=4 {
        let mut kept = Kept::default();
        if piece > 0 {
            simulation.run(network.run.duration_ms / 4.0, &mut kept)?;
        }
        let mut counts = [0; 10];
        for synapse in simulation.connections(0) {
            counts[((synapse.weight / 0.15 * 10.0) as usize).min(9)] += 1;
        }
        let shares: Vec<String> =
            counts.iter().map(|count| format!("{:4.0} %", f64::from(*count) / 10.0)).collect();
        println!("{:6.0} s  {}", simulation.time_ms() / 1000.0, shares.join(" "));
    }
    Ok(())
}
