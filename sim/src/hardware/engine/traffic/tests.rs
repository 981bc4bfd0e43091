#![allow(clippy::unwrap_used)]

use super::{Departure, MeshTraffic, Packet, Passage, Workload};
use crate::hardware::description::{Chip, CoreKind, Cost, Sync, Tile};
use proptest::prelude::*;

/// A mesh whose cores cost nothing by themselves.
fn chip(columns: usize, rows: usize, cores: usize, link_buffer: usize, hop_ns: [f64; 4]) -> Chip {
    let hops = hop_ns.map(|latency_ns| Cost { energy_pj: 1.0, latency_ns });
    let kind = CoreKind {
        neurons: 1,
        synapse_bytes: None,
        axons_in: None,
        leakage_mw: 0.0,
        axon_in: Cost::default(),
        synapses: Vec::new(),
        dendrites: Vec::new(),
        somas: Vec::new(),
        axon_out: Cost::default(),
    };
    Chip {
        name: "test".to_owned(),
        title: String::new(),
        source: String::new(),
        columns,
        rows,
        link_buffer,
        sync: Sync::Handshake,
        kinds: vec![kind],
        tiles: vec![Tile { hops, cores: vec![0; cores] }; columns * rows],
    }
}

/// Cores that send lists of messages and note what is served.
struct Lists {
    lists: Vec<std::vec::IntoIter<Departure>>,
    served: Vec<(u32, usize, u64, Passage)>,
}

impl Workload for Lists {
    fn next(&mut self, core: usize, _: u64) -> Option<Departure> {
        self.lists[core].next()
    }

    fn served(&mut self, core: usize, packet: Packet, from: u32, passage: &Passage, _: &mut Vec<u32>) {
        self.served.push((from, core, packet.tag, *passage));
    }
}

fn run(chip: &Chip, lists: Vec<Vec<Departure>>) -> (MeshTraffic, Lists) {
    let mut work = Lists { lists: lists.into_iter().map(Vec::into_iter).collect(), served: Vec::new() };
    let mut traffic = MeshTraffic::new(chip);
    for core in 0..chip.core_count() {
        traffic.wake(core, &mut work);
    }
    traffic.run(&mut work).unwrap();
    (traffic, work)
}

fn send(work_fs: u64, to: u32, service_fs: u64, tag: u64) -> Departure {
    Departure { work_fs, message: Some(Packet { to, service_fs, tag }) }
}

#[test]
fn a_message_alone_takes_the_sum_of_its_latencies() {
    let chip = chip(3, 2, 1, 4, [6.0, 4.0, 6.5, 5.0]);
    // Tile 0 lies at (0, 0), tile 5 at (2, 1): two hops east and one north.
    let mut lists = vec![Vec::new(); 6];
    lists[0] = vec![send(1_000_000, 5, 7_000_000, 9)];
    let (traffic, work) = run(&chip, lists);
    let (from, to, tag, passage) = work.served[0];
    assert_eq!((from, to, tag), (0, 5, 9));
    assert_eq!(passage.ready_fs, 1_000_000);
    assert_eq!(passage.arrived_fs, 1_000_000 + 14_000_000);
    assert_eq!(passage.done_fs, traffic.now_fs());
    assert_eq!(traffic.now_fs(), 22_000_000);
}

#[test]
fn a_slow_core_stops_its_sender_once_the_buffers_are_full() {
    let chip = chip(2, 1, 1, 2, [1.0; 4]);
    let mut lists = vec![Vec::new(); 2];
    lists[0] = (0..10).map(|tag| send(0, 1, 100_000_000, tag)).collect();
    let (traffic, work) = run(&chip, lists);
    // The core serves without a gap; the last message leaves when 1 + 2 + 2 + 2 are still ahead of it.
    assert_eq!(traffic.now_fs(), 1_000_000 + 10 * 100_000_000);
    let sent: Vec<u64> = work.served.iter().map(|(.., p)| p.sent_fs).collect();
    assert!(sent[9] >= 300_000_000 && sent[9] < 400_000_000, "{sent:?}");
    assert!(traffic.sending_fs()[0].1 > 0);
}

#[test]
fn one_queue_with_fixed_service_waits_as_its_recursion_says() {
    // Lindley: wait(n + 1) = max(0, wait(n) + service - gap), for a single sender and an unlimited buffer.
    let chip = chip(1, 1, 2, 1000, [1.0; 4]);
    let gaps = [5_u64, 1, 1, 9, 2, 2, 2, 30, 1, 1];
    let mut lists = vec![Vec::new(); 2];
    lists[0] = gaps.iter().enumerate().map(|(i, gap)| send(*gap, 1, 4, i as u64)).collect();
    let (_, work) = run(&chip, lists);
    let mut wait = 0_u64;
    for (n, (.., passage)) in work.served.iter().enumerate() {
        wait = if n == 0 { 0 } else { (wait + 4).saturating_sub(gaps[n]) };
        assert_eq!(passage.served_fs - passage.arrived_fs, wait, "message {n}");
    }
}

fn random_traffic() -> impl Strategy<Value = (Chip, Vec<Vec<Departure>>)> {
    (1_usize..5, 1_usize..5, 1_usize..4, 1_usize..4).prop_flat_map(|(columns, rows, cores, buffer)| {
        let count = (columns * rows * cores) as u32;
        let message =
            (0_u64..3000, 0..count, 0_u64..9000).prop_map(|(work, to, service)| send(work, to, service, 0));
        let lists = prop::collection::vec(prop::collection::vec(message, 0..40), count as usize);
        let hops = prop::array::uniform4(0_u8..9).prop_map(|ns| ns.map(|ns| f64::from(ns) * 1e-3));
        (lists, hops).prop_map(move |(lists, hops)| (chip(columns, rows, cores, buffer, hops), lists))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_message_arrives_whatever_the_mesh_and_with_buffers_of_one((chip, lists) in random_traffic()) {
        let chip = Chip { link_buffer: 1, ..chip };
        let sent: usize = lists.iter().map(Vec::len).sum();
        let (_, work) = run(&chip, lists);
        prop_assert_eq!(work.served.len(), sent);
    }

    #[test]
    fn littles_law_holds_in_every_buffer_and_no_server_is_busy_longer_than_time_runs((chip, lists) in random_traffic()) {
        let work_fs: Vec<u64> = lists.iter().map(|list| list.iter().map(|d| d.work_fs).sum()).collect();
        let hops: u64 = lists.iter().enumerate().flat_map(|(from, list)| list.iter().map(move |d| (from, d)))
            .map(|(from, d)| {
                let tile = |core: usize| core / chip.tiles[0].cores.len();
                let (x, y) = chip.hops(tile(from), tile(d.message.unwrap().to as usize));
                (x + y) as u64
            }).sum();
        let (traffic, work) = run(&chip, lists);
        for used in traffic.core_use().into_iter().chain(traffic.link_use().into_iter().map(|(.., used)| used)) {
            // Little's law, exactly: the integral of the length is the sum of the waits.
            prop_assert_eq!(used.queued_fs, used.waited_fs);
            prop_assert!(used.busy_fs <= traffic.now_fs());
            prop_assert!(used.longest as usize <= chip.link_buffer);
        }
        for ((computed, blocked), expected) in traffic.sending_fs().into_iter().zip(work_fs) {
            prop_assert_eq!(computed, expected);
            prop_assert!(computed + blocked <= traffic.now_fs());
        }
        let crossed: u64 = traffic.link_use().iter().map(|(.., used)| used.messages).sum();
        prop_assert_eq!(crossed, hops);
        for (.., p) in &work.served {
            prop_assert!(p.ready_fs <= p.sent_fs && p.sent_fs <= p.arrived_fs);
            prop_assert!(p.arrived_fs <= p.served_fs && p.served_fs <= p.done_fs);
        }
    }

    #[test]
    fn messages_from_core_to_core_keep_their_order((chip, mut lists) in random_traffic()) {
        for list in &mut lists {
            for (tag, departure) in list.iter_mut().enumerate() {
                departure.message.as_mut().unwrap().tag = tag as u64;
            }
        }
        let (_, work) = run(&chip, lists);
        let mut last = std::collections::HashMap::new();
        for (from, to, tag, _) in work.served {
            let before = last.insert((from, to), tag);
            prop_assert!(before.is_none_or(|before| before < tag));
        }
    }
}
