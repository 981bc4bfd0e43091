//! Connections: from a rule to the synapses of every source, as compressed rows.
//!
//! Each partition of the targets has rows of its own, [`Rows`], in which a synapse takes two bytes: its target within the
//! partition. Weights that differ take four bytes more, delays that differ one. What is drawn for a synapse depends on the seed,
//! the projection and the target (or source) alone, so that partitions can be built side by side, and their number changes
//! nothing.

mod checked;
mod geometry;
mod rows;
mod rules;

pub(crate) use checked::{CheckedProjection, drive_target, population};
pub(crate) use rows::{Delays, LARGEST_PART, Rows, Weights};
