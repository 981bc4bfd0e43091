//! Share of channels by signed spike count, on a logarithmic scale: figure 9 of the SpikingBrain report (arXiv 2509.05276).

use super::axis::Axis;
use super::panel::{Panel, head};
use super::scene::{Anchor, Scene};
use super::style::{BLUE, HEIGHT, ORANGE, PALE_INK, SLATE, SMALL, WIDTH, fixed};
use super::{Picture, PlotError};
use std::collections::BTreeMap;

/// Counts whose bounds are marked: up to 7 three magnitude bits hold; the report calls those above 16 outliers.
const BOUNDS: [u32; 2] = [7, 16];

/// A histogram of spike counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Heading.
    pub title: String,
    /// How many channel samples had each signed spike count.
    pub samples: BTreeMap<i32, u64>,
    /// Counts beyond `-limit..=limit` are gathered in a bar at each end.
    pub limit: u32,
}

impl Picture for Counts {
    fn scene(&self) -> Result<Scene, PlotError> {
        let total: u64 = self.samples.values().sum();
        if total == 0 {
            return Err(PlotError::Empty { what: "channel samples" });
        }
        let largest = self.samples.keys().map(|s| s.unsigned_abs()).max().unwrap_or(0);
        let limit = self.limit.clamp(1, 200).min(largest.max(1));
        let gathered = largest > limit;
        let end = i64::from(limit) + i64::from(gathered);
        let mut bars: BTreeMap<i64, u64> = BTreeMap::new();
        for (count, samples) in &self.samples {
            *bars.entry(i64::from(*count).clamp(-end, end)).or_default() += samples;
        }
        let share = |samples: u64| samples as f64 / total as f64;
        let upto = |bound: u32| {
            share(self.samples.iter().filter(|(s, _)| s.unsigned_abs() <= bound).map(|(_, n)| n).sum())
        };
        let percent = |share: f64| format!("{} %", fixed(100.0 * share, 2));
        let note = format!(
            "silent {},  |s| ≤ 7 {},  |s| > 16 {},  largest |s| {}",
            percent(upto(0)),
            percent(upto(7)),
            percent(1.0 - upto(16)),
            fixed(f64::from(largest), 0)
        );
        let key =
            [(ORANGE, "negative".to_owned()), (SLATE, "silent".to_owned()), (BLUE, "positive".to_owned())];
        let mut scene = Scene::new(WIDTH, HEIGHT);
        let area = head(&mut scene, &self.title, &key, &note);
        let fewest = bars.values().copied().filter(|n| *n > 0).min().unwrap_or(1);
        let floor = 10f64.powf((100.0 * share(fewest)).log10().floor());
        let mut across =
            Axis::whole(-end as f64 - 0.7, end as f64 + 0.7, "spike count s of a channel at a token", 16);
        if gathered {
            across.ticks.retain(|(at, _)| at.abs() < end as f64 - 2.0);
            across.ticks.insert(0, (-end as f64, format!("< −{limit}")));
            across.ticks.push((end as f64, format!("> {limit}")));
        }
        let panel = Panel::within(area, across, Axis::log(floor, 200.0, "share of channel samples (%)", 8));
        panel.grid_up(&mut scene);
        for (count, samples) in bars.iter().filter(|(_, n)| **n > 0) {
            let colour = [ORANGE, SLATE, BLUE][(count.signum() + 1) as usize];
            let (left, right) = (panel.x(*count as f64 - 0.42), panel.x(*count as f64 + 0.42));
            scene.rectangle((left, panel.y(100.0 * share(*samples))), (right, panel.area.bottom), colour);
        }
        for bound in BOUNDS.into_iter().filter(|bound| *bound < limit) {
            for sign in [-1.0, 1.0] {
                let x = panel.x(sign * (f64::from(bound) + 0.5));
                scene.dashes((x, panel.area.bottom), (x, panel.area.top), 1.5, PALE_INK);
                let anchor = if sign < 0.0 { Anchor::Left } else { Anchor::Right };
                let text = format!("|s| ≤ {bound}");
                scene.text_in((x - sign * 8.0, panel.area.top + SMALL * 0.5), text, SMALL, anchor, PALE_INK);
            }
        }
        panel.axis_up(&mut scene);
        panel.axis_across(&mut scene);
        Ok(scene)
    }
}
