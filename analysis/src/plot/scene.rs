//! A picture as a list of marks in pixels, and what turns it into PNG or SVG.
//!
//! Pictures are laid out once, on a canvas whose origin is the upper left corner; `plotters` paints the marks. Both kinds of
//! file are painted at [`FINE`] times the size: an SVG keeps the finer coordinates, a PNG is averaged down, which smooths
//! its edges.

use super::PlotError;
use super::style::{FONT, INK, with_font};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// Painted pixels for a pixel of the picture, each way.
const FINE: u32 = 2;

/// Share of its size by which the bitmap backend centres a text too high.
const BITMAP_TEXT_DOWN: f64 = 0.11;

/// A point of the canvas in pixels, right and down.
pub(crate) type Point = (f64, f64);

/// Where a text stands about its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// The point is its left end, half way up.
    Left,
    /// The point is its middle.
    Middle,
    /// The point is its right end, half way up.
    Right,
}

/// What is painted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bitmap,
    Vector,
}

#[derive(Debug, Clone)]
enum Mark {
    Rectangle { from: Point, to: Point, colour: RGBAColor },
    Polygon { points: Vec<Point>, colour: RGBAColor },
    Line { points: Vec<Point>, colour: RGBAColor, width: f64 },
    Disc { centre: Point, radius: f64, colour: RGBAColor },
    Text { at: Point, text: String, size: f64, anchor: Anchor, colour: RGBAColor, upwards: bool },
}

impl Mark {
    /// The mark `right` pixels farther right.
    fn moved(mut self, right: f64) -> Self {
        match &mut self {
            Self::Rectangle { from, to, .. } => {
                from.0 += right;
                to.0 += right;
            }
            Self::Polygon { points, .. } | Self::Line { points, .. } => {
                points.iter_mut().for_each(|point| point.0 += right);
            }
            Self::Disc { centre, .. } => centre.0 += right,
            Self::Text { at, .. } => at.0 += right,
        }
        self
    }
}

/// A picture laid out in pixels.
#[derive(Debug, Clone)]
pub struct Scene {
    width: u32,
    height: u32,
    marks: Vec<Mark>,
}

impl Scene {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self { width: width.ceil() as u32, height: height.ceil() as u32, marks: Vec::new() }
    }

    /// Pictures side by side, as one.
    pub(crate) fn row(scenes: Vec<Self>) -> Self {
        let height = scenes.iter().map(|scene| scene.height).max().unwrap_or(0);
        let mut row = Self { width: 0, height, marks: Vec::new() };
        for scene in scenes {
            let right = f64::from(row.width);
            row.marks.extend(scene.marks.into_iter().map(|mark| mark.moved(right)));
            row.width += scene.width;
        }
        row
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    pub(crate) fn rectangle(&mut self, from: Point, to: Point, colour: impl Color) {
        let (left, right) = (from.0.min(to.0), from.0.max(to.0));
        let (top, bottom) = (from.1.min(to.1), from.1.max(to.1));
        self.marks.push(Mark::Rectangle { from: (left, top), to: (right, bottom), colour: colour.to_rgba() });
    }

    pub(crate) fn polygon(&mut self, points: Vec<Point>, colour: impl Color) {
        self.marks.push(Mark::Polygon { points, colour: colour.to_rgba() });
    }

    pub(crate) fn line(&mut self, points: Vec<Point>, width: f64, colour: impl Color) {
        self.marks.push(Mark::Line { points, colour: colour.to_rgba(), width });
    }

    /// A line of dashes as long as three times their gaps.
    pub(crate) fn dashes(&mut self, from: Point, to: Point, width: f64, colour: impl Color + Copy) {
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let period = 6.0 * width.max(1.5);
        let at = |d: f64| {
            let share = (d / length).min(1.0);
            (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1))
        };
        let mut start = 0.0;
        while start < length {
            self.line(vec![at(start), at(start + 0.6 * period)], width, colour);
            start += period;
        }
    }

    pub(crate) fn disc(&mut self, centre: Point, radius: f64, colour: impl Color) {
        self.marks.push(Mark::Disc { centre, radius, colour: colour.to_rgba() });
    }

    pub(crate) fn text(&mut self, at: Point, text: impl Into<String>, size: f64, anchor: Anchor) {
        self.text_in(at, text, size, anchor, INK);
    }

    pub(crate) fn text_in(
        &mut self,
        at: Point,
        text: impl Into<String>,
        size: f64,
        anchor: Anchor,
        colour: impl Color,
    ) {
        let colour = colour.to_rgba();
        self.marks.push(Mark::Text { at, text: text.into(), size, anchor, colour, upwards: false });
    }

    /// A text in the middle of `at` that reads upwards.
    pub(crate) fn upwards(&mut self, at: Point, text: impl Into<String>, size: f64) {
        let (text, anchor, colour) = (text.into(), Anchor::Middle, INK.to_rgba());
        self.marks.push(Mark::Text { at, text, size, anchor, colour, upwards: true });
    }

    /// The picture as an SVG document.
    ///
    /// # Errors
    /// [`PlotError::Drawing`] if the drawing library refuses.
    pub fn svg(&self) -> Result<String, PlotError> {
        let mut text = String::new();
        let fine = (self.width * FINE, self.height * FINE);
        self.paint(&SVGBackend::with_string(&mut text, fine).into_drawing_area(), Kind::Vector)?;
        let size = |(width, height): (u32, u32)| format!("<svg width=\"{width}\" height=\"{height}\"");
        Ok(text.replacen(&size(fine), &size((self.width, self.height)), 1))
    }

    /// Writes the picture to `path`, by its extension PNG or SVG; the file appears whole or not at all.
    ///
    /// # Errors
    /// [`PlotError`].
    pub fn write(&self, path: &Path) -> Result<(), PlotError> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let part = path.with_extension(format!("part.{extension}"));
        let failed = |reason: String| PlotError::Write { path: path.to_owned(), reason };
        let written = match extension.as_str() {
            "png" => self.png(&part),
            "svg" => self.svg().and_then(|svg| std::fs::write(&part, svg).map_err(|e| failed(e.to_string()))),
            _ => return Err(PlotError::Extension { path: path.to_owned() }),
        };
        let moved = written
            .map_err(|e| if let PlotError::Drawing(reason) = e { failed(reason) } else { e })
            .and_then(|()| std::fs::rename(&part, path).map_err(|e| failed(e.to_string())));
        if moved.is_err() {
            let _ = std::fs::remove_file(&part);
        }
        moved
    }

    fn png(&self, path: &Path) -> Result<(), PlotError> {
        let (width, height) = (self.width * FINE, self.height * FINE);
        let mut fine = vec![u8::MAX; width as usize * height as usize * 3];
        self.paint(
            &BitMapBackend::with_buffer(&mut fine, (width, height)).into_drawing_area(),
            Kind::Bitmap,
        )?;
        let refused = |e: &dyn std::fmt::Display| PlotError::Drawing(e.to_string());
        let mut backend = BitMapBackend::new(path, (self.width, self.height));
        backend
            .blit_bitmap((0, 0), (self.width, self.height), &averaged(&fine, width as usize))
            .map_err(|e| refused(&e))?;
        backend.present().map_err(|e| refused(&e))
    }

    /// `inclusive`: painted pixels by which the backend draws a rectangle too large.
    fn paint<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>, kind: Kind) -> Result<(), PlotError> {
        with_font();
        area.fill(&WHITE)
            .and_then(|()| self.marks.iter().try_for_each(|mark| paint_mark(area, mark, kind)))
            .and_then(|()| area.present())
            .map_err(|e| PlotError::Drawing(e.to_string()))
    }
}

fn paint_mark<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    mark: &Mark,
    kind: Kind,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let fine = |v: f64| (v * f64::from(FINE)).round() as i32;
    let pixel = |p: &Point| (fine(p.0), fine(p.1));
    match mark {
        Mark::Rectangle { from, to, colour } => {
            let (from, to) = (pixel(from), pixel(to));
            let end = |a: i32, b: i32| b.max(a + 1);
            area.draw(&Rectangle::new([from, (end(from.0, to.0), end(from.1, to.1))], colour.filled()))
        }
        Mark::Polygon { points, colour } => {
            area.draw(&Polygon::new(points.iter().map(pixel).collect::<Vec<_>>(), colour.filled()))
        }
        // The bitmap backend thins steep lines, so their strokes are painted as areas.
        Mark::Line { points, colour, width } if kind == Kind::Bitmap => {
            for ends in points.windows(2) {
                let stroke = stroke(ends[0], ends[1], *width).iter().map(pixel).collect::<Vec<_>>();
                area.draw(&Polygon::new(stroke, colour.filled()))?;
            }
            points
                .iter()
                .skip(1)
                .take(points.len().saturating_sub(2))
                .try_for_each(|p| area.draw(&Circle::new(pixel(p), fine(width / 2.0), colour.filled())))
        }
        Mark::Line { points, colour, width } => {
            let style = colour.stroke_width(fine(*width).max(1) as u32);
            area.draw(&PathElement::new(points.iter().map(pixel).collect::<Vec<_>>(), style))
        }
        Mark::Disc { centre, radius, colour } => {
            area.draw(&Circle::new(pixel(centre), fine(*radius), colour.filled()))
        }
        Mark::Text { at, text, size, anchor, colour, upwards } => {
            let across = match anchor {
                Anchor::Left => HPos::Left,
                Anchor::Middle => HPos::Center,
                Anchor::Right => HPos::Right,
            };
            let mut font = (FONT, size * f64::from(FINE)).into_font();
            if *upwards {
                font = font.transform(FontTransform::Rotate270);
            }
            let style = font.color(colour).pos(Pos::new(across, VPos::Center));
            let down = if kind == Kind::Bitmap { BITMAP_TEXT_DOWN * size } else { 0.0 };
            let at = if *upwards { (at.0 + down, at.1) } else { (at.0, at.1 + down) };
            area.draw(&Text::new(text.as_str(), pixel(&at), style))
        }
    }
}

/// Corners of a straight stroke.
fn stroke(from: Point, to: Point, width: f64) -> [Point; 4] {
    let length = (to.0 - from.0).hypot(to.1 - from.1).max(f64::MIN_POSITIVE);
    let (x, y) = ((from.1 - to.1) / length * width / 2.0, (to.0 - from.0) / length * width / 2.0);
    [(from.0 + x, from.1 + y), (to.0 + x, to.1 + y), (to.0 - x, to.1 - y), (from.0 - x, from.1 - y)]
}

/// The mean of each square of [`FINE`] by [`FINE`] pixels.
fn averaged(fine: &[u8], width: usize) -> Vec<u8> {
    let side = FINE as usize;
    fine.chunks_exact(width * 3 * side)
        .flat_map(|rows| {
            (0..width / side * 3).map(move |at| {
                let (column, channel) = (at / 3, at % 3);
                let sum: u32 = (0..side * side)
                    .map(|i| u32::from(rows[((i / side) * width + column * side + i % side) * 3 + channel]))
                    .sum();
                ((sum + FINE * FINE / 2) / (FINE * FINE)) as u8
            })
        })
        .collect()
}
