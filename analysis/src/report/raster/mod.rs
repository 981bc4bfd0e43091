//! The spikes that a reader of the report can look at: zoom, pan, and ask what each one is.
//!
//! A run gives one panel for each layer and projection, with time as token x virtual time step; a [`Recording`] gives one
//! panel with time in seconds. A page of hundreds of megabytes helps nobody, so there is a cap on the spikes in all, and
//! [`RasterData::shown`] says on the page what of the whole it left.

mod collect;
mod encode;

pub use collect::{DEFAULT_SPIKES, RasterLimits};
pub(super) use encode::{PageRaster, encode};

use std::ops::Range;
use synfire_datasets::spikes::Projection;
use synfire_datasets::trains::Recording;

/// What the interactive raster shows.
#[derive(Debug, Clone, PartialEq)]
pub struct RasterData {
    /// What is shown, of how much.
    pub shown: String,
    /// The spikes.
    pub spikes: RasterSpikes,
}

/// The spikes of a [`RasterData`].
#[derive(Debug, Clone, PartialEq)]
pub enum RasterSpikes {
    /// Of a run, over the same tokens in every panel.
    Run {
        /// Tokens across.
        tokens: Range<u32>,
        /// One panel for each layer and projection.
        panels: Vec<CodedPanel>,
    },
    /// Of a recording; units, polarities and the sensor as in the file.
    Recording(Recording),
}

/// The spikes of one layer and projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodedPanel {
    /// Layer, from 0.
    pub layer: u16,
    /// The coded input.
    pub projection: Projection,
    /// Neurons shown, from 0.
    pub neurons: u32,
    /// Virtual time steps of each token shown.
    pub steps: Vec<u32>,
    /// The spikes, by token, step and neuron.
    pub spikes: Vec<CodedSpike>,
}

/// A spike of a panel; ordered as time goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CodedSpike {
    /// Position of the token in the run.
    pub token: u32,
    /// Virtual time step.
    pub step: u32,
    /// Neuron within the projection.
    pub neuron: u32,
    /// Sign times weight of the step.
    pub value: i32,
}
