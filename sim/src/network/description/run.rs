//! How a network is run: time, seed, scheduler.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a network is run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Biological time in ms.
    pub duration_ms: f64,
    /// Length of a step in ms.
    #[serde(default = "default_dt_ms")]
    pub dt_ms: f64,
    /// Seed of everything that is drawn.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// How it advances in time.
    #[serde(default)]
    pub scheduler: Scheduler,
}

/// How a network advances in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scheduler {
    /// All neurons by steps of `dt_ms`; spikes at the ends of steps; on all threads.
    #[default]
    Step,
    /// From event to event, on one thread; the threshold is crossed at its exact time. Delays are multiples of `dt_ms`
    /// still. Takes neurons `lif_exp` and `lif_delta`, and spikes of `replay` at their given times.
    Event,
}

fn default_dt_ms() -> f64 {
    0.1
}

fn default_seed() -> u64 {
    1
}

impl Run {
    /// A run of `duration_ms`, by steps of 0.1 ms, with seed 1.
    #[must_use]
    pub fn new(duration_ms: f64) -> Self {
        Self { duration_ms, dt_ms: default_dt_ms(), seed: default_seed(), scheduler: Scheduler::default() }
    }

    /// Sets the length of a step in ms.
    #[must_use]
    pub fn dt_ms(self, dt_ms: f64) -> Self {
        Self { dt_ms, ..self }
    }

    /// Sets the seed of everything that is drawn.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets how the network advances in time.
    #[must_use]
    pub fn scheduler(self, scheduler: Scheduler) -> Self {
        Self { scheduler, ..self }
    }
}
