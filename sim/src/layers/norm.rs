//! RMSNorm: `rms_norm(x) = w x / sqrt(mean(x^2) + eps)`, in f32.

use ndarray::Array2;
use rayon::prelude::*;

/// Norm over the last axis with weight `w`.
#[derive(Debug)]
pub(crate) struct RmsNorm {
    weight: Vec<f32>,
    eps: f32,
}

impl RmsNorm {
    pub(crate) fn new(weight: Vec<f32>, eps: f32) -> Self {
        Self { weight, eps }
    }

    /// Norms each row of `x` `[tokens, width]`.
    pub(crate) fn forward(&self, x: &Array2<f32>) -> Array2<f32> {
        let mut out = x.clone();
        if let Some(values) = out.as_slice_mut() {
            values.par_chunks_mut(self.weight.len()).for_each(|row| self.in_place(row));
        }
        out
    }

    /// Norms one vector.
    pub(crate) fn in_place(&self, x: &mut [f32]) {
        let square: f32 = x.iter().map(|v| v * v).sum();
        let scale = 1.0 / (square / x.len() as f32 + self.eps).sqrt();
        for (v, w) in x.iter_mut().zip(&self.weight) {
            *v *= scale * w;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_square_becomes_one_before_the_weight() {
        let mut x = [3.0, -4.0];
        RmsNorm::new(vec![1.0, 2.0], 0.0).in_place(&mut x);
        let rms = 12.5f32.sqrt();
        assert!((x[0] - 3.0 / rms).abs() < 1e-6 && (x[1] + 8.0 / rms).abs() < 1e-6, "{x:?}");
    }
}
