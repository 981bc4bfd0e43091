//! Recorders that join the simulator with the record and the statistics.

use crate::analysis::plot::raster::Raster;
use crate::analysis::sparsity::SparsityTable;
use crate::datasets::checkpoint::ModelConfig;
use crate::datasets::record::{Architecture, RunWriter};
use crate::datasets::spikes::{Activity, Projection};
use crate::sim::options::Convention;
use crate::sim::recorder::{CodedInput, Recorder, RecorderError};

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

/// Writes every spike and every vector's activity to a run folder, counts sparsity, and collects one raster on the way.
pub struct RunRecorder {
    /// The run folder.
    pub writer: RunWriter,
    /// What was counted, by layer and projection.
    pub table: SparsityTable,
    /// The picture of one layer and projection.
    pub raster: Raster,
    raster_of: (u16, Projection),
}

impl RunRecorder {
    /// A recorder that writes to `writer` and collects for `raster` the spikes of one layer and projection.
    #[must_use]
    pub fn new(writer: RunWriter, raster: Raster, raster_of: (u16, Projection)) -> Self {
        Self { writer, table: SparsityTable::default(), raster, raster_of }
    }
}

impl Recorder for RunRecorder {
    fn coded(&mut self, coded: &CodedInput<'_>) -> Result<(), RecorderError> {
        let in_raster = (coded.layer, coded.projection) == self.raster_of;
        let mut rows: Vec<Activity> = Vec::with_capacity(coded.thresholds.len());
        for vector in coded.vectors() {
            self.table.observe(&vector.activity, vector.code.counts());
            if in_raster {
                self.raster.observe_activity(&vector.activity);
            }
            rows.push(vector.activity);
        }
        self.writer.activity(&rows)?;
        let batch = coded.spike_batch();
        if in_raster {
            self.raster.observe(&batch);
        }
        Ok(self.writer.spikes(batch)?)
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
