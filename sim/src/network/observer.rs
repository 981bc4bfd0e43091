//! Who watches a run.

/// Why an observer gave up.
pub type ObserverError = Box<dyn std::error::Error + Send + Sync>;

/// Sees the spikes and the recorded values of a run in order of time.
pub trait Observer {
    /// `neurons`, by their number in the network, ascending, fired at `time_ms`.
    ///
    /// # Errors
    /// Ends the run.
    fn spikes(&mut self, time_ms: f64, neurons: &[u32]) -> Result<(), ObserverError>;

    /// What the neurons of recorder number `recorder` have at `time_ms`, in the variable's unit.
    ///
    /// # Errors
    /// Ends the run.
    fn values(&mut self, _recorder: usize, _time_ms: f64, _values: &[f64]) -> Result<(), ObserverError> {
        Ok(())
    }

    /// The run has come to `time_ms`; whether it goes on. When it does not, a little more is simulated and told all the same.
    ///
    /// # Errors
    /// Ends the run.
    fn reached(&mut self, _time_ms: f64) -> Result<bool, ObserverError> {
        Ok(true)
    }
}

/// Keeps all in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// Time of each spike in ms, ascending.
    pub times_ms: Vec<f64>,
    /// Number of the neuron of each spike.
    pub neurons: Vec<u32>,
    /// Values of each recorder: those of one time together.
    pub values: Vec<Vec<f64>>,
    /// Times of the values of each recorder in ms.
    pub value_times_ms: Vec<Vec<f64>>,
}

impl Observer for Kept {
    fn spikes(&mut self, time_ms: f64, neurons: &[u32]) -> Result<(), ObserverError> {
        self.times_ms.resize(self.times_ms.len() + neurons.len(), time_ms);
        self.neurons.extend_from_slice(neurons);
        Ok(())
    }

    fn values(&mut self, recorder: usize, time_ms: f64, values: &[f64]) -> Result<(), ObserverError> {
        if self.values.len() <= recorder {
            self.values.resize(recorder + 1, Vec::new());
            self.value_times_ms.resize(recorder + 1, Vec::new());
        }
        self.values[recorder].extend_from_slice(values);
        self.value_times_ms[recorder].push(time_ms);
        Ok(())
    }
}

/// Sees nothing.
impl Observer for () {
    fn spikes(&mut self, _: f64, _: &[u32]) -> Result<(), ObserverError> {
        Ok(())
    }
}
