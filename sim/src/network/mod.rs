//! Networks of spiking neurons.
//!
//! A [`Network`] is a description: populations, projections, drives and recorders, as plain data, from TOML or in Rust. Building
//! it gives a [`Simulation`], which runs, and tells an [`Observer`] every spike.
//!
//! ```text
//! description/  what a network is     connect/    who is connected with whom, the synapses in memory
//! neuron/       one file a model      scheduler/  how it all advances in time
//! synapse/      weights that change   state/      pause and go on
//! ```
//!
//! The same description and seed give the same spikes, bit for bit, whatever the number of threads, and of ranks ([`Meeting`]).

mod build;
mod connect;
pub mod description;
mod error;
mod flags;
mod initial;
mod meeting;
pub mod neuron;
mod observer;
mod poisson;
mod random;
mod ready;
mod scheduler;
mod simulation;
mod state;
pub mod synapse;

pub use description::Network;
pub use error::NetworkError;
pub use meeting::{Alone, Meeting};
pub use observer::{Kept, Observer, ObserverError};
pub use ready::READY_MADE;
pub use simulation::{Connection, Simulation, Span};
pub use state::StateError;
