//! What each core does for its stage: whom it sends to, and whom it waits for.

use super::cut::Stage;
use super::place::{Part, Placement};
use std::ops::Range;

/// A tile as its coders see it.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) core: u32,
    pub(super) inputs: Range<usize>,
    pub(super) outputs: Range<usize>,
}

/// What a core does when it has all that it waits for.
#[derive(Debug, Clone)]
pub(super) enum Role {
    Idle,
    /// Sends spikes to tiles.
    Coder {
        stage: usize,
        neurons: Range<usize>,
        tiles: Vec<Target>,
    },
    /// Sends so many values to each core, then a marker; the results of a stage, unless `partial`.
    Tile {
        stage: usize,
        values: Vec<(u32, usize)>,
        partial: bool,
    },
}

/// Roles of all cores, and the markers that each waits for.
pub(super) fn roles(placement: &Placement, cores: usize) -> (Vec<Role>, Vec<u32>) {
    let mut roles = vec![Role::Idle; cores];
    let mut awaited = vec![0; cores];
    let parts = &placement.parts;
    let overlap = |a: &Range<usize>, b: &Range<usize>| a.end.min(b.end).saturating_sub(a.start.max(b.start));
    let tiles_of = |wanted: usize| {
        parts.iter().filter_map(move |p| match &p.part {
            Part::Tile { stage, inputs, outputs } if *stage == wanted => {
                Some(Target { core: p.core as u32, inputs: inputs.clone(), outputs: outputs.clone() })
            }
            _ => None,
        })
    };
    for placed in parts {
        let role = match &placed.part {
            Part::Coder { stage, neurons } => {
                let tiles: Vec<Target> =
                    tiles_of(*stage).filter(|t| overlap(&t.inputs, neurons) > 0).collect();
                Role::Coder { stage: *stage, neurons: neurons.clone(), tiles }
            }
            Part::Tile { stage, inputs, outputs } if inputs.start > 0 => {
                let first = tiles_of(*stage).find(|t| t.outputs == *outputs && t.inputs.start == 0);
                let values = first.iter().map(|t| (t.core, outputs.len())).collect();
                Role::Tile { stage: *stage, values, partial: true }
            }
            Part::Tile { stage, outputs, .. } => {
                let values = results(placement, *stage, outputs);
                Role::Tile { stage: *stage, values, partial: false }
            }
        };
        match &role {
            Role::Coder { tiles, .. } => tiles.iter().for_each(|t| awaited[t.core as usize] += 1),
            Role::Tile { values, .. } => values.iter().for_each(|(core, _)| awaited[*core as usize] += 1),
            Role::Idle => {}
        }
        roles[placed.core] = role;
    }
    (roles, awaited)
}

/// How many of its results a tile sends to each coder of the next stage: its columns go to the neurons at the same
/// relative place of the vector.
fn results(placement: &Placement, stage: usize, outputs: &Range<usize>) -> Vec<(u32, usize)> {
    let of: &Stage = &placement.stages[stage];
    let Some(next) = placement.stages.get(stage + 1) else { return Vec::new() };
    let columns_before = |neuron: usize| neuron * of.outputs / next.inputs.max(1);
    let coder = |p: &super::place::Placed| match &p.part {
        Part::Coder { stage: s, neurons } if *s == stage + 1 => {
            let columns = columns_before(neurons.start)..columns_before(neurons.end);
            let shared = columns.end.min(outputs.end).saturating_sub(columns.start.max(outputs.start));
            Some((p.core as u32, shared))
        }
        _ => None,
    };
    placement.parts.iter().filter_map(coder).collect()
}
