//! Reading NIR's HDF5 files. What they claim is checked before it is read; a file whose heap of texts is damaged can still
//! bring the HDF5 library itself down.

use super::{Conv, Graph, GraphError, Metadata, NirError, Node, NodeKind, Padding, Pool, Tensor};
use crate::formats::hdf5::{Table, open_as};
use hdf5_metno::types::{FixedAscii, FixedUnicode, TypeDescriptor, VarLenAscii, VarLenUnicode};
use hdf5_metno::{Dataset, File, H5Type};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

/// Graphs within graphs, and notes within notes, at most: links of a damaged file can run in circles.
const DEEPEST: usize = 16;

pub(super) fn read(path: &Path) -> Result<Graph, NirError> {
    let foreign = |reason: String| NirError::Foreign { path: path.to_owned(), reason };
    let file = open_as(path, |error| {
        foreign(format!("{error}; give an HDF5 file that the Python package nir or a simulator wrote"))
    })?;
    if !file.link_exists("node") {
        return Err(foreign("it has no group 'node'; write the graph with nir.write".to_owned()));
    }
    let reader = Reader { path, file: &file };
    let root = Group { reader: &reader, at: "node".to_owned(), name: String::new() };
    let kind = root.text("type")?;
    let graph = if kind == "NIRGraph" {
        root.graph(0)?
    } else {
        // A file may hold a single node.
        let node = root.node(0)?;
        Graph { nodes: BTreeMap::from([("node".to_owned(), node)]), ..Graph::default() }
    };
    graph.shapes().map_err(|source| NirError::Graph { path: path.to_owned(), source })?;
    Ok(graph)
}

struct Reader<'a> {
    path: &'a Path,
    file: &'a File,
}

/// One node of the file.
struct Group<'a> {
    reader: &'a Reader<'a>,
    /// Its path in the file.
    at: String,
    /// Its name in errors.
    name: String,
}

impl<'a> Group<'a> {
    fn error(&self, field: &str, value: impl Display, remedy: impl Display) -> NirError {
        let name = if self.name.is_empty() { "(graph)" } else { &self.name };
        let source = GraphError::node(name, field, value, remedy);
        NirError::Graph { path: self.reader.path.to_owned(), source }
    }

    fn has(&self, field: &str) -> bool {
        self.reader.file.link_exists(&format!("{}/{field}", self.at))
    }

    /// The values of a field, whose claims were checked.
    fn table<'b>(&self, at: &'b str) -> Result<Table<'b>, NirError>
    where
        'a: 'b,
    {
        let field = at.rsplit('/').next().unwrap_or(at);
        if !self.reader.file.link_exists(at) {
            return Err(self.error(field, "missing", "write the file again with a current nir"));
        }
        Ok(Table::of_any_shape(self.reader.path, self.reader.file, at)?)
    }

    fn at(&self, field: &str) -> String {
        format!("{}/{field}", self.at)
    }

    fn tensor<T: H5Type>(&self, field: &str) -> Result<Tensor<T>, NirError> {
        let at = self.at(field);
        let table = self.table(&at)?;
        Ok(Tensor { shape: table.shape().to_vec(), values: table.raw()? })
    }

    /// A field that older files lack.
    fn tensor_or(&self, field: &str, value: f64) -> Result<Tensor<f64>, NirError> {
        if self.has(field) { self.tensor(field) } else { Ok(Tensor { shape: vec![], values: vec![value] }) }
    }

    fn text(&self, field: &str) -> Result<String, NirError> {
        let at = self.at(field);
        let table = self.table(&at)?;
        let texts = texts(table.data()).map_err(|error| self.error(field, error, "give a text"))?;
        texts.into_iter().next().ok_or_else(|| self.error(field, "empty", "give a text"))
    }

    fn sizes(&self, field: &str) -> Result<Vec<usize>, NirError> {
        let values: Vec<i64> = self.tensor(field)?.values;
        let sizes = values.iter().map(|value| usize::try_from(*value).ok()).collect::<Option<_>>();
        sizes.ok_or_else(|| self.error(field, format_args!("{values:?}"), "give whole numbers from 0"))
    }

    /// A size for each of `D` dimensions; one number stands for all.
    fn each<const D: usize>(&self, field: &str) -> Result<[usize; D], NirError> {
        let sizes = self.sizes(field)?;
        match sizes[..] {
            [size] => Ok([size; D]),
            _ => sizes.try_into().map_err(|sizes: Vec<usize>| {
                let value = format_args!("{} numbers", sizes.len());
                self.error(field, value, format_args!("give one for each of {D} dimensions"))
            }),
        }
    }

    fn number(&self, field: &str) -> Result<i64, NirError> {
        match self.tensor::<i64>(field)?.values[..] {
            [number] => Ok(number),
            ref values => Err(self.error(field, format_args!("{} numbers", values.len()), "give one")),
        }
    }

    /// A shape that need not be there.
    fn shape(&self, field: &str) -> Result<Option<Vec<usize>>, NirError> {
        if !self.has(field) {
            return Ok(None);
        }
        let shape = self.sizes(field)?;
        Ok(Some(shape).filter(|shape| !shape.is_empty()))
    }

    fn conv<const D: usize>(&self) -> Result<Conv<D>, NirError> {
        let at = self.at("padding");
        let padding = if is_text(self.table(&at)?.data()) {
            match self.text("padding")?.as_str() {
                "same" => Padding::Same,
                "valid" => Padding::Valid,
                other => {
                    let value = format_args!("'{other}'");
                    return Err(self.error("padding", value, "give 'same', 'valid' or numbers"));
                }
            }
        } else {
            Padding::Zeros(self.each("padding")?)
        };
        let weight: Tensor<f32> = self.tensor("weight")?;
        let outputs = weight.shape.first().copied().unwrap_or(0);
        Ok(Conv {
            input_shape: match self.shape("input_shape")? {
                Some(_) => Some(self.each("input_shape")?),
                None => None,
            },
            padding,
            stride: self.each("stride")?,
            dilation: self.each("dilation")?,
            groups: self.each::<1>("groups")?[0],
            bias: match self.has("bias") {
                true => self.tensor("bias")?,
                // Bounded by the weight, which was read.
                false => Tensor { shape: vec![outputs], values: vec![0.0; outputs] },
            },
            weight,
        })
    }

    fn pool(&self) -> Result<Pool, NirError> {
        Ok(Pool {
            kernel_size: self.each("kernel_size")?,
            stride: self.each("stride")?,
            padding: self.each("padding")?,
        })
    }

    fn node(&self, depth: usize) -> Result<Node, NirError> {
        let p = |field| self.tensor::<f64>(field);
        let reset = || self.tensor_or("v_reset", 0.0);
        let kind = match self.text("type")?.as_str() {
            "Input" => NodeKind::Input { shape: self.sizes("shape")? },
            "Output" => NodeKind::Output { shape: self.sizes("shape")? },
            "Affine" => NodeKind::Affine { weight: self.tensor("weight")?, bias: self.tensor("bias")? },
            "Linear" => NodeKind::Linear { weight: self.tensor("weight")? },
            "Scale" => NodeKind::Scale { scale: self.tensor("scale")? },
            "Conv1d" => NodeKind::Conv1d(self.conv()?),
            "Conv2d" => NodeKind::Conv2d(self.conv()?),
            "SumPool2d" => NodeKind::SumPool2d(self.pool()?),
            "AvgPool2d" => NodeKind::AvgPool2d(self.pool()?),
            "Flatten" => NodeKind::Flatten {
                input_shape: self.shape("input_type")?,
                start_dim: self.number("start_dim")?,
                end_dim: self.number("end_dim")?,
            },
            "Threshold" => NodeKind::Threshold { threshold: p("threshold")? },
            "I" => NodeKind::I { r: p("r")? },
            "LI" => NodeKind::Li { tau: p("tau")?, r: p("r")?, v_leak: p("v_leak")? },
            "IF" => NodeKind::If { r: p("r")?, v_threshold: p("v_threshold")?, v_reset: reset()? },
            "LIF" => NodeKind::Lif {
                tau: p("tau")?,
                r: p("r")?,
                v_leak: p("v_leak")?,
                v_threshold: p("v_threshold")?,
                v_reset: reset()?,
            },
            "CubaLI" => NodeKind::CubaLi {
                tau_syn: p("tau_syn")?,
                tau_mem: p("tau_mem")?,
                r: p("r")?,
                v_leak: p("v_leak")?,
                w_in: self.tensor_or("w_in", 1.0)?,
            },
            "CubaLIF" => NodeKind::CubaLif {
                tau_syn: p("tau_syn")?,
                tau_mem: p("tau_mem")?,
                r: p("r")?,
                v_leak: p("v_leak")?,
                v_threshold: p("v_threshold")?,
                v_reset: reset()?,
                w_in: self.tensor_or("w_in", 1.0)?,
            },
            "NIRGraph" => NodeKind::Graph(self.graph(depth + 1)?),
            other => {
                let remedy = "replace it by Affine, Linear, Scale, Conv1d, Conv2d, SumPool2d, AvgPool2d, Flatten, \
                     Threshold, I, LI, IF, LIF, CubaLI, CubaLIF, Input, Output or NIRGraph";
                return Err(self.error("type", format_args!("'{other}'"), remedy));
            }
        };
        Ok(Node { kind, metadata: self.metadata()? })
    }

    fn graph(&self, depth: usize) -> Result<Graph, NirError> {
        if depth > DEEPEST {
            return Err(self.error("nodes", "too deep", format_args!("nest at most {DEEPEST} graphs")));
        }
        if !self.has("nodes") {
            return Err(self.error("nodes", "missing", "write the graph again"));
        }
        let mut nodes = BTreeMap::new();
        for name in self.members("nodes")? {
            let at = format!("{}/nodes/{name}", self.at);
            let inner = if self.name.is_empty() { name.clone() } else { format!("{}/{name}", self.name) };
            nodes.insert(name, Group { reader: self.reader, at, name: inner }.node(depth)?);
        }
        let at = self.at("edges");
        let edges = self.table(&at)?;
        let edges = match edges.shape() {
            shape if shape.contains(&0) => Vec::new(),
            [_, 2] => {
                let ends = texts(edges.data())
                    .map_err(|error| self.error("edges", error, "give the names of two nodes an edge"))?;
                ends.as_chunks::<2>().0.iter().map(|[from, to]| (from.clone(), to.clone())).collect()
            }
            shape => {
                let value = format_args!("of shape {shape:?}");
                return Err(self.error("edges", value, "give the names of two nodes an edge"));
            }
        };
        Ok(Graph { nodes, edges, metadata: self.metadata()? })
    }

    fn members(&self, group: &str) -> Result<Vec<String>, NirError> {
        let group_at = self.at(group);
        let names = self.reader.file.group(&group_at).and_then(|group| group.member_names());
        names.map_err(|error| self.error(group, error, "write the file again"))
    }

    fn metadata(&self) -> Result<BTreeMap<String, Metadata>, NirError> {
        if self.has("metadata") { self.notes("metadata", 0) } else { Ok(BTreeMap::new()) }
    }

    fn notes(&self, group: &str, depth: usize) -> Result<BTreeMap<String, Metadata>, NirError> {
        if depth > DEEPEST {
            return Err(self.error(
                group,
                "too deep",
                format_args!("nest at most {DEEPEST} groups of notes"),
            ));
        }
        let mut notes = BTreeMap::new();
        for name in self.members(group)? {
            let field = format!("{group}/{name}");
            let at = self.at(&field);
            let note = if self.reader.file.group(&at).is_ok() {
                Metadata::Group(self.notes(&field, depth + 1)?)
            } else if is_text(self.table(&at)?.data()) {
                Metadata::Text(self.text(&field)?)
            } else {
                Metadata::Numbers(self.tensor(&field)?)
            };
            notes.insert(name, note);
        }
        Ok(notes)
    }
}

fn descriptor(data: &Dataset) -> Option<TypeDescriptor> {
    data.dtype().ok()?.to_descriptor().ok()
}

fn is_text(data: &Dataset) -> bool {
    use TypeDescriptor::{FixedAscii, FixedUnicode, VarLenAscii, VarLenUnicode};
    matches!(descriptor(data), Some(VarLenUnicode | VarLenAscii | FixedAscii(_) | FixedUnicode(_)))
}

/// The texts of a data set, however they are stored.
fn texts(data: &Dataset) -> Result<Vec<String>, TextError> {
    fn all<T: H5Type>(data: &Dataset, bytes: fn(&T) -> &[u8]) -> Result<Vec<String>, TextError> {
        let texts = data.read_raw::<T>()?;
        texts.iter().map(|text| Ok(std::str::from_utf8(bytes(text))?.to_owned())).collect()
    }
    match descriptor(data) {
        Some(TypeDescriptor::VarLenUnicode) => all::<VarLenUnicode>(data, VarLenUnicode::as_bytes),
        Some(TypeDescriptor::VarLenAscii) => all::<VarLenAscii>(data, |text| {
            // A text that was never written has no bytes at all.
            if text.as_ptr().is_null() { &[] } else { text.as_bytes() }
        }),
        Some(TypeDescriptor::FixedAscii(_)) => all(data, FixedAscii::<LONGEST>::as_bytes),
        Some(TypeDescriptor::FixedUnicode(_)) => all(data, FixedUnicode::<LONGEST>::as_bytes),
        _ => Err(TextError::NoText),
    }
}

/// Bytes of a text of fixed width that are read.
const LONGEST: usize = 256;

/// Why a data set gives no texts.
#[derive(Debug, thiserror::Error)]
enum TextError {
    #[error("not readable ({0})")]
    Library(#[from] hdf5_metno::Error),
    #[error("no UTF-8 ({0})")]
    Unicode(#[from] std::str::Utf8Error),
    #[error("no text")]
    NoText,
}
