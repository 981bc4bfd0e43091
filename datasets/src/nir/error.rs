//! What can be wrong with a graph or its file.

use crate::formats::FormatError;
use std::path::PathBuf;

/// Why a graph makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// A field of a node holds what it must not.
    #[error("node '{node}': {field} is {value}; {remedy}")]
    Node {
        /// Name of the node, those of the graphs around it before it.
        node: String,
        /// The field.
        field: String,
        /// What it holds.
        value: String,
        /// What it should hold.
        remedy: String,
    },
    /// An edge leads nowhere, or between shapes that do not fit.
    #[error("edge '{from}' -> '{to}': {reason}")]
    Edge {
        /// Where it starts.
        from: String,
        /// Where it ends.
        to: String,
        /// What is wrong, and what to do.
        reason: String,
    },
}

impl GraphError {
    pub(super) fn node(
        node: &str,
        field: &str,
        value: impl std::fmt::Display,
        remedy: impl std::fmt::Display,
    ) -> Self {
        Self::Node {
            node: node.to_owned(),
            field: field.to_owned(),
            value: value.to_string(),
            remedy: remedy.to_string(),
        }
    }

    pub(super) fn edge(from: &str, to: &str, reason: impl std::fmt::Display) -> Self {
        Self::Edge { from: from.to_owned(), to: to.to_owned(), reason: reason.to_string() }
    }

    /// The same error seen from the graph that `graph` is a node of.
    pub(super) fn within(self, graph: &str) -> Self {
        match self {
            Self::Node { node, field, value, remedy } => {
                Self::Node { node: format!("{graph}/{node}"), field, value, remedy }
            }
            Self::Edge { from, to, reason } => {
                Self::Edge { from: format!("{graph}/{from}"), to: format!("{graph}/{to}"), reason }
            }
        }
    }
}

/// Why a NIR file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NirError {
    /// The file is missing, foreign, damaged, or cannot be written.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The file is no NIR graph.
    #[error("{path} is not a NIR file: {reason}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// How it shows, and what to do.
        reason: String,
    },
    /// The graph makes no sense.
    #[error("{path}: {source}")]
    Graph {
        /// The file.
        path: PathBuf,
        /// Node, field, value and remedy.
        source: GraphError,
    },
    /// NIR files are HDF5, which this build leaves out.
    #[error("{path}: NIR files are HDF5, which this build leaves out; build Synfire with the feature hdf5")]
    WithoutHdf5 {
        /// The file.
        path: PathBuf,
    },
}
