//! Reads a record back, vector by vector, and tells by layer how sparse it is and how unevenly its neurons work.

use synfire::analysis::sparsity::{Accumulator, By, Grouped, Neurons, Sparsity};
use synfire::analysis::table::Table;
use synfire::datasets::checkpoint::Checkpoint;
use synfire::datasets::record::{Manifest, ModelSummary, RunReader, RunWriter, VectorFilter};
use synfire::recording::RunRecorder;
use synfire::sim::{evaluate::evaluate, model::Model, options::ModelOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("synfire-example-{}", std::process::id()));
    record(&folder)?;

    let by: By = "layer".parse()?;
    let mut statistics = Grouped::new(by, (Sparsity::default(), Neurons::default()));
    let mut vectors = RunReader::open(&folder)?.vectors(VectorFilter::default())?;
    while let Some((activity, counts)) = vectors.next_vector()? {
        statistics.observe(&activity, counts);
    }
    for (key, (sums, neurons)) in statistics.groups() {
        let (layer, figures) = (key.layer.unwrap_or_default(), neurons.figures());
        println!(
            "layer {layer}: {:.3} spikes per channel, {:.1} % silent, {} of {} neurons dead, lifetime sparseness {:.3}",
            sums.mean_spikes_per_channel(),
            100.0 * sums.silent_share(),
            figures.dead,
            figures.neurons,
            figures.lifetime_sparseness
        );
    }
    let groups: Vec<_> = statistics.groups().map(|(key, (sums, _))| (*key, *sums)).collect();
    let table: Table = synfire::analysis::sparsity::sparsity_table(&by, &groups, &[]);
    print!("{}", table.to_csv());
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Runs the built-in model on a line of text and records every spike.
fn record(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    let checkpoint = Checkpoint::builtin()?;
    let tokens = checkpoint.tokenizer().encode(b"To be, or not to be, that is the question.")?;
    let manifest = Manifest::new("example", ModelSummary::default(), serde_json::json!({}), vec![0, 1, 2, 3]);
    let mut recorder = RunRecorder::new(RunWriter::create(folder, manifest, false)?);
    let model = Model::load(&checkpoint, &ModelOptions::default())?;
    let read = evaluate(&model, &tokens, &mut recorder, |_| true)?.read;
    recorder.writer.finish(serde_json::json!({}), read)?;
    Ok(())
}
