//! The runs that are analysed: one folder, or a tree of them.

use crate::commands::selection::Span;
use anyhow::{Result, bail};
use std::num::NonZeroU32;
use std::path::Path;
use synfire::analysis::sparsity::{By, Key, Sparsity, SpikePattern};
use synfire::datasets::record::{RunReader, Status, VectorFilter};

#[cfg(feature = "polars")]
use synfire::analysis::scan::DataSet;

/// Bins of tokens along the text.
const BINS: u64 = 16;

/// Runs, and which of their layers count.
pub(super) struct Runs {
    #[cfg(feature = "polars")]
    data: DataSet,
    #[cfg(not(feature = "polars"))]
    reader: RunReader,
    layers: Option<(u16, u16)>,
}

impl Runs {
    pub(super) fn open(input: &Path, layers: Option<Span>) -> Result<Self> {
        let ends = |span: Span| {
            let range = span.inclusive();
            let end = |layer: usize| u16::try_from(layer).unwrap_or(u16::MAX);
            (end(*range.start()), end(*range.end()))
        };
        let runs = Self {
            #[cfg(feature = "polars")]
            data: DataSet::open(input)?,
            #[cfg(not(feature = "polars"))]
            reader: RunReader::open(input)?,
            layers: layers.map(ends),
        };
        let recorded = |layer: &u16| runs.holds(*layer);
        if let Some(reader) = runs.readers().find(|reader| !reader.manifest().layers.iter().any(recorded)) {
            let span = layers.map_or_else(String::new, |layers| layers.to_string());
            let layers = &reader.manifest().layers;
            bail!("{}: --layers {span}: recorded are {layers:?}", reader.dir().display());
        }
        Ok(runs)
    }

    #[cfg(feature = "polars")]
    pub(super) fn readers(&self) -> impl Iterator<Item = &RunReader> {
        self.data.runs().iter().map(|run| &run.reader)
    }

    #[cfg(not(feature = "polars"))]
    pub(super) fn readers(&self) -> impl Iterator<Item = &RunReader> {
        std::iter::once(&self.reader)
    }

    #[cfg(feature = "polars")]
    pub(super) fn names(&self) -> Vec<String> {
        self.data.names()
    }

    #[cfg(not(feature = "polars"))]
    pub(super) fn names(&self) -> Vec<String> {
        vec![self.reader.dir().file_name().unwrap_or_default().to_string_lossy().into_owned()]
    }

    /// Sparsity by group, from activity.
    #[cfg(feature = "polars")]
    pub(super) fn sparsity(&self, by: &By) -> Result<Vec<(Key, Sparsity)>> {
        Ok(self.data.sparsity(by, self.layers)?)
    }

    /// Sparsity by group, from activity.
    #[cfg(not(feature = "polars"))]
    pub(super) fn sparsity(&self, by: &By) -> Result<Vec<(Key, Sparsity)>> {
        use synfire::analysis::sparsity::{Accumulator, Grouped};
        let mut sums = Grouped::new(*by, Sparsity::default());
        for rows in self.reader.activity()? {
            rows?.iter().filter(|row| self.holds(row.layer)).for_each(|row| sums.observe(row, &[]));
        }
        Ok(sums.groups().map(|(key, group)| (*key, *group)).collect())
    }

    /// Whether a layer counts.
    pub(super) fn holds(&self, layer: u16) -> bool {
        self.layers.is_none_or(|(first, last)| (first..=last).contains(&layer))
    }

    /// Layers of all runs that count.
    pub(super) fn layers(&self) -> std::collections::BTreeSet<u16> {
        self.readers()
            .flat_map(|reader| &reader.manifest().layers)
            .copied()
            .filter(|l| self.holds(*l))
            .collect()
    }

    /// What to read of a record; several layers are told apart as they come.
    pub(super) fn filter(&self) -> VectorFilter {
        let only = self.layers.filter(|(first, last)| first == last).map(|(layer, _)| layer);
        VectorFilter { layer: only, projection: None }
    }

    /// Width of a bin of tokens such that the longest run has [`BINS`] of them.
    pub(super) fn bin(&self) -> NonZeroU32 {
        let longest = self.readers().map(|reader| reader.manifest().tokens).max().unwrap_or(0);
        u32::try_from(longest.div_ceil(BINS)).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
    }

    /// What a reader of the tables should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let left_out = self.readers().filter_map(|reader| {
            let dir = reader.dir().display();
            let what = reader.manifest().leaves_out()?;
            Some(format!("{dir}: recorded are {what}; sparsity is of all"))
        });
        let incomplete = self.readers().filter(|reader| reader.manifest().status == Status::Incomplete);
        incomplete
            .map(|reader| {
                format!("{}: the run is incomplete; what was recorded is counted", reader.dir().display())
            })
            .chain(left_out)
            .collect()
    }

    /// What statistics of spike counts are of, where some are of a sample of the tokens.
    pub(super) fn counts_note(&self) -> Option<String> {
        let note = |reader: &RunReader| reader.manifest().counts_note();
        match self.readers().collect::<Vec<_>>().as_slice() {
            [one] => note(one),
            many => {
                let named = self.names().into_iter().zip(many);
                let notes: Vec<String> =
                    named.filter_map(|(name, reader)| Some(format!("{name}: {}", note(reader)?))).collect();
                (!notes.is_empty()).then(|| notes.join(" "))
            }
        }
    }

    /// Whether every run tells the spike counts of whole vectors.
    pub(super) fn tell_counts(&self) -> bool {
        self.readers().all(|reader| reader.manifest().tells_counts())
    }
}

/// How a run's counts were sent, by its manifest.
pub(super) fn pattern(reader: &RunReader) -> Result<SpikePattern> {
    match reader.manifest().options["coding"].as_str() {
        Some(coding) => Ok(coding.parse()?),
        None => {
            bail!("{}: the manifest's options name no coding", reader.dir().join("manifest.json").display())
        }
    }
}
