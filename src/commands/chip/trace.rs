//! The work of every core as a trace in Chrome's JSON format, for Perfetto and the like.
//!
//! One complete event (`"ph": "X"`) a span, times in us; a process is a tile of the mesh, a thread a core. Events are
//! written as they come, up to a limit.

use anyhow::{Context, Result};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use synfire::datasets::whole_file::WholeFile;
use synfire::sim::hardware::description::CorePlace;
use synfire::sim::hardware::model::Span;

/// A trace that is being written.
pub(super) struct Trace {
    out: BufWriter<File>,
    path: PathBuf,
    whole: WholeFile,
    places: Vec<CorePlace>,
    stages: Vec<String>,
    left: u64,
    dropped: u64,
    first: bool,
    failed: Option<std::io::Error>,
}

impl Trace {
    /// Starts `path`, for at most `most` spans.
    pub(super) fn create(
        path: &Path,
        places: Vec<CorePlace>,
        stages: Vec<String>,
        most: u64,
    ) -> Result<Self> {
        let (whole, mut out) = WholeFile::create(path).with_context(|| path.display().to_string())?;
        write!(out, "{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
        Ok(Self {
            out,
            path: path.to_owned(),
            whole,
            places,
            stages,
            left: most,
            dropped: 0,
            first: true,
            failed: None,
        })
    }

    /// Writes a span.
    pub(super) fn add(&mut self, span: Span) {
        if self.left == 0 || self.failed.is_some() {
            self.dropped += 1;
            return;
        }
        self.left -= 1;
        let Some(place) = self.places.get(span.core as usize) else { return };
        let kind = if span.codes { "codes" } else { "sums" };
        let name = self.stages.get(span.stage).map_or("", String::as_str);
        let comma = if std::mem::take(&mut self.first) { "" } else { "," };
        let written = write!(
            self.out,
            "{comma}\n{{\"name\":\"{name} {kind}, token {}\",\"cat\":\"{kind}\",\"ph\":\"X\",\"pid\":{},\"tid\":{},\"ts\":{},\"dur\":{}}}",
            span.token,
            place.tile,
            span.core,
            span.start_fs as f64 * 1e-9,
            span.end_fs.saturating_sub(span.start_fs) as f64 * 1e-9
        );
        self.failed = written.err();
    }

    /// Ends the file; returns how many spans were beyond the limit.
    pub(super) fn finish(mut self) -> Result<u64> {
        if let Some(error) = self.failed {
            return Err(error).with_context(|| self.path.display().to_string());
        }
        writeln!(self.out, "\n]}}")?;
        self.whole.finish(self.out).with_context(|| self.path.display().to_string())?;
        Ok(self.dropped)
    }
}
