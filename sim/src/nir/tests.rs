//! Closed forms of the neurons, brute force for what is computed event by event, and edges that close loops. Equality with
//! other simulators is tested in the workspace's `tests/nir.rs`.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;
use synfire_datasets::nir::{Conv, Graph, NodeKind, Padding, Pool, Tensor};

fn each(size: usize, value: f64) -> Tensor<f64> {
    Tensor { shape: vec![size], values: vec![value; size] }
}

fn tensor(shape: &[usize], values: Vec<f32>) -> Tensor<f32> {
    Tensor { shape: shape.to_vec(), values }
}

/// Input, one node, output.
fn alone(input: &[usize], kind: NodeKind, output: &[usize]) -> Graph {
    Graph::chain([
        ("input", NodeKind::Input { shape: input.to_vec() }),
        ("node", kind),
        ("output", NodeKind::Output { shape: output.to_vec() }),
    ])
}

fn cuba_li(tau_syn: f64, tau_mem: f64) -> NodeKind {
    NodeKind::CubaLi {
        tau_syn: each(1, tau_syn),
        tau_mem: each(1, tau_mem),
        r: each(1, 2.0),
        v_leak: each(1, 0.5),
        w_in: each(1, 3.0),
    }
}

/// Values of the output over steps, with an input of 1 in the first ones.
fn response(kind: NodeKind, options: Options, on: usize, steps: usize) -> Vec<f64> {
    let network = Network::new(&alone(&[1], kind, &[1]), &options).unwrap();
    let mut state = network.start();
    (0..steps)
        .map(|step| {
            network.step(&mut state, if step < on { &[(0, 1.0)] } else { &[] }).unwrap();
            f64::from(state.output()[0])
        })
        .collect()
}

#[test]
fn exact_steps_follow_the_solution_of_a_leaky_integrator_whatever_their_length() {
    let (tau, r, v_leak) = (0.01, 2.0, 0.5);
    for dt_s in [0.001, 0.02] {
        let options = Options { dt_s, method: Method::Exact, ..Options::default() };
        let kind = NodeKind::Li { tau: each(1, tau), r: each(1, r), v_leak: each(1, v_leak) };
        for (step, v) in response(kind, options, usize::MAX, 50).into_iter().enumerate() {
            let t = (step + 1) as f64 * dt_s;
            let exact = v_leak + r * (1.0 - (-t / tau).exp());
            assert!((v - exact).abs() < 1e-6, "dt {dt_s}, step {step}: {v} {exact}");
        }
    }
}

#[test]
fn exact_steps_follow_the_two_exponentials_of_a_current_based_integrator() {
    // The second pair is equal, the third differs in the tenth digit: where the difference of exponentials cancels.
    for (tau_syn, tau_mem) in [(0.004, 0.01), (0.005, 0.005), (0.005, 0.005 * (1.0 + 1e-10))] {
        let options = Options { dt_s: 0.001, method: Method::Exact, drive: Drive::Charge };
        for (step, v) in response(cuba_li(tau_syn, tau_mem), options, 1, 60).into_iter().enumerate() {
            let t = (step + 1) as f64 * 0.001;
            let i0 = 3.0 / tau_syn;
            let shape = if (tau_syn - tau_mem).abs() < 1e-9 {
                t / tau_mem * (-t / tau_mem).exp()
            } else {
                tau_syn / (tau_syn - tau_mem) * ((-t / tau_syn).exp() - (-t / tau_mem).exp())
            };
            let exact = 0.5 + 2.0 * i0 * shape;
            assert!((v - exact).abs() < 1e-6 * exact.abs().max(1.0) * 10.0, "{tau_syn} {step}: {v} {exact}");
        }
    }
}

#[test]
fn euler_comes_to_the_exact_solution_as_steps_grow_short_at_first_order() {
    for drive in [Drive::Current, Drive::Charge] {
        let error = |dt_s: f64| {
            let steps = (0.02 / dt_s).round() as usize;
            // The same input in time: a current held for 5 ms, or one charge.
            let on = if drive == Drive::Current { steps / 4 } else { 1 };
            let at_end = |method| {
                *response(cuba_li(0.004, 0.01), Options { dt_s, method, drive }, on, steps).last().unwrap()
            };
            (at_end(Method::Euler) - at_end(Method::Exact)).abs()
        };
        let (coarse, fine) = (error(1e-4), error(5e-5));
        assert!(fine < 0.6 * coarse && coarse > 0.0, "{drive:?}: {coarse} {fine}");
    }
}

#[test]
fn a_lif_neuron_fires_at_the_interval_of_the_closed_form() {
    let (tau, r) = (0.02, 1.5);
    let kind = NodeKind::Lif {
        tau: each(1, tau),
        r: each(1, r),
        v_leak: each(1, 0.0),
        v_threshold: each(1, 1.0),
        v_reset: each(1, 0.0),
    };
    let options = Options { dt_s: 1e-5, method: Method::Exact, ..Options::default() };
    let spikes = response(kind, options, usize::MAX, 20_000);
    let times: Vec<f64> =
        (1..).zip(&spikes).filter(|(_, z)| **z == 1.0).map(|(n, _)| f64::from(n) * 1e-5).collect();
    let interval = tau * (r / (r - 1.0)).ln();
    assert!(times.len() > 5);
    for pair in times.windows(2) {
        assert!((pair[1] - pair[0] - interval).abs() <= 1.01e-5, "{} {interval}", pair[1] - pair[0]);
    }
}

#[test]
fn a_spike_goes_round_a_loop_in_one_step() {
    // A neuron that fires at any input, and hears itself through a weight of 1.
    let mut graph = Graph::chain([
        ("input", NodeKind::Input { shape: vec![2] }),
        ("neurons", NodeKind::If { r: each(2, 1.0), v_threshold: each(2, 0.5), v_reset: each(2, 0.0) }),
        ("output", NodeKind::Output { shape: vec![2] }),
    ]);
    // Each neuron excites the other.
    let weight = tensor(&[2, 2], vec![0.0, 1.0, 1.0, 0.0]);
    graph.nodes.insert("loop".to_owned(), NodeKind::Linear { weight }.into());
    let edge = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    graph.edges.extend([edge("neurons", "loop"), edge("loop", "neurons")]);
    let network = Network::new(&graph, &Options { dt_s: 1.0, ..Options::default() }).unwrap();
    let mut state = network.start();
    let fired: Vec<Vec<f32>> = (0..4)
        .map(|step| {
            network.step(&mut state, if step == 0 { &[(0, 1.0)] } else { &[] }).unwrap();
            state.output().to_vec()
        })
        .collect();
    assert_eq!(fired, [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]);
}

#[test]
fn operations_are_counted_by_weights_that_are_not_zero() {
    let weight = tensor(&[3, 2], vec![1.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    let network = Network::new(&alone(&[2], NodeKind::Linear { weight }, &[3]), &Options::default()).unwrap();
    let mut state = network.start();
    network.step(&mut state, &[(0, 1.0), (1, -1.0)]).unwrap();
    network.step(&mut state, &[(1, 0.5)]).unwrap();
    network.step(&mut state, &[]).unwrap();
    let counts = state.counts()[1];
    assert_eq!((counts.steps, counts.events), (3, 3));
    assert_eq!((counts.accumulates, counts.multiply_accumulates, counts.synaptic_operations()), (3, 1, 4));
    assert_eq!(network.layers()[1].synapses, 3);
}

#[test]
fn what_cannot_be_run_is_refused_by_name_and_value() {
    let network =
        |kind, options| Network::new(&alone(&[1], kind, &[1]), &options).map(|_| ()).unwrap_err().to_string();
    let options = Options { dt_s: 0.005, ..Options::default() };
    let error = network(cuba_li(0.004, 0.01), options);
    assert!(error.contains("'node': tau_syn is 0.004 s, shorter than dt = 0.005 s"), "{error}");
    let error = network(cuba_li(0.004, 0.01), Options { dt_s: f64::NAN, ..options });
    assert!(error.contains("dt is NaN s"), "{error}");
    let graph = alone(&[1], cuba_li(0.004, 0.01), &[1]);
    let network = Network::new(&graph, &Options::default()).unwrap();
    let error = network.step(&mut network.start(), &[(1, 1.0)]).unwrap_err().to_string();
    assert!(error.contains("input 1 is beyond the 1 values"), "{error}");
}

/// One step of a graph with all values of the input, by index.
fn step(graph: &Graph, input: &[f32]) -> (Vec<f32>, u64) {
    let network = Network::new(graph, &Options::default()).unwrap();
    let mut state = network.start();
    let events: Vec<(u32, f32)> = (0..).zip(input.iter().copied()).collect();
    network.step(&mut state, &events).unwrap();
    (state.output().to_vec(), state.counts().iter().map(LayerCounts::synaptic_operations).sum())
}

/// Small whole numbers, many of them 0, whose sums are exact in any order.
fn whole(size: usize) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(prop_oneof![Just(0.0), (-4_i8..5).prop_map(f32::from)], size)
}

/// Groups, channels a group in and out, sizes of input and kernel, stride, padding, dilation.
type Sizes = (usize, [usize; 2], [usize; 2], [usize; 2], [usize; 2], [usize; 2], [usize; 2]);

fn sizes() -> impl Strategy<Value = Sizes> {
    let two = prop::array::uniform2::<std::ops::Range<usize>>;
    (1_usize..3, two(1..3), two(1..8), two(1..4), two(1..3), two(0..3), two(1..3))
}

proptest! {
    #[test]
    fn events_spread_by_a_convolution_are_the_sums_over_windows(
        (sizes, weight, input, bias) in sizes().prop_flat_map(|sizes| {
            let (groups, [i, o], [rows, columns], [k, l], ..) = sizes;
            let weights = groups * o * i * k * l;
            (Just(sizes), whole(weights), whole(groups * i * rows * columns), whole(groups * o))
        })
    ) {
        let (groups, [i, o], size, kernel, stride, padding, dilation) = sizes;
        let fits = |d: usize| size[d] + 2 * padding[d] > (kernel[d] - 1) * dilation[d];
        prop_assume!(fits(0) && fits(1));
        let out = [0, 1].map(|d| (size[d] + 2 * padding[d] - (kernel[d] - 1) * dilation[d] - 1) / stride[d] + 1);
        let at = |channel: usize, row: isize, column: isize| {
            let inside = (0..size[0] as isize).contains(&row) && (0..size[1] as isize).contains(&column);
            if inside { input[(channel * size[0] + row as usize) * size[1] + column as usize] } else { 0.0 }
        };
        let (mut expected, mut operations) = (Vec::new(), 0);
        for output in 0..groups * o {
            for row in 0..out[0] {
                for column in 0..out[1] {
                    let mut sum = bias[output];
                    for channel in 0..i {
                        for k in 0..kernel[0] {
                            for l in 0..kernel[1] {
                                let w = weight[((output * i + channel) * kernel[0] + k) * kernel[1] + l];
                                let place = |d: usize, at: usize, tap: usize| {
                                    (at * stride[d] + tap * dilation[d]) as isize - padding[d] as isize
                                };
                                let x = at(output / o * i + channel, place(0, row, k), place(1, column, l));
                                sum += w * x;
                                operations += u64::from(w != 0.0 && x != 0.0);
                            }
                        }
                    }
                    expected.push(sum);
                }
            }
        }
        let conv = Conv {
            input_shape: None,
            weight: tensor(&[groups * o, i, kernel[0], kernel[1]], weight),
            stride,
            padding: Padding::Zeros(padding),
            dilation,
            groups,
            bias: tensor(&[groups * o], bias),
        };
        let shapes = ([groups * i, size[0], size[1]], [groups * o, out[0], out[1]]);
        let found = step(&alone(&shapes.0, NodeKind::Conv2d(conv), &shapes.1), &input);
        prop_assert_eq!(found, (expected, operations));
    }

    #[test]
    fn events_spread_over_pools_are_the_sums_over_windows(
        kernel in prop::array::uniform2(1_usize..4),
        stride in prop::array::uniform2(1_usize..4),
        padding in prop::array::uniform2(0_usize..2),
        input in whole(2 * 7 * 6),
    ) {
        let size = [7, 6];
        let out = [0, 1].map(|d| (size[d] + 2 * padding[d] - kernel[d]) / stride[d] + 1);
        let mut expected = Vec::new();
        for channel in 0..2 {
            for row in 0..out[0] {
                for column in 0..out[1] {
                    let mut sum = 0.0;
                    for (k, l) in (0..kernel[0]).flat_map(|k| (0..kernel[1]).map(move |l| (k, l))) {
                        let (r, c) = (row * stride[0] + k, column * stride[1] + l);
                        let inside = r >= padding[0] && c >= padding[1] && r < 7 + padding[0] && c < 6 + padding[1];
                        sum += if inside { input[(channel * 7 + r - padding[0]) * 6 + c - padding[1]] } else { 0.0 };
                    }
                    expected.push(sum);
                }
            }
        }
        let pool = Pool { kernel_size: kernel, stride, padding };
        let shapes = ([2, 7, 6], [2, out[0], out[1]]);
        let (sums, _) = step(&alone(&shapes.0, NodeKind::SumPool2d(pool), &shapes.1), &input);
        prop_assert_eq!(&sums, &expected);
        let (means, _) = step(&alone(&shapes.0, NodeKind::AvgPool2d(pool), &shapes.1), &input);
        let area = (kernel[0] * kernel[1]) as f32;
        prop_assert_eq!(means, expected.iter().map(|sum| sum / area).collect::<Vec<_>>());
    }
}
