//! The report of a recording: spike trains in seconds, from whatever file they come.
//!
//! To add a section: push it in [`report`].

use super::number::{figure, integer};
use super::raster::RasterData;
use super::{Fact, Figure, Report, Section};
use crate::table::{Table, Values};
use synfire_datasets::trains::Recording;

/// The report of `recording`, called `name`; its raster holds at most `raster_spikes`.
#[must_use]
pub fn report(name: &str, recording: &Recording, raster_spikes: usize) -> Report {
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
    let sections = if recording.sensor.is_some() { Vec::new() } else { vec![rates(recording, duration_s)] };
    Report {
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
    }
}

fn rates(recording: &Recording, duration_s: f64) -> Section {
    let mut spikes = vec![0i64; recording.unit_ids.len()];
    for unit in &recording.units {
        if let Some(spikes) = spikes.get_mut(*unit as usize) {
            *spikes += 1;
        }
    }
    let rates_hz = spikes.iter().map(|n| *n as f64 / duration_s).collect();
    let table = Table::new("rates", "Firing rate of each unit")
        .key("unit", "unit", Values::Integer(recording.unit_ids.clone()))
        .column("spikes", "spikes", "", "spikes of the unit", Values::Integer(spikes))
        .column(
            "rate_hz",
            "rate",
            "Hz",
            "spikes of the unit by the length of the observation",
            Values::Real(rates_hz),
        );
    Section { tables: vec![table], ..Section::new("Firing rates", "How often each unit fires.") }
}
