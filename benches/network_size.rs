//! Cost of a network against its size: time of a biological second and memory, 10 000 to 1 million neurons.
//!
//!     cargo bench --bench network_size -- FOLDER [THREADS]
//!
//! Brunel's network (2000, J Comput Neurosci 8, 183; g = 5, twice the threshold rate) with 1000 synapses a neuron at every size,
//! so that synapses grow as neurons do: 10 million to a thousand million, of one weight a projection. Draws `network-size.png` and
//! `network-memory.png` into FOLDER and prints the table. Memory is the most that the process had resident so far (Linux);
//! sizes ascend, and each network is dropped before the next is built.

use std::error::Error;
use std::path::Path;
use std::time::Instant;
use synfire::analysis::plot::Picture;
use synfire::analysis::plot::curves::{Curves, Line};
use synfire::sim::network::{Network, Observer, ObserverError, Simulation};

const NEURONS: [u32; 5] = [10_000, 31_250, 100_000, 312_500, 1_000_000];
/// Biological time of a run in ms, times neurons; at least [`LEAST_MS`].
const NEURON_MS: f64 = 1e7;
const LEAST_MS: f64 = 100.0;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds --bench.
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    let folder = arguments.next().ok_or("give a folder for the pictures")?;
    let threads = arguments.next().map_or(Ok(1), |threads| threads.parse())?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let (mut seconds, mut by_neuron, mut by_synapse) = (Vec::new(), Vec::new(), Vec::new());
    println!(
        "| neurons | synapses | build s | s by biological s | rate Hz | M events/s | peak MiB | bytes a neuron | bytes a synapse |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for neurons in NEURONS {
        let network = Network::parse(&description(neurons), "network_size.toml")?;
        let start = Instant::now();
        let mut simulation = Simulation::build(&network, threads)?;
        let build_s = start.elapsed().as_secs_f64();
        let duration_ms = (NEURON_MS / f64::from(neurons)).max(LEAST_MS);
        let mut spikes = Spikes(0);
        let start = Instant::now();
        simulation.run(duration_ms, &mut spikes)?;
        let run_s = start.elapsed().as_secs_f64();
        let (size, synapses) = (f64::from(neurons), simulation.synapses() as f64);
        let events = spikes.0 as f64 * synapses / size;
        let peak_bytes = peak_bytes()?;
        seconds.push(run_s / duration_ms * 1000.0);
        by_neuron.push(peak_bytes / size);
        by_synapse.push(peak_bytes / synapses);
        println!(
            "| {neurons} | {synapses:.1e} | {build_s:.2} | {:.3} | {:.1} | {:.0} | {:.0} | {:.0} | {:.2} |",
            run_s / duration_ms * 1000.0,
            spikes.0 as f64 / size / duration_ms * 1000.0,
            events / run_s / 1e6,
            peak_bytes / f64::from(1 << 20),
            peak_bytes / size,
            peak_bytes / synapses,
        );
    }
    let line = |name: &str, y| Line { name: name.to_owned(), x: NEURONS.map(f64::from).to_vec(), y };
    let picture = |title: &str, y_label: &str, lines, reference: Option<(f64, String)>| Curves {
        title: title.to_owned(),
        x_label: "neurons, each with 1000 synapses".to_owned(),
        y_label: y_label.to_owned(),
        log_x: true,
        log_y: true,
        lines,
        reference,
    };
    let name = if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
    picture(
        "Brunel's network: time against size",
        "time of a biological second (s)",
        vec![line(&name, seconds)],
        Some((1.0, "real time".to_owned())),
    )
    .draw(&folder.join("network-size.png"))?;
    picture(
        "Brunel's network: memory against size",
        "peak memory (bytes)",
        vec![line("a neuron", by_neuron), line("a synapse", by_synapse)],
        None,
    )
    .draw(&folder.join("network-memory.png"))?;
    Ok(())
}

/// Brunel's network of this size: 800 excitatory and 200 inhibitory synapses onto each neuron.
fn description(neurons: u32) -> String {
    let mut text =
        String::from("name = 'brunel of any size'\n[run]\nduration_ms = 1000\ndt_ms = 0.1\nseed = 1\n");
    for (name, size) in [("excitatory", neurons / 5 * 4), ("inhibitory", neurons / 5)] {
        text += &format!(
            "[[population]]\nname = '{name}'\nsize = {size}\nneuron.lif_delta = {{ tau_m_ms = 20, c_m_pf = 1, t_ref_ms = 2, e_l_mv = 0, v_th_mv = 20, v_reset_mv = 10 }}\n[[drive]]\ntarget = '{name}'\nrate_hz = 20000\nweight_mv = 0.1\n"
        );
    }
    for target in ["excitatory", "inhibitory"] {
        for (source, degree, weight_mv) in [("excitatory", 800, 0.1), ("inhibitory", 200, -0.5)] {
            text += &format!(
                "[[projection]]\nsource = '{source}'\ntarget = '{target}'\nrule.fixed_indegree = {degree}\nweight_mv = {weight_mv}\ndelay_ms = 1.5\n"
            );
        }
    }
    text
}

/// Counts spikes.
struct Spikes(u64);

impl Observer for Spikes {
    fn spikes(&mut self, _: f64, neurons: &[u32]) -> Result<(), ObserverError> {
        self.0 += neurons.len() as u64;
        Ok(())
    }
}

fn peak_bytes() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<f64>()? * 1024.0)
}
