//! A run over binned events, with what it leaves behind in memory.

use super::{LayerCounts, Network, NetworkError};
use synfire_datasets::trains::Recording;
use synfire_datasets::transform::Steps;

/// What a run left behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Spikes of all neurons. Units are numbered through the layers that spike ([`super::Layer::first_unit`]); the channel
    /// is the layer. A spike of step n has the time at which the step starts, that of the input's start plus n dt.
    pub recording: Recording,
    /// What each layer did, in the order of [`Network::layers`].
    pub counts: Vec<LayerCounts>,
    /// Sum over the steps of each value of the output: spike counts where the output spikes.
    pub output_sum: Vec<f64>,
}

impl Run {
    /// The largest value of the output: the class that a classifier chose. The first of equals; `None` without output.
    #[must_use]
    pub fn choice(&self) -> Option<usize> {
        let largest = self.output_sum.iter().copied().reduce(f64::max)?;
        self.output_sum.iter().position(|sum| *sum == largest)
    }
}

impl Network {
    /// Runs from the start over all steps of `input`, whose length of a step should be the network's.
    ///
    /// # Errors
    /// [`NetworkError::Input`] for an event beyond the network's input.
    ///
    /// ```
    /// use synfire_datasets::nir::{Graph, NodeKind, Tensor};
    /// use synfire_datasets::transform::Steps;
    /// use synfire_sim::nir::{Network, Options};
    ///
    /// let each = |value: f64| Tensor { shape: vec![2], values: vec![value; 2] };
    /// let graph = Graph::chain([
    ///     ("input", NodeKind::Input { shape: vec![2] }),
    ///     ("neurons", NodeKind::If { r: each(1000.0), v_threshold: each(1.5), v_reset: each(0.0) }),
    ///     ("output", NodeKind::Output { shape: vec![2] }),
    /// ]);
    /// let network = Network::new(&graph, &Options { dt_s: 0.001, ..Options::default() })?;
    /// let input = Steps::from_values(0.001, 2, &[1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0]);
    /// let run = network.run(&input)?;
    /// assert_eq!((run.output_sum.as_slice(), run.choice()), (&[2.0, 0.0][..], Some(0)));
    /// assert_eq!((run.recording.times_s.as_slice(), run.recording.units.as_slice()), (&[0.001, 0.003][..], &[0, 0][..]));
    /// # Ok::<(), synfire_sim::nir::NetworkError>(())
    /// ```
    pub fn run(&self, input: &Steps) -> Result<Run, NetworkError> {
        let mut state = self.start();
        let mut recording = Recording {
            channels: Some(Vec::new()),
            unit_ids: (0..i64::from(self.units())).collect(),
            start_s: input.start_s,
            stop_s: input.stop_s(),
            ..Recording::default()
        };
        let mut output_sum = vec![0.0; state.output().len()];
        for step in 0..input.len() {
            self.step(&mut state, input.step(step))?;
            let time_s = input.time_s(step);
            for (channel, (layer, first)) in self.spiking() {
                for &neuron in state.active(layer) {
                    recording.times_s.push(time_s);
                    recording.units.push(first + neuron);
                    recording.channels.get_or_insert_default().push(channel);
                }
            }
            for (sum, value) in output_sum.iter_mut().zip(state.output()) {
                *sum += f64::from(*value);
            }
        }
        Ok(Run { recording, counts: state.counts().to_vec(), output_sum })
    }

    /// Layers that spike, each with its number as channel, its index and first unit.
    pub fn spiking(&self) -> impl Iterator<Item = (u32, (usize, u32))> {
        (0..).zip(self.layers().iter().enumerate()).filter_map(|(channel, (layer, description))| {
            description.first_unit.map(|first| (channel, (layer, first)))
        })
    }
}
