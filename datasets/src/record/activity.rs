//! Reading activity rows.

use super::RecordError;
use super::column::{Column, PartReader, SLICE_ROWS};
use super::schema::Table;
use crate::spikes::{Activity, Projection};
use parquet::data_type::{ByteArray, ByteArrayType, FloatType, Int32Type, Int64Type};
use std::path::{Path, PathBuf};

/// The columns of a row group, in the order of the schema.
struct Group {
    /// Rows not read yet.
    rows: usize,
    token: Column<Int32Type>,
    layer: Column<Int32Type>,
    projection: Column<ByteArrayType>,
    head: Column<Int32Type>,
    threshold: Column<FloatType>,
    steps: Column<Int32Type>,
    zero_point: Column<Int32Type>,
    neurons: Column<Int32Type>,
    spikes: Column<Int64Type>,
    silent: Column<Int32Type>,
    synaptic_operations: Column<Int64Type>,
}

/// Activity rows, some at a time; ends after the first error.
pub struct ActivityRows {
    parts: std::vec::IntoIter<PathBuf>,
    /// The open part and its next row group.
    part: Option<(PartReader, usize)>,
    group: Option<Group>,
}

impl ActivityRows {
    pub(crate) fn new(parts: Vec<PathBuf>) -> Self {
        Self { parts: parts.into_iter(), part: None, group: None }
    }

    fn advance(&mut self) -> Result<Option<Vec<Activity>>, RecordError> {
        loop {
            match (&mut self.part, self.group.as_mut().filter(|group| group.rows > 0)) {
                (Some((part, _)), Some(group)) => return group.read(part.path()).map(Some),
                (Some((part, next)), None) => {
                    let index = *next;
                    *next += 1;
                    match part.rows(index) {
                        Some(rows) => self.group = Some(Group::open(part, index, rows)?),
                        None => self.part = None,
                    }
                }
                (None, _) => match self.parts.next() {
                    Some(path) => self.part = Some((PartReader::open(&path, Table::Activity)?, 0)),
                    None => return Ok(None),
                },
            }
        }
    }
}

impl Iterator for ActivityRows {
    type Item = Result<Vec<Activity>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance();
        if next.is_err() {
            *self = Self::new(Vec::new());
        }
        next.transpose()
    }
}

impl std::fmt::Debug for ActivityRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActivityRows").finish_non_exhaustive()
    }
}

impl Group {
    fn open(part: &PartReader, index: usize, rows: usize) -> Result<Self, RecordError> {
        Ok(Self {
            rows,
            token: part.column(index, 0)?,
            layer: part.column(index, 1)?,
            projection: part.column(index, 2)?,
            head: part.column(index, 3)?,
            threshold: part.column(index, 4)?,
            steps: part.column(index, 5)?,
            zero_point: part.column(index, 6)?,
            neurons: part.column(index, 7)?,
            spikes: part.column(index, 8)?,
            silent: part.column(index, 9)?,
            synaptic_operations: part.column(index, 10)?,
        })
    }

    /// The next slice of rows.
    fn read(&mut self, path: &Path) -> Result<Vec<Activity>, RecordError> {
        let rows = self.rows.min(SLICE_ROWS / 16);
        self.rows -= rows;
        let mut token = self.token.read(rows)?.iter();
        let mut layer = self.layer.read(rows)?.iter();
        let projection = self.projection.read(rows)?;
        let mut head = self.head.read(rows)?.iter();
        let mut threshold = self.threshold.read(rows)?.iter();
        let mut steps = self.steps.read(rows)?.iter();
        let mut zero_point = self.zero_point.read(rows)?.iter();
        let mut neurons = self.neurons.read(rows)?.iter();
        let mut spikes = self.spikes.read(rows)?.iter();
        let mut silent = self.silent.read(rows)?.iter();
        let mut synaptic_operations = self.synaptic_operations.read(rows)?.iter();
        projection
            .iter()
            .map(|name| {
                Some(Activity {
                    token: *token.next()? as u32,
                    layer: u16::try_from(*layer.next()?).ok()?,
                    projection: projection_of(name)?,
                    head: u16::try_from(*head.next()?).ok()?,
                    threshold: *threshold.next()?,
                    steps: *steps.next()? as u32,
                    zero_point: *zero_point.next()?,
                    neurons: *neurons.next()? as u32,
                    spikes: *spikes.next()? as u64,
                    silent: *silent.next()? as u32,
                    synaptic_operations: *synaptic_operations.next()? as u64,
                })
            })
            .collect::<Option<_>>()
            .ok_or_else(|| {
                RecordError::damaged(path, "a row has a layer, head or projection that does not exist")
            })
    }
}

fn projection_of(name: &ByteArray) -> Option<Projection> {
    name.as_utf8().ok()?.parse().ok()
}
