//! The report of a recording: spike trains in seconds, from whatever file they come.
//!
//! To add a section: push it in [`report`].

use super::number::{figure, integer};
use super::raster::RasterData;
use super::{Fact, Figure, Report, ReportError, Section};
use crate::intervals::{TableOptions, summary, table};
use synfire_datasets::trains::Recording;

/// The report of `recording`, called `name`; its raster holds at most `raster_spikes`.
///
/// # Errors
/// [`ReportError::Rate`] where the observation is too long for windows of a second.
pub fn report(name: &str, recording: &Recording, raster_spikes: usize) -> Result<Report, ReportError> {
    let units = recording.unit_ids.len();
    let duration_s = recording.stop_s - recording.start_s;
    let rate_hz = recording.len() as f64 / (duration_s * units as f64);
    let kind = if recording.sensor.is_some() { "pixels" } else { "units" };
    let figures = vec![
        Figure::new(kind, integer(units as u64), "", ""),
        Figure::new("spikes", integer(recording.len() as u64), "", ""),
        Figure::new("length", figure(duration_s), "s", "from the start to the end of the observation"),
        Figure::new("mean rate", figure(rate_hz), "Hz", format!("spikes by {kind} and length")),
    ];
    let mut facts = vec![
        Fact::new("start", format!("{} s", recording.start_s)),
        Fact::new("end", format!("{} s", recording.stop_s)),
    ];
    if let Some((width, height)) = recording.sensor {
        facts.push(Fact::new("sensor", format!("{width} x {height} pixels")));
    }
    let sections = if recording.sensor.is_some() { Vec::new() } else { vec![intervals(recording)?] };
    Ok(Report {
        figures,
        facts,
        raster: (!recording.is_empty()).then(|| RasterData::of_recording(recording, raster_spikes)),
        sections,
        provenance: vec![
            Fact::new("file", name),
            Fact::new("reported by", format!("synfire {}", env!("CARGO_PKG_VERSION"))),
        ],
        ..Report::new(
            name,
            format!("{} spikes of {} {kind}", integer(recording.len() as u64), integer(units as u64)),
        )
    })
}

/// Unit by unit, and over all units.
fn intervals(recording: &Recording) -> Result<Section, ReportError> {
    let trains = recording.trains();
    // The variance of counts needs two windows at least.
    let fano_window =
        TableOptions::default().fano_window.filter(|window_s| trains.duration_s() >= 2.0 * window_s);
    let options = TableOptions { fano_window, ..TableOptions::default() };
    let tables = vec![summary(&trains, &options)?, table(&trains, &options)?];
    let lead = "How often each unit fires, how regularly, and how much of it in bursts.";
    Ok(Section { tables, ..Section::new("Rates, intervals and bursts", lead) })
}
