//! Result tables as text for people and as CSV.

use comfy_table::{CellAlignment, Table as Grid, presets};
use std::io::{self, Write};
use synfire::analysis::table::{Column, Table, Values};

/// Writes `table` with its title above and its definitions below.
pub(crate) fn write_text(out: &mut impl Write, table: &Table) -> io::Result<()> {
    let mut grid = Grid::new();
    grid.load_preset(presets::NOTHING);
    grid.set_header(table.columns.iter().map(heading));
    for row in 0..table.rows() {
        grid.add_row(table.columns.iter().map(|column| shown(column, row)));
    }
    for (column, source) in grid.column_iter_mut().zip(&table.columns) {
        if !matches!(source.values, Values::Text(_)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    writeln!(out, "{}\n{grid}", table.title)?;
    for column in table.columns.iter().filter(|c| !c.definition.is_empty()) {
        writeln!(out, "  {}: {}", heading(column), column.definition)?;
    }
    Ok(())
}

fn heading(column: &Column) -> String {
    match column.unit {
        "" | "%" => column.heading.to_owned(),
        unit => format!("{} {unit}", column.heading),
    }
}

fn shown(column: &Column, row: usize) -> String {
    match &column.values {
        Values::Text(values) => values.get(row).cloned().unwrap_or_default(),
        Values::Integer(values) => values.get(row).map(i64::to_string).unwrap_or_default(),
        Values::Real(values) => match values.get(row) {
            Some(value) if !value.is_finite() => "-".to_owned(),
            Some(share) if column.unit == "%" => format!("{:.1} %", 100.0 * share),
            Some(value) => significant(*value),
            None => String::new(),
        },
    }
}

/// Four significant digits; whole numbers from 1000 on, in groups of three digits.
pub(crate) fn significant(value: f64) -> String {
    if value.abs() >= 999.5 {
        let digits = format!("{:.0}", value.abs());
        let gap = |i: usize| i > 0 && (digits.len() - i).is_multiple_of(3);
        let grouped: String = digits
            .chars()
            .enumerate()
            .flat_map(|(i, c)| gap(i).then_some(' ').into_iter().chain([c]))
            .collect();
        return if value < 0.0 { format!("-{grouped}") } else { grouped };
    }
    let decimals = if value == 0.0 { 0 } else { (3 - value.abs().log10().floor() as i32).clamp(0, 9) };
    let text = format!("{value:.*}", decimals as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Writes the rows of `table` as CSV, each behind `first`, a name and a value; the header only if `header`.
pub(crate) fn write_csv(
    out: &mut impl Write,
    table: &Table,
    first: (&str, &str),
    header: bool,
) -> io::Result<()> {
    if header {
        let names: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
        writeln!(out, "{},{}", first.0, names.join(","))?;
    }
    for row in 0..table.rows() {
        let cells: Vec<String> = table.columns.iter().map(|column| cell(column, row)).collect();
        writeln!(out, "{},{}", quoted(first.1), cells.join(","))?;
    }
    Ok(())
}

fn cell(column: &Column, row: usize) -> String {
    match &column.values {
        Values::Text(values) => values.get(row).map(|v| quoted(v)).unwrap_or_default(),
        Values::Integer(values) => values.get(row).map(i64::to_string).unwrap_or_default(),
        Values::Real(values) => {
            values.get(row).filter(|v| v.is_finite()).map(f64::to_string).unwrap_or_default()
        }
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_significant_digits() {
        let shown = [0.0, 0.0339, 1.13, 35.5, 999.6, 1234567.0, -0.5].map(significant);
        assert_eq!(shown, ["0", "0.0339", "1.13", "35.5", "1 000", "1 234 567", "-0.5"]);
    }
}
