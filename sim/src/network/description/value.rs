//! A number of the description: the same for all, or drawn for each.

use crate::network::error::{KeyError, finite, not_negative, positive, require};
use crate::network::random::Stream;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// A number that all synapses or neurons share, or a distribution that each draws from: `0.1`, or
/// `{ normal = { mean = 0.1, sd = 0.02 } }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// The same for all.
    Constant(f64),
    /// Drawn for each.
    Drawn(Distribution),
}

/// A distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distribution {
    /// Uniform between two numbers.
    Uniform {
        /// Least value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// Normal; values outside of `min..=max` are drawn again.
    Normal {
        /// Mean, before the limits.
        mean: f64,
        /// Standard deviation, before the limits.
        sd: f64,
        /// Least value, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<f64>,
        /// Largest value, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<f64>,
    },
    /// Lognormal with this mean and standard deviation (of the value, not of its logarithm).
    Lognormal {
        /// Mean, above 0.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// Exponential.
    Exponential {
        /// Mean, above 0.
        mean: f64,
    },
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Constant(value)
    }
}

impl From<Distribution> for Value {
    fn from(distribution: Distribution) -> Self {
        Self::Drawn(distribution)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrTable;
        impl<'de> Visitor<'de> for NumberOrTable {
            type Value = Value;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number, or a distribution such as { normal = { mean = 1.0, sd = 0.1 } }")
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
                Ok(Value::Constant(value))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Constant(value as f64))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
                Ok(Value::Constant(value as f64))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
                Distribution::deserialize(MapAccessDeserializer::new(map)).map(Value::Drawn)
            }
        }
        deserializer.deserialize_any(NumberOrTable)
    }
}

/// Draws that may miss the limits before they are taken at the nearer limit: hardly ever, for limits that leave room.
const MOST_DRAWS: u32 = 1000;

impl Value {
    /// Checks the parameters of the distribution.
    pub(crate) fn check(&self) -> Result<(), KeyError> {
        match self {
            Self::Constant(value) => finite("", *value),
            Self::Drawn(Distribution::Uniform { low, high }) => {
                finite("uniform.low", *low)?;
                require(
                    high.is_finite() && high >= low,
                    "uniform.high",
                    high,
                    "give a finite number from low on",
                )
            }
            Self::Drawn(Distribution::Normal { mean, sd, min, max }) => {
                finite("normal.mean", *mean)?;
                not_negative("normal.sd", *sd)?;
                let (low, high) = (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY));
                let reach = 4.0 * sd;
                require(
                    low <= high && low <= mean + reach && high >= mean - reach,
                    "normal.min, normal.max",
                    format_args!("{low}, {high}"),
                    "give limits within 4 sd of the mean",
                )
            }
            Self::Drawn(Distribution::Lognormal { mean, sd }) => {
                positive("lognormal.mean", *mean)?;
                not_negative("lognormal.sd", *sd)
            }
            Self::Drawn(Distribution::Exponential { mean }) => positive("exponential.mean", *mean),
        }
    }

    /// The value that all share, if they do.
    #[must_use]
    pub fn constant(&self) -> Option<f64> {
        match self {
            Self::Constant(value) => Some(*value),
            Self::Drawn(_) => None,
        }
    }

    /// The mean, before limits.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Drawn(Distribution::Uniform { low, high }) => 0.5 * (low + high),
            Self::Drawn(
                Distribution::Normal { mean, .. }
                | Distribution::Lognormal { mean, .. }
                | Distribution::Exponential { mean },
            ) => *mean,
        }
    }

    /// A value.
    pub(crate) fn draw(&self, stream: &mut Stream) -> f64 {
        match *self {
            Self::Constant(value) => value,
            Self::Drawn(Distribution::Uniform { low, high }) => low + (high - low) * stream.uniform(),
            Self::Drawn(Distribution::Normal { mean, sd, min, max }) => {
                let (low, high) = (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY));
                let mut value = mean + sd * stream.normal();
                for _ in 0..MOST_DRAWS {
                    if value >= low && value <= high {
                        break;
                    }
                    value = mean + sd * stream.normal();
                }
                value.max(low).min(high)
            }
            Self::Drawn(Distribution::Lognormal { mean, sd }) => {
                let variance = (1.0 + (sd / mean).powi(2)).ln();
                (mean.ln() - 0.5 * variance + variance.sqrt() * stream.normal()).exp()
            }
            Self::Drawn(Distribution::Exponential { mean }) => mean * stream.exponential(),
        }
    }

    /// The same distribution times a factor, its limits included.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(factor * value),
            Self::Drawn(Distribution::Uniform { low, high }) => {
                let (a, b) = (factor * low, factor * high);
                Self::Drawn(Distribution::Uniform { low: a.min(b), high: a.max(b) })
            }
            Self::Drawn(Distribution::Normal { mean, sd, min, max }) => {
                let (min, max) = (min.map(|x| factor * x), max.map(|x| factor * x));
                let (min, max) = if factor < 0.0 { (max, min) } else { (min, max) };
                Self::Drawn(Distribution::Normal { mean: factor * mean, sd: factor.abs() * sd, min, max })
            }
            Self::Drawn(Distribution::Lognormal { mean, sd }) => {
                Self::Drawn(Distribution::Lognormal { mean: factor * mean, sd: factor.abs() * sd })
            }
            Self::Drawn(Distribution::Exponential { mean }) => {
                Self::Drawn(Distribution::Exponential { mean: factor * mean })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::network::random::{Key, Use};

    fn moments(value: Value) -> (f64, f64) {
        let mut stream = Key::new(3, Use::Weights, 0).stream(0);
        let draws: Vec<f64> = (0..200_000).map(|_| value.draw(&mut stream)).collect();
        let mean = draws.iter().sum::<f64>() / 2e5;
        (mean, (draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2e5).sqrt())
    }

    #[test]
    fn distributions_have_the_moments_that_they_name() {
        let close = |value: Distribution, mean: f64, sd: f64| {
            let found = moments(value.into());
            assert!((found.0 - mean).abs() < 0.01 && (found.1 - sd).abs() < 0.02, "{value:?}: {found:?}");
        };
        close(Distribution::Uniform { low: -1.0, high: 2.0 }, 0.5, 3.0 / 12f64.sqrt());
        close(Distribution::Normal { mean: 1.0, sd: 0.5, min: None, max: None }, 1.0, 0.5);
        close(Distribution::Lognormal { mean: 1.0, sd: 0.5 }, 1.0, 0.5);
        close(Distribution::Exponential { mean: 1.0 }, 1.0, 1.0);
    }

    #[test]
    fn normal_values_keep_within_their_limits() {
        let value = Value::Drawn(Distribution::Normal { mean: 1.0, sd: 1.0, min: Some(0.5), max: Some(1.5) });
        let mut stream = Key::new(3, Use::Weights, 0).stream(0);
        assert!((0..10_000).all(|_| (0.5..=1.5).contains(&value.draw(&mut stream))));
    }

    #[test]
    fn a_number_and_a_distribution_read_from_toml() {
        #[derive(Deserialize)]
        struct Two {
            a: Value,
            b: Value,
        }
        let two: Two = toml::from_str("a = 3\nb = { uniform = { low = 0, high = 1.5 } }").unwrap();
        assert_eq!((two.a, two.b), (3.0.into(), Distribution::Uniform { low: 0.0, high: 1.5 }.into()));
        assert!(toml::from_str::<Two>("a = 3\nb = 'x'").is_err());
    }
}
