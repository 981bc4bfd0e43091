//! Who watches a run: records it or only counts, shows how far it is, and ends it when asked.

use super::super::terminal::Interrupt;
use anyhow::Result;
use indicatif::ProgressBar;
use std::time::Instant;
use synfire::network::{Activity, NetworkRun, PopulationActivity};
use synfire::sim::network::{Observer, ObserverError, Simulation};

/// Where spikes go.
pub(super) enum Recording {
    /// To a folder.
    Folder(Box<NetworkRun>),
    /// They are only counted.
    Counted { activity: Box<Activity>, times_s: Vec<f64> },
    /// Another rank has them.
    Elsewhere,
}

impl Recording {
    pub(super) fn counted(simulation: &Simulation) -> Result<Self> {
        let activity = Box::new(Activity::new(simulation.populations())?);
        Ok(Self::Counted { activity, times_s: Vec::new() })
    }

    /// Notes that the state of `time_ms` is about to be saved.
    pub(super) fn mark(&mut self, time_ms: f64) -> Result<()> {
        if let Self::Folder(run) = self {
            run.mark(time_ms)?;
        }
        Ok(())
    }

    /// Ends the files, and gives the statistics of each population.
    pub(super) fn finish(self, title: &str, stop_ms: f64) -> Result<Vec<PopulationActivity>> {
        match self {
            Self::Folder(run) => Ok(run.finish(title, stop_ms)?),
            Self::Counted { activity, .. } => Ok(activity.finish(stop_ms / 1000.0)?),
            Self::Elsewhere => Ok(Vec::new()),
        }
    }
}

impl Observer for Recording {
    fn spikes(&mut self, time_ms: f64, neurons: &[u32]) -> Result<(), ObserverError> {
        match self {
            Self::Folder(run) => run.spikes(time_ms, neurons),
            Self::Counted { activity, times_s } => {
                times_s.clear();
                times_s.resize(neurons.len(), time_ms / 1000.0);
                Ok(activity.observe(times_s, neurons)?)
            }
            Self::Elsewhere => Ok(()),
        }
    }

    fn values(&mut self, recorder: usize, time_ms: f64, values: &[f64]) -> Result<(), ObserverError> {
        match self {
            Self::Folder(run) => run.values(recorder, time_ms, values),
            Self::Counted { .. } | Self::Elsewhere => Ok(()),
        }
    }
}

/// Shows progress and ends when asked.
pub(super) struct Watched {
    pub(super) of: Recording,
    pub(super) bar: ProgressBar,
    pub(super) interrupt: Interrupt,
    pub(super) started: Instant,
    /// Where the run started.
    pub(super) from_ms: f64,
}

impl Observer for Watched {
    fn spikes(&mut self, time_ms: f64, neurons: &[u32]) -> Result<(), ObserverError> {
        self.of.spikes(time_ms, neurons)
    }

    fn values(&mut self, recorder: usize, time_ms: f64, values: &[f64]) -> Result<(), ObserverError> {
        self.of.values(recorder, time_ms, values)
    }

    fn reached(&mut self, time_ms: f64) -> Result<bool, ObserverError> {
        let position = time_ms as u64;
        if position > self.bar.position() {
            self.bar.set_position(position);
            let factor = self.started.elapsed().as_secs_f64() / ((time_ms - self.from_ms) / 1000.0);
            self.bar.set_message(format!("{factor:.2}"));
        }
        Ok(!self.interrupt.asked() && self.of.reached(time_ms)?)
    }
}
