//! `synfire chip place`: how a recorded model lies on a chip.

use super::story::{placement_map, stage_names};
use super::{PlacementArgs, Recorded, STRATEGIES, strategy_name};
use crate::commands::output::OutputArgs;
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use synfire::analysis::plot::Picture;
use synfire::analysis::table::{Table, Values};
use synfire::sim::hardware::description::Chip;
use synfire::sim::hardware::model::{Part, Placement};

#[derive(Args)]
pub(super) struct ChipPlace {
    /// Run folder
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Chip, by name ('synfire chip show') or path
    #[arg(long, value_name = "NAME|FILE", default_value = "loihi")]
    arch: String,
    #[command(flatten)]
    placement: PlacementArgs,
    /// Draw a map of the chip (.png or .svg)
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

impl ChipPlace {
    pub(super) fn execute(self) -> Result<()> {
        let chip = Chip::load(&self.arch)?;
        let recorded = Recorded::open(&self.run)?;
        let all: Vec<Placement> = STRATEGIES
            .iter()
            .map(|(_, strategy)| recorded.place(&chip, &self.placement, *strategy))
            .collect::<Result<_>>()?;
        let placement = recorded.place(&chip, &self.placement, self.placement.placement)?;
        let mut notes = vec![format!(
            "{} of {} cores of chip '{}' in use",
            placement.parts.len(),
            chip.core_count(),
            chip.name
        )];
        if let Some(path) = &self.map {
            placement_map(&chip, &placement).draw(path)?;
            notes.push(format!("map: {}", path.display()));
        }
        self.output.give(&[strategy_table(&all), part_table(&chip, &placement)], &notes)
    }
}

fn strategy_table(all: &[Placement]) -> Table {
    let names = all.iter().map(|p| strategy_name(p.strategy).to_owned()).collect();
    Table::new("strategies", "Strategies")
        .key("strategy", "strategy", Values::Text(names))
        .column(
            "hops",
            "hops",
            "",
            "hops of all spike messages and results of the record",
            Values::Real(all.iter().map(|p| p.hops).collect()),
        )
        .column(
            "imbalance",
            "imbalance",
            "",
            "messages of the busiest tile of the mesh, by the mean over tiles in use",
            Values::Real(all.iter().map(|p| p.imbalance).collect()),
        )
}

fn part_table(chip: &Chip, placement: &Placement) -> Table {
    let names = stage_names(&placement.stages);
    let cores = chip.cores();
    let range = |r: &std::ops::Range<usize>| format!("{}-{}", r.start, r.end.saturating_sub(1));
    let what = |part: &Part| match part {
        Part::Coder { neurons, .. } => format!("neurons {}", range(neurons)),
        Part::Tile { inputs, outputs, .. } => {
            format!("inputs {} x outputs {}", range(inputs), range(outputs))
        }
    };
    let parts = &placement.parts;
    let text = |of: &dyn Fn(&synfire::sim::hardware::model::Placed) -> String| {
        Values::Text(parts.iter().map(of).collect())
    };
    Table::new("placement", "Placement")
        .key("stage", "stage", text(&|p| names[p.part.stage()].clone()))
        .key("part", "part", text(&|p| what(&p.part)))
        .key("core", "tile.core", text(&|p| format!("{}.{}", cores[p.core].tile, cores[p.core].offset)))
        .column(
            "messages",
            "messages",
            "",
            "spike messages sent or received over the record",
            Values::Integer(parts.iter().map(|p| p.messages as i64).collect()),
        )
}
