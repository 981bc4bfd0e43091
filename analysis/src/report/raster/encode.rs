//! How spikes lie in the page: columns of varints, gzip, base64.
//!
//! Varints are LEB128: seven bits a byte, lowest first, the high bit set on all but the last; signed numbers are zigzagged
//! (0, -1, 1, -2, ... as 0, 1, 2, 3, ...). A panel of a run:
//!
//! 1. for each token, its number of steps T, the number of those that hold spikes, and for each of these the step, less
//!    the step before it, and its number of spikes;
//! 2. for each spike the neuron, less the neuron of the spike before it in the same step;
//! 3. for each spike the value, signed.
//!
//! A recording: for each spike the time in microseconds after the start, less that of the spike before; then the unit of
//! each; then, where events have one, the polarity (0, 1) of each. Columns of one kind compress better than rows, and
//! the browser has gzip built in.

use super::{CodedPanel, RasterData, RasterSpikes};
use crate::report::base64;
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use std::io::Write;
use std::ops::Range;
use synfire_datasets::trains::Recording;

/// Ticks of a second in which times are kept.
const TICKS_PER_SECOND: f64 = 1e6;

/// A raster as the page holds it.
#[derive(Debug, Serialize)]
pub(crate) struct PageRaster {
    /// `tokens` or `seconds`.
    time: &'static str,
    start: f64,
    stop: f64,
    /// What a row is: neuron, unit or pixel.
    row: &'static str,
    /// Whether spikes have a sign.
    signed: bool,
    /// Width of an event camera, whose rows are `y * width + x`; 0 elsewhere.
    width: u32,
    /// The number that the file gave each row; empty where they count from 0.
    ids: Vec<i64>,
    #[serde(skip)]
    pub(crate) shown: String,
    pub(crate) panels: Vec<PagePanel>,
}

/// A panel as the page holds it.
#[derive(Debug, Serialize)]
pub(crate) struct PagePanel {
    #[serde(skip)]
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) rows: u32,
    pub(crate) spikes: usize,
    /// Compressed columns in base64.
    #[serde(skip)]
    pub(crate) data: String,
}

/// The raster as the page holds it.
pub(crate) fn encode(raster: &RasterData) -> std::io::Result<PageRaster> {
    let shown = raster.shown.clone();
    Ok(match &raster.spikes {
        RasterSpikes::Run { tokens, panels } => PageRaster {
            time: "tokens",
            start: f64::from(tokens.start),
            stop: f64::from(tokens.end),
            row: "neuron",
            signed: true,
            width: 0,
            ids: Vec::new(),
            shown,
            panels: panels.iter().map(|panel| run_panel(panel, tokens)).collect::<Result<_, _>>()?,
        },
        RasterSpikes::Recording(recording) => {
            let counted = recording.unit_ids.iter().zip(0..).all(|(id, i)| *id == i);
            PageRaster {
                time: "seconds",
                start: recording.start_s,
                stop: recording.stop_s,
                row: if recording.sensor.is_some() { "pixel" } else { "unit" },
                signed: recording.polarities.is_some(),
                width: recording.sensor.map_or(0, |(width, _)| width),
                ids: if counted { Vec::new() } else { recording.unit_ids.clone() },
                shown,
                panels: vec![recording_panel(recording)?],
            }
        }
    })
}

fn run_panel(panel: &CodedPanel, tokens: &Range<u32>) -> std::io::Result<PagePanel> {
    Ok(PagePanel {
        group: format!("Layer {}", panel.layer),
        name: format!("layer {}, {}", panel.layer, panel.projection),
        rows: panel.neurons,
        spikes: panel.spikes.len(),
        data: packed(&run_columns(panel, tokens))?,
    })
}

fn run_columns(panel: &CodedPanel, tokens: &Range<u32>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(panel.spikes.len() * 3);
    let mut left = panel.spikes.as_slice();
    for (i, token) in tokens.clone().enumerate() {
        let (here, later) = left.split_at(left.partition_point(|spike| spike.token <= token));
        let needed = here.last().map_or(0, |spike| spike.step.saturating_add(1));
        let steps = panel.steps.get(i).copied().unwrap_or(0).max(needed);
        varint(&mut bytes, steps.into());
        let together = || here.chunk_by(|a, b| a.step == b.step);
        varint(&mut bytes, together().count() as u64);
        let mut before = 0;
        for now in together() {
            let step = now.first().map_or(0, |spike| spike.step);
            varint(&mut bytes, u64::from(step - before));
            varint(&mut bytes, now.len() as u64);
            before = step;
        }
        left = later;
    }
    let mut before = None;
    for spike in &panel.spikes {
        let base =
            before.filter(|(cell, _)| *cell == (spike.token, spike.step)).map_or(0, |(_, neuron)| neuron);
        varint(&mut bytes, u64::from(spike.neuron.saturating_sub(base)));
        before = Some(((spike.token, spike.step), spike.neuron));
    }
    for spike in &panel.spikes {
        let zigzag = (i64::from(spike.value) << 1) ^ (i64::from(spike.value) >> 63);
        varint(&mut bytes, zigzag as u64);
    }
    bytes
}

fn recording_panel(recording: &Recording) -> std::io::Result<PagePanel> {
    Ok(PagePanel {
        group: String::new(),
        name: "all units".to_owned(),
        rows: recording.unit_ids.len() as u32,
        spikes: recording.len(),
        data: packed(&recording_columns(recording))?,
    })
}

fn recording_columns(recording: &Recording) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(recording.len() * 4);
    let mut before = 0;
    for time_s in &recording.times_s {
        let tick = ((time_s - recording.start_s) * TICKS_PER_SECOND).round() as u64;
        varint(&mut bytes, tick.saturating_sub(before));
        before = tick.max(before);
    }
    recording.units.iter().for_each(|unit| varint(&mut bytes, u64::from(*unit)));
    recording.polarities.iter().flatten().for_each(|on| bytes.push(u8::from(*on)));
    bytes
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// gzip without time or name, so that the same spikes give the same bytes.
fn packed(bytes: &[u8]) -> std::io::Result<String> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes)?;
    Ok(base64::encode(&gzip.finish()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::CodedSpike;
    use super::*;
    use proptest::prelude::*;
    use synfire_datasets::spikes::Projection;

    /// Reads columns of varints, as the description above says.
    struct Reader<'a>(std::slice::Iter<'a, u8>);

    impl Reader<'_> {
        fn next(&mut self) -> u64 {
            let (mut value, mut shift) = (0, 0);
            loop {
                let byte = *self.0.next().unwrap();
                value |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    return value;
                }
            }
        }
    }

    fn decoded(bytes: &[u8], tokens: Range<u32>) -> Vec<CodedSpike> {
        let mut reader = Reader(bytes.iter());
        let mut spikes = Vec::new();
        for token in tokens {
            assert!(reader.next() >= 4, "the steps that were told, or more where spikes need them");
            let mut step = 0;
            for _ in 0..reader.next() {
                step += reader.next() as u32;
                let spike = CodedSpike { token, step, neuron: 0, value: 0 };
                spikes.extend(std::iter::repeat_n(spike, reader.next() as usize));
            }
        }
        for i in 0..spikes.len() {
            let same =
                i > 0 && (spikes[i - 1].token, spikes[i - 1].step) == (spikes[i].token, spikes[i].step);
            spikes[i].neuron = reader.next() as u32 + if same { spikes[i - 1].neuron } else { 0 };
        }
        for spike in &mut spikes {
            let zigzag = reader.next();
            spike.value = (zigzag >> 1) as i32 ^ -((zigzag & 1) as i32);
        }
        assert_eq!(reader.0.len(), 0);
        spikes
    }

    proptest! {
        #[test]
        fn every_spike_comes_back(
            mut spikes in prop::collection::vec((3u32..9, prop_oneof![0u32..12, any::<u32>()], 0u32..70_000, any::<i32>()), 0..200),
        ) {
            spikes.sort_unstable();
            let spikes: Vec<CodedSpike> =
                spikes.into_iter().map(|(token, step, neuron, value)| CodedSpike { token, step, neuron, value }).collect();
            let panel =
                CodedPanel { layer: 0, projection: Projection::OIn, neurons: 70_000, steps: vec![4; 6], spikes };
            prop_assert_eq!(decoded(&run_columns(&panel, &(3..9)), 3..9), panel.spikes);
        }

        #[test]
        fn times_come_back_to_the_microsecond(mut times_s in prop::collection::vec(-5.0f64..4000.0, 1..100)) {
            times_s.sort_by(f64::total_cmp);
            let units: Vec<u32> = (0..times_s.len() as u32).map(|i| i * 7 % 300).collect();
            let recording = Recording { times_s, units, start_s: -5.0, stop_s: 4000.0, ..Recording::default() };
            let bytes = recording_columns(&recording);
            let mut reader = Reader(bytes.iter());
            let mut tick = 0;
            for time_s in &recording.times_s {
                tick += reader.next();
                prop_assert!((tick as f64 / TICKS_PER_SECOND - 5.0 - time_s).abs() < 0.6e-6);
            }
            for unit in &recording.units {
                prop_assert_eq!(reader.next(), u64::from(*unit));
            }
        }
    }
}
