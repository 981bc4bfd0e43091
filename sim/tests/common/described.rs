//! Networks drawn at random that use what a network can have: models, rules, delays, drives, plastic synapses, recorders. All
//! populations are small, and cut anywhere by partitions.

use proptest::prelude::*;
use synfire_sim::network::{Kept, Network, Simulation};

/// What is drawn of a network of 40 ms.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    pub(crate) seed: u64,
    pub(crate) event: bool,
    /// Neurons of the populations a and b.
    pub(crate) sizes: [u32; 2],
    /// Steps.
    pub(crate) least_delay: u32,
    pub(crate) drawn_delays: bool,
    pub(crate) drawn_weights: bool,
    pub(crate) drive: bool,
    /// With the step scheduler only.
    pub(crate) plastic: bool,
}

/// Any network.
pub(crate) fn described() -> impl Strategy<Value = Described> {
    let shape = (any::<bool>(), 1u32..200, 1u32..200, 1u32..12);
    (0u64..1000, shape, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(seed, (event, a, b, least_delay), drawn_delays, drawn_weights, drive, plastic)| Described {
            seed,
            event,
            sizes: [a, b],
            least_delay,
            drawn_delays,
            drawn_weights,
            drive,
            plastic: plastic && !event,
        },
    )
}

impl Described {
    /// With the step scheduler and everything that it allows.
    pub(crate) fn rich(seed: u64, sizes: [u32; 2]) -> Self {
        Self {
            seed,
            event: false,
            sizes,
            least_delay: 7,
            drawn_delays: true,
            drawn_weights: true,
            drive: true,
            plastic: true,
        }
    }

    pub(crate) fn network(&self) -> Network {
        let [a, b] = self.sizes;
        let least_ms = f64::from(self.least_delay) / 10.0;
        let (scheduler, model) = if self.event { ("event", "lif_exp") } else { ("step", "alif") };
        let delay_ms = if self.drawn_delays {
            format!("{{ uniform = {{ low = {least_ms}, high = 4.0 }} }}")
        } else {
            least_ms.to_string()
        };
        let weight_pa = if self.drawn_weights { "{ normal = { mean = 80, sd = 40 } }" } else { "80" };
        let drive = if self.drive { "[[drive]]\ntarget = 'a'\nrate_hz = 4000\nweight_pa = 70" } else { "" };
        let (carried, learnt) = if self.plastic {
            (
                "synapse.tsodyks_markram.tau_facil_ms = 30",
                "synapse.stdp = { w_max = 4, lambda = 0.2, mu_plus = 0.4 }",
            )
        } else {
            ("", "")
        };
        let noise = if self.event {
            String::new()
        } else {
            format!(
                "[[population]]
                 name = 'noise'
                 size = 90
                 neuron.poisson.rate_hz = 300
                 [[projection]]
                 source = 'noise'
                 target = 'b'
                 rule = {{ fixed_total = 500 }}
                 weight_mv = 0.5
                 delay_ms = {delay_ms}"
            )
        };
        let text = format!(
            "name = 'described'
             run = {{ duration_ms = 40, seed = {seed}, scheduler = '{scheduler}' }}
             [[population]]
             name = 'given'
             size = 5
             neuron.replay = {{ times_ms = [3, 3, 7.13, 7.13, 12, 19.9, 20, 20.1, 33], neurons = [0, 1, 4, 4, 2, 0, 0, 0, 3] }}
             [[population]]
             name = 'a'
             size = {a}
             neuron.{model} = {{ t_ref_ms = 0.5, i_e_pa = 420 }}
             initial.v_mv = {{ uniform = {{ low = -70, high = -55 }} }}
             [[population]]
             name = 'b'
             size = {b}
             neuron.lif_delta = {{ t_ref_ms = 0.3 }}
             {noise}
             [[projection]]
             source = 'given'
             target = 'a'
             rule = 'all_to_all'
             weight_pa = {weight_pa}
             delay_ms = {delay_ms}
             {carried}
             [[projection]]
             source = 'a'
             target = 'b'
             rule = {{ fixed_indegree = 10 }}
             weight_mv = 2.5
             delay_ms = {delay_ms}
             {learnt}
             [[projection]]
             source = 'b'
             target = 'a'
             rule = {{ fixed_probability = 0.2 }}
             weight_pa = -40
             delay_ms = {least_ms}
             [[projection]]
             source = 'a'
             target = 'a'
             rule = {{ fixed_outdegree = 3 }}
             weight_pa = {weight_pa}
             delay_ms = 1.3
             {drive}
             [[recorder]]
             population = 'a'
             variable = 'v_mv'
             count = {a}
             interval_ms = 0.7
             [[recorder]]
             population = 'b'
             variable = 'v_mv'
             count = 1",
            seed = self.seed,
        );
        Network::parse(&text, "described.toml").unwrap()
    }
}

/// All that a network tells, by one process without a pause.
pub(crate) fn whole(network: &Network) -> Kept {
    let mut kept = Kept::default();
    Simulation::build(network, 1).unwrap().run(network.run.duration_ms, &mut kept).unwrap();
    kept
}
