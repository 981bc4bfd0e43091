//! What a rank comes to.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use synfire::analysis::sparsity::ProjectionSparsity;
use synfire::datasets::record::Recorded;
use synfire::run::pass::ExactSurprisal;

/// What a rank comes to, for rank 0.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Share {
    pub(super) layers: Vec<u16>,
    pub(super) recorded: BTreeMap<u16, Recorded>,
    pub(super) sparsity: Vec<ProjectionSparsity>,
    pub(super) surprisal: Option<ExactSurprisal>,
    /// Most memory resident so far, in MiB, where the system tells.
    pub(super) peak_mib: Option<u64>,
}

impl Share {
    /// One line for people.
    pub(super) fn line(&self, rank: usize) -> String {
        let ends = self.layers.first().zip(self.layers.last());
        let layers = ends.map_or_else(String::new, |(first, last)| format!("layers {first}-{last}"));
        let memory = self.peak_mib.map_or_else(String::new, |mib| format!(", {mib} MiB at most"));
        format!("rank {rank}: {layers}{memory}")
    }
}
