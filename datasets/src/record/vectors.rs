//! Coded vectors read back: each activity row with the spike counts that its events sum to.
//!
//! A writer is given spikes and activity in the same order (chunk, layer, projection, token, head), so the two tables are
//! read side by side and no more than one slice of each is held. Statistics therefore see a record as they would have seen
//! the run: one [`Activity`] and its counts at a time.

use super::activity::ActivityRows;
use super::spikes::SpikeBatches;
use super::{RecordError, RecordKind, RunReader, Sampling, SpikeFilter};
use crate::spikes::{Activity, Projection, SpikeBatch};
use std::collections::VecDeque;

/// Channels that a token of a projection has at most, all heads together; memory is spent on no more.
const LARGEST_WIDTH: u64 = 1 << 24;

/// Which coded vectors to read; the default reads all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VectorFilter {
    /// Only this layer.
    pub layer: Option<u16>,
    /// Only this projection.
    pub projection: Option<Projection>,
}

/// Reads the coded vectors of a run in the order recorded.
#[derive(Debug)]
pub struct CodedVectors {
    filter: VectorFilter,
    activity: ActivityRows,
    rows: VecDeque<Activity>,
    spikes: SpikeBatches,
    batch: Option<SpikeBatch>,
    /// Next spike of the batch.
    next: usize,
    counts: Vec<i32>,
    path: std::path::PathBuf,
    kind: RecordKind,
    sampling: Sampling,
    /// Whether spikes may end before the activity does: the run was cut short.
    incomplete: bool,
}

impl CodedVectors {
    pub(super) fn new(reader: &RunReader, filter: VectorFilter) -> Result<Self, RecordError> {
        let of_spikes =
            SpikeFilter { layer: filter.layer, projection: filter.projection, ..SpikeFilter::default() };
        let manifest = reader.manifest();
        if manifest.sampling.neurons_one_in.get() > 1 && manifest.record != RecordKind::Activity {
            let held = manifest.leaves_out().unwrap_or_default();
            return Err(RecordError::Sampled { path: reader.dir().to_owned(), held });
        }
        Ok(Self {
            filter,
            activity: reader.activity()?,
            rows: VecDeque::new(),
            spikes: reader.events(&of_spikes)?,
            batch: None,
            next: 0,
            counts: Vec::new(),
            path: reader.dir().to_owned(),
            kind: manifest.record,
            sampling: manifest.sampling,
            incomplete: manifest.status == super::Status::Incomplete,
        })
    }

    /// The next vector: its activity and the spike count of each of its channels; `None` at the end of the record, and
    /// where a run that was cut short has no more spikes.
    ///
    /// # Errors
    /// [`RecordError::Damaged`] where a part is not whole, or where spikes and activity disagree.
    pub fn next_vector(&mut self) -> Result<Option<(Activity, &[i32])>, RecordError> {
        let Some(activity) = self.next_activity()? else { return self.end().map(|()| None) };
        if (u64::from(activity.head) + 1) * u64::from(activity.neurons) > LARGEST_WIDTH {
            let Activity { neurons, head, .. } = activity;
            let reason = format_args!("activity tells of {neurons} neurons in head {head}").to_string();
            return Err(RecordError::damaged(&self.path, reason));
        }
        self.counts.clear();
        self.counts.resize(activity.neurons as usize, activity.zero_point);
        let mut left = if self.kind == RecordKind::Counts { u64::MAX } else { activity.spikes };
        while left > 0 {
            let Some(batch) = self.batch.as_ref().filter(|batch| self.next < batch.len()) else {
                self.batch = self.spikes.next().transpose()?;
                self.next = 0;
                match (&self.batch, self.incomplete, self.kind) {
                    (Some(_), ..) => continue,
                    (None, _, RecordKind::Counts) => break,
                    (None, true, _) => return Ok(None),
                    (None, false, _) => return Err(self.disagreement(&activity)),
                }
            };
            let end = batch.len().min(self.next.saturating_add(usize::try_from(left).unwrap_or(usize::MAX)));
            let first = u32::from(activity.head).saturating_mul(activity.neurons);
            let belongs = (batch.layer, batch.projection) == (activity.layer, activity.projection);
            let rows = batch.token[self.next..end].iter().zip(&batch.neuron[self.next..end]);
            let mut taken = 0;
            for ((token, neuron), value) in rows.zip(&batch.value[self.next..end]) {
                let count = self.counts.get_mut(neuron.wrapping_sub(first) as usize);
                match count.filter(|_| belongs && *token == activity.token) {
                    Some(count) => *count = count.wrapping_add(*value),
                    None => break,
                }
                taken += 1;
            }
            let all = taken == end - self.next;
            self.next += taken;
            left -= taken as u64;
            match self.kind {
                RecordKind::Counts if !all => break,
                _ if !all => return Err(self.disagreement(&activity)),
                _ => {}
            }
        }
        let silent = self.counts.iter().filter(|count| **count == 0).count();
        if silent != activity.silent as usize {
            return Err(self.disagreement(&activity));
        }
        Ok(Some((activity, &self.counts)))
    }

    /// Checks that no spike is left where the activity of a whole run ends.
    fn end(&mut self) -> Result<(), RecordError> {
        let left = self.batch.as_ref().is_some_and(|batch| self.next < batch.len());
        if self.incomplete || (!left && self.spikes.next().transpose()?.is_none()) {
            return Ok(());
        }
        let reason = "the spike table has spikes beyond those that activity tells of";
        Err(RecordError::damaged(&self.path, reason))
    }

    fn next_activity(&mut self) -> Result<Option<Activity>, RecordError> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                let passes = self.sampling.keeps_token(row.token)
                    && self.filter.layer.is_none_or(|layer| layer == row.layer)
                    && self.filter.projection.is_none_or(|projection| projection == row.projection);
                if passes {
                    return Ok(Some(row));
                }
            } else if let Some(rows) = self.activity.next().transpose()? {
                self.rows = rows.into();
            } else {
                return Ok(None);
            }
        }
    }

    fn disagreement(&self, activity: &Activity) -> RecordError {
        let Activity { token, layer, projection, head, spikes, silent, .. } = activity;
        RecordError::damaged(
            &self.path,
            format_args!(
                "activity tells {spikes} spikes and {silent} silent channels of token {token}, layer {layer}, {projection}, head {head}, and the spike table has others"
            ),
        )
    }
}

#[cfg(test)]
mod tests;
