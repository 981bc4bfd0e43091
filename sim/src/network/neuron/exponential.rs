//! The exponential function in a form that loops over neurons vectorise.

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
}
