//! How a message moves from server to server.

use super::{Event, MeshTraffic, Workload};

impl MeshTraffic {
    pub(super) fn computed(&mut self, core: usize, work: &mut impl Workload) {
        match self.cores[core].outgoing {
            None => {
                self.cores[core].sending = false;
                self.wake(core, work);
            }
            Some(index) => {
                let flight = &mut self.flights[index as usize];
                flight.passage.ready_fs = self.now_fs;
                let link = self.routes[flight.route as usize][0];
                self.links[link as usize].wanted_by.push_back((None, index));
                self.tries.push(link);
            }
        }
    }

    /// Puts the next message onto a link, if it is idle and the buffer behind it has a place.
    pub(super) fn start(&mut self, link: u32) {
        let state = &mut self.links[link as usize];
        if state.carries.is_some() || state.taken == self.places {
            return;
        }
        let Some((before, index)) = state.wanted_by.pop_front() else { return };
        state.carries = Some(index);
        state.taken += 1;
        state.used.messages += 1;
        state.used.busy_fs += state.latency_fs;
        self.queue.push(self.now_fs.saturating_add(state.latency_fs), Event::Carried(link));
        match before {
            Some(before) => self.leave_buffer(before),
            None => {
                let flight = &mut self.flights[index as usize];
                flight.passage.sent_fs = self.now_fs;
                let core = &mut self.cores[flight.from as usize];
                core.blocked_fs += self.now_fs - flight.passage.ready_fs;
                (core.sending, core.outgoing) = (false, None);
                self.released.push(flight.from);
            }
        }
    }

    /// The head of a buffer has left it: there is a place, and a new head.
    fn leave_buffer(&mut self, link: u32) {
        let now_fs = self.now_fs;
        let state = &mut self.links[link as usize];
        state.note_length(now_fs);
        if let Some(left) = state.buffer.pop_front() {
            state.used.waited_fs += u128::from(now_fs - self.flights[left as usize].since_fs);
        }
        state.taken -= 1;
        self.tries.push(link);
        self.offer(link);
    }

    /// Lets the head of a buffer ask for what comes next on its way.
    fn offer(&mut self, link: u32) {
        let Some(&index) = self.links[link as usize].buffer.front() else { return };
        let flight = &self.flights[index as usize];
        match self.routes[flight.route as usize].get(flight.crossed as usize) {
            Some(&next) => {
                self.links[next as usize].wanted_by.push_back((Some(link), index));
                self.tries.push(next);
            }
            None => self.serve(flight.packet.to as usize, link, index),
        }
    }

    /// A message has crossed a link and lies in the buffer behind it.
    pub(super) fn carried(&mut self, link: u32) {
        let now_fs = self.now_fs;
        let state = &mut self.links[link as usize];
        let Some(index) = state.carries.take() else { return };
        let flight = &mut self.flights[index as usize];
        flight.crossed += 1;
        flight.since_fs = now_fs;
        flight.passage.arrived_fs = now_fs;
        state.note_length(now_fs);
        state.buffer.push_back(index);
        state.used.longest = state.used.longest.max(state.buffer.len() as u32);
        let is_head = state.buffer.len() == 1;
        self.tries.push(link);
        if is_head {
            self.offer(link);
        }
    }

    /// Starts to serve the head of a core's buffer, if the core is free.
    fn serve(&mut self, core: usize, link: u32, index: u32) {
        let state = &mut self.cores[core];
        if state.serves.is_some() {
            return;
        }
        state.serves = Some(index);
        let flight = &mut self.flights[index as usize];
        flight.passage.served_fs = self.now_fs;
        state.used.messages += 1;
        state.used.busy_fs += flight.packet.service_fs;
        self.queue.push(self.now_fs.saturating_add(flight.packet.service_fs), Event::Served(core as u32));
        self.leave_buffer(link);
    }

    pub(super) fn served(&mut self, core: usize, work: &mut impl Workload, wake: &mut Vec<u32>) {
        let Some(index) = self.cores[core].serves.take() else { return };
        let flight = &mut self.flights[index as usize];
        flight.passage.done_fs = self.now_fs;
        let (packet, from, passage) = (flight.packet, flight.from, flight.passage);
        self.free.push(index);
        self.under_way -= 1;
        self.offer(self.link_to_core(core));
        work.served(core, packet, from, &passage, wake);
    }
}
