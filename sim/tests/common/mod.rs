//! What several tests of networks need.
#![allow(clippy::unwrap_used)]
#![allow(dead_code, reason = "each test takes what it needs")]

pub(crate) mod described;
pub(crate) mod golden;
