//! The page: what the template `templates/report.html` is filled in with.
//!
//! The template escapes whatever comes from data. Three things go in as they are: the program's own style and scripts,
//! pictures drawn by this crate, and JSON and base64, which are made safe here.

use super::number::{Cell, cells, integer};
use super::raster::{self, PageRaster, RasterData};
use super::{Image, Picture, Report, ReportError, Section, base64};
use crate::table::{Column, Table, Values};
use askama::Template;

/// One scope for all scripts of the page, one file a subject.
const SCRIPTS: [&str; 6] = [
    include_str!("../../templates/tips.js"),
    include_str!("../../templates/tables.js"),
    include_str!("../../templates/raster/decode.js"),
    include_str!("../../templates/raster/draw.js"),
    include_str!("../../templates/raster/point.js"),
    include_str!("../../templates/raster/view.js"),
];

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    style: String,
    script: String,
    sections: Vec<SectionView<'a>>,
    definitions: Vec<Definition<'a>>,
    raster: Option<RasterView>,
    /// Whether it needs telling which table a definition belongs to.
    several_tables: bool,
    version: &'static str,
}

struct SectionView<'a> {
    title: &'a str,
    lead: &'a str,
    tables: Vec<TableView<'a>>,
    pictures: Vec<PictureView<'a>>,
}

struct TableView<'a> {
    name: &'a str,
    title: &'a str,
    note: &'a str,
    heads: Vec<Head<'a>>,
    rows: Vec<Vec<BodyCell>>,
}

struct Head<'a> {
    heading: &'a str,
    unit: &'a str,
    definition: &'a str,
    /// Anchor of the definition.
    id: String,
    number: bool,
}

struct BodyCell {
    cell: Cell,
    number: bool,
}

struct PictureView<'a> {
    /// Markup of an SVG, address of a PNG.
    markup: String,
    png: bool,
    caption: &'a str,
}

struct Definition<'a> {
    id: String,
    name: &'static str,
    heading: &'static str,
    unit: &'static str,
    definition: &'static str,
    /// Titles of the tables that show it.
    tables: Vec<&'a str>,
}

struct RasterView {
    meta: String,
    raster: PageRaster,
    /// Panels under one heading of the selector, by index.
    groups: Vec<(String, Vec<usize>)>,
}

impl Page<'_> {
    /// A count with gaps between thousands.
    fn count(&self, spikes: &usize) -> String {
        format!("{} spikes", integer(*spikes as u64))
    }
}

/// The page of `report`.
pub(super) fn render(report: &Report) -> Result<String, ReportError> {
    let failed = |reason: String| ReportError::Page(reason);
    let definitions = definitions(report);
    let raster = match &report.raster {
        Some(raster) => Some(raster_view(raster).map_err(|e| failed(e.to_string()))?),
        None => None,
    };
    Page {
        report,
        style: slim_css(include_str!("../../templates/style.css")),
        script: SCRIPTS.map(slim).concat(),
        sections: report.sections.iter().map(|section| section_view(section, &definitions)).collect(),
        definitions,
        raster,
        several_tables: report.sections.iter().map(|section| section.tables.len()).sum::<usize>() > 1,
        version: env!("CARGO_PKG_VERSION"),
    }
    .render()
    .map_err(|e| failed(e.to_string()))
}

/// Each definition once, however many tables show it, in the order of the tables.
fn definitions(report: &Report) -> Vec<Definition<'_>> {
    let mut found: Vec<Definition<'_>> = Vec::new();
    for table in report.sections.iter().flat_map(|section| &section.tables) {
        for column in table.columns.iter().filter(|column| !column.definition.is_empty()) {
            let same = |d: &&mut Definition<'_>| d.name == column.name && d.definition == column.definition;
            if let Some(known) = found.iter_mut().find(same) {
                if known.tables.last() != Some(&table.title.as_str()) {
                    known.tables.push(&table.title);
                }
                continue;
            }
            let namesakes = found.iter().filter(|d| d.name == column.name).count();
            let suffix = if namesakes == 0 { String::new() } else { format!("-{}", namesakes + 1) };
            found.push(Definition {
                id: format!("def-{}{suffix}", column.name),
                name: column.name,
                heading: column.heading,
                unit: column.unit,
                definition: column.definition,
                tables: vec![&table.title],
            });
        }
    }
    found
}

fn section_view<'a>(section: &'a Section, definitions: &[Definition<'_>]) -> SectionView<'a> {
    let picture = |picture: &'a Picture| PictureView {
        markup: markup(&picture.image),
        png: matches!(picture.image, Image::Png(_)),
        caption: &picture.caption,
    };
    SectionView {
        title: &section.title,
        lead: &section.lead,
        tables: section.tables.iter().map(|table| table_view(table, definitions)).collect(),
        pictures: section.pictures.iter().map(picture).collect(),
    }
}

fn table_view<'a>(table: &'a Table, definitions: &[Definition<'_>]) -> TableView<'a> {
    let number = |column: &Column| !matches!(column.values, Values::Text(_));
    let head = |column: &'a Column| Head {
        heading: column.heading,
        unit: column.unit,
        definition: column.definition,
        id: definitions
            .iter()
            .find(|d| d.name == column.name && d.definition == column.definition)
            .map_or_else(String::new, |d| d.id.clone()),
        number: number(column),
    };
    let mut rows: Vec<Vec<BodyCell>> = (0..table.rows()).map(|_| Vec::new()).collect();
    for column in &table.columns {
        for (row, cell) in rows.iter_mut().zip(cells(column)) {
            row.push(BodyCell { cell, number: number(column) });
        }
    }
    let heads = table.columns.iter().map(head).collect();
    TableView { name: table.name, title: &table.title, note: &table.note, heads, rows }
}

/// An SVG without what stands before its root element; a PNG as the address of an image.
fn markup(image: &Image) -> String {
    match image {
        Image::Svg(svg) => svg.find("<svg").map_or("", |start| &svg[start..]).to_owned(),
        Image::Png(bytes) => format!("data:image/png;base64,{}", base64::encode(bytes)),
    }
}

fn raster_view(data: &RasterData) -> Result<RasterView, Box<dyn std::error::Error>> {
    let raster = raster::encode(data)?;
    let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
    for (i, panel) in raster.panels.iter().enumerate() {
        match groups.last_mut().filter(|(name, _)| *name == panel.group) {
            Some((_, members)) => members.push(i),
            None => groups.push((&panel.group, vec![i])),
        }
    }
    let groups = groups.into_iter().map(|(name, members)| (name.to_owned(), members)).collect();
    Ok(RasterView { meta: json_in_html(&serde_json::to_string(&raster)?), groups, raster })
}

/// A style or script without its indentation and without the comments that have lines of their own.
fn slim(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut comment = false;
    for line in source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")) {
        comment |= line.starts_with("/*");
        if !comment {
            text.push_str(line);
            text.push('\n');
        }
        comment &= !line.ends_with("*/");
    }
    text
}

/// A style without the spaces that only people need.
fn slim_css(source: &str) -> String {
    let pairs = [(" {", "{"), ("{ ", "{"), ("; ", ";"), (": ", ":"), (", ", ","), (";}", "}"), ("\n}", "}")];
    pairs.into_iter().fold(slim(source), |text, (wide, tight)| text.replace(wide, tight)).replace(";}", "}")
}

/// JSON that may stand in a script element: no text in it can close the element or open a comment.
fn json_in_html(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::report::{Fact, Figure};
    use proptest::prelude::*;
    use synfire_datasets::trains::Recording;

    /// A report that says `text` wherever text may come from data.
    fn saying(text: &str) -> Report {
        let own = || text.to_owned();
        let table = Table::new("t", text).key("name", "name", Values::Text(vec![own(), own()])).column(
            "n",
            "n",
            "Hz",
            "what n means",
            Values::Integer(vec![1, 2]),
        );
        let table = table.noted(Some(text));
        let picture = Picture { image: Image::Png(vec![1, 2, 3]), caption: own() };
        let recording = Recording {
            times_s: vec![0.5],
            units: vec![0],
            unit_ids: vec![7],
            stop_s: 1.0,
            ..Recording::default()
        };
        let mut raster = RasterData::of_recording(&recording, 10);
        raster.shown = own();
        Report {
            warning: Some(own()),
            figures: vec![Figure::new(text, text, text, text)],
            facts: vec![Fact::new(text, text)],
            provenance: vec![Fact::new(text, text)],
            sections: vec![Section {
                tables: vec![table],
                pictures: vec![picture],
                ..Section::new(text, text)
            }],
            raster: Some(raster),
            ..Report::new(text, text)
        }
    }

    /// Elements and attributes of a page, which no text from data may change.
    fn structure(html: &str) -> Vec<String> {
        html.split('<')
            .skip(1)
            .map(|rest| rest.split([' ', '>', '\n']).next().unwrap_or("").to_owned())
            .collect()
    }

    #[test]
    fn hostile_text_stays_text() {
        let plain = structure(&saying("plain").html().unwrap());
        for text in [
            "</script><script>alert(1)</script>",
            "\" onmouseover=\"alert(1)",
            "' onfocus='alert(1)",
            "<img src=x onerror=alert(1)>",
            "<!--",
            "]]></svg></style><script>",
            "{{ version }}{% if %}",
        ] {
            let html = saying(text).html().unwrap();
            assert_eq!(structure(&html), plain, "{text}");
            assert!(!html.contains(text) || text.starts_with('{'), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_stays_text(text in "[<>&\"'/!a-z \\-\\PC]{1,24}") {
            prop_assert_eq!(structure(&saying(&text).html().unwrap()), structure(&saying("plain").html().unwrap()));
        }

        #[test]
        fn json_in_a_page_means_the_same_and_closes_nothing(text in "\\PC*") {
            let safe = json_in_html(&serde_json::to_string(&text).unwrap());
            prop_assert!(!safe.contains(['<', '>', '&']));
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }
    }

    #[test]
    fn an_svg_becomes_part_of_the_page_without_what_stands_before_it() {
        let svg =
            "<?xml version=\"1.0\"?>\n<!DOCTYPE svg>\n<svg viewBox=\"0 0 1 1\"><path d=\"M0 0\"/></svg>";
        let picture = Picture { image: Image::Svg(svg.to_owned()), caption: "a picture".to_owned() };
        let section = Section { pictures: vec![picture], ..Section::new("s", "") };
        let html = Report { sections: vec![section], ..Report::new("t", "") }.html().unwrap();
        assert!(
            html.contains("<svg viewBox=\"0 0 1 1\"><path d=\"M0 0\"/></svg>") && !html.contains("<?xml")
        );
        assert!(html.contains("<figcaption>a picture</figcaption>"));
    }

    #[test]
    fn style_and_scripts_are_small_and_name_no_address() {
        let all = SCRIPTS.map(slim).concat() + &slim_css(include_str!("../../templates/style.css"));
        assert!(all.len() < 30 * 1024, "{} bytes", all.len());
        assert!(!all.contains("//") && !all.contains("/*") && !all.contains("url("));
    }

    #[test]
    fn a_definition_stands_once_and_its_headings_lead_to_it() {
        let table = |name, definition| {
            Table::new(name, name).column("rate_hz", "rate", "Hz", definition, Values::Real(vec![1.5]))
        };
        let tables = vec![table("a", "by length"), table("b", "by length"), table("c", "by interval")];
        let section = Section { tables, ..Section::new("s", "") };
        let html = Report { sections: vec![section], ..Report::new("t", "") }.html().unwrap();
        let count = |text: &str| html.matches(text).count();
        assert_eq!((count("href=\"#def-rate_hz\""), count("id=\"def-rate_hz\"")), (2, 1));
        assert_eq!((count("href=\"#def-rate_hz-2\""), count("id=\"def-rate_hz-2\"")), (1, 1));
        assert!(html.contains("in: a; b"));
    }
}
