//! Tables as JSON and CSV, numbers exact: an integer with every digit, a real number so that it reads back the same.

use super::{Column, Table, Values};
use serde_json::{Map, Value, json};

impl Table {
    /// The table as one JSON object: `name`, `title`, `columns` with their units and definitions, and `rows`, one object a
    /// row. A statistic that is not defined is `null`. Where the table has a `note`, it is there too.
    ///
    /// ```
    /// use synfire_analysis::table::{Table, Values};
    /// let table = Table::new("rates", "Rates")
    ///     .key("unit", "unit", Values::Integer(vec![7]))
    ///     .column("rate_hz", "rate", "Hz", "spikes over the span", Values::Real(vec![0.5]));
    /// assert_eq!(table.to_json()["rows"][0], serde_json::json!({ "unit": 7, "rate_hz": 0.5 }));
    /// assert_eq!(table.to_csv(), "unit,rate_hz\n7,0.5\n");
    /// ```
    #[must_use]
    pub fn to_json(&self) -> Value {
        let row = |row: usize| -> Map<String, Value> {
            self.columns.iter().map(|column| (column.name.to_owned(), column.json(row))).collect()
        };
        let about = |column: &Column| json!({ "name": column.name, "unit": column.unit, "definition": column.definition });
        let mut table = json!({
            "name": self.name,
            "title": self.title,
            "columns": self.columns.iter().map(about).collect::<Vec<_>>(),
            "rows": (0..self.rows()).map(row).collect::<Vec<_>>(),
        });
        if !self.note.is_empty() {
            table["note"] = json!(self.note);
        }
        table
    }

    /// The table as comma-separated values with a header line (RFC 4180, line feeds). A statistic that is not defined is
    /// an empty field.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let header: Vec<String> = self.columns.iter().map(|column| quoted(column.name)).collect();
        let mut text = header.join(",");
        text.push('\n');
        for row in 0..self.rows() {
            let fields: Vec<String> = self.columns.iter().map(|column| column.csv(row)).collect();
            text.push_str(&fields.join(","));
            text.push('\n');
        }
        text
    }
}

impl Column {
    fn json(&self, row: usize) -> Value {
        match &self.values {
            Values::Text(v) => v.get(row).map_or(Value::Null, |text| json!(text)),
            Values::Integer(v) => v.get(row).map_or(Value::Null, |number| json!(number)),
            Values::Real(v) => v.get(row).map_or(Value::Null, |number| json!(number)),
        }
    }

    fn csv(&self, row: usize) -> String {
        match &self.values {
            Values::Text(v) => v.get(row).map_or(String::new(), |text| quoted(text)),
            Values::Integer(v) => v.get(row).map_or(String::new(), i64::to_string),
            Values::Real(v) => {
                v.get(row).filter(|number| number.is_finite()).map_or(String::new(), f64::to_string)
            }
        }
    }
}

/// A field of text, in quotes where it needs them.
fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_with_commas_and_quotes_are_quoted_and_undefined_ones_empty() {
        let table = Table::new("t", "T")
            .key("run", "run", Values::Text(vec!["a,b".to_owned(), "say \"x\"".to_owned()]))
            .column("v", "v", "", "a number", Values::Real(vec![f64::NAN, 0.1]));
        assert_eq!(table.to_csv(), "run,v\n\"a,b\",\n\"say \"\"x\"\"\",0.1\n");
        assert_eq!(table.to_json()["rows"][0]["v"], Value::Null);
    }

    #[test]
    fn integers_keep_every_digit() {
        let table = Table::new("t", "T").key("n", "n", Values::Integer(vec![i64::MAX, i64::MIN]));
        assert_eq!(table.to_csv(), "n\n9223372036854775807\n-9223372036854775808\n");
        assert_eq!(table.to_json()["rows"][1]["n"], i64::MIN);
    }
}
