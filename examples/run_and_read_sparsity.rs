//! Runs the built-in model on a few lines and reads its sparsity, layer by layer.

use synfire::datasets::builtin::HAMLET_EXCERPT;
use synfire::datasets::checkpoint::Checkpoint;
use synfire::recording::SparsityRecorder;
use synfire::sim::{evaluate::evaluate, model::Model, options::ModelOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let checkpoint = Checkpoint::builtin()?;
    let tokens = checkpoint.tokenizer().encode(&HAMLET_EXCERPT[..512])?;
    let model = Model::load(&checkpoint, &ModelOptions::default())?;

    let mut recorder = SparsityRecorder::default();
    let surprisal = evaluate(&model, &tokens, &mut recorder, |_| true)?;

    for row in recorder.table.rows() {
        let (spikes, silent) = (row.sums.mean_spikes_per_channel(), 100.0 * row.sums.silent_share());
        println!(
            "layer {} {:8} {spikes:.3} spikes per channel, {silent:.1} % silent",
            row.layer, row.projection
        );
    }
    println!("{:.3} bits per byte", surprisal.bits_per_token());
    Ok(())
}
