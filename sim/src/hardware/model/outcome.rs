//! What a simulation of a model is asked for, and what it comes to.

use super::breakdown::{CriticalPath, Energy};
use crate::hardware::description::Direction;
use crate::hardware::engine::traffic::Use;
use serde::Serialize;

/// How a model is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ModelOptions {
    /// Tokens that may be under way at once; 1 for a model that writes.
    pub in_flight: u32,
}

/// When a token was worked on, fs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TokenTime {
    /// When its first stage might start.
    pub start_fs: u64,
    /// When its last stage was through.
    pub end_fs: u64,
}

/// A core working for a token: sending, from its first to its last message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Core.
    pub core: u32,
    /// Stage.
    pub stage: usize,
    /// Token.
    pub token: u32,
    /// Whether it codes, rather than sending sums.
    pub codes: bool,
    /// From, fs.
    pub start_fs: u64,
    /// To, fs.
    pub end_fs: u64,
}

/// What a simulation came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelOutcome {
    /// Time of every token.
    pub tokens: Vec<TokenTime>,
    /// Simulated time, fs.
    pub time_fs: u64,
    /// Barriers.
    pub barriers: u64,
    /// Spike messages, results and partial sums, markers.
    pub messages: [u64; 3],
    /// Synaptic events of spikes.
    pub synaptic_events: u64,
    /// Neurons looked at, updated, fired.
    pub neurons: [u64; 3],
    /// Energy by component.
    pub energy: Energy,
    /// What tokens waited for.
    pub critical_path: CriticalPath,
    /// Receiving side of every core.
    pub cores: Vec<Use>,
    /// Sending side of every core: computing, blocked, fs.
    pub sending_fs: Vec<(u64, u64)>,
    /// Links between tiles: tile, direction, use.
    pub links: Vec<(usize, Direction, Use)>,
    /// Events of the simulation.
    pub events: u64,
}
