//! Damaged spike files: cut off, altered or made up, every reader must refuse them or read what is there. It must not
//! panic, its errors must name the file, and its memory must go with the size of the file and not with numbers in it.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use proptest::sample::Index;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use synfire_datasets::formats::{self, Format, ReadOptions};
use synfire_datasets::trains::Recording;

/// Counts what each thread holds, and the most that it has held. What C libraries allocate (the window of Zstandard,
/// at most 128 MiB) does not come by here.
struct Counting;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(0) };
}

fn count(more: usize, less: usize) {
    // A thread that is ending has no counters any more, and needs none.
    let _ = HELD.try_with(|held| {
        held.set((held.get() + more).saturating_sub(less));
        MOST.try_with(|most| most.set(most.get().max(held.get())))
    });
}

// SAFETY: every call goes on to the allocator of the system, with the arguments as they came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a reader may hold: buffers of fixed size (LZ4 has blocks of up to 4 MiB), and a multiple of the file. LZ4 packs
/// at most 255 bytes into one, EVT 3.0 six events of 13 bytes; columns double as they grow.
fn allowed(file: usize) -> usize {
    (16 << 20) + 1024 * file
}

/// One change of a file: where, and the byte that is put there.
fn edits() -> impl Strategy<Value = Vec<(Index, u8)>> {
    let byte = prop_oneof![any::<u8>(), Just(0xff), Just(0x7f), Just(0)];
    prop::collection::vec((any::<Index>(), byte), 1..8)
}

/// A folder for the damaged file, and how to read it.
struct Reader {
    path: PathBuf,
    options: ReadOptions,
    _folder: tempfile::TempDir,
}

impl Reader {
    fn new(format: Format) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
        Self { path: folder.path().join("damaged.file"), options, _folder: folder }
    }

    /// Reads `bytes`; checks the memory that it took, and what an error or a recording must always hold to.
    fn read(&self, bytes: &[u8]) -> Option<Recording> {
        std::fs::write(&self.path, bytes).unwrap();
        let before = HELD.get();
        MOST.set(before);
        let result = formats::read(&self.path, &self.options);
        let took = MOST.get() - before;
        assert!(took <= allowed(bytes.len()), "{:?}: {took} bytes for {}", self.options, bytes.len());
        match result {
            Ok(recording) => {
                assert!(recording.times_s.is_sorted());
                assert!(recording.units.iter().all(|&unit| (unit as usize) < recording.unit_ids.len()));
                assert_eq!(recording.units.len(), recording.len());
                Some(recording)
            }
            Err(error) => {
                let message = error.to_string();
                assert!(message.contains("damaged.file"), "{message}");
                assert!(message.lines().count() == 1, "{message}");
                None
            }
        }
    }
}

fn golden(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/events");
    std::fs::read(folder.join(name)).unwrap()
}

fn written(format: Format) -> Vec<u8> {
    let recording = Recording {
        times_s: (0..40).map(|index| f64::from(index) * 0.01).collect(),
        units: (0..40).map(|index| index % 3).collect(),
        polarities: Some((0..40).map(|index| index % 4 == 0).collect()),
        unit_ids: vec![3, 5, 8],
        stop_s: 1.0,
        ..Recording::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole");
    formats::write(&path, &recording, Some(format)).unwrap();
    std::fs::read(path).unwrap()
}

/// A whole file of each format that this build reads, and of each compression.
fn whole() -> &'static [(Format, Vec<u8>)] {
    static WHOLE: OnceLock<Vec<(Format, Vec<u8>)>> = OnceLock::new();
    WHOLE.get_or_init(make_whole)
}

fn make_whole() -> Vec<(Format, Vec<u8>)> {
    let camera = [
        (Format::NMnist, "n-mnist.bin"),
        (Format::Aedat3, "dvs128.aedat"),
        (Format::Aedat4, "plain.aedat4"),
        (Format::Aedat4, "lz4.aedat4"),
        (Format::Aedat4, "zstd.aedat4"),
        (Format::Evt2, "evt2.raw"),
        (Format::Evt3, "evt3.raw"),
    ];
    let tables = [Format::Parquet, Format::Csv, Format::Npz];
    let camera = camera.into_iter().map(|(format, name)| (format, golden(name)));
    camera.chain(tables.map(|format| (format, written(format)))).collect()
}

#[test]
fn a_file_cut_anywhere_is_refused_or_read_up_to_a_whole_event() {
    for (format, bytes) in whole() {
        let reader = Reader::new(*format);
        let all = reader.read(bytes).unwrap().len();
        let read: Vec<usize> = (0..bytes.len())
            .filter_map(|end| reader.read(&bytes[..end]))
            .map(|recording| recording.len())
            .collect();
        assert!(read.is_sorted() && read.iter().all(|&events| events <= all), "{format}");
        // Formats that tell how much there should be must notice what is missing, the others a cut within a word.
        match format {
            Format::Parquet | Format::Npz => assert_eq!(read, [0; 0], "{format}"),
            // Behind the last packet stands a table that is not needed.
            Format::Aedat4 => assert!(read.iter().all(|&events| events == all) && read.len() < 200),
            // Behind the header and behind the first packet, of 300 events.
            Format::Aedat3 => assert_eq!(read, [0, 300]),
            Format::NMnist => assert_eq!(read.len(), bytes.len() / 5 - 1),
            Format::Evt2 => assert!(read.len() <= bytes.len() / 4),
            Format::Evt3 => assert!(read.len() <= bytes.len() / 2),
            _ => {}
        }
    }
}

#[test]
fn a_file_with_one_bit_or_byte_changed_is_refused_or_read() {
    for (format, bytes) in whole() {
        let (reader, mut bytes) = (Reader::new(*format), bytes.clone());
        for at in 0..bytes.len() {
            let whole = bytes[at];
            bytes[at] = if at % 9 == 8 { !whole } else { whole ^ 1 << (at % 9) };
            reader.read(&bytes);
            bytes[at] = whole;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_that_are_no_file_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for format in Format::ALL {
            Reader::new(format).read(&bytes);
        }
    }

    #[test]
    fn a_whole_start_with_anything_behind_is_refused_or_read(
        file in 0_usize..10,
        keep in 0.0..1.0_f64,
        behind in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let (format, mut bytes) = whole()[file].clone();
        bytes.truncate((bytes.len() as f64 * keep * keep) as usize);
        bytes.extend(behind);
        Reader::new(format).read(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_with_several_bytes_changed_is_refused_or_read(
        file in any::<Index>(),
        near_the_end in any::<bool>(),
        edits in edits(),
    ) {
        let (format, mut bytes) = file.get(whole()).clone();
        // Footers and directories are where a byte does most.
        let from = if near_the_end { bytes.len() - bytes.len().min(1500) } else { 0 };
        for (at, byte) in edits {
            let at = from + at.index(bytes.len() - from);
            bytes[at] = byte;
        }
        Reader::new(format).read(&bytes);
    }
}
