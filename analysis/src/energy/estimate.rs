//! Work times profile: energy by layer, projection and component, with the range of the sources, and what is not priced.
//!
//! Every operation is priced by one constant, so an energy is a sum of constants times amounts: `E = sum_c amount_c c`. The
//! interval takes all constants at their low, or all at their high ends.

use super::profile::HardwareProfile;
use super::work::{Component, Operation, Work};
use serde::Serialize;
use std::collections::BTreeMap;
use synfire_datasets::spikes::Projection;

/// An energy in pJ with the range that the sources leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Interval {
    /// With every constant at its value.
    pub value: f64,
    /// With every constant at its low end.
    pub low: f64,
    /// With every constant at its high end.
    pub high: f64,
}

impl std::ops::AddAssign for Interval {
    fn add_assign(&mut self, other: Self) {
        self.value += other.value;
        self.low += other.low;
        self.high += other.high;
    }
}

impl std::iter::Sum for Interval {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |mut sum, part| {
            sum += part;
            sum
        })
    }
}

/// Operations priced by one constant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// Layer; `None` outside the layers.
    pub layer: Option<u16>,
    /// Coded input; `None` for periphery.
    pub projection: Option<Projection>,
    /// Part of the computation.
    pub component: Component,
    /// Index of the constant in [`HardwareProfile::constants`].
    pub constant: usize,
    /// How much of the constant.
    pub amount: f64,
    /// Energy over the run, in pJ.
    pub energy_pj: Interval,
}

/// Operations without a price in the profile.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unpriced {
    /// Part of the computation.
    pub component: Component,
    /// What is done, with the unit of the count.
    pub operation: String,
    /// How often, over the run.
    pub count: u128,
}

/// The energy of a run on a chip.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// Name of the profile.
    pub hardware: String,
    /// Tokens of the run.
    pub tokens: u64,
    /// What is priced.
    pub costs: Vec<Cost>,
    /// What is not: it is missing from every energy here.
    pub unpriced: Vec<Unpriced>,
    /// Constants of the profile: how many there are.
    constants: usize,
}

impl Estimate {
    /// Prices `work`, done for `tokens` tokens.
    #[must_use]
    pub fn new(work: &Work, profile: &HardwareProfile, tokens: u64) -> Self {
        let mut costs = Vec::new();
        let mut unpriced: BTreeMap<(Component, String), u128> = BTreeMap::new();
        for (item, count) in work.items() {
            let price = item.operation.price(profile);
            match price.and_then(|(index, factor)| Some((index, factor, profile.constants.get(index)?))) {
                Some((constant, factor, price)) => {
                    let amount = count as f64 * factor;
                    let energy_pj = Interval {
                        value: amount * price.value,
                        low: amount * price.low,
                        high: amount * price.high,
                    };
                    let (layer, projection, component) = (item.layer, item.projection, item.component);
                    costs.push(Cost { layer, projection, component, constant, amount, energy_pj });
                }
                None => *unpriced.entry((item.component, item.operation.name())).or_default() += count,
            }
        }
        let unpriced = unpriced.into_iter();
        let unpriced =
            unpriced.map(|((component, operation), count)| Unpriced { component, operation, count });
        let (hardware, unpriced) = (profile.name.clone(), unpriced.collect());
        Self { hardware, tokens, costs, unpriced, constants: profile.constants.len() }
    }

    /// Energy of the costs that `keep` keeps, over the run.
    #[must_use]
    pub fn energy_pj(&self, keep: impl Fn(&Cost) -> bool) -> Interval {
        self.costs.iter().filter(|cost| keep(cost)).map(|cost| cost.energy_pj).sum()
    }

    /// Energy of everything that is priced, over the run.
    #[must_use]
    pub fn total_pj(&self) -> Interval {
        self.energy_pj(|_| true)
    }

    /// Amount of every constant in the costs that `keep` keeps.
    #[must_use]
    pub fn amounts(&self, keep: impl Fn(&Cost) -> bool) -> Vec<f64> {
        let mut amounts = vec![0.0; self.constants];
        for cost in self.costs.iter().filter(|cost| keep(cost)) {
            if let Some(amount) = amounts.get_mut(cost.constant) {
                *amount += cost.amount;
            }
        }
        amounts
    }

    /// Whether every operation of a component is priced.
    #[must_use]
    pub fn prices(&self, component: Component) -> bool {
        self.unpriced.iter().all(|u| u.component != component)
    }
}

impl Operation {
    /// Whether `profile` prices it.
    #[must_use]
    pub fn is_priced_by(self, profile: &HardwareProfile) -> bool {
        self.price(profile).is_some()
    }
}
