//! NIR, the Neuromorphic Intermediate Representation: networks of spiking neurons as plain data.
//!
//! A [`Graph`] has named nodes (weights, convolutions, neurons, pooling) and edges between them; the signals of edges
//! that meet at a node are added. Each node is an equation in continuous time; how a simulator turns it into steps is
//! the simulator's choice. [`read`] and [`write()`] know the HDF5 files of the Python package `nir` and the simulators
//! that use it; both need the feature `hdf5`.
//!
//! ```text
//! version                     text
//! node/type                   "NIRGraph"
//! node/edges                  text [edges, 2]: from, to
//! node/nodes/NAME/type        "LIF", "Affine", ... or "NIRGraph" with nodes and edges of its own
//! node/nodes/NAME/FIELD       the node's parameters
//! node/nodes/NAME/metadata/   optional notes
//! ```
//!
//! Older files lack some fields: a missing `v_reset` is 0, `w_in` 1, a bias of a convolution 0, and shapes that are not
//! told follow from the input. Neurons may have one value for all where later files have one each.
//!
//! Source: J. E. Pedersen et al., Neuromorphic intermediate representation: a unified instruction set for interoperable
//! brain-inspired computing, Nature Communications 15:8122 (2024).
//!
//! ```
//! use synfire_datasets::nir::{Graph, NodeKind, Tensor};
//!
//! let each = |value: f64| Tensor { shape: vec![2], values: vec![value; 2] };
//! let weight = Tensor { shape: vec![2, 3], values: vec![0.5, 0.0, 1.0, -1.0, 2.0, 0.25] };
//! let lif = NodeKind::Lif {
//!     tau: each(0.02), r: each(1.0), v_leak: each(0.0), v_threshold: each(1.0), v_reset: each(0.0),
//! };
//! let graph = Graph::chain([
//!     ("input", NodeKind::Input { shape: vec![3] }),
//!     ("weights", NodeKind::Linear { weight }),
//!     ("neurons", lif),
//!     ("output", NodeKind::Output { shape: vec![2] }),
//! ]);
//! let shapes = graph.shapes()?;
//! assert_eq!((&shapes["weights"].input[..], &shapes["weights"].output[..]), (&[3][..], &[2][..]));
//! # Ok::<(), synfire_datasets::nir::GraphError>(())
//! ```

mod error;
mod flatten;
mod graph;
#[cfg(feature = "hdf5")]
mod read;
mod shapes;
#[cfg(test)]
mod tests;
#[cfg(feature = "hdf5")]
mod write;

pub use error::{GraphError, NirError};
pub use graph::{Conv, Graph, Metadata, Node, NodeKind, Padding, Pool, Tensor};
pub use shapes::Shapes;

use std::path::Path;

/// Reads a graph and checks it: every field there, of a fitting shape, finite; every edge between nodes of fitting
/// shapes.
///
/// # Errors
/// [`NirError`]: the file is missing, foreign, damaged or no graph that makes sense; or this build has no HDF5.
pub fn read(path: &Path) -> Result<Graph, NirError> {
    #[cfg(feature = "hdf5")]
    return read::read(path);
    #[cfg(not(feature = "hdf5"))]
    Err(NirError::WithoutHdf5 { path: path.to_owned() })
}

/// Writes a graph as the Python package `nir` does, so that it and the simulators that use it can read it. The file has
/// its name only once it is whole; an earlier file of that name is replaced.
///
/// # Errors
/// [`NirError::Graph`] for a graph that [`Graph::shapes`] refuses, [`NirError::Format`] if the file cannot be written,
/// [`NirError::WithoutHdf5`].
pub fn write(path: &Path, graph: &Graph) -> Result<(), NirError> {
    graph.shapes().map_err(|source| NirError::Graph { path: path.to_owned(), source })?;
    #[cfg(feature = "hdf5")]
    return write::write(path, graph);
    #[cfg(not(feature = "hdf5"))]
    Err(NirError::WithoutHdf5 { path: path.to_owned() })
}
