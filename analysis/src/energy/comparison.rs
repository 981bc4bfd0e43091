//! Spikes against an opponent, step by step from the report's bound to the full estimate.
//!
//! The saving is `1 - E_spikes / E_opponent`. The walk starts with the report's own arithmetic (every spike an INT8 addition, the
//! opponent bare multiply-adds), then weighs spikes by the synapses they reach, then adds one part after the other *to both
//! sides*. The last step is the full estimate.
//!
//! Where the spikes' chip does not price the opponent's arithmetic, another profile prices the opponent; then the digital
//! periphery is compared only where the spikes' chip prices it whole, and is left out of both sides elsewhere.

use super::blocks::{Fetch, Refetch};
use super::counting::EnergyCounts;
use super::estimate::{Cost, Estimate, Interval};
use super::opponents::{Opponent, opponent_work};
use super::profile::HardwareProfile;
use super::ratio::{self, Shared};
use super::report_bound::{EnergyBound, INT8_ADD_PJ, report_bound};
use super::spiking::spiking_work;
use super::work::Component;
use serde::Serialize;

/// One step of the walk from the bound to the full estimate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// What the step adds.
    pub name: &'static str,
    /// Energy of the spikes up to here, in pJ a token.
    pub spiking_pj: f64,
    /// Energy of the opponent up to here, in pJ a token.
    pub opponent_pj: f64,
    /// Share of the opponent's energy that is saved up to here; negative if the spikes take more.
    pub saving: f64,
}

/// Spikes and an opponent on the same run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The opponent.
    pub opponent: Opponent,
    /// Profile that prices the opponent.
    pub opponent_hardware: String,
    /// Whether that is the profile of the spikes.
    pub same_hardware: bool,
    /// The report's bound with this run's spikes.
    pub bound: EnergyBound,
    /// The spikes, in full.
    pub spiking: Estimate,
    /// The opponent, in full.
    pub other: Estimate,
    /// Periphery that is left out of both sides, because only the opponent's profile prices it.
    pub left_out: Vec<Component>,
    /// From the bound to the full estimate.
    pub steps: Vec<Step>,
    /// Share of the opponent's energy that is saved in the full estimate, with its range over the constants' ranges.
    pub saving: Interval,
    #[serde(skip)]
    constants: Vec<(String, Shared)>,
}

impl Comparison {
    /// Compares the spikes on `profile` with `opponent`, priced by the same profile or, where it cannot, by `fallback`.
    #[must_use]
    pub fn new(
        counts: &EnergyCounts,
        profile: &HardwareProfile,
        opponent: Opponent,
        fallback: &HardwareProfile,
        fetch: Fetch,
    ) -> Self {
        let same_hardware = opponent.is_priced_by(profile);
        let opponent_profile = if same_hardware { profile } else { fallback };
        let tokens = counts.tokens();
        let spiking = Estimate::new(&spiking_work(counts, profile, fetch), profile, tokens);
        let other = Estimate::new(
            &opponent_work(counts, opponent, opponent_profile, fetch),
            opponent_profile,
            tokens,
        );
        let left_out: Vec<Component> = Component::ALL
            .iter()
            .copied()
            .filter(|c| !same_hardware && c.is_periphery() && !spiking.prices(*c))
            .collect();
        let pooled = counts.pooled();
        let mut comparison = Self {
            opponent,
            opponent_hardware: opponent_profile.name.clone(),
            same_hardware,
            bound: report_bound(pooled.spikes as f64 / pooled.channels as f64),
            spiking,
            other,
            left_out,
            steps: Vec::new(),
            saving: Interval::default(),
            constants: Vec::new(),
        };
        comparison.constants = comparison.share_constants(profile, opponent_profile);
        let shared: Vec<Shared> = comparison.constants.iter().map(|(_, shared)| *shared).collect();
        let (low, high) = ratio::bounds(&shared);
        comparison.saving = Interval { value: 1.0 - ratio::ratio(&shared), low: 1.0 - high, high: 1.0 - low };
        comparison.walk(counts, profile, fetch);
        comparison
    }

    /// Energy of the spikes over that of the opponent, in the full estimate.
    #[must_use]
    pub fn energy_ratio(&self) -> f64 {
        1.0 - self.saving.value
    }

    /// Constants of both sides, by name, with their amounts in what is compared.
    pub(super) fn constants(&self) -> &[(String, Shared)] {
        &self.constants
    }

    pub(super) fn compares(&self, cost: &Cost) -> bool {
        !self.left_out.contains(&cost.component)
    }

    fn share_constants(
        &self,
        profile: &HardwareProfile,
        opponent_profile: &HardwareProfile,
    ) -> Vec<(String, Shared)> {
        let keep = |cost: &Cost| self.compares(cost);
        let (above, below) = (self.spiking.amounts(keep), self.other.amounts(keep));
        let list = |profile: &HardwareProfile, above: &[f64], below: &[f64]| -> Vec<(String, Shared)> {
            let amounts = above.iter().copied().zip(below.iter().copied());
            let of = |(c, (above, below)): (&super::profile::Constant, (f64, f64))| {
                let shared = Shared { above, below, value: c.value, low: c.low, high: c.high };
                (format!("{}: {}", profile.name, c.key), shared)
            };
            profile.constants.iter().zip(amounts).map(of).collect()
        };
        let mut all = if self.same_hardware {
            list(profile, &above, &below)
        } else {
            let mut all = list(profile, &above, &vec![0.0; above.len()]);
            all.extend(list(opponent_profile, &vec![0.0; below.len()], &below));
            all
        };
        all.retain(|(_, shared)| shared.above > 0.0 || shared.below > 0.0);
        all
    }

    fn walk(&mut self, counts: &EnergyCounts, profile: &HardwareProfile, fetch: Fetch) {
        let pooled = counts.pooled();
        let tokens = self.spiking.tokens.max(1) as f64;
        let macs = pooled.macs as f64 / tokens;
        let mut steps = Vec::new();
        let mut push = |name, spiking_pj: f64, opponent_pj: f64| {
            steps.push(Step { name, spiking_pj, opponent_pj, saving: 1.0 - spiking_pj / opponent_pj });
        };
        let opponent_macs = macs * self.opponent.bound_mac_pj();
        push("the report's bound, this run's spikes", macs * self.bound.energy_per_mac_pj, opponent_macs);
        let weighted = pooled.synaptic_events as f64 / tokens * INT8_ADD_PJ;
        push("spikes weighed by the synapses they reach", weighted, opponent_macs);

        let part = |estimate: &Estimate, components: &[Component]| {
            let keep = |cost: &Cost| self.compares(cost) && components.contains(&cost.component);
            estimate.energy_pj(keep).value / tokens
        };
        let fetch_pj = |fetch: Fetch| {
            let work = spiking_work(counts, profile, fetch);
            part(&Estimate::new(&work, profile, self.spiking.tokens), &[Component::WeightFetch])
        };
        let (mut spiking, mut other) = (0.0, 0.0);
        for &(name, components) in STAGES {
            if components.contains(&Component::WeightFetch)
                && part(&self.spiking, &[Component::WeightFetch]) > 0.0
            {
                let bytewise = Fetch::new(1, fetch.layout, Refetch::Token).unwrap_or(fetch);
                let kept = fetch.kept();
                let others = part(&self.other, components);
                push("weight fetch, silent channels skipped", spiking + fetch_pj(bytewise), other + others);
                push("weights read in blocks", spiking + fetch_pj(kept), other + others);
                push("weights read again at every step", spiking + fetch_pj(fetch), other + others);
                (spiking, other) = (spiking + fetch_pj(fetch), other + others);
                continue;
            }
            let (mine, theirs) = (part(&self.spiking, components), part(&self.other, components));
            if mine > 0.0 || theirs > 0.0 {
                (spiking, other) = (spiking + mine, other + theirs);
                push(name, spiking, other);
            }
        }
        self.steps = steps;
    }
}

/// Parts of the walk after the bound, in order.
const STAGES: &[(&str, &[Component])] = &[
    ("INT32 sums, or the chip's own synaptic event", &[Component::Arithmetic, Component::SynapticEvents]),
    ("shifts", &[Component::Shifts]),
    ("weight fetch", &[Component::WeightFetch]),
    ("accumulators in memory", &[Component::Accumulators]),
    ("threshold and firing (or quantisation)", &[Component::Threshold, Component::Firing]),
    ("spike generation, routing, control", &[Component::Spikes, Component::Routing, Component::Control]),
    ("rescaling and activation traffic", &[Component::Rescale, Component::Activations]),
    ("linear-attention state", &[Component::State]),
    ("key-value cache and softmax attention", &[Component::Cache, Component::Attention]),
    ("feed-forward and norms", &[Component::FeedForward, Component::Norms]),
    ("embedding and LM head", &[Component::Head]),
    ("off-chip weights", &[Component::OffChip]),
    ("leakage and idle", &[Component::Leakage]),
];
