//! Rotary position embedding, half rotation: channels i and i + K/2 of a head turn by `position theta^(-2i/K)`.

/// Angles of a head of size K.
#[derive(Debug)]
pub(crate) struct Rope {
    inverse_frequencies: Vec<f32>,
}

impl Rope {
    pub(crate) fn new(head_size: usize, theta: f32) -> Self {
        let exponent = |i: usize| (2 * i) as f32 / head_size as f32;
        Self { inverse_frequencies: (0..head_size / 2).map(|i| 1.0 / theta.powf(exponent(i))).collect() }
    }

    /// Turns every head of `heads` (`[heads, K]`, flat) to `position`.
    pub(crate) fn rotate(&self, heads: &mut [f32], position: usize) {
        let half = self.inverse_frequencies.len();
        let turns: Vec<(f32, f32)> =
            self.inverse_frequencies.iter().map(|f| (position as f32 * f).sin_cos()).collect();
        for head in heads.chunks_exact_mut(2 * half) {
            let (low, high) = head.split_at_mut(half);
            for ((a, b), (sin, cos)) in low.iter_mut().zip(high).zip(&turns) {
                (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_depend_on_the_distance_of_positions_only() {
        let rope = Rope::new(8, 10_000.0);
        let product = |p: usize, q: usize| -> f32 {
            let mut a = [0.3, -1.0, 0.5, 2.0, 1.1, 0.2, -0.7, 0.9];
            let mut b = [1.0, 0.4, -0.2, 0.8, -0.5, 1.5, 0.6, -1.2];
            rope.rotate(&mut a, p);
            rope.rotate(&mut b, q);
            a.iter().zip(&b).map(|(a, b)| a * b).sum()
        };
        assert!((product(7, 3) - product(104, 100)).abs() < 1e-4);
        assert!((product(7, 3) - product(7, 4)).abs() > 1e-3);
    }
}
