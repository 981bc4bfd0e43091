//! Random streams, and the numbers that processes draw from them.

use rand::RngExt;
use rand_pcg::Pcg64Dxsm;

/// The random stream of one unit.
pub(crate) type Stream = Pcg64Dxsm;

/// The stream number `index` of a seed: a sequence of its own that starts at a point of its own.
pub(crate) fn stream(seed: u64, index: u64) -> Stream {
    let (high, low) = (mixed(seed), mixed(seed ^ mixed(index)));
    Stream::new(u128::from(high) << 64 | u128::from(low), u128::from(index))
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014), one to one and without pattern.
fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

/// Uniform in (0, 1].
pub(crate) fn uniform(stream: &mut Stream) -> f64 {
    1.0 - stream.random::<f64>()
}

/// Exponential of mean 1.
pub(crate) fn exponential(stream: &mut Stream) -> f64 {
    -uniform(stream).ln()
}

/// Normal of mean 0 and standard deviation 1 (Box and Muller 1958).
pub(crate) fn normal(stream: &mut Stream) -> f64 {
    (2.0 * exponential(stream)).sqrt() * (std::f64::consts::TAU * uniform(stream)).cos()
}

/// Gamma of `shape` and mean `shape` (Marsaglia and Tsang 2000); shapes below 1 by G(k) = G(k + 1) U^(1/k).
pub(crate) fn gamma(stream: &mut Stream, shape: f64) -> f64 {
    if shape < 1.0 {
        return gamma(stream, shape + 1.0) * uniform(stream).powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(stream);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && uniform(stream).ln() < 0.5 * x * x + d * (1.0 - v + v.ln()) {
            return d * v;
        }
    }
}
