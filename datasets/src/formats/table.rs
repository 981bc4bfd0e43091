//! Tables of spikes, one row a spike, as Parquet, CSV and NPZ hold them: the names of columns and what may stand in them.
//!
//! | column | holds | other names |
//! |---|---|---|
//! | `time_s`, `time_ms`, `time_us` or `time_ns` | time, a number in the unit that the name tells | none: a bare `time` is refused |
//! | `unit` | number of the unit, an integer | `unit_id`, `neuron` |
//! | `channel`, optional | electrode, an integer from 0 | |
//! | `polarity`, optional | 1 or true: ON; 0, -1 or false: OFF | |
//!
//! Other columns are passed over. What a [`Recording`] says besides its rows has these keys: `start_s`, `stop_s`, `sensor`
//! (`WIDTHxHEIGHT` in pixels) and `silent_units` (numbers of the units without a spike, with spaces between).

use super::{FormatError, ReadOptions};
use crate::trains::{Recording, TrainError};
use std::path::Path;

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Time,
    Unit,
    Channel,
    Polarity,
}

/// A column that is read: where it stands in the file, and how its numbers are to be taken.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) index: usize,
    pub(super) role: Role,
    /// What one second is in it, for times.
    per_second: f64,
}

/// Times whose name leaves their unit open.
const BARE_TIMES: [&str; 8] =
    ["t", "ts", "time", "times", "timestamp", "timestamps", "spike_time", "spike_times"];

/// Finds the columns among the names of a file: the time first, then the unit, then what else there is.
pub(super) fn columns<'a>(
    path: &Path,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<Vec<Column>, FormatError> {
    let roles: [(Role, &[(&str, f64)]); 4] = [
        (Role::Time, &[("time_s", 1.0), ("time_ms", 1e3), ("time_us", 1e6), ("time_ns", 1e9)]),
        (Role::Unit, &[("unit", 1.0), ("unit_id", 1.0), ("neuron", 1.0)]),
        (Role::Channel, &[("channel", 1.0)]),
        (Role::Polarity, &[("polarity", 1.0)]),
    ];
    let mut columns = Vec::new();
    for (role, accepted) in roles {
        let mut found: Option<Column> = None;
        for (index, name) in names.clone().enumerate() {
            let Some((_, per_second)) = accepted.iter().find(|(known, _)| *known == name) else { continue };
            if let Some(first) = &found {
                let value = format!("given twice, as '{}' and '{name}'", first.name);
                return Err(FormatError::field(path, format_args!("{role:?}"), value, "keep one of them"));
            }
            found = Some(Column { name: name.to_owned(), index, role, per_second: *per_second });
        }
        match (found, role) {
            (Some(column), _) => columns.push(column),
            (None, Role::Time) => return Err(no_time(path, names)),
            (None, Role::Unit) => {
                return Err(FormatError::field(path, "column 'unit'", "missing", has(names)));
            }
            (None, Role::Channel | Role::Polarity) => {}
        }
    }
    Ok(columns)
}

fn no_time<'a>(path: &Path, mut names: impl Iterator<Item = &'a str> + Clone) -> FormatError {
    match names.clone().find(|name| BARE_TIMES.contains(name)) {
        Some(bare) => FormatError::field(
            path,
            format_args!("column '{bare}'"),
            "a time whose name tells no unit",
            "name it time_s, time_ms, time_us or time_ns",
        ),
        None => FormatError::field(path, "column 'time_s'", "missing", has(names.by_ref())),
    }
}

/// Names what is there.
fn has<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut listed = names.take(9).map(|name| name.chars().take(40).collect()).collect::<Vec<String>>();
    if listed.len() > 8 {
        listed[8] = "...".to_owned();
    }
    format!(
        "name the columns time_s (or time_ms, time_us, time_ns) and unit; there are: {}",
        listed.join(", ")
    )
}

/// A number as files hold it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Integer(i64),
    Float(f64),
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Float(value as f64), Self::Integer)
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
        }
    }
}

impl Number {
    pub(super) fn to_f64(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    /// The integer that it is. Whole floats pass: tables with gaps turn integers into floats.
    pub(super) fn to_i64(self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(value),
            Self::Float(value) => {
                (value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0).then_some(value as i64)
            }
        }
    }
}

/// Rows as they come from a file, column by column.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) times_s: Vec<f64>,
    pub(super) units: Vec<i64>,
    pub(super) channels: Option<Vec<u32>>,
    pub(super) polarities: Option<Vec<bool>>,
    /// Numbers of units that the file names, with or without spikes.
    pub(super) unit_ids: Vec<i64>,
    pub(super) start_s: Option<f64>,
    pub(super) stop_s: Option<f64>,
    pub(super) sensor: Option<(u32, u32)>,
}

impl Rows {
    /// No rows of these columns.
    pub(super) fn new(columns: &[Column]) -> Self {
        let has = |role| columns.iter().any(|column| column.role == role);
        Self {
            channels: has(Role::Channel).then(Vec::new),
            polarities: has(Role::Polarity).then(Vec::new),
            ..Self::default()
        }
    }

    /// Adds the next value of a column.
    pub(super) fn push(&mut self, path: &Path, column: &Column, value: Number) -> Result<(), FormatError> {
        match column.role {
            Role::Time => {
                let time_s = value.to_f64() / column.per_second;
                if !time_s.is_finite() {
                    return Err(bad(path, column, self.times_s.len(), value, "give a finite time"));
                }
                self.times_s.push(time_s);
            }
            Role::Unit => match value.to_i64() {
                Some(unit) => self.units.push(unit),
                None => return Err(bad(path, column, self.units.len(), value, "give an integer")),
            },
            Role::Channel => {
                let channels = self.channels.get_or_insert_default();
                match value.to_i64().and_then(|channel| u32::try_from(channel).ok()) {
                    Some(channel) => channels.push(channel),
                    None => return Err(bad(path, column, channels.len(), value, "give an integer from 0")),
                }
            }
            Role::Polarity => {
                let polarities = self.polarities.get_or_insert_default();
                match value.to_i64() {
                    Some(1) => polarities.push(true),
                    Some(0 | -1) => polarities.push(false),
                    _ => {
                        return Err(bad(
                            path,
                            column,
                            polarities.len(),
                            value,
                            "give 0, 1, -1, true or false",
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes one of the keys of this table from the text of a file; other keys are passed over.
    pub(super) fn set(&mut self, path: &Path, key: &str, text: &str) -> Result<(), FormatError> {
        let wrong =
            |value: &str, remedy: &str| FormatError::field(path, key, format_args!("'{value}'"), remedy);
        let time = || text.parse().map_err(|_| wrong(text, "give a time in seconds"));
        match key {
            "start_s" => self.start_s = Some(time()?),
            "stop_s" => self.stop_s = Some(time()?),
            "sensor" => {
                let size = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
                self.sensor = Some(size.ok_or_else(|| wrong(text, "give WIDTHxHEIGHT in pixels"))?);
            }
            "silent_units" => {
                for word in text.split_whitespace() {
                    self.unit_ids.push(word.parse().map_err(|_| wrong(word, "give integers"))?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Checks that the columns fit together, sorts the rows by time and numbers the units.
    pub(super) fn recording(mut self, path: &Path, options: &ReadOptions) -> Result<Recording, FormatError> {
        let lengths = [
            ("unit", Some(self.units.len())),
            ("channel", self.channels.as_ref().map(Vec::len)),
            ("polarity", self.polarities.as_ref().map(Vec::len)),
        ];
        for (name, length) in lengths {
            if length.is_some_and(|length| length != self.times_s.len()) {
                let value = format!("{} values", length.unwrap_or(0));
                let remedy = format!("give one for each of the {} times", self.times_s.len());
                return Err(FormatError::field(path, format_args!("column '{name}'"), value, remedy));
            }
        }
        if !self.times_s.is_sorted() {
            let mut order: Vec<usize> = (0..self.times_s.len()).collect();
            order.sort_by(|a, b| self.times_s[*a].total_cmp(&self.times_s[*b]));
            self.times_s = in_order(&self.times_s, &order);
            self.units = in_order(&self.units, &order);
            self.channels = self.channels.map(|values| in_order(&values, &order));
            self.polarities = self.polarities.map(|values| in_order(&values, &order));
        }
        let (unit_ids, units) = number_units(path, &self.units, self.unit_ids)?;
        let first = self.times_s.first().copied();
        let start_s = self.start_s.or(options.start_s).unwrap_or_else(|| first.unwrap_or(0.0).min(0.0));
        let stop_s = self.stop_s.or(options.stop_s).or(self.times_s.last().copied()).unwrap_or(start_s);
        let recording = Recording {
            times_s: self.times_s,
            units,
            channels: self.channels,
            polarities: self.polarities,
            unit_ids,
            start_s,
            stop_s,
            sensor: self.sensor,
        };
        check(path, &recording)?;
        Ok(recording)
    }
}

fn bad(path: &Path, column: &Column, row: usize, value: impl std::fmt::Display, remedy: &str) -> FormatError {
    FormatError::field(path, format_args!("row {} of '{}'", row + 1, column.name), value, remedy)
}

fn in_order<T: Copy>(values: &[T], order: &[usize]) -> Vec<T> {
    order.iter().map(|row| values[*row]).collect()
}

/// The numbers of all units, ascending, and the index of each row's among them.
fn number_units(path: &Path, units: &[i64], named: Vec<i64>) -> Result<(Vec<i64>, Vec<u32>), FormatError> {
    let mut ids = named;
    // Runs of one unit are taken once, and the list is cut down before it grows beyond what differs in it.
    let mut limit = ids.len() + (1 << 16);
    for (row, unit) in units.iter().enumerate() {
        if row == 0 || units[row - 1] != *unit {
            ids.push(*unit);
        }
        if ids.len() > limit {
            ids.sort_unstable();
            ids.dedup();
            limit = 2 * ids.len() + (1 << 16);
        }
    }
    ids.sort_unstable();
    ids.dedup();
    if u32::try_from(ids.len()).is_err() {
        return Err(FormatError::field(
            path,
            "unit",
            format_args!("{} numbers", ids.len()),
            "use fewer than 2^32",
        ));
    }
    let indices = match (ids.first(), ids.last()) {
        // Numbered without gaps, as simulators and sensors do: the index is a difference.
        (Some(&first), Some(&last)) if last.checked_sub(first) == Some(ids.len() as i64 - 1) => {
            units.iter().map(|unit| (unit - first) as u32).collect()
        }
        _ => units.iter().map(|unit| ids.partition_point(|id| id < unit) as u32).collect(),
    };
    Ok((ids, indices))
}

/// Checks what every [`Recording`] promises, before it is written or after it was read.
pub(super) fn check(path: &Path, recording: &Recording) -> Result<(), FormatError> {
    let Recording { times_s, units, channels, polarities, unit_ids, start_s, stop_s, sensor } = recording;
    let field =
        |field: &str, value: String, remedy: &str| Err(FormatError::field(path, field, value, remedy));
    if !(start_s.is_finite() && stop_s.is_finite() && start_s <= stop_s) {
        return field(
            "start_s to stop_s",
            format!("{start_s} to {stop_s}"),
            "give a finite span that does not end early",
        );
    }
    let equal = |length: usize| length == times_s.len();
    if !equal(units.len())
        || !channels.as_ref().is_none_or(|c| equal(c.len()))
        || !polarities.as_ref().is_none_or(|p| equal(p.len()))
    {
        return field("columns", "of different length".to_owned(), "give one value for each spike");
    }
    if !unit_ids.is_sorted_by(|a, b| a < b) {
        return field("unit_ids", "not ascending".to_owned(), "give each unit once, in order of its number");
    }
    if let Some(unit) = units.iter().find(|unit| **unit as usize >= unit_ids.len()) {
        return field(
            "units",
            format!("{unit} among {} units", unit_ids.len()),
            "give an index into unit_ids",
        );
    }
    if let Some((width, height)) = sensor {
        let pixels = i64::from(*width) * i64::from(*height);
        if let Some(unit) =
            [unit_ids.first(), unit_ids.last()].into_iter().flatten().find(|id| !(0..pixels).contains(*id))
        {
            return field(
                "unit",
                unit.to_string(),
                &format!("a sensor of {width}x{height} has units 0 to {}", pixels - 1),
            );
        }
    }
    let mut last = f64::NEG_INFINITY;
    for (index, (&time_s, &unit)) in times_s.iter().zip(units).enumerate() {
        if time_s >= last && time_s >= *start_s && time_s <= *stop_s {
            last = time_s;
            continue;
        }
        let unit = unit_ids.get(unit as usize).copied().unwrap_or(-1);
        let (start_s, stop_s) = (*start_s, *stop_s);
        let source = if !time_s.is_finite() {
            TrainError::NotFinite { unit, index, time_s }
        } else if time_s < last {
            TrainError::Unsorted { unit, index, time_s }
        } else {
            TrainError::OutsideSpan { unit, index, time_s, start_s, stop_s }
        };
        return Err(FormatError::Trains { path: path.to_owned(), source });
    }
    Ok(())
}

/// The keys and texts that stand for what a recording says besides its rows.
pub(super) fn keys(recording: &Recording) -> Vec<(&'static str, String)> {
    let mut spikes = vec![false; recording.unit_ids.len()];
    recording.units.iter().for_each(|unit| spikes[*unit as usize] = true);
    let silent = recording.unit_ids.iter().zip(spikes).filter(|(_, spikes)| !spikes).map(|(id, _)| *id);
    span_keys(recording.start_s, recording.stop_s, recording.sensor, silent)
}

/// As [`keys`], from its parts.
pub(super) fn span_keys(
    start_s: f64,
    stop_s: f64,
    sensor: Option<(u32, u32)>,
    silent: impl Iterator<Item = i64>,
) -> Vec<(&'static str, String)> {
    let mut keys = vec![("start_s", format!("{start_s:?}")), ("stop_s", format!("{stop_s:?}"))];
    if let Some((width, height)) = sensor {
        keys.push(("sensor", format!("{width}x{height}")));
    }
    let silent = silent.map(|id| id.to_string()).collect::<Vec<_>>().join(" ");
    if !silent.is_empty() {
        keys.push(("silent_units", silent));
    }
    keys
}
