//! Results for people, as text tables, and for programs, as JSON, CSV or Parquet.

use super::numbers::{grouped, of_column, percent};
use anyhow::{Context, Result};
use clap::Args;
use comfy_table::{CellAlignment, ContentArrangement, presets};
use std::io::Write;
use std::path::{Path, PathBuf};
use synfire::analysis::table::{Column, Table, Values};

/// Columns of a terminal that tables are made to fit in.
const WIDTH: u16 = 110;

/// In what form results are given.
#[derive(Args, Default)]
#[group(multiple = false)]
pub(crate) struct OutputArgs {
    /// Print JSON: one array of tables, each with its columns, units, definitions and rows
    #[arg(long)]
    json: bool,
    /// Print CSV; tables are separated by an empty line
    #[arg(long)]
    csv: bool,
    /// Write Parquet; of several tables, each gets its name before the extension
    #[arg(long, value_name = "FILE")]
    parquet: Option<PathBuf>,
}

impl OutputArgs {
    /// Whether something other than text for people was asked for.
    #[cfg(feature = "polars")]
    pub(crate) fn for_programs(&self) -> bool {
        self.json || self.csv || self.parquet.is_some()
    }

    /// Gives out `tables`; `notes` are lines for people below them.
    pub(crate) fn give(&self, tables: &[Table], notes: &[String]) -> Result<()> {
        let mut out = std::io::stdout().lock();
        if let Some(path) = &self.parquet {
            for table in tables {
                let path = if tables.len() == 1 { path.clone() } else { with_name(path, table.name) };
                write_parquet(table, &path)?;
                writeln!(out, "{}: {} rows", path.display(), table.rows())?;
            }
        } else if self.json {
            let tables: Vec<_> = tables.iter().map(Table::to_json).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&tables)?)?;
        } else if self.csv {
            let texts: Vec<String> = tables.iter().map(Table::to_csv).collect();
            write!(out, "{}", texts.join("\n"))?;
        } else {
            print(&mut out, tables)?;
        }
        for note in notes {
            if self.json || self.csv { eprintln!("synfire: {note}") } else { writeln!(out, "{note}")? }
        }
        Ok(())
    }
}

/// `out.parquet` and `sparsity` to `out-sparsity.parquet`.
fn with_name(path: &Path, name: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map_or(String::new(), |e| format!(".{}", e.to_string_lossy()));
    path.with_file_name(format!("{stem}-{name}{extension}"))
}

#[cfg(feature = "polars")]
fn write_parquet(table: &Table, path: &Path) -> Result<()> {
    table.write_parquet(path).context("--parquet")
}

#[cfg(not(feature = "polars"))]
fn write_parquet(_: &Table, path: &Path) -> Result<()> {
    let message = format!("--parquet {}: this build has no Parquet output", path.display());
    Err(anyhow::anyhow!(message)).context("use --csv, or build with the feature polars")
}

/// Prints tables for people, each with its definitions below.
pub(crate) fn print(out: &mut impl Write, tables: &[Table]) -> std::io::Result<()> {
    for (i, table) in tables.iter().enumerate() {
        writeln!(out, "{}{}\n", if i > 0 { "\n" } else { "" }, table.title)?;
        if !table.note.is_empty() {
            writeln!(out, "{}\n", table.note)?;
        }
        writeln!(out, "{}\n", text(table))?;
        let defined: Vec<&Column> = table.columns.iter().filter(|c| !c.definition.is_empty()).collect();
        let width = defined.iter().map(|c| c.heading.chars().count()).max().unwrap_or(0);
        for column in defined {
            writeln!(out, "{}", wrapped(column.heading, width, column.definition))?;
        }
    }
    Ok(())
}

/// A heading and its definition, continued below itself where it is too long for a line.
fn wrapped(heading: &str, width: usize, definition: &str) -> String {
    let mut text = format!("{heading:width$} ");
    let mut column = width + 1;
    for word in definition.split(' ') {
        if column + 1 + word.chars().count() > usize::from(WIDTH) {
            text.push_str(&format!("\n{:1$}", "", width + 1));
            column = width + 1;
        }
        text.push(' ');
        text.push_str(word);
        column += 1 + word.chars().count();
    }
    text
}

fn text(table: &Table) -> comfy_table::Table {
    let mut text = plain();
    let headings = table.columns.iter().map(|column| match column.unit {
        "" | "%" => column.heading.to_owned(),
        unit => format!("{} [{unit}]", column.heading),
    });
    text.set_header(headings);
    let columns: Vec<Vec<String>> = table.columns.iter().map(cells).collect();
    for row in 0..table.rows() {
        text.add_row(columns.iter().map(|column| column.get(row).map_or("", String::as_str)));
    }
    let numbers = table.columns.iter().map(|column| !matches!(column.values, Values::Text(_)));
    for (column, number) in text.column_iter_mut().zip(numbers) {
        if number {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    text
}

/// An empty table in the style of all tables of the command.
pub(crate) fn plain() -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table
}

/// A column for people; shares in percent.
fn cells(column: &Column) -> Vec<String> {
    match &column.values {
        Values::Text(values) => values.clone(),
        Values::Integer(values) => values.iter().map(|value| grouped(*value as f64)).collect(),
        Values::Real(values) if column.unit == "%" => values.iter().map(|value| percent(*value)).collect(),
        Values::Real(values) => of_column(values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_wrap_below_themselves() {
        let text = wrapped("x", 3, &"word ".repeat(40));
        assert!(
            text.lines().all(|line| line.len() <= usize::from(WIDTH)) && text.lines().count() == 2,
            "{text}"
        );
        assert!(text.lines().skip(1).all(|line| line.starts_with("     word")), "{text}");
    }

    #[test]
    fn several_tables_go_to_files_of_their_names() {
        assert_eq!(with_name(Path::new("a/out.parquet"), "counts"), Path::new("a/out-counts.parquet"));
    }
}
