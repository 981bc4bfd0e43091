//! The thread that encodes and writes, so that the simulation does not wait for the disk.

use super::RecordError;
use super::kind::RecordKind;
use super::part::{Columns, Limits, PartWriter};
use super::schema::Table;
use super::writer::Recorded;
use crate::spikes::{Activity, CountBatch, Projection, SpikeBatch};
use crossbeam_channel::{Receiver, Sender};
use parquet::data_type::{ByteArray, ByteArrayType, FloatType, Int32Type, Int64Type};
use parquet::errors::Result as ParquetResult;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

/// What the thread is told.
pub(crate) enum Message {
    Spikes(SpikeBatch),
    Counts(CountBatch),
    Activity(Vec<Activity>),
    /// End the parts and answer with what was written.
    EndPart(Sender<Totals>),
}

/// What was written, by layer.
pub(crate) type Totals = BTreeMap<u16, Recorded>;

/// The open parts of one layer.
struct Layer {
    /// Spikes or counts; absent where only activity is recorded.
    events: Option<PartWriter>,
    activity: PartWriter,
    /// Activity rows that wait for their row group.
    waiting: Vec<Activity>,
}

/// Owns the tables while the run lasts.
pub(crate) struct Worker {
    limits: Limits,
    /// Whether parts end by [`Limits`]; else only when told.
    by_size: bool,
    layers: BTreeMap<u16, Layer>,
    part: u32,
    /// Whether something was written since the last part ended.
    begun: bool,
    /// The position after the last token seen.
    next_token: u32,
    buffers: Buffers,
}

/// Column buffers, kept to spare allocations.
#[derive(Default)]
struct Buffers {
    numbers: Vec<i32>,
    longs: Vec<i64>,
    names: Vec<ByteArray>,
}

impl Worker {
    /// Goes on after what was `recorded` of each layer.
    pub(crate) fn new(
        dir: &Path,
        kind: RecordKind,
        recorded: &Totals,
        limits: Limits,
        by_size: bool,
    ) -> Self {
        let layer = |(layer, done): (&u16, &Recorded)| {
            let writer = |table, rows| PartWriter::new(dir, table, *layer, done.parts, rows);
            let of_layer = Layer {
                events: kind.table().map(|table| writer(table, done.event_rows)),
                activity: writer(Table::Activity, done.activity_rows),
                waiting: Vec::new(),
            };
            (*layer, of_layer)
        };
        Self {
            limits,
            by_size,
            layers: recorded.iter().map(layer).collect(),
            part: recorded.values().map(|done| done.parts).max().unwrap_or(0),
            begun: false,
            next_token: 0,
            buffers: Buffers::default(),
        }
    }

    /// Writes until the other end of the channel is dropped, then ends the open parts. After an error nothing gets its final
    /// name any more.
    pub(crate) fn run(mut self, messages: &Receiver<Message>) -> Result<Totals, RecordError> {
        for message in messages {
            match message {
                Message::Spikes(batch) => {
                    self.end_if_full(batch.token.iter().copied())?;
                    self.write_spikes(&batch)?;
                }
                Message::Counts(batch) => {
                    self.end_if_full(batch.token.iter().copied())?;
                    self.write_counts(&batch)?;
                }
                Message::Activity(rows) => {
                    self.end_if_full(rows.iter().map(|row| row.token))?;
                    self.gather_activity(&rows)?;
                }
                Message::EndPart(answer) => {
                    self.end_part()?;
                    // Nobody waits for the answer if the run was given up meanwhile.
                    let _ = answer.send(self.totals());
                }
            }
        }
        self.end_part()?;
        Ok(self.totals())
    }

    fn totals(&self) -> Totals {
        let recorded = |(layer, tables): (&u16, &Layer)| {
            let event_rows = tables.events.as_ref().map_or(0, PartWriter::rows);
            (*layer, Recorded { parts: self.part, event_rows, activity_rows: tables.activity.rows() })
        };
        self.layers.iter().map(recorded).collect()
    }

    /// Ends full parts where tokens begin that are beyond all before, so that spikes and activity are cut at the same token.
    fn end_if_full(&mut self, tokens: impl Iterator<Item = u32> + Clone) -> Result<(), RecordError> {
        let full = |writer: &PartWriter| {
            let (rows, row_groups) = writer.size();
            rows >= self.limits.part_rows || row_groups >= self.limits.part_row_groups
        };
        let beyond = tokens.clone().next().is_some_and(|first| first >= self.next_token);
        let is_full = |layer: &Layer| layer.events.as_ref().is_some_and(full) || full(&layer.activity);
        if self.by_size && beyond && self.layers.values().any(is_full) {
            self.end_part()?;
        }
        self.begun = true;
        self.next_token =
            tokens.max().map_or(self.next_token, |last| self.next_token.max(last.saturating_add(1)));
        Ok(())
    }

    /// Ends the part of every layer and table, if anything was written since the last.
    fn end_part(&mut self) -> Result<(), RecordError> {
        if !self.begun {
            return Ok(());
        }
        for layer in self.layers.values_mut() {
            layer.write_activity(&mut self.buffers)?;
            if let Some(events) = &mut layer.events {
                events.end_part()?;
            }
            layer.activity.end_part()?;
        }
        self.begun = false;
        self.part += 1;
        Ok(())
    }

    fn write_spikes(&mut self, batch: &SpikeBatch) -> Result<(), RecordError> {
        self.write_events(batch.layer, batch.len(), |buffers, columns, rows| {
            buffers.unsigned(columns, &batch.token[rows.clone()])?;
            buffers.unsigned(columns, &batch.step[rows.clone()])?;
            buffers.constant(columns, batch.layer, batch.projection, rows.len())?;
            buffers.unsigned(columns, &batch.neuron[rows.clone()])?;
            columns.write::<Int32Type>(&batch.value[rows])
        })
    }

    fn write_counts(&mut self, batch: &CountBatch) -> Result<(), RecordError> {
        self.write_events(batch.layer, batch.len(), |buffers, columns, rows| {
            buffers.unsigned(columns, &batch.token[rows.clone()])?;
            buffers.constant(columns, batch.layer, batch.projection, rows.len())?;
            buffers.unsigned(columns, &batch.neuron[rows.clone()])?;
            columns.write::<Int32Type>(&batch.value[rows])
        })
    }

    /// Writes `rows` spikes or counts of a layer as row groups, each of which `fill` writes the columns of.
    fn write_events(
        &mut self,
        layer: u16,
        rows: usize,
        mut fill: impl FnMut(&mut Buffers, &mut Columns<'_, '_>, Range<usize>) -> ParquetResult<()>,
    ) -> Result<(), RecordError> {
        let most = self.limits.spike_row_group_rows;
        let Self { layers, buffers, .. } = self;
        let Some(events) = layers.get_mut(&layer).and_then(|layer| layer.events.as_mut()) else {
            return Ok(());
        };
        for first in (0..rows).step_by(most) {
            let group = first..rows.min(first.saturating_add(most));
            events.row_group(group.len(), |columns| fill(buffers, columns, group))?;
        }
        Ok(())
    }

    fn gather_activity(&mut self, rows: &[Activity]) -> Result<(), RecordError> {
        for row in rows {
            let Some(layer) = self.layers.get_mut(&row.layer) else { continue };
            layer.waiting.push(*row);
            if layer.waiting.len() >= self.limits.activity_row_group_rows {
                layer.write_activity(&mut self.buffers)?;
            }
        }
        Ok(())
    }
}

impl Layer {
    fn write_activity(&mut self, buffers: &mut Buffers) -> Result<(), RecordError> {
        let Self { activity, waiting, .. } = self;
        let Buffers { numbers, longs, names } = buffers;
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

impl Buffers {
    fn unsigned(&mut self, columns: &mut Columns<'_, '_>, values: &[u32]) -> ParquetResult<()> {
        self.numbers.clear();
        self.numbers.extend(values.iter().map(|v| *v as i32));
        columns.write::<Int32Type>(&self.numbers)
    }

    /// The columns layer and projection.
    fn constant(
        &mut self,
        columns: &mut Columns<'_, '_>,
        layer: u16,
        projection: Projection,
        count: usize,
    ) -> ParquetResult<()> {
        self.numbers.clear();
        self.numbers.resize(count, i32::from(layer));
        columns.write::<Int32Type>(&self.numbers)?;
        self.names.clear();
        self.names.resize(count, name(projection));
        columns.write::<ByteArrayType>(&self.names)
    }
}

fn name(projection: Projection) -> ByteArray {
    ByteArray::from(projection.name())
}
