//! Which spikes the raster of a report holds: as many tokens from the first asked for as the cap allows.
//!
//! A large model spikes a million times a token. So that time is to be seen at all, some tokens are shown in any case
//! ([`FEWEST_TOKENS`]) and then the same share of the neurons in every panel, from neuron 0 up.

use super::{CodedPanel, CodedSpike, RasterData, RasterSpikes};
use crate::report::number::integer;
use std::collections::BTreeMap;
use std::ops::Range;
use synfire_datasets::record::{RecordError, RecordKind, RunReader, SpikeFilter};
use synfire_datasets::spikes::{Projection, SpikeBatch};
use synfire_datasets::trains::Recording;

/// Spikes of a raster in all unless told otherwise.
pub const DEFAULT_SPIKES: usize = 1_000_000;
/// Tokens that are shown even if neurons must be left out for them.
const FEWEST_TOKENS: usize = 16;

/// What a raster may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RasterLimits {
    /// Spikes in all panels together.
    pub spikes: usize,
    /// Tokens to show; as many of them as fit are.
    pub tokens: Range<u32>,
}

impl Default for RasterLimits {
    fn default() -> Self {
        Self { spikes: DEFAULT_SPIKES, tokens: 0..u32::MAX }
    }
}

/// What the activity table tells before a spike is read.
#[derive(Default)]
struct Extent {
    /// Neurons of each panel.
    neurons: BTreeMap<(u16, Projection), u32>,
    /// Steps of each panel and token; the largest of the heads of a query.
    steps: BTreeMap<(u16, Projection), Vec<u32>>,
    /// Spikes of each token, from the first that is asked for.
    spikes: Vec<u64>,
}

impl Extent {
    fn read(reader: &RunReader, tokens: &Range<u32>) -> Result<Self, RecordError> {
        let mut extent = Self::default();
        for rows in reader.activity()? {
            for row in rows? {
                let panel = (row.layer, row.projection);
                let neurons = extent.neurons.entry(panel).or_default();
                *neurons = (*neurons).max((u32::from(row.head) + 1).saturating_mul(row.neurons));
                if !tokens.contains(&row.token) {
                    continue;
                }
                let i = (row.token - tokens.start) as usize;
                let steps = extent.steps.entry(panel).or_default();
                // Tokens come one after the other; a gap in their numbers is damage, and must not cost memory.
                if i > steps.len() {
                    continue;
                }
                steps.resize(steps.len().max(i + 1), 0);
                steps[i] = steps[i].max(row.steps);
                extent.spikes.resize(extent.spikes.len().max(i + 1), 0);
                extent.spikes[i] = extent.spikes[i].saturating_add(row.spikes);
            }
        }
        Ok(extent)
    }

    /// How many tokens are shown, and the share of the neurons.
    fn fit(&self, most: usize) -> (usize, f64) {
        let mut sum = 0u64;
        let sums = self.spikes.iter().map(|n| {
            sum = sum.saturating_add(*n);
            sum
        });
        let sums: Vec<u64> = sums.collect();
        let fitting = sums.partition_point(|sum| *sum <= most as u64);
        let shown = fitting.max(FEWEST_TOKENS.min(sums.len()));
        let spikes = shown.checked_sub(1).map_or(0, |last| sums[last]);
        (shown, (most as f64 / spikes as f64).min(1.0))
    }
}

impl RasterData {
    /// The raster of a run; `None` where it holds no spikes that could be shown, or not their steps.
    ///
    /// # Errors
    /// [`RecordError`] where the record is damaged.
    pub fn of_run(reader: &RunReader, limits: &RasterLimits) -> Result<Option<Self>, RecordError> {
        if reader.manifest().record != RecordKind::Events {
            return Ok(None);
        }
        let extent = Extent::read(reader, &limits.tokens)?;
        let (shown, share) = extent.fit(limits.spikes);
        if shown == 0 {
            return Ok(None);
        }
        let start = limits.tokens.start;
        let mut collector = Collector::new(&extent, start, shown, share, limits.spikes);
        let tokens = Some(start..start + shown as u32);
        for batch in reader.spikes(&SpikeFilter { tokens, ..SpikeFilter::default() })? {
            collector.take(&batch?);
        }
        let panels = collector.finish(&extent);
        let stop = start + collector.counts.len() as u32;
        let all = extent.spikes.len() as u64 + u64::from(start);
        let spikes: usize = panels.iter().map(|panel| panel.spikes.len()).sum();
        let neurons = if share < 1.0 {
            format!("the first {:.1} % of the neurons of each input", 100.0 * share)
        } else {
            "all neurons".to_owned()
        };
        let recorded = reader.manifest().tokens.max(all);
        let shown = format!(
            "Tokens {start} to {} of {}, {neurons}: {} spikes.",
            stop - 1,
            integer(recorded),
            integer(spikes as u64)
        );
        let sampled =
            reader.manifest().leaves_out().map_or_else(String::new, |held| format!(" Recorded are {held}."));
        let shown = shown + &sampled;
        Ok(Some(Self { shown, spikes: RasterSpikes::Run { tokens: start..stop, panels } }))
    }

    /// The raster of a recording: its first spikes, as many as `most`.
    #[must_use]
    pub fn of_recording(recording: &Recording, most: usize) -> Self {
        let mut part = recording.clone();
        let all = part.len();
        if all > most {
            part.times_s.truncate(most);
            part.units.truncate(most);
            part.channels = None;
            if let Some(polarities) = &mut part.polarities {
                polarities.truncate(most);
            }
            part.stop_s = part.times_s.last().copied().unwrap_or(part.start_s);
        }
        let shown = format!(
            "{:.3} to {:.3} s of {:.3} to {:.3} s: {} of {} spikes.",
            part.start_s,
            part.stop_s,
            recording.start_s,
            recording.stop_s,
            integer(part.len() as u64),
            integer(all as u64)
        );
        Self { shown, spikes: RasterSpikes::Recording(part) }
    }
}

/// Takes spikes as they come, layer by layer, and gives up the last tokens where they are more than was foreseen.
struct Collector {
    start: u32,
    most: usize,
    /// Neurons shown and spikes of each panel.
    panels: BTreeMap<(u16, Projection), (u32, Vec<CodedSpike>)>,
    /// Spikes of each token shown.
    counts: Vec<usize>,
    /// Spikes of all tokens shown.
    total: usize,
    /// Spikes held, those of tokens given up included.
    held: usize,
}

impl Collector {
    fn new(extent: &Extent, start: u32, shown: usize, share: f64, most: usize) -> Self {
        let neurons = |all: u32| ((f64::from(all) * share) as u32).clamp(1, all.max(1));
        let panels = extent.steps.keys().map(|key| {
            let all = extent.neurons.get(key).copied().unwrap_or(1);
            (*key, (neurons(all), Vec::new()))
        });
        Self { start, most, panels: panels.collect(), counts: vec![0; shown], total: 0, held: 0 }
    }

    fn take(&mut self, batch: &SpikeBatch) {
        let Some((neurons, spikes)) = self.panels.get_mut(&(batch.layer, batch.projection)) else { return };
        for spike in batch.iter().filter(|spike| spike.neuron < *neurons) {
            let i = spike.token.wrapping_sub(self.start) as usize;
            // A first token that alone is more than twice the cap is cut off.
            if i >= self.counts.len() || self.total > 2 * self.most {
                continue;
            }
            self.counts[i] += 1;
            self.total += 1;
            self.held += 1;
            let (token, step, neuron, value) = (spike.token, spike.step, spike.neuron, spike.value);
            spikes.push(CodedSpike { token, step, neuron, value });
            while self.total > self.most && self.counts.len() > 1 {
                self.total -= self.counts.pop().unwrap_or(0);
            }
        }
        if self.held > 2 * self.most {
            self.drop_given_up();
        }
    }

    fn drop_given_up(&mut self) {
        let stop = self.start + self.counts.len() as u32;
        self.panels.values_mut().for_each(|(_, spikes)| spikes.retain(|spike| spike.token < stop));
        self.held = self.total;
    }

    /// The panels, each in order of time.
    fn finish(&mut self, extent: &Extent) -> Vec<CodedPanel> {
        self.drop_given_up();
        let shown = self.counts.len();
        let panels = std::mem::take(&mut self.panels).into_iter();
        panels
            .map(|((layer, projection), (neurons, mut spikes))| {
                spikes.sort_unstable();
                let mut steps = extent.steps.get(&(layer, projection)).cloned().unwrap_or_default();
                steps.truncate(shown);
                CodedPanel { layer, projection, neurons, steps, spikes }
            })
            .collect()
    }
}
