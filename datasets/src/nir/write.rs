//! Writing NIR's HDF5 files: the layout of the Python package `nir` 1.0, numbers compressed with Deflate as there.

use super::{Conv, Graph, Metadata, NirError, Node, NodeKind, Padding, Tensor};
use crate::formats::FormatError;
use crate::whole_file::WholeFile;
use hdf5_metno::types::VarLenUnicode;
use hdf5_metno::{File, Group, H5Type};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// The version of the layout, which is that of the Python package.
const VERSION: &str = "1.0";
/// Values from which compression is worth its headers.
const COMPRESSED: usize = 64;

pub(super) fn write(path: &Path, graph: &Graph) -> Result<(), NirError> {
    let whole = WholeFile::prepare(path);
    let write = || -> hdf5_metno::Result<()> {
        let file = File::create(whole.tmp())?;
        text(&file, "version", VERSION)?;
        let group = file.create_group("node")?;
        text(&group, "type", "NIRGraph")?;
        contents(&group, graph)?;
        notes(&group, "metadata", &graph.metadata)?;
        file.close()
    };
    write().map_err(|error| FormatError::write(path)(io::Error::other(error.to_string())))?;
    Ok(whole.rename().map_err(FormatError::write(path))?)
}

fn contents(group: &Group, graph: &Graph) -> hdf5_metno::Result<()> {
    let nodes = group.create_group("nodes")?;
    for (name, each) in &graph.nodes {
        node(&nodes.create_group(name)?, each)?;
    }
    let ends: Vec<VarLenUnicode> = graph
        .edges
        .iter()
        .flat_map(|(from, to)| [from, to])
        .map(|name| unicode(name))
        .collect::<hdf5_metno::Result<_>>()?;
    let edges = group.new_dataset::<VarLenUnicode>().shape((graph.edges.len(), 2)).obj_track_times(false);
    let edges = edges.create("edges")?;
    if ends.is_empty() { Ok(()) } else { edges.write_raw(&ends) }
}

fn node(group: &Group, node: &Node) -> hdf5_metno::Result<()> {
    text(group, "type", node.kind.name())?;
    for (field, values) in node.kind.weights() {
        tensor(group, field, values)?;
    }
    for (field, values) in node.kind.neuron_parameters() {
        tensor(group, field, values)?;
    }
    match &node.kind {
        NodeKind::Input { shape } | NodeKind::Output { shape } => sizes(group, "shape", shape)?,
        NodeKind::Conv1d(conv) => {
            convolution(group, conv)?;
            if let Some([length]) = conv.input_shape {
                number(group, "input_shape", length as i64)?;
            }
        }
        NodeKind::Conv2d(conv) => {
            convolution(group, conv)?;
            if let Some(size) = conv.input_shape {
                sizes(group, "input_shape", &size)?;
            }
        }
        NodeKind::SumPool2d(pool) | NodeKind::AvgPool2d(pool) => {
            sizes(group, "kernel_size", &pool.kernel_size)?;
            sizes(group, "stride", &pool.stride)?;
            sizes(group, "padding", &pool.padding)?;
        }
        NodeKind::Flatten { input_shape, start_dim, end_dim } => {
            if let Some(shape) = input_shape {
                sizes(group, "input_type", shape)?;
            }
            number(group, "start_dim", *start_dim)?;
            number(group, "end_dim", *end_dim)?;
        }
        NodeKind::Graph(graph) => contents(group, graph)?,
        _ => {}
    }
    match &node.kind {
        NodeKind::Graph(graph) if node.metadata.is_empty() => notes(group, "metadata", &graph.metadata),
        _ => notes(group, "metadata", &node.metadata),
    }
}

fn convolution<const D: usize>(group: &Group, conv: &Conv<D>) -> hdf5_metno::Result<()> {
    let each = |field: &str, values: [usize; D]| match values[..] {
        [one] => number(group, field, one as i64),
        _ => sizes(group, field, &values),
    };
    each("stride", conv.stride)?;
    each("dilation", conv.dilation)?;
    match conv.padding {
        Padding::Same => text(group, "padding", "same")?,
        Padding::Valid => text(group, "padding", "valid")?,
        Padding::Zeros(zeros) => each("padding", zeros)?,
    }
    number(group, "groups", conv.groups as i64)
}

fn notes(group: &Group, name: &str, notes: &BTreeMap<String, Metadata>) -> hdf5_metno::Result<()> {
    if notes.is_empty() {
        return Ok(());
    }
    let group = group.create_group(name)?;
    for (name, note) in notes {
        match note {
            Metadata::Text(note) => text(&group, name, note)?,
            Metadata::Numbers(values) => tensor(&group, name, values)?,
            Metadata::Group(inner) => self::notes(&group, name, inner)?,
        }
    }
    Ok(())
}

fn unicode(value: &str) -> hdf5_metno::Result<VarLenUnicode> {
    value.parse().map_err(|_| hdf5_metno::Error::from("text with a zero byte"))
}

fn text(group: &Group, name: &str, value: &str) -> hdf5_metno::Result<()> {
    let data = group.new_dataset::<VarLenUnicode>().obj_track_times(false).create(name)?;
    data.write_scalar(&unicode(value)?)
}

fn number(group: &Group, name: &str, value: i64) -> hdf5_metno::Result<()> {
    group.new_dataset::<i64>().obj_track_times(false).create(name)?.write_scalar(&value)
}

fn sizes(group: &Group, name: &str, values: &[usize]) -> hdf5_metno::Result<()> {
    let shape = vec![values.len()];
    tensor(group, name, &Tensor { shape, values: values.iter().map(|value| *value as i64).collect() })
}

fn tensor<T: H5Type>(group: &Group, name: &str, tensor: &Tensor<T>) -> hdf5_metno::Result<()> {
    if let ([], [value]) = (&tensor.shape[..], &tensor.values[..]) {
        return group.new_dataset::<T>().obj_track_times(false).create(name)?.write_scalar(value);
    }
    let mut data = group.new_dataset::<T>();
    if tensor.values.len() >= COMPRESSED {
        data = data.deflate(4);
    }
    data.shape(&tensor.shape[..]).obj_track_times(false).create(name)?.write_raw(&tensor.values)
}
