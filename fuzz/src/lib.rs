//! What the fuzz targets share: reading bytes as a file of one format.

use std::path::PathBuf;
use std::sync::LazyLock;
use synfire_datasets::formats::{Format, ReadOptions, read};

/// A folder of this process, and the file in it that each input becomes.
static FILE: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder for temporary files; set TMPDIR");
    let path = folder.path().join("input");
    (folder, path)
});

/// Reads `bytes` as a file of `format`. Panics if that panics, or if a recording comes out that breaks its own rules.
pub fn try_format(format: Format, bytes: &[u8]) {
    let path = &FILE.1;
    std::fs::write(path, bytes).expect("room for temporary files; set TMPDIR");
    let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
    if let Ok(recording) = read(path, &options) {
        assert!(recording.times_s.is_sorted());
        assert!(
            recording.times_s.iter().all(|time_s| (recording.start_s..=recording.stop_s).contains(time_s))
        );
        assert_eq!(recording.trains().spikes(), recording.len());
    }
}
