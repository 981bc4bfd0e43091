//! The stages of a recorded model, and how their matrices are cut to fit cores.

use crate::hardware::ChipError;
use crate::hardware::description::CoreKind;
use datasets::record::{Architecture, RunReader};
use datasets::spikes::Projection;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;
use synfire_datasets as datasets;

/// A coded input of a layer and the matrix behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// Layer.
    pub layer: u16,
    /// The coded input.
    pub projection: Projection,
    /// Neurons that code it: rows of the matrix.
    pub inputs: usize,
    /// Columns of the matrix; of a query the keys of all heads.
    pub outputs: usize,
    /// Groups of rows that have columns of their own: the heads of a query, else 1.
    pub heads: usize,
    /// Spikes of the whole record.
    pub spikes: u64,
}

/// Which way matrices are cut first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// By outputs: no partial sums, but every spike goes to every tile of its stage.
    #[default]
    Outputs,
    /// By inputs: every spike goes to one tile, and partial sums are sent on.
    Inputs,
}

/// The stages that a run recorded, in the order in which a token passes them, and the shape of the model.
///
/// # Errors
/// [`ChipError::Record`] if the manifest does not tell the shape, the model has a mixture of experts, or nothing was
/// recorded.
pub fn stages(reader: &RunReader) -> Result<(Vec<Stage>, Architecture), ChipError> {
    let record = |e: &dyn std::fmt::Display| ChipError::Record(e.to_string());
    let shape = reader.manifest().architecture.clone().ok_or_else(|| {
        ChipError::Record(format!(
            "{}: the manifest has no 'architecture': record the run again with this version",
            reader.dir().display()
        ))
    })?;
    if shape.mixture.is_some() {
        let run = reader.dir().display();
        return Err(ChipError::Record(format!(
            "{run}: the model has a mixture of experts, which is not laid out on chips: give a run of a dense model"
        )));
    }
    let mut found: BTreeMap<(u16, Projection), (u32, u32, u64)> = BTreeMap::new();
    for rows in reader.activity().map_err(|e| record(&e))? {
        for row in rows.map_err(|e| record(&e))? {
            let (heads, neurons, spikes) = found.entry((row.layer, row.projection)).or_default();
            *heads = (*heads).max(u32::from(row.head) + 1);
            *neurons = (*neurons).max(row.neurons);
            *spikes += row.spikes;
        }
    }
    let tokens = u32::try_from(reader.manifest().tokens).unwrap_or(u32::MAX);
    let stage = |((layer, projection), (heads, neurons, spikes))| {
        let heads = heads as usize;
        let outputs = shape.outputs(layer, projection, tokens.saturating_sub(1)) as usize;
        Stage { layer, projection, inputs: heads * neurons as usize, outputs: outputs * heads, heads, spikes }
    };
    let stages: Vec<Stage> = found.into_iter().map(stage).collect();
    match stages.is_empty() {
        true => Err(ChipError::Record(format!("{}: no coded vectors were recorded", reader.dir().display()))),
        false => Ok((stages, shape)),
    }
}

/// Rows and columns of a tile.
pub(super) type Block = (Range<usize>, Range<usize>);

/// Cuts the matrix of `stage` into blocks that fit a core, those of the same columns together; `None` if not even one
/// synapse fits.
pub(super) fn blocks(stage: &Stage, kind: &CoreKind, cut: Cut) -> Option<Vec<Block>> {
    let rows = stage.inputs.min(kind.axons_in.unwrap_or(usize::MAX));
    let columns = stage.outputs.min(kind.neurons);
    let bytes = kind.synapse_bytes.map_or(usize::MAX, |b| usize::try_from(b).unwrap_or(usize::MAX));
    if rows == 0 || columns == 0 || bytes == 0 {
        return None;
    }
    // A head meets its own columns only, so a core that holds some heads holds their share of the bytes.
    let bytes = bytes.saturating_mul(stage.heads);
    let (rows, columns) = match cut {
        Cut::Outputs if bytes >= rows => (rows, columns.min(bytes / rows)),
        Cut::Inputs if bytes >= columns => (rows.min(bytes / columns), columns),
        Cut::Outputs => (bytes, 1),
        Cut::Inputs => (1, bytes),
    };
    let (rows, columns) = (pieces(stage.inputs, rows), pieces(stage.outputs, columns));
    Some(columns.iter().flat_map(|c| rows.iter().map(|r| (r.clone(), c.clone()))).collect())
}

/// Cuts `0..whole` into as few pieces of at most `most` as there can be, of like size.
pub(super) fn pieces(whole: usize, most: usize) -> Vec<Range<usize>> {
    let count = whole.div_ceil(most.max(1)).max(1);
    (0..count).map(|i| i * whole / count..(i + 1) * whole / count).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Cut, Stage, blocks, pieces};
    use crate::hardware::description::Chip;
    use proptest::prelude::*;
    use synfire_datasets::spikes::Projection;

    proptest! {
        #[test]
        fn blocks_cover_the_matrix_once_and_fit_the_core(inputs in 1_usize..3000, outputs in 1_usize..3000, by_inputs: bool) {
            let kind = Chip::load("loihi").unwrap().kinds[0].clone();
            let stage = Stage { layer: 0, projection: Projection::MlpIn, inputs, outputs, heads: 1, spikes: 0 };
            let cut = if by_inputs { Cut::Inputs } else { Cut::Outputs };
            let blocks = blocks(&stage, &kind, cut).unwrap();
            let synapses: usize = blocks.iter().map(|(r, c)| r.len() * c.len()).sum();
            prop_assert_eq!(synapses, inputs * outputs);
            for (rows, columns) in &blocks {
                prop_assert!(rows.len() <= kind.axons_in.unwrap() && columns.len() <= kind.neurons);
                prop_assert!((rows.len() * columns.len()) as u64 <= kind.synapse_bytes.unwrap());
            }
        }

        #[test]
        fn pieces_are_of_like_size_and_follow_each_other(whole in 1_usize..999, most in 1_usize..99) {
            let pieces = pieces(whole, most);
            prop_assert_eq!(pieces.len(), whole.div_ceil(most));
            prop_assert!(pieces.windows(2).all(|w| w[0].end == w[1].start && w[0].len().abs_diff(w[1].len()) <= 1));
            prop_assert_eq!((pieces[0].start, pieces[pieces.len() - 1].end), (0, whole));
        }
    }
}
