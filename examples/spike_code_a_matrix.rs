//! Spike-codes a matrix of one's own: quantise, fire, deliver the spikes, compare with the dense product.

use ndarray::Array2;
use synfire::datasets::checkpoint::{DenseMatrix, QuantisedLinear};
use synfire::sim::coding::Coding;
use synfire::sim::neuron::AdaptiveThreshold;
use synfire::sim::projection::{Engine, SpikingLinear};

const OUTPUTS: usize = 64;
const INPUTS: usize = 256;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let weight = Array2::from_shape_fn((OUTPUTS, INPUTS), |(o, i)| ((o * 31 + i * 17) as f32 * 0.37).sin());
    let x: Vec<f32> = (0..INPUTS).map(|i| (i as f32 * 0.61).sin().powi(3)).collect();

    let matrix = DenseMatrix::from_rows(OUTPUTS, INPUTS, weight.iter().copied().collect())?;
    let linear = SpikingLinear::new(QuantisedLinear::quantise(&matrix, None), Engine::Event)?;

    let mut counts = Array2::zeros((1, INPUTS));
    let threshold = AdaptiveThreshold::default().fire(&x, counts.as_slice_mut().ok_or("not contiguous")?)?;
    let y = linear.forward(counts.view(), &[threshold]);

    let dense = weight.dot(&ndarray::Array1::from(x));
    let error: f32 = y.iter().zip(&dense).map(|(a, b)| (a - b).powi(2)).sum();
    let norm: f32 = dense.iter().map(|v| v * v).sum();
    let spikes = Coding::BitwiseSigned.encode(counts.as_slice().ok_or("not contiguous")?).spike_count();
    println!("{spikes} spikes on {INPUTS} channels, {} synaptic operations", spikes * OUTPUTS as u64);
    println!("relative error against the dense f32 product: {:.2} %", 100.0 * (error / norm).sqrt());
    Ok(())
}
