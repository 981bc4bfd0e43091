//! The weights of the model that was run, for the figures that need them.

use super::runs::Runs;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::sync::Arc;
use synfire::analysis::neurobench::{Connections, Footprint, footprint};
use synfire::analysis::table::{Table, Values};
use synfire::datasets::builtin;
use synfire::datasets::checkpoint::Checkpoint;
use synfire::datasets::record::RunReader;

/// What the checkpoint tells.
pub(super) struct Model {
    pub(super) connections: Arc<Connections>,
    footprint: Vec<Footprint>,
}

/// The model that all `runs` are of: in `folder`, or where the manifests say.
pub(super) fn load(runs: &Runs, folder: Option<&Path>) -> Result<Model> {
    let mut readers = runs.readers();
    let Some(first) = readers.next() else { bail!("there is no run") };
    let (model, one_more) = (&first.manifest().model, holds_one_more(first));
    if let Some(other) =
        readers.find(|r| r.manifest().model.digest != model.digest || holds_one_more(r) != one_more)
    {
        bail!(
            "{} is a run of another model or convention than {}",
            other.dir().display(),
            first.dir().display()
        );
    }
    let told = first.manifest().options["model"].as_str();
    let checkpoint = match (folder, told) {
        (Some(folder), _) => Checkpoint::open(folder)?,
        (None, _) if model.name == builtin::NAME => Checkpoint::builtin()?,
        (None, Some(told)) => Checkpoint::open(Path::new(told)).context("give its folder with --model")?,
        (None, None) => {
            bail!("the manifest does not tell the folder of {}; give it with --model", model.name)
        }
    };
    if checkpoint.digest()? != model.digest {
        bail!(
            "{}: its digest is not that of the model that was run; give the right folder with --model",
            checkpoint.name()
        );
    }
    if checkpoint.config().mixture.is_some() {
        bail!("{}: not computed for a mixture of experts", checkpoint.name());
    }
    let connections = Arc::new(Connections::load(&checkpoint, runs.layers(), one_more)?);
    Ok(Model { connections, footprint: footprint(&checkpoint) })
}

/// Whether a window of the run holds w + 1 keys.
fn holds_one_more(reader: &RunReader) -> bool {
    reader.manifest().options["convention"]["window_holds_one_more"].as_bool().unwrap_or(false)
}

impl Model {
    /// Footprint and connection sparsity.
    pub(super) fn tables(&self) -> [Table; 2] {
        let text = |of: &dyn Fn(&Footprint) -> String| Values::Text(self.footprint.iter().map(of).collect());
        let integer = |of: &dyn Fn(&Footprint) -> u64| {
            Values::Integer(self.footprint.iter().map(|f| of(f) as i64).collect())
        };
        let footprint = Table::new("footprint", "NeuroBench: footprint of the checkpoint")
            .key("dtype", "type", text(&|f| f.dtype.clone()))
            .column("numbers", "numbers", "", "parameters and buffers of this type", integer(&|f| f.numbers))
            .column("bytes", "bytes", "", "their bytes as stored", integer(&|f| f.bytes));
        let inputs: Vec<_> = self.connections.iter().collect();
        let connections = Table::new("connections", "NeuroBench: connections")
            .key(
                "layer",
                "layer",
                Values::Integer(inputs.iter().map(|(layer, ..)| i64::from(*layer)).collect()),
            )
            .key(
                "projection",
                "input",
                Values::Text(inputs.iter().map(|(_, p, _)| p.name().to_owned()).collect()),
            )
            .column(
                "weights",
                "weights",
                "",
                "INT8 weights of the projections that read the input",
                Values::Integer(inputs.iter().map(|(.., fan)| fan.weights() as i64).collect()),
            )
            .column(
                "zero_weights",
                "zeros",
                "",
                "weights that are 0 after quantisation",
                Values::Integer(inputs.iter().map(|(.., fan)| fan.zeros() as i64).collect()),
            )
            .column(
                "connection_sparsity",
                "sparsity",
                "%",
                "connection sparsity, zero weights/weights",
                Values::Real(inputs.iter().map(|(.., fan)| fan.sparsity()).collect()),
            );
        [footprint, connections]
    }
}
