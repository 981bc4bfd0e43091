//! How a network advances in time.

mod barrier;
pub(crate) mod event;
pub(crate) mod part;
mod prefetch;
mod report;
pub(crate) mod ring;
pub(crate) mod step;
