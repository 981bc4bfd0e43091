//! Spike raster of one layer and projection: time (token x virtual time step) across, neurons up, spikes per token on top.
//!
//! Excitatory and inhibitory spikes differ in colour and, in grey print, in darkness.

use super::{FONT, PlotError, with_font};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use synfire_datasets::spikes::{Activity, SpikeBatch};

const EXCITATORY: RGBColor = RGBColor(0x16, 0x3f, 0x80);
const INHIBITORY: RGBColor = RGBColor(0xf0, 0x8a, 0x24);
const GRID: RGBColor = RGBColor(0xe4, 0xe4, 0xe4);
const INK: RGBColor = RGBColor(0x30, 0x30, 0x30);
/// Tokens up to which their boundaries are drawn.
const MOST_SEPARATED_TOKENS: u32 = 130;
/// Share of a step's width that a mark fills.
const MARK_WIDTH: f64 = 0.8;

/// What a raster shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RasterOptions {
    /// Heading.
    pub title: String,
    /// Tokens across.
    pub tokens: Range<u32>,
    /// Neurons up.
    pub neurons: Range<u32>,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
}

impl RasterOptions {
    /// 1600 x 900 pixels.
    #[must_use]
    pub fn new(title: String, tokens: Range<u32>, neurons: Range<u32>) -> Self {
        Self { title, tokens, neurons, width_px: 1600, height_px: 900 }
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

    /// Draws to `path`, by its extension PNG or SVG; the file appears whole or not at all.
    ///
    /// # Errors
    /// [`PlotError`].
    pub fn draw(&self, path: &Path) -> Result<(), PlotError> {
        if self.options.tokens.is_empty() || self.options.neurons.is_empty() {
            return Err(PlotError::Empty);
        }
        with_font();
        let size = (self.options.width_px, self.options.height_px);
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let part = path.with_extension(format!("tmp.{extension}"));
        match extension.as_str() {
            "png" => self.draw_on(&BitMapBackend::new(&part, size).into_drawing_area()),
            "svg" => self.draw_on(&SVGBackend::new(&part, size).into_drawing_area()),
            _ => return Err(PlotError::Extension { path: path.to_owned() }),
        }
        .and_then(|()| std::fs::rename(&part, path).map_err(|e| e.to_string()))
        .map_err(|reason| PlotError::Write { path: path.to_owned(), reason })
    }

    fn draw_on<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), String> {
        self.panels(area).map_err(|e| e.to_string())
    }

    fn panels<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        area.fill(&WHITE)?;
        let (head, rest) = area.split_vertically(70);
        let (top, bottom) = rest.split_vertically(self.options.height_px / 6);
        self.heading(&head)?;
        self.spikes_per_token(&top)?;
        self.spikes(&bottom)?;
        area.present()
    }

    fn heading<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        let excitatory = self.marks.iter().filter(|m| m.excitatory).count();
        area.draw(&Text::new(self.options.title.clone(), (100, 20), (FONT, 34).into_font().color(&INK)))?;
        let right = self.options.width_px as i32;
        let label = (FONT, 22).into_font().color(&INK);
        for (x, colour, text) in [
            (right - 560, EXCITATORY, format!("excitatory ({excitatory})")),
            (right - 250, INHIBITORY, format!("inhibitory ({})", self.marks.len() - excitatory)),
        ] {
            area.draw(&Rectangle::new([(x - 26, 27), (x - 10, 47)], colour.filled()))?;
            area.draw(&Text::new(text, (x, 26), label.clone()))?;
        }
        Ok(())
    }

    fn spikes_per_token<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        let tokens = &self.options.tokens;
        let mut totals = vec![0u32; tokens.len()];
        for mark in &self.marks {
            totals[(mark.token - tokens.start) as usize] += 1;
        }
        let most = totals.iter().copied().max().unwrap_or(0).max(1);
        let mut chart = ChartBuilder::on(area)
            .margin_right(40)
            .margin_left(34)
            .y_label_area_size(76)
            .build_cartesian_2d(
                f64::from(tokens.start)..f64::from(tokens.end),
                0.0..f64::from(most) * 1.08,
            )?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(INK)
            .x_labels(0)
            .y_labels(3)
            .y_label_formatter(&|v| format!("{v:.0}"))
            .y_desc("spikes / token")
            .label_style((FONT, 20).into_font().color(&INK))
            .axis_desc_style((FONT, 20).into_font().color(&INK))
            .draw()?;
        chart.draw_series((tokens.start..).zip(&totals).map(|(token, total)| {
            let corners = [(f64::from(token) + 0.06, 0.0), (f64::from(token) + 0.94, f64::from(*total))];
            Rectangle::new(corners, RGBColor(0x8a, 0x9b, 0xb5).filled())
        }))?;
        Ok(())
    }

    fn spikes<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        let (tokens, neurons) = (&self.options.tokens, &self.options.neurons);
        let mut chart = ChartBuilder::on(area)
            .margin_right(40)
            .margin_left(34)
            .margin_top(10)
            .margin_bottom(10)
            .x_label_area_size(64)
            .y_label_area_size(76)
            .build_cartesian_2d(
                f64::from(tokens.start)..f64::from(tokens.end),
                f64::from(neurons.start)..f64::from(neurons.end),
            )?;
        chart
            .configure_mesh()
            .disable_mesh()
            .axis_style(INK)
            .x_labels(tokens.len().clamp(2, 12))
            .y_labels(8)
            .x_label_formatter(&|v| format!("{v:.0}"))
            .y_label_formatter(&|v| format!("{v:.0}"))
            .x_desc("token (each is divided into its virtual time steps)")
            .y_desc("neuron")
            .label_style((FONT, 20).into_font().color(&INK))
            .axis_desc_style((FONT, 22).into_font().color(&INK))
            .draw()?;
        if tokens.len() as u32 <= MOST_SEPARATED_TOKENS {
            let (low, high) = (f64::from(neurons.start), f64::from(neurons.end));
            chart.draw_series(tokens.clone().skip(1).map(|token| {
                PathElement::new(vec![(f64::from(token), low), (f64::from(token), high)], GRID)
            }))?;
        }
        chart.draw_series(self.marks.iter().map(|mark| {
            let steps = self.steps.get(&mark.token).copied().unwrap_or(0).max(mark.step + 1);
            let left = f64::from(mark.token) + f64::from(mark.step) / f64::from(steps);
            let colour = if mark.excitatory { EXCITATORY } else { INHIBITORY };
            let (low, width) = (f64::from(mark.neuron), MARK_WIDTH / f64::from(steps));
            Rectangle::new([(left, low), (left + width, low + 1.0)], colour.filled())
        }))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
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
