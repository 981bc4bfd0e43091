//! Inter-spike intervals of one unit, spike by spike.
//!
//! The measures are those of [`Variability`]; the variance is summed up by Welford's recurrence (Technometrics 4 (1962) 419),
//! whose result differs from the two passes over a train in memory by rounding alone.

use crate::intervals::Variability;

/// What is kept of a unit: 72 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunningIntervals {
    pub(super) spikes: u64,
    first_s: f64,
    last_s: f64,
    /// Last interval in seconds; NaN before the first.
    interval_s: f64,
    mean_s: f64,
    squares: f64,
    differences: f64,
    local: f64,
    refractory: f64,
}

impl RunningIntervals {
    pub(super) const NEW: Self = Self {
        spikes: 0,
        first_s: f64::NAN,
        last_s: f64::NAN,
        interval_s: f64::NAN,
        mean_s: 0.0,
        squares: 0.0,
        differences: 0.0,
        local: 0.0,
        refractory: 0.0,
    };

    /// Takes a spike that is not before the last; gives the interval that it ends, if it is not the first.
    #[inline]
    pub(super) fn observe(&mut self, time_s: f64, refractory_s: f64) -> Option<f64> {
        self.spikes += 1;
        if self.spikes == 1 {
            (self.first_s, self.last_s) = (time_s, time_s);
            return None;
        }
        let after = time_s - self.last_s;
        let deviation = after - self.mean_s;
        self.mean_s += deviation / (self.spikes - 1) as f64;
        self.squares += deviation * (after - self.mean_s);
        if self.spikes > 2 {
            let sum = after + self.interval_s;
            let contrast = (after - self.interval_s) / sum;
            let square = contrast * contrast;
            self.differences += contrast.abs();
            self.local += square;
            self.refractory += square * (1.0 + 4.0 * refractory_s / sum);
        }
        self.interval_s = after;
        self.last_s = time_s;
        Some(after)
    }

    /// Mean interval in seconds; NaN for fewer than two spikes.
    pub(super) fn mean_s(&self) -> f64 {
        if self.spikes < 2 {
            return f64::NAN;
        }
        (self.last_s - self.first_s) / (self.spikes - 1) as f64
    }

    /// The measures of variability.
    pub(super) fn variability(&self) -> Variability {
        let count = self.spikes.saturating_sub(1) as f64;
        let pairs = if count >= 2.0 { count - 1.0 } else { f64::NAN };
        Variability {
            cv: (self.squares / count).sqrt() / self.mean_s(),
            cv2: 2.0 * self.differences / pairs,
            lv: 3.0 * self.local / pairs,
            lvr: 3.0 * self.refractory / pairs,
        }
    }
}
