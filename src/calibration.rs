//! Mean squares of what each projection reads on a text, for scales of least error.
//!
//! What a coded projection reads is `V_th s`, so that is what is squared: the mean over the tokens seen of `(V_th s_i)^2`.

use crate::datasets::checkpoint::Linear;
use crate::datasets::spikes::Projection;
use crate::sim::recorder::{CodedInput, Recorder, RecorderError};
use std::collections::BTreeMap;

/// Sums the squares of coded inputs.
#[derive(Debug, Default)]
pub struct Calibration {
    /// Vectors seen and sums of squares by layer, projection and expert (0 but for those of experts).
    sums: BTreeMap<(u16, Projection, u16), (u64, Vec<f64>)>,
}

impl Calibration {
    /// Mean square of each input of a projection; `None` where nothing was seen. Experts' gates and ups read what all tokens
    /// read.
    #[must_use]
    pub fn mean_squares(&self, layer: usize, linear: Linear) -> Option<Vec<f64>> {
        let (projection, expert) = match linear {
            Linear::Query | Linear::Key | Linear::Value | Linear::Gate => (Projection::AttnIn, 0),
            Linear::Output => (Projection::OIn, 0),
            Linear::MlpGate | Linear::MlpUp | Linear::ExpertGate(_) | Linear::ExpertUp(_) => {
                (Projection::MlpIn, 0)
            }
            Linear::MlpDown => (Projection::DownIn, 0),
            Linear::ExpertDown(expert) => (Projection::ExpertDownIn, expert),
        };
        let (vectors, squares) = self.sums.get(&(u16::try_from(layer).ok()?, projection, expert))?;
        Some(squares.iter().map(|sum| sum / *vectors as f64).collect())
    }
}

impl Recorder for Calibration {
    fn coded(&mut self, coded: &CodedInput<'_>) -> Result<(), RecorderError> {
        if coded.projection == Projection::Query {
            return Ok(());
        }
        for vector in coded.vectors() {
            let activity = &vector.activity;
            let key = (activity.layer, activity.projection, activity.head);
            let (vectors, squares) = self.sums.entry(key).or_default();
            *vectors += 1;
            squares.resize(vector.code.counts().len(), 0.0);
            let threshold = f64::from(activity.threshold);
            for (sum, count) in squares.iter_mut().zip(vector.code.counts()) {
                *sum += (threshold * f64::from(*count)).powi(2);
            }
        }
        Ok(())
    }
}
