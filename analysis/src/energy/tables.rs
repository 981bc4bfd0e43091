//! The estimate as tables, for text, JSON and CSV alike.

use super::comparison::Comparison;
use super::estimate::{Cost, Estimate, Interval};
use super::sensitivity::Sensitivity;
use super::work::Component;
use crate::table::{Table, Values};
use std::collections::BTreeSet;
use synfire_datasets::spikes::Projection;

const RANGE_LOW: &str = "with every constant at the low end of its source's range";
const RANGE_HIGH: &str = "with every constant at the high end of its source's range";

/// Energy by component, spikes and opponent, in pJ a token; NaN where nothing of a component is priced. The last row is the
/// total of what is priced.
#[must_use]
pub fn component_table(comparison: &Comparison) -> Table {
    let (spiking, other) = (&comparison.spiking, &comparison.other);
    let per_token = |estimate: &Estimate, component: Option<Component>| {
        let keep = |cost: &Cost| component.is_none_or(|c| cost.component == c);
        let without =
            |c: Component| !estimate.prices(c) && !estimate.costs.iter().any(|cost| cost.component == c);
        if component.is_some_and(without) {
            return Interval { value: f64::NAN, low: f64::NAN, high: f64::NAN };
        }
        over(estimate.energy_pj(keep), estimate.tokens)
    };
    let seen = |c: &Component| spiking.costs.iter().chain(&other.costs).any(|cost| cost.component == *c);
    let mut rows: Vec<Option<Component>> = Component::ALL.iter().copied().filter(seen).map(Some).collect();
    rows.push(None);
    let mine: Vec<Interval> = rows.iter().map(|c| per_token(spiking, *c)).collect();
    let theirs: Vec<Interval> = rows.iter().map(|c| per_token(other, *c)).collect();
    let total = mine.last().map_or(f64::NAN, |i| i.value);
    let names = rows.iter().map(|c| c.map_or("total", Component::name).to_owned()).collect();
    let title = format!("Energy on {}, against {}", spiking.hardware, comparison.opponent);
    Table::new("energy_components", title)
        .key("component", "component", Values::Text(names))
        .column("spiking_pj", "spikes", "pJ/token", "energy of the spiking run", values(&mine, |i| i.value))
        .column("spiking_low_pj", "low", "pJ/token", RANGE_LOW, values(&mine, |i| i.low))
        .column("spiking_high_pj", "high", "pJ/token", RANGE_HIGH, values(&mine, |i| i.high))
        .column(
            "spiking_share",
            "share",
            "%",
            "share of the spiking run's priced energy",
            Values::Real(mine.iter().map(|i| i.value / total).collect()),
        )
        .column(
            "opponent_pj",
            "opponent",
            "pJ/token",
            "energy of the opponent on the same tokens",
            values(&theirs, |i| i.value),
        )
}

/// Energy of the spiking run by layer and projection, in pJ a token; periphery has no projection.
#[must_use]
pub fn layer_table(estimate: &Estimate) -> Table {
    let places: BTreeSet<(Option<u16>, Option<Projection>)> =
        estimate.costs.iter().map(|cost| (cost.layer, cost.projection)).collect();
    let energies: Vec<Interval> = places
        .iter()
        .map(|place| over(estimate.energy_pj(|c| (c.layer, c.projection) == *place), estimate.tokens))
        .collect();
    let layers = places.iter().map(|(layer, _)| layer.map_or("-".to_owned(), |l| l.to_string())).collect();
    let projection = |p: &Option<Projection>| p.map_or("periphery", Projection::name).to_owned();
    let projections = places.iter().map(|(_, p)| projection(p)).collect();
    Table::new("energy_layers", format!("Energy by layer on {}", estimate.hardware))
        .key("layer", "layer", Values::Text(layers))
        .key("projection", "input", Values::Text(projections))
        .column(
            "spiking_pj",
            "spikes",
            "pJ/token",
            "energy of the spiking run",
            values(&energies, |i| i.value),
        )
        .column("spiking_low_pj", "low", "pJ/token", RANGE_LOW, values(&energies, |i| i.low))
        .column("spiking_high_pj", "high", "pJ/token", RANGE_HIGH, values(&energies, |i| i.high))
}

/// Operations that the profile does not price.
#[must_use]
pub fn unpriced_table(estimate: &Estimate) -> Table {
    let text = |of: fn(&super::Unpriced) -> String| Values::Text(estimate.unpriced.iter().map(of).collect());
    let per_token = |count: u128| count as f64 / estimate.tokens.max(1) as f64;
    Table::new("energy_not_priced", format!("Not priced by {}", estimate.hardware))
        .key("component", "component", text(|u| u.component.name().to_owned()))
        .key("operation", "operation", text(|u| u.operation.clone()))
        .column(
            "count_per_token",
            "count/token",
            "",
            "how often it is done a token, at no cost in this estimate",
            Values::Real(estimate.unpriced.iter().map(|u| per_token(u.count)).collect()),
        )
}

/// From the report's bound to the full estimate.
#[must_use]
pub fn waterfall_table(comparison: &Comparison) -> Table {
    let steps = &comparison.steps;
    let real = |of: fn(&super::Step) -> f64| Values::Real(steps.iter().map(of).collect());
    let title = format!("From the report's bound to the full estimate, against {}", comparison.opponent);
    Table::new("energy_waterfall", title)
        .key("step", "with ...", Values::Text(steps.iter().map(|s| s.name.to_owned()).collect()))
        .column(
            "spiking_pj",
            "spikes",
            "pJ/token",
            "energy of the spikes up to this step",
            real(|s| s.spiking_pj),
        )
        .column(
            "opponent_pj",
            "opponent",
            "pJ/token",
            "energy of the opponent up to this step",
            real(|s| s.opponent_pj),
        )
        .column("saving", "saving", "%", "1 - spikes / opponent up to this step", real(|s| s.saving))
}

/// The constants that move the result, most first.
#[must_use]
pub fn sensitivity_table(sensitivities: &[Sensitivity]) -> Table {
    let real = |of: fn(&Sensitivity) -> f64| Values::Real(sensitivities.iter().map(of).collect());
    let names = sensitivities.iter().map(|s| s.constant.clone()).collect();
    let range = |s: &Sensitivity| if s.range_of_source { "source" } else { "stated" }.to_owned();
    Table::new("energy_sensitivity", "What moves the energy ratio")
        .key("constant", "constant", Values::Text(names))
        .key("range", "range", Values::Text(sensitivities.iter().map(range).collect()))
        .column("low", "from", "", "low end of the constant, in the unit of its name", real(|s| s.low))
        .column("high", "to", "", "high end of the constant", real(|s| s.high))
        .column(
            "ratio_at_low",
            "ratio there",
            "",
            "energy of spikes over opponent at the low end",
            real(|s| s.ratio_at_low),
        )
        .column("ratio_at_high", "and there", "", "the same at the high end", real(|s| s.ratio_at_high))
}

fn over(energy: Interval, tokens: u64) -> Interval {
    let n = tokens.max(1) as f64;
    Interval { value: energy.value / n, low: energy.low / n, high: energy.high / n }
}

fn values(intervals: &[Interval], of: fn(&Interval) -> f64) -> Values {
    Values::Real(intervals.iter().map(of).collect())
}
