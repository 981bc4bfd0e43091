//! A network that pauses, on disk, and goes on: no spike is lost or doubled, no bit is another.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use std::path::Path;
use synfire_sim::network::{Kept, Network, NetworkError, Observer, ObserverError, Simulation, StateError};

/// A network of three populations that hear of each other in many ways; all three are small, and cut anywhere by partitions.
#[derive(Debug, Clone)]
struct Described {
    seed: u64,
    event: bool,
    sizes: [u32; 2],
    /// Steps.
    least_delay: u32,
    drawn_delays: bool,
    drawn_weights: bool,
    drive: bool,
    /// With the step scheduler only.
    plastic: bool,
}

fn described() -> impl Strategy<Value = Described> {
    let shape = (any::<bool>(), 1u32..140, 1u32..140, 1u32..12);
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
    fn network(&self) -> Network {
        let [a, b] = self.sizes;
        let least_ms = f64::from(self.least_delay) / 10.0;
        let (scheduler, cond) = if self.event { ("event", "lif_exp") } else { ("step", "alif") };
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
        let text = format!(
            "name = 'paused'
             run = {{ duration_ms = 40, seed = {seed}, scheduler = '{scheduler}' }}
             [[population]]
             name = 'given'
             size = 5
             neuron.replay = {{ times_ms = [3, 3, 7.13, 7.13, 12, 19.9, 20, 20.1, 33], neurons = [0, 1, 4, 4, 2, 0, 0, 0, 3] }}
             [[population]]
             name = 'a'
             size = {a}
             neuron.{cond} = {{ t_ref_ms = 0.5, i_e_pa = 420 }}
             initial.v_mv = {{ uniform = {{ low = -70, high = -55 }} }}
             [[population]]
             name = 'b'
             size = {b}
             neuron.lif_delta = {{ t_ref_ms = 0.3 }}
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
             interval_ms = 0.7",
            seed = self.seed,
        );
        Network::parse(&text, "paused.toml").unwrap()
    }
}

fn whole(network: &Network) -> Kept {
    let mut kept = Kept::default();
    Simulation::build(network, 1).unwrap().run(40.0, &mut kept).unwrap();
    kept
}

fn goes_on(simulation: &mut Simulation, until: u32, kept: &mut Kept) {
    simulation.run(f64::from(until) / 10.0 - simulation.time_ms(), kept).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_spike_is_lost_or_doubled_across_pauses_on_disk(
        described in described(), threads in prop::array::uniform3(1usize..4), cuts in prop::array::uniform2(0u32..=400),
    ) {
        let network = described.network();
        let whole = whole(&network);
        prop_assert!(whole.neurons.len() > 20, "{} spikes", whole.neurons.len());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.safetensors");
        let mut kept = Kept::default();
        let mut simulation = Simulation::build(&network, threads[0]).unwrap();
        let mut cuts = cuts;
        cuts.sort_unstable();
        for (cut, threads) in cuts.into_iter().zip(&threads[1..]) {
            goes_on(&mut simulation, cut, &mut kept);
            simulation.save(&path).unwrap();
            // What runs on unsaved is of no matter.
            simulation.run(1.7, &mut ()).unwrap();
            simulation = Simulation::restore(&network, *threads, &path).unwrap();
        }
        goes_on(&mut simulation, 400, &mut kept);
        prop_assert_eq!(whole, kept);
    }

    #[test]
    fn a_state_has_the_same_bytes_whatever_the_number_of_threads(described in described(), cut in 0u32..=400) {
        let network = described.network();
        let folder = tempfile::tempdir().unwrap();
        let bytes = |threads: usize| {
            let mut simulation = Simulation::build(&network, threads).unwrap();
            goes_on(&mut simulation, cut, &mut Kept::default());
            let path = folder.path().join("state.safetensors");
            simulation.save(&path).unwrap();
            std::fs::read(path).unwrap()
        };
        prop_assert!(bytes(1) == bytes(3));
    }
}

/// Asks to stop at a time.
struct Until(Kept, f64);

impl Observer for Until {
    fn spikes(&mut self, time_ms: f64, neurons: &[u32]) -> Result<(), ObserverError> {
        self.0.spikes(time_ms, neurons)
    }

    fn values(&mut self, recorder: usize, time_ms: f64, values: &[f64]) -> Result<(), ObserverError> {
        self.0.values(recorder, time_ms, values)
    }

    fn reached(&mut self, time_ms: f64) -> Result<bool, ObserverError> {
        Ok(time_ms < self.1)
    }
}

#[test]
fn what_was_asked_to_stop_goes_on_from_disk() {
    for event in [false, true] {
        let network = Described {
            seed: 5,
            event,
            sizes: [130, 70],
            least_delay: 7,
            drawn_delays: true,
            drawn_weights: true,
            drive: true,
            plastic: !event,
        }
        .network();
        let mut simulation = Simulation::build(&network, 2).unwrap();
        let mut until = Until(Kept::default(), 17.0);
        let reached_ms = simulation.run(40.0, &mut until).unwrap();
        assert!((17.0..20.0).contains(&reached_ms), "{reached_ms}");
        assert!(until.0.times_ms.iter().all(|time_ms| *time_ms <= reached_ms));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.safetensors");
        simulation.save(&path).unwrap();
        let mut simulation = Simulation::restore(&network, 3, &path).unwrap();
        assert_eq!(simulation.time_ms(), reached_ms);
        goes_on(&mut simulation, 400, &mut until.0);
        assert_eq!(until.0, whole(&network));
    }
}

#[test]
fn a_state_of_another_network_or_a_damaged_one_is_refused() {
    let described = |seed, event| Described {
        seed,
        event,
        sizes: [20, 30],
        least_delay: 3,
        drawn_delays: true,
        drawn_weights: false,
        drive: true,
        plastic: false,
    };
    let network = described(1, true).network();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    let mut simulation = Simulation::build(&network, 1).unwrap();
    simulation.run(10.0, &mut ()).unwrap();
    simulation.save(&path).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let error = |network: &Network, path: &Path| match Simulation::restore(network, 1, path) {
        Err(NetworkError::State(error)) => error,
        other => panic!("{other:?}"),
    };

    let mut longer = network.clone();
    longer.run.duration_ms = 1000.0;
    longer.recorder.clear();
    Simulation::restore(&longer, 1, &path).unwrap();
    for other in [described(2, true).network(), described(1, false).network()] {
        let error = error(&other, &path);
        assert!(matches!(error, StateError::Other { .. }), "{error}");
    }
    assert!(matches!(error(&network, &folder.path().join("none")), StateError::Read { .. }));

    let bytes = std::fs::read(&path).unwrap();
    let header = String::from_utf8_lossy(&bytes[8..]).into_owned();
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        error(&network, &path)
    };
    for length in [0, 7, 8, 100, bytes.len() - 1] {
        let error = refused(&bytes[..length]);
        assert!(matches!(error, StateError::Damaged { .. }), "{length}: {error}");
    }
    for (from, to) in [("\\\"format\\\":1", "\\\"format\\\":7"), ("population.1.v_mv", "population.1.w_mv")] {
        let place = header.find(from).unwrap() + 8;
        let mut bytes = bytes.clone();
        bytes[place..place + from.len()].copy_from_slice(to.as_bytes());
        let error = refused(&bytes).to_string();
        assert!(error.contains("format 7") || error.contains("no 'population.1.v_mv'"), "{error}");
    }
}
