//! Numbers for people: the digits that matter, thousands told apart.

/// Whole number with a thin gap every three digits.
pub(crate) fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let gap = |i: usize| i > 0 && (digits.len() - i).is_multiple_of(3);
    let sign = (value < 0.0).then_some('-');
    sign.into_iter()
        .chain(digits.chars().enumerate().flat_map(|(i, c)| gap(i).then_some(' ').into_iter().chain([c])))
        .collect()
}

/// A share in percent; a dash where it is not defined.
pub(crate) fn percent(share: f64) -> String {
    if share.is_nan() { "-".to_owned() } else { format!("{:.2} %", 100.0 * share) }
}

/// Four significant digits; whole numbers from 1000 on.
pub(crate) fn significant(value: f64) -> String {
    if !value.is_finite() {
        return undefined(value);
    }
    if value.abs() >= 999.5 {
        return grouped(value);
    }
    let decimals = if value == 0.0 { 0 } else { (3 - value.abs().log10().floor() as i32).clamp(0, 9) };
    let text = format!("{value:.*}", decimals as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// The numbers of a column: all with the decimals that its largest needs, or, where they lie more than three powers of ten
/// apart, each with four significant digits.
pub(crate) fn of_column(values: &[f64]) -> Vec<String> {
    let sizes = values.iter().map(|v| v.abs()).filter(|v| v.is_finite() && *v > 0.0);
    let (least, largest) = sizes.fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
    let one = |value: &f64| match value.is_finite() {
        true if largest > 1e3 * least => significant(*value),
        true => aligned(*value, largest),
        false => undefined(*value),
    };
    values.iter().map(one).collect()
}

fn aligned(value: f64, largest: f64) -> String {
    match largest {
        0.0 => "0".to_owned(),
        l if l >= 1e4 => grouped(value),
        l if l >= 1e-3 => format!("{value:.*}", (3.0 - l.log10().floor()) as usize),
        _ => format!("{value:.3e}"),
    }
}

fn undefined(value: f64) -> String {
    if value.is_nan() { "-".to_owned() } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!(
            [0.0, 999.4, 1000.0, 1234567.0, -1000.0].map(grouped),
            ["0", "999", "1 000", "1 234 567", "-1 000"]
        );
    }

    #[test]
    fn numbers_have_four_significant_digits() {
        let shown = [0.0, 0.0339, 1.13, 35.5, 999.6, 1234567.0, -0.5, f64::NAN].map(significant);
        assert_eq!(shown, ["0", "0.0339", "1.13", "35.5", "1 000", "1 234 567", "-0.5", "-"]);
    }

    #[test]
    fn the_numbers_of_a_column_have_the_decimals_of_the_largest_unless_they_lie_far_apart() {
        assert_eq!(of_column(&[1.5, f64::NAN, 20.0]), ["1.50", "-", "20.00"]);
        assert_eq!(of_column(&[0.6735, 0.5]), ["0.6735", "0.5000"]);
        assert_eq!(of_column(&[2.09601, 0.0]), ["2.096", "0.000"]);
        assert_eq!(of_column(&[0.0339, 1234567.0]), ["0.0339", "1 234 567"]);
        assert_eq!(of_column(&[0.0]), ["0"]);
        assert_eq!(of_column(&[12345.6]), ["12 346"]);
        assert_eq!(of_column(&[0.00004]), ["4.000e-5"]);
    }
}
