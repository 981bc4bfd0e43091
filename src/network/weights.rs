//! The weights that a network has learnt, as files.

use super::{RecordingError, file_name};
use crate::datasets::formats::parquet::WeightsWriter;
use crate::sim::network::{Connection, Meeting, Network, Simulation};
use std::path::Path;

/// Sources whose synapses are told at once.
const SOURCES: u32 = 256;

/// Writes the weights of each projection of `network` that learns, as they are now, to a file in `folder`: source by source, in order
/// of the targets, whatever the number of ranks. All ranks of `meeting` call it, and rank 0 writes.
///
/// # Errors
/// [`RecordingError::Format`], [`RecordingError::Meeting`].
pub fn write_weights(
    folder: &Path,
    network: &Network,
    simulation: &Simulation,
    meeting: &dyn Meeting,
) -> Result<(), RecordingError> {
    let spans = simulation.populations();
    let place = |name: &str| network.population.iter().position(|population| population.name == name);
    for (number, projection) in network.projection.iter().enumerate().filter(|(_, p)| p.synapse.learns()) {
        let (Some(source), Some(target)) = (place(&projection.source), place(&projection.target)) else {
            continue;
        };
        let (from, to) = (file_name(&projection.source), file_name(&projection.target));
        let path = folder.join(format!("weights-{number}-{from}-{to}.parquet"));
        let unit = network.population[target].neuron.weight_unit().key();
        let leads = meeting.rank() == 0;
        let mut writer = leads.then(|| WeightsWriter::create(&path, unit)).transpose()?;
        let sources = spans[source].size;
        for first in (0..sources).step_by(SOURCES as usize) {
            let own = first..sources.min(first + SOURCES);
            let own = own.flat_map(|source| simulation.connections_from(number, source)).flat_map(told);
            let ranks = meeting.gather(own.collect()).map_err(RecordingError::Meeting)?;
            let mut connections: Vec<Connection> =
                ranks.iter().flat_map(|rank| rank.as_chunks().0).map(heard).collect();
            // Targets ascend with ranks.
            connections.sort_by_key(|connection| connection.source);
            for c in connections {
                if let Some(writer) = &mut writer {
                    let (source, target) = (spans[source].first + c.source, spans[target].first + c.target);
                    writer.push(source, target, c.weight, c.delay_ms)?;
                }
            }
        }
        if let Some(writer) = writer {
            writer.finish()?;
        }
    }
    Ok(())
}

/// A synapse as bytes.
fn told(c: Connection) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[..4].copy_from_slice(&c.source.to_le_bytes());
    bytes[4..8].copy_from_slice(&c.target.to_le_bytes());
    bytes[8..16].copy_from_slice(&c.weight.to_le_bytes());
    bytes[16..].copy_from_slice(&c.delay_ms.to_le_bytes());
    bytes
}

fn heard(bytes: &[u8; 24]) -> Connection {
    let words = bytes.as_chunks::<8>().0;
    let [[a, b, c, d, e, f, g, h], weight, delay_ms] = [0, 1, 2].map(|word| words[word]);
    Connection {
        source: u32::from_le_bytes([a, b, c, d]),
        target: u32::from_le_bytes([e, f, g, h]),
        weight: f64::from_le_bytes(weight),
        delay_ms: f64::from_le_bytes(delay_ms),
    }
}
