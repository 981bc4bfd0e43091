//! What a model on a chip came to, as pictures and as a page.

use super::tables::{self, latencies_us, percentile, throughput_hz};
use crate::commands::numbers::significant;
use anyhow::Result;
use synfire::analysis::plot::Picture;
use synfire::analysis::plot::chip_map::{ChipMap, Core, Link, Shade};
use synfire::analysis::plot::stacked_bars::StackedBars;
use synfire::analysis::report::{Fact, Figure, Image, Picture as Shown, Report, Section};
use synfire::sim::hardware::description::{Chip, Direction, Sync};
use synfire::sim::hardware::model::{ModelOutcome, Part, Placement, Stage};

/// `0 attn_in` and the like.
pub(super) fn stage_names(stages: &[Stage]) -> Vec<String> {
    stages.iter().map(|s| format!("{} {}", s.layer, s.projection.name())).collect()
}

fn map(chip: &Chip, title: String, note: &str, shade: impl Fn(usize) -> Option<(Shade, String)>) -> ChipMap {
    let core = |(index, place): (usize, &synfire::sim::hardware::description::CorePlace)| {
        let (shade, label) = shade(index).unzip();
        Core { tile: place.tile, label: label.unwrap_or_default(), shade }
    };
    ChipMap {
        title,
        note: note.to_owned(),
        groups: Vec::new(),
        columns: chip.columns,
        rows: chip.rows,
        cores: chip.cores().iter().enumerate().map(core).collect(),
        links: Vec::new(),
    }
}

/// Which core holds what: layers by colour.
pub(super) fn placement_map(chip: &Chip, placement: &Placement) -> ChipMap {
    let mut layers: Vec<u16> = placement.stages.iter().map(|s| s.layer).collect();
    layers.dedup();
    let shade = |core: usize| {
        let placed = placement.parts.iter().find(|p| p.core == core)?;
        let stage = &placement.stages[placed.part.stage()];
        let group = layers.iter().position(|l| *l == stage.layer)?;
        let name = stage.projection.name().trim_end_matches("_in");
        let label = match placed.part {
            Part::Coder { .. } => format!("{name}*"),
            Part::Tile { .. } => name.to_owned(),
        };
        Some((Shade::Group(group), label))
    };
    let title = format!("{} of {} cores of {}", placement.parts.len(), chip.core_count(), chip.name);
    let note =
        "each square is a core, with the input whose matrix it holds; * holds the neurons that code it";
    ChipMap { groups: layers.iter().map(|l| format!("layer {l}")).collect(), ..map(chip, title, note, shade) }
}

/// How busy cores and links are.
pub(super) fn heat_map(chip: &Chip, outcome: &ModelOutcome) -> ChipMap {
    let time = outcome.time_fs.max(1) as f64;
    let busy: Vec<f64> = outcome
        .cores
        .iter()
        .zip(&outcome.sending_fs)
        .map(|(serving, (computing, _))| serving.busy_fs.max(*computing) as f64 / time)
        .collect();
    let most = busy.iter().copied().fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let shade = |core: usize| {
        let share = busy[core];
        (share > 0.0).then(|| (Shade::Share(share / most), format!("{:.0}", 100.0 * share)))
    };
    let title = format!("{}: how busy cores and links are", chip.name);
    let note = "cores: % of the time serving or computing, whichever is more; lines: links by messages, the hottest orange";
    let neighbour = |tile: usize, d: Direction| match d {
        Direction::North => tile + 1,
        Direction::East => tile + chip.rows,
        Direction::South => tile - 1,
        Direction::West => tile - chip.rows,
    };
    let link = |(tile, d, used): &(usize, Direction, synfire::sim::hardware::engine::traffic::Use)| Link {
        from: *tile,
        to: neighbour(*tile, *d),
        busy: used.messages as f64,
    };
    ChipMap { links: outcome.links.iter().map(link).collect(), ..map(chip, title, note, shade) }
}

/// What tokens wait for, with and without barriers.
pub(super) fn path_picture(title: String, outcomes: &[(String, &ModelOutcome)]) -> StackedBars {
    let names = outcomes[0].1.critical_path.parts().map(|(name, _)| name);
    let mean_us = |outcome: &ModelOutcome, part: usize| {
        outcome.critical_path.parts()[part].1 as f64 * 1e-9 / outcome.tokens.len().max(1) as f64
    };
    let part = |(i, name): (usize, &&str)| {
        ((*name).to_owned(), outcomes.iter().map(|(_, outcome)| mean_us(outcome, i)).collect::<Vec<f64>>())
    };
    StackedBars {
        title,
        label: "latency of a token (us), by what it waits for".to_owned(),
        row_label: String::new(),
        rows: outcomes.iter().map(|(name, _)| name.clone()).collect(),
        parts: names.iter().enumerate().map(part).collect(),
    }
}

/// The same run with and without barriers, for comparison.
pub(super) fn names_of_sync(chip: &Chip) -> &'static str {
    match chip.sync {
        Sync::Barrier(_) => "barrier after every step",
        Sync::Handshake => "handshakes only",
    }
}

/// Name of the file and caption of each picture.
pub(super) type Pictures = Vec<(&'static str, String, Box<dyn Picture>)>;

/// The pictures of a simulation; `other` is the same with the other way to synchronise.
pub(super) fn pictures(
    chip: &Chip,
    placement: &Placement,
    outcome: &ModelOutcome,
    other: Option<(&Chip, &ModelOutcome)>,
) -> Pictures {
    let mut rows = vec![(names_of_sync(chip).to_owned(), outcome)];
    rows.extend(other.map(|(chip, outcome)| (names_of_sync(chip).to_owned(), outcome)));
    let path = path_picture(format!("What a token waits for on {}", chip.name), &rows);
    vec![
        (
            "placement",
            "Which core holds what.".to_owned(),
            Box::new(placement_map(chip, placement)) as Box<dyn Picture>,
        ),
        ("mesh", "How busy cores and links are.".to_owned(), Box::new(heat_map(chip, outcome))),
        (
            "critical-path",
            "What the last result of a token waited for, followed back from cause to cause.".to_owned(),
            Box::new(path),
        ),
    ]
}

/// The page.
pub(super) fn report(
    chip: &Chip,
    placement: &Placement,
    outcome: &ModelOutcome,
    pictures: &Pictures,
    model: &str,
) -> Result<Report> {
    let sorted = latencies_us(outcome);
    let mut report = Report::new(format!("{model} on {}", chip.name), chip.title.clone());
    report.figures = vec![
        Figure::new(
            "Median latency of a token",
            significant(percentile(&sorted, 0.5)),
            "us",
            format!("99th percentile {} us", significant(percentile(&sorted, 0.99))),
        ),
        Figure::new(
            "Throughput",
            significant(throughput_hz(outcome)),
            "tokens/s",
            "with tokens pipelined over the stages",
        ),
        Figure::new(
            "Energy of a token",
            significant(outcome.energy.total_pj() * 1e-3 / sorted.len().max(1) as f64),
            "nJ",
            "cores and mesh; norms, gates and the output layer are not priced",
        ),
    ];
    report.facts = vec![
        Fact::new("Tokens", sorted.len().to_string()),
        Fact::new("Time", names_of_sync(chip)),
        Fact::new("Constants", chip.source.clone()),
    ];
    let mut section =
        Section::new("On the chip", "Messages over the mesh with finite buffers, event by event.");
    section.tables = tables::all(chip, placement, outcome).into_iter().map(|t| tables::top(t, 24)).collect();
    for (_, caption, picture) in pictures {
        section.pictures.push(Shown { image: Image::Svg(picture.svg()?), caption: caption.clone() });
    }
    report.sections.push(section);
    Ok(report)
}
