//! Both engines on every instruction set against each other, plain 64-bit sums and spikes delivered one by one.
#![allow(clippy::unwrap_used)]

use super::kernels::Kernel;
use super::*;
use crate::coding::Coding;
use ndarray::{Array2, Axis, concatenate, s};
use proptest::prelude::*;
use synfire_datasets::checkpoint::{DenseLinear, DenseMatrix, QuantisedLinear};

const ENGINES: [Engine; 3] = [Engine::Auto, Engine::Event, Engine::Collapsed];

fn count() -> impl Strategy<Value = i32> {
    prop_oneof![3 => Just(0i32), 6 => -9i32..=9, 1 => -2000i32..=2000, 1 => -50_000i32..=50_000]
}

/// A matrix and counts of some tokens.
fn matrix() -> impl Strategy<Value = (QuantisedLinear, Array2<i32>)> {
    (1usize..200, 1usize..300, 1usize..140, 0usize..9).prop_flat_map(
        |(outputs, inputs, group_size, tokens)| {
            let values = prop::collection::vec(any::<i8>(), outputs * inputs);
            let scales = prop::collection::vec(1e-4f32..0.1, outputs * inputs.div_ceil(group_size));
            let bias = prop::option::of(prop::collection::vec(-1f32..1.0, outputs));
            let counts = prop::collection::vec(count(), tokens * inputs);
            (values, scales, bias, counts).prop_map(move |(values, scales, bias, counts)| {
                let values = values.into();
                let matrix = QuantisedLinear { outputs, inputs, group_size, values, scales, bias };
                (matrix, Array2::from_shape_vec((tokens, inputs), counts).unwrap())
            })
        },
    )
}

/// The integers of a group and token, from 64-bit sums.
fn by_hand(m: &QuantisedLinear, counts: &[i32], g: usize) -> Vec<i32> {
    let inputs = g * m.group_size..((g + 1) * m.group_size).min(m.inputs);
    let product = |o: usize, i: usize| i64::from(m.values[i * m.outputs + o]) * i64::from(counts[i]);
    (0..m.outputs).map(|o| inputs.clone().map(|i| product(o, i)).sum::<i64>() as i32).collect()
}

/// Outputs by the equation of the module, one after the other.
fn expected(m: &QuantisedLinear, counts: &Array2<i32>, thresholds: &[f32]) -> Array2<f32> {
    let mut out = Array2::zeros((counts.nrows(), m.outputs));
    for (t, counts) in counts.rows().into_iter().enumerate() {
        for g in 0..m.groups() {
            for (o, sum) in by_hand(m, counts.as_slice().unwrap(), g).into_iter().enumerate() {
                out[(t, o)] += m.scales[o * m.groups() + g] * sum as f32;
            }
        }
        for o in 0..m.outputs {
            out[(t, o)] = thresholds[t] * out[(t, o)] + m.bias.as_ref().map_or(0.0, |b| b[o]);
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_engine_and_instruction_set_gives_the_bits_of_the_equation((matrix, counts) in matrix(), threshold in 1e-3f32..10.0) {
        let thresholds: Vec<f32> = (0..counts.nrows()).map(|t| threshold * (t + 1) as f32).collect();
        let expected = expected(&matrix, &counts, &thresholds);
        for engine in ENGINES {
            let linear = SpikingLinear::new(matrix.clone(), engine).unwrap();
            for kernel in Kernel::available() {
                let out = linear.forward_on(kernel, counts.view(), &thresholds);
                prop_assert!(out == expected, "{:?} {:?}", engine, kernel);
            }
        }
    }

    #[test]
    fn spikes_of_every_coding_delivered_one_by_one_give_the_integers_of_the_engines((matrix, counts) in matrix()) {
        let unscaled = QuantisedLinear { scales: vec![1.0; matrix.scales.len()], bias: None, ..matrix.clone() };
        for counts in counts.rows() {
            // Few enough spikes of rate codings, and sums that f32 holds exactly.
            let counts: Vec<i32> = counts.iter().map(|s| s % 400).collect();
            let view = ndarray::ArrayView2::from_shape((1, counts.len()), &counts).unwrap();
            let sums = SpikingLinear::new(unscaled.clone(), Engine::Event).unwrap().forward(view, &[1.0]);
            for coding in Coding::ALL {
                let code = coding.encode(&counts);
                let mut delivered = vec![0i64; matrix.outputs];
                let mut deliver = |neuron: usize, value: i32| {
                    let synapses = &matrix.values[neuron * matrix.outputs..][..matrix.outputs];
                    delivered.iter_mut().zip(synapses).for_each(|(d, w)| *d += i64::from(*w) * i64::from(value));
                };
                code.spikes().for_each(|spike| deliver(spike.neuron as usize, spike.value()));
                (0..counts.len()).for_each(|neuron| deliver(neuron, code.zero_point()));
                prop_assert!(delivered.iter().map(|d| *d as f32).eq(sums.iter().copied()), "{}", coding);
            }
        }
    }
}

#[test]
fn sums_beyond_32_bits_wrap_alike_in_both_engines() {
    let (outputs, inputs) = (70, 40);
    let values = vec![-127i8; outputs * inputs].into();
    let matrix =
        QuantisedLinear { outputs, inputs, group_size: 128, values, scales: vec![1.0; outputs], bias: None };
    let counts = Array2::from_elem((2, inputs), i32::MAX / 3);
    let expected = by_hand(&matrix, &vec![i32::MAX / 3; inputs], 0)[0] as f32;
    for engine in ENGINES {
        let out = SpikingLinear::new(matrix.clone(), engine).unwrap().forward(counts.view(), &[1.0, 1.0]);
        assert!(out.iter().all(|y| *y == expected), "{engine:?}");
    }
}

#[test]
fn a_token_alone_and_among_others_on_any_number_of_threads_has_the_same_bits() {
    let (outputs, inputs, tokens) = (1500, 300, 70);
    let values: Vec<i8> = (0..outputs * inputs).map(|i| (i * i % 251) as i8).collect();
    let scales = (0..outputs * 3).map(|i| 0.001 * (i % 17 + 1) as f32).collect();
    let matrix =
        QuantisedLinear { outputs, inputs, group_size: 128, values: values.into(), scales, bias: None };
    let counts = Array2::from_shape_fn((tokens, inputs), |(t, i)| ((t * 7 + i * i) % 23) as i32 * 9 - 99);
    for engine in ENGINES {
        let linear = SpikingLinear::new(matrix.clone(), engine).unwrap();
        let thresholds = vec![0.3; tokens];
        let all = linear.forward(counts.view(), &thresholds);
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert!(pool.install(|| linear.forward(counts.view(), &thresholds)) == all, "{engine:?}");
        }
        for t in [0, 33, 69] {
            let one = linear.forward(counts.slice(s![t..t + 1, ..]), &thresholds[..1]);
            assert!(one.row(0) == all.row(t), "{engine:?}, token {t}");
        }
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
    let forward = |l: &SpikingLinear| l.forward(counts.view(), &[0.5, 2.0]);
    for engine in ENGINES {
        let both = forward(&SpikingLinear::stacked(vec![a.clone(), b.clone()], engine).unwrap());
        let apart = [&a, &b].map(|m| forward(&SpikingLinear::new(m.clone(), engine).unwrap()));
        assert_eq!(both, concatenate(Axis(1), &[apart[0].view(), apart[1].view()]).unwrap());
    }
    assert_eq!(SpikingLinear::stacked(Vec::new(), Engine::Event).err(), Some(ProjectionError::Empty));
    let cut = QuantisedLinear { scales: vec![1.0], ..a.clone() };
    assert!(matches!(SpikingLinear::new(cut, Engine::Event), Err(ProjectionError::Shape { outputs: 3, .. })));
}

#[test]
fn a_dense_projection_is_a_matrix_product_whatever_the_size_of_the_batch() {
    let weight = Array2::from_shape_fn((7, 37), |(o, i)| ((o * 37 + i) % 11) as f32 - 5.0);
    let x = Array2::from_shape_fn((9, 37), |(v, i)| ((v * 5 + i) % 7) as f32 - 3.0);
    let matrix = DenseMatrix::from_rows(7, 37, weight.iter().copied().collect()).unwrap();
    let linear = StackedDense::new(vec![DenseLinear { weight: matrix, bias: Some(vec![1.0; 7]) }]).unwrap();
    let expected = x.dot(&weight.t()) + 1.0;
    assert_eq!(linear.forward(x.slice(s![3..4, ..])), expected.slice(s![3..4, ..]));
    assert_eq!(linear.forward(x.view()), expected);
}
