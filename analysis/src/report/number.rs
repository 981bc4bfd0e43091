//! Numbers for people: four significant digits for the largest of a column, the same decimals for all but those that would
//! be left with one digit or none, gaps between thousands, a dash for what is not defined.

use crate::table::{Column, Values};

/// What stands where a statistic is not defined.
const UNDEFINED: &str = "–";
/// Narrow space that does not break.
const GAP: char = '\u{202f}';

/// A cell of a table.
#[derive(Debug, PartialEq)]
pub(super) struct Cell {
    /// As shown.
    pub(super) text: String,
    /// As sorted: the number in full, nothing for names and where it is not defined.
    pub(super) sort: String,
    /// Of a share, how much of its cell a bar fills, in percent.
    pub(super) bar: Option<String>,
}

/// The cells of a column.
pub(super) fn cells(column: &Column) -> Vec<Cell> {
    match &column.values {
        Values::Text(names) => {
            names.iter().map(|text| Cell { text: text.clone(), sort: String::new(), bar: None }).collect()
        }
        Values::Integer(numbers) => {
            let keys = column.definition.is_empty();
            let show = |n: i64| if keys { n.to_string() } else { integer(n) };
            numbers.iter().map(|n| Cell { text: show(*n), sort: n.to_string(), bar: None }).collect()
        }
        Values::Real(numbers) => {
            let share = column.unit == "%";
            let scale = if share { 100.0 } else { 1.0 };
            let decimals = decimals(numbers.iter().map(|v| v * scale));
            let cell = |v: &f64| Cell {
                text: if is_lost(v * scale, decimals) {
                    figure(v * scale)
                } else {
                    real(v * scale, decimals)
                },
                sort: if v.is_nan() { String::new() } else { v.to_string() },
                bar: (share && (0.0..=1.0).contains(v)).then(|| format!("{:.1}", v * scale)),
            };
            numbers.iter().map(cell).collect()
        }
    }
}

/// Decimals that give the largest of `values` four significant digits; none where all are whole. `None` where all are
/// so small that powers of ten tell more.
fn decimals(values: impl Iterator<Item = f64> + Clone) -> Option<usize> {
    let finite = values.filter(|v| v.is_finite());
    let largest = finite.clone().fold(0.0f64, |most, v| most.max(v.abs()));
    if finite.clone().all(|v| v.fract() == 0.0) {
        return Some(0);
    }
    let digits = 3 - largest.log10().floor() as i32;
    (digits <= 6).then(|| digits.max(0) as usize)
}

/// Whether `decimals` leave fewer than two significant digits of a value that is not whole.
fn is_lost(value: f64, decimals: Option<usize>) -> bool {
    decimals.is_some_and(|decimals| value.fract() != 0.0 && value.abs() * 10f64.powi(decimals as i32) < 10.0)
}

/// A number with `decimals`, or as a power of ten.
fn real(value: f64, decimals: Option<usize>) -> String {
    if value.is_nan() {
        return UNDEFINED.to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    match decimals {
        Some(decimals) => grouped(&format!("{value:.decimals$}")),
        None => format!("{value:.3e}").replace('-', "−"),
    }
}

/// One number on its own, with four significant digits.
pub(super) fn figure(value: f64) -> String {
    real(value, decimals(std::iter::once(value)))
}

/// A share as a percentage, with four significant digits.
pub(super) fn percentage(share: f64) -> String {
    figure(share * 100.0)
}

/// A whole number with gaps between thousands.
pub(super) fn integer(value: impl Into<i128>) -> String {
    grouped(&value.into().to_string())
}

/// Sets gaps between the thousands and a true minus before a number in digits; four digits stay together.
fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("−", rest));
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut text = sign.to_owned();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && whole.len() > 4 && (whole.len() - i).is_multiple_of(3) {
            text.push(GAP);
        }
        text.push(digit);
    }
    text + fraction
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Table;

    fn texts(unit: &'static str, values: Values) -> Vec<String> {
        let table = Table::new("t", "t").column("c", "c", unit, "what it is", values);
        cells(&table.columns[0]).into_iter().map(|cell| cell.text).collect()
    }

    #[test]
    fn a_column_shares_its_decimals_and_a_share_is_shown_times_100() {
        assert_eq!(texts("", Values::Real(vec![1.28449, 0.95, f64::NAN])), ["1.284", "0.950", "–"]);
        assert_eq!(texts("%", Values::Real(vec![0.68994, 0.0251])), ["68.99", "2.51"]);
        assert_eq!(texts("Hz", Values::Real(vec![147_232.4, -12.0])), ["147\u{202f}232", "−12"]);
        assert_eq!(texts("", Values::Real(vec![3.0, 4.0])), ["3", "4"]);
        assert_eq!(
            texts("", Values::Real(vec![75.314, 0.013_278, 0.0, 0.25, 3.0])),
            ["75.31", "0.01328", "0.00", "0.25", "3.00"]
        );
        assert_eq!(texts("pJ", Values::Real(vec![3.54e-9, f64::NEG_INFINITY])), ["3.540e−9", "−∞"]);
    }

    #[test]
    fn thousands_have_gaps_and_four_digits_stay_together() {
        assert_eq!(
            [999, 1234, 12_345, -1_234_567].map(|n: i64| integer(n)),
            ["999", "1234", "12\u{202f}345", "−1\u{202f}234\u{202f}567"]
        );
    }

    #[test]
    fn cells_sort_by_the_number_in_full_and_undefined_ones_by_nothing() {
        let table =
            Table::new("t", "t").column("c", "c", "%", "d", Values::Real(vec![0.123_456_789, f64::NAN]));
        let cells = cells(&table.columns[0]);
        assert_eq!((cells[0].sort.as_str(), cells[0].bar.as_deref()), ("0.123456789", Some("12.3")));
        assert_eq!((cells[1].sort.as_str(), cells[1].bar.as_deref()), ("", None));
    }
}
