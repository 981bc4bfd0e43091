//! Processes of constant rate whose intervals are independent: Poisson, gamma, and a jittered clock.
//!
//! A stationary renewal process of interval density f and mean m starts with the rest of the interval that holds the
//! start of the span: a share, uniform in (0, 1], of an interval of density x f(x) / m (Cox, Renewal Theory, 1962, ch. 5).

use super::random::{Stream, exponential, gamma, normal, stream, uniform};
use super::{GenerateError, Span, check, check_rate};
use crate::trains::SpikeTrains;

/// Standard deviations that a jittered spike may come into the span from outside.
const REACH: f64 = 8.0;

/// A process of constant rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Process {
    /// Intervals `d + E`, E exponential of mean `1/r - d`: Poisson for a refractory time d of 0.
    Poisson {
        /// Rate r in Hz, the refractory time included.
        rate_hz: f64,
        /// Absolute refractory time d in seconds; `r d` must be below 1.
        refractory_s: f64,
    },
    /// Intervals of density `(kr)^k x^(k-1) exp(-krx) / Γ(k)`: k = 1 is Poisson, larger k more regular.
    Gamma {
        /// Rate r in Hz.
        rate_hz: f64,
        /// Shape k, above 0.
        shape: f64,
    },
    /// Spikes at `(n + phase) / r + s N`, phase uniform in (0, 1] for each unit, N normal for each spike.
    Regular {
        /// Rate r in Hz.
        rate_hz: f64,
        /// Jitter s in seconds.
        jitter_s: f64,
    },
}

impl Process {
    /// Independent trains of `units` units over `span`.
    ///
    /// # Errors
    /// [`GenerateError::Parameter`] for a parameter or span that is out of range.
    pub fn trains(self, units: usize, span: Span, seed: u64) -> Result<SpikeTrains, GenerateError> {
        let span = span.checked()?;
        let process = self.checked()?;
        let trains: Vec<Vec<f64>> =
            (0..units).map(|unit| process.train(span, stream(seed, unit as u64))).collect();
        Ok(SpikeTrains::new(&trains, span.start_s, span.stop_s)?)
    }

    fn checked(self) -> Result<Self, GenerateError> {
        match self {
            Self::Poisson { rate_hz, refractory_s } => {
                check_rate("rate_hz", rate_hz)?;
                let fits = refractory_s >= 0.0 && rate_hz * refractory_s < 1.0;
                check("refractory_s", refractory_s, fits, "give a time from 0 s and below 1 / rate_hz")?;
            }
            Self::Gamma { rate_hz, shape } => {
                check_rate("rate_hz", rate_hz)?;
                check("shape", shape, shape.is_finite() && shape > 0.0, "give a finite shape above 0")?;
            }
            Self::Regular { rate_hz, jitter_s } => {
                check_rate("rate_hz", rate_hz)?;
                let fits = jitter_s.is_finite() && jitter_s >= 0.0;
                check("jitter_s", jitter_s, fits, "give a finite time from 0 s")?;
            }
        }
        Ok(self)
    }

    /// One train, ascending.
    fn train(self, span: Span, mut stream: Stream) -> Vec<f64> {
        match self {
            Self::Poisson { rate_hz: 0.0, .. }
            | Self::Gamma { rate_hz: 0.0, .. }
            | Self::Regular { rate_hz: 0.0, .. } => Vec::new(),
            Self::Poisson { rate_hz, refractory_s } => {
                let mean_s = 1.0 / rate_hz - refractory_s;
                // The rest of an interval has density r up to d, and falls off as the intervals do beyond.
                let rest_s = if uniform(&mut stream) <= rate_hz * refractory_s {
                    refractory_s * uniform(&mut stream)
                } else {
                    refractory_s + mean_s * exponential(&mut stream)
                };
                renewal(span, rest_s, || refractory_s + mean_s * exponential(&mut stream))
            }
            Self::Gamma { rate_hz, shape } => {
                let scale_s = 1.0 / (shape * rate_hz);
                // An interval weighted by its length is gamma of shape k + 1.
                let rest_s = uniform(&mut stream) * scale_s * gamma(&mut stream, shape + 1.0);
                renewal(span, rest_s, || scale_s * gamma(&mut stream, shape))
            }
            Self::Regular { rate_hz, jitter_s } => {
                let phase = uniform(&mut stream);
                let first = -(REACH * jitter_s * rate_hz).ceil();
                let last = (span.stop_s - span.start_s + REACH * jitter_s) * rate_hz;
                let mut times_s = Vec::new();
                let mut n = first;
                while n + phase <= last {
                    let time_s = span.start_s + (n + phase) / rate_hz + jitter_s * normal(&mut stream);
                    if time_s >= span.start_s && time_s <= span.stop_s {
                        times_s.push(time_s);
                    }
                    n += 1.0;
                }
                times_s.sort_unstable_by(f64::total_cmp);
                times_s
            }
        }
    }
}

/// Spikes from `rest_s` after the start of the span on, an interval apart.
fn renewal(span: Span, rest_s: f64, mut interval_s: impl FnMut() -> f64) -> Vec<f64> {
    let mut times_s = Vec::new();
    let mut time_s = span.start_s + rest_s;
    while time_s <= span.stop_s {
        times_s.push(time_s);
        time_s += interval_s();
    }
    times_s
}
