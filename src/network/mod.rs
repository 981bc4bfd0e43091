//! What a run of a network leaves behind: a folder, and statistics by population.
//!
//! ```text
//! network.toml        the description that was run, with all settings
//! spikes.parquet      time_s, unit: one row a spike; units are the neurons, population after population
//! RECORDER.parquet    time_s, unit and the variable, for each recorder of the description
//! weights-N-SOURCE-TARGET.parquet   source, target (units), weight and delay_ms of each synapse at the end, for each
//!                     projection N of the description that learns
//! manifest.json       populations, synapses, summary, times
//! raster.png          the first second
//! state/              what an unfinished run goes on from
//! ```

mod activity;
mod journal;
mod run;
mod weights;

pub use activity::{Activity, PopulationActivity};
pub use run::{NetworkRun, remove_state, state_file};
pub use weights::write_weights;

use crate::analysis::plot::{Picture, PlotError, train_raster::TrainRaster};
use crate::analysis::stream::StreamError;
use crate::datasets::formats::FormatError;
use crate::datasets::formats::parquet::{Layout, TracesWriter, TrainsWriter};
use crate::datasets::trains::Recording;
use crate::sim::network::{Network, Observer, ObserverError, Simulation, Span};
use std::path::{Path, PathBuf};

/// Neurons of a raster, of all populations in proportion.
const RASTER_NEURONS: u32 = 600;
/// What a raster shows, in ms from the start.
const RASTER_MS: f64 = 1000.0;

/// Why a run could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// A folder or a file cannot be written.
    #[error("{}: cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file cannot be read.
    #[error("{}: cannot be read: {source}; begin the run anew", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What was recorded before an interruption is not what can be recorded.
    #[error("{}: damaged: {source}; begin the run anew", path.display())]
    Replay {
        /// The journal.
        path: PathBuf,
        /// Why.
        source: ObserverError,
    },
    /// The folder holds something already.
    #[error("{}: exists; choose another folder, or give --overwrite (--resume goes on with what was interrupted)", .0.display())]
    Exists(PathBuf),
    /// What lies in the folder is no run of a network.
    #[error("{}: holds files, but no run of a network, and is not overwritten; choose another folder", .0.display())]
    Foreign(PathBuf),
    /// A spike file or a trace.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A description that TOML cannot hold.
    #[error("network.toml: {0}")]
    Toml(String),
    /// Statistics.
    #[error(transparent)]
    Statistics(#[from] StreamError),
    /// A picture.
    #[error(transparent)]
    Plot(#[from] PlotError),
    /// Ranks could not tell rank 0 their weights.
    #[error("{0}")]
    Meeting(ObserverError),
}

/// Writes what a network does to a folder, and counts.
pub struct NetworkRecorder {
    folder: PathBuf,
    spikes: TrainsWriter,
    traces: Vec<TracesWriter>,
    activity: Activity,
    raster: RasterSpikes,
    units: Vec<u32>,
    times_s: Vec<f64>,
}

/// Spikes of the first neurons of each population at the start.
struct RasterSpikes {
    /// First neuron, number of neurons, and row of the first.
    shown: Vec<(u32, u32, u32)>,
    /// Populations and their first rows.
    groups: Vec<(String, usize)>,
    /// Neurons in all.
    neurons: u32,
    spikes: Recording,
}

impl NetworkRecorder {
    /// A recorder in `folder`, whose files of an earlier run are replaced.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn create(folder: &Path, network: &Network, simulation: &Simulation) -> Result<Self, RecordingError> {
        let write = |path: &Path| {
            let path = path.to_owned();
            move |source| RecordingError::Write { path, source }
        };
        std::fs::create_dir_all(folder).map_err(write(folder))?;
        let description = network.to_toml().map_err(|error| RecordingError::Toml(error.to_string()))?;
        let path = folder.join("network.toml");
        std::fs::write(&path, description).map_err(write(&path))?;
        let layout = Layout { unit_ids: (0..i64::from(simulation.neurons())).collect(), ..Layout::default() };
        let spikes = TrainsWriter::create(&folder.join("spikes.parquet"), layout)?;
        let spans = simulation.populations();
        let traces = network
            .recorder
            .iter()
            .enumerate()
            .map(|(number, recorder)| {
                let first = spans.iter().find(|span| span.name == recorder.population).map_or(0, |s| s.first);
                let first = i64::from(first) + i64::from(recorder.first);
                let units: Vec<i64> = (first..first + i64::from(recorder.count)).collect();
                let name = file_name(&recorder.population);
                let path = folder.join(format!("trace-{number}-{name}-{}.parquet", recorder.variable));
                TracesWriter::create(&path, &recorder.variable, &units)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            folder: folder.to_owned(),
            spikes,
            traces,
            activity: Activity::new(spans)?,
            raster: RasterSpikes::new(spans),
            units: Vec::new(),
            times_s: Vec::new(),
        })
    }

    /// Ends the files at `stop_ms` and draws the raster; gives the statistics of each population.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn finish(self, title: &str, stop_ms: f64) -> Result<Vec<PopulationActivity>, RecordingError> {
        self.spikes.finish(0.0, stop_ms / 1000.0)?;
        for trace in self.traces {
            trace.finish()?;
        }
        if stop_ms > 0.0 {
            self.raster.draw(title, stop_ms, &self.folder.join("raster.png"))?;
        }
        Ok(self.activity.finish(stop_ms / 1000.0)?)
    }
}

/// A name that a file can have.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}

impl Observer for NetworkRecorder {
    fn spikes(&mut self, time_ms: f64, neurons: &[u32]) -> Result<(), ObserverError> {
        let time_s = time_ms / 1000.0;
        self.times_s.clear();
        self.times_s.resize(neurons.len(), time_s);
        self.units.clear();
        self.units.extend_from_slice(neurons);
        self.spikes.push(&self.times_s, &self.units)?;
        self.activity.observe(&self.times_s, neurons)?;
        if time_ms <= RASTER_MS {
            self.raster.observe(time_s, neurons);
        }
        Ok(())
    }

    fn values(&mut self, recorder: usize, time_ms: f64, values: &[f64]) -> Result<(), ObserverError> {
        if let Some(trace) = self.traces.get_mut(recorder) {
            trace.push(time_ms / 1000.0, values)?;
        }
        Ok(())
    }
}

impl RasterSpikes {
    fn new(spans: &[Span]) -> Self {
        let neurons = spans.last().map_or(0, |span| span.first + span.size).max(1);
        let share = (f64::from(RASTER_NEURONS) / f64::from(neurons)).min(1.0);
        let mut unit_ids = Vec::new();
        let (mut shown, mut groups) = (Vec::new(), Vec::new());
        for span in spans {
            let count = ((f64::from(span.size) * share).round() as u32).clamp(1, span.size);
            shown.push((span.first, count, unit_ids.len() as u32));
            groups.push((span.name.clone(), unit_ids.len()));
            unit_ids.extend(i64::from(span.first)..i64::from(span.first + count));
        }
        Self { shown, groups, neurons, spikes: Recording { unit_ids, ..Recording::default() } }
    }

    fn observe(&mut self, time_s: f64, neurons: &[u32]) {
        for &neuron in neurons {
            let of = self.shown.partition_point(|(first, _, _)| *first <= neuron);
            let Some((first, count, row)) = of.checked_sub(1).and_then(|of| self.shown.get(of)) else {
                continue;
            };
            if neuron - first < *count {
                self.spikes.times_s.push(time_s);
                self.spikes.units.push(row + neuron - first);
            }
        }
    }

    fn draw(self, title: &str, stop_ms: f64, path: &Path) -> Result<(), PlotError> {
        let trains = Recording { stop_s: stop_ms.min(RASTER_MS) / 1000.0, ..self.spikes }.trains();
        let mut title = title.to_owned();
        if trains.len() < self.neurons as usize {
            title += &format!(", {} of {} neurons", trains.len(), self.neurons);
        }
        if stop_ms > RASTER_MS {
            title += ", the first second";
        }
        TrainRaster { title, units: 0..trains.len(), trains: &trains, span_s: None, groups: self.groups }
            .draw(path)
    }
}
