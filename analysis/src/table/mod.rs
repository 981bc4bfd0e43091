//! Results as tables: named columns with units and definitions, whatever they are printed as.
//!
//! Each analysis gives [`Table`]s; the command prints them for people, as JSON, CSV or Parquet, and the report as HTML, so
//! that a number carries the same name, unit and definition everywhere.

#[cfg(feature = "polars")]
mod parquet;
mod text;

#[cfg(feature = "polars")]
pub use parquet::TableError;

use serde::Serialize;

/// A result: rows of named columns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// Machine-readable name, `snake_case`, unique within a report: `sparsity`, `intervals`.
    pub name: &'static str,
    /// Heading for people.
    pub title: String,
    /// What must be known of all rows before one is believed, such as that they are of a sample; most often empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The columns; all have as many values as there are rows.
    pub columns: Vec<Column>,
}

/// A column of a [`Table`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    /// Machine-readable name with the unit in it: `rate_hz`, `silent_share`.
    pub name: &'static str,
    /// Short heading for people, without the unit.
    pub heading: &'static str,
    /// Unit for people; empty for names and pure numbers, `%` for shares, which hold 0 to 1 and are shown times 100.
    pub unit: &'static str,
    /// What the number means; empty for keys such as the layer.
    pub definition: &'static str,
    /// The values.
    pub values: Values,
}

/// The values of a [`Column`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Values {
    /// Names.
    Text(Vec<String>),
    /// Exact integers.
    Integer(Vec<i64>),
    /// Real numbers; NaN where a statistic is not defined (shown as a dash, `null` in JSON).
    Real(Vec<f64>),
}

impl Values {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(v) => v.len(),
            Self::Integer(v) => v.len(),
            Self::Real(v) => v.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(name: &'static str, title: impl Into<String>) -> Self {
        Self { name, title: title.into(), note: String::new(), columns: Vec::new() }
    }

    /// Says something of all rows, if there is something to say.
    #[must_use]
    pub fn noted(mut self, note: Option<&str>) -> Self {
        self.note = note.unwrap_or_default().to_owned();
        self
    }

    /// Adds a key column (a name or number that says what a row is about).
    #[must_use]
    pub fn key(self, name: &'static str, heading: &'static str, values: Values) -> Self {
        self.column(name, heading, "", "", values)
    }

    /// Puts a key column before the others.
    #[must_use]
    pub fn first_key(mut self, name: &'static str, heading: &'static str, values: Values) -> Self {
        self.columns.insert(0, Column { name, heading, unit: "", definition: "", values });
        self
    }

    /// Adds a column with its unit and definition.
    #[must_use]
    pub fn column(
        mut self,
        name: &'static str,
        heading: &'static str,
        unit: &'static str,
        definition: &'static str,
        values: Values,
    ) -> Self {
        self.columns.push(Column { name, heading, unit, definition, values });
        self
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |c| c.values.len())
    }
}
