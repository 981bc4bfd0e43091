//! Pictures of spike trains: those of a spike file, or of one layer and projection of a run.

use super::{Kind, Plot, Span, default_projection};
use anyhow::{Result, bail};
use synfire::analysis::clock::{Clock, RunTrains, run_trains};
use synfire::analysis::pictures;
use synfire::analysis::plot::train_raster::TrainRaster;
use synfire::datasets::formats::{ReadOptions, read};
use synfire::datasets::record::RunReader;
use synfire::datasets::trains::SpikeTrains;

/// Units that a raster shows unless told otherwise.
const MOST_UNITS: usize = 640;

impl Plot {
    pub(super) fn of_file(&self) -> Result<()> {
        let name = self.input.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let trains = || Ok::<_, anyhow::Error>(read(&self.input, &ReadOptions::default())?.trains());
        match self.kind {
            Kind::Raster => self.raster_of_trains(name, &trains()?),
            Kind::Intervals | Kind::Rates | Kind::Correlation => {
                self.of_trains(&name, &trains()?, Clock::SECONDS)
            }
            _ => bail!(
                "{}: a spike file has no {}; give a run folder, or draw raster, intervals, rates or correlation",
                self.input.display(),
                self.kind_name()
            ),
        }
    }

    /// The units asked for; without such, all, or a sample of them that is spread evenly.
    fn raster_of_trains(&self, name: String, trains: &SpikeTrains) -> Result<()> {
        if let Some(range) = self.neurons.map(Span::range) {
            let units = range.start as usize..range.end as usize;
            return self.write(&TrainRaster { title: name, trains, units, span_s: None, groups: Vec::new() });
        }
        let shown = trains.len().min(MOST_UNITS);
        let title = match shown < trains.len() {
            true => format!("{name}: {shown} of {} units, spread evenly", trains.len()),
            false => name,
        };
        let chosen: Vec<usize> = (0..shown).map(|row| row * trains.len() / shown).collect();
        self.write(&TrainRaster {
            title,
            trains: &trains.select(&chosen),
            units: 0..shown,
            span_s: None,
            groups: Vec::new(),
        })
    }

    pub(super) fn trains_of_run(&self, reader: &RunReader) -> Result<()> {
        let manifest = reader.manifest();
        let Some(layer) = self.layer.or(manifest.layers.first().copied()) else {
            bail!("{}: the manifest names no layers", self.input.display());
        };
        let projection = self.projection.unwrap_or_else(|| default_projection(&manifest.projections));
        // Steps of a token are not alike, so counts are correlated token by token.
        let clock = match self.kind {
            Kind::Correlation => Clock::TOKENS,
            _ => Clock { tick_ms: self.step_ms, ..Clock::STEPS },
        };
        let trains = run_trains(reader, &RunTrains { layer, projection, clock, tokens: None })?;
        let name = format!("{}, layer {layer}, {projection}", manifest.model.name);
        self.of_trains(&name, &trains, clock)
    }

    fn of_trains(&self, name: &str, trains: &SpikeTrains, clock: Clock) -> Result<()> {
        match self.kind {
            Kind::Intervals => self.write(&pictures::intervals(name, trains, clock)?),
            Kind::Rates => self.write(&pictures::rates(name, trains, clock)?),
            _ => self.write(&pictures::correlation(name, trains, clock, self.bin)?),
        }
    }
}
