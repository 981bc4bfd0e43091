//! Grouping of coded vectors: by layer, projection, head, token and run, in any combination.

use super::Accumulator;
use crate::table::{Table, Values};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use synfire_datasets::spikes::{Activity, Projection};

/// What tells groups apart; the default tells nothing apart and makes one group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct By {
    /// By run.
    pub run: bool,
    /// By layer.
    pub layer: bool,
    /// By projection.
    pub projection: bool,
    /// By attention head (0 for what has no heads).
    pub head: bool,
    /// By token position, in bins of this many tokens.
    pub token: Option<std::num::NonZeroU32>,
}

/// Why a list of keys is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ByError {
    /// Not a key.
    #[error(
        "unknown key '{0}'; choose some of run, layer, projection, head, token (or token:WIDTH for bins)"
    )]
    Unknown(String),
    /// A bin of tokens without width.
    #[error("token:{0}: a bin holds 1 token or more, such as token:64")]
    Width(String),
}

impl FromStr for By {
    type Err = ByError;

    /// Reads `layer,projection,token:64`; the empty text groups nothing.
    fn from_str(text: &str) -> Result<Self, ByError> {
        let mut by = Self::default();
        for key in text.split(',').map(str::trim).filter(|key| !key.is_empty()) {
            match key.split_once(':').unwrap_or((key, "1")) {
                ("token", width) => {
                    by.token = Some(width.parse().map_err(|_| ByError::Width(width.to_owned()))?);
                }
                ("run", "1") => by.run = true,
                ("layer", "1") => by.layer = true,
                ("projection", "1") => by.projection = true,
                ("head", "1") => by.head = true,
                _ => return Err(ByError::Unknown(key.to_owned())),
            }
        }
        Ok(by)
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut keys: Vec<String> = Vec::new();
        for (set, name) in
            [(self.run, "run"), (self.layer, "layer"), (self.projection, "projection"), (self.head, "head")]
        {
            keys.extend(set.then(|| name.to_owned()));
        }
        keys.extend(self.token.map(|width| format!("token:{width}")));
        f.write_str(&keys.join(","))
    }
}

impl By {
    /// By layer and projection, as `synfire run` tells it.
    pub const INPUT: Self = Self { run: false, layer: true, projection: true, head: false, token: None };

    /// The group of a vector of run number `run`.
    #[must_use]
    pub fn key(&self, run: u32, activity: &Activity) -> Key {
        Key {
            run: self.run.then_some(run),
            layer: self.layer.then_some(activity.layer),
            projection: self.projection.then_some(activity.projection),
            head: self.head.then_some(activity.head),
            token: self.token.map(|width| activity.token / width),
        }
    }

    /// Key columns of a table with one row a group. `runs` names the runs.
    #[must_use]
    pub fn columns(&self, table: Table, keys: &[Key], runs: &[String]) -> Table {
        let integer = |of: &dyn Fn(&Key) -> i64| Values::Integer(keys.iter().map(of).collect());
        let mut table = table;
        if self.run {
            let name =
                |key: &Key| key.run.and_then(|run| runs.get(run as usize)).cloned().unwrap_or_default();
            table = table.key("run", "run", Values::Text(keys.iter().map(name).collect()));
        }
        if self.layer {
            table = table.key("layer", "layer", integer(&|key| key.layer.map_or(0, i64::from)));
        }
        if self.projection {
            let name = |key: &Key| key.projection.map_or(String::new(), |p| p.name().to_owned());
            table = table.key("projection", "input", Values::Text(keys.iter().map(name).collect()));
        }
        if self.head {
            table = table.key("head", "head", integer(&|key| key.head.map_or(0, i64::from)));
        }
        if let Some(width) = self.token {
            let first = move |key: &Key| key.token.map_or(0, |bin| i64::from(bin) * i64::from(width.get()));
            table = table.key("token", "token", integer(&first));
        }
        table
    }
}

/// The group that a vector belongs to; only what [`By`] tells apart is set. Groups sort as the fields stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Number of the run.
    pub run: Option<u32>,
    /// Layer, from 0.
    pub layer: Option<u16>,
    /// The coded input.
    pub projection: Option<Projection>,
    /// Attention head.
    pub head: Option<u16>,
    /// Bin of token positions: the position over the width of a bin.
    pub token: Option<u32>,
}

/// An [`Accumulator`] for each group. Memory grows with the groups, not with the vectors.
#[derive(Debug, Clone)]
pub struct Grouped<A> {
    by: By,
    run: u32,
    empty: A,
    groups: BTreeMap<Key, A>,
}

impl<A: Accumulator> Grouped<A> {
    /// No groups yet; each will start as a copy of `empty`.
    #[must_use]
    pub fn new(by: By, empty: A) -> Self {
        Self { by, run: 0, empty, groups: BTreeMap::new() }
    }

    /// Vectors that follow are of run number `run`.
    pub fn start_run(&mut self, run: u32) {
        self.run = run;
    }

    /// What groups are told apart by.
    #[must_use]
    pub fn by(&self) -> By {
        self.by
    }

    /// The groups in order of their keys.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = (&Key, &A)> {
        self.groups.iter()
    }

    /// The groups as columns of keys and accumulators.
    #[must_use]
    pub fn columns(&self) -> (Vec<Key>, Vec<&A>) {
        self.groups.iter().map(|(key, group)| (*key, group)).unzip()
    }

    /// All groups together.
    #[must_use]
    pub fn pooled(&self) -> A {
        let mut all = self.empty.clone();
        self.groups.values().for_each(|group| all.merge(group));
        all
    }
}

impl<A: Accumulator> Accumulator for Grouped<A> {
    fn observe(&mut self, activity: &Activity, counts: &[i32]) {
        let key = self.by.key(self.run, activity);
        self.groups.entry(key).or_insert_with(|| self.empty.clone()).observe(activity, counts);
    }

    fn merge(&mut self, other: &Self) {
        for (key, group) in &other.groups {
            self.groups.entry(*key).or_insert_with(|| self.empty.clone()).merge(group);
        }
    }
}
