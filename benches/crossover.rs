//! Time of the event-driven and of the collapsed engine by the share of silent channels, for 1 and 64 tokens.
//!
//!     cargo bench --bench crossover -- PICTURE.png
//!
//! Gate and up projections of SpikingBrain-7B, 136 million INT8 weights; counts are silent at random, the others uniform in
//! 1..=8 with either sign. Least of several runs; threads are those of `RAYON_NUM_THREADS`.

use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;
use synfire::analysis::plot::Picture;
use synfire::analysis::plot::curves::{Curves, Line};
use synfire::datasets::checkpoint::{GROUP_SIZE, QuantisedLinear};
use synfire::sim::projection::{Engine, SpikingLinear};

const INPUTS: usize = 3584;
const OUTPUTS: usize = 2 * 18_944;
const SILENT: [f64; 11] = [0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99];
const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds --bench.
    let path = std::env::args().skip(1).find(|a| a != "--bench").ok_or("give the picture to draw")?;
    let mut rng = Pcg64::seed_from_u64(1);
    let values: Vec<i8> = (0..INPUTS * OUTPUTS).map(|_| rng.random_range(-127..=127)).collect();
    let matrix = QuantisedLinear {
        outputs: OUTPUTS,
        inputs: INPUTS,
        group_size: GROUP_SIZE,
        values: values.into(),
        scales: vec![0.01; OUTPUTS * INPUTS / GROUP_SIZE],
        bias: None,
    };
    let collapsed = SpikingLinear::new(matrix.clone(), Engine::Collapsed)?;
    let event = SpikingLinear::new(matrix, Engine::Event)?;
    let mut lines = Vec::new();
    for tokens in [1, 64] {
        let mut by_engine = [Vec::new(), Vec::new()];
        for silent in SILENT {
            let count = |_| {
                let size = rng.random_range(1..=8);
                let active = if rng.random::<bool>() { size } else { -size };
                if rng.random::<f64>() < silent { 0 } else { active }
            };
            let counts = Array2::from_shape_fn((tokens, INPUTS), count);
            for (linear, times) in [&event, &collapsed].into_iter().zip(&mut by_engine) {
                times.push(1e3 * least_s(linear, &counts));
            }
        }
        let [event, collapsed] = by_engine;
        let of_tokens = if tokens == 1 { "1 token".to_owned() } else { format!("{tokens} tokens") };
        println!("{of_tokens}: {}", crossing(&event, &collapsed));
        let x: Vec<f64> = SILENT.iter().map(|s| 100.0 * s).collect();
        let named = |name: &str, y| Line { name: format!("{name}, {of_tokens}"), x: x.clone(), y };
        lines.extend([named("event", event), named("collapsed", collapsed)]);
    }
    let picture = Curves {
        title: "Event-driven against collapsed: 136 million INT8 weights".to_owned(),
        x_label: "silent channels (%)".to_owned(),
        y_label: "time (ms)".to_owned(),
        log_y: true,
        lines,
        ..Curves::default()
    };
    picture.draw(Path::new(&path))?;
    Ok(())
}

fn least_s(linear: &SpikingLinear, counts: &Array2<i32>) -> f64 {
    let thresholds = vec![1.0; counts.nrows()];
    let run = |_| {
        let start = Instant::now();
        black_box(linear.forward(counts.view(), &thresholds));
        start.elapsed().as_secs_f64()
    };
    (0..RUNS).map(run).fold(f64::INFINITY, f64::min)
}

/// Where the event-driven engine becomes the faster one, between two shares of silence.
fn crossing(event: &[f64], collapsed: &[f64]) -> String {
    match event.iter().zip(collapsed).position(|(event, collapsed)| event < collapsed) {
        Some(0) => "the event-driven engine is always the faster one".to_owned(),
        Some(i) => format!("they cross between {} and {} % silent", 100.0 * SILENT[i - 1], 100.0 * SILENT[i]),
        None => "the collapsed engine is always the faster one".to_owned(),
    }
}
