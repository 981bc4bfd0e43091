//! One pass over the coded vectors of all runs.

use super::model::Model;
use super::runs::{Runs, pattern};
use crate::commands::terminal::vector_bar;
use anyhow::Result;
use std::num::NonZeroU32;
use std::sync::Arc;
use synfire::analysis::neurobench::{Connections, RunOperations};
use synfire::analysis::sparsity::{
    Accumulator, By, Grouped, Histogram, Neurons, Sparsity, SpikePattern, Window,
};
use synfire::analysis::table::{Table, Values};

/// What the pass counts, each by group.
pub(super) struct Statistics {
    pub(super) sums: Grouped<Sparsity>,
    pub(super) windows: Grouped<Window>,
    pub(super) histograms: Grouped<Histogram>,
    pub(super) neurons: Grouped<Neurons>,
    operations: Grouped<RunOperations>,
    /// Whether weights were known, so that operations mean something.
    weighed: bool,
}

impl Statistics {
    fn new(by: By, window: u32, pattern: SpikePattern, connections: Option<&Arc<Connections>>) -> Self {
        let known = connections.cloned().unwrap_or_default();
        Self {
            sums: Grouped::new(by, Sparsity::default()),
            windows: Grouped::new(by, Window::new(window, pattern)),
            histograms: Grouped::new(by, Histogram::default()),
            neurons: Grouped::new(by, Neurons::default()),
            operations: Grouped::new(by, RunOperations::new(known, pattern)),
            weighed: connections.is_some(),
        }
    }

    fn start_run(&mut self, run: u32) {
        self.sums.start_run(run);
        self.windows.start_run(run);
        self.histograms.start_run(run);
        self.neurons.start_run(run);
        self.operations.start_run(run);
    }

    fn merge(&mut self, other: &Self) {
        self.sums.merge(&other.sums);
        self.windows.merge(&other.windows);
        self.histograms.merge(&other.histograms);
        self.neurons.merge(&other.neurons);
        self.operations.merge(&other.operations);
    }

    /// Reads every coded vector of `runs`.
    pub(super) fn of(runs: &Runs, by: By, window: NonZeroU32, model: Option<&Model>) -> Result<Self> {
        let connections = model.map(|model| &model.connections);
        let empty = |pattern| Self::new(by, window.get(), pattern, connections);
        let mut all = empty(SpikePattern::Bits);
        let bar = vector_bar(runs.readers().map(|reader| reader.manifest().activity_rows).sum());
        let mut seen = 0u64;
        for (number, reader) in (0u32..).zip(runs.readers()) {
            let mut run = empty(pattern(reader)?);
            run.start_run(number);
            let mut vectors = reader.vectors(runs.filter())?;
            while let Some((activity, counts)) = vectors.next_vector()? {
                seen += 1;
                if seen.is_multiple_of(4096) {
                    bar.set_position(seen);
                }
                if runs.holds(activity.layer) {
                    run.sums.observe(&activity, counts);
                    run.windows.observe(&activity, counts);
                    run.histograms.observe(&activity, counts);
                    run.neurons.observe(&activity, counts);
                    run.operations.observe(&activity, counts);
                }
            }
            all.merge(&run);
        }
        bar.finish_and_clear();
        Ok(all)
    }

    /// NeuroBench's metrics that a run tells, by group; synaptic operations only where weights are known.
    pub(super) fn neurobench(&self, runs: &[String]) -> Vec<Table> {
        let (keys, operations) = self.operations.columns();
        let (_, sums) = self.sums.columns();
        let shares = |of: fn(&Sparsity) -> f64| Values::Real(sums.iter().map(|s| of(s)).collect());
        let integers = |of: fn(&RunOperations) -> u64| {
            Values::Integer(operations.iter().map(|o| of(o) as i64).collect())
        };
        let keyed = |name, title: &str| self.operations.by().columns(Table::new(name, title), &keys, runs);
        let activity = keyed("activity", "NeuroBench: activity")
            .column("activation_sparsity", "counts=0", "%", COUNTS_ARE_0, shares(Sparsity::silent_share))
            .column("spike_sparsity", "spikes=0", "%", SPIKES_ARE_0, shares(Sparsity::sparsity))
            .column("membrane_integrations", "integrations", "", INTEGRATIONS, integers(|o| o.integrations))
            .column("membrane_resets", "resets", "", RESETS, integers(|o| o.resets));
        let operations = keyed("operations", "NeuroBench: synaptic operations")
            .column("dense_operations", "dense", "", DENSE, integers(|o| o.counts.dense))
            .column("effective_macs", "eff. MACs", "", EFFECTIVE_MACS, integers(|o| o.counts.effective_macs))
            .column("effective_acs", "eff. ACs", "", EFFECTIVE_ACS, integers(|o| o.counts.effective_acs))
            .column("event_acs", "event ACs", "", EVENT_ACS, integers(|o| o.event_acs));
        if self.weighed { vec![activity, operations] } else { vec![activity] }
    }
}

const COUNTS_ARE_0: &str =
    "activation sparsity, 1 - nonzero outputs/outputs, of the integer counts that a projection reads";
const SPIKES_ARE_0: &str = "the same of the spikes, every virtual time step an output";
const INTEGRATIONS: &str = "membrane updates by input: one for each channel of a vector";
const RESETS: &str =
    "membrane updates by a spike (soft reset); the neurons do not leak, so none is mere decay";
const DENSE: &str = "every input times every weight";
const EFFECTIVE_MACS: &str = "nonzero weights of nonzero counts, in vectors with a count other than -1, 0 and 1 (for a query every key in sight counts as nonzero)";
const EFFECTIVE_ACS: &str = "the same in vectors of counts -1, 0 and 1 only";
const EVENT_ACS: &str =
    "nonzero weights that spikes reach, one addition each: the work of an event-driven chip";
