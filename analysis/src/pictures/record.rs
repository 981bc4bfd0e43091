//! Pictures of a recorded run: spike counts, and sparsity by layer and projection.

use crate::plot::counts::Counts;
use crate::plot::heat_map::HeatMap;
use crate::sparsity::{Histogram, SPARSITY_DEFINITION, SparsityTable};
use std::collections::{BTreeMap, BTreeSet};
use synfire_datasets::spikes::Projection;

/// Spike counts beyond this are gathered at the ends of their histogram.
const LARGEST_COUNT: u32 = 32;

/// Share of channel samples by signed spike count (the report's figure 9); `largest` is the largest count in magnitude, which
/// the histogram itself tells only up to its wide bins.
#[must_use]
pub fn counts(name: &str, histogram: &Histogram, largest: u32) -> Counts {
    let most = i64::from(largest);
    let mut samples: BTreeMap<i32, u64> = BTreeMap::new();
    for bin in histogram.bins() {
        let (near, far) = if bin.low < 0 { (bin.high, bin.low) } else { (bin.low, bin.high) };
        let count = if far.abs() >= most { most * far.signum() } else { near };
        *samples.entry(i32::try_from(count).unwrap_or(i32::MAX)).or_default() += bin.channels;
    }
    Counts { title: format!("{name}: spike counts"), samples, limit: LARGEST_COUNT }
}

/// Sparsity of each layer and projection, in percent.
#[must_use]
pub fn sparsity(name: &str, table: &SparsityTable) -> HeatMap {
    let layers: BTreeSet<u16> = table.rows().map(|row| row.layer).collect();
    let projections: BTreeSet<Projection> = table.rows().map(|row| row.projection).collect();
    let found: BTreeMap<_, f64> =
        table.rows().map(|row| ((row.layer, row.projection), 100.0 * row.sums.sparsity())).collect();
    let cell = |layer: &u16, projection: &Projection| found.get(&(*layer, *projection)).copied();
    HeatMap {
        title: format!("{name}: sparsity by layer and projection (%)"),
        note: SPARSITY_DEFINITION.to_owned(),
        rows: layers.iter().map(u16::to_string).collect(),
        row_label: "layer".to_owned(),
        columns: projections.iter().map(Projection::to_string).collect(),
        values: layers
            .iter()
            .flat_map(|layer| projections.iter().map(move |p| cell(layer, p).unwrap_or(f64::NAN)))
            .collect(),
        decimals: 2,
    }
}
