//! The Parquet schemas of the tables and how each column is encoded.

use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, TypePtr};
use std::sync::Arc;

/// A table of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// One row a spike.
    Spikes,
    /// One row a spike count that is not 0.
    Counts,
    /// One row a coded vector.
    Activity,
}

const SPIKES: &str = "message spikes {
  required int32 token (INTEGER(32,false));
  required int32 step (INTEGER(32,false));
  required int32 layer (INTEGER(16,false));
  required binary projection (STRING);
  required int32 neuron (INTEGER(32,false));
  required int32 value (INTEGER(32,true));
}";

const COUNTS: &str = "message counts {
  required int32 token (INTEGER(32,false));
  required int32 layer (INTEGER(16,false));
  required binary projection (STRING);
  required int32 neuron (INTEGER(32,false));
  required int32 value (INTEGER(32,true));
}";

const ACTIVITY: &str = "message activity {
  required int32 token (INTEGER(32,false));
  required int32 layer (INTEGER(16,false));
  required binary projection (STRING);
  required int32 head (INTEGER(16,false));
  required float threshold;
  required int32 steps (INTEGER(32,false));
  required int32 zero_point (INTEGER(32,true));
  required int32 neurons (INTEGER(32,false));
  required int64 spikes (INTEGER(64,false));
  required int32 silent (INTEGER(32,false));
  required int64 synaptic_operations (INTEGER(64,false));
}";

impl Table {
    pub(crate) const ALL: [Self; 3] = [Self::Spikes, Self::Counts, Self::Activity];

    /// Folder of the table's parts within a run folder.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Spikes => "spikes",
            Self::Counts => "counts",
            Self::Activity => "activity",
        }
    }

    /// The schema that is written.
    pub(crate) fn schema(self) -> Result<TypePtr, parquet::errors::ParquetError> {
        let text = match self {
            Self::Spikes => SPIKES,
            Self::Counts => COUNTS,
            Self::Activity => ACTIVITY,
        };
        parse_message_type(text).map(Arc::new)
    }

    /// Encodings, statistics and compression.
    ///
    /// Neurons ascend within a step, or a token of counts: delta packing stores them in a few bits. The other columns of both repeat few
    /// values in long runs: a dictionary and run lengths store them. General compression is left off: it would save about 1.5 of 13 bits a spike and cost time.
    pub(crate) fn properties(self) -> WriterPropertiesPtr {
        let mut properties = WriterProperties::builder()
            .set_created_by(format!("synfire {}", env!("CARGO_PKG_VERSION")))
            .set_compression(Compression::UNCOMPRESSED)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_offset_index_disabled(true)
            .set_max_row_group_row_count(None);
        for name in ["token", "layer", "projection"] {
            properties =
                properties.set_column_statistics_enabled(ColumnPath::from(name), EnabledStatistics::Chunk);
        }
        let delta: &[&str] = match self {
            Self::Spikes | Self::Counts => &["neuron"],
            Self::Activity => &["token", "spikes", "silent", "synaptic_operations"],
        };
        for name in delta {
            properties = properties
                .set_column_dictionary_enabled(ColumnPath::from(*name), false)
                .set_column_encoding(ColumnPath::from(*name), Encoding::DELTA_BINARY_PACKED);
        }
        if self == Self::Activity {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from("threshold"), false);
        }
        Arc::new(properties.build())
    }
}
