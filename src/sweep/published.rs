//! What the SpikingBrain report measured over k: the rows to set a sweep beside.

use crate::analysis::table::{Table, Values};

/// A row of the report's table 11 (SpikingBrain-7B, bitwise bidirectional coding).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PublishedRow {
    /// Threshold divisor.
    pub k: f64,
    /// Average accuracy over the report's benchmarks; 0.6998 in BF16.
    pub average_accuracy: f64,
    /// The report's sparsity over a window of 3 steps.
    pub sparsity: f64,
    /// Share of channels whose count is at most 7 in magnitude.
    pub share_at_most_7: f64,
}

/// Table 11 of the report (arXiv 2509.05276).
pub const PUBLISHED: [PublishedRow; 5] = [
    row(2.0, 0.6735, 0.730, 0.989),
    row(2.5, 0.6807, 0.709, 0.976),
    row(3.0, 0.6875, 0.692, 0.951),
    row(3.5, 0.6898, 0.677, 0.916),
    row(4.0, 0.6940, 0.664, 0.877),
];

const fn row(k: f64, average_accuracy: f64, sparsity: f64, share_at_most_7: f64) -> PublishedRow {
    PublishedRow { k, average_accuracy, sparsity, share_at_most_7 }
}

/// The published rows as a table.
#[must_use]
pub fn published_table() -> Table {
    let column = |value: fn(&PublishedRow) -> f64| Values::Real(PUBLISHED.iter().map(value).collect());
    Table::new("published", "SpikingBrain-7B as the report has it (table 11; BF16 accuracy 0.6998)")
        .key("k", "k", column(|row| row.k))
        .column(
            "average_accuracy",
            "accuracy",
            "",
            "average accuracy over the report's benchmarks",
            column(|row| row.average_accuracy),
        )
        .column(
            "sparsity",
            "sparsity",
            "%",
            "the report's: bits of a window of 3 steps that are 0; it does not follow from the report's mean of spikes",
            column(|row| row.sparsity),
        )
        .column(
            "share_at_most_7",
            "|s|<=7",
            "%",
            "share of channels whose spike count is at most 7 in magnitude",
            column(|row| row.share_at_most_7),
        )
}
