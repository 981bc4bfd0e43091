//! `synfire raster`: redraws a spike raster from the record.

use super::selection::Span;
use anyhow::{Result, bail};
use clap::Args;
use std::path::PathBuf;
use synfire::analysis::plot::raster::{Raster as Picture, RasterOptions};
use synfire::datasets::record::{RunReader, SpikeFilter};
use synfire::datasets::spikes::Projection;

/// Tokens that a raster shows unless told otherwise.
pub(crate) const TOKENS: Span = Span::new(0, 39);
/// Neurons that a raster shows unless told otherwise.
pub(crate) const NEURONS: Span = Span::new(0, 639);

/// The projection that a raster shows unless told otherwise: the one with the outliers, where it was coded.
pub(crate) fn default_projection(recorded: &[Projection]) -> Projection {
    if recorded.contains(&Projection::DownIn) { Projection::DownIn } else { Projection::MlpIn }
}

/// Draw a spike raster from a recorded run.
#[derive(Args)]
pub(crate) struct Raster {
    /// Run folder
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Layer, from 0 [default: the first recorded]
    #[arg(long)]
    layer: Option<u16>,
    /// attn_in, query, o_in, mlp_in or down_in [default: down_in where it was coded, else mlp_in]
    #[arg(long, value_name = "P")]
    projection: Option<Projection>,
    /// Tokens, from 0
    #[arg(long, value_name = "A-B", default_value_t = TOKENS)]
    tokens: Span,
    /// Neurons, from 0
    #[arg(long, value_name = "A-B", default_value_t = NEURONS)]
    neurons: Span,
    /// Picture to write, .png or .svg
    #[arg(short, long, value_name = "FILE", default_value = "raster.png")]
    output: PathBuf,
}

impl Raster {
    pub(crate) fn execute(self) -> Result<()> {
        let reader = RunReader::open(&self.run)?;
        let manifest = reader.manifest();
        let Some(layer) = self.layer.or(manifest.layers.first().copied()) else {
            bail!("{}: the manifest names no layers", self.run.display());
        };
        if !manifest.layers.contains(&layer) {
            bail!(
                "{}: layer {layer} was not recorded; recorded are {:?}",
                self.run.display(),
                manifest.layers
            );
        }
        let projection = self.projection.unwrap_or_else(|| default_projection(&manifest.projections));
        let title = format!("{}: layer {layer}, {}", manifest.model.name, projection);
        let (mut tokens, mut neurons) = (self.tokens.range(), self.neurons.range());
        let mut activities = Vec::new();
        let mut channels = 0;
        for rows in reader.activity()? {
            for row in rows? {
                if row.layer == layer && row.projection == projection {
                    channels = channels.max((u32::from(row.head) + 1) * row.neurons);
                    if tokens.contains(&row.token) {
                        activities.push(row);
                    }
                }
            }
        }
        if channels == 0 {
            bail!("{}: layer {layer} has no {} in this record", self.run.display(), projection);
        }
        tokens.end = tokens.end.min(activities.last().map_or(0, |a| a.token + 1));
        neurons.end = neurons.end.min(channels);
        if tokens.is_empty() || neurons.is_empty() {
            bail!(
                "--tokens {} --neurons {}: outside the record, which has {} tokens and {channels} neurons",
                self.tokens,
                self.neurons,
                manifest.tokens
            );
        }
        let mut picture = Picture::new(RasterOptions::new(title, tokens.clone(), neurons.clone()));
        activities.iter().for_each(|a| picture.observe_activity(a));
        let filter = SpikeFilter {
            layer: Some(layer),
            projection: Some(projection),
            tokens: Some(tokens),
            neurons: Some(neurons),
        };
        for batch in reader.spikes(&filter)? {
            picture.observe(&batch?);
        }
        picture.draw(&self.output)?;
        println!("{}", self.output.display());
        Ok(())
    }
}
