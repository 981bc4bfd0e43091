//! What all pictures have in common: colours, sizes, how numbers are written.
//!
//! Colours differ in darkness as well as in hue, so that they survive colour-blindness and grey print. Sizes are in pixels of
//! a canvas that is [`WIDTH`] wide.

use plotters::style::{FontStyle, IntoFont, RGBColor, register_font};
use std::sync::Once;

/// Text, axes.
pub(crate) const INK: RGBColor = RGBColor(0x26, 0x2b, 0x33);
/// Text of less weight.
pub(crate) const PALE_INK: RGBColor = RGBColor(0x66, 0x6d, 0x78);
/// Behind everything.
pub(crate) const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);
/// Lines behind the data.
pub(crate) const GRID: RGBColor = RGBColor(0xe3, 0xe6, 0xea);
/// First colour: excitatory, positive, the one series.
pub(crate) const BLUE: RGBColor = RGBColor(0x16, 0x3f, 0x80);
/// Second colour: inhibitory, negative.
pub(crate) const ORANGE: RGBColor = RGBColor(0xf0, 0x8a, 0x24);
/// Bars that only accompany.
pub(crate) const SLATE: RGBColor = RGBColor(0x8a, 0x9b, 0xb5);

const SERIES: [RGBColor; 8] = [
    BLUE,
    ORANGE,
    RGBColor(0x2f, 0x8f, 0x83),
    RGBColor(0xa8, 0x2f, 0x5e),
    RGBColor(0x74, 0xb3, 0xe3),
    RGBColor(0x5a, 0x4a, 0x3f),
    RGBColor(0xd9, 0xb9, 0x3b),
    SLATE,
];

/// Width of a picture.
pub(crate) const WIDTH: f64 = 1600.0;
/// Height of a picture whose data do not ask for another.
pub(crate) const HEIGHT: f64 = 900.0;
/// Free space around everything.
pub(crate) const MARGIN: f64 = 40.0;
/// Size of the heading.
pub(crate) const TITLE: f64 = 36.0;
/// Size of the names of axes and of keys.
pub(crate) const LABEL: f64 = 25.0;
/// Size of numbers along axes and of notes.
pub(crate) const SMALL: f64 = 22.0;

/// The font of every picture. An SVG names fonts of like widths for viewers that lack the first.
pub(crate) const FONT: &str = "Ubuntu, Helvetica, Arial, sans-serif";

/// Registers the font that is part of the program, once.
pub(crate) fn with_font() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        for style in [FontStyle::Normal, FontStyle::Bold] {
            let _ = register_font(FONT, style, epaint_default_fonts::UBUNTU_LIGHT);
        }
    });
}

/// Width of a text in pixels, with room for viewers whose font runs wider.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    with_font();
    let measured = (FONT, size).into_font().layout_box(text).map(|((left, _), (right, _))| right - left);
    measured.map_or(0.55 * size * text.chars().count() as f64, f64::from) * 1.08
}

/// The text, cut with an ellipsis where it is wider than `width` pixels.
pub(crate) fn fitted(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while !kept.is_empty() {
        kept.pop();
        let cut: String = kept.iter().collect::<String>().trim_end().to_owned() + "…";
        if text_width(&cut, size) <= width {
            return cut;
        }
    }
    String::new()
}

/// The colour of series `index` of `of`: distinct hues for few, one scale from dark blue to orange for many.
pub(crate) fn series(index: usize, of: usize) -> RGBColor {
    match SERIES.get(index) {
        Some(colour) if of <= SERIES.len() => *colour,
        _ => between(
            &[BLUE, RGBColor(0x2f, 0x8f, 0x9b), RGBColor(0x9c, 0xb8, 0x6a), ORANGE],
            index as f64 / of.saturating_sub(1).max(1) as f64,
        ),
    }
}

/// Pale to dark for 0 to 1.
pub(crate) fn sequential(share: f64) -> RGBColor {
    between(&[RGBColor(0xf2, 0xf5, 0xfa), RGBColor(0x93, 0xb3, 0xdb), BLUE], share)
}

/// Orange to white to blue for -1 to 1.
pub(crate) fn diverging(value: f64) -> RGBColor {
    const ENDS: [RGBColor; 5] = [
        RGBColor(0xb3, 0x55, 0x07),
        RGBColor(0xf3, 0xa8, 0x5a),
        RGBColor(0xff, 0xff, 0xff),
        RGBColor(0x7d, 0xa2, 0xd2),
        RGBColor(0x10, 0x33, 0x6b),
    ];
    between(&ENDS, (value + 1.0) / 2.0)
}

/// Black or white, whichever reads better on `ground`.
pub(crate) fn readable_on(ground: RGBColor) -> RGBColor {
    let light = 0.299 * f64::from(ground.0) + 0.587 * f64::from(ground.1) + 0.114 * f64::from(ground.2);
    if light < 140.0 { RGBColor(0xff, 0xff, 0xff) } else { INK }
}

fn between(stops: &[RGBColor], share: f64) -> RGBColor {
    let at = share.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
    let low = (at as usize).min(stops.len() - 2);
    let mix = |a: u8, b: u8| (f64::from(a) + (at - low as f64) * (f64::from(b) - f64::from(a))).round() as u8;
    let (a, b) = (stops[low], stops[low + 1]);
    RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// A number with `decimals` decimals, a true minus sign, and its thousands apart.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, rest) = plain.split_once('.').map_or((plain.as_str(), None), |(w, r)| (w, Some(r)));
    let mut text = String::new();
    if value < 0.0 && plain.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        text.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && whole.len() > 4 && (whole.len() - i) % 3 == 0 {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    if let Some(rest) = rest {
        text.push('.');
        text.push_str(rest);
    }
    text
}

/// A number with three significant digits, as a power of ten where it is very large or small.
pub(crate) fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let exponent = value.abs().log10().floor();
    if !(-4.0..7.0).contains(&exponent) {
        let mantissa = fixed(value / 10f64.powf(exponent), 1);
        return match exponent < 0.0 {
            true => format!("{mantissa}e\u{2212}{}", -exponent),
            false => format!("{mantissa} × {}", power_of_ten(exponent as i32)),
        };
    }
    let decimals = (2.0 - exponent).max(0.0) as usize;
    let text = fixed(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// 10 to the `exponent`: written out where that is short.
pub(crate) fn power_of_ten(exponent: i32) -> String {
    match exponent {
        0..=5 => fixed(10f64.powi(exponent), 0),
        -4..0 => fixed(10f64.powi(exponent), exponent.unsigned_abs() as usize),
        _ => {
            // The font has raised digits, but no raised minus.
            if exponent < 0 {
                return format!("1e\u{2212}{}", exponent.unsigned_abs());
            }
            let digits = exponent.to_string();
            let raised = digits
                .bytes()
                .map(|b| ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][usize::from(b - b'0')]);
            format!("10{}", raised.collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_thousands_apart() {
        let cases = [
            (0.0, "0"),
            (1.5, "1.5"),
            (-0.034, "−0.034"),
            (12345.6, "12\u{a0}346"),
            (2e9, "2.0 × 10⁹"),
            (8.4e-9, "8.4e\u{2212}9"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!((fixed(-0.001, 2), power_of_ten(-3)), ("0.00".to_owned(), "0.001".to_owned()));
    }

    #[test]
    fn a_long_text_is_cut_to_its_room() {
        let cut = fitted("a rather long name of a model", 20.0, 120.0);
        assert!(cut.ends_with('…') && text_width(&cut, 20.0) <= 120.0, "{cut}");
        assert_eq!(fitted("short", 20.0, 120.0), "short");
    }

    #[test]
    fn the_first_series_colours_differ_in_grey_print() {
        let grey = |c: RGBColor| 0.299 * f64::from(c.0) + 0.587 * f64::from(c.1) + 0.114 * f64::from(c.2);
        assert!((grey(BLUE) - grey(ORANGE)).abs() > 60.0);
        assert!(grey(diverging(-1.0)) < 120.0 && grey(diverging(1.0)) < 60.0 && grey(diverging(0.0)) > 250.0);
    }
}
