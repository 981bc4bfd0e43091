//! Pictures of what the coded inputs of a run did.

use super::{Kind, Plot, default_projection};
use anyhow::{Result, bail};
use synfire::analysis::experts::Experts;
use synfire::analysis::pictures::{self, SpikesOverTokens};
use synfire::analysis::plot::raster::{Raster, RasterOptions};
use synfire::analysis::sparsity::{Accumulator, Histogram, SparsityTable};
use synfire::datasets::record::{RunReader, SpikeFilter, VectorFilter};

impl Plot {
    pub(super) fn raster(&self, reader: &RunReader) -> Result<()> {
        let manifest = reader.manifest();
        let Some(layer) = self.layer.or(manifest.layers.first().copied()) else {
            bail!("{}: the manifest names no layers", self.input.display());
        };
        let projection = self.projection.unwrap_or_else(|| default_projection(&manifest.projections));
        let title = format!("{}: layer {layer}, {}", manifest.model.name, projection);
        let (mut tokens, asked) = (self.tokens.range(), self.neurons.unwrap_or(super::NEURONS));
        let mut neurons = asked.range();
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
            bail!("{}: layer {layer} has no {} in this record", self.input.display(), projection);
        }
        tokens.end = tokens.end.min(activities.last().map_or(0, |a| a.token + 1));
        neurons.end = neurons.end.min(channels);
        if tokens.is_empty() || neurons.is_empty() {
            bail!(
                "--tokens {} --neurons {}: outside the record, which has {} tokens and {channels} neurons",
                self.tokens,
                asked,
                manifest.tokens
            );
        }
        let options = RasterOptions::new(title, tokens.clone(), neurons.clone());
        let mut picture = Raster::new(options.of_sample(&manifest.sampling));
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
        self.write(&picture)
    }

    /// Where tokens were sent.
    pub(super) fn experts(&self, reader: &RunReader) -> Result<()> {
        let Some(experts) = Experts::read(reader)? else {
            bail!("{}: the model has no mixture of experts", self.input.display());
        };
        self.write(&pictures::experts(&self.title(reader), &experts)?)
    }

    /// Spike counts, sparsity by layer and projection, or spikes over the tokens.
    pub(super) fn statistics(&self, reader: &RunReader) -> Result<()> {
        let (mut histogram, mut table) = (Histogram::default(), SparsityTable::default());
        let mut tokens = SpikesOverTokens::default();
        let filter = VectorFilter { layer: self.layer, projection: self.projection };
        let mut vectors = reader.vectors(filter)?;
        while let Some((activity, counts)) = vectors.next_vector()? {
            histogram.observe(&activity, counts);
            table.observe(&activity, counts);
            tokens.observe(&activity);
        }
        let title = self.title(reader);
        match self.kind {
            Kind::Counts => self.write(&pictures::counts(&title, &histogram, table.pooled().largest_count)),
            Kind::Sparsity => self.write(&pictures::sparsity(&title, &table)),
            _ => self.write(&tokens.picture(&title)?),
        }
    }
}
