//! What the cores of a stage send: spikes, sums and markers, each with the work before it.

use super::{Carries, Job, Pipeline, tag};
use crate::hardware::ChipError;
use crate::hardware::engine::traffic::{Departure, Packet};
use crate::hardware::model::TokenSpikes;
use crate::hardware::model::roles::Role;
use synfire_datasets::spikes::Projection;

impl<I: Iterator<Item = Result<TokenSpikes, ChipError>>> Pipeline<'_, I> {
    /// Columns of a tile that a spike of `neuron` meets.
    fn events(&self, stage: usize, outputs: &std::ops::Range<usize>, neuron: usize, token: u32) -> usize {
        let of = &self.stages[stage];
        if of.projection != Projection::Query {
            return outputs.len();
        }
        let (rows, columns) = (of.inputs / of.heads.max(1), of.outputs / of.heads.max(1));
        let seen = (self.shape.outputs(of.layer, of.projection, token) as usize).min(columns);
        let first = neuron / rows.max(1) * columns;
        (first + seen).min(outputs.end).saturating_sub(first.max(outputs.start))
    }

    /// What a coder does next; `None` when it is through, or through with the time step.
    pub(super) fn code(&mut self, core: usize, job: &mut Job) -> Option<Departure> {
        let role = std::mem::replace(&mut self.roles[core], Role::Idle);
        let next = self.code_as(&role, job);
        self.roles[core] = role;
        next
    }

    fn code_as(&mut self, role: &Role, job: &mut Job) -> Option<Departure> {
        let Role::Coder { stage, neurons, tiles } = role else { return None };
        let soma = &self.chip_kind.somas[0];
        while job.step < job.steps {
            let spike = job.spikes.get(job.spike).filter(|(step, _)| *step == job.step);
            let until = spike.map_or(neurons.end, |(_, neuron)| *neuron as usize + 1);
            let looked_at = until.saturating_sub(job.looked_at);
            // Every neuron takes its value in the first step; later only those that fire have something to compute.
            let updated =
                if job.step == 0 { looked_at } else { usize::from(spike.is_some() && job.receiver == 0) };
            job.carry_fs += looked_at as u64 * self.costs.access + updated as u64 * self.costs.update;
            job.looked_at = until.max(job.looked_at);
            self.outcome.neurons[0] += looked_at as u64;
            self.outcome.neurons[1] += updated as u64;
            self.outcome.energy.soma_pj +=
                looked_at as f64 * soma.access.energy_pj + updated as f64 * soma.update.energy_pj;
            let Some(&(_, neuron)) = spike else {
                job.step += 1;
                job.looked_at = neurons.start;
                if self.barriers && job.step < job.steps {
                    return (job.carry_fs > 0)
                        .then(|| Departure { work_fs: std::mem::take(&mut job.carry_fs), message: None });
                }
                continue;
            };
            if job.receiver == 0 {
                job.carry_fs += self.costs.spike;
                self.outcome.neurons[2] += 1;
                self.outcome.energy.soma_pj += soma.spike.energy_pj;
            }
            while let Some(tile) = tiles.get(job.receiver) {
                job.receiver += 1;
                let neuron = neuron as usize;
                let events = self.events(*stage, &tile.outputs, neuron, job.token);
                if tile.inputs.contains(&neuron) && events > 0 {
                    self.synapses(events);
                    self.outcome.synaptic_events += events as u64;
                    let service_fs = self.costs.axon_in + events as u64 * self.costs.synapse;
                    return Some(self.message(job, tile.core, service_fs, Carries::Spike));
                }
            }
            job.spike += 1;
            job.receiver = 0;
        }
        let tile = tiles.get(job.receiver)?;
        job.receiver += 1;
        Some(self.message(job, tile.core, self.costs.axon_in, Carries::Marker))
    }

    /// What a tile sends next.
    pub(super) fn collect(&mut self, core: usize, job: &mut Job) -> Option<Departure> {
        let Role::Tile { values, partial, .. } = &self.roles[core] else { return None };
        let (partial, &(to, count)) = (*partial, values.get(job.receiver)?);
        if job.sent < count {
            job.sent += 1;
            let soma = &self.chip_kind.somas[0];
            job.carry_fs += self.costs.access + self.costs.update;
            self.outcome.neurons[0] += 1;
            self.outcome.neurons[1] += 1;
            self.outcome.energy.soma_pj += soma.access.energy_pj + soma.update.energy_pj;
            if partial {
                self.synapses(1);
            }
            let service_fs = self.costs.axon_in + if partial { self.costs.synapse } else { 0 };
            return Some(self.message(job, to, service_fs, Carries::Value));
        }
        job.receiver += 1;
        job.sent = 0;
        Some(self.message(job, to, self.costs.axon_in, Carries::Marker))
    }

    /// Prices synapses and the dendrites behind them.
    fn synapses(&mut self, events: usize) {
        self.outcome.energy.synapse_pj += events as f64 * self.chip_kind.synapses[0].cost.energy_pj;
        self.outcome.energy.dendrite_pj += events as f64 * self.chip_kind.dendrites[0].cost.energy_pj;
    }

    fn message(&mut self, job: &mut Job, to: u32, service_fs: u64, carries: Carries) -> Departure {
        self.outcome.messages[carries as usize] += 1;
        let work_fs = std::mem::take(&mut job.carry_fs) + self.costs.axon_out;
        Departure { work_fs, message: Some(Packet { to, service_fs, tag: tag(job.token, carries) }) }
    }
}
