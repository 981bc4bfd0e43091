//! A network built in Rust equals the one that the same words in TOML describe.
#![allow(clippy::unwrap_used)]

use synfire_sim::network::Network;
use synfire_sim::network::description::{
    Convolution, DistanceDependent, Distribution, Drive, Grid, Kernel, Population, Projection, Receptor,
    Recorder, Rule, Run, Scheduler,
};
use synfire_sim::network::neuron::{LifCondExp, LifDelta, LifExp, PoissonSource};
use synfire_sim::network::synapse::TsodyksMarkram;

const TEXT: &str = "
    name = 'all'
    description = 'every key'
    run = { duration_ms = 250, dt_ms = 0.05, seed = 9, scheduler = 'event' }
    [[population]]
    name = 'source'
    size = 30
    neuron.poisson.rate_hz = 20
    [[population]]
    name = 'sheet'
    grid = { rows = 8, columns = 9, channels = 2, spacing_um = 12.5, periodic = true }
    neuron.lif_exp = { tau_m_ms = 15, i_e_pa = 100 }
    initial.v_mv = { uniform = { low = -70, high = -60 } }
    initial.i_ex_pa = 3
    [[population]]
    name = 'jumping'
    size = 10
    neuron.lif_delta = {}
    [[population]]
    name = 'conducting'
    size = 10
    neuron.lif_cond_exp = {}
    [[projection]]
    source = 'source'
    target = 'sheet'
    rule = { fixed_indegree = 5 }
    weight_pa = { lognormal = { mean = 40, sd = 10 } }
    delay_ms = 1.5
    receptor = 'excitatory'
    allow_multapses = false
    synapse.tsodyks_markram = { u = 0.4, tau_rec_ms = 700 }
    [[projection]]
    source = 'sheet'
    target = 'sheet'
    rule = { distance_dependent = { kernel = { exponential = { length_um = 30 } }, probability = 0.4, cutoff_um = 90 } }
    weight_pa = 10
    delay_ms = { exponential = { mean = 1 } }
    delay_ms_per_um = 0.002
    allow_autapses = false
    [[projection]]
    source = 'sheet'
    target = 'sheet'
    rule = { convolution = { kernel = [[[[1]], [[2]]], [[[3]], [[4]]]], stride = [1, 1], padding = [0, 0] } }
    weight_pa = 10
    delay_ms = 1
    [[projection]]
    source = 'source'
    target = 'jumping'
    rule = { synapses = [[0, 1, 0.5, 2]] }
    weight_mv = 1
    delay_ms = 1
    [[projection]]
    source = 'source'
    target = 'conducting'
    rule = 'all_to_all'
    weight_ns = 1
    delay_ms = 1
    [[drive]]
    target = 'sheet'
    rate_hz = 800
    weight_pa = 20
    receptor = 'inhibitory'
    [[drive]]
    target = 'jumping'
    rate_hz = 900
    weight_mv = 0.2
    [[drive]]
    target = 'conducting'
    rate_hz = 700
    weight_ns = 2
    [[recorder]]
    population = 'sheet'
    variable = 'v_mv'
    first = 3
    count = 4
    interval_ms = 0.5
";

#[test]
fn every_key_of_a_description_has_its_word_in_rust() {
    let sheet = Grid::new(8, 9).channels(2).spacing_um(12.5).periodic(true);
    let near = DistanceDependent::new(Kernel::Exponential { length_um: 30.0 }, 90.0).probability(0.4);
    let mixed = vec![vec![vec![vec![1.0]], vec![vec![2.0]]], vec![vec![vec![3.0]], vec![vec![4.0]]]];
    let mixed = Convolution::new(mixed).stride([1; 2]).padding([0; 2]);
    let built = Network::new("all", Run::new(250.0).dt_ms(0.05).seed(9).scheduler(Scheduler::Event))
        .description("every key")
        .population(Population::new("source", 30, PoissonSource { rate_hz: 20.0 }))
        .population(
            Population::on_grid(
                "sheet",
                sheet,
                LifExp { tau_m_ms: 15.0, i_e_pa: 100.0, ..LifExp::default() },
            )
            .initial("v_mv", Distribution::Uniform { low: -70.0, high: -60.0 })
            .initial("i_ex_pa", 3.0),
        )
        .population(Population::new("jumping", 10, LifDelta::default()))
        .population(Population::new("conducting", 10, LifCondExp::default()))
        .projection(
            Projection::new("source", "sheet", Rule::FixedIndegree(5), 1.5)
                .weight_pa(Distribution::Lognormal { mean: 40.0, sd: 10.0 })
                .receptor(Receptor::Excitatory)
                .allow_multapses(false)
                .synapse(TsodyksMarkram { u: 0.4, tau_rec_ms: 700.0, ..TsodyksMarkram::default() }),
        )
        .projection(
            Projection::new(
                "sheet",
                "sheet",
                Rule::DistanceDependent(near),
                Distribution::Exponential { mean: 1.0 },
            )
            .weight_pa(10.0)
            .delay_ms_per_um(0.002)
            .allow_autapses(false),
        )
        .projection(Projection::new("sheet", "sheet", Rule::Convolution(mixed), 1.0).weight_pa(10.0))
        .projection(
            Projection::new("source", "jumping", Rule::Synapses(vec![(0, 1, 0.5, 2.0)]), 1.0).weight_mv(1.0),
        )
        .projection(Projection::new("source", "conducting", Rule::AllToAll, 1.0).weight_ns(1.0))
        .drive(Drive::new("sheet", 800.0).weight_pa(20.0).receptor(Receptor::Inhibitory))
        .drive(Drive::new("jumping", 900.0).weight_mv(0.2))
        .drive(Drive::new("conducting", 700.0).weight_ns(2.0))
        .recorder(Recorder::new("sheet", "v_mv").first(3).count(4).interval_ms(0.5));
    assert_eq!(built, Network::parse(TEXT, "all.toml").unwrap());
    // No key is left out above: each that the schema knows of these tables stands in the text.
    let schema = Network::schema();
    for table in
        ["Run", "Population", "Grid", "Projection", "Drive", "Recorder", "DistanceDependent", "Convolution"]
    {
        let keys = schema["$defs"][table]["properties"].as_object().unwrap_or_else(|| panic!("{table}"));
        for key in keys.keys() {
            let stands = [" ", ".", "{"].iter().any(|before| TEXT.contains(&format!("{before}{key}")));
            assert!(stands, "{table}.{key}");
        }
    }
}
