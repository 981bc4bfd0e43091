//! Scales of least squared error: those that change what a projection puts out the least, on inputs of known size.
//!
//! With weights w of an output and a group of inputs, and m_i the mean square of input i, the scale s minimises
//!
//! ```text
//! E(s) = sum over the group of m_i (w_i - s q_i)^2,    q_i = round_half_even(w_i / s) clamped to -127..=127
//! ```
//!
//! which is the mean squared error of the output as far as inputs are uncorrelated. Candidates are the scale of the absolute
//! maximum times 1, 0.98, ..., 0.7 (clipping more and more); to each belongs the s that is best for its q,
//! `sum m w q / sum m q^2`. The best of all is taken, so the error is never above that of the absolute maximum.

use super::QuantisationError;
use crate::checkpoint::{DenseMatrix, GROUP_SIZE};
use rayon::prelude::*;

/// Clipping ratios that are tried, in fiftieths.
const RATIOS: std::ops::RangeInclusive<u8> = 35..=50;

/// Scales of a matrix, `[outputs, groups]`, and what they save.
pub(super) fn of_matrix(weight: &DenseMatrix, mean_squares: &[f64]) -> (Vec<f32>, QuantisationError) {
    let rows: Vec<(Vec<f32>, QuantisationError)> = (0..weight.rows())
        .into_par_iter()
        .map_init(
            || vec![0.0; weight.cols()],
            |row, output| {
                weight.row_into(output, row);
                let mut sum = QuantisationError::default();
                let groups = row.chunks(GROUP_SIZE).zip(mean_squares.chunks(GROUP_SIZE));
                let scales = groups.map(|(weights, mean_squares)| {
                    let scale = least_error(weights, mean_squares);
                    sum.absolute_maximum += error(weights, mean_squares, absolute_maximum(weights));
                    sum.calibrated += error(weights, mean_squares, scale);
                    scale
                });
                (scales.collect(), sum)
            },
        )
        .collect();
    let sum = rows.iter().fold(QuantisationError::default(), |sum, (_, row)| QuantisationError {
        absolute_maximum: sum.absolute_maximum + row.absolute_maximum,
        calibrated: sum.calibrated + row.calibrated,
    });
    (rows.into_iter().flat_map(|(scales, _)| scales).collect(), sum)
}

/// The scale of the absolute maximum, as [`crate::checkpoint::QuantisedLinear::quantise`] takes it.
fn absolute_maximum(weights: &[f32]) -> f32 {
    let scale = weights.iter().fold(0.0f32, |m, w| m.max(w.abs())) / 127.0;
    if scale > 0.0 { scale } else { 1.0 }
}

/// The scale of least error of one group.
fn least_error(weights: &[f32], mean_squares: &[f64]) -> f32 {
    let absolute_maximum = absolute_maximum(weights);
    let mut best = (error(weights, mean_squares, absolute_maximum), absolute_maximum);
    for ratio in RATIOS.rev() {
        let clipped = absolute_maximum * f32::from(ratio) / 50.0;
        for scale in [clipped, refined(weights, mean_squares, clipped)] {
            let error = error(weights, mean_squares, scale);
            if scale > 0.0 && error < best.0 {
                best = (error, scale);
            }
        }
    }
    best.1
}

/// The best scale for the integers that `scale` rounds to; `scale` itself where they are all 0 or inputs are silent.
fn refined(weights: &[f32], mean_squares: &[f64], scale: f32) -> f32 {
    let (mut cross, mut square) = (0.0, 0.0);
    for (w, m) in weights.iter().zip(mean_squares) {
        let q = f64::from(rounded(*w, scale));
        cross += m * f64::from(*w) * q;
        square += m * q * q;
    }
    let best = (cross / square) as f32;
    if best.is_finite() && best > 0.0 { best } else { scale }
}

/// E(s).
fn error(weights: &[f32], mean_squares: &[f64], scale: f32) -> f64 {
    let term = |(w, m): (&f32, &f64)| {
        let residue = f64::from(*w - scale * rounded(*w, scale));
        m * residue * residue
    };
    weights.iter().zip(mean_squares).map(term).sum()
}

fn rounded(weight: f32, scale: f32) -> f32 {
    (weight / scale).round_ties_even().clamp(-127.0, 127.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_outlier_that_meets_silent_inputs_is_clipped() {
        let mut weights = vec![0.02; 128];
        weights[0] = 4.0;
        let mut mean_squares = vec![1.0; 128];
        let heard = least_error(&weights, &mean_squares);
        mean_squares[0] = 0.0;
        let silent = least_error(&weights, &mean_squares);
        assert!(silent < 0.7 * heard, "{silent} {heard}");
    }

    proptest! {
        #[test]
        fn neither_the_absolute_maximum_nor_any_clipping_errs_less(
            weights in prop::collection::vec(-1.0f32..1.0, 1..130),
            mean_squares in prop::collection::vec(0.0f64..4.0, 130),
        ) {
            let found = error(&weights, &mean_squares, least_error(&weights, &mean_squares));
            let largest = absolute_maximum(&weights);
            for ratio in RATIOS {
                let clipped = error(&weights, &mean_squares, largest * f32::from(ratio) / 50.0);
                prop_assert!(found <= clipped, "{} at {}, {}", clipped, ratio, found);
            }
        }
    }
}
