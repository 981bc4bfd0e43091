//! Tokens moving through the stages of a placed model.

mod jobs;

use super::breakdown::{CriticalPath, Energy, JobRecord};
use super::cut::Stage;
use super::outcome::{ModelOptions, ModelOutcome, Span, TokenTime};
use super::place::Placement;
use super::roles::{Role, roles};
use super::spikes::TokenSpikes;
use crate::hardware::ChipError;
use crate::hardware::description::{Chip, CoreKind, Sync};
use crate::hardware::engine::traffic::{
    Departure, MeshTraffic, Packet, Passage, Use, Workload, femtoseconds,
};
use std::collections::{HashMap, VecDeque};
use synfire_datasets::record::Architecture;

/// Simulates the tokens of `spikes` on `chip`, which synchronises as it says itself; `observe` sees the work of every core.
///
/// # Errors
/// Those of `spikes`; [`ChipError::Deadlock`], [`ChipError::Clock`].
pub fn simulate(
    chip: &Chip,
    placement: &Placement,
    shape: &Architecture,
    spikes: impl Iterator<Item = Result<TokenSpikes, ChipError>>,
    options: ModelOptions,
    mut observe: impl FnMut(Span),
) -> Result<ModelOutcome, ChipError> {
    let cores = chip.core_count();
    let mut traffic = MeshTraffic::new(chip);
    let mut model = Pipeline::new(chip, placement, shape, spikes, &mut observe);
    for _ in 0..options.in_flight.max(1) {
        model.admit(0);
    }
    let used: std::collections::BTreeSet<usize> =
        placement.parts.iter().map(|p| chip.cores().get(p.core).map_or(0, |place| place.tile)).collect();
    let barrier_fs = femtoseconds(chip.sync.latency_ns(used.len()));
    let mut barriers = 0;
    model.next_step();
    loop {
        for core in 0..cores {
            traffic.wake(core, &mut model);
        }
        traffic.run(&mut model)?;
        if let Some(error) = model.failed.take() {
            return Err(error);
        }
        if model.done == model.admitted && model.exhausted {
            break;
        }
        if model.is_idle() || !model.barriers {
            return Err(ChipError::Deadlock { waiting: u64::from(model.admitted - model.done) });
        }
        traffic.pause(barrier_fs);
        barriers += 1;
        model.next_step();
    }
    let mut outcome = model.outcome;
    let kind = &chip.kinds[0];
    outcome.time_fs = outcome.tokens.last().map_or(0, |t| t.end_fs);
    outcome.barriers = barriers;
    outcome.cores = traffic.core_use();
    outcome.sending_fs = traffic.sending_fs();
    outcome.links = traffic.link_use();
    outcome.events = traffic.events();
    let messages: u64 = outcome.messages.iter().sum();
    let energy = &mut outcome.energy;
    energy.axon_out_pj = messages as f64 * kind.axon_out.energy_pj;
    energy.axon_in_pj = messages as f64 * kind.axon_in.energy_pj;
    let hop_pj = |(tile, d, used): &(usize, crate::hardware::description::Direction, Use)| {
        used.messages as f64 * chip.tiles[*tile].hops[*d as usize].energy_pj
    };
    energy.hops_pj = outcome.links.iter().map(hop_pj).sum();
    // 1 mW for 1 fs is 1e-6 pJ.
    energy.leakage_pj = kind.leakage_mw * placement.parts.len() as f64 * outcome.time_fs as f64 * 1e-6;
    Ok(outcome)
}

/// What a message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carries {
    Spike = 0,
    Value = 1,
    Marker = 2,
}

fn tag(token: u32, carries: Carries) -> u64 {
    u64::from(token) << 2 | carries as u64
}

/// Work of a core for a token that has begun.
#[derive(Debug, Clone, Default)]
struct Job {
    token: u32,
    /// Spikes of the core's own neurons.
    spikes: Vec<(u32, u32)>,
    steps: u32,
    /// Step, next spike, next neuron to look at, next receiver.
    step: u32,
    spike: usize,
    looked_at: usize,
    receiver: usize,
    /// Values sent to that receiver, and work not yet charged to a message.
    sent: usize,
    carry_fs: u64,
    begun: bool,
    stopped_fs: Option<u64>,
}

struct Pipeline<'a, I> {
    chip_kind: CoreKind,
    costs: Costs,
    stages: &'a [Stage],
    shape: &'a Architecture,
    roles: Vec<Role>,
    awaited: Vec<u32>,
    /// Markers served, by core, for its next tokens.
    markers: Vec<VecDeque<u32>>,
    /// Token of the first entry of `markers`.
    first: Vec<u32>,
    ready: Vec<VecDeque<u32>>,
    /// Became ready in this time step.
    fresh: Vec<(u32, u32)>,
    job: Vec<Option<Job>>,
    worked: Vec<bool>,
    records: HashMap<(u32, u32), JobRecord>,
    spikes: I,
    data: HashMap<u32, TokenSpikes>,
    /// Last stage: tiles that are through, by token.
    finished: HashMap<u32, u32>,
    collectors: u32,
    admitted: u32,
    done: u32,
    exhausted: bool,
    barriers: bool,
    failed: Option<ChipError>,
    outcome: ModelOutcome,
    observe: &'a mut dyn FnMut(Span),
}

/// Latencies of a core, fs.
#[derive(Debug, Clone, Copy)]
struct Costs {
    access: u64,
    update: u64,
    spike: u64,
    axon_out: u64,
    axon_in: u64,
    synapse: u64,
}

impl<'a, I: Iterator<Item = Result<TokenSpikes, ChipError>>> Pipeline<'a, I> {
    fn new(
        chip: &Chip,
        placement: &'a Placement,
        shape: &'a Architecture,
        spikes: I,
        observe: &'a mut dyn FnMut(Span),
    ) -> Self {
        let cores = chip.core_count();
        let kind = chip.kinds[0].clone();
        let (synapse, dendrite, soma) =
            (kind.synapses[0].cost, kind.dendrites[0].cost, kind.somas[0].clone());
        let costs = Costs {
            access: femtoseconds(soma.access.latency_ns),
            update: femtoseconds(soma.update.latency_ns),
            spike: femtoseconds(soma.spike.latency_ns),
            axon_out: femtoseconds(kind.axon_out.latency_ns),
            axon_in: femtoseconds(kind.axon_in.latency_ns),
            synapse: femtoseconds(synapse.latency_ns + dendrite.latency_ns),
        };
        let (roles, awaited) = roles(placement, cores);
        let last = placement.stages.len().saturating_sub(1);
        let collects =
            |role: &&Role| matches!(role, Role::Tile { stage, partial: false, .. } if *stage == last);
        let collectors = roles.iter().filter(collects).count() as u32;
        Self {
            chip_kind: kind,
            costs,
            stages: &placement.stages,
            shape,
            roles,
            awaited,
            markers: vec![VecDeque::new(); cores],
            first: vec![0; cores],
            ready: vec![VecDeque::new(); cores],
            fresh: Vec::new(),
            job: vec![None; cores],
            worked: vec![false; cores],
            records: HashMap::new(),
            spikes,
            data: HashMap::new(),
            finished: HashMap::new(),
            collectors,
            admitted: 0,
            done: 0,
            exhausted: false,
            barriers: matches!(chip.sync, Sync::Barrier(_)),
            failed: None,
            outcome: ModelOutcome {
                tokens: Vec::new(),
                time_fs: 0,
                barriers: 0,
                messages: [0; 3],
                synaptic_events: 0,
                neurons: [0; 3],
                energy: Energy::default(),
                critical_path: CriticalPath::default(),
                cores: Vec::new(),
                sending_fs: Vec::new(),
                links: Vec::new(),
                events: 0,
            },
            observe,
        }
    }

    /// Lets the next token in, if there is one: the coders of the first stage may start on it.
    fn admit(&mut self, now_fs: u64) -> Vec<u32> {
        match self.spikes.next() {
            None => self.exhausted = true,
            Some(Err(e)) => self.failed = Some(e),
            Some(Ok(spikes)) => {
                let token = self.admitted;
                self.data.insert(token, spikes);
                self.outcome.tokens.push(TokenTime { start_fs: now_fs, end_fs: now_fs });
                self.admitted += 1;
                let first = |role: &Role| matches!(role, Role::Coder { stage: 0, .. });
                let coders: Vec<u32> =
                    (0..self.roles.len()).filter(|c| first(&self.roles[*c])).map(|c| c as u32).collect();
                for core in &coders {
                    self.make_ready(*core, token, None, now_fs);
                }
                return coders;
            }
        }
        Vec::new()
    }

    fn make_ready(&mut self, core: u32, token: u32, cause: Option<(u32, Passage)>, now_fs: u64) {
        self.records.insert(
            (core, token),
            JobRecord { cause, ready_fs: now_fs, start_fs: now_fs, ..JobRecord::default() },
        );
        match self.barriers {
            true => self.fresh.push((core, token)),
            false => self.ready[core as usize].push_back(token),
        }
    }

    /// Whether a further time step would change nothing.
    fn is_idle(&self) -> bool {
        self.fresh.is_empty()
            && self.ready.iter().all(VecDeque::is_empty)
            && self.job.iter().all(Option::is_none)
    }

    /// Passes a barrier: what became ready may start, and every core may work again.
    fn next_step(&mut self) {
        self.worked.fill(false);
        for (core, token) in std::mem::take(&mut self.fresh) {
            self.ready[core as usize].push_back(token);
        }
    }

    fn start(&mut self, core: usize) -> Option<Job> {
        let token = self.ready[core].pop_front()?;
        let mut job = Job { token, ..Job::default() };
        if let (Role::Coder { stage, neurons, .. }, Some(data)) = (&self.roles[core], self.data.get(&token)) {
            let own = |(_, neuron): &&(u32, u32)| neurons.contains(&(*neuron as usize));
            job.spikes = data.spikes[*stage].iter().filter(own).copied().collect();
            job.steps = data.steps[*stage];
            job.looked_at = neurons.start;
        }
        Some(job)
    }

    /// A tile of the last stage is through with a token.
    fn finish(&mut self, core: u32, token: u32, now_fs: u64) -> Vec<u32> {
        let finished = self.finished.entry(token).or_default();
        *finished += 1;
        if *finished < self.collectors {
            return Vec::new();
        }
        self.finished.remove(&token);
        self.data.remove(&token);
        self.done += 1;
        self.outcome.tokens[token as usize].end_fs = now_fs;
        let barriers = self.barriers;
        self.outcome.critical_path.follow(&self.records, core, token, barriers);
        self.records.retain(|(_, t), _| *t != token);
        self.admit(now_fs)
    }
}

impl<I: Iterator<Item = Result<TokenSpikes, ChipError>>> Workload for Pipeline<'_, I> {
    fn next(&mut self, core: usize, now_fs: u64) -> Option<Departure> {
        loop {
            if self.worked[core] {
                return None;
            }
            let mut job = match self.job[core].take() {
                Some(job) => job,
                None => self.start(core)?,
            };
            let record = self.records.entry((core as u32, job.token)).or_default();
            if !job.begun {
                job.begun = true;
                record.start_fs = now_fs;
            }
            if let Some(stopped_fs) = job.stopped_fs.take() {
                record.between_steps_fs += now_fs - stopped_fs;
            }
            let start_fs = record.start_fs;
            let step = job.step;
            let (stage, codes) = match &self.roles[core] {
                Role::Coder { stage, .. } => (*stage, true),
                Role::Tile { stage, .. } => (*stage, false),
                Role::Idle => return None,
            };
            let next = if codes { self.code(core, &mut job) } else { self.collect(core, &mut job) };
            let step_over = self.barriers && job.step != step && job.step < job.steps;
            if step_over {
                self.worked[core] = true;
                job.stopped_fs = Some(now_fs + next.map_or(0, |d| d.work_fs));
            }
            if next.is_some() || step_over {
                self.job[core] = Some(job);
                return next;
            }
            self.worked[core] = self.barriers;
            (self.observe)(Span {
                core: core as u32,
                stage,
                token: job.token,
                codes,
                start_fs,
                end_fs: now_fs,
            });
        }
    }

    fn served(&mut self, core: usize, packet: Packet, from: u32, passage: &Passage, wake: &mut Vec<u32>) {
        let token = (packet.tag >> 2) as u32;
        if packet.tag & 3 != Carries::Marker as u64 {
            if let Some(record) = self.records.get_mut(&(from, token)) {
                record.blocked_fs += passage.sent_fs - passage.ready_fs;
            }
            return;
        }
        let place = (token - self.first[core]) as usize;
        let markers = &mut self.markers[core];
        if markers.len() <= place {
            markers.resize(place + 1, 0);
        }
        markers[place] += 1;
        if markers[place] < self.awaited[core] {
            return;
        }
        markers.pop_front();
        self.first[core] += 1;
        let now_fs = passage.done_fs;
        let cause = Some((from, *passage));
        let last = self.stages.len() - 1;
        if matches!(&self.roles[core], Role::Tile { stage, partial: false, .. } if *stage == last) {
            let record = JobRecord { cause, ready_fs: now_fs, start_fs: now_fs, ..JobRecord::default() };
            self.records.insert((core as u32, token), record);
            wake.extend(self.finish(core as u32, token, now_fs));
        } else {
            self.make_ready(core as u32, token, cause, now_fs);
            wake.push(core as u32);
        }
    }
}

#[cfg(test)]
mod tests;
