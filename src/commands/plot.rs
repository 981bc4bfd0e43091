//! `synfire plot`: draws a picture from a recorded run, or from a spike file.

use super::energy::count;
use super::selection::Span;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use synfire::analysis::energy::profile::HardwareProfile;
use synfire::analysis::energy::{Comparison, Fetch, Opponent, break_even, sensitivity, tornado};
use synfire::analysis::plot::Picture;
use synfire::analysis::plot::bands::{Band, Bands};
use synfire::analysis::plot::counts::Counts;
use synfire::analysis::plot::heat_map::HeatMap;
use synfire::analysis::plot::raster::{Raster, RasterOptions};
use synfire::analysis::plot::train_raster::TrainRaster;
use synfire::analysis::sparsity::{SPARSITY_DEFINITION, SparsityTable};
use synfire::datasets::formats::{ReadOptions, read};
use synfire::datasets::record::{RunReader, SpikeFilter, VectorFilter};
use synfire::datasets::spikes::Projection;

/// Tokens that a raster shows unless told otherwise.
pub(crate) const TOKENS: Span = Span::new(0, 39);
/// Neurons that a raster shows unless told otherwise.
pub(crate) const NEURONS: Span = Span::new(0, 639);
/// Spike counts beyond this are gathered at the ends of their histogram.
const LARGEST_COUNT: u32 = 32;
/// How far a constant without a range is moved.
const MOVED_SHARE: f64 = 0.2;
/// Points of a line over the tokens.
const WINDOWS: usize = 120;

/// The projection that a raster shows unless told otherwise: the one with the outliers, where it was coded.
pub(crate) fn default_projection(recorded: &[Projection]) -> Projection {
    if recorded.contains(&Projection::DownIn) { Projection::DownIn } else { Projection::MlpIn }
}

/// What to draw.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Spikes of one layer and projection over tokens; of a spike file, over time
    Raster,
    /// Share of channels by signed spike count
    Counts,
    /// Sparsity by layer and projection
    Sparsity,
    /// Mean spikes per channel over the text, layer by layer
    Tokens,
    /// Energy by component, spikes beside a dense opponent
    Energy,
    /// From the report's bound of energy to the full estimate
    Waterfall,
    /// Energy over the opponent's against mean spikes per channel
    Breakeven,
    /// Energy over the opponent's against the size of weight blocks
    Blocks,
    /// Which constants of the hardware move the result
    Sensitivity,
}

/// Draw a picture from a recorded run, or a raster from a spike file.
#[derive(Args)]
pub(crate) struct Plot {
    /// Run folder, or for a raster a spike file
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// What to draw
    #[arg(value_enum, value_name = "KIND")]
    kind: Kind,
    /// Only this layer, from 0 [raster: the first recorded]
    #[arg(long)]
    layer: Option<u16>,
    /// Only this input: attn_in, query, o_in, mlp_in or down_in [raster: down_in where it was coded, else mlp_in]
    #[arg(long, value_name = "P")]
    projection: Option<Projection>,
    /// Tokens of a raster, from 0
    #[arg(long, value_name = "A-B", default_value_t = TOKENS)]
    tokens: Span,
    /// Neurons of a raster (of a spike file: units), from 0
    #[arg(long, value_name = "A-B", default_value_t = NEURONS)]
    neurons: Span,
    /// Hardware of an energy picture: profile name or file
    #[arg(long, value_name = "NAME|FILE", default_value = "asynchronous")]
    hardware: String,
    /// Opponent of an energy picture: fp16, int8, int8-skip or quantised
    #[arg(long, default_value = "fp16")]
    baseline: Opponent,
    /// Picture to write, .png or .svg [default: KIND.png]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Plot {
    pub(crate) fn execute(self) -> Result<()> {
        if self.input.is_file() { self.of_file() } else { self.of_run() }
    }

    fn of_file(&self) -> Result<()> {
        if self.kind != Kind::Raster {
            bail!("{}: a spike file has no {}; give a run folder", self.input.display(), self.kind_name());
        }
        let trains = read(&self.input, &ReadOptions::default())?.trains();
        let range = self.neurons.range();
        let units = range.start as usize..range.end as usize;
        let name = self.input.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.write(&TrainRaster { title: name, trains: &trains, units, span_s: None })
    }

    fn of_run(&self) -> Result<()> {
        let reader = RunReader::open(&self.input)?;
        if let Some(layer) = self.layer.filter(|layer| !reader.manifest().layers.contains(layer)) {
            bail!(
                "{}: layer {layer} was not recorded; recorded are {:?}",
                self.input.display(),
                reader.manifest().layers
            );
        }
        match self.kind {
            Kind::Raster => self.raster(&reader),
            Kind::Counts => self.counts(&reader),
            Kind::Sparsity => self.sparsity(&reader),
            Kind::Tokens => self.over_tokens(&reader),
            Kind::Energy | Kind::Waterfall | Kind::Breakeven | Kind::Blocks | Kind::Sensitivity => {
                self.energy()
            }
        }
    }

    fn write(&self, picture: &dyn Picture) -> Result<()> {
        let path = self.output.clone().unwrap_or_else(|| format!("{}.png", self.kind_name()).into());
        picture.draw(&path)?;
        println!("{}", path.display());
        Ok(())
    }

    fn kind_name(&self) -> String {
        self.kind.to_possible_value().map_or_else(String::new, |v| v.get_name().to_owned())
    }

    fn filter(&self) -> VectorFilter {
        VectorFilter { layer: self.layer, projection: self.projection }
    }

    /// Name of the model, and what of it is shown.
    fn title(&self, reader: &RunReader, what: &str) -> String {
        let mut title = format!("{}: {what}", reader.manifest().model.name);
        if let Some(layer) = self.layer {
            title += &format!(", layer {layer}");
        }
        if let Some(projection) = self.projection {
            title += &format!(", {projection}");
        }
        title
    }

    fn raster(&self, reader: &RunReader) -> Result<()> {
        let manifest = reader.manifest();
        let Some(layer) = self.layer.or(manifest.layers.first().copied()) else {
            bail!("{}: the manifest names no layers", self.input.display());
        };
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
            bail!("{}: layer {layer} has no {} in this record", self.input.display(), projection);
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
        let mut picture = Raster::new(RasterOptions::new(title, tokens.clone(), neurons.clone()));
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

    /// A picture of the energy estimate, which is always of the whole run.
    fn energy(&self) -> Result<()> {
        let profile = HardwareProfile::load(&self.hardware).context("--hardware")?;
        let (fallback, fetch) = (HardwareProfile::shipped("45nm")?, Fetch::default());
        let counts = count(&self.input)?;
        let comparison = Comparison::new(&counts, &profile, self.baseline, &fallback, fetch);
        let curves = || break_even(&counts, &profile, &comparison, fetch);
        match self.kind {
            Kind::Waterfall => self.write(&comparison.waterfall()),
            Kind::Breakeven => self.write(&curves().spike_curves(&comparison)),
            Kind::Blocks => self.write(&curves().block_curves(&comparison)),
            Kind::Sensitivity => self.write(&tornado(&comparison, &sensitivity(&comparison, MOVED_SHARE))),
            _ => self.write(&comparison.component_bars()),
        }
    }

    fn counts(&self, reader: &RunReader) -> Result<()> {
        let mut samples: BTreeMap<i32, u64> = BTreeMap::new();
        let mut vectors = reader.vectors(self.filter())?;
        while let Some((_, counts)) = vectors.next_vector()? {
            for count in counts {
                *samples.entry(*count).or_default() += 1;
            }
        }
        self.write(&Counts { title: self.title(reader, "spike counts"), samples, limit: LARGEST_COUNT })
    }

    fn sparsity(&self, reader: &RunReader) -> Result<()> {
        let mut table = SparsityTable::default();
        let mut vectors = reader.vectors(self.filter())?;
        while let Some((activity, counts)) = vectors.next_vector()? {
            table.observe(&activity, counts);
        }
        let layers: BTreeSet<u16> = table.rows().map(|row| row.layer).collect();
        let projections: BTreeSet<Projection> = table.rows().map(|row| row.projection).collect();
        let found: BTreeMap<_, f64> =
            table.rows().map(|row| ((row.layer, row.projection), 100.0 * row.sparsity())).collect();
        let cell = |layer: &u16, projection: &Projection| found.get(&(*layer, *projection)).copied();
        self.write(&HeatMap {
            title: self.title(reader, "sparsity by layer and projection (%)"),
            note: SPARSITY_DEFINITION.to_owned(),
            rows: layers.iter().map(u16::to_string).collect(),
            row_label: "layer".to_owned(),
            columns: projections.iter().map(Projection::to_string).collect(),
            values: layers
                .iter()
                .flat_map(|layer| projections.iter().map(move |p| cell(layer, p).unwrap_or(f64::NAN)))
                .collect(),
            decimals: 2,
        })
    }

    /// Mean spikes of a channel in windows of tokens, and the quartiles of the tokens in each.
    fn over_tokens(&self, reader: &RunReader) -> Result<()> {
        // Spikes and channels of each token, by layer.
        let mut layers: BTreeMap<u16, BTreeMap<u32, (u64, u64)>> = BTreeMap::new();
        for rows in reader.activity()? {
            for row in rows? {
                let shown = self.layer.is_none_or(|layer| layer == row.layer)
                    && self.projection.is_none_or(|projection| projection == row.projection);
                if shown {
                    let sums = layers.entry(row.layer).or_default().entry(row.token).or_default();
                    *sums = (sums.0 + row.spikes, sums.1 + u64::from(row.neurons));
                }
            }
        }
        let tokens = layers.values().map(BTreeMap::len).max().context("the record has no such activity")?;
        let window = tokens.div_ceil(WINDOWS);
        let mut x = Vec::new();
        let mut series = Vec::new();
        for (layer, sums) in layers {
            let sums: Vec<(u32, (u64, u64))> = sums.into_iter().collect();
            let mut band = Band { name: format!("layer {layer}"), middle: Vec::new(), edges: None };
            let (mut low, mut high) = (Vec::new(), Vec::new());
            x = sums.chunks(window).map(|w| f64::from(w[0].0) + (w.len() - 1) as f64 / 2.0).collect();
            for sums in sums.chunks(window) {
                let mut means: Vec<f64> = sums.iter().map(|(_, (s, n))| *s as f64 / *n as f64).collect();
                means.sort_by(f64::total_cmp);
                let quantile = |share: f64| means[(share * (means.len() - 1) as f64).round() as usize];
                band.middle.push(means.iter().sum::<f64>() / means.len() as f64);
                low.push(quantile(0.25));
                high.push(quantile(0.75));
            }
            band.edges = (window > 3).then_some((low, high));
            series.push(band);
        }
        let note = match window {
            1 => String::new(),
            2 | 3 => format!("mean of {window} tokens"),
            _ => format!("mean of {window} tokens; band: quartiles of these (for up to 4 layers)"),
        };
        self.write(&Bands {
            title: self.title(reader, "spikes over the text"),
            note,
            x_label: "token".to_owned(),
            y_label: "spikes per channel".to_owned(),
            x,
            series,
        })
    }
}
