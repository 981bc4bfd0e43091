//! A recorded SpikingBrain model on a chip.
//!
//! Every coded input of a layer is a *stage*: neurons that code a vector as spikes, and the matrix that the spikes meet.
//! A stage takes two sorts of cores ([`Placement`]):
//!
//! - *Coders* hold the neurons. A coder starts on a token when it has all values of its vector; it then goes through the
//!   virtual time steps, looks at each neuron in each, and sends a message for every spike to every tile that holds the
//!   neuron's row. After the last step it sends each tile an end marker, which costs like a message without synapses.
//! - *Tiles* hold parts of the matrix (INT8, one byte a synapse). Once the markers of all its coders are served, a tile
//!   sends what it summed up: partial sums, if the rows are cut, to the first tile of the same columns, and results to the
//!   coders of the next stage, a value a message, and again a marker. The coders need all of them, since norm and
//!   threshold are taken over the whole vector.
//!
//! Spikes come from the record as they were, so counts are exact; norms, gates, softmax, embedding and the output layer
//! are not simulated and not priced. With more than one token in flight, a stage works on the next token while
//! those behind it work on this one: right for reading a text. A model that writes has one token in flight.

mod breakdown;
mod cut;
mod outcome;
mod pipeline;
mod place;
mod roles;
mod spikes;

pub use breakdown::{CriticalPath, Energy};
pub use cut::{Cut, Stage, stages};
pub use outcome::{ModelOptions, ModelOutcome, Span, TokenTime};
pub use pipeline::simulate;
pub use place::{Part, Placed, Placement, Strategy};
pub use spikes::{RecordedSpikes, TokenSpikes};
