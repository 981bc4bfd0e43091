//! The thread that encodes and writes, so that the simulation does not wait for the disk.

use super::RecordError;
use super::part::{Columns, Limits, PartWriter, Written};
use super::schema::Table;
use crate::spikes::{Activity, Projection, SpikeBatch};
use crossbeam_channel::Receiver;
use parquet::data_type::{ByteArray, ByteArrayType, FloatType, Int32Type, Int64Type};
use parquet::errors::Result as ParquetResult;
use std::path::Path;

/// What the thread is told.
pub(crate) enum Message {
    Spikes(SpikeBatch),
    Activity(Vec<Activity>),
}

/// What the thread wrote: spikes, activity.
pub(crate) type Totals = (Written, Written);

/// Owns both tables while the run lasts.
pub(crate) struct Worker {
    limits: Limits,
    spikes: PartWriter,
    activity: PartWriter,
    /// Activity rows that wait for their row group.
    waiting: Vec<Activity>,
    /// Column buffers, kept to spare allocations.
    numbers: Vec<i32>,
    longs: Vec<i64>,
    names: Vec<ByteArray>,
}

impl Worker {
    pub(crate) fn new(dir: &Path, limits: Limits) -> Self {
        Self {
            limits,
            spikes: PartWriter::new(dir, Table::Spikes, limits),
            activity: PartWriter::new(dir, Table::Activity, limits),
            waiting: Vec::new(),
            numbers: Vec::new(),
            longs: Vec::new(),
            names: Vec::new(),
        }
    }

    /// Writes until the other end of the channel is dropped, then closes both tables. After an error, what was
    /// written before is still closed as well as possible.
    pub(crate) fn run(mut self, messages: &Receiver<Message>) -> Result<Totals, RecordError> {
        let written = messages.iter().try_for_each(|message| match message {
            Message::Spikes(batch) => {
                let closed_before = self.spikes.closed_parts();
                self.write_spikes(&batch).and_then(|()| self.keep_in_step(closed_before))
            }
            Message::Activity(rows) => self.gather_activity(&rows),
        });
        let written = written.and_then(|()| self.write_activity());
        let (spikes, activity) = (self.spikes.close(), self.activity.close());
        written?;
        Ok((spikes?, activity?))
    }

    fn write_spikes(&mut self, batch: &SpikeBatch) -> Result<(), RecordError> {
        let most = self.limits.spike_row_group_rows;
        let Self { spikes, numbers, names, .. } = self;
        for first in (0..batch.len()).step_by(most) {
            let rows = first..batch.len().min(first.saturating_add(most));
            let count = rows.len();
            let slice = |column: &[u32], numbers: &mut Vec<i32>| {
                numbers.clear();
                numbers.extend(column.iter().skip(first).take(count).map(|v| *v as i32));
            };
            spikes.row_group(count, |columns| {
                slice(&batch.token, numbers);
                columns.write::<Int32Type>(numbers)?;
                slice(&batch.step, numbers);
                columns.write::<Int32Type>(numbers)?;
                numbers.clear();
                numbers.resize(count, i32::from(batch.layer));
                columns.write::<Int32Type>(numbers)?;
                names.clear();
                names.resize(count, name(batch.projection));
                columns.write::<ByteArrayType>(names)?;
                slice(&batch.neuron, numbers);
                columns.write::<Int32Type>(numbers)?;
                numbers.clear();
                numbers.extend(batch.value.iter().skip(first).take(count));
                columns.write::<Int32Type>(numbers)
            })?;
        }
        Ok(())
    }

    /// Closes the activity part whenever a spike part was closed, so that a killed run keeps both for the same tokens.
    fn keep_in_step(&mut self, closed_before: u64) -> Result<(), RecordError> {
        if self.spikes.closed_parts() == closed_before {
            return Ok(());
        }
        self.write_activity()?;
        self.activity.close().map(|_| ())
    }

    fn gather_activity(&mut self, mut rows: &[Activity]) -> Result<(), RecordError> {
        while !rows.is_empty() {
            let room = self.limits.activity_row_group_rows.saturating_sub(self.waiting.len()).max(1);
            let (now, later) = rows.split_at(room.min(rows.len()));
            self.waiting.extend_from_slice(now);
            rows = later;
            if self.waiting.len() >= self.limits.activity_row_group_rows {
                self.write_activity()?;
            }
        }
        Ok(())
    }

    fn write_activity(&mut self) -> Result<(), RecordError> {
        let Self { activity, waiting, numbers, longs, names, .. } = self;
        if waiting.is_empty() {
            return Ok(());
        }
        activity.row_group(waiting.len(), |columns| {
            let rows: &[Activity] = waiting;
            let mut number = |columns: &mut Columns<'_, '_>, of: fn(&Activity) -> i32| -> ParquetResult<()> {
                numbers.clear();
                numbers.extend(rows.iter().map(of));
                columns.write::<Int32Type>(numbers)
            };
            let mut long = |columns: &mut Columns<'_, '_>, of: fn(&Activity) -> u64| -> ParquetResult<()> {
                longs.clear();
                longs.extend(rows.iter().map(|row| of(row) as i64));
                columns.write::<Int64Type>(longs)
            };
            number(columns, |row| row.token as i32)?;
            number(columns, |row| i32::from(row.layer))?;
            names.clear();
            names.extend(rows.iter().map(|row| name(row.projection)));
            columns.write::<ByteArrayType>(names)?;
            number(columns, |row| i32::from(row.head))?;
            let thresholds: Vec<f32> = rows.iter().map(|row| row.threshold).collect();
            columns.write::<FloatType>(&thresholds)?;
            number(columns, |row| row.steps as i32)?;
            number(columns, |row| row.zero_point)?;
            number(columns, |row| row.neurons as i32)?;
            long(columns, |row| row.spikes)?;
            number(columns, |row| row.silent as i32)?;
            long(columns, |row| row.synaptic_operations)
        })?;
        waiting.clear();
        Ok(())
    }
}

fn name(projection: Projection) -> ByteArray {
    ByteArray::from(projection.name())
}
