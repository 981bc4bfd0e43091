//! Sparsity by group, computed on the activity table alone.
//!
//! Sums are integers and ratios are taken of sums, so that the figures are those of the accumulators in
//! [`crate::sparsity`]. Memory grows with the groups, not with the record.

use super::{DataSet, ScanError, join, scan};
use crate::sparsity::{By, Key, Sparsity};
use polars::prelude::{Column, DataFrame, DataType, Engine, Expr, LazyFrame, col, len, lit};
use std::collections::BTreeMap;
use synfire_datasets::spikes::Projection;

/// The sums of [`Sparsity`] that activity tells; those of counts stay 0.
const SUMS: [&str; 6] = ["vectors", "channels", "spikes", "silent", "cells", "synaptic_operations"];

impl DataSet {
    /// Sparsity of each group, in order of the keys; a key's run is the index into [`DataSet::runs`].
    ///
    /// Counts are not read: `at_most_7`, `above_16` and `largest_count` are 0.
    ///
    /// # Errors
    /// [`ScanError::Record`] for parts that are missing or not whole, [`ScanError::Query`] if they do not decode.
    pub fn sparsity(&self, by: &By, layers: Option<(u16, u16)>) -> Result<Vec<(Key, Sparsity)>, ScanError> {
        let frames = (0u32..).zip(&self.runs).map(|(number, run)| {
            let rows = scan(&run.reader.activity_parts()?, &super::ACTIVITY)?;
            Ok(rows.with_column(lit(number).alias("run")))
        });
        let mut rows = join(frames.collect::<Result<_, ScanError>>()?)?;
        if let Some((first, last)) = layers {
            rows = rows.filter(col("layer").gt_eq(lit(first)).and(col("layer").lt_eq(lit(last))));
        }
        let keys = key_columns(by);
        let sums = sums();
        let grouped = if keys.is_empty() { rows.select(sums) } else { rows.group_by(keys).agg(sums) };
        let groups = Groups::read(&collect(grouped)?, by)?;
        Ok(groups.into_iter().filter(|(_, sums)| sums.vectors > 0).collect())
    }
}

/// Carries a query out, a few batches at a time. The engine panics on some damaged pages; that becomes an error.
pub(super) fn collect(query: LazyFrame) -> Result<DataFrame, ScanError> {
    let run = std::panic::AssertUnwindSafe(|| query.collect_with_engine(Engine::Streaming));
    let result = std::panic::catch_unwind(run).unwrap_or_else(|_| {
        Err(polars::prelude::PolarsError::ComputeError("a Parquet part does not decode".into()))
    })?;
    Ok(result.unwrap_single())
}

fn key_columns(by: &By) -> Vec<Expr> {
    let number = |name: &str| col(name).cast(DataType::UInt32);
    let mut keys = Vec::new();
    keys.extend(by.run.then(|| number("run")));
    keys.extend(by.layer.then(|| number("layer")));
    keys.extend(by.projection.then(|| col("projection")));
    keys.extend(by.head.then(|| number("head")));
    keys.extend(by.token.map(|width| number("token") / lit(width.get())));
    keys
}

fn sums() -> Vec<Expr> {
    let wide = |name: &str| col(name).cast(DataType::UInt64);
    let of = |name: &str| match name {
        "vectors" => len().cast(DataType::UInt64),
        "channels" => wide("neurons").sum(),
        "cells" => (wide("neurons") * wide("steps")).sum(),
        _ => wide(name).sum(),
    };
    SUMS.iter().map(|name| of(name).alias(*name)).collect()
}

/// Groups as a query gives them.
struct Groups;

impl Groups {
    fn read(frame: &DataFrame, by: &By) -> Result<BTreeMap<Key, Sparsity>, ScanError> {
        let rows = frame.height();
        let numbers = |name: &str, set: bool| -> Result<Vec<Option<u32>>, ScanError> {
            if !set {
                return Ok(vec![None; rows]);
            }
            Ok(frame.column(name)?.u32()?.iter().collect())
        };
        let (run, layer) = (numbers("run", by.run)?, numbers("layer", by.layer)?);
        let (head, token) = (numbers("head", by.head)?, numbers("token", by.token.is_some())?);
        let projection: Vec<Option<Projection>> = if by.projection {
            let names = frame.column("projection")?;
            names.str()?.iter().map(|name| name.and_then(|name| name.parse().ok())).collect()
        } else {
            vec![None; rows]
        };
        let sums: Vec<&Column> = SUMS.iter().map(|name| frame.column(name)).collect::<Result<_, _>>()?;
        let sums: Vec<Vec<u64>> = sums
            .into_iter()
            .map(|column| Ok(column.u64()?.iter().map(Option::unwrap_or_default).collect()))
            .collect::<Result<_, ScanError>>()?;
        let at = |sum: usize, row: usize| sums.get(sum).and_then(|s| s.get(row)).copied().unwrap_or(0);
        let short = |value: Option<u32>| value.and_then(|value| u16::try_from(value).ok());
        let group = |row: usize| {
            let key = Key {
                run: run[row],
                layer: short(layer[row]),
                projection: projection[row],
                head: short(head[row]),
                token: token[row],
            };
            let sums = Sparsity {
                vectors: at(0, row),
                channels: at(1, row),
                spikes: at(2, row),
                silent: at(3, row),
                cells: at(4, row),
                synaptic_operations: at(5, row),
                ..Sparsity::default()
            };
            (key, sums)
        };
        Ok((0..rows).map(group).collect())
    }
}
