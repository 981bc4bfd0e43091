//! Break-even: the energy ratio against mean spikes per channel and against block size.
//!
//! Against spikes, the run is scaled: what a spike causes (synapses, shifts, accumulators, generation, routing, control) grows
//! in proportion; weight fetch does so too, but kept blocks (once a token) never exceed those of the whole matrix; the rest
//! stays. The opponent stays. Against block size, the counts themselves answer, without a model.

use super::blocks::{Fetch, Layout, Refetch};
use super::comparison::Comparison;
use super::counting::EnergyCounts;
use super::estimate::{Cost, Estimate};
use super::profile::HardwareProfile;
use super::spiking::spiking_work;
use super::work::Component;
use serde::Serialize;

/// A point of a curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Mean spikes per channel, or bytes of a block.
    pub x: f64,
    /// Energy of the spikes over that of the opponent.
    pub energy_ratio: f64,
}

/// Break-even curves of one comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BreakEven {
    /// Ratio against mean spikes per channel, 0 to 4.
    pub against_spikes: Vec<CurvePoint>,
    /// Mean spikes per channel at which both take the same energy; `None` if no number of spikes up to 1000 does.
    pub spikes_per_channel: Option<f64>,
    /// Ratio against block size, input-major.
    pub input_major: Vec<CurvePoint>,
    /// Ratio against block size, output-major.
    pub output_major: Vec<CurvePoint>,
}

const MOST_SPIKES: f64 = 1000.0;

/// The curves of `comparison`, which is of `counts` on `profile` with `fetch`.
#[must_use]
pub fn break_even(
    counts: &EnergyCounts,
    profile: &HardwareProfile,
    comparison: &Comparison,
    fetch: Fetch,
) -> BreakEven {
    let other = comparison.other.energy_pj(|cost| comparison.compares(cost)).value;
    let pooled = counts.pooled();
    let mean = pooled.spikes as f64 / pooled.channels as f64;
    let fetched: f64 = counts.rows().map(|(_, row)| row.fetched_bits(fetch) as f64).sum();
    let dense: f64 = counts.rows().map(|(_, row)| row.dense_bits(fetch) as f64).sum();
    let part = |kind: fn(Component) -> bool| {
        let keep = |cost: &Cost| comparison.compares(cost) && kind(cost.component);
        comparison.spiking.energy_pj(keep).value
    };
    let spikes = part(grows_with_spikes);
    let weights = part(is_fetch);
    let rest = part(|c| !grows_with_spikes(c) && !is_fetch(c));
    let ratio = |x: f64| {
        let factor = x / mean;
        let most = if fetch.refetch == Refetch::Token { dense / fetched } else { f64::INFINITY };
        (rest + spikes * factor + weights * factor.min(most)) / other
    };
    let by_size = |layout| {
        let point = |fetch: Fetch| {
            let estimate = Estimate::new(&spiking_work(counts, profile, fetch), profile, counts.tokens());
            let energy = estimate.energy_pj(|cost| comparison.compares(cost)).value;
            CurvePoint { x: fetch.block_bytes().into(), energy_ratio: energy / other }
        };
        Fetch::sizes(layout, fetch.refetch).map(point).collect()
    };
    BreakEven {
        against_spikes: (0..=40)
            .map(|i| CurvePoint { x: f64::from(i) / 10.0, energy_ratio: ratio(f64::from(i) / 10.0) })
            .collect(),
        spikes_per_channel: crossing(ratio),
        input_major: by_size(Layout::InputMajor),
        output_major: by_size(Layout::OutputMajor),
    }
}

fn is_fetch(component: Component) -> bool {
    matches!(component, Component::WeightFetch | Component::OffChip)
}

fn grows_with_spikes(component: Component) -> bool {
    use Component::{Accumulators, Arithmetic, Control, Routing, Shifts, Spikes, SynapticEvents};
    matches!(component, Accumulators | Arithmetic | Control | Routing | Shifts | Spikes | SynapticEvents)
}

/// Where the growing `ratio` passes 1, by bisection.
fn crossing(ratio: impl Fn(f64) -> f64) -> Option<f64> {
    let (mut low, mut high) = (0.0, MOST_SPIKES);
    if !(ratio(low) <= 1.0 && ratio(high) >= 1.0) {
        return None;
    }
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        *(if ratio(middle) < 1.0 { &mut low } else { &mut high }) = middle;
    }
    Some(0.5 * (low + high))
}
