//! Mean spikes of a channel over the text, layer by layer, with the quartiles of the tokens around.

use super::PictureError;
use crate::plot::bands::{Band, Bands};
use std::collections::BTreeMap;
use synfire_datasets::spikes::Activity;

/// Points of a line.
const WINDOWS: usize = 120;
/// Tokens that are kept apart; a longer text is summed in groups, which double in size as it goes on.
const MOST_GROUPS: usize = 1 << 14;

/// Spikes and channels of a group of tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sums {
    spikes: u64,
    channels: u64,
}

/// Collects what a run does over its tokens; memory does not grow beyond some thousand groups of tokens a layer.
#[derive(Debug, Clone)]
pub struct SpikesOverTokens {
    /// Tokens of a group.
    width: u32,
    layers: BTreeMap<u16, Vec<Sums>>,
}

impl Default for SpikesOverTokens {
    fn default() -> Self {
        Self { width: 1, layers: BTreeMap::new() }
    }
}

impl SpikesOverTokens {
    /// Takes a coded vector.
    pub fn observe(&mut self, activity: &Activity) {
        while (activity.token / self.width) as usize >= MOST_GROUPS {
            self.widen();
        }
        let group = (activity.token / self.width) as usize;
        let groups = self.layers.entry(activity.layer).or_default();
        if group >= groups.len() {
            groups.resize(group + 1, Sums::default());
        }
        groups[group].spikes += activity.spikes;
        groups[group].channels += u64::from(activity.neurons);
    }

    fn widen(&mut self) {
        self.width *= 2;
        for groups in self.layers.values_mut() {
            let pair = |pair: &[Sums]| {
                pair.iter().fold(Sums::default(), |all, one| Sums {
                    spikes: all.spikes + one.spikes,
                    channels: all.channels + one.channels,
                })
            };
            *groups = groups.chunks(2).map(pair).collect();
        }
    }

    /// The lines: means over windows of tokens, and the quartiles of the tokens in each.
    ///
    /// # Errors
    /// [`PictureError::Nothing`] where nothing was taken.
    pub fn picture(&self, name: &str) -> Result<Bands, PictureError> {
        let most = self.layers.values().map(Vec::len).max();
        let groups = most.ok_or(PictureError::Nothing { what: "activity" })?;
        let windows = groups.min(WINDOWS);
        let bounds: Vec<usize> = (0..=windows).map(|w| w * groups / windows).collect();
        let window = groups.div_ceil(windows);
        let middle = |w: &[usize]| (w[0] + w[1] - 1) as f64 / 2.0;
        let tokens = window as u32 * self.width;
        let note = match tokens {
            1 => String::new(),
            2 | 3 => format!("mean of up to {tokens} tokens"),
            _ => format!("mean of up to {tokens} tokens; band: quartiles of these (for up to 4 layers)"),
        };
        Ok(Bands {
            title: format!("{name}: spikes over the text"),
            note,
            x_label: "token".to_owned(),
            y_label: "spikes per channel".to_owned(),
            x: bounds.windows(2).map(|w| middle(w) * f64::from(self.width)).collect(),
            series: self.layers.iter().map(|(layer, sums)| band(*layer, sums, &bounds)).collect(),
        })
    }
}

/// The line of a layer over windows of groups that end where the next begins.
fn band(layer: u16, sums: &[Sums], bounds: &[usize]) -> Band {
    let (mut middle, mut low, mut high) = (Vec::new(), Vec::new(), Vec::new());
    let widest = bounds.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0);
    for w in bounds.windows(2) {
        let of_window = sums.iter().take(w[1]).skip(w[0]).filter(|sums| sums.channels > 0);
        let mut means: Vec<f64> = of_window.map(|sums| sums.spikes as f64 / sums.channels as f64).collect();
        means.sort_by(f64::total_cmp);
        let quantile = |share: f64| {
            means.get((share * means.len().saturating_sub(1) as f64).round() as usize).copied().unwrap_or(0.0)
        };
        middle.push(means.iter().sum::<f64>() / means.len().max(1) as f64);
        low.push(quantile(0.25));
        high.push(quantile(0.75));
    }
    Band { name: format!("layer {layer}"), middle, edges: (widest > 3).then_some((low, high)) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use synfire_datasets::spikes::Projection;

    fn over(tokens: u32) -> SpikesOverTokens {
        let mut found = SpikesOverTokens::default();
        for token in 0..tokens {
            found.observe(&Activity {
                token,
                layer: 0,
                projection: Projection::MlpIn,
                head: 0,
                threshold: 1.0,
                steps: 3,
                zero_point: 0,
                neurons: 2,
                spikes: 2 + u64::from(token % 2) * 2,
                silent: 0,
                synaptic_operations: 0,
            });
        }
        found
    }

    #[test]
    fn a_short_text_has_a_point_a_token() {
        let picture = over(10).picture("test").unwrap();
        assert_eq!(picture.x, (0..10).map(f64::from).collect::<Vec<f64>>());
        assert_eq!(picture.series[0].middle[..2], [1.0, 2.0]);
        assert!(picture.series[0].edges.is_none());
    }

    #[test]
    fn a_long_text_has_windows_with_quartiles_and_bounded_memory() {
        let found = over(100_000);
        assert!(found.layers[&0].len() <= MOST_GROUPS);
        let picture = found.picture("test").unwrap();
        assert!(
            picture.x.len() <= WINDOWS && picture.series[0].middle.iter().all(|m| (m - 1.5).abs() < 0.01)
        );
        assert!(picture.x.iter().is_sorted() && *picture.x.last().unwrap() < 100_000.0);
    }

    #[test]
    fn a_run_without_activity_has_no_picture() {
        assert!(SpikesOverTokens::default().picture("test").is_err());
    }
}
