//! A network that pauses, on disk, and goes on: no spike is lost or doubled, no bit is another.
#![allow(clippy::unwrap_used)]

mod common;

use common::described::{Described, described, whole};
use proptest::prelude::*;
use std::path::Path;
use synfire_sim::network::{Kept, Network, NetworkError, Observer, ObserverError, Simulation, StateError};

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
        let network = Described { event, plastic: !event, ..Described::rich(5, [130, 70]) }.network();
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
    let described = |seed, event| Described { event, plastic: false, ..Described::rich(seed, [20, 30]) };
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
