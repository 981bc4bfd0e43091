//! Which core holds what.

use super::cut::{Cut, Stage, blocks, pieces};
use crate::hardware::ChipError;
use crate::hardware::description::Chip;
use serde::Serialize;
use std::ops::Range;

/// The order in which parts are given to cores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Core by core, in the order of the stages.
    #[default]
    Sequential,
    /// The parts with most messages on tiles of their own first: tile after tile gets the part with the largest load left.
    Balanced,
    /// Stage after stage along a snake through the mesh, each part on the free core with the fewest hops to those it
    /// exchanges messages with, weighted by their number.
    MinimalHops,
}

/// What a core holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Neurons of a stage.
    Coder {
        /// Stage.
        stage: usize,
        /// Neurons.
        neurons: Range<usize>,
    },
    /// A block of the matrix of a stage.
    Tile {
        /// Stage.
        stage: usize,
        /// Rows.
        inputs: Range<usize>,
        /// Columns.
        outputs: Range<usize>,
    },
}

impl Part {
    /// The stage that it belongs to.
    #[must_use]
    pub fn stage(&self) -> usize {
        match self {
            Self::Coder { stage, .. } | Self::Tile { stage, .. } => *stage,
        }
    }
}

/// A part and its core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// Core, numbered over the chip.
    pub core: usize,
    /// What it holds.
    #[serde(flatten)]
    pub part: Part,
    /// Messages that it sends or receives over the record, as far as they follow from the spikes.
    pub messages: u64,
}

/// A model laid out on a chip: at most one part a core.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Placement {
    /// How it came about.
    pub strategy: Strategy,
    /// The stages.
    pub stages: Vec<Stage>,
    /// Coders and tiles, stage by stage, coders first.
    pub parts: Vec<Placed>,
    /// Hops of all messages between coders and tiles of a stage, and on to the next, over the record.
    pub hops: f64,
    /// Messages of the busiest tile of the mesh, by the mean over tiles in use: 1 is perfectly balanced.
    pub imbalance: f64,
}

impl Placement {
    /// Lays `stages` out on `chip`, with at most `neurons_per_core` neurons on a coder.
    ///
    /// # Errors
    /// [`ChipError::Capacity`], with the number of cores that would do.
    pub fn new(
        chip: &Chip,
        stages: &[Stage],
        strategy: Strategy,
        cut: Cut,
        neurons_per_core: usize,
    ) -> Result<Self, ChipError> {
        let kind = &chip.kinds[0];
        let mut parts = Vec::new();
        for (index, stage) in stages.iter().enumerate() {
            let tiles = blocks(stage, kind, cut).ok_or_else(|| {
                ChipError::Record(format!(
                    "a core of chip '{}' holds no synapse of layer {}",
                    chip.name, stage.layer
                ))
            })?;
            for neurons in pieces(stage.inputs, kind.neurons.min(neurons_per_core)) {
                let met: u64 = tiles.iter().map(|(rows, _)| overlap(rows, &neurons) as u64).sum();
                let messages = share(stage.spikes, met as usize, stage.inputs);
                parts.push(Placed { core: 0, part: Part::Coder { stage: index, neurons }, messages });
            }
            for (inputs, outputs) in tiles {
                let messages = share(stage.spikes, inputs.len(), stage.inputs);
                parts.push(Placed { core: 0, part: Part::Tile { stage: index, inputs, outputs }, messages });
            }
        }
        let cores = chip.core_count();
        if parts.len() > cores {
            return Err(ChipError::Capacity { chip: chip.name.clone(), needed: parts.len(), cores });
        }
        let traffic = traffic(stages, &parts);
        match strategy {
            Strategy::Sequential => parts.iter_mut().enumerate().for_each(|(i, part)| part.core = i),
            Strategy::Balanced => balance(chip, &mut parts),
            Strategy::MinimalHops => shorten(chip, &mut parts, &traffic),
        }
        let (hops, imbalance) = (hops(chip, &parts, &traffic), imbalance(chip, &parts));
        Ok(Self { strategy, stages: stages.to_vec(), parts, hops, imbalance })
    }
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

fn share(of: u64, part: usize, whole: usize) -> u64 {
    (of as f64 * part as f64 / whole.max(1) as f64).round() as u64
}

/// Messages between parts, expected: (from, to, messages).
fn traffic(stages: &[Stage], parts: &[Placed]) -> Vec<(usize, usize, f64)> {
    let mut traffic = Vec::new();
    for (from, a) in parts.iter().enumerate() {
        for (to, b) in parts.iter().enumerate() {
            let messages = match (&a.part, &b.part) {
                (Part::Coder { stage: s, neurons }, Part::Tile { stage, inputs, .. }) if s == stage => {
                    stages[*s].spikes as f64 * overlap(neurons, inputs) as f64 / stages[*s].inputs as f64
                }
                // Values go on in step with spikes: one vector a token, about one spike a channel.
                (Part::Tile { stage: s, outputs, .. }, Part::Coder { stage, neurons }) if s + 1 == *stage => {
                    let next = &stages[*stage];
                    outputs.len() as f64 / stages[*s].outputs as f64 * neurons.len() as f64
                        / next.inputs as f64
                        * next.spikes as f64
                }
                _ => 0.0,
            };
            if messages > 0.0 {
                traffic.push((from, to, messages));
            }
        }
    }
    traffic
}

/// Heaviest first, always onto the tile of the mesh with the least load that has a free core.
fn balance(chip: &Chip, parts: &mut [Placed]) {
    let places = chip.cores();
    let mut first = vec![0; chip.tiles.len()];
    for (core, place) in places.iter().enumerate().rev() {
        first[place.tile] = core;
    }
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(parts[*i].messages), *i));
    let mut load = vec![(0_u64, 0_usize); chip.tiles.len()];
    for part in order {
        let free = |tile: &usize| load[*tile].1 < chip.tiles[*tile].cores.len();
        let Some(tile) = (0..chip.tiles.len()).filter(free).min_by_key(|tile| (load[*tile], *tile)) else {
            return;
        };
        parts[part].core = first[tile] + load[tile].1;
        load[tile].0 += parts[part].messages;
        load[tile].1 += 1;
    }
}

/// Part after part onto the free core with the fewest weighted hops to what is placed already; ties go along a snake.
fn shorten(chip: &Chip, parts: &mut [Placed], traffic: &[(usize, usize, f64)]) {
    let places = chip.cores();
    let along_snake = |core: usize| {
        let (x, y) = chip.position(places[core].tile);
        (x, if x.is_multiple_of(2) { y } else { chip.rows - 1 - y }, places[core].offset)
    };
    let mut free: Vec<usize> = (0..places.len()).collect();
    free.sort_by_key(|core| along_snake(*core));
    for part in 0..parts.len() {
        let partners: Vec<(usize, f64)> = traffic
            .iter()
            .filter_map(|(a, b, messages)| match (*a == part, *b == part) {
                (true, false) => Some((*b, *messages)),
                (false, true) => Some((*a, *messages)),
                _ => None,
            })
            .filter(|(other, _)| *other < part)
            .map(|(other, messages)| (places[parts[other].core].tile, messages))
            .collect();
        let cost = |core: usize| -> f64 {
            partners.iter().map(|(tile, messages)| hop_count(chip, places[core].tile, *tile) * messages).sum()
        };
        let best = (0..free.len()).min_by(|a, b| cost(free[*a]).total_cmp(&cost(free[*b])));
        if let Some(best) = best {
            parts[part].core = free.remove(best);
        }
    }
}

fn hop_count(chip: &Chip, from: usize, to: usize) -> f64 {
    let (x, y) = chip.hops(from, to);
    (x + y) as f64
}

fn hops(chip: &Chip, parts: &[Placed], traffic: &[(usize, usize, f64)]) -> f64 {
    let places = chip.cores();
    let tile = |part: usize| places[parts[part].core].tile;
    traffic.iter().map(|(a, b, messages)| hop_count(chip, tile(*a), tile(*b)) * messages).sum()
}

fn imbalance(chip: &Chip, parts: &[Placed]) -> f64 {
    let places = chip.cores();
    let mut load = vec![0_u64; chip.tiles.len()];
    for part in parts {
        load[places[part.core].tile] += part.messages;
    }
    let used: Vec<f64> = load.into_iter().filter(|l| *l > 0).map(|l| l as f64).collect();
    let mean = used.iter().sum::<f64>() / used.len().max(1) as f64;
    if mean > 0.0 { used.iter().copied().fold(0.0, f64::max) / mean } else { 1.0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Cut, Placement, Strategy};
    use crate::hardware::description::Chip;
    use crate::hardware::model::Stage;
    use synfire_datasets::spikes::Projection;

    fn stages(layers: u16) -> Vec<Stage> {
        let stage = |layer, projection, inputs, outputs, spikes| Stage {
            layer,
            projection,
            inputs,
            outputs,
            heads: 1,
            spikes,
        };
        (0..layers)
            .flat_map(|l| {
                [stage(l, Projection::AttnIn, 256, 1024, 900), stage(l, Projection::DownIn, 640, 256, 4000)]
            })
            .collect()
    }

    #[test]
    fn every_strategy_gives_every_part_a_core_of_its_own() {
        let chip = Chip::load("loihi").unwrap();
        for strategy in [Strategy::Sequential, Strategy::Balanced, Strategy::MinimalHops] {
            let placement = Placement::new(&chip, &stages(4), strategy, Cut::Outputs, 256).unwrap();
            let mut cores: Vec<usize> = placement.parts.iter().map(|p| p.core).collect();
            cores.sort_unstable();
            cores.dedup();
            assert_eq!(cores.len(), placement.parts.len());
            assert!(cores.iter().all(|core| *core < 128));
        }
    }

    #[test]
    fn strategies_win_at_what_they_are_for() {
        let chip = Chip::load("loihi").unwrap();
        let by = |strategy| Placement::new(&chip, &stages(6), strategy, Cut::Outputs, 256).unwrap();
        let all = [Strategy::Sequential, Strategy::Balanced, Strategy::MinimalHops].map(by);
        assert!(all[1].imbalance < all[0].imbalance && all[1].imbalance <= all[2].imbalance);
        assert!(all[2].hops < all[0].hops && all[2].hops < all[1].hops);
    }

    #[test]
    fn a_model_that_does_not_fit_says_how_many_cores_would_do() {
        let chip = Chip::load("loihi").unwrap();
        let error = Placement::new(&chip, &stages(40), Strategy::Sequential, Cut::Outputs, 256).unwrap_err();
        assert!(
            error.to_string().starts_with("the model needs 320 cores of this kind and chip 'loihi' has 128"),
            "{error}"
        );
    }
}
