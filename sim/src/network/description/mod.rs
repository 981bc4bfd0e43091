//! What a network is: populations, projections, drives, recorders and the run, as plain data, read from TOML or built in Rust
//! with the same words.
//!
//! ```
//! use synfire_sim::network::Network;
//! let network = Network::parse(
//!     r#"
//!     name = "two"
//!     [[population]]
//!     name = "cells"
//!     size = 100
//!     neuron.lif_delta = { tau_m_ms = 20, e_l_mv = 0, v_th_mv = 20, v_reset_mv = 10 }
//!     [[drive]]
//!     target = "cells"
//!     rate_hz = 20_000
//!     weight_mv = 0.1
//!     [[projection]]
//!     source = "cells"
//!     target = "cells"
//!     rule = { fixed_indegree = 10 }
//!     weight_mv = 0.1
//!     delay_ms = { uniform = { low = 1.0, high = 2.0 } }
//!     [run]
//!     duration_ms = 100
//!     "#,
//!     "two.toml",
//! )?;
//! assert_eq!((network.population[0].size, network.run.dt_ms), (100, 0.1));
//! let error = Network::parse("name = 'x'\n[run]\nduration = 3", "x.toml").unwrap_err().to_string();
//! assert!(error.starts_with("x.toml: run.duration: unknown field `duration`"), "{error}");
//!
//! use synfire_sim::network::description::{Distribution, Drive, Population, Projection, Rule, Run};
//! use synfire_sim::network::neuron::LifDelta;
//! let cells = LifDelta { tau_m_ms: 20.0, e_l_mv: 0.0, v_th_mv: 20.0, v_reset_mv: 10.0, ..LifDelta::default() };
//! let delay_ms = Distribution::Uniform { low: 1.0, high: 2.0 };
//! let same = Network::new("two", Run::new(100.0))
//!     .population(Population::new("cells", 100, cells))
//!     .drive(Drive::new("cells", 20_000.0).weight_mv(0.1))
//!     .projection(Projection::new("cells", "cells", Rule::FixedIndegree(10), delay_ms).weight_mv(0.1));
//! assert_eq!(network, same);
//! # Ok::<(), synfire_sim::network::NetworkError>(())
//! ```
//!
//! What a table must have is asked for by `new`; each of its other keys has a method of that name.

mod drive;
mod grid;
pub(crate) mod list;
mod overrides;
mod population;
mod projection;
mod recorder;
mod rule;
mod run;
mod value;

pub use drive::Drive;
pub use grid::Grid;
pub use population::Population;
pub use projection::{Projection, Receptor};
pub use recorder::Recorder;
pub use rule::{Convolution, DistanceDependent, Kernel, Rule};
pub use run::{Run, Scheduler};
pub use value::{Distribution, Value};

use super::error::NetworkError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A network of spiking neurons and how it is run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Name.
    pub name: String,
    /// What it is, and where it comes from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How it is run.
    pub run: Run,
    /// The populations; their neurons are numbered in this order.
    #[serde(default)]
    pub population: Vec<Population>,
    /// The projections between them.
    #[serde(default)]
    pub projection: Vec<Projection>,
    /// Independent Poisson input.
    #[serde(default)]
    pub drive: Vec<Drive>,
    /// Recorded variables. Spikes of all neurons are recorded anyway.
    #[serde(default)]
    pub recorder: Vec<Recorder>,
}

impl Network {
    /// A network without populations.
    #[must_use]
    pub fn new(name: &str, run: Run) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            run,
            population: Vec::new(),
            projection: Vec::new(),
            drive: Vec::new(),
            recorder: Vec::new(),
        }
    }

    /// Says what it is, and where it comes from.
    #[must_use]
    pub fn description(mut self, description: &str) -> Self {
        description.clone_into(&mut self.description);
        self
    }

    /// Adds a population.
    #[must_use]
    pub fn population(mut self, population: Population) -> Self {
        self.population.push(population);
        self
    }

    /// Adds a projection.
    #[must_use]
    pub fn projection(mut self, projection: Projection) -> Self {
        self.projection.push(projection);
        self
    }

    /// Adds Poisson input.
    #[must_use]
    pub fn drive(mut self, drive: Drive) -> Self {
        self.drive.push(drive);
        self
    }

    /// Adds a recorder.
    #[must_use]
    pub fn recorder(mut self, recorder: Recorder) -> Self {
        self.recorder.push(recorder);
        self
    }

    /// Reads the text of a description; `file` names it in errors.
    ///
    /// # Errors
    /// [`NetworkError::Syntax`], [`NetworkError::Key`].
    pub fn parse(text: &str, file: &str) -> Result<Self, NetworkError> {
        Self::parse_with(text, file, &[])
    }

    /// Reads the text of a description with some keys set anew: `population.excitatory.size=100`, `run.seed=3`. Elements of
    /// lists go by their name, or by their number from 0.
    ///
    /// # Errors
    /// [`NetworkError::Syntax`], [`NetworkError::Key`].
    pub fn parse_with(text: &str, file: &str, settings: &[String]) -> Result<Self, NetworkError> {
        let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line =
                error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
            let reason = format!("line {line}: {}", one_line(error.message()));
            NetworkError::Syntax { file: file.to_owned(), reason }
        })?;
        for setting in settings {
            overrides::set(&mut table, setting).map_err(|error| error.of(file))?;
        }
        let names = overrides::names(&table);
        let mut network: Self = serde_path_to_error::deserialize(table).map_err(|error| {
            let key = overrides::named(&error.path().to_string(), &names);
            let problem = one_line(error.inner().message());
            NetworkError::Key { network: file.to_owned(), key, problem }
        })?;
        for population in network.population.iter_mut().filter(|population| population.size == 0) {
            population.size = population.grid.map_or(0, |grid| grid.neurons());
        }
        Ok(network)
    }

    /// Reads a file, and the lists of synapses that it names, so that the network needs no file any more.
    ///
    /// # Errors
    /// [`NetworkError::Read`], [`NetworkError::Syntax`], [`NetworkError::Key`].
    pub fn read(path: &std::path::Path, settings: &[String]) -> Result<Self, NetworkError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| NetworkError::Read { file: file.clone(), reason: error.to_string() })?;
        let mut network = Self::parse_with(&text, &file, settings)?;
        for (number, projection) in network.projection.iter_mut().enumerate() {
            if let Rule::File(listed) = &projection.rule {
                let listed = list::read(&path.parent().unwrap_or(path).join(listed));
                projection.rule =
                    listed.map_err(|error| error.below(format_args!("projection.{number}")).of(&file))?;
            }
        }
        Ok(network)
    }

    /// The description as TOML, which [`parse`](Self::parse) reads back.
    ///
    /// # Errors
    /// For numbers beyond those of TOML.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }

    /// The JSON schema of a description, for editors that check TOML as one types.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Network).into()
    }

    /// The network `scale` times as large: sizes and in- and out-degrees by `scale`, total numbers of synapses by its square.
    /// Weights stay, and so do probabilities, so that a neuron has fewer synapses in a smaller network; a grid keeps its area.
    /// Populations that a convolution or a list of synapses joins stay as they are.
    #[must_use]
    pub fn scaled(mut self, scale: f64) -> Self {
        if scale == 1.0 {
            return self;
        }
        let by = |n: u32| ((f64::from(n) * scale).round() as u32).max(1);
        let fixed: Vec<String> = self
            .projection
            .iter()
            .filter(|projection| projection.rule.has_fixed_sizes())
            .flat_map(|projection| [projection.source.clone(), projection.target.clone()])
            .collect();
        let scaled = |population: Population| {
            if fixed.contains(&population.name) { population } else { population.scaled(scale) }
        };
        self.population = self.population.into_iter().map(scaled).collect();
        for projection in &mut self.projection {
            match &mut projection.rule {
                Rule::FixedIndegree(n) | Rule::FixedOutdegree(n) => *n = by(*n),
                Rule::FixedTotal(n) => *n = ((*n as f64 * scale * scale).round() as u64).max(1),
                _ => {}
            }
        }
        self
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
