//! Handwritten digits, from pixels to energy: each image becomes a wave of spikes, the brightest pixels first, that a trained
//! network read from a NIR file classifies.
//!
//!     cargo run --release --features hdf5 --example digits

use std::path::Path;
use synfire::analysis::energy::profile::HardwareProfile;
use synfire::datasets::encode::{Latency, latency};
use synfire::datasets::nir;
use synfire::sim::nir::{LayerCounts, Network, Options};

const DT_S: f64 = 1e-3;
const STEPS: usize = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/digits");
    let graph = nir::read(&folder.join("network.nir"))?;
    let network = Network::new(&graph, &Options { dt_s: DT_S, ..Options::default() })?;

    let mut counts = vec![LayerCounts::default(); network.layers().len()];
    let (mut images, mut right, mut input_spikes) = (0, 0, 0);
    for line in std::fs::read_to_string(folder.join("images.csv"))?.lines() {
        let mut values: Vec<f32> = line.split(',').map(str::parse).collect::<Result<_, _>>()?;
        let class = values.pop().ok_or("an empty line")?;
        let pixels: Vec<f32> = values.iter().map(|value| value / 16.0).collect();

        let input = latency(&pixels, STEPS, Latency::Linear { threshold: 0.01 }, DT_S)?;
        let run = network.run(&input)?;
        images += 1;
        right += usize::from(run.choice() == Some(class as usize));
        input_spikes += input.events();
        for (sum, layer) in counts.iter_mut().zip(&run.counts) {
            sum.add(layer);
        }
    }

    println!("{right} of {images} images right, {:.1} %", 100.0 * right as f64 / f64::from(images));
    let each = |count: u64| count as f64 / f64::from(images);
    println!("{:.1} input spikes an image", each(input_spikes as u64));
    let (mut operations, mut updates, mut dense) = (0, 0, 0);
    for (layer, counts) in network.layers().iter().zip(&counts) {
        if layer.first_unit.is_some() {
            let share = 100.0 * counts.spikes as f64 / counts.updates as f64;
            println!(
                "{}: {:.1} spikes an image, {share:.1} % of neurons a step",
                layer.name,
                each(counts.spikes)
            );
        }
        operations += counts.synaptic_operations();
        updates += counts.updates;
        dense += layer.synapses * counts.steps;
    }
    let share = 100.0 * operations as f64 / dense as f64;
    println!("{:.0} synaptic operations an image, {share:.1} % of the dense network's", each(operations));
    for name in ["loihi-coarse", "cpu"] {
        let chip = HardwareProfile::load(name)?;
        let counted = if chip.event_driven { operations } else { dense };
        if let Some(energy_pj) = chip.device_energy_pj(each(counted), each(updates)) {
            println!("{:.2} uJ an image on {}", energy_pj / 1e6, chip.title);
        }
    }
    Ok(())
}
