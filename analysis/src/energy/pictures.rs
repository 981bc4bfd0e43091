//! The estimate as pictures: plain data for the generic ones in [`crate::plot`].

use super::breakeven::{BreakEven, CurvePoint};
use super::comparison::Comparison;
use super::estimate::{Cost, Estimate};
use super::sensitivity::Sensitivity;
use super::work::Component;
use crate::plot::curves::{Curves, Line};
use crate::plot::stacked_bars::StackedBars;
use crate::plot::tornado::{Swing, Tornado};
use crate::plot::waterfall::Waterfall;

/// A component below this share of the larger bar is gathered under "other".
const SMALLEST_SHARE: f64 = 0.01;
/// Constants that a tornado shows.
const MOST_BARS: usize = 10;

fn against(comparison: &Comparison) -> String {
    format!(
        "{} against {} on {}",
        comparison.spiking.hardware, comparison.opponent, comparison.opponent_hardware
    )
}

impl Comparison {
    /// From the report's bound to the full estimate, as shares of the opponent's energy: what each step adds to
    /// `E_spikes / E_opponent`.
    #[must_use]
    pub fn waterfall(&self) -> Waterfall {
        let shares: Vec<f64> = self.steps.iter().map(|step| 100.0 * (1.0 - step.saving)).collect();
        let first = self.steps.first().zip(shares.first());
        let added = self.steps.iter().skip(1).zip(shares.windows(2));
        Waterfall {
            title: format!("Energy, from the report's bound to the full estimate: {}", against(self)),
            label: "energy of the spikes (% of the opponent's)".to_owned(),
            start: first.map(|(step, share)| (step.name.to_owned(), *share)).unwrap_or_default(),
            parts: added.map(|(step, pair)| (step.name.to_owned(), pair[1] - pair[0])).collect(),
            end: "full estimate".to_owned(),
        }
    }

    /// Priced energy of both sides by component, in uJ a token.
    #[must_use]
    pub fn component_bars(&self) -> StackedBars {
        let energy = |estimate: &Estimate, component: Component| {
            let keep = |cost: &Cost| self.compares(cost) && cost.component == component;
            1e-6 * estimate.energy_pj(keep).value / estimate.tokens.max(1) as f64
        };
        let all: Vec<(Component, Vec<f64>)> = Component::ALL
            .iter()
            .map(|c| (*c, vec![energy(&self.spiking, *c), energy(&self.other, *c)]))
            .collect();
        let total = |row: usize| all.iter().map(|(_, v)| v[row]).sum::<f64>();
        let least = SMALLEST_SHARE * total(0).max(total(1));
        let (large, small): (Vec<_>, Vec<_>) = all.iter().partition(|(_, v)| v[0].max(v[1]) >= least);
        let mut parts: Vec<(String, Vec<f64>)> =
            large.into_iter().map(|(c, v)| (c.name().to_owned(), v.clone())).collect();
        let rest = |row: usize| small.iter().map(|(_, v)| v[row]).sum::<f64>();
        parts.push(("other".to_owned(), vec![rest(0), rest(1)]));
        StackedBars {
            title: format!("Energy by component: {}", against(self)),
            label: "energy (uJ per token)".to_owned(),
            row_label: String::new(),
            rows: vec!["spikes".to_owned(), self.opponent.to_string()],
            parts,
        }
    }
}

impl BreakEven {
    /// Energy ratio against mean spikes per channel.
    #[must_use]
    pub fn spike_curves(&self, comparison: &Comparison) -> Curves {
        Curves {
            title: format!("Break-even: {}", against(comparison)),
            x_label: "mean spikes per channel".to_owned(),
            y_label: "energy of the spikes / opponent's".to_owned(),
            log_x: false,
            log_y: false,
            lines: vec![line("spikes", &self.against_spikes)],
            reference: Some((1.0, "as much as the opponent".to_owned())),
        }
    }

    /// Energy ratio against bytes of a weight block, in both layouts.
    #[must_use]
    pub fn block_curves(&self, comparison: &Comparison) -> Curves {
        Curves {
            title: format!("Weight blocks: {}", against(comparison)),
            x_label: "weight block (bytes)".to_owned(),
            log_x: true,
            lines: vec![line("input-major", &self.input_major), line("output-major", &self.output_major)],
            ..self.spike_curves(comparison)
        }
    }
}

fn line(name: &str, points: &[CurvePoint]) -> Line {
    Line {
        name: name.to_owned(),
        x: points.iter().map(|p| p.x).collect(),
        y: points.iter().map(|p| p.energy_ratio).collect(),
    }
}

/// A constant for people: three significant digits.
fn three_digits(value: f64) -> f64 {
    let scale = if value == 0.0 { 1.0 } else { 10f64.powf(2.0 - value.abs().log10().floor()) };
    (value * scale).round() / scale
}

/// The constants that move the energy ratio most.
#[must_use]
pub fn tornado(comparison: &Comparison, sensitivities: &[Sensitivity]) -> Tornado {
    let swing = |s: &Sensitivity| Swing {
        name: format!("{}, {} to {}", s.constant, three_digits(s.low), three_digits(s.high)),
        low: s.ratio_at_low,
        high: s.ratio_at_high,
    };
    Tornado {
        title: format!("What moves the energy ratio: {}", against(comparison)),
        label: "energy of the spikes / opponent's".to_owned(),
        centre: comparison.energy_ratio(),
        bars: sensitivities.iter().take(MOST_BARS).map(swing).collect(),
    }
}
