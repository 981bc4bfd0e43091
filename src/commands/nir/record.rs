//! The folder that a run of a NIR file leaves behind, written as the run goes on.

use anyhow::{Context, Result, bail};
use std::path::Path;
use synfire::datasets::formats::parquet::{Layout, TracesWriter, TrainsWriter};
use synfire::sim::nir::{Network, State};

/// The files that grow with the run.
pub(super) struct Folder {
    spikes: TrainsWriter,
    /// Values of an output that is no neuron.
    output: Option<TracesWriter>,
}

impl Folder {
    /// Creates the folder, which must not hold anything unless `overwrite` is set.
    pub(super) fn create(folder: &Path, network: &Network, overwrite: bool) -> Result<Self> {
        if !overwrite && folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            bail!("{}: exists; choose another folder, or give --overwrite", folder.display());
        }
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let unit_ids = (0..i64::from(network.units())).collect();
        let layout = Layout { unit_ids, channels: true, ..Layout::default() };
        let spikes = TrainsWriter::create(&folder.join("spikes.parquet"), layout)?;
        let path = folder.join("output.parquet");
        let output = if network.output_spikes() {
            // What an earlier run may have left would belong to another network.
            let _ = std::fs::remove_file(&path);
            None
        } else {
            let size = network.layers().get(network.output_layer()).map_or(0, |layer| layer.size());
            Some(TracesWriter::create(&path, "value", &(0..size as i64).collect::<Vec<_>>())?)
        };
        Ok(Self { spikes, output })
    }

    /// Writes what the last step did.
    pub(super) fn step(&mut self, network: &Network, state: &State, time_s: f64) -> Result<()> {
        for (channel, (layer, first)) in network.spiking() {
            let units: Vec<u32> = state.active(layer).iter().map(|neuron| first + neuron).collect();
            let rows = units.len();
            self.spikes.push_events(&vec![time_s; rows], &units, Some(&vec![channel; rows]), None)?;
        }
        if let Some(output) = &mut self.output {
            let values: Vec<f64> = state.output().iter().map(|value| f64::from(*value)).collect();
            output.push(time_s, &values)?;
        }
        Ok(())
    }

    /// Gives the files their names.
    pub(super) fn finish(self, start_s: f64, stop_s: f64) -> Result<()> {
        self.spikes.finish(start_s, stop_s)?;
        if let Some(output) = self.output {
            output.finish()?;
        }
        Ok(())
    }
}
