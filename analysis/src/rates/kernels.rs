//! Kernels for rate estimation: densities over time whose standard deviation is sigma.
//!
//! With a = |t| / tau, and s the sign that [`Kernel::reversed`] flips, the densities in 1/s are
//!
//! | shape | density | tau |
//! |---|---|---|
//! | Gaussian | exp(-a^2 / 2) / (sqrt(2 pi) tau) | sigma |
//! | rectangular | 1 / (2 tau) for a < 1 | sqrt(3) sigma |
//! | triangular | (1 - a) / tau for a < 1 | sqrt(6) sigma |
//! | Epanechnikov | 3 (1 - a^2) / (4 tau) for a < 1 | sqrt(5) sigma |
//! | Laplacian | exp(-a) / (2 tau) | sigma / sqrt(2) |
//! | exponential | exp(-a) / tau for t >= 0 | sigma |
//! | alpha | a exp(-a) / tau for t >= 0 | sigma / sqrt(2) |
//!
//! as in Elephant 1.2.1 (`elephant.kernels`) and Nawrot et al., J Neurosci Methods 94 (1999) 81.

use std::f64::consts::{LN_2, PI, SQRT_2};

/// Median of the alpha kernel by its tau: the root of (1 + x) exp(-x) = 1/2. Elephant's search for it fails for some sigma
/// (0.03 to 0.04 s, say) and then shifts the rate by more than tau.
const ALPHA_MEDIAN: f64 = 1.678_346_990_016_660_7;

/// The form of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Normal density.
    Gaussian,
    /// Boxcar.
    Rectangular,
    /// Triangle.
    Triangular,
    /// Parabola.
    Epanechnikov,
    /// Two-sided exponential.
    Laplacian,
    /// Causal exponential decay.
    Exponential,
    /// Causal alpha function, as of a synapse.
    Alpha,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 7] = [
        Self::Gaussian,
        Self::Rectangular,
        Self::Triangular,
        Self::Epanechnikov,
        Self::Laplacian,
        Self::Exponential,
        Self::Alpha,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gaussian => "gaussian",
            Self::Rectangular => "rectangular",
            Self::Triangular => "triangular",
            Self::Epanechnikov => "epanechnikov",
            Self::Laplacian => "laplacian",
            Self::Exponential => "exponential",
            Self::Alpha => "alpha",
        }
    }

    /// tau for a sigma of 1.
    fn tau(self) -> f64 {
        match self {
            Self::Gaussian | Self::Exponential => 1.0,
            Self::Rectangular => 3f64.sqrt(),
            Self::Triangular => 6f64.sqrt(),
            Self::Epanechnikov => 5f64.sqrt(),
            Self::Laplacian | Self::Alpha => 1.0 / SQRT_2,
        }
    }
}

/// The name is not one of [`Shape::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown kernel '{0}'; choose one of gaussian, rectangular, triangular, epanechnikov, laplacian, exponential, alpha"
)]
pub struct UnknownShape(pub String);

impl std::str::FromStr for Shape {
    type Err = UnknownShape;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|s| s.name() == name).ok_or_else(|| UnknownShape(name.to_owned()))
    }
}

/// A kernel: a density of integral 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kernel {
    /// Its form.
    pub shape: Shape,
    /// Its standard deviation in seconds; of the exponential its time constant, as the standard deviation is.
    pub sigma_s: f64,
    /// Whether time runs backwards: an anticausal exponential or alpha function. Nothing for symmetric shapes.
    pub reversed: bool,
}

impl Kernel {
    /// A kernel that is not reversed.
    #[must_use]
    pub fn new(shape: Shape, sigma_s: f64) -> Self {
        Self { shape, sigma_s, reversed: false }
    }

    /// Density at `t_s` in 1/s.
    ///
    /// ```
    /// use synfire_analysis::rates::{Kernel, Shape};
    /// let kernel = Kernel::new(Shape::Exponential, 0.1);
    /// assert_eq!((kernel.density(0.0), kernel.density(-0.1)), (10.0, 0.0));
    /// ```
    #[must_use]
    pub fn density(&self, t_s: f64) -> f64 {
        let tau = self.shape.tau() * self.sigma_s;
        let x = self.oriented(t_s) / tau;
        let a = x.abs();
        let by_tau = match self.shape {
            Shape::Gaussian => (-0.5 * a * a).exp() / (2.0 * PI).sqrt(),
            Shape::Rectangular => f64::from(u8::from(a < 1.0)) / 2.0,
            Shape::Triangular => (1.0 - a).max(0.0),
            Shape::Epanechnikov => 0.75 * (1.0 - a * a).max(0.0),
            Shape::Laplacian => 0.5 * (-a).exp(),
            Shape::Exponential if x >= 0.0 => (-x).exp(),
            Shape::Alpha if x >= 0.0 => x * (-x).exp(),
            Shape::Exponential | Shape::Alpha => 0.0,
        };
        by_tau / tau
    }

    /// Integral of the density up to `t_s`.
    #[must_use]
    pub fn cumulative(&self, t_s: f64) -> f64 {
        let x = self.oriented(t_s) / (self.shape.tau() * self.sigma_s);
        let within = x.clamp(-1.0, 1.0);
        let share = match self.shape {
            Shape::Gaussian => 0.5 * libm::erfc(-x / SQRT_2),
            Shape::Rectangular => 0.5 * (1.0 + within),
            Shape::Triangular => 0.5 + within - 0.5 * within * within.abs(),
            Shape::Epanechnikov => 0.5 + 0.75 * (within - within.powi(3) / 3.0),
            Shape::Laplacian if x < 0.0 => 0.5 * x.exp(),
            Shape::Laplacian => 1.0 - 0.5 * (-x).exp(),
            Shape::Exponential => -(-x.max(0.0)).exp_m1(),
            Shape::Alpha => 1.0 - (1.0 + x.max(0.0)) * (-x.max(0.0)).exp(),
        };
        if self.flips() { 1.0 - share } else { share }
    }

    /// The time in seconds on either side of which half of the density lies.
    #[must_use]
    pub fn median_s(&self) -> f64 {
        let median_s = match self.shape {
            Shape::Exponential => LN_2 * self.sigma_s,
            Shape::Alpha => ALPHA_MEDIAN * self.shape.tau() * self.sigma_s,
            _ => 0.0,
        };
        self.oriented(median_s)
    }

    /// The least multiple of sigma at which the kernel may be cut off: its end, or 3 where it has none.
    #[must_use]
    pub fn least_cutoff(&self) -> f64 {
        match self.shape {
            Shape::Rectangular | Shape::Triangular | Shape::Epanechnikov => self.shape.tau(),
            _ => 3.0,
        }
    }

    fn flips(&self) -> bool {
        self.reversed && matches!(self.shape, Shape::Exponential | Shape::Alpha)
    }

    fn oriented(&self, t_s: f64) -> f64 {
        if self.flips() { -t_s } else { t_s }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn kernels() -> impl Iterator<Item = Kernel> {
        Shape::ALL
            .into_iter()
            .flat_map(|shape| [false, true].map(|reversed| Kernel { shape, sigma_s: 0.07, reversed }))
    }

    #[test]
    fn every_kernel_is_a_density_with_standard_deviation_sigma() {
        for kernel in kernels() {
            let (step, reach) = (1e-5, 2.0);
            let (mut mass, mut first, mut second) = (0.0, 0.0, 0.0);
            let mut t = -reach + 0.5 * step;
            while t < reach {
                let p = kernel.density(t) * step;
                mass += p;
                first += p * t;
                second += p * t * t;
                t += step;
            }
            let sigma = (second - first * first).sqrt();
            assert!((mass - 1.0).abs() < 1e-4, "{kernel:?} has mass {mass}");
            assert!((sigma / kernel.sigma_s - 1.0).abs() < 1e-4, "{kernel:?} has deviation {sigma}");
        }
    }

    #[test]
    fn the_cumulative_is_the_integral_of_the_density_and_one_half_at_the_median() {
        for kernel in kernels() {
            assert!((kernel.cumulative(kernel.median_s()) - 0.5).abs() < 1e-14, "{kernel:?}");
            for t in [-0.16, -0.03, 0.011, 0.12] {
                let h = 1e-6;
                let slope = (kernel.cumulative(t + h) - kernel.cumulative(t - h)) / (2.0 * h);
                assert!((slope - kernel.density(t)).abs() < 1e-6, "{kernel:?} at {t}");
            }
        }
    }

    #[test]
    fn a_kernel_is_known_by_its_name() {
        for shape in Shape::ALL {
            assert_eq!(shape.name().parse::<Shape>().unwrap(), shape);
        }
        assert!("boxcar".parse::<Shape>().unwrap_err().to_string().contains("rectangular"));
    }
}
