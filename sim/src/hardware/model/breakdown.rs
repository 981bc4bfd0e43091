//! Where energy and time of a model on a chip go.

use crate::hardware::engine::traffic::Passage;
use serde::Serialize;
use std::collections::HashMap;

/// Energy by component, pJ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "named as the units of a core")]
pub struct Energy {
    pub synapse_pj: f64,
    pub dendrite_pj: f64,
    pub soma_pj: f64,
    pub axon_out_pj: f64,
    pub hops_pj: f64,
    pub axon_in_pj: f64,
    pub leakage_pj: f64,
}

impl Energy {
    /// The components by name.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, f64); 7] {
        [
            ("synapse", self.synapse_pj),
            ("dendrite", self.dendrite_pj),
            ("soma", self.soma_pj),
            ("axon out", self.axon_out_pj),
            ("hops", self.hops_pj),
            ("axon in", self.axon_in_pj),
            ("leakage", self.leakage_pj),
        ]
    }

    /// All of it, pJ.
    #[must_use]
    pub fn total_pj(&self) -> f64 {
        self.parts().iter().map(|(_, pj)| pj).sum()
    }
}

/// What the last result of a token waited for, followed back from cause to cause; summed over tokens, fs. The parts
/// add up to the latencies of the tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CriticalPath {
    /// Neurons looked at, updated, fired; values sent.
    pub neurons_fs: u64,
    /// A place in the router of the sender: back-pressure.
    pub blocked_fs: u64,
    /// Links, and the buffers between them.
    pub mesh_fs: u64,
    /// The messages ahead in the buffer of the receiver: their synapses.
    pub queue_fs: u64,
    /// The receiver's own service.
    pub service_fs: u64,
    /// The core, which works on an earlier token.
    pub busy_fs: u64,
    /// The end of time steps: the slowest core, and the barrier.
    pub barrier_fs: u64,
}

impl CriticalPath {
    /// The parts by name.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, u64); 7] {
        [
            ("neurons", self.neurons_fs),
            ("back-pressure", self.blocked_fs),
            ("mesh", self.mesh_fs),
            ("synapses of messages ahead", self.queue_fs),
            ("service", self.service_fs),
            ("earlier token", self.busy_fs),
            ("end of time step", self.barrier_fs),
        ]
    }

    /// Adds the path of a token that ended with the job of `core`.
    pub(super) fn follow(
        &mut self,
        jobs: &HashMap<(u32, u32), JobRecord>,
        mut core: u32,
        token: u32,
        barriers: bool,
    ) {
        let mut out_fs = None;
        while let Some(job) = jobs.get(&(core, token)) {
            let until_fs = out_fs.unwrap_or(job.start_fs);
            let worked = until_fs - job.start_fs;
            self.blocked_fs += job.blocked_fs.min(worked);
            let rest = worked - job.blocked_fs.min(worked);
            self.barrier_fs += job.between_steps_fs.min(rest);
            self.neurons_fs += rest - job.between_steps_fs.min(rest);
            let waited = job.start_fs - job.ready_fs;
            *(if barriers { &mut self.barrier_fs } else { &mut self.busy_fs }) += waited;
            let Some((from, p)) = job.cause else { return };
            self.blocked_fs += p.sent_fs - p.ready_fs;
            self.mesh_fs += p.arrived_fs - p.sent_fs;
            self.queue_fs += p.served_fs - p.arrived_fs;
            self.service_fs += p.done_fs - p.served_fs;
            (core, out_fs) = (from, Some(p.ready_fs));
        }
    }
}

/// What a core did for a token.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct JobRecord {
    /// The message that it waited for last, and where that came from.
    pub(super) cause: Option<(u32, Passage)>,
    pub(super) ready_fs: u64,
    pub(super) start_fs: u64,
    /// Time that its messages, markers apart, waited to enter the mesh.
    pub(super) blocked_fs: u64,
    /// Time between its parts in successive time steps.
    pub(super) between_steps_fs: u64,
}
