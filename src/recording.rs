//! Recorders that join the simulator with the record and the statistics.

use crate::analysis::plot::Picture;
use crate::analysis::plot::raster::Raster;
use crate::analysis::sparsity::{ProjectionSparsity, SparsityTable};
use crate::datasets::checkpoint::ModelConfig;
use crate::datasets::record::{Architecture, RecordKind, Recorded, RunWriter};
use crate::datasets::spikes::{Activity, CountBatch, Projection, SpikeBatch};
use crate::run::pass::{Facts, PartRecorder, PassError};
use crate::sim::options::Convention;
use crate::sim::recorder::{CodedInput, Recorder, RecorderError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Counts sparsity and keeps nothing else.
#[derive(Debug, Default)]
pub struct SparsityRecorder {
    /// What was counted, by layer and projection.
    pub table: SparsityTable,
}

impl Recorder for SparsityRecorder {
    fn coded(&mut self, coded: &CodedInput<'_>) -> Result<(), RecorderError> {
        for vector in coded.vectors() {
            self.table.observe(&vector.activity, vector.code.counts());
        }
        Ok(())
    }
}

/// A picture of the first tokens of one layer and projection.
struct Picturing {
    raster: Raster,
    of: (u16, Projection),
    files: Vec<PathBuf>,
}

/// Writes what the manifest asks for of every vector to a run folder, and counts sparsity.
pub struct RunRecorder {
    /// The run folder.
    pub writer: RunWriter,
    /// What was counted, by layer and projection.
    pub table: SparsityTable,
    picturing: Option<Picturing>,
}

/// What the state of a layer keeps of its recording.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LayerFacts {
    /// What was recorded.
    pub recorded: Recorded,
    /// What was counted of its coded inputs.
    pub sparsity: Vec<ProjectionSparsity>,
}

impl RunRecorder {
    /// A recorder that writes to `writer`.
    #[must_use]
    pub fn new(writer: RunWriter) -> Self {
        Self::resumed(writer, SparsityTable::default())
    }

    /// A recorder that writes to `writer` and goes on from what was counted before.
    #[must_use]
    pub fn resumed(writer: RunWriter, table: SparsityTable) -> Self {
        Self { writer, table, picturing: None }
    }

    /// Collects for `raster` the spikes of one layer and projection, and draws it to `files` when the first part ends.
    #[must_use]
    pub fn with_raster(mut self, raster: Raster, of: (u16, Projection), files: Vec<PathBuf>) -> Self {
        self.picturing = Some(Picturing { raster, of, files });
        self
    }

    /// Draws the raster if it is not yet drawn.
    ///
    /// # Errors
    /// [`PassError::Plot`].
    pub fn draw(&mut self) -> Result<(), PassError> {
        if let Some(picturing) = self.picturing.take() {
            for file in &picturing.files {
                picturing.raster.draw(file)?;
            }
        }
        Ok(())
    }

    /// The rows that the record holds of a chunk: of the sampled tokens and neurons.
    fn write(&mut self, coded: &CodedInput<'_>) -> Result<(), RecorderError> {
        let (kind, sampling) = (self.writer.manifest().record, self.writer.manifest().sampling);
        let (layer, projection) = (coded.layer, coded.projection);
        let mut spikes = SpikeBatch::new(layer, projection);
        let mut counts = CountBatch::new(layer, projection);
        for vector in coded.vectors().filter(|vector| sampling.keeps_token(vector.activity.token)) {
            let Activity { token, head, neurons, zero_point, .. } = vector.activity;
            let first = u32::from(head) * neurons;
            let keeps = |neuron: u32| sampling.keeps_neuron(layer, projection, first + neuron);
            if kind == RecordKind::Counts {
                let of_neurons = (0u32..).zip(vector.code.counts());
                let values = of_neurons.map(|(neuron, count)| (neuron, count.wrapping_sub(zero_point)));
                for (neuron, value) in values.filter(|(neuron, value)| *value != 0 && keeps(*neuron)) {
                    counts.token.push(token);
                    counts.neuron.push(first + neuron);
                    counts.value.push(value);
                }
            } else {
                for spike in vector.code.spikes().filter(|spike| keeps(spike.neuron)) {
                    spikes.token.push(token);
                    spikes.step.push(spike.step);
                    spikes.neuron.push(first + spike.neuron);
                    spikes.value.push(spike.value());
                }
            }
        }
        match kind {
            RecordKind::Counts => Ok(self.writer.counts(counts)?),
            _ => Ok(self.writer.spikes(spikes)?),
        }
    }
}

impl Recorder for RunRecorder {
    fn coded(&mut self, coded: &CodedInput<'_>) -> Result<(), RecorderError> {
        let picturing = self.picturing.as_mut().filter(|p| p.of == (coded.layer, coded.projection));
        let mut rows: Vec<Activity> = Vec::with_capacity(coded.thresholds.len());
        for vector in coded.vectors() {
            self.table.observe(&vector.activity, vector.code.counts());
            rows.push(vector.activity);
        }
        if let Some(picturing) = picturing {
            rows.iter().for_each(|activity| picturing.raster.observe_activity(activity));
            picturing.raster.observe(&coded.spike_batch());
        }
        self.writer.activity(&rows)?;
        let manifest = self.writer.manifest();
        match (manifest.record, manifest.sampling.is_whole()) {
            (RecordKind::Activity, _) => Ok(()),
            (RecordKind::Events, true) => Ok(self.writer.spikes(coded.spike_batch())?),
            _ => self.write(coded),
        }
    }
}

impl PartRecorder for RunRecorder {
    fn end_part(&mut self) -> Result<BTreeMap<u16, Facts>, PassError> {
        self.draw()?;
        let recorded = self.writer.end_part()?;
        let facts = recorded.into_iter().map(|(layer, recorded)| {
            let sparsity = self.table.rows().filter(|row| row.layer == layer).copied().collect();
            (layer, serde_json::json!(LayerFacts { recorded, sparsity }))
        });
        Ok(facts.collect())
    }
}

/// The shape of a model that is executed by `convention`, for the manifest of its run and for energy estimates.
#[must_use]
pub fn architecture(config: &ModelConfig, convention: Convention) -> Architecture {
    let mut architecture = Architecture::of(config, convention.code_down_projection);
    let one_more = u64::from(convention.window_holds_one_more);
    architecture.window_keys = architecture.window_keys.map(|keys| keys.saturating_add(one_more));
    architecture
}
