//! Random numbers by position: number i of a tensor is a function of seed, name and i, so that a tensor can be filled in any
//! order and by any number of threads.
//!
//! Bits are those of SplitMix64 (Steele, Lea and Flood 2014), whose i-th output depends on its seed and i alone. Weights are
//! Laplace of variance 1, by inversion: `x = +-ln(u) / sqrt 2`; its tails, `exp(-sqrt 2 |x|)`, are about as long as those of
//! trained models.

use std::f32::consts::{FRAC_1_SQRT_2, TAU};

/// The random numbers of one tensor.
#[derive(Debug, Clone, Copy)]
pub(in crate::checkpoint) struct Numbers(u64);

impl Numbers {
    /// Those of the tensor `name` under `seed`.
    pub(in crate::checkpoint) fn of(seed: u64, name: &str) -> Self {
        /// FNV-1a.
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let hash = name.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
        Self(mix(seed ^ mix(hash)))
    }

    /// Output `index` of SplitMix64.
    fn bits(self, index: u64) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        mix(self.0.wrapping_add(index.wrapping_add(1).wrapping_mul(STEP)))
    }

    /// Laplace of variance 1.
    pub(in crate::checkpoint) fn laplace(self, index: u64) -> f32 {
        let bits = self.bits(index);
        let magnitude = -unit(bits >> 40).ln() * FRAC_1_SQRT_2;
        if bits & 1 == 0 { magnitude } else { -magnitude }
    }

    /// Normal of variance 1 (Box and Muller 1958).
    pub(in crate::checkpoint) fn normal(self, index: u64) -> f32 {
        let bits = self.bits(index);
        (-2.0 * unit(bits >> 40).ln()).sqrt() * (TAU * unit(bits & 0xff_ffff)).cos()
    }

    /// Uniform in (0, 1].
    pub(in crate::checkpoint) fn uniform(self, index: u64) -> f32 {
        unit(self.bits(index) >> 40)
    }
}

/// 24 bits as a number in (0, 1].
fn unit(bits: u64) -> f32 {
    (bits + 1) as f32 / (1u32 << 24) as f32
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_splitmix64() {
        let outputs = [0, 1, 2, 3, 4].map(|i| Numbers(1_234_567).bits(i));
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(outputs, published);
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        const COUNT: u64 = 200_000;
        let moments = |draw: fn(Numbers, u64) -> f32| {
            let numbers = Numbers::of(7, "model.layers.0.mlp.up_proj.weight");
            let of = |power: i32| {
                (0..COUNT).map(|i| f64::from(draw(numbers, i)).powi(power)).sum::<f64>() / COUNT as f64
            };
            [of(1), of(2), of(4)]
        };
        for (moments, fourth) in [(moments(Numbers::laplace), 6.0), (moments(Numbers::normal), 3.0)] {
            let [mean, variance, kurtosis] = moments;
            assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02, "{moments:?}");
            assert!((kurtosis - fourth).abs() < 0.05 * fourth, "{moments:?}");
        }
    }
}
