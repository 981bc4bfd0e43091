//! A YAML document as a tree of raw scalars with their lines.
//!
//! Built from the events of `saphyr-parser`, the maintained YAML 1.2 parser of the Rust ecosystem: it gives every event
//! its line, and leaves scalars as they were written, which a core address such as `1.10` needs (as a number it is 1.1).

use crate::hardware::ChipError;
use saphyr_parser::{Event, Parser};

/// A node and the line it starts at.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Scalar(String),
    List(Vec<Node>),
    /// Keys are scalars, in the order of the file.
    Map(Vec<(String, Node)>),
}

/// Nesting beyond this is no description of a chip.
const DEEPEST: usize = 64;

/// A list or map that is being read: its key within its parent, and what it holds so far.
struct Open {
    node: Node,
    /// Key of a map whose value comes next.
    key: Option<String>,
}

/// Parses the one document of `text`; `file` names it in errors.
pub(super) fn parse(text: &str, file: &str) -> Result<Node, ChipError> {
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|e| ChipError::file(file, format_args!("line {}", e.marker().line()), e.info()))?;
        let line = span.start.line();
        let start = |value| Open { node: Node { line, value }, key: None };
        let done = match event {
            Event::Scalar(text, ..) => Node { line, value: Value::Scalar(text.into_owned()) },
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= DEEPEST => {
                return Err(ChipError::file(file, format_args!("line {line}"), "nested too deeply"));
            }
            Event::SequenceStart(..) => {
                open.push(start(Value::List(Vec::new())));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(start(Value::Map(Vec::new())));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(closed) => closed.node,
                None => continue,
            },
            Event::Alias(_) => {
                return Err(ChipError::file(
                    file,
                    format_args!("line {line}"),
                    "aliases are not supported: write the value out",
                ));
            }
            _ => continue,
        };
        match open.last_mut() {
            None => root = root.or(Some(done)),
            Some(parent) => attach(parent, done, file)?,
        }
    }
    root.ok_or_else(|| ChipError::file(file, "line 1", "the file is empty"))
}

/// Puts a node into the list or map that holds it.
fn attach(parent: &mut Open, node: Node, file: &str) -> Result<(), ChipError> {
    match &mut parent.node.value {
        Value::List(items) => items.push(node),
        Value::Map(entries) => match (parent.key.take(), node) {
            (Some(key), node) => entries.push((key, node)),
            (None, Node { value: Value::Scalar(key), .. }) => parent.key = Some(key),
            (None, Node { line, .. }) => {
                return Err(ChipError::file(
                    file,
                    format_args!("line {line}"),
                    "a key must be a word or a number",
                ));
            }
        },
        Value::Scalar(_) => {}
    }
    Ok(())
}

impl Node {
    /// An error at this node.
    pub(super) fn error(&self, file: &str, reason: impl std::fmt::Display) -> ChipError {
        ChipError::file(file, format_args!("line {}", self.line), reason)
    }

    /// Items of a list; of anything else the node itself.
    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// Entries of a map, or of a list of maps, in order.
    pub(super) fn entries(&self, file: &str) -> Result<Vec<(&str, &Self)>, ChipError> {
        match &self.value {
            Value::Map(entries) => Ok(entries.iter().map(|(key, node)| (key.as_str(), node)).collect()),
            Value::List(items) => {
                let parts: Result<Vec<_>, _> = items.iter().map(|item| item.entries(file)).collect();
                Ok(parts?.into_iter().flatten().collect())
            }
            Value::Scalar(text) if text.is_empty() => Ok(Vec::new()),
            Value::Scalar(text) => {
                Err(self.error(file, format_args!("'{text}' stands where keys and values are expected")))
            }
        }
    }

    /// The value of `key`, if given; the last one counts.
    pub(super) fn get<'a>(&'a self, key: &str, file: &str) -> Result<Option<&'a Self>, ChipError> {
        Ok(self.entries(file)?.into_iter().rev().find(|(k, _)| *k == key).map(|(_, node)| node))
    }

    /// The value of `key`.
    pub(super) fn need<'a>(&'a self, key: &str, file: &str) -> Result<&'a Self, ChipError> {
        self.get(key, file)?.ok_or_else(|| self.error(file, format_args!("'{key}' is missing")))
    }

    /// A scalar as it was written.
    pub(super) fn text<'a>(&'a self, file: &str) -> Result<&'a str, ChipError> {
        match &self.value {
            Value::Scalar(text) => Ok(text),
            _ => Err(self.error(file, "a single value is expected")),
        }
    }

    /// A number or anything else that parses; `what` says what is expected.
    pub(super) fn parse<T: std::str::FromStr>(&self, file: &str, what: &str) -> Result<T, ChipError> {
        let text = self.text(file)?;
        text.trim().parse().map_err(|_| self.error(file, format_args!("'{text}' is not {what}")))
    }

    /// A finite number.
    pub(super) fn number(&self, file: &str) -> Result<f64, ChipError> {
        let value: f64 = self.parse(file, "a number")?;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(self.error(file, format_args!("{value} is not finite")))
        }
    }

    /// `true` or `false`, in YAML's spellings, or 0 and 1.
    pub(super) fn flag(&self, file: &str) -> Result<bool, ChipError> {
        match self.text(file)? {
            "true" | "True" | "TRUE" | "1" => Ok(true),
            "false" | "False" | "FALSE" | "0" => Ok(false),
            other => Err(self.error(file, format_args!("'{other}' is neither true nor false"))),
        }
    }
}
