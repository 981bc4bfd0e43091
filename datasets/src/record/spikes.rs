//! Reading spikes and spike counts: row groups are pruned by their statistics, then rows are filtered exactly.

use super::RecordError;
use super::column::{Column, PartReader, SLICE_ROWS};
use super::schema::Table;
use crate::spikes::{CountBatch, Projection, SpikeBatch};
use parquet::data_type::Int32Type;
use parquet::file::statistics::Statistics;
use std::ops::Range;
use std::path::PathBuf;

/// Which spikes to read; the default reads all. A spike passes if it meets every condition given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpikeFilter {
    /// Only this layer.
    pub layer: Option<u16>,
    /// Only this projection.
    pub projection: Option<Projection>,
    /// Only these token positions.
    pub tokens: Option<Range<u32>>,
    /// Only these neurons.
    pub neurons: Option<Range<u32>>,
}

/// Where the columns of a table are in its schema.
struct Places {
    token: usize,
    /// Absent in the table of counts.
    step: Option<usize>,
    layer: usize,
    projection: usize,
    neuron: usize,
    value: usize,
}

const SPIKES: Places = Places { token: 0, step: Some(1), layer: 2, projection: 3, neuron: 4, value: 5 };
const COUNTS: Places = Places { token: 0, step: None, layer: 1, projection: 2, neuron: 3, value: 4 };

/// The row group that is being read.
struct Group {
    layer: u16,
    projection: Projection,
    /// Rows not read yet.
    rows: usize,
    token: Column<Int32Type>,
    step: Option<Column<Int32Type>>,
    neuron: Column<Int32Type>,
    value: Column<Int32Type>,
}

/// Batches of spikes that passed a filter; ends after the first error.
pub struct SpikeBatches {
    table: Table,
    parts: std::vec::IntoIter<PathBuf>,
    filter: SpikeFilter,
    /// The open part and its next row group.
    part: Option<(PartReader, usize)>,
    group: Option<Group>,
}

impl SpikeBatches {
    /// Of a table of spikes, or of counts, whose batches then have no steps.
    pub(crate) fn new(table: Table, parts: Vec<PathBuf>, filter: SpikeFilter) -> Self {
        Self { table, parts: parts.into_iter(), filter, part: None, group: None }
    }

    fn advance(&mut self) -> Result<Option<SpikeBatch>, RecordError> {
        loop {
            if let Some(group) = self.group.as_mut().filter(|group| group.rows > 0) {
                let batch = group.read(&self.filter)?;
                if !batch.is_empty() {
                    return Ok(Some(batch));
                }
            } else if let Some((part, next)) = &mut self.part {
                let index = *next;
                *next += 1;
                if let Some(rows) = part.rows(index) {
                    self.group = open_group(part, self.table, index, rows, &self.filter)?;
                } else {
                    self.part = None;
                }
            } else if let Some(path) = self.parts.next() {
                self.part = Some((PartReader::open(&path, self.table)?, 0));
            } else {
                return Ok(None);
            }
        }
    }
}

impl Iterator for SpikeBatches {
    type Item = Result<SpikeBatch, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance();
        if next.is_err() {
            *self = Self::new(self.table, Vec::new(), SpikeFilter::default());
        }
        next.transpose()
    }
}

impl std::fmt::Debug for SpikeBatches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpikeBatches").field("filter", &self.filter).finish_non_exhaustive()
    }
}

/// Batches of spike counts that passed a filter; ends after the first error.
#[derive(Debug)]
pub struct CountBatches(SpikeBatches);

impl CountBatches {
    pub(crate) fn new(parts: Vec<PathBuf>, filter: SpikeFilter) -> Self {
        Self(SpikeBatches::new(Table::Counts, parts, filter))
    }
}

impl Iterator for CountBatches {
    type Item = Result<CountBatch, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let counts = |batch: SpikeBatch| CountBatch {
            layer: batch.layer,
            projection: batch.projection,
            token: batch.token,
            neuron: batch.neuron,
            value: batch.value,
        };
        self.0.next().map(|batch| batch.map(counts))
    }
}

/// Opens a row group unless its statistics show that no spike in it passes.
fn open_group(
    part: &PartReader,
    table: Table,
    index: usize,
    rows: usize,
    filter: &SpikeFilter,
) -> Result<Option<Group>, RecordError> {
    let at = if table == Table::Counts { COUNTS } else { SPIKES };
    let mixed = || {
        RecordError::damaged(
            part.path(),
            format_args!("row group {index} is not of one known layer and projection by its statistics"),
        )
    };
    let (least, most) = integers(part.statistics(index, at.layer)).ok_or_else(mixed)?;
    let layer = u16::try_from(least).ok().filter(|_| least == most).ok_or_else(mixed)?;
    let projection = constant_name(part.statistics(index, at.projection)).ok_or_else(mixed)?;
    let tokens_pass = match (&filter.tokens, integers(part.statistics(index, at.token))) {
        (Some(tokens), Some((least, most))) => tokens.start <= most && least < tokens.end,
        _ => true,
    };
    if filter.layer.is_some_and(|wanted| wanted != layer)
        || filter.projection.is_some_and(|wanted| wanted != projection)
        || !tokens_pass
    {
        return Ok(None);
    }
    Ok(Some(Group {
        layer,
        projection,
        rows,
        token: part.column(index, at.token)?,
        step: at.step.map(|step| part.column(index, step)).transpose()?,
        neuron: part.column(index, at.neuron)?,
        value: part.column(index, at.value)?,
    }))
}

/// Smallest and largest value of an unsigned column.
fn integers(statistics: Option<&Statistics>) -> Option<(u32, u32)> {
    match statistics? {
        Statistics::Int32(s) => Some((*s.min_opt()? as u32, *s.max_opt()? as u32)),
        _ => None,
    }
}

/// The projection of a row group that has only one.
fn constant_name(statistics: Option<&Statistics>) -> Option<Projection> {
    let Statistics::ByteArray(s) = statistics? else { return None };
    let (least, most) = (s.min_bytes_opt()?, s.max_bytes_opt()?);
    if least == most { std::str::from_utf8(least).ok()?.parse().ok() } else { None }
}

impl Group {
    /// The next slice of rows, filtered.
    fn read(&mut self, filter: &SpikeFilter) -> Result<SpikeBatch, RecordError> {
        let rows = self.rows.min(SLICE_ROWS);
        self.rows -= rows;
        let unsigned = |values: &[i32]| values.iter().map(|v| *v as u32).collect::<Vec<u32>>();
        let mut batch = SpikeBatch {
            layer: self.layer,
            projection: self.projection,
            token: unsigned(self.token.read(rows)?),
            step: match &mut self.step {
                Some(step) => unsigned(step.read(rows)?),
                None => Vec::new(),
            },
            neuron: unsigned(self.neuron.read(rows)?),
            value: self.value.read(rows)?.to_vec(),
        };
        let within = |range: &Option<Range<u32>>, values: &[u32]| -> Option<Vec<bool>> {
            range.as_ref().map(|range| values.iter().map(|v| range.contains(v)).collect())
        };
        let keep = [within(&filter.tokens, &batch.token), within(&filter.neurons, &batch.neuron)]
            .into_iter()
            .flatten()
            .reduce(|a, b| a.into_iter().zip(b).map(|(a, b)| a && b).collect());
        if let Some(keep) = keep {
            select(&mut batch.token, &keep);
            select(&mut batch.step, &keep);
            select(&mut batch.neuron, &keep);
            select(&mut batch.value, &keep);
        }
        Ok(batch)
    }
}

/// Keeps the values whose flag is set.
fn select<T>(values: &mut Vec<T>, keep: &[bool]) {
    let mut flags = keep.iter();
    values.retain(|_| flags.next().copied().unwrap_or(false));
}
