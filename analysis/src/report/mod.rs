//! A report: everything that was found out about a run or a recording, as one HTML file.
//!
//! [`Report`] is plain data: figures, [`Table`]s, pictures, a raster. It knows no statistic, so a new analysis adds a
//! [`Section`] and is done ([`run`], [`recording`]). [`Report::html`] makes the page: it needs no network, holds its
//! spikes as compressed columns ([`raster`]), sorts its tables and zooms its raster in the browser, prints, and takes every
//! definition of a number from the [`Column`](crate::table::Column) that carries it. The same report gives the same bytes.
//!
//! ```
//! use synfire_analysis::report::{Report, Section};
//! use synfire_analysis::table::{Table, Values};
//!
//! let rates = Table::new("rates", "Rates").key("unit", "unit", Values::Integer(vec![1, 2])).column(
//!     "rate_hz", "rate", "Hz", "spikes of the unit by the length of the recording", Values::Real(vec![4.5, f64::NAN]),
//! );
//! let section = Section { tables: vec![rates], ..Section::new("Firing rates", "How often each unit fires.") };
//! let report = Report { sections: vec![section], ..Report::new("Two units", "an example") };
//! let html = report.html()?;
//! assert!(html.contains("spikes of the unit by the length") && html.contains("4.5"));
//! # Ok::<(), synfire_analysis::report::ReportError>(())
//! ```

mod base64;
mod number;
mod page;
pub mod raster;
pub mod recording;
pub mod run;
mod statistics;

use crate::energy::profile::ProfileError;
use crate::pictures::PictureError;
use crate::plot::PlotError;
use crate::rates::RateError;
use crate::table::Table;
use raster::RasterData;
use std::path::{Path, PathBuf};
use synfire_datasets::record::RecordError;

/// What a report says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// What was run or recorded.
    pub title: String,
    /// One line under the title.
    pub subtitle: String,
    /// What the reader must know before believing a number, such as a run that was cut short.
    pub warning: Option<String>,
    /// Main figures, shown large.
    pub figures: Vec<Figure>,
    /// What was run, with what.
    pub facts: Vec<Fact>,
    /// The spikes to look at.
    pub raster: Option<RasterData>,
    /// The analyses.
    pub sections: Vec<Section>,
    /// Where it comes from: command, versions, digests.
    pub provenance: Vec<Fact>,
}

/// A main figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What it is.
    pub label: String,
    /// The number as shown.
    pub value: String,
    /// Its unit; empty for pure numbers.
    pub unit: String,
    /// What it means, or what it compares with.
    pub note: String,
}

/// A named fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// One subject: tables and pictures under a heading.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Section {
    /// Heading.
    pub title: String,
    /// What is to be seen, in a sentence or two.
    pub lead: String,
    /// Tables.
    pub tables: Vec<Table>,
    /// Pictures.
    pub pictures: Vec<Picture>,
}

/// A picture with its caption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The picture.
    pub image: Image,
    /// What it shows; also its description for those who cannot see it.
    pub caption: String,
}

/// How a picture comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// An SVG document, as [`plot`](crate::plot) draws it; it becomes part of the page.
    Svg(String),
    /// The bytes of a PNG file.
    Png(Vec<u8>),
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The record of the run.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A rate or an interval statistic.
    #[error(transparent)]
    Rate(#[from] RateError),
    /// A picture.
    #[error(transparent)]
    Plot(#[from] PlotError),
    /// What a picture shows.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// A hardware profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The page could not be filled in.
    #[error("the page could not be made: {0}")]
    Page(String),
    /// The file could not be written.
    #[error("cannot write {path}: {source}; choose a folder that can be written")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Report {
    /// A report without content.
    #[must_use]
    pub fn new(title: impl Into<String>, subtitle: impl Into<String>) -> Self {
        Self { title: title.into(), subtitle: subtitle.into(), ..Self::default() }
    }

    /// The page.
    ///
    /// # Errors
    /// [`ReportError::Page`] where it could not be filled in.
    pub fn html(&self) -> Result<String, ReportError> {
        page::render(self)
    }

    /// Writes the page to `path`; the file appears whole or not at all.
    ///
    /// # Errors
    /// [`ReportError::Page`], [`ReportError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), ReportError> {
        let html = self.html()?;
        synfire_datasets::whole_file::write(path, html.as_bytes())
            .map_err(|source| ReportError::Write { path: path.to_owned(), source })
    }
}

impl Section {
    /// A section without content.
    #[must_use]
    pub fn new(title: impl Into<String>, lead: impl Into<String>) -> Self {
        Self { title: title.into(), lead: lead.into(), ..Self::default() }
    }
}

impl Figure {
    /// A figure; the numbers are formatted by the caller.
    #[must_use]
    pub fn new(
        label: impl Into<String>,
        value: impl Into<String>,
        unit: impl Into<String>,
        note: impl Into<String>,
    ) -> Self {
        Self { label: label.into(), value: value.into(), unit: unit.into(), note: note.into() }
    }
}

impl Fact {
    /// A fact.
    #[must_use]
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}
