//! Spike raster of one layer and projection: time (token x virtual time step) across, neurons up, spikes per token on top,
//! spikes per neuron at the right side.
//!
//! Excitatory and inhibitory spikes differ in colour and, in grey print, in darkness.

use super::axis::Axis;
use super::panel::{Area, Panel, head, room_below, room_left};
use super::scene::Scene;
use super::style::{BLUE, GRID, INK, ORANGE, SLATE, fixed};
use super::{Picture, PlotError};
use std::collections::BTreeMap;
use std::ops::Range;
use synfire_datasets::record::Sampling;
use synfire_datasets::spikes::{Activity, SpikeBatch};

/// Tokens up to which their boundaries are drawn.
const MOST_SEPARATED_TOKENS: u32 = 130;
/// Share of a step's width that a mark fills.
const MARK_WIDTH: f64 = 0.8;
/// Height of the bars on top and width of those at the side, in pixels.
const BESIDE: f64 = 130.0;

/// What a raster shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RasterOptions {
    /// Heading.
    pub title: String,
    /// Tokens across.
    pub tokens: Range<u32>,
    /// Neurons up.
    pub neurons: Range<u32>,
    /// What has to be known beside the picture, such as that it shows a sample; may be empty.
    pub note: String,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
}

impl RasterOptions {
    /// 1600 x 900 pixels.
    #[must_use]
    pub fn new(title: String, tokens: Range<u32>, neurons: Range<u32>) -> Self {
        Self { title, tokens, neurons, note: String::new(), width_px: 1600, height_px: 900 }
    }

    /// The same with a note where only a sample of tokens or neurons was recorded: the others look silent.
    #[must_use]
    pub fn of_sample(self, sampling: &Sampling) -> Self {
        let note = sampling.words().map_or_else(String::new, |words| format!("a sample: {words}"));
        Self { note, ..self }
    }
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    token: u32,
    step: u32,
    neuron: u32,
    excitatory: bool,
}

/// Collects the spikes of one layer and projection and draws them.
#[derive(Debug)]
pub struct Raster {
    options: RasterOptions,
    marks: Vec<Mark>,
    /// Virtual time steps of each token.
    steps: BTreeMap<u32, u32>,
}

impl Raster {
    /// An empty raster. It keeps only what lies in its ranges.
    #[must_use]
    pub fn new(options: RasterOptions) -> Self {
        Self { options, marks: Vec::new(), steps: BTreeMap::new() }
    }

    /// Takes the number of virtual time steps of a token.
    pub fn observe_activity(&mut self, activity: &Activity) {
        if self.options.tokens.contains(&activity.token) {
            let steps = self.steps.entry(activity.token).or_insert(0);
            *steps = (*steps).max(activity.steps);
        }
    }

    /// Takes spikes.
    pub fn observe(&mut self, batch: &SpikeBatch) {
        let shown = |token: &u32, neuron: &u32| {
            self.options.tokens.contains(token) && self.options.neurons.contains(neuron)
        };
        let marks = batch.iter().filter(|s| shown(&s.token, &s.neuron)).map(|s| Mark {
            token: s.token,
            step: s.step,
            neuron: s.neuron,
            excitatory: s.value > 0,
        });
        self.marks.extend(marks);
    }
}

impl Picture for Raster {
    fn scene(&self) -> Result<Scene, PlotError> {
        let (tokens, neurons) = (&self.options.tokens, &self.options.neurons);
        if tokens.is_empty() || neurons.is_empty() {
            return Err(PlotError::Empty { what: "tokens or neurons in the range" });
        }
        let excitatory = self.marks.iter().filter(|m| m.excitatory).count();
        let key = [
            (BLUE, format!("excitatory ({})", fixed(excitatory as f64, 0))),
            (ORANGE, format!("inhibitory ({})", fixed((self.marks.len() - excitatory) as f64, 0))),
        ];
        let mut scene = Scene::new(f64::from(self.options.width_px), f64::from(self.options.height_px));
        let outer = head(&mut scene, &self.options.title, &key, &self.options.note);
        let of_tokens = "token (each is divided into its virtual time steps)";
        let mut across = Axis::whole(f64::from(tokens.start), f64::from(tokens.end), of_tokens, 12);
        // A label names a token, so none stands at the end of the last.
        across.ticks.retain(|(at, _)| *at < f64::from(tokens.end));
        let up = Axis::whole(f64::from(neurons.start), f64::from(neurons.end), "neuron", 8);
        let mut per_token = vec![0.0; tokens.len()];
        let mut per_neuron = vec![0.0; neurons.len()];
        for mark in &self.marks {
            per_token[(mark.token - tokens.start) as usize] += 1.0;
            per_neuron[(mark.neuron - neurons.start) as usize] += 1.0;
        }
        let panels = Beside::new(outer, across, up, &per_token, "spikes / token", &per_neuron, "spikes");
        let bins = |range: &Range<u32>| (range.start..=range.end).map(f64::from).collect::<Vec<_>>();
        panels.draw_top(&mut scene, &bins(tokens), &per_token);
        panels.draw_side(&mut scene, &bins(neurons), &per_neuron);
        let main = &panels.main;
        if tokens.len() as u32 <= MOST_SEPARATED_TOKENS {
            for token in tokens.clone().skip(1) {
                let x = main.x(f64::from(token));
                scene.rectangle((x - 0.5, main.area.top), (x + 0.5, main.area.bottom), GRID);
            }
        }
        for mark in &self.marks {
            let steps = self.steps.get(&mark.token).copied().unwrap_or(0).max(mark.step + 1);
            let left = f64::from(mark.token) + f64::from(mark.step) / f64::from(steps);
            let (low, width) = (f64::from(mark.neuron), MARK_WIDTH / f64::from(steps));
            let colour = if mark.excitatory { BLUE } else { ORANGE };
            scene.rectangle(main.at(left, low), main.at(left + width, low + 1.0), colour);
        }
        main.axis_up(&mut scene);
        main.axis_across(&mut scene);
        Ok(scene)
    }
}

/// A raster with bars on top, over its time, and at its right side, along its neurons.
pub(super) struct Beside {
    pub(super) main: Panel,
    top: Panel,
    side: Panel,
}

impl Beside {
    pub(super) fn new(
        outer: Area,
        across: Axis,
        up: Axis,
        over_time: &[f64],
        time_label: &str,
        by_neuron: &[f64],
        neuron_label: &str,
    ) -> Self {
        let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
        let counts_up = Axis::linear(0.0, most(over_time), time_label, 3);
        let mut counts_across = Axis::linear(0.0, most(by_neuron), neuron_label, 2);
        // Its 0 would touch the last number of the time axis.
        counts_across.ticks.retain(|(at, _)| *at > 0.0);
        let width = outer.right - outer.left;
        let left = outer.left + room_left(&up, width).max(room_left(&counts_up, width));
        let (right, middle) = (outer.right - BESIDE - 30.0, outer.top + BESIDE + 30.0);
        let bottom = outer.bottom - room_below(&across);
        let main = Area { left, right, top: middle, bottom };
        let top = Area { left, right, top: outer.top + 10.0, bottom: middle - 20.0 };
        let side = Area { left: right + 16.0, right: outer.right - 14.0, top: middle, bottom };
        Self {
            top: Panel { area: top, across: across.clone(), up: counts_up },
            side: Panel { area: side, across: counts_across, up: up.clone() },
            main: Panel { area: main, across, up },
        }
    }

    pub(super) fn draw_top(&self, scene: &mut Scene, edges: &[f64], heights: &[f64]) {
        let panel = &self.top;
        panel.grid_up(scene);
        for (ends, height) in edges.windows(2).zip(heights).filter(|(_, h)| **h > 0.0) {
            let (left, right) = (panel.x(ends[0]), panel.x(ends[1]));
            let gap = if right - left > 6.0 { 0.06 * (right - left) } else { 0.0 };
            scene.rectangle((left + gap, panel.y(*height)), (right - gap, panel.y(0.0)), SLATE);
        }
        scene.rectangle(
            (panel.area.left, panel.area.bottom),
            (panel.area.right, panel.area.bottom + 1.0),
            INK,
        );
        panel.axis_up(scene);
    }

    pub(super) fn draw_side(&self, scene: &mut Scene, edges: &[f64], lengths: &[f64]) {
        let panel = &self.side;
        panel.grid_across(scene);
        for (ends, length) in edges.windows(2).zip(lengths).filter(|(_, l)| **l > 0.0) {
            scene.rectangle(panel.at(0.0, ends[0]), panel.at(*length, ends[1]), SLATE);
        }
        scene.rectangle((panel.area.left - 1.0, panel.area.top), (panel.area.left, panel.area.bottom), INK);
        panel.axis_across(scene);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;
    use synfire_datasets::spikes::Projection;

    fn raster() -> Raster {
        let mut batch = SpikeBatch::new(0, Projection::AttnIn);
        for (token, step, neuron, value) in [(0, 0, 1, 4), (1, 2, 3, -1), (9, 0, 0, 1), (1, 0, 99, 1)] {
            batch.token.push(token);
            batch.step.push(step);
            batch.neuron.push(neuron);
            batch.value.push(value);
        }
        let mut raster = Raster::new(RasterOptions::new("test".to_owned(), 0..2, 0..4));
        raster.observe(&batch);
        raster
    }

    #[test]
    fn only_what_lies_in_the_ranges_is_kept() {
        assert_eq!(raster().marks.len(), 2);
    }

    #[test]
    fn a_raster_without_spikes_has_short_numbers_along_its_axes() {
        let svg = Raster::new(RasterOptions::new("silent".to_owned(), 0..2, 0..4)).svg().unwrap();
        assert!(svg.contains("0.5") && !svg.contains("0.000"), "{svg}");
    }

    #[test]
    fn a_raster_of_a_sample_says_so() {
        let four = std::num::NonZeroU32::new(4).unwrap();
        let noted = |sampling: Sampling| {
            let options = RasterOptions::new(String::new(), 0..2, 0..4).of_sample(&sampling);
            Raster::new(options).svg().unwrap().contains("a sample: one token in 4")
        };
        assert!(noted(Sampling { tokens_one_in: four, ..Sampling::default() }));
        assert!(!noted(Sampling::default()));
    }

    #[test]
    fn png_and_svg_are_drawn_whole_and_nothing_is_left_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        for (name, start) in [("a.png", b"\x89PNG".as_slice()), ("a.svg", b"<svg".as_slice())] {
            raster().draw(&folder.path().join(name)).unwrap();
            let bytes = std::fs::read(folder.path().join(name)).unwrap();
            assert!(bytes.starts_with(start) && bytes.len() > 1000, "{name}: {} bytes", bytes.len());
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn other_extensions_and_missing_folders_are_clear_errors() {
        let error = raster().draw(Path::new("a.gif")).unwrap_err().to_string();
        assert!(error.contains("a.gif") && error.contains(".svg"), "{error}");
        let error = raster().draw(Path::new("/nowhere/at/all/a.png")).unwrap_err().to_string();
        assert!(error.contains("/nowhere/at/all/a.png"), "{error}");
    }
}
