//! Variability of inter-spike intervals I_1, ..., I_N: how irregular a train is.
//!
//! | | definition | source |
//! |---|---|---|
//! | CV | sqrt(mean((I - mean I)^2)) / mean I | divisor N |
//! | CV2 | 2 mean(abs(I' - I) / (I' + I)) | Holt et al., J Neurophysiol 75 (1996) 1806 |
//! | LV | 3 mean(((I' - I) / (I' + I))^2) | Shinomoto et al., Neural Comput 15 (2003) 2823 |
//! | LvR | 3 mean((1 - 4 I I' / (I + I')^2) (1 + 4 R / (I + I'))) | Shinomoto et al., PLoS Comput Biol 5 (2009) e1000433 |
//!
//! with I, I' successive intervals and the means over their N - 1 pairs. All are 1 for a Poisson process in expectation (LvR
//! for R = 0) and 0 for a regular train. CV needs one interval, the others two.

/// The four measures of one train, from one pass over it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variability {
    /// Coefficient of variation.
    pub cv: f64,
    /// Local coefficient of variation of Holt et al.
    pub cv2: f64,
    /// Local variation.
    pub lv: f64,
    /// Local variation with refractoriness removed.
    pub lvr: f64,
}

impl Variability {
    /// The measures of a train, with a refractory period of `refractory_s` for LvR (5 ms in the paper).
    ///
    /// ```
    /// let of = |times: &[f64]| synfire_analysis::intervals::Variability::of(times, 0.005);
    /// assert_eq!(of(&[0.0, 1.0, 4.0]).cv2, 1.0);
    /// assert_eq!(of(&[0.0, 1.0]).cv, 0.0);
    /// assert!(of(&[0.0, 1.0]).lv.is_nan() && of(&[]).cv.is_nan() && of(&[1.0, 1.0, 1.0]).lv.is_nan());
    /// ```
    #[must_use]
    pub fn of(times_s: &[f64], refractory_s: f64) -> Self {
        let count = times_s.len().saturating_sub(1) as f64;
        let span_s = times_s.last().zip(times_s.first()).map_or(f64::NAN, |(last, first)| last - first);
        let mean = span_s / count;
        let (mut squares, mut differences, mut local, mut refractory) = (0.0, 0.0, 0.0, 0.0);
        if let [first, second, ..] = times_s {
            squares = (second - first - mean).powi(2);
        }
        for t in times_s.windows(3) {
            let (before, after) = (t[1] - t[0], t[2] - t[1]);
            let sum = t[2] - t[0];
            let contrast = (after - before) / sum;
            squares += (after - mean).powi(2);
            differences += contrast.abs();
            local += contrast * contrast;
            refractory += contrast * contrast * (1.0 + 4.0 * refractory_s / sum);
        }
        let pairs = if count >= 2.0 { count - 1.0 } else { f64::NAN };
        Self {
            cv: (squares / count).sqrt() / mean,
            cv2: 2.0 * differences / pairs,
            lv: 3.0 * local / pairs,
            lvr: 3.0 * refractory / pairs,
        }
    }
}

/// Coefficient of variation of the intervals; NaN for fewer than two spikes and where all times are identical.
///
/// ```
/// assert_eq!(synfire_analysis::intervals::cv(&[0.0, 1.0, 4.0]), 0.5);
/// ```
#[must_use]
pub fn cv(times_s: &[f64]) -> f64 {
    let count = times_s.len().saturating_sub(1) as f64;
    let span_s = times_s.last().zip(times_s.first()).map_or(f64::NAN, |(last, first)| last - first);
    let mean = span_s / count;
    let square = |before: f64, after: f64| (after - before - mean).powi(2);
    let last = if let [.., before, after] = times_s { square(*before, *after) } else { 0.0 };
    let squares = last + sum_over_triples(times_s, |before, middle, _| square(before, middle));
    (squares / count).sqrt() / mean
}

/// CV2 of the intervals; NaN for fewer than three spikes, and where three successive times are identical.
///
/// ```
/// assert_eq!(synfire_analysis::intervals::cv2(&[0.0, 1.0, 4.0, 7.0]), 0.5);
/// ```
#[must_use]
pub fn cv2(times_s: &[f64]) -> f64 {
    2.0 * mean_over_pairs(times_s, |contrast, _| contrast.abs())
}

/// LV of the intervals; NaN as for [`cv2`].
///
/// ```
/// assert_eq!(synfire_analysis::intervals::lv(&[0.0, 1.0, 4.0]), 0.75);
/// ```
#[must_use]
pub fn lv(times_s: &[f64]) -> f64 {
    3.0 * mean_over_pairs(times_s, |contrast, _| contrast * contrast)
}

/// LvR of the intervals for a refractory period of `refractory_s` (5 ms in the paper); NaN as for [`cv2`].
///
/// ```
/// assert_eq!(synfire_analysis::intervals::lvr(&[0.0, 1.0, 4.0], 1.0), 1.5);
/// ```
#[must_use]
pub fn lvr(times_s: &[f64], refractory_s: f64) -> f64 {
    3.0 * mean_over_pairs(times_s, |contrast, sum| contrast * contrast * (1.0 + 4.0 * refractory_s / sum))
}

/// The mean over successive intervals I, I' of a function of (I' - I) / (I' + I) and I' + I. As
/// 1 - 4 I I' / (I + I')^2 is the square of the first, it serves LvR too.
fn mean_over_pairs(times_s: &[f64], value: impl Fn(f64, f64) -> f64) -> f64 {
    let total = sum_over_triples(times_s, |before, middle, after| {
        let sum = after - before;
        value(((after - middle) - (middle - before)) / sum, sum)
    });
    total / times_s.len().saturating_sub(2) as f64
}

/// Sums a function of each three successive times. Eight sums run side by side, so that no addition waits for the one before.
fn sum_over_triples(times_s: &[f64], value: impl Fn(f64, f64, f64) -> f64) -> f64 {
    let chunks = |from: usize| times_s.get(from..).unwrap_or_default().as_chunks::<8>().0;
    let mut sums = [0.0; 8];
    for ((before, middle), after) in chunks(0).iter().zip(chunks(1)).zip(chunks(2)) {
        sums = std::array::from_fn(|i| sums[i] + value(before[i], middle[i], after[i]));
    }
    let rest = times_s.get(8 * chunks(2).len()..).unwrap_or_default();
    sums.iter().sum::<f64>() + rest.windows(3).map(|t| value(t[0], t[1], t[2])).sum::<f64>()
}
