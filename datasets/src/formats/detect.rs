//! Which format a file is of: by its first bytes where they tell it, then by its extension.
//!
//! | first bytes | format |
//! |---|---|
//! | `PAR1` | Parquet |
//! | `PK` and the numbers of a ZIP archive | NPZ |
//! | signature of HDF5 | NWB or SHD, by the groups in it |
//! | `#!AER-DAT3`, `#!AER-DAT4` | AEDAT |
//! | header lines `% evt 2.0`, `% format EVT2` and the like | EVT RAW |
//!
//! CSV and N-MNIST have no such mark and go by their names.

use super::{Format, FormatError};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes that are looked at; the header lines of an EVT file take some hundreds.
const HEAD: u64 = 1 << 14;
pub(super) const HDF5_SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// The format of the file `path`.
pub(super) fn detect(path: &Path) -> Result<Format, FormatError> {
    let file = File::open(path).map_err(FormatError::read(path))?;
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head).map_err(FormatError::read(path))?;
    if head.starts_with(HDF5_SIGNATURE) {
        return hdf5_kind(path);
    }
    match by_content(&head) {
        Some(found) => found.map_err(|version| {
            FormatError::field(path, "format", version, "Synfire reads EVT 2.0 and EVT 3.0; convert the file")
        }),
        None => by_extension(path).ok_or_else(|| unknown(path)),
    }
}

/// What the extension of `path` says.
pub(super) fn by_extension(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "parquet" => Some(Format::Parquet),
        "csv" => Some(Format::Csv),
        "npz" => Some(Format::Npz),
        "nwb" => Some(Format::Nwb),
        "h5" | "hdf5" => Some(Format::Shd),
        "bin" => Some(Format::NMnist),
        "aedat" => Some(Format::Aedat3),
        "aedat4" => Some(Format::Aedat4),
        "raw" => Some(Format::Evt3),
        _ => None,
    }
}

/// The error for a file that is of no known format.
pub(super) fn unknown(path: &Path) -> FormatError {
    FormatError::Unknown { path: path.to_owned(), known: Format::ALL.map(Format::name).join(", ") }
}

/// What the first bytes say, other than HDF5; an error holds a version of EVT that is not read.
fn by_content(head: &[u8]) -> Option<Result<Format, String>> {
    let starts = |mark: &[u8]| head.starts_with(mark);
    if starts(b"PAR1") {
        Some(Ok(Format::Parquet))
    } else if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        Some(Ok(Format::Npz))
    } else if starts(b"#!AER-DAT3") {
        Some(Ok(Format::Aedat3))
    } else if starts(b"#!AER-DAT4") {
        Some(Ok(Format::Aedat4))
    } else {
        evt_version(head)
    }
}

/// The version that the header lines (`% key value`) of an EVT RAW file give.
fn evt_version(head: &[u8]) -> Option<Result<Format, String>> {
    let lines = head.split(|byte| *byte == b'\n').map_while(|line| line.strip_prefix(b"%"));
    for line in lines {
        let line = String::from_utf8_lossy(line);
        let mut words = line.split_whitespace();
        let version = match (words.next()?.to_ascii_lowercase().as_str(), words.next()) {
            ("evt", Some(version)) => version,
            ("format", Some(form)) => form.split(';').next()?.strip_prefix("EVT")?,
            _ => continue,
        };
        return Some(match version {
            "2.0" | "2" => Ok(Format::Evt2),
            "3.0" | "3" => Ok(Format::Evt3),
            other => Err(format!("EVT {other}")),
        });
    }
    None
}

/// NWB or SHD, by the groups of the file.
#[cfg(feature = "hdf5")]
fn hdf5_kind(path: &Path) -> Result<Format, FormatError> {
    super::hdf5::kind(path)?.ok_or_else(|| {
        let remedy = "give a file with the 'units' table of NWB or the 'spikes' group of SHD";
        FormatError::field(path, "content", "HDF5 without spikes", remedy)
    })
}

/// NWB or SHD, by the extension: without the HDF5 library the groups cannot be seen.
#[cfg(not(feature = "hdf5"))]
fn hdf5_kind(path: &Path) -> Result<Format, FormatError> {
    Ok(by_extension(path).filter(|format| *format == Format::Shd).unwrap_or(Format::Nwb))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn detected(name: &str, bytes: &[u8]) -> Result<Format, FormatError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        detect(&path)
    }

    #[test]
    fn content_tells_the_format_whatever_the_name() {
        let evt = b"% Date 2023-03-29 16:37:46\n% evt 3.0\n% end\n\x00\x80".as_slice();
        for (bytes, format) in [
            (b"PAR1....PAR1".as_slice(), Format::Parquet),
            (b"PK\x03\x04", Format::Npz),
            (b"#!AER-DAT3.1\r\n", Format::Aedat3),
            (b"#!AER-DAT4.0\r\n", Format::Aedat4),
            (evt, Format::Evt3),
            (b"% format EVT2;height=720;width=1280\n% end\n", Format::Evt2),
            (b"% evt 2.0\n", Format::Evt2),
        ] {
            assert_eq!(detected("events.csv", bytes).unwrap(), format);
        }
    }

    #[test]
    fn the_extension_decides_where_the_content_does_not() {
        assert_eq!(detected("a.CSV", b"time_s,unit\n").unwrap(), Format::Csv);
        assert_eq!(detected("00002.bin", &[17, 8, 128, 9, 217]).unwrap(), Format::NMnist);
        let error = detected("notes.txt", b"% of all evt\n").unwrap_err().to_string();
        assert!(error.contains("notes.txt") && error.contains("n-mnist"), "{error}");
    }

    #[test]
    fn a_version_of_evt_that_is_not_read_is_named() {
        let error = detected("a.raw", b"% format EVT21;height=720\n").unwrap_err().to_string();
        assert!(error.contains("EVT 21"), "{error}");
    }
}
