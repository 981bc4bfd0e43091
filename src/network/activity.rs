//! Statistics of populations while they run: what is kept grows with the neurons, not with the spikes.

use crate::analysis::intervals::fano_factor;
use crate::analysis::stream::{StreamError, StreamOptions, TrainStatistics};
use crate::sim::network::Span;
use serde::Serialize;

/// Bins of the synchrony, as in Potjans & Diesmann 2014 (Cereb Cortex 24, 785).
const BIN_S: f64 = 0.003;

/// What a population did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PopulationActivity {
    /// Name of the population.
    pub name: String,
    /// Neurons.
    pub neurons: u32,
    /// Spikes.
    pub spikes: u64,
    /// Spikes of a neuron in a second.
    pub rate_hz: f64,
    /// Mean CV of the intervals of neurons with at least three spikes; `None` if there are none.
    pub cv: Option<f64>,
    /// Variance by mean of the population's spike count in bins of 3 ms: 1 for independent Poisson neurons.
    pub synchrony: Option<f64>,
}

/// Collects it.
#[derive(Debug)]
pub struct Activity {
    spans: Vec<Span>,
    trains: TrainStatistics,
    units: Vec<i64>,
    /// By population: number of the bin that is counted, its count, and how often each count was seen.
    bins: Vec<Bins>,
}

#[derive(Debug, Clone, Default)]
struct Bins {
    bin: u64,
    count: u64,
    /// Bins by count: a population has few different ones.
    seen: std::collections::BTreeMap<u64, u64>,
}

impl Activity {
    /// Nothing seen yet.
    ///
    /// # Errors
    /// As for [`TrainStatistics::new`].
    pub fn new(spans: &[Span]) -> Result<Self, StreamError> {
        Ok(Self {
            spans: spans.to_vec(),
            trains: TrainStatistics::new(StreamOptions::default())?,
            units: Vec::new(),
            bins: vec![Bins::default(); spans.len()],
        })
    }

    /// Takes the next spikes: times in seconds, ascending, and the neuron of each; neurons of one time ascend too.
    ///
    /// # Errors
    /// As for [`TrainStatistics::observe`].
    pub fn observe(&mut self, times_s: &[f64], neurons: &[u32]) -> Result<(), StreamError> {
        self.units.clear();
        self.units.extend(neurons.iter().map(|neuron| i64::from(*neuron)));
        self.trains.observe(times_s, &self.units)?;
        for (time_s, neuron) in times_s.iter().zip(neurons) {
            let of = self.spans.partition_point(|span| span.first <= *neuron);
            if let Some(bins) = of.checked_sub(1).and_then(|of| self.bins.get_mut(of)) {
                bins.move_to((time_s / BIN_S + 1e-6) as u64);
                bins.count += 1;
            }
        }
        Ok(())
    }

    /// The statistics of each population up to `stop_s`.
    ///
    /// # Errors
    /// As for [`TrainStatistics::finish`].
    pub fn finish(mut self, stop_s: f64) -> Result<Vec<PopulationActivity>, StreamError> {
        let statistics = self.trains.finish(Some(stop_s))?;
        let whole_bins = (stop_s / BIN_S + 1e-6) as u64;
        let mut activity = Vec::new();
        for (span, bins) in self.spans.iter().zip(&mut self.bins) {
            bins.move_to(whole_bins);
            let of = statistics.unit_ids.partition_point(|unit| *unit < i64::from(span.first))
                ..statistics.unit_ids.partition_point(|unit| *unit < i64::from(span.first + span.size));
            let spikes: u64 = statistics.spikes[of.clone()].iter().sum();
            let enough = statistics.spikes[of.clone()].iter().zip(&statistics.variability[of]);
            let cvs: Vec<f64> = enough.filter(|(spikes, _)| **spikes > 2).map(|(_, v)| v.cv).collect();
            let counts =
                bins.seen.iter().flat_map(|(count, bins)| std::iter::repeat_n(*count, *bins as usize));
            activity.push(PopulationActivity {
                name: span.name.clone(),
                neurons: span.size,
                spikes,
                rate_hz: spikes as f64 / f64::from(span.size) / stop_s,
                cv: (!cvs.is_empty()).then(|| cvs.iter().sum::<f64>() / cvs.len() as f64),
                synchrony: Some(fano_factor(counts)).filter(|fano| fano.is_finite()),
            });
        }
        Ok(activity)
    }
}

impl Bins {
    /// Notes the bins before `bin`.
    fn move_to(&mut self, bin: u64) {
        if bin > self.bin {
            *self.seen.entry(self.count).or_default() += 1;
            if bin > self.bin + 1 {
                *self.seen.entry(0).or_default() += bin - self.bin - 1;
            }
            (self.bin, self.count) = (bin, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn populations_are_told_apart_and_silent_bins_count() {
        let span = |name: &str, first, size| Span { name: name.to_owned(), first, size };
        let mut activity = Activity::new(&[span("a", 0, 2), span("b", 2, 1)]).unwrap();
        activity.observe(&[0.001, 0.001, 0.004], &[0, 1, 0]).unwrap();
        activity.observe(&[0.007, 0.011], &[0, 2]).unwrap();
        let found = activity.finish(0.012).unwrap();
        assert_eq!((found[0].spikes, found[1].spikes), (4, 1));
        assert!((found[0].rate_hz - 4.0 / 2.0 / 0.012).abs() < 1e-9 && found[0].cv.unwrap() < 1e-9);
        // Counts of four bins: 2, 1, 1, 0, and 0, 0, 0, 1.
        assert_eq!((found[0].synchrony, found[1].synchrony), (Some(0.5), Some(0.75)));
        assert_eq!(found[1].cv, None);
    }
}
