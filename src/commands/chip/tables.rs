//! What a model on a chip came to, as tables.

use super::story::stage_names;
use synfire::analysis::table::{Table, Values};
use synfire::sim::hardware::description::Chip;
use synfire::sim::hardware::model::{ModelOutcome, Placement};

const US: f64 = 1e-9;

/// Latencies of the tokens in ascending order, us.
pub(super) fn latencies_us(outcome: &ModelOutcome) -> Vec<f64> {
    let mut latencies: Vec<f64> =
        outcome.tokens.iter().map(|t| (t.end_fs - t.start_fs) as f64 * US).collect();
    latencies.sort_by(f64::total_cmp);
    latencies
}

/// The value below which `share` of the sorted values lie (nearest rank).
pub(super) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

/// Tokens a second, from the first start to the last end.
pub(super) fn throughput_hz(outcome: &ModelOutcome) -> f64 {
    outcome.tokens.len() as f64 / (outcome.time_fs as f64 * 1e-15)
}

fn text(values: impl Iterator<Item = impl Into<String>>) -> Values {
    Values::Text(values.map(Into::into).collect())
}

fn real(values: impl Iterator<Item = f64>) -> Values {
    Values::Real(values.collect())
}

/// All of them: time, energy, critical path, cores, links.
pub(super) fn all(chip: &Chip, placement: &Placement, outcome: &ModelOutcome) -> Vec<Table> {
    vec![time(chip, outcome), energy(outcome), path(outcome), cores(chip, placement, outcome), links(outcome)]
}

fn time(chip: &Chip, outcome: &ModelOutcome) -> Table {
    let sorted = latencies_us(outcome);
    let tokens = sorted.len().max(1) as f64;
    let rows = [
        (
            "latency of a token, mean",
            "us",
            sorted.iter().sum::<f64>() / tokens,
            "from when its first stage may start to when its last is through",
        ),
        ("median", "us", percentile(&sorted, 0.5), "latency that half of the tokens stay within"),
        ("90th percentile", "us", percentile(&sorted, 0.9), "latency that 90 % of the tokens stay within"),
        ("99th percentile", "us", percentile(&sorted, 0.99), "latency that 99 % of the tokens stay within"),
        (
            "throughput",
            "tokens/s",
            throughput_hz(outcome),
            "tokens by the time from the first start to the last end",
        ),
        ("energy a token", "nJ", outcome.energy.total_pj() * 1e-3 / tokens, "sum of the components below"),
        (
            "synaptic events",
            "1/token",
            outcome.synaptic_events as f64 / tokens,
            "spikes times the synapses they reach",
        ),
        (
            "spike messages",
            "1/token",
            outcome.messages[0] as f64 / tokens,
            "one for each tile that a spike goes to",
        ),
        ("values", "1/token", outcome.messages[1] as f64 / tokens, "results and partial sums sent on"),
        (
            "end markers",
            "1/token",
            outcome.messages[2] as f64 / tokens,
            "what tells a core that its input is whole",
        ),
        (
            "barriers",
            "1/token",
            outcome.barriers as f64 / tokens,
            "ends of time steps at which all cores wait",
        ),
    ];
    Table::new("time", format!("{} tokens on {}", sorted.len(), chip.title))
        .key("what", "what", text(rows.iter().map(|r| r.0)))
        .key("value", "value", real(rows.iter().map(|r| r.2)))
        .key("unit", "unit", text(rows.iter().map(|r| r.1)))
        .key("meaning", "meaning", text(rows.iter().map(|r| r.3)))
}

fn energy(outcome: &ModelOutcome) -> Table {
    let tokens = outcome.tokens.len().max(1) as f64;
    let (parts, total) = (outcome.energy.parts(), outcome.energy.total_pj());
    Table::new("energy", "Energy of a token by component")
        .key("component", "component", text(parts.iter().map(|p| p.0)))
        .column(
            "energy_nj",
            "energy",
            "nJ",
            "operations of the component times their energy on this chip, mean over tokens",
            real(parts.iter().map(|p| p.1 * 1e-3 / tokens)),
        )
        .column(
            "share",
            "share",
            "%",
            "share of the energy of a token",
            real(parts.iter().map(|p| p.1 / total)),
        )
}

/// What the parts of [`CriticalPath::parts`](synfire::sim::hardware::model::CriticalPath::parts) are, in their order.
const WAITS: [&str; 7] = [
    "neurons looked at, updated, fired; values sent",
    "a place in the router of the sender",
    "links, and the buffers between them",
    "the messages ahead in the buffer of the receiver",
    "the receiver's own service",
    "the core, which works on an earlier token",
    "the slowest core of the time step, and the barrier",
];

fn path(outcome: &ModelOutcome) -> Table {
    let tokens = outcome.tokens.len().max(1) as f64;
    let parts = outcome.critical_path.parts();
    let total: u64 = parts.iter().map(|p| p.1).sum();
    Table::new("critical_path", "What a token waits for: its last result followed back from cause to cause")
        .key("part", "waits for", text(parts.iter().map(|p| p.0)))
        .column(
            "time_us",
            "time",
            "us",
            "mean over tokens",
            real(parts.iter().map(|p| p.1 as f64 * US / tokens)),
        )
        .column(
            "share",
            "share",
            "%",
            "share of the latency; the parts add up to it",
            real(parts.iter().map(|p| p.1 as f64 / total.max(1) as f64)),
        )
        .key("meaning", "meaning", text(WAITS.iter().copied()))
}

fn cores(chip: &Chip, placement: &Placement, outcome: &ModelOutcome) -> Table {
    let names = stage_names(&placement.stages);
    let places = chip.cores();
    let time = outcome.time_fs.max(1) as f64;
    let mut rows: Vec<_> = placement.parts.iter().collect();
    let busy = |core: usize| outcome.cores[core].busy_fs.max(outcome.sending_fs[core].0);
    rows.sort_by_key(|p| (std::cmp::Reverse(busy(p.core)), p.core));
    let share = |of: &dyn Fn(usize) -> f64| real(rows.iter().map(|p| of(p.core) / time));
    Table::new("cores", "Cores, the busiest first")
        .key(
            "core",
            "tile.core",
            text(rows.iter().map(|p| format!("{}.{}", places[p.core].tile, places[p.core].offset))),
        )
        .key("stage", "stage", text(rows.iter().map(|p| names[p.part.stage()].as_str())))
        .column(
            "messages",
            "messages",
            "",
            "messages served",
            Values::Integer(rows.iter().map(|p| outcome.cores[p.core].messages as i64).collect()),
        )
        .column(
            "serving",
            "serving",
            "%",
            "share of the time for which it works through messages",
            share(&|c| outcome.cores[c].busy_fs as f64),
        )
        .column(
            "computing",
            "computing",
            "%",
            "share of the time for which it computes what it sends",
            share(&|c| outcome.sending_fs[c].0 as f64),
        )
        .column(
            "blocked",
            "blocked",
            "%",
            "share of the time for which its message waits to enter the mesh",
            share(&|c| outcome.sending_fs[c].1 as f64),
        )
        .column(
            "queue",
            "queue",
            "",
            "messages in its buffer, mean over time",
            share(&|c| outcome.cores[c].queued_fs as f64),
        )
        .column(
            "longest",
            "longest",
            "",
            "most messages in its buffer",
            Values::Integer(rows.iter().map(|p| i64::from(outcome.cores[p.core].longest)).collect()),
        )
}

fn links(outcome: &ModelOutcome) -> Table {
    let mut rows: Vec<_> = outcome.links.iter().collect();
    rows.sort_by_key(|(tile, d, used)| (std::cmp::Reverse(used.messages), *tile, *d as usize));
    let time = outcome.time_fs.max(1) as f64;
    Table::new("links", "Links between tiles, the hottest first")
        .key("tile", "from tile", Values::Integer(rows.iter().map(|r| r.0 as i64).collect()))
        .key("direction", "direction", text(rows.iter().map(|r| r.1.name())))
        .column(
            "messages",
            "messages",
            "",
            "messages carried",
            Values::Integer(rows.iter().map(|r| r.2.messages as i64).collect()),
        )
        .column(
            "busy",
            "busy",
            "%",
            "share of the time for which it carries a message",
            real(rows.iter().map(|r| r.2.busy_fs as f64 / time)),
        )
        .column(
            "queue",
            "queue",
            "",
            "messages in the buffer behind it, mean over time",
            real(rows.iter().map(|r| r.2.queued_fs as f64 / time)),
        )
        .column(
            "longest",
            "longest",
            "",
            "most messages in that buffer",
            Values::Integer(rows.iter().map(|r| i64::from(r.2.longest)).collect()),
        )
}

/// The first rows of a table.
pub(super) fn top(mut table: Table, rows: usize) -> Table {
    for column in &mut table.columns {
        match &mut column.values {
            Values::Text(v) => v.truncate(rows),
            Values::Integer(v) => v.truncate(rows),
            Values::Real(v) => v.truncate(rows),
        }
    }
    table
}
