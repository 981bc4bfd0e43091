//! What a report tells of a run's coded vectors, gathered in one pass, as sections of the page.
//!
//! To add a section: observe the vectors in [`Statistics::read`], and push what comes out in [`Statistics::sections`].

use super::{Image, Picture, ReportError, Section};
use crate::energy::profile::HardwareProfile;
use crate::energy::{
    Comparison, EnergyCounts, Fetch, Opponent, break_even, component_table, unpriced_table, waterfall_table,
};
use crate::experts::{Experts, TWO_SCALE_DEFINITION};
use crate::pictures::{self, SpikesOverTokens};
use crate::plot::Picture as Drawing;
use crate::sparsity::{
    Accumulator, By, Grouped, Histogram, Key, Neurons, Sparsity, SparsityTable, SpikePattern, Window,
    counts_table, histogram_table, neurons_table, sparsity_table,
};
use crate::table::Table;
use serde_json::Value;
use synfire_datasets::record::{Manifest, RunReader, VectorFilter};
use synfire_datasets::spikes::Activity;

/// Steps of the window of the report's sparsity.
const WINDOW_STEPS: u32 = 3;

/// All coded inputs together.
const ALL: By = By { layer: false, projection: false, ..By::INPUT };

/// Hardware that the page estimates energy for; pictures show the first.
const HARDWARE: [&str; 3] = ["asynchronous", "45nm", "loihi"];

/// What is found out about a run, vector by vector.
pub(super) struct Statistics {
    /// Of all tokens, whatever the record holds of their spikes.
    pub(super) sparsity: SparsityTable,
    by_input: Grouped<Sparsity>,
    /// Tokens read: one more than the last.
    pub(super) tokens: u64,
    /// Whether there were counts for what needs them.
    counted: bool,
    /// What they are of, if not of all tokens.
    counts_note: Option<String>,
    counts: Grouped<(Sparsity, Window)>,
    histogram: Grouped<Histogram>,
    neurons: Grouped<Neurons>,
    over_tokens: SpikesOverTokens,
    /// Absent where the record does not tell the shape of the model.
    energy: Option<EnergyCounts>,
    /// Absent without a mixture of experts.
    experts: Option<Experts>,
}

impl Statistics {
    pub(super) fn read(reader: &RunReader) -> Result<Self, ReportError> {
        let manifest = reader.manifest();
        let mut found = Self {
            sparsity: SparsityTable::default(),
            by_input: Grouped::new(By::INPUT, Sparsity::default()),
            tokens: 0,
            counted: false,
            counts_note: manifest.counts_note(),
            counts: Grouped::new(
                By::INPUT,
                (Sparsity::default(), Window::new(WINDOW_STEPS, pattern(manifest))),
            ),
            histogram: Grouped::new(ALL, Histogram::default()),
            neurons: Grouped::new(By::INPUT, Neurons::default()),
            over_tokens: SpikesOverTokens::default(),
            energy: EnergyCounts::of_run(manifest).ok(),
            experts: manifest.architecture.as_ref().and_then(Experts::of),
        };
        let whole = manifest.tells_counts() && found.counts_note.is_none();
        if !whole {
            for rows in reader.activity()? {
                rows?.iter().for_each(|activity| found.observe_activity(activity));
            }
        }
        if manifest.tells_counts() {
            let mut vectors = reader.vectors(VectorFilter::default())?;
            while let Some((activity, counts)) = vectors.next_vector()? {
                if whole {
                    found.observe_activity(&activity);
                }
                found.observe_counts(&activity, counts);
            }
        }
        Ok(found)
    }

    fn observe_activity(&mut self, activity: &Activity) {
        self.sparsity.observe(activity, &[]);
        self.by_input.observe(activity, &[]);
        self.over_tokens.observe(activity);
        self.experts.iter_mut().for_each(|experts| experts.observe(activity));
        self.tokens = self.tokens.max(u64::from(activity.token) + 1);
    }

    fn observe_counts(&mut self, activity: &Activity, counts: &[i32]) {
        self.counted = true;
        self.counts.observe(activity, counts);
        self.histogram.observe(activity, counts);
        self.neurons.observe(activity, counts);
        if self.energy.as_mut().is_some_and(|energy| energy.observe(activity, counts).is_err()) {
            self.energy = None;
        }
    }

    /// The sections of the run called `name`.
    pub(super) fn sections(&self, name: &str) -> Result<Vec<Section>, ReportError> {
        if self.tokens == 0 {
            return Ok(Vec::new());
        }
        let mut sections = vec![self.sparsity(name)?];
        if self.counted {
            sections.extend([self.spike_counts(name)?, self.neurons()]);
        }
        sections.push(self.tokens(name)?);
        sections.extend(self.experts(name)?);
        if self.counted {
            sections.extend(self.energy()?);
        }
        Ok(sections)
    }

    fn sparsity(&self, name: &str) -> Result<Section, ReportError> {
        let (keys, groups) = self.by_input.columns();
        let groups: Vec<(Key, Sparsity)> = keys.into_iter().zip(groups.into_iter().copied()).collect();
        Ok(Section {
            tables: vec![sparsity_table(&By::INPUT, &groups, &[])],
            pictures: vec![drawn(
                &pictures::sparsity(name, &self.sparsity),
                "Sparsity by layer and coded input",
            )?],
            ..Section::new(
                "Sparsity",
                "How many spikes each coded input takes, and how many of its channels and time steps stay silent.",
            )
        })
    }

    fn spike_counts(&self, name: &str) -> Result<Section, ReportError> {
        let largest = self.counts.pooled().0.largest_count;
        let picture = pictures::counts(name, &self.histogram.pooled(), largest);
        Ok(Section {
            tables: self.noted([counts_table(&self.counts, &[]), histogram_table(&self.histogram, &[])]),
            pictures: vec![drawn(&picture, "Share of channels by spike count, all coded inputs together")?],
            ..Section::new(
                "Spike counts",
                "How large the integer counts are that the spikes carry: most are small, few are outliers.",
            )
        })
    }

    fn neurons(&self) -> Section {
        Section {
            tables: self.noted([neurons_table(&self.neurons, &[])]),
            ..Section::new(
                "Neurons",
                "Which channels never spike, which always do, and how unevenly activity is spread over channels and tokens.",
            )
        }
    }

    fn tokens(&self, name: &str) -> Result<Section, ReportError> {
        let picture = self.over_tokens.picture(name)?;
        Ok(Section {
            pictures: vec![drawn(&picture, "Mean spikes of a channel over the text, layer by layer")?],
            ..Section::new("Over the text", "How activity changes with the position in the text.")
        })
    }

    fn experts(&self, name: &str) -> Result<Option<Section>, ReportError> {
        let used = self.experts.as_ref().filter(|experts| experts.layers().next().is_some());
        let Some(experts) = used else { return Ok(None) };
        let sparsity = 100.0 * experts.pooled().two_scale_sparsity();
        let lead = format!(
            "Where tokens were sent, and what the experts' neurons did. Two-scale sparsity over all layers: {sparsity:.2} %, \
             the {TWO_SCALE_DEFINITION}."
        );
        Ok(Some(Section {
            tables: vec![experts.load_table(), experts.table()],
            pictures: vec![drawn(
                &pictures::experts(name, experts)?,
                "Tokens sent to each expert, layer by layer",
            )?],
            ..Section::new("Experts", lead)
        }))
    }

    fn energy(&self) -> Result<Option<Section>, ReportError> {
        let Some(counts) = &self.energy else { return Ok(None) };
        let (fallback, fetch) = (HardwareProfile::shipped("45nm")?, Fetch::default());
        let (mut tables, mut pictures) = (Vec::new(), Vec::new());
        for name in HARDWARE {
            let profile = HardwareProfile::shipped(name)?;
            let comparison = Comparison::new(counts, &profile, Opponent::Fp16, &fallback, fetch);
            tables.push(component_table(&comparison));
            if name == HARDWARE[0] {
                tables.push(waterfall_table(&comparison));
                let curves = break_even(counts, &profile, &comparison, fetch);
                pictures = vec![
                    drawn(&comparison.waterfall(), "From the idealised bound to the full estimate")?,
                    drawn(
                        &comparison.component_bars(),
                        "Energy by component, spikes beside a dense FP16 model",
                    )?,
                    drawn(&curves.spike_curves(&comparison), "Break-even over mean spikes per channel")?,
                ];
            }
            let unpriced = unpriced_table(&comparison.spiking);
            tables.extend((unpriced.rows() > 0).then_some(unpriced));
        }
        Ok(Some(Section {
            tables: self.noted(tables),
            pictures,
            ..Section::new(
                "Energy",
                "What the run would cost on hardware, from exact counts and sourced constants, beside a dense FP16 model on \
                 the same rules. What a profile does not price is listed as not priced.",
            )
        }))
    }

    /// Tables of spike counts, each with what these are of.
    fn noted(&self, tables: impl IntoIterator<Item = Table>) -> Vec<Table> {
        tables.into_iter().map(|table| table.noted(self.counts_note.as_deref())).collect()
    }
}

/// How the spikes of a run carry its counts.
fn pattern(manifest: &Manifest) -> SpikePattern {
    let coding = manifest.options.get("coding").and_then(Value::as_str);
    coding.and_then(|name| name.parse().ok()).unwrap_or(SpikePattern::Bits)
}

fn drawn(drawing: &dyn Drawing, caption: &str) -> Result<Picture, ReportError> {
    Ok(Picture { image: Image::Svg(drawing.svg()?), caption: caption.to_owned() })
}
