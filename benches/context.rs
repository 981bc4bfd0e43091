//! Time and memory of a model of linear and window attention against the length of its context, 1 k to 1 M tokens.
//!
//!     cargo bench --bench context -- FOLDER
//!
//! A made-up spiking model (4 layers, width 64, window 256) reads one text in pieces of 128 tokens. Draws `context-time.png`
//! and `context-memory.png` into FOLDER and prints the table. Memory is the most that the process had resident since the model
//! was loaded (Linux).

use std::error::Error;
use std::path::Path;
use std::time::Instant;
use synfire::analysis::plot::Picture;
use synfire::analysis::plot::curves::{Curves, Line};
use synfire::datasets::checkpoint::{Checkpoint, ModelConfig, SHARD_BYTES, Synthesis};
use synfire::sim::{evaluate::CHUNK, model::Model, options::ModelOptions};

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds --bench.
    let folder = std::env::args().skip(1).find(|a| a != "--bench").ok_or("give a folder for the pictures")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let model = model(&folder.join("model"))?;
    // The peak so far is that of making the model.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let mut session = model.start();
    let (mut tokens, mut seconds, mut mebibytes) = (Vec::new(), Vec::new(), Vec::new());
    let start = Instant::now();
    println!("| tokens | s | peak MiB |\n|---|---|---|");
    for exponent in 10..=20u32 {
        while session.position() < 1 << exponent {
            let first = session.position();
            let piece: Vec<u32> =
                (first..first + CHUNK as u32).map(|t| t.wrapping_mul(2_654_435_761) >> 24).collect();
            session.advance(&piece, &mut ())?;
        }
        tokens.push(f64::from(session.position()));
        seconds.push(start.elapsed().as_secs_f64());
        mebibytes.push(peak_mib()?);
        println!("| {} | {:.2} | {:.1} |", session.position(), start.elapsed().as_secs_f64(), peak_mib()?);
    }
    let picture = |title: &str, y_label: &str, log_y, name: &str, y| Curves {
        title: title.to_owned(),
        x_label: "context (tokens)".to_owned(),
        y_label: y_label.to_owned(),
        log_x: true,
        log_y,
        lines: vec![Line { name: name.to_owned(), x: tokens.clone(), y }],
        reference: None,
    };
    picture(
        "4 layers of linear and window attention: time by length of text",
        "time (s)",
        true,
        "time",
        seconds,
    )
    .draw(&folder.join("context-time.png"))?;
    picture(
        "4 layers of linear and window attention: memory by length of text",
        "peak memory (MiB)",
        false,
        "memory",
        mebibytes,
    )
    .draw(&folder.join("context-memory.png"))?;
    Ok(())
}

fn model(folder: &Path) -> Result<Model, Box<dyn Error>> {
    let mut config = ModelConfig::spikingbrain_7b();
    (config.vocab_size, config.hidden_size, config.intermediate_size) = (256, 64, 128);
    (config.heads, config.kv_heads, config.head_size, config.window) = (2, 1, 32, 256);
    config.cut(4);
    Synthesis { config, seed: 1, quantised: true }.write(folder, SHARD_BYTES, true, |_| true)?;
    Ok(Model::load(&Checkpoint::open(folder)?, &ModelOptions::default())?)
}

fn peak_mib() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<f64>()? / 1024.0)
}
