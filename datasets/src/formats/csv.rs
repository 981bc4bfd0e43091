//! Comma-separated values: a header line with the names of `table.rs`, then one line a spike.
//!
//! Lines that start with `#` before the header may hold `key=value`: `start_s`, `stop_s`, `sensor` and `silent_units` are
//! taken, everything else is a comment. Times are written with the digits that give the same `f64` back.

use super::table::{self, Column, Number, Role, Rows};
use super::{Format, FormatError, ReadOptions};
use crate::trains::Recording;
use crate::whole_file::WholeFile;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a CSV file.
pub(super) fn read(path: &Path, options: &ReadOptions) -> Result<Recording, FormatError> {
    let file = File::open(path).map_err(FormatError::read(path))?;
    let mut file = BufReader::with_capacity(1 << 18, file);
    let comments = comments(&mut file).map_err(FormatError::read(path))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(file);
    let header = reader.byte_headers().map_err(failed(path))?;
    let names: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let columns = table::columns(path, names.iter().map(String::as_str))?;
    let mut rows = Rows::new(&columns);
    for (key, value) in comments.iter().filter_map(|line| line.split_once('=')) {
        rows.set(path, key.trim(), value.trim())?;
    }
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(failed(path))? {
        let line = record.position().map_or(0, csv::Position::line);
        for column in &columns {
            let text = record.get(column.index).unwrap_or_default();
            let number = number(column, text).ok_or_else(|| {
                let field = format_args!("line {line}, column '{}'", column.name);
                let text = String::from_utf8_lossy(text.get(..40).unwrap_or(text));
                FormatError::field(path, field, format_args!("'{text}'"), "give a number")
            })?;
            rows.push(path, column, number)?;
        }
    }
    rows.recording(path, options)
}

/// The comment lines before the header, without their `#`.
fn comments(file: &mut impl BufRead) -> io::Result<Vec<String>> {
    if file.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
        file.consume(BYTE_ORDER_MARK.len());
    }
    let mut lines = Vec::new();
    while file.fill_buf()?.starts_with(b"#") {
        let mut line = Vec::new();
        file.read_until(b'\n', &mut line)?;
        lines.push(String::from_utf8_lossy(line.get(1..).unwrap_or_default()).into_owned());
    }
    Ok(lines)
}

/// The number that a field holds.
fn number(column: &Column, text: &[u8]) -> Option<Number> {
    let text = std::str::from_utf8(text).ok()?;
    match (column.role, text) {
        (Role::Polarity, "true" | "True" | "TRUE") => return Some(Number::Integer(1)),
        (Role::Polarity, "false" | "False" | "FALSE") => return Some(Number::Integer(0)),
        (Role::Time, _) => {}
        (Role::Unit | Role::Channel | Role::Polarity, _) => {
            if let Ok(integer) = text.parse() {
                return Some(Number::Integer(integer));
            }
        }
    }
    text.parse().ok().map(Number::Float)
}

fn failed(path: &Path) -> impl Fn(csv::Error) -> FormatError + use<'_> {
    move |error| {
        let reason = error.to_string();
        match error.into_kind() {
            csv::ErrorKind::Io(source) => FormatError::Read { path: path.to_owned(), source },
            csv::ErrorKind::UnequalLengths { pos, expected_len, len } => FormatError::field(
                path,
                format_args!("line {}", pos.map_or(0, |pos| pos.line())),
                format_args!("{len} fields"),
                format_args!("give {expected_len}, as in the header"),
            ),
            _ => FormatError::foreign(path, Format::Csv, reason),
        }
    }
}

/// Writes a recording that was checked.
pub(super) fn write(path: &Path, recording: &Recording) -> Result<(), FormatError> {
    let (whole, mut file) = WholeFile::create(path).map_err(FormatError::write(path))?;
    let mut write = || -> io::Result<()> {
        for (key, value) in table::keys(recording) {
            writeln!(file, "# {key}={value}")?;
        }
        file.write_all(b"time_s,unit")?;
        for (name, there) in
            [("channel", recording.channels.is_some()), ("polarity", recording.polarities.is_some())]
        {
            if there {
                write!(file, ",{name}")?;
            }
        }
        for row in 0..recording.len() {
            let unit = recording.unit_ids[recording.units[row] as usize];
            write!(file, "\n{:?},{unit}", recording.times_s[row])?;
            if let Some(channels) = &recording.channels {
                write!(file, ",{}", channels[row])?;
            }
            if let Some(polarities) = &recording.polarities {
                write!(file, ",{}", u8::from(polarities[row]))?;
            }
        }
        file.write_all(b"\n")
    };
    write().map_err(FormatError::write(path))?;
    whole.finish(file).map_err(FormatError::write(path))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parsed(text: &str) -> Result<Recording, FormatError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spikes.csv");
        std::fs::write(&path, text).unwrap();
        read(&path, &ReadOptions::default())
    }

    fn refused(text: &str) -> String {
        parsed(text).unwrap_err().to_string()
    }

    #[test]
    fn columns_are_taken_by_name_and_rows_are_sorted_by_time() {
        let text = "\u{feff}# cell culture 7\n# stop_s = 1.5\n# silent_units=4 5\nnote, polarity,time_ms, neuron ,channel\n\
                    a,1,250,-2,8\nb,-1,100,3,7\n\"c,d\",true,100,-2.0,6\n";
        let recording = parsed(text).unwrap();
        assert_eq!(recording.times_s, [0.1, 0.1, 0.25]);
        assert_eq!(recording.unit_ids, [-2, 3, 4, 5]);
        assert_eq!(recording.units, [1, 0, 0]);
        assert_eq!(recording.channels.unwrap(), [7, 6, 8]);
        assert_eq!(recording.polarities.unwrap(), [false, true, true]);
        assert_eq!((recording.start_s, recording.stop_s), (0.0, 1.5));
    }

    #[test]
    fn errors_name_line_column_value_and_remedy() {
        for (text, words) in [
            ("time,unit\n1,2\n", ["'time'", "no unit", "time_ms"]),
            ("a,b\n1,2\n", ["'time_s'", "missing", "a, b"]),
            ("time_s,x\n1,2\n", ["'unit'", "missing", "time_s, x"]),
            ("time_s,time_ms,unit\n1,1,2\n", ["twice", "time_ms", "keep one"]),
            ("time_s,unit\n1,2\nx,2\n", ["line 3", "'x'", "number"]),
            ("time_s,unit\n1,2.5\n", ["row 1", "2.5", "integer"]),
            ("time_s,unit\nnan,2\n", ["row 1", "NaN", "finite"]),
            ("time_s,unit\n1\n", ["line 2", "1 fields", "give 2"]),
            ("time_s,unit,channel\n1,2,-1\n", ["channel", "-1", "from 0"]),
            ("time_s,unit,polarity\n1,2,7\n", ["polarity", "7", "true or false"]),
            ("# sensor=4\ntime_s,unit\n1,2\n", ["sensor", "'4'", "WIDTHxHEIGHT"]),
            ("# sensor=2x2\ntime_s,unit\n1,4\n", ["unit", "4", "0 to 3"]),
            ("# stop_s=0.5\ntime_s,unit\n1,4\n", ["unit 4", "1 s", "outside the span"]),
            ("# start_s=0.5\n# stop_s=inf\ntime_s,unit\n1,4\n", ["stop_s", "inf", "finite"]),
        ] {
            let error = refused(text);
            assert!(words.iter().all(|word| error.contains(word)), "{text:?}: {error}");
            assert!(error.contains("spikes.csv") && error.lines().count() == 1, "{error}");
        }
    }
}
