//! Exponential functions in a form that loops over neurons vectorise.

/// exp(x) for x from -700 to 700, to 2 units in the last place; smaller and larger x are taken as these.
///
/// `exp(x) = 2^k exp(r)` with `k = round(x / ln 2)`, `|r| <= ln 2 / 2` and the Taylor polynomial of degree 13, whose remainder is
/// below 5e-18.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    /// 1.5 * 2^52: a number added to it is rounded to an integer, which stands in the low bits of the sum.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    /// ln 2 in two parts; the product of the first with k is exact.
    const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
    let x = x.clamp(-700.0, 700.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = x - k * LN_2[0] - k * LN_2[1];
    let r2 = r * r;
    let r4 = r2 * r2;
    let low = (1.0 + r) + r2 * (0.5 + r * (1.0 / 6.0));
    let middle = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5040.0));
    let high = (1.0 / 40_320.0 + r * (1.0 / 362_880.0)) + r2 * (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0));
    let top = 1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0);
    let polynomial = low + r4 * (middle + r4 * (high + r4 * top));
    polynomial * f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

/// Largest z of [`mean_decay_below`].
pub(super) const SHORT: f64 = 0.5;

/// `(1 - exp(-z)) / z` for z from 0 to [`SHORT`], to 2e-12 of it: 1 and z times the polynomial of degree 6 through Chebyshev's
/// nodes. Neither division nor exponential.
#[inline(always)]
pub(super) fn mean_decay_below(z: f64) -> f64 {
    let z2 = z * z;
    let low = z2.mul_add(
        z.mul_add(-0.041_666_652_763_757_7, 0.166_666_666_233_351_83),
        z.mul_add(-0.499_999_999_997_790_4, 1.0),
    );
    let high = z2.mul_add(
        z.mul_add(-2.045_466_057_763_32e-5, 0.000_195_526_973_299_87),
        z.mul_add(-0.001_387_921_540_199_345_6, 0.008_333_165_614_689_341),
    );
    (z2 * z2).mul_add(high, low)
}

/// The same for any other z.
#[inline(always)]
pub(super) fn mean_decay(z: f64) -> f64 {
    (1.0 - exp(-z)) / z
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_exponential_to_two_units_in_the_last_place() {
        for i in -140_000..=140_000 {
            let x = f64::from(i) * 0.005 + 1e-4;
            let (found, right) = (exp(x), x.clamp(-700.0, 700.0).exp());
            assert!((found / right - 1.0).abs() <= 2.0 * f64::EPSILON, "{x}: {found} {right}");
        }
        assert_eq!((exp(0.0), exp(-1e9)), (1.0, exp(-700.0)));
    }

    #[test]
    fn the_mean_decay_is_as_exact_as_said() {
        assert_eq!(mean_decay_below(0.0), 1.0);
        for i in 1..=100_000 {
            let z = f64::from(i) * 1e-5;
            let right = -(-z).exp_m1() / z;
            let (found, error) =
                if z <= SHORT { (mean_decay_below(z), 2e-12) } else { (mean_decay(z), 1e-15) };
            assert!((found / right - 1.0).abs() <= error, "{z}: {found} {right}");
        }
    }
}
