//! Mixture of experts: `y = sum over the chosen i of p_i E_i(h) + shared(h)`, `p = sigmoid(W_r h + b_r)`.
//!
//! A token is sent to the experts of the largest p (the first of equal ones). All experts and the shared one read the same
//! input, so they share its spikes; the inner activations of each are coded on their own. The tokens of a piece are grouped by
//! expert: the weights of an expert are read once a piece, and those of an expert that nothing is sent to not at all.
//! The router is a small dense product in f32.

use super::linear::{Context, LayerLinear};
use super::parallel::sigmoid;
use super::swiglu::{SwiGlu, activate};
use crate::error::SimError;
use crate::options::{Convention, Spiking};
use crate::projection::StackedDense;
use ndarray::{Array2, s};
use synfire_datasets::checkpoint::{Checkpoint, DenseLinear, Linear};
use synfire_datasets::spikes::Projection;

#[derive(Debug)]
pub(crate) struct MixtureOfExperts {
    router: StackedDense,
    per_token: usize,
    experts: Vec<Expert>,
    shared: SwiGlu,
}

#[derive(Debug)]
struct Expert {
    gate_up: LayerLinear,
    down: LayerLinear,
}

/// Where the tokens of a piece are sent: for each, its experts in ascending order, with their p.
#[derive(Debug, PartialEq)]
struct Routes {
    per_token: usize,
    experts: Vec<u16>,
    weights: Vec<f32>,
}

impl MixtureOfExperts {
    /// The experts of `layer`, whose router is `router`.
    pub(crate) fn load(
        checkpoint: &Checkpoint,
        layer: usize,
        router: DenseLinear,
        per_token: usize,
        spiking: Option<Spiking>,
        convention: Convention,
    ) -> Result<Self, SimError> {
        let down_spiking = spiking.filter(|_| convention.code_down_projection);
        let expert = |e: u16| -> Result<Expert, SimError> {
            let gate_up = [Linear::ExpertGate(e), Linear::ExpertUp(e)];
            let down = [Linear::ExpertDown(e)];
            Ok(Expert {
                gate_up: LayerLinear::load(checkpoint, layer, Projection::MlpIn, &gate_up, spiking)?,
                down: LayerLinear::load(checkpoint, layer, Projection::ExpertDownIn, &down, down_spiking)?,
            })
        };
        let experts: Result<Vec<_>, _> = (0..router.weight.rows() as u16).map(expert).collect();
        Ok(Self {
            router: StackedDense::new(vec![router])?,
            per_token,
            experts: experts?,
            shared: SwiGlu::load(checkpoint, layer, spiking, convention)?,
        })
    }

    /// `h` `[tokens, hidden]`, already normed, to the same shape.
    pub(crate) fn forward(
        &self,
        h: &Array2<f32>,
        context: &mut Context<'_>,
    ) -> Result<Array2<f32>, SimError> {
        let routes = Routes::of(&self.router.forward(h.view()), self.per_token);
        let input = self.shared.gate_up.fire(h, 1, context)?;
        let reached = self.shared.gate_up.outputs()
            + self.experts.first().map_or(0, |expert| expert.gate_up.outputs()) * routes.per_token;
        self.shared.gate_up.record(&input, 1, None, reached, context)?;
        let mut out = self.shared.finish(&self.shared.gate_up.apply(&input), context)?;

        // Inner activations of every token's experts: `[tokens, per token * inner]`.
        let inner = self.experts.first().map_or(0, |expert| expert.gate_up.outputs() / 2);
        let mut hidden = Array2::zeros((h.nrows(), routes.per_token * inner));
        for (e, expert) in self.experts.iter().enumerate() {
            let slots = routes.sent_to(e as u16);
            if slots.is_empty() {
                continue;
            }
            let tokens: Vec<usize> = slots.iter().map(|slot| slot / routes.per_token).collect();
            let activated = activate(&expert.gate_up.apply(&input.select(&tokens)));
            for (slot, row) in slots.iter().zip(activated.rows()) {
                let at = slot % routes.per_token * inner;
                hidden.slice_mut(s![slot / routes.per_token, at..at + inner]).assign(&row);
            }
        }
        let vectors = hidden.into_shape_with_order((h.nrows() * routes.per_token, inner));
        let Some((first, vectors)) = self.experts.first().zip(vectors.ok()) else { return Ok(out) };
        let input = first.down.fire(&vectors, routes.per_token, context)?;
        first.down.record(&input, routes.per_token, Some(&routes.experts), first.down.outputs(), context)?;
        for (e, expert) in self.experts.iter().enumerate() {
            let slots = routes.sent_to(e as u16);
            if slots.is_empty() {
                continue;
            }
            let outputs = expert.down.apply(&input.select(&slots));
            for (slot, row) in slots.iter().zip(outputs.rows()) {
                out.row_mut(slot / routes.per_token).scaled_add(routes.weights[*slot], &row);
            }
        }
        Ok(out)
    }
}

impl Routes {
    /// Sends each token to the `per_token` experts of the largest logits, `[tokens, experts]`.
    fn of(logits: &Array2<f32>, per_token: usize) -> Self {
        let per_token = per_token.min(logits.ncols());
        let (mut experts, mut weights) = (Vec::new(), Vec::new());
        for row in logits.rows() {
            let mut order: Vec<u16> = (0..row.len() as u16).collect();
            order.sort_by(|a, b| row[usize::from(*b)].total_cmp(&row[usize::from(*a)]));
            order.truncate(per_token);
            order.sort_unstable();
            weights.extend(order.iter().map(|e| sigmoid(row[usize::from(*e)])));
            experts.extend(order);
        }
        Self { per_token, experts, weights }
    }

    /// Where `expert` stands in the list, ascending: slot / per token is the token.
    fn sent_to(&self, expert: u16) -> Vec<usize> {
        self.experts.iter().enumerate().filter(|(_, e)| **e == expert).map(|(slot, _)| slot).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn tokens_go_to_the_experts_of_the_largest_logits_and_the_first_of_equal_ones() {
        let logits = array![[0.0, 2.0, -1.0, 1.0], [3.0, 3.0, 3.0, -3.0]];
        let one = Routes::of(&logits, 1);
        assert_eq!((one.experts, one.weights), (vec![1, 0], vec![sigmoid(2.0), sigmoid(3.0)]));
        let two = Routes::of(&logits, 2);
        assert_eq!(two.experts, [1, 3, 0, 1]);
        assert_eq!((two.sent_to(1), two.sent_to(2)), (vec![0, 3], vec![]));
    }
}
