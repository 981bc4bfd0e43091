//! A network that ranks share out: the same spikes, values and states, bit for bit, as of one process. Ranks are threads here.
#![allow(clippy::unwrap_used)]

mod common;

use common::described::{Described, described};
use proptest::prelude::*;
use std::path::Path;
use std::sync::{Barrier, Mutex};
use synfire_sim::network::{Alone, Kept, Meeting, NetworkError, Observer, ObserverError, Simulation};

/// Where threads meet as ranks.
struct Room {
    brought: Vec<Mutex<Vec<u8>>>,
    barrier: Barrier,
}

struct Member<'a>(&'a Room, usize);

impl Meeting for Member<'_> {
    fn rank(&self) -> usize {
        self.1
    }

    fn ranks(&self) -> usize {
        self.0.brought.len()
    }

    fn share(&self, own: Vec<u8>) -> Result<Vec<Vec<u8>>, ObserverError> {
        *self.0.brought[self.1].lock().unwrap() = own;
        self.0.barrier.wait();
        let all = self.0.brought.iter().map(|brought| brought.lock().unwrap().clone()).collect();
        self.0.barrier.wait();
        Ok(all)
    }

    fn gather(&self, own: Vec<u8>) -> Result<Vec<Vec<u8>>, ObserverError> {
        let all = self.share(own)?;
        Ok(if self.1 == 0 { all } else { Vec::new() })
    }
}

/// What each of `ranks` ranks does.
fn among<T: Send>(ranks: usize, does: impl Fn(&dyn Meeting) -> T + Sync) -> Vec<T> {
    let brought = (0..ranks).map(|_| Mutex::new(Vec::new())).collect();
    let room = Room { brought, barrier: Barrier::new(ranks) };
    std::thread::scope(|scope| {
        let (room, does) = (&room, &does);
        let ranks: Vec<_> = (0..ranks).map(|rank| scope.spawn(move || does(&Member(room, rank)))).collect();
        ranks.into_iter().map(|rank| rank.join().unwrap()).collect()
    })
}

/// Runs to `until_ms` and saves the state there.
fn saved(
    meeting: &dyn Meeting,
    mut simulation: Simulation,
    until_ms: f64,
    path: &Path,
) -> Result<Kept, NetworkError> {
    let mut kept = Kept::default();
    simulation.run_among(meeting, until_ms - simulation.time_ms(), &mut kept)?;
    simulation.save_among(meeting, path)?;
    Ok(kept)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn ranks_tell_what_one_process_does_and_save_its_state(
        described in described(), ranks in 2usize..5, threads in 1usize..3, cut in 1u32..400, others in 1usize..4,
    ) {
        let plastic = described.plastic || described.event;
        let network = Described { event: false, plastic, ..described }.network();
        let folder = tempfile::tempdir().unwrap();
        let [one, many] = ["one", "many"].map(|name| folder.path().join(name));
        let cut_ms = f64::from(cut) / 10.0;
        let built = Simulation::build(&network, 1).unwrap();
        let synapses = built.synapses();
        let whole = saved(&Alone, built, cut_ms, &one).unwrap();
        let shared = among(ranks, |meeting| {
            let simulation = Simulation::build_among(meeting, &network, threads).unwrap();
            let counts = [simulation.synapses(), simulation.own_synapses()];
            (counts, saved(meeting, simulation, cut_ms, &many).unwrap())
        });
        prop_assert_eq!(&shared[0].1, &whole);
        prop_assert!(shared.iter().all(|(counts, _)| counts[0] == synapses));
        prop_assert_eq!(shared.iter().map(|(counts, _)| counts[1]).sum::<u64>(), synapses);
        prop_assert!(shared[1..].iter().all(|(_, kept)| *kept == Kept::default()));
        prop_assert!(std::fs::read(&one).unwrap() == std::fs::read(&many).unwrap());

        let end = |meeting: &dyn Meeting, path: &Path| {
            let simulation = Simulation::restore_among(meeting, &network, threads, path).unwrap();
            saved(meeting, simulation, 40.0, &path.with_extension("end")).unwrap()
        };
        let rest = end(&Alone, &one);
        prop_assert_eq!(&among(others, |meeting| end(meeting, &many))[0], &rest);
        prop_assert!(std::fs::read(one.with_extension("end")).unwrap() == std::fs::read(many.with_extension("end")).unwrap());
    }
}

#[test]
fn when_one_rank_asks_to_stop_all_stop_at_the_same_time() {
    struct Until(f64, u32);
    impl Observer for Until {
        fn spikes(&mut self, _: f64, neurons: &[u32]) -> Result<(), ObserverError> {
            self.1 += neurons.len() as u32;
            Ok(())
        }
        fn reached(&mut self, time_ms: f64) -> Result<bool, ObserverError> {
            Ok(time_ms < self.0)
        }
    }
    let network = Described::rich(3, [100, 100]).network();
    for asks in 0..3 {
        let reached_ms = among(3, |meeting| {
            let mut simulation = Simulation::build_among(meeting, &network, 2).unwrap();
            let mut until = Until(if meeting.rank() == asks { 11.0 } else { 1e9 }, 0);
            simulation.run_among(meeting, 40.0, &mut until).unwrap()
        });
        assert!((11.0..14.0).contains(&reached_ms[0]), "{reached_ms:?}");
        assert!(reached_ms.iter().all(|ms| *ms == reached_ms[0]), "{reached_ms:?}");
    }
}

#[test]
fn the_event_scheduler_is_not_shared_out() {
    let network = Described { event: true, plastic: false, ..Described::rich(3, [10, 10]) }.network();
    let errors = among(2, |meeting| Simulation::build_among(meeting, &network, 1).unwrap_err().to_string());
    for error in errors {
        assert!(error.starts_with("described: run.scheduler: event; only the step scheduler"), "{error}");
    }
}
