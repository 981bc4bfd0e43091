//! Time bases of spike trains, and the trains of a recorded run.
//!
//! Recordings have seconds. A language model has tokens, and within a token the virtual steps of its spike coding; a hardware
//! model may give either a duration. Every statistic of times works on any of them: a [`Clock`] says what a tick of the
//! times is, and so what the unit of a rate is.

use std::ops::Range;
use synfire_datasets::record::{RecordError, RecordKind, RunReader, SpikeFilter, Status};
use synfire_datasets::spikes::Projection;
use synfire_datasets::trains::{SpikeTrains, TrainError};

/// The most neurons of one layer and projection.
const MOST_NEURONS: u64 = 1 << 24;

/// What time is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeBase {
    /// Seconds.
    Seconds,
    /// Tokens of a text; a spike at step s of the T steps of token n is at n + s / T.
    Tokens,
    /// Virtual steps of the spike coding, token after token.
    Steps,
}

/// A time base, with the duration of its tick where that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    /// What time is counted in.
    pub base: TimeBase,
    /// Duration of a token or step in ms. With it, times are seconds and rates Hz. Ignored for seconds.
    pub tick_ms: Option<f64>,
}

impl Clock {
    /// Times in seconds.
    pub const SECONDS: Self = Self { base: TimeBase::Seconds, tick_ms: None };
    /// Times in tokens.
    pub const TOKENS: Self = Self { base: TimeBase::Tokens, tick_ms: None };
    /// Times in virtual steps.
    pub const STEPS: Self = Self { base: TimeBase::Steps, tick_ms: None };

    /// Whether times are seconds, by the base or by the duration of a tick.
    #[must_use]
    pub fn in_seconds(self) -> bool {
        self.base == TimeBase::Seconds || self.tick_ms.is_some()
    }

    /// Unit of rates.
    ///
    /// ```
    /// use synfire_analysis::clock::Clock;
    /// assert_eq!(Clock::TOKENS.rate_unit(), "spikes/token");
    /// assert_eq!(Clock { tick_ms: Some(2.0), ..Clock::STEPS }.rate_unit(), "Hz");
    /// ```
    #[must_use]
    pub fn rate_unit(self) -> &'static str {
        match self.base {
            TimeBase::Tokens if self.tick_ms.is_none() => "spikes/token",
            TimeBase::Steps if self.tick_ms.is_none() => "spikes/step",
            _ => "Hz",
        }
    }

    /// Unit of times.
    #[must_use]
    pub fn time_unit(self) -> &'static str {
        match self.base {
            TimeBase::Tokens if self.tick_ms.is_none() => "tokens",
            TimeBase::Steps if self.tick_ms.is_none() => "steps",
            _ => "s",
        }
    }

    /// Length of a tick in the unit of times.
    fn tick(self) -> f64 {
        self.tick_ms.map_or(1.0, |ms| ms / 1000.0)
    }
}

/// Which neurons of a run, and on which clock.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTrains {
    /// Layer, from 0.
    pub layer: u16,
    /// The coded input.
    pub projection: Projection,
    /// The clock of the trains: of tokens or steps.
    pub clock: Clock,
    /// Only these token positions; `None` for all.
    pub tokens: Option<Range<u32>>,
}

/// Why a run gives no trains.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClockError {
    /// The record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The record says nothing of them.
    #[error(
        "{run} has no activity of layer {layer}, {projection}; choose among what its manifest.json lists"
    )]
    Nothing {
        /// The run folder.
        run: std::path::PathBuf,
        /// Layer asked for.
        layer: u16,
        /// Projection asked for.
        projection: Projection,
    },
    /// A recorded run has no seconds, or its tick has no length.
    #[error(
        "tick_ms is {tick_ms:?} on a clock of {base:?}; a run has tokens or steps, whose tick is a positive number of ms"
    )]
    Clock {
        /// The base asked for.
        base: TimeBase,
        /// The tick asked for.
        tick_ms: Option<f64>,
    },
    /// More neurons than a layer has.
    #[error(
        "{run}: layer {layer}, {projection} has {neurons} neurons, more than {MOST_NEURONS}; the record is damaged"
    )]
    TooManyNeurons {
        /// The run folder.
        run: std::path::PathBuf,
        /// Layer asked for.
        layer: u16,
        /// Projection asked for.
        projection: Projection,
        /// Neurons found.
        neurons: u64,
    },
    /// A spike that activity does not account for.
    #[error(
        "{run}: a spike of layer {layer}, {projection} at token {token}, step {step}, neuron {neuron} has no place in the activity table; the record is damaged"
    )]
    Stray {
        /// The run folder.
        run: std::path::PathBuf,
        /// Layer asked for.
        layer: u16,
        /// Projection asked for.
        projection: Projection,
        /// Token of the spike.
        token: u32,
        /// Step of the spike.
        step: u32,
        /// Neuron of the spike.
        neuron: u32,
    },
    /// The times are no trains.
    #[error(transparent)]
    Train(#[from] TrainError),
}

/// One token on the clock of steps.
struct Token {
    position: u32,
    /// Steps of all tokens before it.
    first_step: u64,
    /// Its steps: the most of its vectors, which are its heads for a query.
    steps: u32,
}

/// The spike trains of one layer and projection of a run: unit n is neuron n, silent ones included. A spike is one event,
/// whatever its sign and weight. A token takes as many steps as its coded vector; the heads of a query share one clock, on
/// which a token takes the most steps of its heads. Tokens that were not recorded take no steps.
///
/// On the clock of tokens the span goes from the first token to the end of the last, on that of steps from 0. In a run that
/// was cut short, spikes without activity are left out.
///
/// # Errors
/// [`ClockError`]; it holds all spikes asked for in memory, about 32 bytes each.
///
/// ```no_run
/// use synfire_analysis::clock::{Clock, RunTrains, run_trains};
/// use synfire_datasets::{record::RunReader, spikes::Projection};
/// let run = RunReader::open("runs/shakespeare-1".as_ref())?;
/// let which = RunTrains { layer: 0, projection: Projection::DownIn, clock: Clock::TOKENS, tokens: None };
/// let trains = run_trains(&run, &which)?;
/// println!("{} spikes/token", synfire_analysis::rates::population_rate_hz(&trains));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run_trains(run: &RunReader, which: &RunTrains) -> Result<SpikeTrains, ClockError> {
    let RunTrains { layer, projection, clock, ref tokens } = *which;
    let path = || run.dir().to_owned();
    let manifest = run.manifest();
    if !manifest.sampling.is_whole() && manifest.record == RecordKind::Events {
        let held = manifest.leaves_out().unwrap_or_default();
        return Err(RecordError::Sampled { path: path(), held }.into());
    }
    let bad_tick = clock.tick_ms.is_some_and(|ms| !(ms.is_finite() && ms > 0.0));
    if clock.base == TimeBase::Seconds || bad_tick {
        return Err(ClockError::Clock { base: clock.base, tick_ms: clock.tick_ms });
    }
    let (timeline, neurons) = timeline(run, which)?;
    let (Some(first), Some(last)) = (timeline.first(), timeline.last()) else {
        return Err(ClockError::Nothing { run: path(), layer, projection });
    };
    if neurons > MOST_NEURONS {
        return Err(ClockError::TooManyNeurons { run: path(), layer, projection, neurons });
    }
    let (start, stop) = match clock.base {
        TimeBase::Tokens => (f64::from(first.position), f64::from(last.position) + 1.0),
        _ => (0.0, (last.first_step + u64::from(last.steps)) as f64),
    };
    let mut spikes = Vec::new();
    let filter = SpikeFilter {
        layer: Some(layer),
        projection: Some(projection),
        tokens: tokens.clone(),
        neurons: None,
    };
    for batch in run.spikes(&filter)? {
        for spike in batch?.iter() {
            let place = timeline.binary_search_by_key(&spike.token, |token| token.position).ok();
            let token = place.and_then(|i| timeline.get(i)).filter(|token| spike.step < token.steps);
            match token {
                Some(token) if u64::from(spike.neuron) < neurons => {
                    let ticks = match clock.base {
                        TimeBase::Tokens => {
                            f64::from(token.position) + f64::from(spike.step) / f64::from(token.steps)
                        }
                        _ => (token.first_step + u64::from(spike.step)) as f64,
                    };
                    spikes.push((spike.neuron, ticks * clock.tick()));
                }
                None if run.manifest().status == Status::Incomplete => {}
                _ => {
                    let (token, step, neuron) = (spike.token, spike.step, spike.neuron);
                    return Err(ClockError::Stray { run: path(), layer, projection, token, step, neuron });
                }
            }
        }
    }
    spikes.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let times: Vec<f64> = spikes.iter().map(|spike| spike.1).collect();
    let first_of = |neuron: u64| spikes.partition_point(|spike| u64::from(spike.0) < neuron);
    let trains: Vec<&[f64]> = (0..neurons).map(|n| &times[first_of(n)..first_of(n + 1)]).collect();
    Ok(SpikeTrains::new(&trains, start * clock.tick(), stop * clock.tick())?)
}

/// The tokens of a layer and projection in order, and the number of its neurons.
fn timeline(run: &RunReader, which: &RunTrains) -> Result<(Vec<Token>, u64), RecordError> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut neurons = 0;
    for rows in run.activity()? {
        for row in rows? {
            let wanted = (row.layer, row.projection) == (which.layer, which.projection)
                && which.tokens.as_ref().is_none_or(|range| range.contains(&row.token));
            if !wanted {
                continue;
            }
            neurons = neurons.max((u64::from(row.head) + 1) * u64::from(row.neurons));
            match tokens.last_mut() {
                Some(last) if last.position == row.token => last.steps = last.steps.max(row.steps),
                _ => tokens.push(Token { position: row.token, first_step: 0, steps: row.steps }),
            }
        }
    }
    tokens.sort_by_key(|token| token.position);
    tokens.dedup_by(|later, earlier| {
        let same = later.position == earlier.position;
        if same {
            earlier.steps = earlier.steps.max(later.steps);
        }
        same
    });
    let mut steps = 0;
    for token in &mut tokens {
        token.first_step = steps;
        steps += u64::from(token.steps);
    }
    Ok((tokens, neurons))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use synfire_datasets::record::{Manifest, ModelSummary, RunWriter};
    use synfire_datasets::spikes::{Activity, SpikeBatch};

    fn vector(token: u32, head: u16, steps: u32, spikes: u64) -> Activity {
        Activity {
            token,
            layer: 1,
            projection: Projection::Query,
            head,
            threshold: 1.0,
            steps,
            zero_point: 0,
            neurons: 2,
            spikes,
            silent: 0,
            synaptic_operations: 0,
        }
    }

    /// Two tokens of two heads of two channels: three and one steps, then one and two.
    fn run(dir: &std::path::Path, events: &[(u32, u32, u32)]) -> RunReader {
        let manifest = Manifest::new("test", ModelSummary::default(), serde_json::json!({}), vec![1]);
        let mut writer = RunWriter::create(dir, manifest, true).unwrap();
        let batch = SpikeBatch {
            layer: 1,
            projection: Projection::Query,
            token: events.iter().map(|e| e.0).collect(),
            step: events.iter().map(|e| e.1).collect(),
            neuron: events.iter().map(|e| e.2).collect(),
            value: vec![1; events.len()],
        };
        writer.spikes(batch).unwrap();
        let rows = [vector(4, 0, 3, 2), vector(4, 1, 1, 1), vector(6, 0, 1, 1), vector(6, 1, 2, 1)];
        writer.activity(&rows).unwrap();
        writer.finish(serde_json::json!({}), 2).unwrap();
        RunReader::open(dir).unwrap()
    }

    const EVENTS: [(u32, u32, u32); 5] = [(4, 2, 0), (4, 0, 0), (4, 0, 3), (6, 0, 0), (6, 1, 3)];

    fn which(clock: Clock) -> RunTrains {
        RunTrains { layer: 1, projection: Projection::Query, clock, tokens: None }
    }

    #[test]
    fn heads_share_the_clock_of_the_head_with_most_steps() {
        let home = tempfile::tempdir().unwrap();
        let run = run(home.path(), &EVENTS);
        let steps = run_trains(&run, &which(Clock::STEPS)).unwrap();
        let times: Vec<&[f64]> = steps.iter().collect();
        assert_eq!(times, [&[0.0, 2.0, 3.0][..], &[], &[], &[0.0, 4.0]]);
        assert_eq!((steps.start_s(), steps.stop_s()), (0.0, 5.0));

        let tokens = run_trains(&run, &which(Clock::TOKENS)).unwrap();
        let times: Vec<&[f64]> = tokens.iter().collect();
        assert_eq!(times, [&[4.0, 4.0 + 2.0 / 3.0, 6.0][..], &[], &[], &[4.0, 6.5]]);
        assert_eq!((tokens.start_s(), tokens.stop_s()), (4.0, 7.0));
    }

    #[test]
    fn a_tick_of_known_length_makes_seconds() {
        let home = tempfile::tempdir().unwrap();
        let run = run(home.path(), &EVENTS);
        let clock = Clock { tick_ms: Some(500.0), ..Clock::STEPS };
        let trains = run_trains(&run, &which(clock)).unwrap();
        assert_eq!((trains.train(0), trains.stop_s()), (&[0.0, 1.0, 1.5][..], 2.5));
        let one = RunTrains { tokens: Some(6..7), ..which(Clock::STEPS) };
        assert_eq!(run_trains(&run, &one).unwrap().train(3), [1.0]);
    }

    #[test]
    fn what_a_run_does_not_have_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let run = run(home.path(), &[(4, 3, 0)]);
        let error = |which: &RunTrains| run_trains(&run, which).unwrap_err().to_string();
        assert!(error(&which(Clock::STEPS)).contains("token 4, step 3, neuron 0"));
        assert!(error(&which(Clock::SECONDS)).contains("tokens or steps"));
        assert!(error(&which(Clock { tick_ms: Some(0.0), ..Clock::STEPS })).contains("tick_ms is Some(0.0)"));
        assert!(
            error(&RunTrains { layer: 0, ..which(Clock::STEPS) }).contains("no activity of layer 0, query")
        );
    }
}
