//! Both engines against each other and against plain 64-bit sums.

use super::*;
use proptest::prelude::*;

fn matrix() -> impl Strategy<Value = (QuantisedLinear, Vec<i32>)> {
    (1usize..40, 1usize..300, 1usize..140).prop_flat_map(|(outputs, inputs, group_size)| {
        let values = prop::collection::vec(-127i8..=127, outputs * inputs);
        let scales = prop::collection::vec(1e-4f32..0.1, outputs * inputs.div_ceil(group_size));
        let bias = prop::option::of(prop::collection::vec(-1f32..1.0, outputs));
        let count =
            prop_oneof![3 => Just(0i32), 6 => -9i32..=9, 1 => -2000i32..=2000, 1 => -50_000i32..=50_000];
        (values, scales, bias, prop::collection::vec(count, inputs)).prop_map(
            move |(values, scales, bias, counts)| {
                (QuantisedLinear { outputs, inputs, group_size, values: values.into(), scales, bias }, counts)
            },
        )
    })
}

fn accumulators(matrix: &QuantisedLinear, engine: Engine, code: &SpikeCode<'_>) -> Vec<i32> {
    let linear = SpikingLinear::new(matrix, engine);
    let mut accumulators = vec![-1; linear.groups() * linear.outputs()];
    linear.accumulate(code, &mut accumulators);
    accumulators
}

fn by_hand(m: &QuantisedLinear, counts: &[i32]) -> Vec<i32> {
    let product = |g: usize, o: usize| -> i64 {
        let inputs = g * m.group_size..((g + 1) * m.group_size).min(m.inputs);
        inputs.map(|i| i64::from(m.values[i * m.outputs + o]) * i64::from(counts[i])).sum()
    };
    let groups = m.inputs.div_ceil(m.group_size);
    (0..groups).flat_map(|g| (0..m.outputs).map(move |o| product(g, o) as i32)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn event_and_collapsed_give_the_same_integers_for_every_coding((matrix, counts) in matrix()) {
        let expected = by_hand(&matrix, &counts);
        for coding in Coding::ALL {
            let rate = matches!(coding, Coding::Binary | Coding::Ternary);
            let counts: Vec<i32> = counts.iter().map(|s| if rate { s % 3000 } else { *s }).collect();
            let code = coding.encode(&counts);
            let expected = if rate { by_hand(&matrix, &counts) } else { expected.clone() };
            prop_assert_eq!(accumulators(&matrix, Engine::Event, &code), expected.clone(), "event, {}", coding);
            prop_assert_eq!(accumulators(&matrix, Engine::Collapsed, &code), expected, "collapsed, {}", coding);
        }
    }

    #[test]
    fn outputs_of_both_engines_are_the_same_bits((matrix, counts) in matrix(), threshold in 1e-3f32..10.0) {
        let counts = Array2::from_shape_vec((1, counts.len()), counts).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let forward = |engine| SpikingLinear::new(&matrix, engine).forward(counts.view(), &[threshold], Coding::BitwiseSigned);
        prop_assert_eq!(forward(Engine::Event), forward(Engine::Collapsed));
    }
}

#[test]
fn stacked_projections_give_the_outputs_of_each_one_after_the_other() {
    let matrix = |outputs: usize, seed: usize| QuantisedLinear {
        outputs,
        inputs: 5,
        group_size: 4,
        values: (0..outputs * 5).map(|i| ((i * 37 + seed) % 255) as i8).collect::<Vec<_>>().into(),
        scales: (0..outputs * 2).map(|i| 0.01 * (i + 1) as f32).collect(),
        bias: (seed > 3).then(|| vec![0.5; outputs]),
    };
    let (a, b) = (matrix(3, 1), matrix(2, 7));
    let counts = Array2::from_shape_fn((2, 5), |(t, i)| (t * 3 + i) as i32 - 4);
    let forward = |l: &SpikingLinear| l.forward(counts.view(), &[0.5, 2.0], Coding::Ternary);
    for engine in [Engine::Event, Engine::Collapsed] {
        let both = SpikingLinear::stacked(&[a.clone(), b.clone()], engine).map(|l| forward(&l));
        let apart = [&a, &b].map(|m| forward(&SpikingLinear::new(m, engine)));
        let joined = ndarray::concatenate(ndarray::Axis(1), &[apart[0].view(), apart[1].view()]);
        assert_eq!(both.ok(), joined.ok());
    }
    assert_eq!(SpikingLinear::stacked(&[], Engine::Event).err(), Some(ProjectionError::Empty));
}

#[test]
fn a_dense_projection_is_a_matrix_product_whatever_the_size_of_the_batch() {
    use synfire_datasets::checkpoint::{DenseLinear, DenseMatrix};
    let weight = ndarray::Array2::from_shape_fn((7, 37), |(o, i)| ((o * 37 + i) % 11) as f32 - 5.0);
    let x = ndarray::Array2::from_shape_fn((9, 37), |(v, i)| ((v * 5 + i) % 7) as f32 - 3.0);
    let matrix = DenseMatrix::from_rows(7, 37, weight.iter().copied().collect());
    let bias = Some(vec![1.0; 7]);
    let linear = matrix.ok().and_then(|weight| StackedDense::new(vec![DenseLinear { weight, bias }]).ok());
    let linear = linear.as_ref().map(|l| (l.forward(x.view()), l.forward(x.slice(ndarray::s![3..4, ..]))));
    let expected = x.dot(&weight.t()) + 1.0;
    let one = expected.slice(ndarray::s![3..4, ..]).to_owned();
    assert_eq!(linear, Some((expected, one)));
}
