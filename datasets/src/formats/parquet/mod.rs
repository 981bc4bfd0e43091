//! Parquet with one row a spike: the layout that any Parquet tool, and a reader of spikes at scale, can count on.
//!
//! | column | type | holds |
//! |---|---|---|
//! | `time_s` | DOUBLE, required | time in seconds, ascending through the file |
//! | `unit` | INT64, required | number of the unit |
//! | `channel` | INT32 (unsigned), required | electrode, where known |
//! | `polarity` | BOOLEAN, required | true: ON, where known |
//!
//! Row groups hold 2^20 rows with the least and the largest value of each column, compressed with Snappy. Those of
//! `time_s` are of the IEEE 754 total order, which older tools pass over; they can count on the order of rows. The footer's
//! key-value metadata hold `synfire.start_s`, `synfire.stop_s`, `synfire.sensor` and `synfire.silent_units`, as in the
//! table of keys of the other formats. Files of other tools are read by the names of their columns, whatever the width
//! of their numbers, plain or compressed with Snappy.

mod columns;
mod read;
mod traces;
mod weights;
mod write;

pub(super) use read::read;
pub use traces::TracesWriter;
pub use weights::WeightsWriter;
pub(super) use write::write;
pub use write::{Layout, TrainsWriter};

/// What the keys of the footer's metadata start with.
const KEY_PREFIX: &str = "synfire.";
