//! Information and entropy of spike trains, in bits.
//!
//! Entropies are of plug-in (relative) frequencies, H = -sum p log2 p, which are too low by about (K - 1) / (2 N ln 2) for K
//! outcomes seen in N samples; [`Correction::MillerMadow`] adds that (Miller 1955).
//! Words follow Strong et al., Phys Rev Lett 80 (1998) 197; information of a spike about a rate profile Brenner et al.,
//! Neural Comput 12 (2000) 1531, and about a place Skaggs et al., NIPS 5 (1993) 1030.

use crate::intervals::IsiHistogram;
use crate::rates::{Bins, RateError};
use std::f64::consts::LN_2;

/// What is added to an entropy for its bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Correction {
    /// Nothing.
    #[default]
    None,
    /// (K - 1) / (2 N ln 2) for K outcomes seen in N samples.
    MillerMadow,
}

/// Entropy in bits of how often each outcome was seen. NaN if nothing was seen.
///
/// ```
/// use synfire_analysis::information::{Correction, entropy_bits};
/// assert_eq!(entropy_bits(&[5, 5, 0, 5, 5], Correction::None), 2.0);
/// assert!(entropy_bits(&[0], Correction::None).is_nan());
/// ```
#[must_use]
pub fn entropy_bits(frequencies: &[u64], correction: Correction) -> f64 {
    let samples = frequencies.iter().sum::<u64>() as f64;
    if samples == 0.0 {
        return f64::NAN;
    }
    let seen = frequencies.iter().filter(|n| **n > 0);
    let (mut outcomes, mut entropy) = (0.0, 0.0);
    for &n in seen {
        let p = n as f64 / samples;
        entropy -= p * p.log2();
        outcomes += 1.0;
    }
    match correction {
        Correction::None => entropy,
        Correction::MillerMadow => entropy + (outcomes - 1.0) / (2.0 * samples * LN_2),
    }
}

/// Entropy in bits of the spike count in windows of `window_s`.
///
/// # Errors
/// As for [`Bins::new`].
///
/// ```
/// use synfire_analysis::information::{Correction, count_entropy_bits};
/// assert_eq!(count_entropy_bits(&[0.1, 2.1, 3.1, 3.2], 0.0, 4.0, 1.0, Correction::None)?, 1.5);
/// # Ok::<(), synfire_analysis::rates::RateError>(())
/// ```
pub fn count_entropy_bits(
    times_s: &[f64],
    start_s: f64,
    stop_s: f64,
    window_s: f64,
    correction: Correction,
) -> Result<f64, RateError> {
    Ok(entropy_bits(&runs(Bins::new(start_s, stop_s, window_s)?.counts(times_s)), correction))
}

/// Entropy in bits of the intervals in the bins of a histogram, those below and above it being one outcome each.
///
/// ```
/// use synfire_analysis::information::{Correction, isi_entropy_bits};
/// let histogram = synfire_analysis::intervals::isi_histogram(&[0.0, 0.5, 2.0, 2.5, 4.0], 1.0, 2.0)?;
/// assert_eq!(isi_entropy_bits(&histogram, Correction::None), 1.0);
/// # Ok::<(), synfire_analysis::rates::RateError>(())
/// ```
#[must_use]
pub fn isi_entropy_bits(histogram: &IsiHistogram, correction: Correction) -> f64 {
    let IsiHistogram { counts, below, above, .. } = histogram;
    let outcomes: Vec<u64> = counts.iter().chain([below, above]).copied().collect();
    entropy_bits(&outcomes, correction)
}

/// The entropy of a train as words of letters 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WordEntropy {
    /// Entropy of a word in bits.
    pub bits: f64,
    /// Entropy by the duration of a word, in bits/s.
    pub bits_per_s: f64,
    /// Number of words.
    pub words: usize,
}

/// Entropy of the words of `letters` successive bins of `width_s`, a letter being 1 if its bin holds a spike. Words do not
/// overlap; what does not fill one at the end is left out. Strong et al. extrapolate to endless words from a plot over 1 / letters.
///
/// # Errors
/// [`RateError::NotPositive`] for no letters or more than 64, [`RateError::NoBin`] if the span holds no word, and as for
/// [`Bins::new`].
///
/// ```
/// use synfire_analysis::information::{Correction, word_entropy};
/// let words = word_entropy(&[0.5, 3.5, 4.5, 5.5], 0.0, 8.0, 1.0, 2, Correction::None)?; // 10 01 11 00
/// assert_eq!((words.bits, words.bits_per_s, words.words), (2.0, 1.0, 4));
/// # Ok::<(), synfire_analysis::rates::RateError>(())
/// ```
pub fn word_entropy(
    times_s: &[f64],
    start_s: f64,
    stop_s: f64,
    width_s: f64,
    letters: u32,
    correction: Correction,
) -> Result<WordEntropy, RateError> {
    let bins = Bins::new(start_s, stop_s, width_s)?;
    if !(1..=64).contains(&letters) {
        return Err(RateError::NotPositive {
            name: "letters of a word (1 to 64)",
            value: f64::from(letters),
        });
    }
    let word_s = width_s * f64::from(letters);
    let mut words = vec![0u64; bins.len() / letters as usize];
    if words.is_empty() {
        return Err(RateError::NoBin { start_s, stop_s, width_s: word_s });
    }
    for bin in times_s.iter().filter_map(|t| bins.index(*t)) {
        if let Some(word) = words.get_mut(bin / letters as usize) {
            *word |= 1 << (bin % letters as usize);
        }
    }
    let count = words.len();
    let bits = entropy_bits(&runs(words), correction);
    Ok(WordEntropy { bits, bits_per_s: bits / word_s, words: count })
}

/// Information in bits that the time of one spike carries about a rate profile (a histogram over repetitions, say):
/// mean(r / r0 log2(r / r0)) over its bins, with r0 the mean rate; Brenner et al., eq. 2.5. A bin without spikes adds 0.
/// NaN for an empty profile and one that is 0 throughout.
///
/// ```
/// use synfire_analysis::information::information_per_spike_bits;
/// assert_eq!(information_per_spike_bits(&[0.0, 0.0, 40.0, 0.0]), 2.0);
/// assert_eq!(information_per_spike_bits(&[7.0, 7.0]), 0.0);
/// ```
#[must_use]
pub fn information_per_spike_bits(rates_hz: &[f64]) -> f64 {
    let mean = rates_hz.iter().sum::<f64>() / rates_hz.len() as f64;
    rates_hz.iter().map(|rate| x_log2_x(rate / mean)).sum::<f64>() / rates_hz.len() as f64
}

/// Information in bits that a spike carries about the place (or another variable) of a rate map:
/// sum over places of p r / r0 log2(r / r0), with p the share of time spent there and r0 = sum p r; Skaggs et al. `occupancy`
/// need not sum to 1; the longer of the two slices is cut. NaN where all is 0.
///
/// ```
/// use synfire_analysis::information::place_information_bits;
/// assert_eq!(place_information_bits(&[8.0, 0.0], &[1.0, 3.0]), 2.0);
/// ```
#[must_use]
pub fn place_information_bits(rates_hz: &[f64], occupancy: &[f64]) -> f64 {
    let places = || rates_hz.iter().zip(occupancy);
    let all = places().map(|(_, time)| time).sum::<f64>();
    let mean = places().map(|(rate, time)| rate * time).sum::<f64>() / all;
    places().map(|(rate, time)| time / all * x_log2_x(rate / mean)).sum()
}

/// x log2 x, with its limit of 0 at 0.
fn x_log2_x(relative: f64) -> f64 {
    if relative == 0.0 { 0.0 } else { relative * relative.log2() }
}

/// How often each of the values occurs.
fn runs(mut values: Vec<u64>) -> Vec<u64> {
    values.sort_unstable();
    values.chunk_by(|a, b| a == b).map(|run| run.len() as u64).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_as_often_as_a_binomial_gives_them_have_its_entropy() {
        // 16 windows with 0, 1, ..., 4 spikes as often as (4 choose k).
        let counts = [0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4];
        let times_s: Vec<f64> =
            (0..16).flat_map(|i| (0..counts[i]).map(move |j| i as f64 + 0.1 * f64::from(j))).collect();
        let entropy = |correction| count_entropy_bits(&times_s, 0.0, 16.0, 1.0, correction).unwrap();
        let plain = entropy(Correction::None);
        assert!((plain - 2.0306390622295662).abs() < 1e-12);
        assert!((entropy(Correction::MillerMadow) - plain - 4.0 / (32.0 * LN_2)).abs() < 1e-12);
    }

    #[test]
    fn a_cosine_profile_carries_its_closed_form() {
        // The mean of (1 + a cos) ln(1 + a cos) over a period is ln((1 + c) / 2) + 1 - c with c = sqrt(1 - a^2).
        let a = 0.8f64;
        let profile: Vec<f64> = (0..4096)
            .map(|i| 30.0 * (1.0 + a * (std::f64::consts::TAU * f64::from(i) / 4096.0).cos()))
            .collect();
        let c = (1.0 - a * a).sqrt();
        let expected = (((1.0 + c) / 2.0).ln() + 1.0 - c) / LN_2;
        assert!((information_per_spike_bits(&profile) - expected).abs() < 1e-10);
        assert!((place_information_bits(&profile, &vec![0.3; 4096]) - expected).abs() < 1e-10);
    }

    #[test]
    fn no_letters_and_no_word_are_refused() {
        let error =
            |letters, stop_s| word_entropy(&[], 0.0, stop_s, 1.0, letters, Correction::None).unwrap_err();
        assert!(error(0, 4.0).to_string().contains("letters"));
        assert!(error(65, 100.0).to_string().contains("letters"));
        assert!(error(5, 4.0).to_string().contains("no bin of 5 s"));
    }

    proptest! {
        #[test]
        fn an_entropy_lies_between_none_and_that_of_equal_frequencies(
            frequencies in prop::collection::vec(1u64..1000, 1..50),
        ) {
            let entropy = entropy_bits(&frequencies, Correction::None);
            prop_assert!(entropy >= -1e-12 && entropy <= (frequencies.len() as f64).log2() + 1e-12);
        }

        #[test]
        fn information_does_not_depend_on_the_unit_of_the_rate(
            rates in prop::collection::vec(0.1f64..50.0, 1..40),
            scale in 0.01f64..100.0,
        ) {
            let scaled: Vec<f64> = rates.iter().map(|r| r * scale).collect();
            let (plain, scaled) = (information_per_spike_bits(&rates), information_per_spike_bits(&scaled));
            prop_assert!(plain > -1e-12 && (plain - scaled).abs() < 1e-9);
        }
    }
}
