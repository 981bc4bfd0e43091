//! Messages over a mesh with finite buffers, event by event.
//!
//! Everything a message passes is a server with a queue in front of it:
//!
//! ```text
//! core sends ─▶ link into the router ─▶ [buffer] ─▶ link to the next tile ─▶ [buffer] ─▶ … ─▶ link to the core ─▶ [buffer] ─▶ core serves
//! ```
//!
//! A link carries one message at a time, for the latency of its hop (none between a core and its own router), and starts
//! only if the buffer behind it has a place; the message gives up its place in the buffer before it at that moment.
//! Messages that want the same link take it in the order in which they came to the head of their buffer. A core serves its
//! buffer in order, one message at a time, and sends at the same time: its next message waits until the buffer of its
//! router has a place. That is back-pressure: a slow core fills the buffers behind it and in the end stops those who
//! send to it. XY routes use links in an order without cycles and cores always serve, so messages cannot block each
//! other for ever, even with buffers of one place.
//!
//! Times are whole femtoseconds: sums are exact and the order of events does not depend on rounding.

mod moves;

use crate::hardware::ChipError;
use crate::hardware::description::{Chip, Direction};
use crate::hardware::mesh::crossings;
use crate::hardware::queue::RadixQueue;
use std::collections::{HashMap, VecDeque};

/// Femtoseconds of a nanosecond.
pub(crate) const FS_PER_NS: f64 = 1e6;
/// Femtoseconds of a second.
pub(crate) const FS_PER_S: f64 = 1e15;
/// The clock may run to here.
const LAST_FS: u64 = u64::MAX / 4;

/// What a core does next on its sending side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departure {
    /// Time for which the core computes before, fs.
    pub work_fs: u64,
    /// The message that then leaves, if one does.
    pub message: Option<Packet>,
}

/// A message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// Core that it goes to.
    pub to: u32,
    /// Time for which that core serves it, fs.
    pub service_fs: u64,
    /// Whatever the sender wants the receiver to know.
    pub tag: u64,
}

/// Where a message spent its time, fs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passage {
    /// When the sender had computed it.
    pub ready_fs: u64,
    /// When it left the sender: later than ready if its router had no place.
    pub sent_fs: u64,
    /// When it lay in the buffer of its core.
    pub arrived_fs: u64,
    /// When the core began to serve it.
    pub served_fs: u64,
    /// When the core was done with it.
    pub done_fs: u64,
}

/// What runs on the cores.
pub trait Workload {
    /// What `core` does next, now that it is idle on its sending side; `None` until it is woken.
    fn next(&mut self, core: usize, now_fs: u64) -> Option<Departure>;
    /// `core` has served a message; the cores pushed onto `wake` are asked for their next departure.
    fn served(&mut self, core: usize, packet: Packet, from: u32, passage: &Passage, wake: &mut Vec<u32>);
}

/// A server and what passed it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Use {
    /// Messages.
    pub messages: u64,
    /// Time for which it was taken, fs.
    pub busy_fs: u64,
    /// Largest number of messages in the buffer before (cores) or behind it (links).
    pub longest: u32,
    /// Integral over time of the number in that buffer, fs; divided by the time, the mean length.
    pub queued_fs: u128,
    /// Sum over messages of the time spent in that buffer, fs.
    pub waited_fs: u128,
}

/// A message that is under way.
#[derive(Debug, Clone, Copy)]
struct Flight {
    packet: Packet,
    from: u32,
    route: u32,
    /// Links of the route behind it.
    crossed: u32,
    passage: Passage,
    /// Since when it lies where it lies.
    since_fs: u64,
}

/// A link with the buffer behind it.
#[derive(Debug, Clone, Default)]
struct Link {
    latency_fs: u64,
    /// Message on it.
    carries: Option<u32>,
    /// Places of the buffer behind that are taken or promised.
    taken: usize,
    /// The buffer behind it, and since when it is as long as it is.
    buffer: VecDeque<u32>,
    changed_fs: u64,
    /// Who wants to cross it, in order: the link in whose buffer the message lies (none: its core sends it), the message.
    wanted_by: VecDeque<(Option<u32>, u32)>,
    used: Use,
}

/// The two sides of a core.
#[derive(Debug, Clone, Default)]
struct Core {
    /// Message that it serves.
    serves: Option<u32>,
    /// Whether it computes or waits for a place.
    sending: bool,
    /// Message that is computed or waits to enter the mesh.
    outgoing: Option<u32>,
    used: Use,
    sending_fs: u64,
    blocked_fs: u64,
}

#[derive(Debug, Clone, Copy)]
enum Event {
    /// A core has computed what it sends.
    Computed(u32),
    /// A link has carried a message.
    Carried(u32),
    /// A core has served a message.
    Served(u32),
}

/// The mesh, and everything that is under way on it.
#[derive(Debug, Clone)]
pub struct MeshTraffic {
    cores: Vec<Core>,
    links: Vec<Link>,
    routes: Vec<Vec<u32>>,
    route_of: HashMap<(u32, u32), u32>,
    core_place: Vec<(usize, usize)>,
    per_tile: usize,
    chip: Chip,
    places: usize,
    flights: Vec<Flight>,
    free: Vec<u32>,
    under_way: u64,
    /// Links that may be able to start.
    tries: Vec<u32>,
    /// Cores whose message has entered the mesh.
    released: Vec<u32>,
    queue: RadixQueue<Event>,
    now_fs: u64,
    events: u64,
}

impl MeshTraffic {
    /// An idle chip.
    #[must_use]
    pub fn new(chip: &Chip) -> Self {
        let cores = chip.cores();
        let widest = chip.tiles.iter().map(|tile| tile.cores.len()).max().unwrap_or(0);
        let per_tile = Direction::ALL.len() + 2 * widest;
        let mut links = vec![Link::default(); chip.tiles.len().max(chip.columns * chip.rows) * per_tile];
        for (tile, described) in chip.tiles.iter().enumerate() {
            for (direction, hop) in described.hops.iter().enumerate() {
                links[tile * per_tile + direction].latency_fs = femtoseconds(hop.latency_ns);
            }
        }
        Self {
            cores: vec![Core::default(); cores.len()],
            links,
            routes: Vec::new(),
            route_of: HashMap::new(),
            core_place: cores.iter().map(|core| (core.tile, core.offset)).collect(),
            per_tile,
            chip: chip.clone(),
            places: chip.link_buffer.max(1),
            flights: Vec::new(),
            free: Vec::new(),
            under_way: 0,
            tries: Vec::new(),
            released: Vec::new(),
            queue: RadixQueue::default(),
            now_fs: 0,
            events: 0,
        }
    }

    /// The time, fs.
    #[must_use]
    pub fn now_fs(&self) -> u64 {
        self.now_fs
    }

    /// Events handled.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Receiving side of every core.
    #[must_use]
    pub fn core_use(&self) -> Vec<Use> {
        let links = |core: usize| &self.links[self.link_to_core(core) as usize].used;
        let both = |(core, c): (usize, &Core)| {
            let buffer = links(core);
            Use { messages: c.used.messages, busy_fs: c.used.busy_fs, ..*buffer }
        };
        self.cores.iter().enumerate().map(both).collect()
    }

    /// Time that every core computed on its sending side, and waited for a place in its router, fs.
    #[must_use]
    pub fn sending_fs(&self) -> Vec<(u64, u64)> {
        self.cores.iter().map(|core| (core.sending_fs, core.blocked_fs)).collect()
    }

    /// Every link between tiles that carried something: tile, direction, use.
    #[must_use]
    pub fn link_use(&self) -> Vec<(usize, Direction, Use)> {
        let of_tile = |tile: usize| Direction::ALL.iter().map(move |d| (tile, *d));
        let used =
            |(tile, d): (usize, Direction)| (tile, d, self.links[tile * self.per_tile + d as usize].used);
        (0..self.chip.tiles.len())
            .flat_map(of_tile)
            .map(used)
            .filter(|(.., used)| used.messages > 0)
            .collect()
    }

    /// Asks `core` for its next departure, if it is idle.
    pub fn wake(&mut self, core: usize, work: &mut impl Workload) {
        if self.cores[core].sending {
            return;
        }
        let Some(departure) = work.next(core, self.now_fs) else { return };
        let flight = departure.message.map(|packet| self.board(core as u32, packet));
        let state = &mut self.cores[core];
        (state.sending, state.outgoing) = (true, flight);
        state.sending_fs += departure.work_fs;
        self.queue.push(self.now_fs.saturating_add(departure.work_fs), Event::Computed(core as u32));
    }

    /// Runs until nothing is left to happen.
    ///
    /// # Errors
    /// [`ChipError::Deadlock`] if messages are left then, which would be a fault of the routes; [`ChipError::Clock`].
    pub fn run(&mut self, work: &mut impl Workload) -> Result<(), ChipError> {
        let mut wake = Vec::new();
        while let Some((time, event)) = self.queue.pop() {
            if time > LAST_FS {
                return Err(ChipError::Clock { limit_s: LAST_FS as f64 / FS_PER_S });
            }
            self.now_fs = time;
            self.events += 1;
            match event {
                Event::Computed(core) => self.computed(core as usize, work),
                Event::Carried(link) => self.carried(link),
                Event::Served(core) => {
                    self.served(core as usize, work, &mut wake);
                    for core in wake.drain(..) {
                        self.wake(core as usize, work);
                    }
                }
            }
            while let Some(link) = self.tries.pop() {
                self.start(link);
            }
            while let Some(core) = self.released.pop() {
                self.wake(core as usize, work);
            }
        }
        match self.under_way {
            0 => Ok(()),
            waiting => Err(ChipError::Deadlock { waiting }),
        }
    }

    /// Lets time pass with nothing under way, as during a barrier.
    pub fn pause(&mut self, fs: u64) {
        self.now_fs = self.now_fs.saturating_add(fs);
        self.queue.push(self.now_fs, Event::Computed(u32::MAX));
        self.queue.pop();
    }

    fn board(&mut self, from: u32, packet: Packet) -> u32 {
        let route = self.route(from, packet.to);
        let flight =
            Flight { packet, from, route, crossed: 0, passage: Passage::default(), since_fs: self.now_fs };
        self.under_way += 1;
        match self.free.pop() {
            Some(index) => {
                self.flights[index as usize] = flight;
                index
            }
            None => {
                self.flights.push(flight);
                (self.flights.len() - 1) as u32
            }
        }
    }

    fn link_to_core(&self, core: usize) -> u32 {
        let (tile, offset) = self.core_place[core];
        let widest = (self.per_tile - Direction::ALL.len()) / 2;
        (tile * self.per_tile + Direction::ALL.len() + widest + offset) as u32
    }

    /// The links from core to core: into the router, between tiles, to the core.
    fn route(&mut self, from: u32, to: u32) -> u32 {
        if let Some(route) = self.route_of.get(&(from, to)) {
            return *route;
        }
        let (tile, offset) = self.core_place[from as usize];
        let mut links = vec![(tile * self.per_tile + Direction::ALL.len() + offset) as u32];
        let crossed = crossings(&self.chip, tile, self.core_place[to as usize].0);
        links.extend(crossed.iter().map(|(tile, d)| (tile * self.per_tile + *d as usize) as u32));
        links.push(self.link_to_core(to as usize));
        self.routes.push(links);
        let route = (self.routes.len() - 1) as u32;
        self.route_of.insert((from, to), route);
        route
    }
}

impl Link {
    /// Adds the time for which the buffer had the length that is about to change.
    fn note_length(&mut self, now_fs: u64) {
        self.used.queued_fs += u128::from(now_fs - self.changed_fs) * self.buffer.len() as u128;
        self.changed_fs = now_fs;
    }
}

/// Whole femtoseconds of a latency.
pub(crate) fn femtoseconds(ns: f64) -> u64 {
    (ns * FS_PER_NS).round() as u64
}

#[cfg(test)]
mod tests;
