//! Populations that send spikes of their own accord, and listen to nobody.

use crate::network::error::{KeyError, not_negative, positive, require};
use crate::network::random::{BLOCK, Key, words};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Poisson spikes, independent from neuron to neuron. A step holds one spike at most, with probability `1 - exp(-rate dt)`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PoissonSource {
    /// Rate in Hz.
    pub rate_hz: f64,
}

/// Poisson spikes whose rate changes at given times.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InhomogeneousPoissonSource {
    /// Times in ms, ascending, from which each rate holds; the rate is 0 before the first.
    pub times_ms: Vec<f64>,
    /// Rate in Hz from each time on.
    pub rates_hz: Vec<f64>,
}

/// All neurons spike together, at equal intervals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RegularSource {
    /// Interval in ms, at least a step.
    pub interval_ms: f64,
    /// Time of the first spike in ms.
    pub first_ms: f64,
}

impl Default for RegularSource {
    fn default() -> Self {
        Self { interval_ms: 10.0, first_ms: 10.0 }
    }
}

/// Spikes that were given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReplaySource {
    /// Time of each spike in ms, above 0; rounded to the ends of steps.
    pub times_ms: Vec<f64>,
    /// The neuron of each spike, in the population.
    pub neurons: Vec<u32>,
}

/// A source made ready for steps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// From each step on, the probability of a spike in units of 2^-32.
    Poisson {
        key: Key,
        rates: Vec<(u64, u64)>,
    },
    Regular {
        first: u64,
        interval: u64,
    },
    /// Step and neuron of each spike, ascending.
    Replay(Vec<(u64, u32)>),
}

fn probability(rate_hz: f64, dt_ms: f64) -> u64 {
    (-(-rate_hz * dt_ms / 1000.0).exp_m1() * 4_294_967_296.0).round() as u64
}

impl PoissonSource {
    pub(super) fn source(&self, dt_ms: f64, key: Key) -> Result<Source, KeyError> {
        not_negative("rate_hz", self.rate_hz)?;
        Ok(Source::Poisson { key, rates: vec![(0, probability(self.rate_hz, dt_ms))] })
    }
}

impl InhomogeneousPoissonSource {
    pub(super) fn source(&self, dt_ms: f64, key: Key) -> Result<Source, KeyError> {
        let (times, rates) = (self.times_ms.len(), self.rates_hz.len());
        require(
            times == rates,
            "rates_hz",
            format_args!("{rates} rates for {times} times"),
            "give one each",
        )?;
        let ascend = self.times_ms.is_sorted() && self.times_ms.iter().all(|t| t.is_finite() && *t >= 0.0);
        require(ascend, "times_ms", "not ascending from 0", "sort them")?;
        self.rates_hz.iter().try_for_each(|rate_hz| not_negative("rates_hz", *rate_hz))?;
        let steps = self.times_ms.iter().map(|time_ms| (time_ms / dt_ms).round() as u64);
        let rates = steps.zip(self.rates_hz.iter().map(|rate_hz| probability(*rate_hz, dt_ms))).collect();
        Ok(Source::Poisson { key, rates })
    }
}

impl RegularSource {
    pub(super) fn source(&self, dt_ms: f64) -> Result<Source, KeyError> {
        positive("interval_ms", self.interval_ms)?;
        positive("first_ms", self.first_ms)?;
        let steps = |key: &str, time_ms: f64| {
            let steps = (time_ms / dt_ms).round();
            require((1.0..1e15).contains(&steps), key, time_ms, "give at least a step")?;
            Ok(steps as u64)
        };
        let (interval, first) = (steps("interval_ms", self.interval_ms)?, steps("first_ms", self.first_ms)?);
        Ok(Source::Regular { first: first - 1, interval })
    }
}

impl ReplaySource {
    /// Time in ms and neuron of each spike, ascending.
    pub(crate) fn spikes(&self) -> Vec<(f64, u32)> {
        let mut spikes: Vec<_> = self.times_ms.iter().copied().zip(self.neurons.iter().copied()).collect();
        spikes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        spikes
    }

    pub(super) fn source(&self, dt_ms: f64, size: u32) -> Result<Source, KeyError> {
        let (times, neurons) = (self.times_ms.len(), self.neurons.len());
        let value = format_args!("{neurons} neurons for {times} times");
        require(times == neurons, "neurons", value, "give one each")?;
        let mut spikes = Vec::with_capacity(times);
        for (time_ms, neuron) in self.times_ms.iter().zip(&self.neurons) {
            require(*neuron < size, "neurons", neuron, &format!("there are {size}"))?;
            let step = (time_ms / dt_ms).round();
            require((1.0..1e15).contains(&step), "times_ms", time_ms, "give times from the first step on")?;
            spikes.push((step as u64 - 1, *neuron));
        }
        spikes.sort_unstable();
        Ok(Source::Replay(spikes))
    }
}

impl Source {
    /// Marks who fires in `step` among the neurons from `first` on, which is a multiple of [`BLOCK`].
    pub(crate) fn fire(&self, step: u64, first: u32, fired: &mut [u8]) {
        fired.fill(0);
        match self {
            Self::Poisson { key, rates } => {
                let now = rates.partition_point(|(from, _)| *from <= step);
                let Some((_, below)) = now.checked_sub(1).and_then(|now| rates.get(now)) else { return };
                let mut uniform = [0; BLOCK];
                for (block, fired) in (first / BLOCK as u32..).zip(fired.chunks_mut(BLOCK)) {
                    words(*key, block, step, &mut uniform);
                    for (fired, u) in fired.iter_mut().zip(&uniform) {
                        *fired = u8::from(u64::from(*u) < *below);
                    }
                }
            }
            Self::Regular { first, interval } => {
                if step >= *first && (step - first).is_multiple_of(*interval) {
                    fired.fill(1);
                }
            }
            Self::Replay(spikes) => {
                let from = spikes.partition_point(|spike| *spike < (step, first));
                for (_, neuron) in spikes[from..].iter().take_while(|(at, _)| *at == step) {
                    if let Some(fired) = fired.get_mut((neuron - first) as usize) {
                        *fired = 1;
                    }
                }
            }
        }
    }
}
