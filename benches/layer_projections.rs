//! Times the projections of one decoder layer (gated linear attention) of true 7B shape, coding of the inputs included.
//!
//! `cargo bench --bench layer_projections --` and one of
//!
//!     prepare FOLDER                a made-up INT8 layer and inputs, 240 MB
//!     time FOLDER TOKENS [SECONDS] [ENGINE]   runs it again and again for so long
//!     machine                       bandwidth of one stream of reads, and the clock
//!
//! Prints one JSON line. Threads are those of `RAYON_NUM_THREADS`. `benches/peers/torch_w8aspike/compare.py` runs it beside
//! PyTorch and compares what both write.

use ndarray::{Array2, ArrayView2, s};
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;
use synfire::datasets::checkpoint::{Checkpoint, Linear, ModelConfig, SHARD_BYTES, Synthesis};
use synfire::sim::neuron::AdaptiveThreshold;
use synfire::sim::projection::{Engine, SpikingLinear};

/// Inputs that projections share, each with its projections.
const STACKS: [(&str, &[Linear]); 4] = [
    ("attn_in", &[Linear::Query, Linear::Key, Linear::Value, Linear::Gate]),
    ("o_in", &[Linear::Output]),
    ("mlp_in", &[Linear::MlpGate, Linear::MlpUp]),
    ("down_in", &[Linear::MlpDown]),
];
const MOST_TOKENS: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds --bench.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["prepare", folder] => prepare(Path::new(folder)),
        ["time", folder, tokens] => time(Path::new(folder), tokens.parse()?, 3.0, Engine::Auto),
        ["time", folder, tokens, seconds] => {
            time(Path::new(folder), tokens.parse()?, seconds.parse()?, Engine::Auto)
        }
        ["time", folder, tokens, seconds, engine] => {
            time(Path::new(folder), tokens.parse()?, seconds.parse()?, engine.parse()?)
        }
        ["machine"] => machine(),
        _ => Err("give prepare FOLDER, time FOLDER TOKENS [SECONDS] [ENGINE], or machine".into()),
    }
}

fn prepare(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut config = ModelConfig::spikingbrain_7b();
    config.vocab_size = 256;
    config.cut(1);
    Synthesis { config: config.clone(), seed: 1, quantised: true }.write(
        folder,
        SHARD_BYTES,
        true,
        |_| true,
    )?;
    let mut rng = rand_pcg::Pcg64::seed_from_u64(1);
    for (name, _) in STACKS {
        let inputs = if name == "down_in" { config.intermediate_size } else { config.hidden_size };
        // Normal, as a sum of twelve uniforms.
        let normal = || (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0;
        let x: Vec<u8> =
            std::iter::repeat_with(normal).take(MOST_TOKENS * inputs).flat_map(f32::to_le_bytes).collect();
        std::fs::write(folder.join(format!("{name}.f32")), x)?;
    }
    Ok(())
}

struct Stack {
    name: &'static str,
    linear: SpikingLinear,
    x: Array2<f32>,
}

fn load(folder: &Path, tokens: usize, engine: Engine) -> Result<Vec<Stack>, Box<dyn Error>> {
    let checkpoint = Checkpoint::open(folder)?;
    let stack = |(name, linears): (&'static str, &[Linear])| -> Result<Stack, Box<dyn Error>> {
        let matrices: Result<Vec<_>, _> = linears.iter().map(|l| checkpoint.quantised(0, *l)).collect();
        let linear = SpikingLinear::stacked(matrices?, engine)?;
        let bytes = std::fs::read(folder.join(format!("{name}.f32")))?;
        let x: Vec<f32> = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        let x = ArrayView2::from_shape((MOST_TOKENS, linear.inputs()), &x)?;
        Ok(Stack { name, linear, x: x.slice(s![..tokens, ..]).to_owned() })
    };
    STACKS.into_iter().map(stack).collect()
}

/// Codes the inputs and multiplies.
fn run(stack: &Stack, counts: &mut Array2<i32>) -> Result<Array2<f32>, Box<dyn Error>> {
    let neuron = AdaptiveThreshold::default();
    let width = stack.x.ncols();
    let x = stack.x.as_slice().unwrap_or_default();
    let counts_of = counts.as_slice_mut().unwrap_or_default();
    let thresholds: Result<Vec<f32>, _> = counts_of
        .par_chunks_mut(width)
        .zip(x.par_chunks(width))
        .map(|(counts, x)| neuron.fire(x, counts))
        .collect();
    Ok(stack.linear.forward(counts.view(), &thresholds?))
}

fn time(folder: &Path, tokens: usize, seconds: f64, engine: Engine) -> Result<(), Box<dyn Error>> {
    let stacks = load(folder, tokens, engine)?;
    let (mut silent, mut all, mut weights, mut fetched) = (0usize, 0usize, 0usize, 0usize);
    for stack in &stacks {
        let mut counts = Array2::zeros(stack.x.dim());
        let y: Vec<u8> = run(stack, &mut counts)?.iter().flat_map(|y| y.to_le_bytes()).collect();
        std::fs::write(folder.join(format!("{}.{tokens}.synfire.f32", stack.name)), y)?;
        silent += counts.iter().filter(|s| **s == 0).count();
        all += counts.len();
        weights += stack.linear.inputs() * stack.linear.outputs();
        fetched += counts.columns().into_iter().filter(|c| c.iter().any(|s| *s != 0)).count()
            * stack.linear.outputs();
    }
    let start = Instant::now();
    let mut times = Vec::new();
    let mut counts: Vec<_> = stacks.iter().map(|stack| Array2::zeros(stack.x.dim())).collect();
    while times.len() < 3 || start.elapsed().as_secs_f64() < seconds {
        let start = Instant::now();
        for (stack, counts) in stacks.iter().zip(&mut counts) {
            black_box(run(stack, counts)?);
        }
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    let (least, median) = (times[0], times[times.len() / 2]);
    println!(
        "{{\"tokens\": {tokens}, \"threads\": {}, \"runs\": {}, \"least_s\": {least}, \"median_s\": {median}, \"silent\": {}, \
         \"weights\": {weights}, \"active_weights\": {fetched}}}",
        rayon::current_num_threads(),
        times.len(),
        silent as f64 / all as f64,
    );
    Ok(())
}

/// Bytes a second that one thread reads from memory, and cycles a second by a chain of multiplications of 3 cycles each.
fn machine() -> Result<(), Box<dyn Error>> {
    let numbers = vec![1u64; 1 << 26];
    let read = || {
        let start = Instant::now();
        let mut lanes = [0u64; 32];
        for chunk in numbers.as_chunks::<32>().0 {
            lanes.iter_mut().zip(chunk).for_each(|(lane, n)| *lane ^= n);
        }
        black_box(lanes);
        (numbers.len() * 8) as f64 / start.elapsed().as_secs_f64()
    };
    let bytes_per_s = (0..5).map(|_| read()).fold(0.0, f64::max);
    let chain = 100_000_000u64;
    let cycles = || {
        let start = Instant::now();
        let mut x = black_box(3u64);
        for _ in 0..chain {
            x = squared(x);
        }
        black_box(x);
        3.0 * chain as f64 / start.elapsed().as_secs_f64()
    };
    let clock_hz = (0..3).map(|_| cycles()).fold(0.0, f64::max);
    println!("{{\"bytes_per_s\": {bytes_per_s}, \"clock_hz\": {clock_hz}}}");
    Ok(())
}

/// A multiplication that cannot be merged with the next one.
fn squared(x: u64) -> u64 {
    x.wrapping_mul(x)
}
