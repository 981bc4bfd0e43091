//! The timing of a time step by estimated congestion, as SANA-FE's `detailed` model has it.
//!
//! SANA-FE 2.2 knows three models of a time step between two barriers. `simple`: the largest sum, over cores, of either
//! sending or receiving work. `cycle`: a cycle-accurate network (BookSim 2). `detailed`, the default and the one matched
//! here, plays the messages in the order in which they are sent and estimates how crowded their routes are:
//!
//! - A core sends its messages one after another; message m leaves `generation` after the one before (time for the neurons
//!   looked at, updated and fired since then, and the axon out). Neurons after the last message are one more such time.
//! - A message crosses h hops, first along x, then along y. Each link of its route (the core's own link into the mesh, and
//!   h links between tiles) keeps a density: a message in flight adds 1 / (h + 2) to each. ρ is the sum along the route,
//!   and w̄ the mean service time of all messages in flight.
//! - If ρ exceeds the (h + 1) · `link_buffer` places of the route, the message leaves later by (ρ − places) · w̄.
//! - It travels for max(Σ hop latency, ρ w̄ / (h + 1)), then waits for the receiving core, which serves messages in the
//!   order in which they were sent: received = max(core free, sent + travel), core free = received + service.
//! - From the time it is received on, it no longer counts as in flight.
//! - The step takes until the last core has sent and served everything, and then the barrier, whose latency a table gives
//!   by the number of tiles in use.
//!
//! Energies do not depend on time: every operation has one. A hop is paid at the rates of the tile that it ends in
//! (the latency is that of the tile where it starts); neurons pay for access every step, for an update if they have anything
//! to compute, for a spike if they fire; a message pays axon out, hops, axon in, and a synapse and a dendrite for each synapse.
//!
//! Where two cores send at the same instant SANA-FE takes them as its heap happens to hold them, and the cores that a
//! neuron reaches in the order of their addresses in memory; here both go by core number. Times therefore differ in the
//! fourth digit on crowded chips, and not at all without such ties.

use super::tree::WinnerTree;
use crate::hardware::description::{Chip, Direction};
use crate::hardware::network::{Axon, MappedNetwork};
use std::collections::VecDeque;

/// A way from a core to a core.
#[derive(Debug, Clone)]
struct Route {
    /// Links whose density the message adds to, within [`Estimate::links`].
    first: usize,
    links: usize,
    hops: f64,
    latency_s: f64,
    places: f64,
    share: f64,
}

/// What the timing needs to know of an axon.
#[derive(Debug, Clone, Copy)]
struct Along {
    service_s: f64,
    route: u32,
    target: u32,
}

/// A message in flight.
#[derive(Debug, Clone, Copy)]
struct InFlight {
    received_s: f64,
    service_s: f64,
    route: u32,
}

/// The model, with the state of the step that it is timing.
#[derive(Debug, Clone)]
pub(crate) struct Estimate {
    links: Vec<u32>,
    routes: Vec<Route>,
    /// What each axon asks for; axons of the same source and target core share a route.
    along: Vec<Along>,
    sync_s: f64,
    density: Vec<f64>,
    free_s: Vec<f64>,
    in_flight: Vec<VecDeque<InFlight>>,
    senders: WinnerTree,
    arrivals: WinnerTree,
    next: Vec<usize>,
}

impl Estimate {
    /// Prepares for messages along the axons of `network`, whose steps a barrier of `sync_s` ends.
    pub(crate) fn new(chip: &Chip, network: &MappedNetwork, sync_s: f64) -> Self {
        let cores = chip.cores();
        let axons: &[Axon] = network.axons();
        let widest = chip.tiles.iter().map(|tile| tile.cores.len()).max().unwrap_or(0);
        let per_tile = Direction::ALL.len() + widest;
        let mut this = Self {
            links: Vec::new(),
            routes: Vec::new(),
            along: Vec::with_capacity(axons.len()),
            sync_s,
            density: vec![0.0; chip.columns * chip.rows * per_tile],
            free_s: vec![0.0; cores.len()],
            in_flight: vec![VecDeque::new(); cores.len()],
            senders: WinnerTree::new(cores.len()),
            arrivals: WinnerTree::new(cores.len()),
            next: vec![0; cores.len()],
        };
        let mut known = std::collections::HashMap::new();
        for axon in axons {
            let route = *known.entry((axon.source, axon.core)).or_insert_with(|| {
                let (from, to) = (cores[axon.source as usize], cores[axon.core as usize]);
                let first = this.links.len();
                let crossed = crate::hardware::mesh::crossings(chip, from.tile, to.tile);
                let mut latency_s = 0.0;
                // Each tile of the way is entered by one link: the core's own, then that of the hop before.
                let mut entered_by = Direction::ALL.len() + from.offset;
                for (tile, direction) in &crossed {
                    this.links.push((tile * per_tile + entered_by) as u32);
                    latency_s += chip.tiles[from.tile].hops[*direction as usize].latency_ns * 1e-9;
                    entered_by = *direction as usize;
                }
                this.links.push((to.tile * per_tile + entered_by) as u32);
                let hops = crossed.len() as f64;
                this.routes.push(Route {
                    first,
                    links: this.links.len() - first,
                    hops,
                    latency_s,
                    places: (hops + 1.0) * chip.link_buffer as f64,
                    share: 1.0 / (hops + 2.0),
                });
                (this.routes.len() - 1) as u32
            });
            this.along.push(Along { service_s: axon.service_s, route, target: axon.core });
        }
        this
    }

    /// How long the last step of `network` takes, barrier included, s.
    pub(crate) fn time_s(&mut self, network: &MappedNetwork) -> f64 {
        let cores = self.free_s.len();
        let mut last_s = 0.0_f64;
        self.density.fill(0.0);
        self.free_s.fill(0.0);
        self.next.fill(0);
        for core in 0..cores {
            let (sent, rest_s) = network.sent(core);
            match sent.first() {
                Some(first) => self.senders.set(core, first.generation_s),
                None => last_s = last_s.max(rest_s),
            }
        }
        let (mut mean_s, mut flying) = (0.0_f64, 0.0_f64);
        while let Some((core, mut sent_s)) = self.senders.least() {
            while let Some((target, _)) =
                self.arrivals.least().filter(|(_, received_s)| *received_s <= sent_s)
            {
                let Some(gone) = self.in_flight[target].pop_front() else { break };
                self.arrivals
                    .set(target, self.in_flight[target].front().map_or(f64::INFINITY, |m| m.received_s));
                let route = &self.routes[gone.route as usize];
                for link in &self.links[route.first..route.first + route.links] {
                    self.density[*link as usize] -= route.share;
                }
                mean_s = if flying > 1.0 { mean_s + (mean_s - gone.service_s) / (flying - 1.0) } else { 0.0 };
                flying -= 1.0;
            }
            let (messages, rest_s) = network.sent(core);
            let along = self.along[messages[self.next[core]].axon as usize];
            let (service_s, target) = (along.service_s, along.target as usize);
            let route = &self.routes[along.route as usize];
            let links = &self.links[route.first..route.first + route.links];
            let crowd: f64 = links.iter().map(|link| self.density[*link as usize]).sum();
            if crowd > route.places {
                sent_s += (crowd - route.places) * mean_s;
            }
            let travel_s = route.latency_s.max(crowd * mean_s / (route.hops + 1.0));
            let received_s = (sent_s + travel_s).max(self.free_s[target]);
            self.free_s[target] = received_s + service_s;
            last_s = last_s.max(self.free_s[target]);
            for link in links {
                self.density[*link as usize] += route.share;
            }
            mean_s += (service_s - mean_s) / (flying + 1.0);
            flying += 1.0;
            if self.in_flight[target].is_empty() {
                self.arrivals.set(target, received_s);
            }
            self.in_flight[target].push_back(InFlight { received_s, service_s, route: along.route });
            self.next[core] += 1;
            match messages.get(self.next[core]) {
                Some(next) => self.senders.set(core, sent_s + next.generation_s),
                None => {
                    self.senders.set(core, f64::INFINITY);
                    last_s = last_s.max(sent_s + rest_s);
                }
            }
        }
        for core in 0..cores {
            self.in_flight[core].clear();
            self.arrivals.set(core, f64::INFINITY);
        }
        last_s + self.sync_s
    }
}
