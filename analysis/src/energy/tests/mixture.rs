//! Work of a layer with parallel attention and experts, counted by hand.

use super::*;
use synfire_datasets::record::MixtureShape;

#[test]
fn of_a_mixture_only_what_a_token_is_sent_to_is_counted() {
    const TOKENS: u32 = 3;
    let shape = Architecture {
        layers: vec![Attention::ParallelWindow],
        sink_tokens: 5,
        branches_normalised: true,
        mixture: Some(MixtureShape { experts: 4, per_token: 1, dense_layers: vec![] }),
        ..shape()
    };
    let (hidden, inner) = (shape.hidden_size, shape.intermediate_size);
    let mut counts = EnergyCounts::new(shape.clone(), SpikeCoding::BitwiseSigned).unwrap();
    for token in 0..TOKENS {
        for (projection, neurons, head) in [
            (Projection::AttnIn, hidden, 0),
            (Projection::Query, 4, 0),
            (Projection::Query, 4, 1),
            (Projection::OIn, hidden, 0),
            (Projection::MlpIn, hidden, 0),
            (Projection::DownIn, inner, 0),
            (Projection::ExpertDownIn, inner, token as u16),
        ] {
            let synaptic_operations = neurons * shape.outputs(0, projection, token);
            let (threshold, steps, zero_point, silent) = (1.0, 1, 0, 0);
            let (layer, neurons) = (0, neurons as u32);
            let spikes = u64::from(neurons);
            let activity = Activity {
                token,
                layer,
                projection,
                head,
                threshold,
                steps,
                zero_point,
                neurons,
                spikes,
                silent,
                synaptic_operations,
            };
            counts.observe(&activity, &vec![1; neurons as usize]).unwrap();
        }
    }
    assert_eq!(counts.tokens(), u64::from(TOKENS));
    let macs = |projection| counts.row(0, projection).unwrap().macs;
    let (tokens, hidden, inner) = (u128::from(TOKENS), u128::from(hidden), u128::from(inner));
    // Gate and up of the shared expert and of one other; a down projection each; the window and five sinks.
    assert_eq!(macs(Projection::MlpIn), tokens * hidden * 2 * 2 * inner);
    assert_eq!(macs(Projection::ExpertDownIn), tokens * hidden * inner);
    assert_eq!(macs(Projection::Query), 2 * 4 * (6 + 7 + 8));
    let profile = profile("45nm");
    let work = spiking_work(&counts, &profile, Fetch::default());
    let done = |component, quantity| {
        let of = |(item, _): &(Item, u128)| {
            (item.component, item.operation, item.projection)
                == (component, Operation::Simple(quantity), None)
        };
        work.items().filter(of).map(|(_, count)| count).sum::<u128>()
    };
    // Router, and the one product a channel that weighs the expert; SwiGLU of two blocks.
    let multiplies = 4 * hidden + hidden + 2 * 2 * inner;
    assert_eq!(done(Component::FeedForward, Quantity::Fp16Multiply), tokens * multiplies);
    assert_eq!(done(Component::FeedForward, Quantity::Exponential), tokens * (2 * inner + 4));
    // State of one key-value head of 4 x 4 that two heads read: (2 + 2) products an element.
    assert_eq!(done(Component::State, Quantity::Fp32Multiply), tokens * 4 * 16);
    assert_eq!(done(Component::State, Quantity::Exponential), tokens * (2 + 1) * 4);
    // Two layer norms and a last one over 8, two branch norms a head over 4.
    assert_eq!(done(Component::Norms, Quantity::SquareRoot), tokens * (2 + 1 + 4));
}
