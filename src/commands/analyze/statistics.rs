//! One pass over the coded vectors of all runs.

use super::Metric;
use super::model::Model;
use super::runs::{Runs, pattern};
use crate::commands::terminal::vector_bar;
use anyhow::Result;
use std::num::NonZeroU32;
use std::sync::Arc;
use synfire::analysis::neurobench::RunOperations;
use synfire::analysis::sparsity::{
    Accumulator, By, Grouped, Histogram, Neurons, Sparsity, SpikePattern, Window, counts_table,
    histogram_table, neurons_table,
};
use synfire::analysis::table::{Table, Values};
use synfire::datasets::spikes::Activity;

/// What the pass counts, each by group, and each only if it was asked for.
#[derive(Clone)]
pub(super) struct Statistics {
    counts: Option<Grouped<(Sparsity, Window)>>,
    histograms: Option<Grouped<Histogram>>,
    neurons: Option<Grouped<Neurons>>,
    neurobench: Option<Grouped<(Sparsity, RunOperations)>>,
    /// Whether weights are known, so that operations mean something.
    weighed: bool,
}

/// What is asked for.
pub(super) struct Question<'a> {
    pub(super) metrics: &'a [Metric],
    pub(super) by: By,
    pub(super) window: NonZeroU32,
    pub(super) model: Option<&'a Model>,
}

impl Question<'_> {
    /// Nothing counted yet of a run whose counts were sent as `pattern`.
    fn empty(&self, run: u32, pattern: SpikePattern) -> Statistics {
        let known = self.model.map(|model| Arc::clone(&model.connections)).unwrap_or_default();
        let window = Window::new(self.window.get(), pattern);
        let operations = RunOperations::new(known, pattern);
        Statistics {
            counts: self.grouped(Metric::Counts, run, (Sparsity::default(), window)),
            histograms: self.grouped(Metric::Histogram, run, Histogram::default()),
            neurons: self.grouped(Metric::Neurons, run, Neurons::default()),
            neurobench: self.grouped(Metric::Neurobench, run, (Sparsity::default(), operations)),
            weighed: self.model.is_some(),
        }
    }

    fn grouped<A: Accumulator>(&self, metric: Metric, run: u32, empty: A) -> Option<Grouped<A>> {
        self.metrics.contains(&metric).then(|| {
            let mut grouped = Grouped::new(self.by, empty);
            grouped.start_run(run);
            grouped
        })
    }
}

impl Accumulator for Statistics {
    fn observe(&mut self, activity: &Activity, counts: &[i32]) {
        self.counts.observe(activity, counts);
        self.histograms.observe(activity, counts);
        self.neurons.observe(activity, counts);
        self.neurobench.observe(activity, counts);
    }

    fn merge(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
        self.histograms.merge(&other.histograms);
        self.neurons.merge(&other.neurons);
        self.neurobench.merge(&other.neurobench);
    }
}

impl Statistics {
    /// Reads every coded vector of `runs`, if something is asked that needs them.
    pub(super) fn of(runs: &Runs, question: &Question<'_>) -> Result<Self> {
        let mut all = question.empty(0, SpikePattern::Bits);
        if all.is_empty() {
            return Ok(all);
        }
        let bar = vector_bar(runs.readers().map(|reader| reader.manifest().activity_rows).sum());
        for (number, reader) in (0u32..).zip(runs.readers()) {
            let mut run = question.empty(number, pattern(reader)?);
            let mut vectors = reader.vectors(runs.filter())?;
            for seen in 1u64.. {
                let Some((activity, counts)) = vectors.next_vector()? else { break };
                if seen.is_multiple_of(4096) {
                    bar.inc(4096);
                }
                if runs.holds(activity.layer) {
                    run.observe(&activity, counts);
                }
            }
            all.merge(&run);
        }
        bar.finish_and_clear();
        Ok(all)
    }

    fn is_empty(&self) -> bool {
        self.counts.is_none()
            && self.histograms.is_none()
            && self.neurons.is_none()
            && self.neurobench.is_none()
    }

    /// The tables of one metric; none of what needs no counts.
    pub(super) fn tables(&self, metric: Metric, runs: &[String]) -> Vec<Table> {
        match metric {
            Metric::Counts => self.counts.iter().map(|grouped| counts_table(grouped, runs)).collect(),
            Metric::Histogram => {
                self.histograms.iter().map(|grouped| histogram_table(grouped, runs)).collect()
            }
            Metric::Neurons => self.neurons.iter().map(|grouped| neurons_table(grouped, runs)).collect(),
            Metric::Neurobench => {
                self.neurobench.iter().flat_map(|grouped| self.neurobench(grouped, runs)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// NeuroBench's metrics that a run tells, by group; synaptic operations only where weights are known.
    fn neurobench(&self, grouped: &Grouped<(Sparsity, RunOperations)>, runs: &[String]) -> Vec<Table> {
        let (keys, groups) = grouped.columns();
        let shares = |of: fn(&Sparsity) -> f64| Values::Real(groups.iter().map(|(s, _)| of(s)).collect());
        let integers = |of: fn(&RunOperations) -> u64| {
            Values::Integer(groups.iter().map(|(_, o)| of(o) as i64).collect())
        };
        let keyed = |name, title: &str| grouped.by().columns(Table::new(name, title), &keys, runs);
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
