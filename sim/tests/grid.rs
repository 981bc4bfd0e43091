//! Connections by distance, by convolution and from lists: against NEST, the binomial law, all pairs, and the convolution of NIR.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use std::collections::BTreeMap;
use synfire_datasets::nir::{Conv, Graph, NodeKind, Padding, Tensor};
use synfire_sim::network::description::{
    Convolution, DistanceDependent, Distribution, Grid, Kernel, Population, Projection, Rule, Run,
};
use synfire_sim::network::neuron::{LifCondExp, LifDelta};
use synfire_sim::network::{Connection, Network, Simulation};
use synfire_sim::nir;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/nest/spatial.csv");

fn network(source: Grid, target: Grid, projection: Projection) -> Network {
    Network::new("grids", Run::new(1.0))
        .population(Population::on_grid("a", source, LifDelta::default()))
        .population(Population::on_grid("b", target, LifDelta::default()))
        .projection(projection)
}

/// The connections of the only projection, in order.
fn connections(network: &Network, threads: usize) -> Vec<Connection> {
    let mut connections = Simulation::build(network, threads).unwrap().connections(0);
    connections.sort_by_key(|c| (c.source, c.target, c.weight.to_bits(), c.delay_ms.to_bits()));
    connections
}

fn refusal(network: &Network) -> String {
    Simulation::build(network, 1).unwrap_err().to_string()
}

/// Place of a neuron: row and column.
fn place(grid: &Grid, neuron: u32) -> [u32; 2] {
    [neuron / grid.columns % grid.rows, neuron % grid.columns]
}

#[test]
fn pairs_are_connected_as_their_distance_says_by_the_binomial_law_and_as_in_nest() {
    let gaussian = DistanceDependent::new(Kernel::Gaussian { sigma_um: 2.0 }, 6.0).probability(0.8);
    let exponential = DistanceDependent::new(Kernel::Exponential { length_um: 3.0 }, 7.5).probability(0.9);
    let disc = DistanceDependent::new(Kernel::Disc, 3.0).probability(0.3);
    let in_nest = std::fs::read_to_string(GOLDEN).unwrap();
    type Probability = fn(f64) -> f64;
    let kernels = [
        ("gaussian", true, gaussian, (|d| 0.8 * (-d * d / 8.0).exp()) as Probability),
        ("exponential", false, exponential, |d| 0.9 * (-d / 3.0).exp()),
        ("disc", true, disc, |_| 0.3),
    ];
    for (name, periodic, rule, probability) in kernels {
        let grid = Grid::new(20, 20).periodic(periodic);
        let squared = |source: u32, target: u32| -> u32 {
            let apart = [0, 1].map(|axis| place(&grid, source)[axis].abs_diff(place(&grid, target)[axis]));
            apart.map(|n| if periodic { n.min(20 - n) } else { n }).iter().map(|n| n * n).sum()
        };
        let mut pairs = BTreeMap::<u32, f64>::new();
        for (source, target) in (0..400).flat_map(|source| (0..400).map(move |target| (source, target))) {
            *pairs.entry(squared(source, target)).or_default() += 10.0;
        }
        let (mut counts, mut delays) = (BTreeMap::<u32, f64>::new(), BTreeMap::new());
        for seed in 1..=10 {
            let projection = Projection::new("a", "a", Rule::DistanceDependent(rule), 1.0)
                .weight_mv(1.0)
                .delay_ms_per_um(0.13)
                .allow_autapses(false);
            let network = Network::new("sheet", Run::new(1.0).seed(seed))
                .population(Population::on_grid("a", grid, LifDelta::default()))
                .projection(projection);
            for connection in connections(&network, 2) {
                let of = squared(connection.source, connection.target);
                *counts.entry(of).or_default() += 1.0;
                delays.insert(of, (10.0 * connection.delay_ms).round());
            }
        }
        let mut tested = 0;
        for line in in_nest.lines().skip(1).filter(|line| line.starts_with(name)) {
            let row: Vec<f64> = line.split(',').skip(1).map(|field| field.parse().unwrap()).collect();
            let of = row[0] as u32;
            let (n, p, count) = (pairs[&of], probability(row[0].sqrt()), counts[&of]);
            let deviation = (n * p * (1.0 - p)).sqrt();
            assert!((count - n * p).abs() < 4.5 * deviation, "{line}: {count} of {n}");
            assert!((count - row[1]).abs() < 4.5 * 2f64.sqrt() * deviation, "{line}: {count}");
            assert_eq!(delays[&of], row[2], "{line}");
            tested += 1;
        }
        assert!(tested == counts.len() && tested >= 5, "{name}: {tested} distances, {}", counts.len());
    }
}

prop_compose! {
    fn any_grid()(rows in 1u32..9, columns in 1u32..9, channels in 1u32..3, spacing_um in 0.5f64..3.0) -> Grid {
        Grid::new(rows, columns).channels(channels).spacing_um(spacing_um)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_disc_holds_every_pair_within_its_cutoff_once(
        source in any_grid(), target in any_grid(), periodic in any::<bool>(), cutoff_um in 0.1f64..12.0,
        threads in 1usize..4,
    ) {
        // On a torus both grids cover the same area.
        let target = if periodic { Grid { rows: 2 * source.rows, columns: 2 * source.columns, spacing_um: source.spacing_um / 2.0, ..target } } else { target };
        let (source, target) = (source.periodic(periodic), target.periodic(periodic));
        let rule = Rule::DistanceDependent(DistanceDependent::new(Kernel::Disc, cutoff_um));
        let found: Vec<_> =
            connections(&network(source, target, Projection::new("a", "b", rule, 1.0).weight_mv(1.0)), threads)
                .iter().map(|c| (c.source, c.target)).collect();
        let at = |grid: &Grid, neuron: u32| {
            let [row, column] = place(grid, neuron).map(f64::from);
            let middle = |n: u32| f64::from(n - 1) / 2.0;
            [(row - middle(grid.rows)) * grid.spacing_um, (column - middle(grid.columns)) * grid.spacing_um]
        };
        let mut expected = Vec::new();
        for (s, t) in (0..source.neurons()).flat_map(|s| (0..target.neurons()).map(move |t| (s, t))) {
            let period = [source.rows, source.columns].map(|n| f64::from(n) * source.spacing_um);
            let distance = (0..2).map(|axis| {
                let apart = (at(&source, s)[axis] - at(&target, t)[axis]).abs();
                if periodic { apart.min(period[axis] - apart) } else { apart }.powi(2)
            }).sum::<f64>().sqrt();
            prop_assume!((distance - cutoff_um).abs() > 1e-6);
            if distance < cutoff_um {
                expected.push((s, t));
            }
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_convolution_sums_what_the_convolution_of_nir_sums(
        channels in (1u32..4, 1u32..4), size in (3u32..9, 3u32..9), window in (1u32..4, 1u32..4),
        stride in (1u32..3, 1u32..3), padding in (0u32..2, 0u32..2), threads in 1usize..4,
        weights in prop::collection::vec(-2i8..3, 81), input in prop::collection::vec(-3i8..4, 3 * 64),
    ) {
        let shape = [channels.1, channels.0, window.0, window.1].map(|n| n as usize);
        let weights: Vec<f32> = weights.iter().cycle().take(shape.iter().product()).map(|w| f32::from(*w) / 2.0).collect();
        let rows: Vec<Vec<f64>> = weights.chunks(shape[3]).map(|row| row.iter().map(|w| f64::from(*w)).collect()).collect();
        let planes: Vec<_> = rows.chunks(shape[2]).map(<[_]>::to_vec).collect();
        let kernel = planes.chunks(shape[1]).map(<[_]>::to_vec).collect();
        let out = |n: u32, window: u32, stride: u32, padding: u32| (n + 2 * padding - window) / stride + 1;
        let source = Grid::new(size.0, size.1).channels(channels.0);
        let target = Grid::new(out(size.0, window.0, stride.0, padding.0), out(size.1, window.1, stride.1, padding.1))
            .channels(channels.1);
        let rule = Convolution::new(kernel).stride(stride.into()).padding(padding.into());
        let projection = Projection::new("a", "b", Rule::Convolution(rule), 1.0).weight_mv(2.0);
        let input: Vec<f32> = input.iter().cycle().take(source.neurons() as usize).map(|x| f32::from(*x)).collect();
        let mut found = vec![0.0; target.neurons() as usize];
        for connection in connections(&network(source, target, projection), threads) {
            found[connection.target as usize] += connection.weight * f64::from(input[connection.source as usize]);
        }
        let pair = |(a, b): (u32, u32)| [a as usize, b as usize];
        let conv = Conv {
            input_shape: None,
            weight: Tensor { shape: shape.to_vec(), values: weights },
            stride: pair(stride),
            padding: Padding::Zeros(pair(padding)),
            dilation: [1; 2],
            groups: 1,
            bias: Tensor { shape: vec![shape[0]], values: vec![0.0; shape[0]] },
        };
        let of = |grid: &Grid| [grid.channels, grid.rows, grid.columns].map(|n| n as usize).to_vec();
        let graph = Graph::chain([
            ("input", NodeKind::Input { shape: of(&source) }),
            ("node", NodeKind::Conv2d(conv)),
            ("output", NodeKind::Output { shape: of(&target) }),
        ]);
        let dense = nir::Network::new(&graph, &nir::Options::default()).unwrap();
        let mut state = dense.start();
        let events: Vec<(u32, f32)> = (0..).zip(input).collect();
        dense.step(&mut state, &events).unwrap();
        let expected: Vec<f64> = state.output().iter().map(|y| 2.0 * f64::from(*y)).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn synapses_on_grids_are_the_same_whatever_the_number_of_threads() {
    let grid = Grid::new(15, 10).channels(2).spacing_um(20.0);
    let weight = Distribution::Normal { mean: 1.0, sd: 0.3, min: None, max: None };
    let delay = Distribution::Uniform { low: 0.5, high: 2.0 };
    let gaussian = DistanceDependent::new(Kernel::Gaussian { sigma_um: 40.0 }, 100.0);
    let same = vec![vec![vec![vec![0.5, -1.0, 0.25]; 3]; 2]; 2];
    for rule in [Rule::DistanceDependent(gaussian), Rule::Convolution(Convolution::new(same).padding([1; 2]))]
    {
        let projection = Projection::new("a", "b", rule, delay).weight_mv(weight).delay_ms_per_um(0.01);
        let network = network(grid, grid, projection);
        let one = connections(&network, 1);
        assert!(one.len() > 3000);
        assert_eq!(one, connections(&network, 3));
        assert_ne!(one, connections(&Network { run: Run::new(1.0).seed(2), ..network }, 1));
    }
}

#[test]
fn listed_synapses_have_their_weights_and_delays_from_the_description_and_from_a_file() {
    let text = |rule: &str| {
        format!(
            "name = 'x'
             run.duration_ms = 1
             [[population]]
             name = 'a'
             size = 300
             neuron.lif_exp = {{}}
             [[projection]]
             source = 'a'
             target = 'a'
             rule = {rule}
             weight_pa = 2
             delay_ms = 1"
        )
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("list.csv"),
        "# by hand\ntarget,source,delay,weight\n7,3,1.5,-0.5\n3,299,2,4\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("x.toml"), text("{ file = 'list.csv' }")).unwrap();
    let read = Network::read(&folder.path().join("x.toml"), &[]).unwrap();
    let inline =
        Network::parse(&text("{ synapses = [[3, 7, -0.5, 1.5], [299, 3, 4, 2]] }"), "x.toml").unwrap();
    let found = connections(&inline, 3);
    let synapse = |source, target, weight, delay_ms| Connection { source, target, weight, delay_ms };
    assert_eq!(found, [synapse(3, 7, -1.0, 1.5), synapse(299, 3, 8.0, 2.0)]);
    assert_eq!(connections(&read, 2), found);
    // What was read needs the file no more.
    assert_eq!(inline, read);
    let csv = folder.path().join("list.csv").display().to_string();
    let reread = |content: &str| {
        std::fs::write(&csv, content).unwrap();
        Network::read(&folder.path().join("x.toml"), &[])
    };
    let errors = [
        ("source,target,weight_pa\n1,2,3", "column 'weight_pa'; there may be source, target, weight, delay"),
        ("source,target\n1,x", "line 2: target: 'x'; give a number"),
        ("source,weight\n1,2", "a column is missing; give source and target"),
    ];
    for (content, problem) in errors {
        let found = reread(content).unwrap_err().to_string();
        assert!(found.ends_with(&format!("x.toml: projection.0.rule.file: {csv}: {problem}")), "{found}");
    }
    let found = refusal(&reread("source,target\n1,2\n5,300\n").unwrap());
    let expected =
        "x: projection.0.rule.pairs[1]: [5, 300]; there are 300 sources and 300 targets, counted from 0";
    assert_eq!(found, expected);
    assert_eq!(connections(&reread("source,target\n1,2\n").unwrap(), 1), [synapse(1, 2, 2.0, 1.0)]);
    // Without a file of its own a description is one of the working folder.
    let plain = Network::parse(&text(&format!("{{ file = '{csv}' }}")), "x.toml").unwrap();
    assert_eq!(connections(&plain, 1), [synapse(1, 2, 2.0, 1.0)]);
}

#[test]
fn a_network_on_a_grid_scales_with_its_area_kept_and_convolutions_keep_their_sizes() {
    let rule = DistanceDependent::new(Kernel::Disc, 40.0);
    let network = |rule| {
        let grid = Grid::new(40, 60).spacing_um(5.0).periodic(true);
        network(grid, grid, Projection::new("a", "b", rule, 1.0).weight_mv(1.0))
    };
    let half = network(Rule::DistanceDependent(rule)).scaled(0.25);
    assert_eq!(half.population[0].grid, Some(Grid::new(20, 30).spacing_um(10.0).periodic(true)));
    assert_eq!(half.population[0].size, 600);
    // pi 40^2 um2, with 49 of 10 um x 10 um.
    assert_eq!(connections(&half, 1).len(), 600 * 49);
    let convolution = network(Rule::Convolution(Convolution::new(vec![vec![vec![vec![1.0]]]])));
    assert_eq!(convolution.clone().scaled(0.25), convolution);
}

#[test]
fn what_does_not_fit_a_grid_is_named_by_its_key() {
    let grid = Grid::new(4, 5);
    let plain = |rule| Projection::new("a", "b", rule, 1.0).weight_mv(1.0);
    let by = |rule: DistanceDependent| network(grid, grid, plain(Rule::DistanceDependent(rule)));
    let conv = |rule: Convolution| network(grid, grid, plain(Rule::Convolution(rule)));
    let kernel = |columns: usize| vec![vec![vec![vec![1.0; columns]]]];
    let disc = DistanceDependent::new(Kernel::Disc, 2.0);
    let bare = Network::new("grids", Run::new(1.0)).population(Population::new("a", 20, LifDelta::default()));
    let bare = bare.population(Population::on_grid("b", grid, LifDelta::default()));
    let conductances = Network::new("grids", Run::new(1.0))
        .population(Population::on_grid("a", grid, LifCondExp::default()))
        .projection(Projection::new("a", "a", Rule::Synapses(vec![(0, 1, -1.0, 1.0)]), 1.0).weight_ns(1.0));
    let mut sized = by(disc);
    sized.population[0].size = 21;
    let far = plain(Rule::DistanceDependent(disc)).delay_ms_per_um(100.0);
    let cases = [
        (
            by(disc.probability(1.5)),
            "projection.0.rule.distance_dependent.probability: 1.5; give a probability",
        ),
        (
            by(DistanceDependent { cutoff_um: 0.0, ..disc }),
            "projection.0.rule.distance_dependent.cutoff_um: 0; give",
        ),
        (
            by(DistanceDependent::new(Kernel::Gaussian { sigma_um: -1.0 }, 2.0)),
            "projection.0.rule.distance_dependent.kernel.gaussian.sigma_um: -1; give",
        ),
        (
            bare.clone().projection(plain(Rule::DistanceDependent(disc))),
            "projection.0.rule.distance_dependent: 'a' has no grid; give population.a.grid",
        ),
        (
            bare.projection(plain(Rule::AllToAll).delay_ms_per_um(0.1)),
            "projection.0.delay_ms_per_um: 'a' has no grid; give population.a.grid",
        ),
        (
            network(grid, grid.periodic(true), plain(Rule::DistanceDependent(disc))),
            "projection.0.rule.distance_dependent: the grids of 'a' and 'b' do not close on each other",
        ),
        (
            conv(Convolution::new(kernel(2))),
            "projection.0.rule.convolution.kernel: 1 x 1 x 1 x 2; takes 1 channels and makes 1 x 4 x 4 of 'a' (1 x 4 x 5), but 'b' is 1 x 4 x 5",
        ),
        (
            conv(Convolution::new(kernel(0))),
            "projection.0.rule.convolution.kernel: [1, 1, 1, 0]; give at least",
        ),
        (
            conv(Convolution::new(kernel(1)).stride([1, 0])),
            "projection.0.rule.convolution.stride: [1, 0]; give",
        ),
        (network(grid, grid, far), "projection.0.delay_ms: a delay of "),
        (
            network(Grid::new(0, 5), grid, plain(Rule::AllToAll)),
            "population.a.grid.rows: 0; give at least one",
        ),
        (sized, "population.a.size: 21; the grid has 20 neurons; leave the size out"),
        (conductances, "projection.0.rule: a weight of -1; conductances are not negative"),
        (
            network(grid, grid, plain(Rule::Synapses(vec![(0, 1, 1.0, 0.04)]))),
            "projection.0.delay_ms: 1; give at least a step",
        ),
    ];
    for (network, expected) in cases {
        let found = refusal(&network);
        assert!(found.starts_with(&format!("grids: {expected}")), "{found}\n{expected}");
    }
    let ragged = vec![vec![vec![vec![1.0], vec![1.0, 2.0]]]];
    let found = refusal(&conv(Convolution::new(ragged)));
    assert!(found.starts_with("grids: projection.0.rule.convolution.kernel[0][0][1]: 2; give 1 input channels of 2 rows of 1 weights"), "{found}");
}

#[test]
fn a_grid_in_toml_says_the_size_and_is_read_back() {
    let text = "name = 'x'
        run.duration_ms = 1
        [[population]]
        name = 'a'
        grid = { rows = 3, columns = 4, channels = 2, spacing_um = 10, periodic = true }
        neuron.lif_exp = {}
        [[projection]]
        source = 'a'
        target = 'a'
        rule = { distance_dependent = { kernel = { gaussian = { sigma_um = 20 } }, probability = 0.5, cutoff_um = 60 } }
        weight_pa = 1
        delay_ms = 1
        delay_ms_per_um = 0.01
        [[projection]]
        source = 'a'
        target = 'a'
        rule = { convolution = { kernel = [[[[1, 2.5]]], [[[0, 1]]]], stride = [1, 2], padding = [0, 1] } }
        weight_pa = 1
        delay_ms = 1";
    let network = Network::parse(text, "x.toml").unwrap();
    assert_eq!(network.population[0].size, 24);
    assert_eq!(network.population[0].grid, Some(Grid::new(3, 4).channels(2).spacing_um(10.0).periodic(true)));
    assert_eq!(Network::parse(&network.to_toml().unwrap(), "again.toml").unwrap(), network);
    let larger = Network::parse_with(text, "x.toml", &["population.a.grid.rows=5".to_owned()]).unwrap();
    assert_eq!(larger.population[0].size, 40);
}
