//! The parts of a decoder layer, in the order in which a token meets them.

pub(crate) mod attention;
pub(crate) mod block;
pub(crate) mod gla;
pub(crate) mod key_value_cache;
pub(crate) mod linear;
mod linear_state;
pub(crate) mod moe;
pub(crate) mod norm;
pub(crate) mod parallel;
pub(crate) mod rope;
pub(crate) mod swiglu;
