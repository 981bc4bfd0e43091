//! Spike trains from Parquet files of any size, in order of the file, a batch at a time.

use super::group::collect;
use super::{ScanError, scan};
use polars::prelude::{DataFrame, DataType, LazyFrame, PlanCallback, col, lit};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};

/// Rows of a batch unless told otherwise.
const BATCH_ROWS: NonZeroUsize = NonZeroUsize::new(1 << 18).expect("not 0");

/// Some spikes as columns of equal length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrainBatch {
    /// Time of each spike in seconds, ascending over all batches.
    pub times_s: Vec<f64>,
    /// Number of the unit that spiked.
    pub units: Vec<i64>,
}

/// Batches of spikes in the order of the files; ends after the first error.
///
/// The files have a column `time_s` (or `time_ms`) and an integer column `unit`, one row a spike, times ascending; other
/// columns are not read. Two batches are in memory at most, besides what the decoder holds of a row group.
///
/// ```no_run
/// # use synfire_analysis::scan::TrainBatches;
/// let mut spikes = 0;
/// for batch in TrainBatches::open(&["recording.parquet".into()])? {
///     spikes += batch?.times_s.len();
/// }
/// # Ok::<(), synfire_analysis::scan::ScanError>(())
/// ```
pub struct TrainBatches {
    path: PathBuf,
    batches: Receiver<Result<TrainBatch, ScanError>>,
    /// Rows handed out.
    rows: u64,
    last_s: f64,
    ended: bool,
}

impl TrainBatches {
    /// Opens files that follow each other in time.
    ///
    /// # Errors
    /// [`ScanError::Trains`] for a file that is none of spike trains.
    pub fn open(files: &[PathBuf]) -> Result<Self, ScanError> {
        Self::with_batch_rows(files, BATCH_ROWS)
    }

    /// As [`open`](Self::open), with batches of `rows` spikes; the last may have fewer.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn with_batch_rows(files: &[PathBuf], rows: NonZeroUsize) -> Result<Self, ScanError> {
        let path = files.first().cloned().unwrap_or_default();
        let trains = |reason: &dyn std::fmt::Display| ScanError::Trains {
            path: path.clone(),
            reason: reason.to_string().lines().next().unwrap_or_default().to_owned(),
        };
        let mut query = scan(files, &[("time_s", DataType::Float64), ("unit", DataType::Int64)])?;
        let schema = query.collect_schema().map_err(|e| trains(&e))?;
        let time = match (schema.get("time_s"), schema.get("time_ms")) {
            (Some(_), _) => col("time_s").strict_cast(DataType::Float64),
            (None, Some(_)) => col("time_ms").strict_cast(DataType::Float64) / lit(1000.0),
            (None, None) => return Err(trains(&"it has no column time_s")),
        };
        match schema.get("unit") {
            Some(unit) if unit.is_integer() => {}
            Some(unit) => return Err(trains(&format_args!("unit is of type {unit}"))),
            None => return Err(trains(&"it has no column unit")),
        }
        let unit = col("unit").strict_cast(DataType::Int64);
        let query = query.select([time.alias("time_s"), unit.alias("unit")]);
        Ok(Self {
            batches: stream(query, rows, path.clone())?,
            path,
            rows: 0,
            last_s: f64::NEG_INFINITY,
            ended: false,
        })
    }

    fn check(&mut self, batch: TrainBatch) -> Result<TrainBatch, ScanError> {
        for (row, time_s) in (self.rows..).zip(&batch.times_s) {
            let wrong = |reason: String| ScanError::Row { path: self.path.clone(), row, reason };
            if !time_s.is_finite() {
                return Err(wrong(format!("time {time_s} s; times must be finite")));
            }
            if *time_s < self.last_s {
                return Err(wrong(format!(
                    "{time_s} s comes after {} s; sort the file by time",
                    self.last_s
                )));
            }
            self.last_s = *time_s;
        }
        self.rows += batch.times_s.len() as u64;
        Ok(batch)
    }
}

impl Iterator for TrainBatches {
    type Item = Result<TrainBatch, ScanError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.batches.recv().ok().map(|batch| batch.and_then(|batch| self.check(batch)));
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl std::fmt::Debug for TrainBatches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrainBatches")
            .field("path", &self.path)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// Carries `query` out on a thread of its own, which waits while a batch has not been fetched and ends when nobody will.
fn stream(
    query: LazyFrame,
    rows: NonZeroUsize,
    path: PathBuf,
) -> Result<Receiver<Result<TrainBatch, ScanError>>, ScanError> {
    let (send, receive) = sync_channel(1);
    let errors = send.clone();
    let file = path.clone();
    let hand_out = PlanCallback::new(move |frame: DataFrame| {
        let batch = columns(&frame, &file);
        let stop = batch.is_err();
        Ok(send.send(batch).is_err() || stop)
    });
    let query = query.sink_batches(hand_out, true, Some(rows))?;
    let run = move || {
        if let Err(error) = collect(query) {
            // Nobody listens any more: nobody is to be told.
            let _ = errors.send(Err(error));
        }
    };
    std::thread::Builder::new()
        .name("synfire-scan".to_owned())
        .spawn(run)
        .map_err(|source| ScanError::Folder { path, source })?;
    Ok(receive)
}

fn columns(frame: &DataFrame, path: &Path) -> Result<TrainBatch, ScanError> {
    let missing =
        |name: &str| ScanError::Trains { path: path.to_owned(), reason: format!("{name} has empty rows") };
    let times: Option<Vec<f64>> = frame.column("time_s")?.f64()?.iter().collect();
    let units: Option<Vec<i64>> = frame.column("unit")?.i64()?.iter().collect();
    Ok(TrainBatch {
        times_s: times.ok_or_else(|| missing("time_s"))?,
        units: units.ok_or_else(|| missing("unit"))?,
    })
}
